"""One store used from several event loops and threads at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import storelink
import uvloop
from servers.counting import counting
from storelink.store import LocalStore, MemoryStore, S3Store
from support.every_operation import use_every_operation, use_every_operation_async

pytestmark = pytest.mark.once

LOOPS: list[Callable[[], asyncio.AbstractEventLoop]] = [asyncio.SelectorEventLoop, uvloop.new_event_loop]


@pytest.fixture(params=["memory", "local", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Any:  # noqa: ANN401
    if request.param == "s3":
        return S3Store(**request.getfixturevalue("s3_settings"), prefix=f"loops/{tmp_path.name}")
    return MemoryStore() if request.param == "memory" else LocalStore(tmp_path)


def run_on(make_loop: Callable[[], asyncio.AbstractEventLoop], main: Any) -> None:  # noqa: ANN401
    """As asyncio.run() does it, on a loop of one's own."""
    loop = make_loop()
    try:
        loop.run_until_complete(main)
        loop.run_until_complete(loop.shutdown_asyncgens())
    finally:
        loop.close()


def run_together(jobs: Sequence[Callable[[], None]]) -> None:
    """Each in a thread of its own; all begin at the same time. Raises what one of them raises."""
    begin = threading.Barrier(len(jobs))

    def run(job: Callable[[], None]) -> None:
        begin.wait()
        job()

    with ThreadPoolExecutor(len(jobs)) as pool:
        for done in [pool.submit(run, job) for job in jobs]:
            done.result()


def test_loops_and_blocking_threads_share_a_store(store: Any) -> None:  # noqa: ANN401
    async def tasks(name: str) -> None:
        await asyncio.gather(*(use_every_operation_async(store, f"{name}/task{number}") for number in range(2)))

    def loop(number: int) -> None:
        run_on(LOOPS[number % 2], tasks(f"loop{number}"))

    run_together(
        [partial(loop, number) for number in range(4)]
        + [partial(use_every_operation, store, f"thread{number}") for number in range(2)]
    )


def test_loops_that_come_and_go_share_a_store(store: Any) -> None:  # noqa: ANN401
    storelink.put(store, "key", b"value")

    async def main() -> None:
        results = await asyncio.gather(*(store.get_async("key") for _ in range(5)))
        assert [await result.bytes_async() for result in results] == [b"value"] * 5
        store.head_async("key")  # is under way when the loop is closed

    def loops(make_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
        for _ in range(20):
            run_on(make_loop, main())

    def blocking() -> None:
        for _ in range(50):
            assert storelink.get(store, "key").bytes() == b"value"

    run_together([partial(loops, LOOPS[0]), partial(loops, LOOPS[1]), partial(loops, LOOPS[0]), blocking])


def test_a_thread_makes_blocking_calls_inside_its_loop(store: Any) -> None:  # noqa: ANN401
    """While tasks of the loop are under way, which go on behind the call."""

    async def main() -> None:
        task = asyncio.ensure_future(use_every_operation_async(store, "task"))
        await asyncio.sleep(0)
        use_every_operation(store, "inside")
        await task

    for make_loop in LOOPS:
        run_on(make_loop, main())


def test_loops_and_threads_share_connections() -> None:
    """Loops that follow one another find those of the ones before."""
    with counting() as server:
        store = S3Store(
            "b", endpoint=server.address, skip_signature=True, client_options={"allow_http": True, "timeout": "30s"}
        )

        async def main() -> None:
            for _ in range(5):
                await store.get_range_async("key", start=0, end=5)

        for number in range(10):
            run_on(LOOPS[number % 2], main())
        assert (server.requests, server.connections) == (50, 1)
