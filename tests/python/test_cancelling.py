"""Cancelling a task that waits for a server, in every operation of the package: its request ends too."""

from __future__ import annotations

import asyncio

import pytest
from support.stalled_calls import EVERY_OPERATION, Operation, server_for

pytestmark = pytest.mark.once


@EVERY_OPERATION
async def test_cancelling_a_task_ends_its_request(operation: Operation, portion: str) -> None:
    with server_for(operation, portion) as (server, store):
        call = await operation.prepare_async(store)
        task = asyncio.ensure_future(call())
        assert await asyncio.to_thread(server.stalled.wait, 20)
        assert not task.done()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        del task, call
        assert await asyncio.to_thread(operation.has_ended, server)
