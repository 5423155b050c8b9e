"""Awaitables of extensions: event loops that come and go, threads, forks, the interpreter's end, memory."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import my_ext2
import pytest
from my_ext2 import Flag, Pending
from my_ext2.store import MemoryStore, S3Store
from support.forks import in_child

LoopFactory = Callable[[], asyncio.AbstractEventLoop]


def wait_until(condition: Callable[[], bool]) -> None:
    """Lets Python's main thread do what is pending."""
    limit = threading.Event()
    for _ in range(20_000):
        if condition():
            return
        limit.wait(0.001)
    raise AssertionError("it never happened")


async def until(condition: Callable[[], bool]) -> None:
    """The same in a loop."""
    for _ in range(20_000):
        if condition():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it never happened")


@pytest.fixture
def store() -> MemoryStore:
    memory = MemoryStore()
    my_ext2.put(memory, "key", b"12345")
    return memory


# --- loops


@pytest.mark.parametrize("complete_first", [False, True])
def test_one_made_without_a_loop_belongs_to_the_one_that_awaits_it(
    loop_factory: LoopFactory, complete_first: bool
) -> None:
    pending = Pending()
    awaitable = pending.take()
    assert not asyncio.isfuture(awaitable)
    for use in (awaitable.get_loop, lambda: awaitable.add_done_callback(print), awaitable.__await__().__next__):
        with pytest.raises(RuntimeError, match="no event loop"):
            use()
    if complete_first:
        pending.complete_on_thread(6)
        assert awaitable.done()

    async def main() -> None:
        if not complete_first:
            asyncio.get_running_loop().call_soon(pending.complete_on_thread, 6)
        assert await awaitable == 6
        assert awaitable.get_loop() is asyncio.get_running_loop()
        assert asyncio.isfuture(awaitable)

    loop = loop_factory()
    loop.run_until_complete(main())
    loop.close()
    assert pending.converts == 1


def test_a_loop_runs_one_that_was_made_without_a_loop(loop_factory: LoopFactory) -> None:
    pending = Pending()
    awaitable = pending.take()
    loop = loop_factory()
    loop.call_soon(pending.complete_on_thread, 7)
    assert loop.run_until_complete(awaitable) == 7
    loop.close()


def test_one_that_was_never_awaited_is_completed_all_the_same() -> None:
    pending = Pending()
    awaitable = pending.take()
    died = weakref.ref(awaitable)
    del awaitable
    pending.complete_on_thread(1)
    wait_until(lambda: pending.converts == 1)
    assert died() is None


def test_another_loop_is_a_clear_error(loop_factory: LoopFactory) -> None:
    async def make() -> tuple[Any, Any]:
        made = Pending()
        return made, made.take()

    first, second = loop_factory(), loop_factory()
    pending, awaitable = first.run_until_complete(make())

    async def wait() -> object:
        return await awaitable

    with pytest.raises(RuntimeError, match="attached to a different loop"):
        second.run_until_complete(wait())
    with pytest.raises(ValueError, match="belongs to a different loop"):
        second.run_until_complete(awaitable)
    first.call_soon(pending.complete_on_thread, 8)
    assert first.run_until_complete(wait()) == 8
    first.close()
    second.close()


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def run(loop_factory: LoopFactory, main: Any) -> Any:  # noqa: ANN401
    """asyncio.run() on a loop of this kind."""
    loop = loop_factory()
    try:
        return loop.run_until_complete(main)
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def test_a_thousand_loops_leave_nothing_behind(loop_factory: LoopFactory, store: MemoryStore) -> None:
    async def main() -> weakref.ref[Any]:
        assert await my_ext2.size_async(store, "key") == 5
        my_ext2.size_async(store, "key")  # may be under way when the loop is closed
        return weakref.ref(asyncio.get_running_loop())

    run(loop_factory, main())
    before = descriptors()
    loops = [run(loop_factory, main()) for _ in range(1000)]
    gc.collect()
    wait_until(lambda: descriptors() <= before)
    wait_until(lambda: gc.collect() >= 0 and [loop() for loop in loops if loop() is not None] == [])


@pytest.mark.parametrize("loop_factory", ["asyncio", "called"], indirect=True)  # uvloop never frees such a loop
def test_a_loop_that_is_never_closed_leaves_nothing_behind_either(
    loop_factory: LoopFactory, store: MemoryStore
) -> None:
    async def main() -> None:
        assert await my_ext2.size_async(store, "key") == 5

    def use() -> weakref.ref[Any]:
        loop = loop_factory()
        loop.run_until_complete(main())
        return weakref.ref(loop)

    before = descriptors()
    with pytest.warns(ResourceWarning, match="unclosed"):
        died = use()
        wait_until(lambda: gc.collect() >= 0 and died() is None)  # a thread may be about to call it
    assert descriptors() <= before


def test_one_wake_up_serves_all_that_have_arrived() -> None:
    class CountingLoop(asyncio.SelectorEventLoop):
        turns = 0

        def _run_once(self) -> None:
            self.turns += 1
            super()._run_once()  # type: ignore[misc]

    class CountingCalls(CountingLoop):
        calls = 0

        def add_reader(self, *arguments: Any) -> None:  # type: ignore[override] # noqa: ANN401
            raise NotImplementedError

        def call_soon_threadsafe(self, *arguments: Any) -> Any:  # type: ignore[override] # noqa: ANN401
            self.calls += 1
            return super().call_soon_threadsafe(*arguments)

    async def main() -> int:
        loop: Any = asyncio.get_running_loop()
        pendings = [Pending() for _ in range(500)]
        gathered = asyncio.gather(*(pending.take() for pending in pendings))
        await asyncio.sleep(0.01)
        before = loop.turns
        Pending.complete_all(pendings)
        assert await gathered == list(range(500))
        return int(loop.turns - before)

    assert run(CountingLoop, main()) <= 3
    loop = CountingCalls()
    loop.run_until_complete(main())
    assert loop.calls == 1
    loop.close()


async def test_ten_thousand_at_once(store: MemoryStore) -> None:
    counts: dict[int, int] = {}

    def note(number: int) -> Callable[[object], None]:
        def called(_: object) -> None:
            counts[number] = counts.get(number, 0) + 1

        return called

    awaitables = [my_ext2.size_async(store, "key") for _ in range(10_000)]
    for number, awaitable in enumerate(awaitables):
        awaitable.add_done_callback(note(number))
    assert await asyncio.gather(*awaitables) == [5] * 10_000
    await asyncio.sleep(0)
    assert counts == dict.fromkeys(range(10_000), 1)


async def test_cancelling_while_it_completes() -> None:
    loop = asyncio.get_running_loop()
    outcomes = {"result": 0, "cancelled": 0}
    pendings = []
    for number in range(2000):
        pending = Pending()
        awaitable = pending.take()
        calls: list[object] = []
        awaitable.add_done_callback(calls.append)
        completing = threading.Thread(target=pending.complete, args=(number,))
        completing.start()
        if number % 2:
            await asyncio.sleep(0)
        cancelled = awaitable.cancel()
        assert awaitable.done()
        try:
            assert await awaitable == number
            assert not cancelled
            outcomes["result"] += 1
        except asyncio.CancelledError:
            assert cancelled
            outcomes["cancelled"] += 1
        completing.join()
        pendings.append((pending, calls, awaitable))
    await until(lambda: all(pending.converts == 1 for pending, _, _ in pendings))
    await asyncio.sleep(0)
    assert all(calls == [awaitable] for _, calls, awaitable in pendings)
    assert sum(outcomes.values()) == 2000
    assert loop.is_running()


# --- where an author's code runs


@pytest.mark.parametrize("where", ["memory", "s3"])
async def test_others_go_on_while_an_author_computes(where: str, request: pytest.FixtureRequest) -> None:
    store = MemoryStore() if where == "memory" else S3Store(**request.getfixturevalue("s3_settings"), prefix="decode")
    my_ext2.put(store, "key", b"12345")
    decoders = 4
    started, stop = [Flag() for _ in range(decoders)], Flag()
    decoding = [my_ext2.decode_async(store, "key", begun, stop) for begun in started]
    await until(lambda: all(begun.is_set() for begun in started))
    # All decoders are in the middle of their work, and stay there until these have come back.
    assert await asyncio.gather(*(my_ext2.get_async(store, "key") for _ in range(100))) == [b"12345"] * 100
    assert not any(decoder.done() for decoder in decoding)
    stop.set()
    assert await asyncio.gather(*decoding) == [True] * decoders


async def test_an_authors_code_runs_on_threads_of_its_own(store: MemoryStore, s3_settings: dict[str, Any]) -> None:
    remote = S3Store(**s3_settings, prefix="threads")
    my_ext2.put(remote, "key", b"12345")
    for each in (store, remote):
        for threads in await asyncio.gather(*(my_ext2.threads_async(each, "key") for _ in range(20))):
            assert threading.get_ident() not in threads


async def test_cancelling_stops_the_request_and_holds_up_nobody(silent_store: S3Store) -> None:
    may_end, ended = Flag(), Flag()
    awaitable = my_ext2.get_and_hold_async(silent_store, "key", may_end, ended)
    await asyncio.sleep(0.05)
    assert not awaitable.done()
    awaitable.cancel()
    with pytest.raises(asyncio.CancelledError):
        await awaitable
    # What the coroutine holds waits, at its end, for Python to go on: without the GIL, that is.
    await asyncio.sleep(0.05)
    assert not ended.is_set()
    may_end.set()
    await until(ended.is_set)


async def test_a_result_that_nobody_wants_is_destroyed_without_the_gil() -> None:
    go, may_end, ended = Flag(), Flag(), Flag()
    awaitable = my_ext2.slow_result_async(go, may_end, ended)
    awaitable.cancel()
    go.set()
    await asyncio.sleep(0.05)
    assert not ended.is_set()
    may_end.set()
    await until(ended.is_set)
    with pytest.raises(asyncio.CancelledError):
        await awaitable


# --- loops that are closed too early, forks, the interpreter's end


@pytest.mark.parametrize("completed", ["before", "after"])
def test_what_completes_around_the_close_of_its_loop_is_dropped(loop_factory: LoopFactory, completed: str) -> None:
    async def start() -> tuple[Any, Any]:
        pending = Pending()
        awaitable = pending.take()
        if completed == "before":
            asyncio.get_running_loop().stop()
            pending.complete_on_thread(1)
        return pending, weakref.ref(awaitable)

    loop = loop_factory()
    task = loop.create_task(start())
    with contextlib.suppress(RuntimeError):
        loop.run_until_complete(task)
    pending, died = task.result()
    loop.close()
    if completed == "after":
        assert died() is not None
        pending.complete_on_thread(1)
    wait_until(lambda: pending.converts == 1)
    wait_until(lambda: died() is None)


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")
def test_a_forked_child_has_loops_and_threads_of_its_own(loop_factory: LoopFactory, store: MemoryStore) -> None:
    async def get_some() -> None:
        assert await asyncio.gather(*(my_ext2.size_async(store, "key") for _ in range(50))) == [5] * 50

    def child() -> None:
        run(loop_factory, get_some())

    async def main() -> None:
        pending = Pending()
        awaitable = pending.take()
        await get_some()
        in_child(child)
        pending.complete_on_thread(1)
        assert await awaitable == 1
        await get_some()

    run(loop_factory, main())


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")
def test_a_forked_child_may_go_on_with_its_parents_loop(store: MemoryStore) -> None:
    async def get_some() -> None:
        assert await asyncio.gather(*(my_ext2.size_async(store, "key") for _ in range(50))) == [5] * 50

    loop = asyncio.SelectorEventLoop()
    loop.run_until_complete(get_some())
    in_child(lambda: loop.run_until_complete(get_some()))
    loop.run_until_complete(get_some())
    loop.close()


EXIT = """
import asyncio, atexit, sys
import my_ext2, uvloop
from my_ext2 import Flag, Pending
from my_ext2.store import MemoryStore

store = MemoryStore()
my_ext2.put(store, "key", b"12345")
kept = []

async def main():
    assert await my_ext2.size_async(store, "key") == 5
    kept.append(my_ext2.decode_async(store, "key", Flag(), stop := Flag()))  # computes until it is stopped
    kept.append(stop)
    kept.extend(my_ext2.size_async(store, "key") for _ in range(1000))
    pending = Pending()
    kept.extend([pending, pending.take()])
    {ending}

factory = {factory}
loop = factory()
{start}
"""


@pytest.mark.parametrize("factory", ["asyncio.new_event_loop", "uvloop.new_event_loop"])
@pytest.mark.parametrize(
    ("start", "ending"),
    [
        ("loop.run_until_complete(main()); loop.close()", "pass"),
        ("loop.run_until_complete(main()); loop.close(); stop = kept[1]; atexit.register(stop.set)", "pass"),
        ("loop.run_until_complete(main())", "sys.stdout.flush(); sys.exit(0)"),
        ("unbound = my_ext2.decode_async(store, 'key', Flag(), Flag())", "pass"),
    ],
    ids=["closed", "completed at exit", "running", "unbound"],
)
def test_the_interpreter_ends_with_operations_under_way(
    run_python: Callable[..., str], factory: str, start: str, ending: str
) -> None:
    assert run_python(EXIT.format(factory=factory, start=start, ending=ending)) == ""


def test_the_interpreter_ends_while_threads_call_a_loop(run_python: Callable[..., str]) -> None:
    code = """
import asyncio
import my_ext2
from my_ext2.store import MemoryStore

class CalledLoop(asyncio.SelectorEventLoop):
    def add_reader(self, *arguments):
        raise NotImplementedError

store = MemoryStore()
my_ext2.put(store, "key", b"12345")
kept = []

async def main():
    assert await my_ext2.size_async(store, "key") == 5
    kept.extend(my_ext2.size_async(store, "key") for _ in range(2000))

loop = CalledLoop()
loop.run_until_complete(main())
"""
    for _ in range(5):
        assert run_python(code) == ""


# --- memory


async def test_garbage_in_a_cycle_is_collected() -> None:
    class Waiter:
        awaitable: Any = None

        def done(self, _: object) -> None:
            pass

    pending = Pending()
    waiter = Waiter()
    waiter.awaitable = pending.take()
    waiter.awaitable.add_done_callback(waiter.done)
    died = weakref.ref(waiter)
    del waiter
    gc.collect()
    assert died() is not None  # the operation keeps it
    pending.complete_on_thread(1)
    while pending.converts == 0:
        await asyncio.sleep(0.001)
    gc.collect()
    assert died() is None

    cycle: list[Any] = []
    cycle.append(my_ext2.completed(cycle))
    dead = weakref.ref(cycle[0])
    del cycle
    gc.collect()
    assert dead() is None


async def test_nothing_is_left_of_many_operations() -> None:
    store = MemoryStore()
    my_ext2.put(store, "key", b"12345")

    async def some() -> None:
        for in_place in (False, True):
            await asyncio.gather(*(my_ext2.size_async(store, "key", in_place=in_place) for _ in range(100)))
            await asyncio.gather(
                *(my_ext2.size_async(store, "none", in_place=in_place) for _ in range(100)), return_exceptions=True
            )
        doomed = [my_ext2.get_async(store, "key") for _ in range(100)]
        for awaitable in doomed:
            awaitable.cancel()
        await asyncio.gather(*doomed, return_exceptions=True)
        await asyncio.sleep(0.01)

    counts = []
    for _ in range(4):
        await some()
        gc.collect()
        counts.append(len(gc.get_objects()))
    assert counts[-1] <= counts[1] + 20


async def test_the_function_that_converts_may_own_python_objects() -> None:
    class Converter:
        def __call__(self, value: int) -> str:
            return f"<{value}>"

    converter = Converter()
    died = weakref.ref(converter)
    awaitable = my_ext2.converted_async(converter)
    del converter
    assert died() is not None
    assert await awaitable == "<7>"
    assert died() is None

    def fails(value: int) -> object:
        raise LookupError(value)

    with pytest.raises(LookupError, match="7"):
        await my_ext2.converted_async(fails)
    with pytest.raises(TypeError, match="no Python type"):
        await my_ext2.unknown_async()


@pytest.mark.parametrize("loop_factory", ["asyncio", "called"], indirect=True)
def test_what_a_loop_never_came_to_does_not_keep_it_alive(loop_factory: LoopFactory) -> None:
    async def start() -> tuple[Any, Any]:
        pending = Pending()
        return pending, pending.take()

    def use() -> tuple[Any, weakref.ref[Any]]:
        loop = loop_factory()
        pending, _ = loop.run_until_complete(start())
        pending.complete_on_thread(1)
        return pending, weakref.ref(loop)

    with pytest.warns(ResourceWarning, match="unclosed"):
        pending, died = use()
        wait_until(lambda: gc.collect() >= 0 and died() is None)
    wait_until(lambda: pending.converts == 1)
