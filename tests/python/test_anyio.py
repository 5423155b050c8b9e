"""The package's operations under anyio, on asyncio and on uvloop: task groups, cancel scopes, timeouts."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import anyio
import pytest
from servers.stalling import stalling
from storelink.store import LocalStore, MemoryStore, S3Store
from support.every_operation import TEXT, use_every_operation_async
from support.stalled_calls import EVERY_OPERATION, Operation, server_for

pytestmark = pytest.mark.once


@pytest.fixture(params=["memory", "local", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Any:  # noqa: ANN401
    if request.param == "s3":
        return S3Store(**request.getfixturevalue("s3_settings"), prefix=f"anyio/{tmp_path.name}")
    return MemoryStore() if request.param == "memory" else LocalStore(tmp_path)


@pytest.mark.parametrize("use_uvloop", [False, True], ids=["asyncio", "uvloop"])
def test_every_operation_in_a_task_group(store: Any, use_uvloop: bool) -> None:  # noqa: ANN401
    async def main() -> None:
        async with anyio.create_task_group() as group:
            for number in range(3):
                group.start_soon(use_every_operation_async, store, f"task{number}")

    anyio.run(main, backend="asyncio", backend_options={"use_uvloop": use_uvloop})


@EVERY_OPERATION
async def test_a_cancel_scope_ends_the_operation_and_its_request(operation: Operation, portion: str) -> None:
    with server_for(operation, portion) as (server, store):
        call = await operation.prepare_async(store)
        async with anyio.create_task_group() as group:

            async def cancel() -> None:
                assert await anyio.to_thread.run_sync(server.stalled.wait, 20)
                group.cancel_scope.cancel()

            group.start_soon(cancel)
            await call()
        assert group.cancel_scope.cancelled_caught
        del call
        assert await anyio.to_thread.run_sync(operation.has_ended, server)


async def test_timeouts_end_a_request() -> None:
    with stalling("nothing", lambda _: False) as server:
        store = S3Store("b", endpoint=server.address, skip_signature=True, client_options={"allow_http": True})
        with anyio.move_on_after(0.2) as scope:
            await store.get_async("key")
        assert scope.cancelled_caught
        with pytest.raises(TimeoutError):
            with anyio.fail_after(0.2):
                await store.get_async("key")
        assert await anyio.to_thread.run_sync(server.is_left)


async def test_a_shielded_scope_lets_an_operation_end(store: Any) -> None:  # noqa: ANN401
    """Which is how anyio's users clean up when they are cancelled."""
    with anyio.CancelScope() as scope:
        try:
            scope.cancel()
            await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True):
                await store.put_async("key", TEXT)
    assert scope.cancelled_caught
    assert await (await store.get_async("key")).bytes_async() == TEXT


async def test_a_cancelled_scope_lets_nothing_begin(store: Any) -> None:  # noqa: ANN401
    await store.put_async("key", TEXT)
    with anyio.CancelScope() as scope:
        scope.cancel()
        await asyncio.sleep(0)
        await store.get_async("key")
    assert scope.cancelled_caught
    assert (await store.head_async("key"))["size"] == len(TEXT)
