"""get, get_range, get_ranges and get_into, as functions and as methods, blocking and asynchronous."""

from __future__ import annotations

import asyncio
import datetime
import mmap
import threading
from pathlib import Path
from typing import Any

import my_ext2
import my_ext2_runtime
import pytest
import storelink
from storelink.exceptions import (
    GenericError,
    InvalidPathError,
    NotFoundError,
    NotModifiedError,
    PreconditionError,
)
from storelink.store import LocalStore, MemoryStore, S3Store

pytestmark = pytest.mark.once

CONTENT = bytes(range(256)) * 4
LARGE = bytes(range(251)) * 50_000  # 12 MB: more than comes at once with the headers
DAY = datetime.timedelta(days=1)


@pytest.fixture(params=["memory", "local", "s3", "another"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Any:  # noqa: ANN401
    made: Any
    if request.param == "s3":
        made = S3Store(**request.getfixturevalue("s3_settings"), prefix=f"get/{tmp_path.name}")
    elif request.param == "another":
        made = getattr(my_ext2_runtime, "store").MemoryStore()  # noqa: B009
    else:
        made = MemoryStore() if request.param == "memory" else LocalStore(tmp_path)
    my_ext2.put(made, "dir/key", CONTENT)
    my_ext2.put(made, "large", LARGE)
    my_ext2.put(made, "empty", b"")
    return made


def test_the_whole_body(store: Any) -> None:  # noqa: ANN401
    result = storelink.get(store, "dir/key")
    assert result.range == (0, len(CONTENT))
    assert result.attributes == {} or set(result.attributes) <= {"Content-Type"}
    body = result.bytes()
    assert isinstance(body, storelink.Bytes)
    assert body == CONTENT
    assert result.meta["path"] == "dir/key"
    assert result.meta["size"] == len(CONTENT)
    assert result.meta["last_modified"].tzinfo is datetime.timezone.utc
    assert "dir/key" in repr(result)


async def test_the_whole_body_asynchronously(store: Any) -> None:  # noqa: ANN401
    assert await (await storelink.get_async(store, "dir/key")).bytes_async() == CONTENT
    assert await (await storelink.get_async(store, "large")).buffer_async() == LARGE
    assert storelink.get(store, "large").buffer() == LARGE


def test_a_body_is_read_once(store: Any) -> None:  # noqa: ANN401
    result = storelink.get(store, "dir/key")
    stream = result.stream()
    for use in (result.bytes, result.buffer, result.stream, result.bytes_async, lambda: iter(result)):
        with pytest.raises(ValueError, match="has been read already"):
            use()
    assert b"".join(stream) == CONTENT
    assert list(stream) == []
    assert result.range == (0, len(CONTENT))


@pytest.mark.parametrize("minimum", [1, 4096, 1 << 20, 5_000_000, 1 << 30])
async def test_chunks_have_the_size_that_was_asked_for(store: Any, minimum: int) -> None:  # noqa: ANN401
    chunks = list(storelink.get(store, "large").stream(minimum))
    assert all(type(chunk) is bytes for chunk in chunks)
    assert all(len(chunk) >= minimum for chunk in chunks[:-1])
    assert b"".join(chunks) == LARGE
    chunks = [chunk async for chunk in (await storelink.get_async(store, "large")).stream(min_chunk_size=minimum)]
    assert all(len(chunk) >= minimum for chunk in chunks[:-1])
    assert b"".join(chunks) == LARGE


async def test_an_empty_object_has_no_chunks(store: Any) -> None:  # noqa: ANN401
    assert list(storelink.get(store, "empty")) == []
    assert [chunk async for chunk in await storelink.get_async(store, "empty")] == []
    assert storelink.get(store, "empty").bytes() == b""


async def test_a_stream_may_change_between_the_two_ways(store: Any) -> None:  # noqa: ANN401
    stream = storelink.get(store, "large").stream(1 << 20)
    first = next(stream)
    rest = []
    async for chunk in stream:
        rest.append(chunk)
        break
    assert first + b"".join(rest) + b"".join(stream) == LARGE
    with pytest.raises(StopAsyncIteration):
        await stream.__anext__()


def test_a_stream_that_is_dropped_half_way_leaves_the_store_usable(store: Any) -> None:  # noqa: ANN401
    for _ in range(3):
        next(storelink.get(store, "large").stream(1))
    assert storelink.head(store, "large")["size"] == len(LARGE)


def test_two_readers_of_one_stream_get_every_byte_once_or_an_error(store: Any) -> None:  # noqa: ANN401
    stream = storelink.get(store, "large").stream(100_000)
    chunks: list[bytes] = []
    refused: list[str] = []

    def read() -> None:
        while True:
            try:
                chunk = next(stream, None)
            except RuntimeError as error:
                refused.append(str(error))
                continue
            if chunk is None:
                return
            chunks.append(chunk)

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(map(len, chunks)) == len(LARGE)
    assert all("being read by another" in text for text in refused)


RANGES: list[tuple[Any, int, int]] = [
    ((3, 10), 3, 10),
    ([3, 10], 3, 10),
    ((1000, 5000), 1000, 1024),
    ({"offset": 1000}, 1000, 1024),
    ({"suffix": 10}, 1014, 1024),
    ({"suffix": 5000}, 0, 1024),
]


@pytest.mark.parametrize(("given", "start", "end"), RANGES)
async def test_ranges_of_a_get(store: Any, given: Any, start: int, end: int) -> None:  # noqa: ANN401
    for result in (
        storelink.get(store, "dir/key", options={"range": given}),
        await store.get_async("dir/key", options={"range": given}),
    ):
        assert result.range == (start, end)
        assert result.meta["size"] == len(CONTENT)
        assert result.bytes() == CONTENT[start:end]


def test_conditions(store: Any) -> None:  # noqa: ANN401
    meta = storelink.head(store, "dir/key")
    tag, time = meta["e_tag"], meta["last_modified"]
    good: list[Any] = [
        {"if_match": tag},
        {"if_match": f'"other", {tag}'},
        {"if_none_match": '"other"'},
        {"if_unmodified_since": time},
        {"if_unmodified_since": time + DAY},
        {"if_modified_since": time - DAY},
        {"if_match": None, "if_none_match": None, "version": None},
    ]
    for options in good:
        assert storelink.get(store, "dir/key", options=options).bytes() == CONTENT, options
    with pytest.raises(PreconditionError):
        storelink.get(store, "dir/key", options={"if_match": '"other"'})
    with pytest.raises(PreconditionError):
        storelink.get(store, "dir/key", options={"if_unmodified_since": time - DAY})
    with pytest.raises(NotModifiedError):
        storelink.get(store, "dir/key", options={"if_none_match": tag})
    with pytest.raises(NotModifiedError):
        storelink.get(store, "dir/key", options={"if_modified_since": time})


def test_metadata_only(store: Any) -> None:  # noqa: ANN401
    result = storelink.get(store, "large", options={"head": True})
    assert result.meta["size"] == len(LARGE)
    assert result.bytes() == b""


BAD_OPTIONS: list[tuple[Any, type[Exception], str]] = [
    ({"range": (5, 5)}, GenericError, "5"),
    ({"range": (6, 5)}, GenericError, "6"),
    ({"range": (5000, 6000)}, GenericError, "5000"),
    ({"range": (-1, 5)}, ValueError, r"range is \(-1, 5\); accepted is a sequence"),
    ({"range": (1,)}, ValueError, "range is"),
    ({"range": (1, 2, 3)}, ValueError, "range is"),
    ({"range": "ab"}, ValueError, "range is 'ab'"),
    ({"range": {}}, ValueError, "range is"),
    ({"range": {"offset": -1}}, ValueError, "range is"),
    ({"if_match": 3}, TypeError, r"options\['if_match'\] is of type int"),
    ({"if_modified_since": "now"}, TypeError, "datetime"),
    ({"if_modified_since": datetime.datetime(2020, 1, 1)}, TypeError, "no time zone"),
    ({"head": 1}, TypeError, "bool"),
    ({"if_mtch": "x"}, ValueError, r"options\['if_mtch'\] is not known; accepted are range"),
    ([], TypeError, "options is of type list"),
    ({1: 2}, TypeError, "a key of options"),
]


@pytest.mark.parametrize(("options", "error", "match"), BAD_OPTIONS)
def test_bad_options(store: Any, options: Any, error: type[Exception], match: str) -> None:  # noqa: ANN401
    with pytest.raises(error, match=match):
        storelink.get(store, "dir/key", options=options)


async def test_get_range(store: Any) -> None:  # noqa: ANN401
    assert storelink.get_range(store, "dir/key", start=3, end=7) == CONTENT[3:7]
    assert store.get_range("dir/key", start=3, length=7) == CONTENT[3:10]
    assert await storelink.get_range_async(store, path="dir/key", start=1020, end=2**40) == CONTENT[1020:]
    assert await store.get_range_async("large", start=5, length=6_000_000) == LARGE[5:6_000_005]


async def test_get_ranges_in_the_order_asked_for(store: Any) -> None:  # noqa: ANN401
    starts, ends = [9_000_000, 0, 5, 3_000_000], [9_000_010, 10, 7, 3_000_001]
    expected = [LARGE[start:end] for start, end in zip(starts, ends, strict=True)]
    for coalesce in (0, 1, 1 << 20, 2**63):
        assert storelink.get_ranges(store, "large", starts=starts, ends=ends, coalesce=coalesce) == expected
    lengths = [end - start for start, end in zip(starts, ends, strict=True)]
    assert await storelink.get_ranges_async(store, "large", starts=starts, lengths=lengths) == expected
    assert storelink.get_ranges(store, "large", starts=range(3), ends=range(1, 4)) == [b"\0", b"\1", b"\2"]
    assert storelink.get_ranges(store, "large", starts=[], ends=[]) == []


BAD_RANGES: list[tuple[dict[str, Any], type[Exception]]] = [
    ({"start": 0}, ValueError),
    ({"start": 0, "end": 1, "length": 1}, ValueError),
    ({"start": 3, "end": 3}, ValueError),
    ({"start": 5, "end": 3}, ValueError),
    ({"start": 0, "length": 0}, ValueError),
    ({"start": -1, "end": 3}, OverflowError),
    ({"start": 2**64, "end": 3}, OverflowError),
    ({"start": "0", "end": 3}, TypeError),
    ({"start": 0.0, "end": 3}, TypeError),
    ({"end": 3}, TypeError),
    ({"start": 1024, "end": 1030}, GenericError),
]


@pytest.mark.parametrize(("arguments", "error"), BAD_RANGES)
def test_bad_ranges(store: Any, arguments: dict[str, Any], error: type[Exception]) -> None:  # noqa: ANN401
    with pytest.raises(error):
        storelink.get_range(store, "dir/key", **arguments)


def test_bad_lists_of_ranges(store: Any) -> None:  # noqa: ANN401
    with pytest.raises(ValueError, match="2 starts and 1 ends"):
        storelink.get_ranges(store, "dir/key", starts=[0, 3], ends=[2])
    with pytest.raises(ValueError, match="give either ends or lengths, not both"):
        storelink.get_ranges(store, "dir/key", starts=[0], ends=[2], lengths=[2])
    with pytest.raises(TypeError, match="starts is of type int"):
        storelink.get_ranges(store, "dir/key", starts=0, ends=[2])  # type: ignore[arg-type]
    with pytest.raises(OverflowError):
        storelink.get_ranges(store, "dir/key", starts=[0], ends=[2], coalesce=-1)


BUFFERS: dict[str, Any] = {
    "bytearray": lambda: bytearray(1000),
    "memoryview": lambda: memoryview(bytearray(2000))[500:1500],
    "mmap": lambda: mmap.mmap(-1, 1000),
}


@pytest.mark.parametrize("kind", BUFFERS)
async def test_get_into_a_buffer_of_the_callers(store: Any, kind: str) -> None:  # noqa: ANN401
    buffer: Any = BUFFERS[kind]()
    assert storelink.get_into(store, "large", buffer) == 1000
    assert bytes(buffer[:]) == LARGE[:1000]
    assert store.get_into("large", buffer, start=5_000_000) == 1000
    assert bytes(buffer[:]) == LARGE[5_000_000:5_001_000]
    assert await storelink.get_into_async(store, "large", buffer, start=7, end=17) == 10
    assert bytes(buffer[:10]) == LARGE[7:17]
    assert await store.get_into_async("large", buffer, start=1, length=3) == 3
    assert storelink.get_into(store, "dir/key", buffer, start=1000) == 24
    assert bytes(buffer[:24]) == CONTENT[1000:]
    assert storelink.get_into(store, "empty", buffer) == 0


def test_bad_buffers(store: Any) -> None:  # noqa: ANN401
    with pytest.raises(TypeError, match="buffer is of type int"):
        storelink.get_into(store, "dir/key", 3)  # type: ignore[arg-type]
    with pytest.raises(BufferError):
        storelink.get_into(store, "dir/key", b"read-only")
    with pytest.raises(BufferError):
        storelink.get_into(store, "dir/key", memoryview(bytearray(10))[::2])
    with pytest.raises(ValueError, match="buffer has 3 bytes, the range has 4"):
        storelink.get_into(store, "dir/key", bytearray(3), start=0, end=4)
    with pytest.raises(ValueError, match="buffer is empty"):
        storelink.get_into(store, "dir/key", bytearray())
    buffer = bytearray(b"old")
    with pytest.raises(NotFoundError):
        storelink.get_into(store, "missing", buffer)
    buffer.append(0)  # it has been given back


async def test_a_buffer_is_lent_until_the_operation_has_ended(silent_store: S3Store) -> None:
    buffer = bytearray(10)
    pending: Any = storelink.get_into_async(silent_store, "key", buffer)
    with pytest.raises(BufferError):
        buffer.append(0)
    assert pending.cancel("enough")
    assert pending.cancel()
    with pytest.raises(asyncio.CancelledError, match="enough"):
        await pending
    buffer.append(0)  # whoever awaited it has it for himself
    assert not pending.cancel()


async def test_a_cancelled_task_has_its_buffer_back(silent_store: S3Store) -> None:
    buffer = bytearray(10)

    async def read() -> int:
        return await storelink.get_into_async(silent_store, "key", buffer)

    task = asyncio.create_task(read())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    buffer.append(0)
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(read(), 0.05)
    buffer.append(0)


PATHS: list[tuple[Any, type[Exception]]] = [
    ("missing", NotFoundError),
    ("a//b", InvalidPathError),
    ("../a", InvalidPathError),
    ("a\0", InvalidPathError),
    (3, TypeError),
    (b"dir/key", TypeError),
    (None, TypeError),
]


@pytest.mark.parametrize(("path", "error"), PATHS)
async def test_bad_paths(store: Any, path: Any, error: type[Exception]) -> None:  # noqa: ANN401
    with pytest.raises(error):
        storelink.get(store, path)
    with pytest.raises(error):
        await storelink.get_async(store, path)
    with pytest.raises(error):
        store.get_range(path, start=0, end=1)
    with pytest.raises(error):
        await store.get_ranges_async(path, starts=[0], ends=[1])
    with pytest.raises(error):
        storelink.get_into(store, path, bytearray(3))


def test_slashes_at_the_ends_of_a_path_are_dropped(store: Any) -> None:  # noqa: ANN401
    assert storelink.get(store, "/dir/key/").bytes() == CONTENT


def test_a_key_is_taken_as_it_is() -> None:
    store = MemoryStore()
    my_ext2.put(store, "a//b", b"odd")
    assert store.get(storelink.Key("a//b")).bytes() == b"odd"
    assert isinstance(storelink.Key("x"), str)


def test_bad_calls(store: Any) -> None:  # noqa: ANN401
    get: Any = storelink.get
    calls: list[Any] = [
        lambda: get(store),
        lambda: get(store, "dir/key", {}),
        lambda: get(store, "dir/key", path="dir/key"),
        lambda: get(store, "dir/key", option={}),
        lambda: store.get_range("dir/key", 0, 3),
    ]
    for call in calls:
        with pytest.raises(TypeError):
            call()
    for wrong in (None, "text", MemoryStore):
        with pytest.raises(ValueError, match="expected an object store"):
            get(wrong, "dir/key")


def test_stores_of_other_extensions_and_libraries(tmp_path: Path) -> None:
    embedded = my_ext2.store.MemoryStore()
    my_ext2.put(embedded, "key", b"embedded")
    assert storelink.get(embedded, "key").bytes() == b"embedded"
    obstore = pytest.importorskip("obstore")
    theirs = obstore.store.MemoryStore()
    theirs.put("key", b"obstore")
    assert storelink.get(theirs, "key").bytes() == b"obstore"
    assert storelink.get_range(theirs, "key", start=0, end=2) == b"ob"
    local = obstore.store.LocalStore(tmp_path)
    local.put("key", b"local")
    with pytest.warns(RuntimeWarning, match="built a new storelink.store.LocalStore"):
        assert storelink.get(local, "key").bytes() == b"local"
