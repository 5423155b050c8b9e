"""Uploads that fail, are cancelled or interrupted: the old object stays, and no part is left. And what they hold."""

from __future__ import annotations

import asyncio
import contextvars
import json
import mmap
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import storelink
from servers.cut import cutting_proxy
from storelink.store import LocalStore, MemoryStore, S3Store
from support.ctrl_c import ctrl_c, interrupt
from support.uploads import eventually, uploads_under_way

PART = bytes(5 << 20)
OLD = b"the old object"


class Case:
    """A store with an object at "key", and how to see what a failed upload has left."""

    def __init__(self, store: Any, left: Callable[[], list[str]], settings: dict[str, Any] | None = None) -> None:  # noqa: ANN401
        self.store = store
        self.settings = settings
        self._left = left
        storelink.put(store, "key", OLD)

    def is_as_before(self) -> bool:
        """Whether the old object is there and nothing else, once what goes on in the background has ended."""
        assert storelink.get(self.store, "key").bytes() == OLD
        return eventually(lambda: self._left() == [])


@pytest.fixture(params=["memory", "local", "s3", "versity"])
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Case:
    if request.param in ("s3", "versity"):
        settings = request.getfixturevalue(f"{request.param}_settings")
        prefix = f"put/{tmp_path.name}"
        store = S3Store(**settings, prefix=prefix)
        return Case(store, lambda: uploads_under_way(settings, prefix), settings)
    if request.param == "local":
        return Case(
            LocalStore(tmp_path),
            lambda: [path.name for path in tmp_path.rglob("*") if path.name != "key"],
        )
    memory = MemoryStore()
    return Case(memory, lambda: [meta["path"] for meta in memory.list().collect() if meta["path"] != "key"])


class SourceError(Exception):
    pass


# --- sources that fail


@pytest.mark.parametrize("options", [{}, {"use_multipart": False}, {"mode": "create"}, {"max_concurrency": 1}])
@pytest.mark.parametrize("pieces", [0, 1, 3])
async def test_what_the_source_raises_is_raised(case: Case, options: dict[str, Any], pieces: int) -> None:
    raised = SourceError("mine")

    def generator() -> Iterator[bytes]:
        for _ in range(pieces):
            yield PART
        raise raised

    class File:
        def __init__(self) -> None:
            self.pieces = generator()

        def read(self, size: int) -> bytes:
            return next(self.pieces)[:size]

    async def asynchronous() -> AsyncIterator[bytes]:
        for piece in generator():
            await asyncio.sleep(0)
            yield piece

    path = "other" if "mode" in options else "key"
    for source in (generator(), File()):
        with pytest.raises(SourceError) as caught:
            storelink.put(case.store, path, source, **options)
        assert caught.value is raised
        assert caught.value.__traceback__ is not None
    for made in (generator(), asynchronous()):
        with pytest.raises(SourceError) as caught:
            await storelink.put_async(case.store, path, made, **options)
        assert caught.value is raised
    assert case.is_as_before()


def test_errors_of_the_source_are_not_taken_for_those_of_the_store() -> None:
    for error in (
        KeyError("k"),
        FileNotFoundError(2, "mine"),
        TimeoutError("mine"),
        MemoryError("mine"),
        OSError(5, "x"),
    ):

        def generator(error: BaseException = error) -> Iterator[bytes]:
            yield PART
            raise error

        with pytest.raises(type(error)) as caught:
            storelink.put(MemoryStore(), "key", generator())
        if not isinstance(error, MemoryError):
            assert caught.value is error


def test_a_file_that_cannot_be_read_writes_nothing(case: Case) -> None:
    if not Path("/proc/self/mem").exists():
        pytest.skip("no file here whose reading fails")
    with pytest.raises(OSError, match="cannot read /proc/self/mem: Input/output error"):
        storelink.put(case.store, "key", "/proc/self/mem")
    assert case.is_as_before()


async def test_a_generator_that_is_not_wanted_any_more_is_closed_where_it_ran() -> None:
    seen: list[object] = []

    async def generator() -> AsyncIterator[Any]:
        seen.append(asyncio.current_task())
        try:
            yield PART
            yield "no buffer"
        finally:
            seen.append(asyncio.current_task())
            await asyncio.sleep(0)
            closed.set()

    closed = asyncio.Event()
    with pytest.raises(TypeError, match="an item of file"):
        await storelink.put_async(MemoryStore(), "key", generator())
    await asyncio.wait_for(closed.wait(), 10)
    assert seen[0] is seen[1]


# --- servers that fail


@pytest.mark.parametrize("kind", ["s3", "versity"])
@pytest.mark.parametrize("bytes_until_cut", [1_000_000, 4_000_000])
async def test_a_server_that_is_cut_off_leaves_no_part(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str, bytes_until_cut: int
) -> None:
    settings = request.getfixturevalue(f"{kind}_settings")
    prefix = f"put/{tmp_path.name}"
    direct = Case(S3Store(**settings, prefix=prefix), lambda: uploads_under_way(settings, prefix))
    (tmp_path / "source").write_bytes(PART * 3)
    with cutting_proxy(settings["endpoint"], request=bytes_until_cut) as proxy:
        store = S3Store(**{**settings, "endpoint": proxy.url}, prefix=prefix, retry_config={"max_retries": 0})
        for source in (PART * 3, tmp_path / "source", iter([PART] * 3)):
            with pytest.raises(OSError, match=r"the exchange with .* failed: .*path key"):
                storelink.put(store, "key", source)
        with pytest.raises(OSError, match=r"the exchange with .* failed: .*path key"):
            await storelink.put_async(store, "key", iter([PART] * 3))
        assert direct.is_as_before()


def test_a_source_is_not_asked_for_more_once_a_part_has_failed(s3_settings: dict[str, Any], tmp_path: Path) -> None:
    asked: list[int] = []

    def endless() -> Iterator[bytes]:
        while True:
            asked.append(1)
            yield PART

    with cutting_proxy(s3_settings["endpoint"], request=1_000_000) as proxy:
        settings = {**s3_settings, "endpoint": proxy.url}
        store = S3Store(**settings, prefix=f"put/{tmp_path.name}", retry_config={"max_retries": 0})
        with pytest.raises(OSError, match="the exchange with"):
            storelink.put(store, "key", endless(), max_concurrency=2)
    assert len(asked) < 10


# --- being stopped


async def test_a_cancelled_task_leaves_nothing(case: Case) -> None:
    """While an asynchronous source makes the upload wait, after some parts."""
    waiting, ended = asyncio.Event(), asyncio.Event()

    async def source() -> AsyncIterator[bytes]:
        yield PART
        yield PART
        yield b"a part that is not full"
        waiting.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    task = asyncio.ensure_future(storelink.put_async(case.store, "key", source()))
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(ended.wait(), 10)
    assert case.is_as_before()


async def test_a_cancelled_task_whose_source_is_in_a_thread_leaves_nothing(case: Case) -> None:
    loop = asyncio.get_running_loop()
    waiting, go_on = asyncio.Event(), threading.Event()

    def source() -> Iterator[bytes]:
        yield PART
        yield PART
        yield b"a part that is not full"
        loop.call_soon_threadsafe(waiting.set)
        go_on.wait()
        yield PART

    task = asyncio.ensure_future(storelink.put_async(case.store, "key", source()))
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go_on.set()
    assert case.is_as_before()


async def test_a_timeout_ends_an_upload(case: Case) -> None:
    async def source() -> AsyncIterator[bytes]:
        yield PART
        yield PART
        await asyncio.Event().wait()

    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(storelink.put_async(case.store, "key", source()), 0.3)
    assert case.is_as_before()


def test_ctrl_c_in_a_slow_source(case: Case) -> None:
    def source() -> Iterator[bytes]:
        yield PART
        yield PART
        yield b"a part that is not full"
        while True:
            time.sleep(0.01)
            yield b""

    interrupt(storelink.put, case.store, "key", source())
    assert case.is_as_before()


def test_ctrl_c_in_a_source_that_blocks(case: Case) -> None:
    class File:
        def __init__(self) -> None:
            self.pieces = 2

        def read(self, size: int) -> bytes:
            self.pieces -= 1
            if self.pieces < 0:
                time.sleep(60)
            return PART

    interrupt(storelink.put, case.store, "key", File())
    assert case.is_as_before()


def test_ctrl_c_while_the_server_is_silent(silent_store: Any, tmp_path: Path) -> None:  # noqa: ANN401
    (tmp_path / "source").write_bytes(PART * 3)
    for source in (b"value", PART * 3, tmp_path / "source", iter([PART] * 3)):
        interrupt(storelink.put, silent_store, "key", source)


def test_a_signal_handlers_own_exception_is_raised(case: Case) -> None:
    import signal

    def handler(*_: object) -> None:
        raise SourceError("from the handler")

    def source() -> Iterator[bytes]:
        yield PART
        while True:
            time.sleep(0.01)
            yield b""

    before = signal.signal(signal.SIGINT, handler)
    try:
        with ctrl_c(after=0.2), pytest.raises(SourceError, match="from the handler"):
            storelink.put(case.store, "key", source())
    finally:
        signal.signal(signal.SIGINT, before)
    assert case.is_as_before()


# --- where sources run


async def test_a_slow_source_does_not_hold_up_the_loop() -> None:
    """It goes on only when the loop has run."""
    loop = asyncio.get_running_loop()
    store = MemoryStore()

    def ask_the_loop() -> None:
        answered = threading.Event()
        loop.call_soon_threadsafe(answered.set)
        assert answered.wait(10), "the loop does not run"

    def generator() -> Iterator[bytes]:
        for _ in range(3):
            ask_the_loop()
            yield PART

    class File:
        left = 3

        def read(self, size: int) -> bytes:
            ask_the_loop()
            self.left -= 1
            return PART[:size] if self.left >= 0 else b""

    for source in (generator(), File()):
        await storelink.put_async(store, "key", source)
        assert storelink.head(store, "key")["size"] == 3 * len(PART)


variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="nothing")


async def test_an_asynchronous_source_runs_in_one_task_of_the_callers_loop_and_in_its_context() -> None:
    loop = asyncio.get_running_loop()
    tasks: set[object] = set()

    async def source() -> AsyncIterator[bytes]:
        assert variable.get() == "the caller's"
        token = variable.set("the source's")
        for _ in range(3):
            tasks.add(asyncio.current_task())
            assert asyncio.get_running_loop() is loop
            assert variable.get() == "the source's"
            yield PART
            await asyncio.sleep(0)
        variable.reset(token)  # ValueError in another context

    variable.set("the caller's")
    await storelink.put_async(MemoryStore(), "key", source())
    assert len(tasks) == 1
    assert variable.get() == "the caller's"


async def test_a_source_in_a_thread_has_the_callers_context() -> None:
    seen: list[str] = []

    def source() -> Iterator[bytes]:
        for _ in range(2):
            seen.append(variable.get())
            yield PART

    class File:
        left = 2

        def read(self, size: int) -> bytes:
            seen.append(variable.get())
            self.left -= 1
            return PART[:size] if self.left > 0 else b""

    variable.set("the caller's")
    await storelink.put_async(MemoryStore(), "key", source())
    await storelink.put_async(MemoryStore(), "key", File())
    assert seen == ["the caller's"] * 4


@pytest.mark.skipif(sys.version_info < (3, 11), reason="asyncio.timeout is new in Python 3.11")
async def test_a_source_may_have_a_timeout_of_its_own() -> None:
    async def source() -> AsyncIterator[bytes]:
        async with getattr(asyncio, "timeout")(0.05):  # noqa: B009
            yield PART
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        await storelink.put_async(MemoryStore(), "key", source())


def test_a_source_may_use_the_store_itself() -> None:
    store = MemoryStore()
    storelink.put(store, "a", b"first ")
    storelink.put(store, "b", b"second")
    storelink.put(store, "both", (storelink.get(store, path).bytes() for path in ("a", "b")))
    assert storelink.get(store, "both").bytes() == b"first second"


# --- memory


def test_memory_is_its_owners_again_when_a_put_returns(tmp_path: Path) -> None:
    stores = (MemoryStore(), LocalStore(tmp_path))
    for store in stores:
        for size in (100, 200_000, 12_000_000):
            for options in ({}, {"use_multipart": False}, {"mode": "overwrite"}):
                memory = bytearray(size)
                storelink.put(store, "key", memory, **options)
                memory.append(1)  # BufferError while somebody has a view of it
                view = memoryview(memory)
                storelink.put(store, "key", view.toreadonly(), **options)
                view.release()
                memory.append(1)
                with mmap.mmap(-1, size) as mapped:
                    storelink.put(store, "key", mapped, **options)


async def test_memory_is_its_owners_again_when_a_put_was_awaited(tmp_path: Path) -> None:
    for store in (MemoryStore(), LocalStore(tmp_path)):
        for size in (100, 200_000, 12_000_000):
            memory = bytearray(size)
            await storelink.put_async(store, "key", memory)
            memory.append(1)


async def test_a_buffer_can_be_used_again_for_the_next_item() -> None:
    def generator() -> Iterator[bytearray]:
        memory = bytearray()
        for number in range(200):
            memory.extend(str(number).encode())
            yield memory
            memory.clear()

    async def asynchronous() -> AsyncIterator[bytearray]:
        for item in generator():
            yield item

    store = MemoryStore()
    expected = "".join(map(str, range(200))).encode()
    storelink.put(store, "key", generator())
    assert storelink.get(store, "key").bytes() == expected
    await storelink.put_async(store, "key", asynchronous())
    assert storelink.get(store, "key").bytes() == expected


async def test_a_bytearray_is_not_resized_while_it_is_uploaded(silent_store: Any) -> None:  # noqa: ANN401
    memory = bytearray(len(PART) * 2)
    task = asyncio.ensure_future(storelink.put_async(silent_store, "key", memory))
    await asyncio.sleep(0)
    with pytest.raises(BufferError):
        memory.append(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    def resized() -> bool:
        try:
            memory.append(1)
        except BufferError:
            return False
        return True

    for _ in range(1000):
        if resized():
            return
        await asyncio.sleep(0.01)
    pytest.fail("the memory is still held")


@pytest.mark.parametrize("size", [100, 200_000, 12_000_000])
def test_what_was_stored_stays_when_the_memory_changes(size: int) -> None:
    store = MemoryStore()
    for wrap in (lambda m: m, memoryview, lambda m: memoryview(m).toreadonly(), storelink.Bytes):
        memory = bytearray(size)
        storelink.put(store, "key", wrap(memory))
        memory[0] = memory[-1] = 1
        stored = storelink.get(store, "key").bytes()
        assert stored[0] == stored[-1] == 0


PEAK = """
import json, resource, sys
import storelink
from storelink.store import LocalStore, S3Store

kind, target, path, part, concurrency = json.loads(sys.argv[1])
store = S3Store(**target) if kind == "s3" else LocalStore(target)
storelink.put(store, "warm", bytes(3 * part), chunk_size=part)

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

def pieces():
    with open(path, "rb") as file:
        while piece := file.read(1 << 20):
            yield piece

before = peak()
for source in (path, open(path, "rb"), pieces()):
    storelink.put(store, "large", source, chunk_size=part, max_concurrency=concurrency)
print(peak() - before)
"""


@pytest.mark.parametrize("kind", ["local", "s3"])
def test_memory_is_bounded_by_the_parts_under_way(
    request: pytest.FixtureRequest, tmp_path: Path, run_python: Callable[..., str], kind: str
) -> None:
    target: Any = str(tmp_path)
    if kind == "s3":
        target = {**request.getfixturevalue("s3_settings"), "prefix": f"put/{tmp_path.name}"}
    path = tmp_path / "source"
    with path.open("wb") as file:
        file.truncate(150 << 20)
    part, concurrency = len(PART), 2
    grown = int(run_python(PEAK, json.dumps([kind, target, str(path), part, concurrency])))
    # One more piece is on its way from the source.
    assert grown < (concurrency + 2) * part, grown
