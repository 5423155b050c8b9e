"""The package's operations in the child and in the parent after a fork in the middle of use; and multiprocessing."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import storelink
import uvloop
from servers.stalling import stalling
from storelink.store import LocalStore, MemoryStore, S3Store
from support import shared_stores
from support.every_operation import LARGE, PART, use_every_operation, use_every_operation_async
from support.forks import Child, in_child
from support.shared_stores import use

pytestmark = [pytest.mark.once, pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")]


@pytest.fixture(params=["memory", "local", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Any:  # noqa: ANN401
    if request.param == "s3":
        return S3Store(**request.getfixturevalue("s3_settings"), prefix=f"forks/{tmp_path.parent.name}/{tmp_path.name}")
    return MemoryStore() if request.param == "memory" else LocalStore(tmp_path)


# --- what the parent is in the middle of


@contextlib.contextmanager
def repeating(job: Callable[[], None], threads: int = 1) -> Iterator[None]:
    """Does it again and again in other threads meanwhile. Raises what it raises."""
    stop, begun = threading.Event(), threading.Barrier(threads + 1)
    failures: list[BaseException] = []

    def run() -> None:
        begun.wait()
        try:
            while not stop.is_set():
                job()
        except BaseException as failure:
            failures.append(failure)

    running = [threading.Thread(target=run) for _ in range(threads)]
    for thread in running:
        thread.start()
    begun.wait()
    try:
        yield
    finally:
        stop.set()
        for thread in running:
            thread.join()
    assert failures == []


@contextlib.contextmanager
def with_idle_connections(store: Any) -> Iterator[list[Any]]:  # noqa: ANN401
    use(store, "before")
    yield []


@contextlib.contextmanager
def with_streams_open(store: Any) -> Iterator[list[Any]]:  # noqa: ANN401
    """All of them go on afterwards."""
    storelink.put(store, "streams/large", LARGE)
    for number in range(5):
        storelink.put(store, f"streams/key{number}", b"value")
    body = storelink.get(store, "streams/large").stream(1)
    piece = next(body)
    unread = storelink.get(store, "streams/large")
    listing = storelink.list(store, "streams", chunk_size=2)
    found = len(next(listing))
    read = storelink.open_reader(store, "streams/large")
    assert read.read(10) == LARGE[:10]
    written = storelink.open_writer(store, "streams/written", buffer_size=PART)
    written.write(LARGE)
    held: list[Any] = [body, unread, listing, read, written]
    yield held
    assert piece + b"".join(body) == LARGE
    assert unread.bytes() == LARGE
    assert found + sum(map(len, listing)) == 6
    assert read.read() == LARGE[10:]
    written.close()
    assert storelink.get(store, "streams/written").bytes() == LARGE


@contextlib.contextmanager
def with_threads_in_operations(store: Any) -> Iterator[list[Any]]:  # noqa: ANN401
    with repeating(lambda: use_every_operation(store, f"thread{threading.get_ident()}"), threads=2):
        yield []


@contextlib.contextmanager
def with_loops_in_threads(store: Any) -> Iterator[list[Any]]:  # noqa: ANN401
    def loop() -> None:
        asyncio.run(use_every_operation_async(store, f"loop{threading.get_ident()}"))

    with repeating(loop, threads=2):
        yield []


MIDDLES = [with_idle_connections, with_streams_open, with_threads_in_operations, with_loops_in_threads]


@pytest.mark.parametrize("middle", MIDDLES, ids=lambda middle: middle.__name__)
def test_child_and_parent_go_on(store: Any, middle: Any) -> None:  # noqa: ANN401
    with middle(store) as held:

        def child() -> None:
            held.clear()  # what a child drops is its parent's all the same
            use(store, "child")

        started = Child(child)
        use(store, "parent")
        started.join()


def test_many_forks_while_threads_are_in_operations(store: Any) -> None:  # noqa: ANN401
    """The fork may come at any point of an operation: no lock is held in the child for ever."""
    storelink.put(store, "key", b"value")

    def job() -> None:
        name = f"thread{threading.get_ident()}"
        storelink.put(store, name, b"value")
        assert storelink.get(store, name).bytes() == b"value"
        assert storelink.get_range(store, "key", start=1, end=3) == b"al"
        storelink.list_with_delimiter(store)

    async def get() -> None:
        assert (await store.get_range_async("key", start=0, end=2)) == b"va"

    def child() -> None:
        job()
        asyncio.run(get())

    with repeating(job, threads=2):
        for _ in range(20):
            in_child(child)


def test_a_fork_while_a_thread_waits_for_a_server() -> None:
    """Whose request is the parent's: it gets its answer."""
    with stalling("half", lambda request: "large" not in request) as server:
        store = S3Store("b", endpoint=server.address, skip_signature=True, client_options={"allow_http": True})
        bodies: list[Any] = []
        waiting = threading.Thread(target=lambda: bodies.append(storelink.get(store, "large").bytes()))
        waiting.start()
        assert server.stalled.wait(20)

        def child() -> None:
            assert storelink.head(store, "key")["size"] == len(storelink.get(store, "key").bytes())

        in_child(child)
        child()
        server.finish()
        waiting.join()
        assert len(bodies[0]) == storelink.head(store, "large")["size"]


@pytest.mark.parametrize("make_loop", [asyncio.SelectorEventLoop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_a_fork_in_a_coroutine_with_tasks_under_way(store: Any, make_loop: Any) -> None:  # noqa: ANN401
    async def main() -> None:
        tasks = [asyncio.ensure_future(use_every_operation_async(store, f"task{number}")) for number in range(2)]
        await asyncio.sleep(0)
        child = Child(lambda: use(store, "child"))
        await asyncio.gather(*tasks)
        await asyncio.to_thread(child.join)
        await use_every_operation_async(store, "after")

    loop = make_loop()
    loop.run_until_complete(main())
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


def test_a_child_forks_again(store: Any) -> None:  # noqa: ANN401
    use_every_operation(store, "parent")

    def child() -> None:
        use_every_operation(store, "child")
        in_child(lambda: use(store, "grandchild"))
        use(store, "child")

    in_child(child)
    use_every_operation(store, "parent")


def test_a_file_that_was_opened_before_the_fork_is_read_by_all(store: Any) -> None:  # noqa: ANN401
    """As data loaders do: each process has its own position."""
    storelink.put(store, "key", LARGE)
    read = storelink.open_reader(store, "key", buffer_size=1000)
    assert read.read(500) == LARGE[:500]

    def rest() -> None:
        assert read.read() == LARGE[500:]

    children = [Child(rest) for _ in range(2)]
    rest()
    for child in children:
        child.join()


# --- multiprocessing


@pytest.fixture(params=["local", "s3"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Any:  # noqa: ANN401
    """A store that other processes can have."""
    if request.param == "s3":
        return S3Store(**request.getfixturevalue("s3_settings"), prefix=f"processes/{tmp_path.name}")
    return LocalStore(tmp_path)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_processes_use_stores_that_are_passed_to_them(shared: Any, method: str) -> None:  # noqa: ANN401
    use_every_operation(shared, "parent")
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.starmap(use, [(shared, f"child{number}") for number in range(2)]) == [
            f"child{number}" for number in range(2)
        ]
        pool.close()
        pool.join()
    use_every_operation(shared, "parent")


def test_forked_processes_use_stores_that_they_inherit(store: Any) -> None:  # noqa: ANN401
    shared_stores.STORES["inherited"] = store
    use_every_operation(store, "parent")
    with multiprocessing.get_context("fork").Pool(2) as pool:
        calls = [("inherited", f"child{number}") for number in range(2)]
        assert pool.starmap(shared_stores.use_inherited, calls) == [prefix for _, prefix in calls]
        pool.close()
        pool.join()
    use_every_operation(shared_stores.STORES.pop("inherited"), "parent")
