"""Calls of Python stores: errors, threads, the GIL, Ctrl-C, fork, and results that are none."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import my_ext
import my_ext2
import pytest
from my_ext2 import exceptions
from support.ctrl_c import ctrl_c, interrupt
from support.forks import in_child

pytestmark = pytest.mark.usefixtures("python_stores")


class Reader:
    """Calls a function for every read."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self.function = function

    def head(self, path: str) -> dict[str, Any]:
        return {"path": path, "size": 1}

    def get_range(self, path: str, *, start: int, end: int) -> Any:  # noqa: ANN401
        return self.function()


class AsyncReader:
    """Awaits what a function gives, for every read."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self.function = function

    async def head_async(self, path: str) -> dict[str, Any]:
        return {"path": path, "size": 1}

    async def get_range_async(self, path: str, *, start: int, end: int) -> Any:  # noqa: ANN401
        result = self.function()
        return await result if asyncio.iscoroutine(result) else result


READERS = pytest.mark.parametrize("reader", [Reader, AsyncReader])


# --- errors


class PreconditionError(Exception):
    """Another library's, known by its name."""


class NotModifiedError(Exception):
    pass


class UnauthenticatedError(PermissionError):
    pass


class InvalidPathError(ValueError):
    pass


class StillTheSameError(NotModifiedError):
    pass


@READERS
@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (FileNotFoundError, exceptions.NotFoundError),
        (exceptions.NotFoundError, exceptions.NotFoundError),
        (FileExistsError, exceptions.AlreadyExistsError),
        (PermissionError, exceptions.PermissionDeniedError),
        (UnauthenticatedError, exceptions.UnauthenticatedError),
        (NotImplementedError, NotImplementedError),
        (exceptions.NotSupportedError, exceptions.NotSupportedError),
        (TimeoutError, TimeoutError),
        (asyncio.TimeoutError, TimeoutError),
        (InvalidPathError, exceptions.InvalidPathError),
        (PreconditionError, exceptions.PreconditionError),
        (StillTheSameError, exceptions.NotModifiedError),
        (ConnectionResetError, OSError),
        (ValueError, exceptions.GenericError),
        (LookupError, exceptions.GenericError),
        (StopIteration, exceptions.GenericError),
        (MemoryError, MemoryError),
    ],
)
def test_exceptions_keep_their_kind(
    reader: Callable[..., Any], raised: type[BaseException], expected: type[BaseException]
) -> None:
    if reader is AsyncReader and raised in (StopIteration, MemoryError):
        expected = exceptions.GenericError

    def fail() -> None:
        raise raised("on purpose")

    with pytest.raises(expected) as caught:
        my_ext2.get(reader(fail), "key")
    if expected is not MemoryError:
        assert raised.__name__ in str(caught.value)
        assert "on purpose" in str(caught.value) or raised is StopIteration
        assert "Reader), path key]" in str(caught.value)
        cause = caught.value.__cause__
        assert isinstance(cause, RuntimeError if raised is StopIteration and reader is AsyncReader else raised)


def test_an_exception_that_cannot_be_shown() -> None:
    class StrangeError(Exception):
        def __str__(self) -> str:
            raise ValueError("no text")

    def fail() -> None:
        raise StrangeError

    with pytest.raises(exceptions.GenericError, match="an exception without a message"):
        my_ext2.get(Reader(fail), "key")


@READERS
@pytest.mark.parametrize("raised", [KeyboardInterrupt, SystemExit])
def test_what_ends_the_program_passes_through(reader: Callable[..., Any], raised: type[BaseException]) -> None:
    def fail() -> None:
        raise raised("on purpose")

    store = reader(fail)
    expected = raised if reader is Reader else exceptions.GenericError  # of the loop it must not be the end
    with pytest.raises(expected, match="on purpose"):
        my_ext2.get(store, "key")
    store.function = lambda: b"x"
    assert my_ext2.get(store, "key") == b"x"


def test_a_coroutine_that_is_cancelled() -> None:
    def cancel() -> None:
        raise asyncio.CancelledError

    with pytest.raises(Exception, match=r"[Cc]ancelled") as caught:
        my_ext2.get(AsyncReader(cancel), "key")
    assert type(caught.value).__name__ == "CancelledError"


# --- results


class Got:
    """A GetResult with other values where they are given."""

    def __init__(self, **values: object) -> None:
        self.values = {"meta": {"path": "key", "size": 2}, "range": (0, 2), "buffer": lambda: b"ab", **values}

    def get(self, path: str, *, options: object = None) -> object:
        return SimpleNamespace(**{name: value for name, value in self.values.items() if value is not None})


def test_results_without_the_optional_parts() -> None:
    assert my_ext2.get(Got(), "key") == b"ab"
    assert my_ext2.read(Got(range=None), "key")[2] == (0, 2)
    assert my_ext2.get(Got(buffer=None, bytes=lambda: memoryview(b"ab")), "key") == b"ab"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"meta": None}, "the result of get.. is of type types.SimpleNamespace; accepted is an object with meta"),
        ({"meta": 3}, "the meta of get.. is of type int"),
        ({"meta": {"path": "key"}}, "the meta of get.. has no path or no size"),
        ({"meta": {"path": "key", "size": "2"}}, "'size' of the meta of get.. is of type str; accepted is int"),
        ({"meta": {"path": "key", "size": -2}}, "OverflowError"),
        ({"meta": {"path": "key", "size": 2, "last_modified": 3}}, "'last_modified' of .*datetime"),
        ({"meta": {"path": "key", "size": 2, "e_tag": 3}}, "'e_tag' of .* is of type int; accepted is str"),
        ({"range": (0, 3)}, "gave 2 bytes for the range 0-3"),
        ({"range": (3, 2)}, "the range of get.. is backwards"),
        ({"range": 2}, "TypeError"),
        ({"attributes": {"name": 1}}, "'name' of the attributes of get.. is of type int; accepted is str"),
        ({"buffer": lambda: "ab"}, "the body is of type str; accepted is bytes, or another object with the buffer"),
        ({"buffer": None}, "not iterable"),
        ({"buffer": lambda: memoryview(b"abcd")[::2]}, "BufferError"),
    ],
)
def test_wrong_results_of_get(values: dict[str, object], message: str) -> None:
    with pytest.raises(exceptions.GenericError, match=message):
        my_ext2.get(Got(**values), "key")


def test_pieces_of_a_stream() -> None:
    class Pieces(Got):
        def get(self, path: str, *, options: object = None) -> object:
            result = super().get(path, options=options)

            class Result:
                meta = {"path": "key", "size": 4}  # noqa: RUF012

                def __iter__(self) -> Any:  # noqa: ANN401
                    yield from (b"a", b"", b"bc", memoryview(b"d"))

            assert result
            return Result()

    assert my_ext2.read(Pieces(), "key", how="stream")[0] == b"abcd"
    assert my_ext2.get(Pieces(), "key") == b"abcd"


def test_keys_with_empty_segments() -> None:
    class Lister(Reader):
        keys = ("/x", "a", "a//b", "a/e")

        def list(self, prefix: str | None = None, **_: object) -> list[list[dict[str, Any]]]:
            return [[{"path": key, "size": 1} for key in self.keys if not prefix or key.startswith(prefix)]]

        def list_with_delimiter(self, prefix: str | None = None) -> dict[str, Any]:
            assert prefix in (None, "a")
            return {"objects": [], "common_prefixes": ["/", "a"] if prefix is None else ["a//"]}

    lister = Lister(lambda: b"x")
    assert my_ext2.list_page(lister, delimiter=True) == ([], ["/", "a"], "")
    assert my_ext2.list_page(lister, "/", delimiter=True) == (["/x"], [], "")
    assert my_ext2.list_page(lister, "a", delimiter=True) == ([], ["a//"], "")
    assert my_ext2.list_page(lister, "a//", delimiter=True) == (["a//b"], [], "")
    assert my_ext2.list_page(lister, "a//", raw_prefix=True) == (["a//b"], [], "")


def test_too_many_bytes() -> None:
    with pytest.raises(exceptions.GenericError, match="gave 3 bytes for the range 0-1"):
        my_ext2.get(Reader(lambda: b"abc"), "key")


def test_wrong_results_of_other_verbs() -> None:
    class Wrong(Reader):
        def get_ranges(self, path: str, *, starts: object, ends: object) -> list[bytes]:
            return [b"x"]

        def list(self, prefix: str | None = None) -> object:
            return [["key"]]

        def list_with_delimiter(self, prefix: str | None = None) -> object:
            return {"objects": []}

        def put(self, path: str, file: object) -> object:
            return {"e_tag": 3}

    wrong = Wrong(lambda: b"x")
    with pytest.raises(exceptions.GenericError, match="1 results for 2 ranges"):
        my_ext2.get_ranges(wrong, "key", [(0, 1), (2, 3)])
    with pytest.raises(exceptions.GenericError, match="an object of a listing is of type str"):
        my_ext2.list_page(wrong)
    with pytest.raises(exceptions.GenericError, match="common_prefixes"):
        my_ext2.list_page(wrong, delimiter=True)
    with pytest.raises(exceptions.GenericError, match="'e_tag' of the result of put"):
        my_ext2.put_object(wrong, "key", b"")


# --- threads and the GIL


def test_synchronous_methods_run_in_parallel() -> None:
    barrier = threading.Barrier(8, timeout=10)

    def meet() -> bytes:
        barrier.wait()
        return b"x"

    assert my_ext2.read_in_threads(Reader(meet), ["key"] * 8, threads=8) == [b"x"] * 8
    assert my_ext2.read_asynchronously(Reader(meet), ["key"] * 8) == [b"x"] * 8


def test_coroutines_of_one_blocking_call_run_side_by_side() -> None:
    arrived = 0

    async def meet() -> bytes:
        nonlocal arrived
        arrived += 1
        while arrived < 100:
            await asyncio.sleep(0.001)
        return b"x"

    store = AsyncReader(meet)
    assert my_ext2.read_concurrently(store, ["key"] * 100) == [b"x"] * 100
    arrived = 0
    assert my_ext2.read_asynchronously(store, ["key"] * 100) == [b"x"] * 100
    arrived = 92
    assert my_ext2.read_in_threads(store, ["key"] * 8, threads=8) == [b"x"] * 8


@READERS
def test_a_caller_may_have_the_gil(reader: Callable[..., Any]) -> None:
    assert my_ext2.address(reader(lambda: b"x"), "key") > 0


def test_all_coroutines_share_one_loop_which_is_not_the_callers() -> None:
    loops = set()

    async def look() -> bytes:
        loops.add(asyncio.get_running_loop())
        return b"x"

    async def main() -> None:
        assert my_ext2.get(AsyncReader(look), "key") == b"x"  # blocks this loop
        assert asyncio.get_running_loop() not in loops

    asyncio.run(main())
    my_ext2.read_in_threads(AsyncReader(look), ["key"] * 20)
    assert len(loops) == 1


def test_a_store_may_use_another_store() -> None:
    inner = my_ext2.store.MemoryStore()
    my_ext2.put(inner, "key", b"x")
    middle = Reader(lambda: my_ext2.get(inner, "key"))
    outer = Reader(lambda: my_ext2.get(middle, "key"))
    assert my_ext2.get(outer, "key") == b"x"
    assert my_ext2.read_in_threads(outer, ["key"] * 50) == [b"x"] * 50


def test_a_store_is_kept_alive_and_let_go() -> None:
    gone = threading.Event()

    class Mortal(Reader):
        def __del__(self) -> None:
            gone.set()

    assert my_ext2.get(Mortal(lambda: b"x"), "key") == b"x"
    assert gone.is_set()


# --- Ctrl-C


def test_ctrl_c_ends_a_synchronous_method() -> None:
    interrupt(my_ext2.get, Reader(lambda: time.sleep(30)), "key")


def test_ctrl_c_cancels_a_coroutine() -> None:
    cancelled = threading.Event()

    async def wait() -> None:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    store = AsyncReader(wait)
    interrupt(my_ext2.get, store, "key")
    assert cancelled.wait(5)
    cancelled.clear()
    interrupt(my_ext2.address, store, "key")  # this one has the GIL
    assert cancelled.wait(5)
    store.function = lambda: b"x"
    assert my_ext2.get(store, "key") == b"x"


def test_ctrl_c_ends_many_coroutines_of_several_threads() -> None:
    class Shared:
        def __storelink_store__(self) -> object:
            return my_ext2.capsule(AsyncReader(lambda: asyncio.sleep(30)))

    interrupt(my_ext.digest, Shared(), ["key"] * 50)
    interrupt(my_ext2.read_concurrently, AsyncReader(lambda: asyncio.sleep(30)), ["key"] * 50)


def test_a_signal_handler_that_raises_nothing_interrupts_nothing() -> None:
    async def wait() -> bytes:
        await asyncio.sleep(0.5)
        return b"x"

    seen: list[int] = []
    before = signal.signal(signal.SIGINT, lambda *_: seen.append(1))
    try:
        with ctrl_c(after=0.1):
            assert my_ext2.get(AsyncReader(wait), "key") == b"x"
    finally:
        signal.signal(signal.SIGINT, before)
    assert seen == [1]


# --- fork


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")
def test_a_method_may_fork() -> None:
    children: list[int] = []

    def fork() -> bytes:
        children.append(os.fork())
        return b"x"

    status = 1
    try:
        assert my_ext2.get(Reader(fork), "key") == b"x"
        if children == [0]:  # Python can still be used
            assert my_ext2.read_in_threads(Reader(lambda: b"x"), ["key"] * 20) == [b"x"] * 20
        status = 0
    finally:
        if children == [0]:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(children[0], 0)[1]) == 0


def _read(stores: list[Any]) -> None:
    for store in stores:
        assert my_ext2.get(store, "key") == b"x"
        assert my_ext2.read_in_threads(store, ["key"] * 20) == [b"x"] * 20


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")
def test_a_forked_child_can_go_on() -> None:
    stores = [Reader(lambda: b"x"), AsyncReader(lambda: b"x")]
    for store in stores:
        my_ext2.read_asynchronously(store, ["key"] * 20)
    in_child(lambda: _read(stores))
