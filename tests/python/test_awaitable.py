"""What an asynchronous function of an extension returns: it behaves like an asyncio.Future."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import sys
import traceback
from collections.abc import Callable
from typing import Any

import my_ext
import my_ext2
import my_ext_pybind11
import pytest
from my_ext2 import Pending
from my_ext2.store import LocalStore, MemoryStore

LoopFactory = Callable[[], asyncio.AbstractEventLoop]
variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="none")


def soon(function: Callable[..., object], *arguments: object) -> None:
    asyncio.get_running_loop().call_soon(function, *arguments)


async def completed_later(value: int) -> Any:  # noqa: ANN401
    """A coroutine around an awaitable."""
    pending = Pending()
    awaitable = pending.take()
    soon(pending.complete_on_thread, value)
    return await awaitable


# --- awaiting


async def test_gives_what_was_completed_on_another_thread() -> None:
    pending = Pending()
    awaitable = pending.take()
    assert not awaitable.done()
    soon(pending.complete_on_thread, 3)
    assert await awaitable == 3
    assert awaitable.done()
    assert awaitable.result() == 3
    assert awaitable.exception() is None
    assert pending.converts == 1


async def test_can_be_awaited_twice_and_from_several_tasks() -> None:
    pending = Pending()
    awaitable = pending.take()

    async def wait() -> object:
        return await awaitable

    tasks = [asyncio.create_task(wait()) for _ in range(5)]
    await asyncio.sleep(0)
    pending.complete_on_thread(4)
    assert await asyncio.gather(*tasks) == [4] * 5
    assert await awaitable == 4
    assert await awaitable == 4
    assert pending.converts == 1


async def test_a_result_that_arrived_before_the_await_needs_no_turn_of_the_loop() -> None:
    pending = Pending()
    awaitable = pending.take()
    turned: list[int] = []
    soon(turned.append, 1)
    pending.complete_on_thread(5)
    assert await awaitable == 5
    assert turned == []
    assert pending.converts == 1


async def test_a_verb_started_in_place_is_done_at_once() -> None:
    store = MemoryStore()
    my_ext2.put(store, "key", b"12345")
    turned: list[int] = []
    soon(turned.append, 1)
    awaitable = my_ext2.size_async(store, "key", in_place=True)
    assert awaitable.done()
    assert await awaitable == 5
    failed = my_ext2.size_async(store, "none", in_place=True)
    with pytest.raises(FileNotFoundError):
        await failed
    assert turned == []
    assert await asyncio.gather(*(my_ext2.size_async(store, "key", in_place=True) for _ in range(3))) == [5] * 3


async def test_a_verb_started_in_place_may_also_take_its_time(tmp_path: Any) -> None:  # noqa: ANN401
    (tmp_path / "key").write_bytes(b"123")
    store = LocalStore(tmp_path)
    assert await asyncio.gather(*(my_ext2.size_async(store, "key", in_place=True) for _ in range(200))) == [3] * 200


async def test_works_with_gather_wait_shield_and_the_rest() -> None:
    loop = asyncio.get_running_loop()

    def start(value: int) -> Any:  # noqa: ANN401
        pending = Pending()
        loop.call_soon(pending.complete_on_thread, value)
        return pending.take()

    awaitable = start(0)
    assert asyncio.isfuture(awaitable)
    assert asyncio.ensure_future(awaitable) is awaitable
    assert await awaitable == 0
    assert [*await asyncio.gather(start(1), start(2), completed_later(3))] == [1, 2, 3]
    done, not_done = await asyncio.wait([start(4), start(5)], return_when=asyncio.ALL_COMPLETED)
    assert sorted(each.result() for each in done) == [4, 5]
    assert not_done == set()
    assert await asyncio.shield(start(6)) == 6
    assert await asyncio.wait_for(start(7), 20) == 7
    assert sorted([await each for each in asyncio.as_completed([start(8), start(9)])]) == [8, 9]
    assert await asyncio.create_task(completed_later(10)) == 10
    never = Pending()
    done, not_done = await asyncio.wait([start(11), waiting := never.take()], return_when=asyncio.FIRST_COMPLETED)
    assert [each.result() for each in done] == [11]
    assert not_done == {waiting}
    never.complete(0)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="asyncio.timeout and TaskGroup came with Python 3.11")
async def test_works_with_timeout_and_task_groups() -> None:
    newer: Any = asyncio
    async with newer.TaskGroup() as group:
        tasks = [group.create_task(completed_later(i)) for i in range(3)]
    assert [task.result() for task in tasks] == [0, 1, 2]
    pending = Pending()
    awaitable = pending.take()
    with pytest.raises(TimeoutError):
        async with newer.timeout(0.01):
            await awaitable
    assert awaitable.cancelled()
    assert pending.cancels == 1
    pending.complete(0)


async def test_a_shielded_one_goes_on_when_its_waiter_is_cancelled() -> None:
    pending = Pending()
    awaitable = pending.take()
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(asyncio.shield(awaitable), 0.01)
    assert not awaitable.done()
    pending.complete_on_thread(1)
    assert await awaitable == 1
    assert pending.cancels == 0


async def test_results_of_any_kind_pass_through_iteration() -> None:
    for value in ((1, 2), StopIteration(1), None, ValueError("a value")):
        steps = my_ext2.completed(value).__await__()
        with pytest.raises(StopIteration) as stop:
            next(steps)
        assert stop.value.value is value
        assert await my_ext2.completed(value) is value


# --- callbacks


async def test_callbacks_run_once_in_order_and_in_their_contexts() -> None:
    pending = Pending()
    awaitable = pending.take()
    calls: list[object] = []

    def note(name: str) -> Callable[[object], None]:
        return lambda given: calls.append((name, given is awaitable, variable.get()))

    variable.set("adder's")
    own = contextvars.copy_context()
    own.run(variable.set, "given")
    awaitable.add_done_callback(note("first"))
    awaitable.add_done_callback(note("second"), context=own)
    removed = note("removed")
    awaitable.add_done_callback(removed)
    awaitable.add_done_callback(removed)
    assert awaitable.remove_done_callback(removed) == 2
    assert awaitable.remove_done_callback(removed) == 0
    variable.set("changed")
    pending.complete_on_thread(1)
    await awaitable
    await asyncio.sleep(0.01)
    awaitable.add_done_callback(note("late"))
    assert len(calls) == 2
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert calls == [("first", True, "adder's"), ("second", True, "given"), ("late", True, "changed")]


async def test_the_context_is_kept_across_an_await() -> None:
    async def one(name: str) -> str:
        variable.set(name)
        await completed_later(0)
        return variable.get()

    assert await asyncio.gather(*(one(str(i)) for i in range(20))) == [str(i) for i in range(20)]


async def test_a_callback_that_fails_is_reported_and_disturbs_no_other() -> None:
    reports: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reports.append(context))
    pending = Pending()
    awaitable = pending.take()
    calls: list[int] = []
    awaitable.add_done_callback(lambda _: 1 / 0)
    awaitable.add_done_callback(lambda _: calls.append(1))
    pending.complete_on_thread(1)
    while not calls:
        await asyncio.sleep(0.001)
    assert [type(report["exception"]) for report in reports] == [ZeroDivisionError]


async def test_wrong_arguments_for_callbacks_are_type_errors() -> None:
    awaitable = my_ext2.completed(1)
    for arguments, keywords in (((), {}), ((print, print), {}), ((print,), {"wrong": 1})):
        with pytest.raises(TypeError, match="add_done_callback"):
            awaitable.add_done_callback(*arguments, **keywords)


def test_an_exception_that_ends_the_loop_loses_no_other_completion(loop_factory: LoopFactory) -> None:
    loop = loop_factory()
    pendings: list[Any] = []
    results: list[Any] = []

    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    async def main() -> None:
        pendings.extend(Pending() for _ in range(3))
        awaitables = [pending.take() for pending in pendings]
        awaitables[0].add_done_callback(interrupt)
        for awaitable in awaitables:
            awaitable.add_done_callback(lambda done: results.append(done.result()))
        Pending.complete_all(pendings)
        await asyncio.sleep(20)

    async def rest() -> None:
        while len(results) < 3:
            await asyncio.sleep(0.001)

    task = loop.create_task(main())
    with pytest.raises(KeyboardInterrupt):
        loop.run_until_complete(task)
    task.cancel()
    loop.run_until_complete(rest())
    assert sorted(results) == [0, 1, 2]
    loop.close()


# --- cancelling


async def test_cancelling_is_seen_at_once_and_asks_the_operation_once() -> None:
    pending = Pending()
    awaitable = pending.take()
    calls: list[bool] = []
    awaitable.add_done_callback(lambda done: calls.append(done.cancelled()))
    assert awaitable.cancel(msg="enough") is True
    assert awaitable.cancel() is False
    assert awaitable.cancelled()
    assert awaitable.done()
    assert pending.cancels == 1
    for look in (awaitable.result, awaitable.exception):
        with pytest.raises(asyncio.CancelledError, match="enough"):
            look()
    with pytest.raises(asyncio.CancelledError, match="enough"):
        await awaitable
    await asyncio.sleep(0)
    assert calls == [True]
    # The operation ends in its own time; what it gives is dropped.
    pending.complete_on_thread(1)
    while pending.converts == 0:
        await asyncio.sleep(0.001)
    assert awaitable.cancelled()
    assert calls == [True]
    assert pending.converts == 1


async def test_cancelling_a_task_cancels_what_it_awaits() -> None:
    pending = Pending()
    awaitable = pending.take()

    async def wait() -> None:
        await awaitable

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert awaitable.cancelled()
    assert pending.cancels == 1
    pending.complete(0)


async def test_gather_sees_cancelled_ones() -> None:
    pendings = [Pending() for _ in range(3)]
    awaitables = [pending.take() for pending in pendings]
    awaitables[0].cancel("told so")
    both = asyncio.gather(*awaitables[:2], return_exceptions=True)
    soon(awaitables[1].cancel)
    first, second = await both
    assert isinstance(first, asyncio.CancelledError)
    assert isinstance(second, asyncio.CancelledError)
    assert str(first) == "told so"
    third = asyncio.gather(awaitables[2])
    soon(awaitables[2].cancel, "once more")
    with pytest.raises(asyncio.CancelledError, match="once more"):
        await third
    pendings.append(Pending())
    whole = asyncio.gather(waiting := pendings[-1].take())
    soon(whole.cancel)
    with pytest.raises(asyncio.CancelledError):
        await whole
    assert waiting.cancelled()
    Pending.complete_all(pendings)


async def test_cancelling_what_is_done_changes_nothing() -> None:
    pending = Pending()
    awaitable = pending.take()
    pending.complete(1)
    assert awaitable.cancel() is False
    assert await awaitable == 1
    assert my_ext2.completed(2).cancel() is False
    assert pending.cancels == 0


async def test_an_operation_that_fails_because_it_was_cancelled_says_nothing() -> None:
    reports: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reports.append(context))
    pending = Pending()
    awaitable = pending.take()
    awaitable.cancel()
    pending.fail(ValueError)
    while pending.converts == 0:
        await asyncio.sleep(0.001)
    del awaitable
    gc.collect()
    assert reports == []


# --- exceptions


async def test_an_exception_is_raised_by_each_await_without_the_tracebacks_of_others() -> None:
    pending = Pending()
    awaitable = pending.take()
    soon(pending.fail, ValueError)
    depths = []
    for _ in range(5):
        with pytest.raises(ValueError, match="as asked") as raised:
            await awaitable
        depths.append(len(traceback.extract_tb(raised.value.__traceback__)))
    assert max(depths) <= 2
    assert awaitable.exception() is raised.value
    assert "exception=ValueError" in repr(awaitable)


async def test_a_result_is_not_shown() -> None:
    pending = Pending()
    awaitable = pending.take()
    soon(pending.complete, 12345)
    await awaitable
    assert repr(awaitable) == "<storelink.Awaitable finished>"  # it may be a presigned URL


async def test_a_pending_one_has_no_result_yet() -> None:
    pending = Pending()
    awaitable = pending.take()
    for look in (awaitable.result, awaitable.exception):
        with pytest.raises(asyncio.InvalidStateError):
            look()
    assert "pending" in repr(awaitable)
    pending.complete(0)


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("not_found", my_ext2.exceptions.NotFoundError),
        ("bad_alloc", MemoryError),
        ("invalid_argument", ValueError),
        ("out_of_range", IndexError),
        ("overflow_error", OverflowError),
        ("runtime_error", RuntimeError),
        ("int", RuntimeError),
    ],
)
async def test_exceptions_from_cpp(what: str, expected: type[Exception], in_place: bool) -> None:
    awaitable = my_ext2.fail_async(what, in_place=in_place)
    with pytest.raises(expected) as raised:
        await awaitable
    assert type(raised.value) is expected


async def test_no_value_is_none() -> None:
    assert await my_ext2.fail_async("nothing") is None
    store = MemoryStore()
    my_ext2.put(store, "key", b"value")
    assert await my_ext2.delete_async(store, "key") is None
    assert my_ext2.list_keys(store) == []


async def test_stop_iteration_cannot_be_taken_for_a_result() -> None:
    pending = Pending()
    awaitable = pending.take()
    soon(pending.fail, StopIteration)
    with pytest.raises(RuntimeError, match="StopIteration") as raised:
        await awaitable
    assert isinstance(raised.value.__cause__, StopIteration)


async def test_the_loop_hears_of_an_exception_that_nobody_has_seen() -> None:
    reports: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reports.append(context))
    my_ext2.fail_async("not_found")
    while not reports:
        await asyncio.sleep(0.001)
    assert "never retrieved" in reports[0]["message"]
    assert isinstance(reports[0]["exception"], my_ext2.exceptions.NotFoundError)
    assert "NotFoundError" in repr(reports[0]["future"])

    del reports[:]
    cycle = [my_ext2.fail_async("not_found", in_place=True)]
    cycle.append(cycle)
    del cycle
    gc.collect()
    assert len(reports) == 1

    del reports[:]
    seen = my_ext2.fail_async("not_found")
    await asyncio.wait([seen])
    assert seen.exception() is not None
    del seen
    gc.collect()
    assert reports == []


# --- for authors


async def test_the_examples_function() -> None:
    store = my_ext.store.MemoryStore()
    my_ext2.put(store, "key", b"value")
    expected = "cd42404d52ad55ccfa9aca4adc828aa5800ad9d385a0671fbcbf724118320619"
    assert await my_ext.digest_one_async(store, "key") == expected
    with pytest.raises(my_ext.exceptions.NotFoundError):
        await my_ext.digest_one_async(store, "none")
    with pytest.raises(TypeError):
        my_ext.digest_one_async("no store", "key")


def test_signatures_name_the_result() -> None:
    assert "-> collections.abc.Awaitable[int]" in my_ext2.size_async.__doc__
    assert "-> collections.abc.Awaitable[bytes]" in my_ext2.get_async.__doc__
    assert "-> collections.abc.Awaitable[None]" in my_ext2.delete_async.__doc__
    assert "-> collections.abc.Awaitable[str]" in my_ext.digest_one_async.__doc__
    assert "-> collections.abc.Awaitable[int]" in my_ext_pybind11.size_async.__doc__


def test_only_extensions_make_awaitables() -> None:
    with pytest.raises(TypeError, match="cannot create"):
        type(my_ext2.completed(1))()
