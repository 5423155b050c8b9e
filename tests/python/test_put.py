"""put and put_async: sources, modes, options, and what a failed upload leaves."""

from __future__ import annotations

import array
import io
import mmap
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import storelink
from servers.answers import Answer, Asked, answering
from storelink.exceptions import (
    AlreadyExistsError,
    InvalidPathError,
    NotSupportedError,
    PermissionDeniedError,
    PreconditionError,
)
from storelink.store import LocalStore, MemoryStore, S3Store
from support.uploads import s3_client

pytestmark = pytest.mark.once

PART = 5 << 20  # S3's smallest
SMALL = bytes(range(256)) * 4
LARGE = bytes(range(251)) * 50_000  # three parts


@pytest.fixture(params=["memory", "local", "s3", "versity"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Any:  # noqa: ANN401
    if request.param in ("s3", "versity"):
        return S3Store(**request.getfixturevalue(f"{request.param}_settings"), prefix=f"put/{tmp_path.name}")
    return MemoryStore() if request.param == "memory" else LocalStore(tmp_path / "store", mkdir=True)


def content(store: Any, path: str = "key") -> bytes:  # noqa: ANN401
    return bytes(storelink.get(store, path).bytes())


# --- the sources


def in_pieces(data: bytes, size: int = 700_000) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def of_a_file(data: bytes, directory: Path) -> Path:
    path = directory / "source"
    path.write_bytes(data)
    return path


def mapped(data: bytes) -> mmap.mmap:
    memory = mmap.mmap(-1, len(data))
    memory[:] = data
    return memory


class ShortReads(io.RawIOBase):
    """A raw file that gives less than it is asked for, as pipes do."""

    def __init__(self, data: bytes) -> None:
        self.rest = data

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401
        size = min(len(buffer), len(self.rest), 300_000)
        buffer[:size] = self.rest[:size]
        self.rest = self.rest[size:]
        return size


class OnlyRead:
    """The least that a file can be."""

    def __init__(self, data: bytes) -> None:
        self.read = io.BytesIO(data).read


def another_objects_body(data: bytes) -> storelink.GetResult:
    other = MemoryStore()
    storelink.put(other, "other", data)
    return storelink.get(other, "other")


SOURCES: dict[str, Callable[[bytes, Path], Any]] = {
    "bytes": lambda data, _: data,
    "bytearray": lambda data, _: bytearray(data),
    "memoryview": lambda data, _: memoryview(data),
    "a view of a part": lambda data, _: memoryview(b"xx" + data + b"x")[2:-1],
    "read-only view of a bytearray": lambda data, _: memoryview(bytearray(data)).toreadonly(),
    "array": lambda data, _: array.array("B", data),
    "mmap": lambda data, _: mapped(data),
    "Bytes": lambda data, _: storelink.Bytes(data),
    "Bytes of a bytearray": lambda data, _: storelink.Bytes(bytearray(data)),
    "str": lambda data, directory: str(of_a_file(data, directory)),
    "Path": lambda data, directory: of_a_file(data, directory),
    "file": lambda data, directory: of_a_file(data, directory).open("rb"),
    "raw file": lambda data, directory: of_a_file(data, directory).open("rb", buffering=0),
    "BytesIO": lambda data, _: io.BytesIO(data),
    "short reads": lambda data, _: ShortReads(data),
    "only read()": lambda data, _: OnlyRead(data),
    "list": lambda data, _: list(in_pieces(data)),
    "tuple": lambda data, _: tuple(in_pieces(data)),
    "generator": lambda data, _: in_pieces(data),
    "small pieces": lambda data, _: in_pieces(data, 1 + len(data) // 1000),
    "one large piece": lambda data, _: iter([data]),
    "pieces of all kinds": lambda data, _: iter([b"", data[:9], bytearray(data[9:99]), memoryview(data)[99:]]),
    "GetResult": lambda data, _: another_objects_body(data),
    "BytesStream": lambda data, _: another_objects_body(data).stream(1 << 20),
}


@pytest.mark.parametrize("data", [b"x", SMALL, LARGE], ids=["byte", "small", "large"])
@pytest.mark.parametrize("source", SOURCES)
def test_sources(store: Any, tmp_path: Path, source: str, data: bytes) -> None:  # noqa: ANN401
    given = SOURCES[source](data, tmp_path)
    assert set(storelink.put(store, "key", given)) == {"e_tag", "version"}
    assert content(store) == data
    if hasattr(given, "close"):
        given.close()


@pytest.mark.parametrize("source", SOURCES)
async def test_sources_asynchronously(store: Any, tmp_path: Path, source: str) -> None:  # noqa: ANN401
    given = SOURCES[source](LARGE, tmp_path)
    assert set(await store.put_async("key", given)) == {"e_tag", "version"}
    assert content(store) == LARGE
    if hasattr(given, "close"):
        given.close()


@pytest.mark.parametrize("kind", ["empty bytes", "no items", "empty items", "empty file", "empty path"])
@pytest.mark.parametrize("use_multipart", [None, False])
def test_empty_sources_make_empty_objects(
    store: Any,  # noqa: ANN401
    tmp_path: Path,
    kind: str,
    use_multipart: bool | None,
) -> None:
    sources: dict[str, Any] = {
        "empty bytes": b"",
        "no items": [],
        "empty items": [b"", b""],
        "empty file": io.BytesIO(),
        "empty path": of_a_file(b"", tmp_path),
    }
    storelink.put(store, "key", sources[kind], use_multipart=use_multipart)
    assert content(store) == b""


async def asynchronous(pieces: Iterator[Any]) -> AsyncIterator[Any]:
    for piece in pieces:
        yield piece


class AsynchronousIterable:
    def __init__(self, data: bytes) -> None:
        self.data = data

    def __aiter__(self) -> AsyncIterator[bytes]:
        return asynchronous(in_pieces(self.data))


async def test_asynchronous_sources(store: Any) -> None:  # noqa: ANN401
    for source in (asynchronous(in_pieces(LARGE)), AsynchronousIterable(LARGE), asynchronous(iter([bytearray(LARGE)]))):
        await storelink.put_async(store, "key", source)
        assert content(store) == LARGE
        await storelink.put_async(store, "key", b"")
    await storelink.put_async(store, "key", asynchronous(iter([])))
    assert content(store) == b""
    await storelink.put_async(store, "copy", await storelink.get_async(store, "key"))
    assert content(store, "copy") == b""


def test_what_was_read_of_a_file_is_left_out_and_the_file_stays_open(store: Any, tmp_path: Path) -> None:  # noqa: ANN401
    with of_a_file(SMALL, tmp_path).open("rb") as file:
        file.read(100)
        storelink.put(store, "key", file)
        assert content(store) == SMALL[100:]
        assert not file.closed
        assert file.tell() == len(SMALL)


def test_a_bad_source_is_refused_and_nothing_is_written(store: Any, tmp_path: Path) -> None:  # noqa: ANN401
    cases: list[tuple[Any, type[BaseException], str]] = [
        (None, ValueError, "file is of type NoneType; accepted are bytes"),
        (3, ValueError, "file is of type int"),
        (object(), ValueError, "file is of type object"),
        (AsynchronousIterable(SMALL), ValueError, r"put_async\(\) takes those"),
        (tmp_path / "missing", FileNotFoundError, "missing"),
        ("", FileNotFoundError, "No such file"),
        (tmp_path, IsADirectoryError, tmp_path.name),
        (f"{tmp_path}\0x", ValueError, "null byte"),
        (memoryview(SMALL)[::2], BufferError, "contiguous"),
        (["text"], TypeError, "an item of file is of type str"),
        ([b"x", None], TypeError, "an item of file is None"),
        (range(3), TypeError, "an item of file is of type int"),
        (io.StringIO("text"), TypeError, r"what file.read\(\) returned is of type str"),
    ]
    for source, error, match in cases:
        with pytest.raises(error, match=match):
            storelink.put(store, "refused", source)
    with pytest.raises(FileNotFoundError):
        storelink.head(store, "refused")


async def test_an_item_that_is_no_buffer_asynchronously(store: Any) -> None:  # noqa: ANN401
    for pieces in ([3], [LARGE, "text"]):
        with pytest.raises(TypeError, match="an item of file is of type"):
            await storelink.put_async(store, "refused", asynchronous(iter(pieces)))
    with pytest.raises(FileNotFoundError):
        storelink.head(store, "refused")


# --- modes


async def test_create_writes_only_where_there_is_nothing(store: Any) -> None:  # noqa: ANN401
    storelink.put(store, "key", b"first", mode="create")
    for source in (b"second", [b"second"], LARGE):
        with pytest.raises(AlreadyExistsError):
            storelink.put(store, "key", source, mode="create")
        with pytest.raises(AlreadyExistsError):
            await store.put_async("key", source, mode="create", use_multipart=True)
    assert content(store) == b"first"
    storelink.put(store, "key", b"third", mode="overwrite")
    assert content(store) == b"third"


async def test_the_result_of_a_put_is_a_mode(store: Any) -> None:  # noqa: ANN401
    first = storelink.put(store, "key", b"first")
    second = storelink.put(store, "key", b"second", mode=first)
    with pytest.raises(PreconditionError):
        storelink.put(store, "key", b"too late", mode=first)
    third = await store.put_async("key", b"third", mode={"e_tag": second["e_tag"]})
    with pytest.raises(PreconditionError):
        await store.put_async("key", iter([b"too late"]), mode=second)
    assert content(store) == b"third"
    assert storelink.head(store, "key")["e_tag"] == third["e_tag"]


def test_of_many_writers_with_one_version_one_wins(store: Any) -> None:  # noqa: ANN401
    from concurrent.futures import ThreadPoolExecutor

    before = storelink.put(store, "key", b"before")

    def write(number: int) -> bool:
        try:
            storelink.put(store, "key", str(number).encode(), mode=before)
        except PreconditionError:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        won = list(threads.map(write, range(8)))
    assert sum(won) == 1
    assert content(store) == str(won.index(True)).encode()


# --- options


@pytest.mark.parametrize("kind", ["s3", "versity"])
def test_how_many_parts_there_are(request: pytest.FixtureRequest, tmp_path: Path, kind: str) -> None:
    store = S3Store(**request.getfixturevalue(f"{kind}_settings"), prefix=f"put/{tmp_path.name}")

    def parts(source: Any, **options: Any) -> int:  # noqa: ANN401
        """As the etag says: 0 for one request."""
        result = storelink.put(store, "key", source, **options)
        assert content(store) == (LARGE if len(content(store)) > len(SMALL) else SMALL)
        _, dash, count = str(result["e_tag"]).strip('"').partition("-")
        return int(count) if dash else 0

    assert parts(SMALL) == 0
    assert parts(LARGE) == 3
    assert parts(LARGE, chunk_size=6 << 20) == 2
    assert parts(LARGE, chunk_size=len(LARGE)) == 0
    assert parts(LARGE, use_multipart=False) == 0
    assert parts(iter([LARGE]), use_multipart=False) == 0
    assert parts(in_pieces(LARGE), max_concurrency=1) == 3
    assert parts(in_pieces(SMALL)) == 0
    assert parts(SMALL, use_multipart=True) == 1
    assert parts(LARGE, mode="overwrite", use_multipart=True, max_concurrency=2) == 3
    assert parts(LARGE, mode=storelink.put(store, "key", b"before")) == 0


def test_parts_are_larger_rather_than_too_many() -> None:
    sizes: list[int] = []

    def answer(asked: Asked) -> Answer:
        if asked.method == "POST":
            return Answer("<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>")
        if asked.method == "DELETE":
            return Answer(status=204)
        sizes.append(len(asked.body))
        return Answer(status=403)

    with answering({"/b/key": answer}) as server:
        options: Any = {"allow_http": True}
        store = S3Store("b", endpoint=server.address, region="r", skip_signature=True, client_options=options)
        with pytest.raises(PermissionDeniedError):
            storelink.put(store, "key", bytes(20_000_001), chunk_size=1000, max_concurrency=1)
    assert sizes[0] == 2001  # S3 has at most 10,000 parts


@pytest.mark.parametrize("data", [SMALL, LARGE], ids=["small", "large"])
def test_attributes_and_tags_arrive(s3_settings: dict[str, Any], tmp_path: Path, data: bytes) -> None:
    prefix = f"put/{tmp_path.name}"
    attributes = {"Content-Type": "text/plain", "Cache-Control": "no-cache", "author": "somebody"}
    store = S3Store(**s3_settings, prefix=prefix)
    storelink.put(store, "key", data, attributes=attributes, tags={"colour": "blue & green", "n": "1"})
    assert attributes.items() <= storelink.get(store, "key").attributes.items()
    answer = s3_client(s3_settings).get_object_tagging(Bucket=s3_settings["bucket"], Key=f"{prefix}/key")
    assert {tag["Key"]: tag["Value"] for tag in answer["TagSet"]} == {"colour": "blue & green", "n": "1"}


@pytest.mark.parametrize("data", [SMALL, LARGE], ids=["small", "large"])
def test_attributes_in_memory_and_in_files(tmp_path: Path, data: bytes) -> None:
    attributes = {"Content-Type": "text/plain", "author": "somebody"}
    for store in (MemoryStore(), LocalStore(tmp_path)):
        storelink.put(store, "key", data, attributes=attributes)
        assert storelink.get(store, "key").attributes == attributes
        storelink.put(store, "key", data, attributes={})
        assert storelink.get(store, "key").attributes == {}
        storelink.put(store, "key", data, attributes=None, tags=None)


BAD_OPTIONS: list[tuple[dict[str, Any], type[BaseException], str]] = [
    ({"mode": "append"}, ValueError, "mode is 'append'; accepted are 'overwrite', 'create' and a dict"),
    ({"mode": ""}, ValueError, "mode is ''"),
    ({"mode": 3}, TypeError, "mode is of type int"),
    ({"mode": b"create"}, TypeError, "mode is of type bytes"),
    ({"mode": True}, TypeError, "mode is of type bool"),
    ({"mode": {"e_tag": 3}}, TypeError, r"mode\['e_tag'\] is of type int"),
    ({"mode": {3: "x"}}, TypeError, "a key of mode"),
    ({"attributes": []}, TypeError, "attributes is of type list"),
    ({"attributes": {"Content-Type": 3}}, TypeError, "'Content-Type' of attributes is of type int"),
    ({"attributes": {3: "x"}}, TypeError, "a key of attributes"),
    ({"tags": [("a", "b")]}, TypeError, "tags is of type list"),
    ({"tags": {"a": 3}}, TypeError, "'a' of tags is of type int"),
    ({"use_multipart": 1}, TypeError, "use_multipart is of type int; accepted is bool"),
    ({"use_multipart": "no"}, TypeError, "use_multipart is of type str"),
    ({"chunk_size": 0}, ValueError, "chunk_size is 0; accepted is any number from 1"),
    ({"chunk_size": -1}, OverflowError, "chunk_size is -1; accepted is a number from 0"),
    ({"chunk_size": 2**64}, OverflowError, "chunk_size is 18446744073709551616"),
    ({"chunk_size": 5.0}, TypeError, "chunk_size is of type float"),
    ({"chunk_size": None}, TypeError, "chunk_size is None"),
    ({"max_concurrency": 0}, ValueError, "max_concurrency is 0"),
    ({"max_concurrency": -1}, OverflowError, "max_concurrency is -1"),
    ({"max_concurrency": "1"}, TypeError, "max_concurrency is of type str"),
    ({"nope": 1}, TypeError, r"put(_async)?\(\) got an unexpected keyword argument 'nope'"),
]


@pytest.mark.parametrize(("options", "error", "match"), BAD_OPTIONS)
async def test_bad_options_write_nothing(options: dict[str, Any], error: type[BaseException], match: str) -> None:
    store = MemoryStore()
    pulled: list[int] = []

    def source() -> Iterator[bytes]:
        pulled.append(1)
        yield SMALL

    for call in (storelink.put, storelink.put_async, storelink.put):
        with pytest.raises(error, match=match):
            call(store, "key", source(), **options)
    assert pulled == []
    assert store.list().collect() == []


def test_bad_arguments() -> None:
    store = MemoryStore()
    calls: list[tuple[Callable[[], object], type[BaseException], str]] = [
        (lambda: storelink.put(store, "key"), TypeError, "missing required argument 'file'"),  # type: ignore[call-arg]
        (lambda: storelink.put(store, "a//b", b""), InvalidPathError, "a//b"),
        (lambda: storelink.put(store, "..", b""), InvalidPathError, r"\.\."),
        (lambda: storelink.put(store, 3, b""), TypeError, "path is of type int"),  # type: ignore[arg-type]
        (lambda: storelink.put(store, Path("k"), b""), TypeError, "path is of type"),  # type: ignore[arg-type]
        (lambda: storelink.put(3, "key", b""), (TypeError, ValueError), "3|int"),  # type: ignore
        (lambda: storelink.put(store, "key", b"", None), TypeError, "positional"),  # type: ignore[call-arg]
    ]
    for call, error, match in calls:
        with pytest.raises(error, match=match):
            call()


def test_a_local_store_has_no_tags(tmp_path: Path) -> None:
    with pytest.raises(NotSupportedError, match="tags"):
        storelink.put(LocalStore(tmp_path), "key", SMALL, tags={"a": "b"})
    assert list(tmp_path.iterdir()) == []
