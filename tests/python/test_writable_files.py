"""open_writer and open_writer_async: what is written, and what an upload that fails or is given up leaves."""

from __future__ import annotations

import asyncio
import gc
import io
import json
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import storelink
from servers.cut import cutting_proxy
from storelink.exceptions import InvalidPathError
from storelink.store import LocalStore, MemoryStore, S3Store
from support.ctrl_c import interrupt
from support.uploads import eventually, s3_client, uploads_under_way

PART = 5 << 20  # S3's smallest
LARGE = bytes(range(251)) * 50_000  # three parts of that size
OLD = b"the old object"


class Case:
    """A store with an object at "key", and how to see what an upload that was given up has left."""

    def __init__(self, store: Any, left: Callable[[], list[str]]) -> None:  # noqa: ANN401
        self.store = store
        self.left = left
        storelink.put(store, "key", OLD)

    def is_as_before(self) -> bool:
        """Whether the old object is there and nothing else, once what goes on in the background has ended."""
        assert storelink.get(self.store, "key").bytes() == OLD
        return eventually(lambda: self.left() == [])

    def content(self) -> bytes:
        return bytes(storelink.get(self.store, "key").bytes())


@pytest.fixture(params=["memory", "local", "s3", "versity"])
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Case:
    if request.param in ("s3", "versity"):
        settings = request.getfixturevalue(f"{request.param}_settings")
        prefix = f"writers/{tmp_path.name}"
        return Case(S3Store(**settings, prefix=prefix), lambda: uploads_under_way(settings, prefix))
    if request.param == "local":
        return Case(LocalStore(tmp_path), lambda: [path.name for path in tmp_path.rglob("*") if path.name != "key"])
    memory = MemoryStore()
    return Case(memory, lambda: [meta["path"] for meta in memory.list().collect() if meta["path"] != "key"])


# --- writing


@pytest.mark.parametrize("size", [0, 1, PART - 1, PART, PART + 1, len(LARGE)])
async def test_an_object_appears_when_its_file_is_closed(case: Case, size: int) -> None:
    data = LARGE[:size]
    file = storelink.open_writer(case.store, "key", buffer_size=PART)
    assert (file.name, file.mode, file.writable(), file.readable(), file.seekable()) == (
        "key",
        "wb",
        True,
        False,
        False,
    )
    assert file.write(data) == size
    assert file.tell() == size
    file.flush()
    assert not file.closed()
    assert case.content() == OLD
    file.close()
    assert file.closed()
    assert case.content() == data
    assert case.left() == []

    opened = storelink.open_writer_async(case.store, "key", buffer_size=PART)
    assert isinstance(opened, storelink.AsyncWritableFile)
    assert await opened.write(data[::-1]) == size
    await opened.flush()
    assert not await opened.closed()
    assert case.content() == data
    await opened.close()
    assert await opened.closed()
    assert case.content() == data[::-1]
    assert case.left() == []


def test_closed_is_for_libraries_that_take_it_for_an_attribute(case: Case) -> None:
    file: Any = storelink.open_writer(case.store, "key")
    assert not file.closed
    with io.TextIOWrapper(file, encoding="utf-8", newline="\n") as text:
        text.write("größer\n")
    assert file.closed
    assert file.closed() is True
    assert case.content() == "größer\n".encode()
    with pytest.raises(TypeError, match="closed"):
        file.closed(1)


def test_writes_of_any_size(case: Case) -> None:
    chosen = random.Random(1)
    with case.store.open_writer("key", buffer_size=PART, max_concurrency=2) as file:
        written = 0
        while written < len(LARGE):
            piece = LARGE[written : written + chosen.choice([1, 1000, 100_000, PART, PART + 1])]
            wrap = chosen.choice([bytes, bytearray, memoryview, storelink.Bytes])
            assert file.write(wrap(piece)) == len(piece)
            written += len(piece)
            if chosen.random() < 0.1:
                file.flush()
    assert case.content() == LARGE


async def test_a_with_block_closes(case: Case) -> None:
    with storelink.open_writer(case.store, "key") as file:
        file.write(b"first ")
        file.write(b"second")
    assert file.closed()
    assert case.content() == b"first second"
    async with case.store.open_writer_async("key", buffer_size=PART) as opened:
        await opened.write(LARGE)
    assert await opened.closed()
    assert case.content() == LARGE


async def test_a_buffer_can_be_used_again_after_a_write(case: Case) -> None:
    for size in (10, 200_000, PART + 1):
        memory = bytearray(size)
        with storelink.open_writer(case.store, "key", buffer_size=PART) as file:
            file.write(memory)
            memory[:] = b"\1" * size
            file.write(memory)
            memory.clear()  # BufferError while somebody has a view of it
        assert case.content() == bytes(size) + b"\1" * size
        memory = bytearray(size)
        async with storelink.open_writer_async(case.store, "key", buffer_size=PART) as opened:
            await opened.write(memory)
            memory.clear()
        assert case.content() == bytes(size)


@pytest.mark.parametrize("size", [10, len(LARGE)])
def test_attributes_and_tags_arrive(s3_settings: dict[str, Any], tmp_path: Path, size: int) -> None:
    prefix = f"writers/{tmp_path.name}"
    store = S3Store(**s3_settings, prefix=prefix)
    attributes = {"Content-Type": "text/plain", "author": "somebody"}
    with storelink.open_writer(store, "key", attributes=attributes, tags={"a": "b c"}, buffer_size=PART) as file:
        file.write(LARGE[:size])
    assert attributes.items() <= storelink.get(store, "key").attributes.items()
    answer = s3_client(s3_settings).get_object_tagging(Bucket=s3_settings["bucket"], Key=f"{prefix}/key")
    assert answer["TagSet"] == [{"Key": "a", "Value": "b c"}]
    assert ("-3" in str(storelink.head(store, "key")["e_tag"])) == (size > PART)


def test_threads_share_a_writer(case: Case) -> None:
    """Each write is one piece."""
    with storelink.open_writer(case.store, "key", buffer_size=PART) as file:

        def write(letter: bytes) -> None:
            for _ in range(20):
                file.write(letter * 100_000)

        threads = [threading.Thread(target=write, args=(letter,)) for letter in (b"a", b"b", b"c")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    content = case.content()
    pieces = [content[start : start + 100_000] for start in range(0, len(content), 100_000)]
    assert sorted(pieces) == [letter * 100_000 for letter in (b"a", b"b", b"c") for _ in range(20)]


# --- closed files and bad calls


async def test_a_closed_file(case: Case) -> None:
    file = storelink.open_writer(case.store, "key")
    file.write(b"value")
    file.close()
    file.close()
    with file:
        pass
    for use in (lambda: file.write(b"x"), lambda: file.write(b""), file.flush):
        with pytest.raises(OSError, match="the file is closed, or writing to it has failed"):
            use()
    opened = storelink.open_writer_async(case.store, "key")
    await opened.write(b"other")
    await opened.close()
    await opened.close()
    for act in (lambda: opened.write(b"x"), opened.flush):
        with pytest.raises(OSError, match="the file is closed"):
            await act()
    assert case.content() == b"other"


async def test_bad_calls() -> None:
    store = MemoryStore()
    cases: list[tuple[tuple[Any, ...], dict[str, Any], type[BaseException], str]] = [
        (("a//b",), {}, InvalidPathError, "a//b"),
        ((3,), {}, TypeError, "path is of type int"),
        (("key", "wb"), {}, TypeError, "positional"),
        (("key",), {"buffer_size": 0}, ValueError, "buffer_size is 0; accepted is any number from 1"),
        (("key",), {"buffer_size": -1}, OverflowError, "is -1; accepted is a number from 0"),
        (("key",), {"buffer_size": "1"}, TypeError, "buffer_size is of type str"),
        (("key",), {"max_concurrency": 0}, ValueError, "max_concurrency is 0"),
        (("key",), {"max_concurrency": -1}, OverflowError, "is -1; accepted is a number from 0"),
        (("key",), {"attributes": []}, TypeError, "attributes is of type list"),
        (("key",), {"attributes": {"a": 3}}, TypeError, "'a' of attributes is of type int"),
        (("key",), {"tags": [("a", "b")]}, TypeError, "tags is of type list"),
        (("key",), {"mode": "create"}, TypeError, "unexpected keyword argument 'mode'"),
    ]
    for arguments, options, error, match in cases:
        for opens in (storelink.open_writer, storelink.open_writer_async):
            with pytest.raises(error, match=match):
                opens(store, *arguments, **options)
    file, opened = storelink.open_writer(store, "key"), storelink.open_writer_async(store, "key")
    for given, error, match in (
        ("text", TypeError, "buffer is of type str"),
        (3, TypeError, "buffer is of type int"),
        (None, TypeError, "buffer is None"),
        (memoryview(b"abcd")[::2], BufferError, "contiguous"),
    ):
        with pytest.raises(error, match=match):
            file.write(given)  # type: ignore[arg-type]
        with pytest.raises(error, match=match):
            await opened.write(given)  # type: ignore[arg-type]
    file.write(b"it goes on")
    file.close()
    assert storelink.get(store, "key").bytes() == b"it goes on"
    with pytest.raises(TypeError, match="cannot create"):
        storelink.WritableFile()


# --- given up


@pytest.mark.parametrize("size", [0, 10, len(LARGE)])
async def test_an_exception_in_a_with_block_gives_the_object_up(case: Case, size: int) -> None:
    raised = KeyError("mine")
    with (
        pytest.raises(KeyError) as caught,
        storelink.open_writer(case.store, "key", buffer_size=PART) as file,
    ):
        file.write(LARGE[:size])
        raise raised
    assert caught.value is raised
    assert file.closed()
    with pytest.raises(OSError, match="the file is closed"):
        file.write(b"x")
    file.close()
    assert case.left() == []
    with pytest.raises(KeyError):
        async with storelink.open_writer_async(case.store, "key", buffer_size=PART) as opened:
            await opened.write(LARGE[:size])
            raise raised
    assert await opened.closed()
    assert case.left() == []
    assert case.is_as_before()


async def test_a_file_that_is_dropped_writes_nothing(case: Case) -> None:
    file = storelink.open_writer(case.store, "key", buffer_size=PART)
    file.write(LARGE)
    opened = storelink.open_writer_async(case.store, "key", buffer_size=PART)
    await opened.write(LARGE)
    del file, opened
    gc.collect()
    assert case.is_as_before()


async def test_a_cancelled_task_in_a_with_block_leaves_nothing(case: Case) -> None:
    written = asyncio.Event()

    async def write() -> None:
        async with storelink.open_writer_async(case.store, "key", buffer_size=PART) as file:
            await file.write(LARGE)
            assert case.left() != [] or isinstance(case.store, MemoryStore), "the upload has begun"
            written.set()
            await asyncio.Event().wait()

    task = asyncio.ensure_future(write())
    await written.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert case.is_as_before()


async def test_a_cancelled_write_leaves_nothing(case: Case) -> None:
    file = storelink.open_writer_async(case.store, "key", buffer_size=PART, max_concurrency=1)
    await file.write(LARGE)
    writes = [asyncio.ensure_future(file.write(LARGE)) for _ in range(3)]
    await asyncio.sleep(0)
    for write in writes:
        write.cancel()
    await asyncio.gather(*writes, return_exceptions=True)
    with pytest.raises(ZeroDivisionError):
        async with file:
            raise ZeroDivisionError
    assert await file.closed()
    assert case.is_as_before()


async def test_a_cancelled_write_ends_the_file_that_waits_for_the_server(silent_store: Any) -> None:  # noqa: ANN401
    file = storelink.open_writer_async(silent_store, "key", buffer_size=PART)
    write = asyncio.ensure_future(file.write(LARGE))
    await asyncio.sleep(0)
    assert not write.done()
    write.cancel()
    with pytest.raises(asyncio.CancelledError):
        await write
    assert await file.closed()
    with pytest.raises(OSError, match="the file is closed, or writing to it has failed"):
        await file.write(b"x")


@pytest.mark.parametrize("kind", ["s3", "versity"])
async def test_a_server_that_is_cut_off(request: pytest.FixtureRequest, tmp_path: Path, kind: str) -> None:
    settings = request.getfixturevalue(f"{kind}_settings")
    prefix = f"writers/{tmp_path.name}"
    case = Case(S3Store(**settings, prefix=prefix), lambda: uploads_under_way(settings, prefix))
    failure = pytest.raises(OSError, match=r"the exchange with .* failed: .*path key")
    with cutting_proxy(settings["endpoint"], request=1_000_000) as proxy:
        store = S3Store(**{**settings, "endpoint": proxy.url}, prefix=prefix, retry_config={"max_retries": 0})
        file = storelink.open_writer(store, "key", buffer_size=PART)
        with failure:
            file.write(LARGE)
            file.close()
        assert file.closed()
        with pytest.raises(OSError, match="the file is closed, or writing to it has failed"):
            file.write(b"x")
        with pytest.raises(OSError, match="the exchange with"):
            async with storelink.open_writer_async(store, "key", buffer_size=PART, max_concurrency=1) as opened:
                for _ in range(10):
                    await opened.write(LARGE)
        assert case.is_as_before()


def test_ctrl_c_in_a_with_block(case: Case) -> None:
    def write() -> None:
        with storelink.open_writer(case.store, "key", buffer_size=PART) as file:
            file.write(LARGE)
            while True:
                time.sleep(0.01)
                file.write(b"x")

    interrupt(write)  # giving up what was sent is one more request
    assert case.is_as_before()


def test_ctrl_c_while_the_server_is_silent(silent_store: Any) -> None:  # noqa: ANN401
    file = storelink.open_writer(silent_store, "key", buffer_size=PART)
    interrupt(file.write, LARGE)
    assert file.closed()
    file = storelink.open_writer(silent_store, "key")
    file.write(b"value")
    interrupt(file.close)
    interrupt(storelink.open_reader, silent_store, "key")


PEAK = """
import json, resource, sys
import storelink
from storelink.store import LocalStore, S3Store

kind, target, part, concurrency = json.loads(sys.argv[1])
store = S3Store(**target) if kind == "s3" else LocalStore(target)
storelink.put(store, "warm", bytes(3 * part), chunk_size=part)

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

piece = bytes(100_000)
before = peak()
with storelink.open_writer(store, "large", buffer_size=part, max_concurrency=concurrency) as file:
    for _ in range(1500):
        file.write(piece)
with storelink.open_reader(store, "large") as file:
    while file.read(100_000):
        pass
print(peak() - before)
"""


@pytest.mark.parametrize("kind", ["local", "s3"])
def test_memory_is_bounded_by_the_parts_under_way(
    request: pytest.FixtureRequest, tmp_path: Path, run_python: Callable[..., str], kind: str
) -> None:
    target: Any = str(tmp_path)
    if kind == "s3":
        target = {**request.getfixturevalue("s3_settings"), "prefix": f"writers/{tmp_path.name}"}
    concurrency = 2
    grown = int(run_python(PEAK, json.dumps([kind, target, PART, concurrency])))
    assert grown < (concurrency + 2) * PART, grown
