"""Asynchronous methods of stores give coroutines, as `async def` does; functions give plain awaitables."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest
import storelink
from storelink.store import LocalStore, MemoryStore

pytestmark = pytest.mark.once


@pytest.fixture(params=["memory", "local"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Any:  # noqa: ANN401
    made: Any = MemoryStore() if request.param == "memory" else LocalStore(tmp_path)
    made.put("key", b"hello")
    return made


async def test_a_task_is_made_of_a_method(store: Any) -> None:  # noqa: ANN401
    result = await asyncio.create_task(store.get_async("key"))
    assert result.bytes() == b"hello"
    with pytest.raises(FileNotFoundError):
        await asyncio.create_task(store.head_async("missing"))


async def test_a_task_is_cancelled(store: Any) -> None:  # noqa: ANN401
    task = asyncio.create_task(store.get_async("key"))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.skipif(sys.version_info < (3, 11), reason="TaskGroup came with Python 3.11")
async def test_a_task_group_takes_methods(store: Any) -> None:  # noqa: ANN401
    async with getattr(asyncio, "TaskGroup")() as group:  # noqa: B009
        tasks = [group.create_task(store.get_range_async("key", start=i, length=1)) for i in range(5)]
    assert b"".join(task.result() for task in tasks) == b"hello"


def test_a_method_may_be_all_of_a_program(store: Any) -> None:  # noqa: ANN401
    assert asyncio.run(store.get_async("key")).range == (0, 5)


async def test_both_kinds_are_awaited_in_all_ways(store: Any) -> None:  # noqa: ANN401
    for head in (store.head_async, lambda path: storelink.head_async(store, path)):
        assert (await head("key"))["size"] == 5
        first, second = await asyncio.gather(head("key"), head("key"))
        assert first == second
        assert await asyncio.wait_for(head("key"), 10) == first
        assert await asyncio.shield(head("key")) == first


async def test_wait_takes_functions(store: Any) -> None:  # noqa: ANN401
    done, pending = await asyncio.wait([asyncio.ensure_future(storelink.head_async(store, "key"))])
    assert not pending
    assert done.pop().result()["size"] == 5


async def test_a_coroutine_that_is_closed_is_cancelled() -> None:
    coroutine = MemoryStore().head_async("missing")
    assert asyncio.iscoroutine(coroutine)
    coroutine.close()
    with pytest.raises(FileNotFoundError):
        await coroutine
