"""open_reader and open_writer: objects as files, blocking and asynchronous, and in what wants a file."""

from __future__ import annotations

import array
import asyncio
import csv
import io
import itertools
import json
import mmap
import pickle
import random
import tarfile
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import storelink
from servers.counting import counting
from storelink.exceptions import InvalidPathError, PreconditionError
from storelink.store import HTTPStore, LocalStore, MemoryStore, S3Store

LINES = b"one\ntwo\r\n\nlast"
LARGE = bytes(range(251)) * 50_000  # 12 MB


@pytest.fixture(params=["memory", "local", "s3", "versity"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Any:  # noqa: ANN401
    if request.param in ("s3", "versity"):
        return S3Store(**request.getfixturevalue(f"{request.param}_settings"), prefix=f"files/{tmp_path.name}")
    return MemoryStore() if request.param == "memory" else LocalStore(tmp_path)


@pytest.fixture
def memory() -> MemoryStore:
    made = MemoryStore()
    storelink.put(made, "lines", LINES)
    storelink.put(made, "empty", b"")
    return made


# --- reading


def test_reads_seeks_and_lines(store: Any) -> None:  # noqa: ANN401
    storelink.put(store, "dir/lines", LINES)
    file = storelink.open_reader(store, "dir/lines")
    assert (file.size, file.tell(), file.name, file.mode) == (14, 0, "dir/lines", "rb")
    assert (file.readable(), file.writable(), file.seekable(), file.closed) == (True, False, True, False)
    assert isinstance(file.read(3), storelink.Bytes)
    assert file.tell() == 3
    assert file.read(0) == b""
    assert file.read() == LINES[3:]
    assert file.read() == file.read(5) == file.readall() == file.readline() == b""
    assert file.seek(4) == 4
    assert file.readline() == b"two\r\n"
    assert file.seek(-4, 2) == 10
    assert file.read(100) == b"last"
    assert file.seek(2) == 2
    assert file.seek(3, 1) == 5
    assert file.readall() == LINES[5:]
    assert file.seek(100) == file.tell() == 100
    assert file.read() == b""
    assert file.seek(0, 2) == 14


async def test_reads_seeks_and_lines_asynchronously(store: Any) -> None:  # noqa: ANN401
    storelink.put(store, "dir/lines", LINES)
    file = await storelink.open_reader_async(store, "dir/lines")
    assert (file.size, file.seekable(), await file.tell()) == (14, True, 0)
    assert await file.read(3) == b"one"
    assert await file.tell() == 3
    assert await file.readall() == LINES[3:]
    assert await file.read() == b""
    assert await file.seek(4) == 4
    assert await file.readline() == b"two\r\n"
    assert await file.seek(-4, 2) == 10
    assert await file.seek(-10, 1) == 0
    assert await file.readlines() == [b"one\n", b"two\r\n", b"\n", b"last"]
    await file.seek(0)
    assert [line async for line in file] == [b"one\n", b"two\r\n", b"\n", b"last"]
    await file.seek(0)
    buffer = bytearray(6)
    assert await file.readinto(buffer) == 6
    assert buffer == LINES[:6]


@pytest.mark.parametrize("buffer_size", [0, 1, 3, 1000, 1 << 20, 1 << 30])
def test_whatever_is_read_is_what_is_there(store: Any, buffer_size: int) -> None:  # noqa: ANN401
    """Any mix of reads of any size, against a file in memory."""
    size = 20_000 if buffer_size < 1000 else len(LARGE)
    data = LARGE[:size]
    storelink.put(store, "key", data)
    file, expected = storelink.open_reader(store, "key", buffer_size=buffer_size), io.BytesIO(data)
    chosen = random.Random(buffer_size)
    for _ in range(100):
        length = chosen.choice([0, 1, 5, 999, size // 3])
        buffers = bytearray(length), bytearray(length)
        match chosen.randrange(5):
            case 0:
                position = chosen.randrange(size + 10)
                assert file.seek(position) == expected.seek(position)
            case 1:
                assert file.read(length) == expected.read(length)
            case 2:
                assert file.readinto(buffers[0]) == expected.readinto(buffers[1])
                assert buffers[0] == buffers[1]
            case 3 if buffer_size >= 1000:
                assert file.readline() == expected.readline()
            case _:
                offset = -chosen.randrange(size)
                assert file.seek(offset, 2) == expected.seek(offset, 2)
        assert file.tell() == expected.tell()


@pytest.mark.parametrize("buffer_size", [1, 3, 1 << 20])
def test_lines(memory: MemoryStore, buffer_size: int) -> None:
    lines = [b"one\n", b"two\r\n", b"\n", b"last"]

    def opened(path: str = "lines") -> storelink.ReadableFile:
        return storelink.open_reader(memory, path, buffer_size=buffer_size)

    assert opened().readlines() == lines
    assert list(opened()) == lines
    assert list(iter(opened().readline, b"")) == lines
    for hint in (0, -1, 100):
        assert opened().readlines(hint) == lines
    for hint in (1, 4):
        assert opened().readlines(hint) == lines[:1]
    assert opened().readlines(5) == lines[:2]
    assert opened("empty").readlines() == list(opened("empty")) == []


def test_reading_into_memory_of_all_kinds(store: Any) -> None:  # noqa: ANN401
    storelink.put(store, "key", LARGE)
    numbers = array.array("Q", bytes(800))
    with mmap.mmap(-1, len(LARGE)) as mapped, storelink.open_reader(store, "key", buffer_size=1000) as file:
        assert file.readinto(mapped) == len(LARGE)
        assert mapped[:] == LARGE
        file.seek(8)
        assert file.readinto(numbers) == 800
        assert numbers.tobytes() == LARGE[8:808]
        file.seek(-5, 2)
        memory = bytearray(10)
        assert file.readinto(memoryview(memory)[2:]) == 5
        assert memory == b"\0\0" + LARGE[-5:] + b"\0\0\0"
        memory.append(1)  # it is free again
        for buffer, error in ((b"constant", BufferError), ("text", TypeError), (memoryview(memory)[::2], BufferError)):
            with pytest.raises(error):
                file.readinto(buffer)  # type: ignore[arg-type]


def test_requests_are_saved() -> None:
    with counting() as server:
        server.body = bytes(1000)
        store = HTTPStore(server.address, client_options={"allow_http": True})

        def requests(act: Callable[[], object]) -> int:
            before = server.requests
            act()
            return server.requests - before

        assert requests(lambda: storelink.open_reader(store, "key")) == 1
        assert requests(lambda: storelink.open_reader(store, "key", size=1000)) == 0
        file = storelink.open_reader(store, "key", size=1000, buffer_size=5000)
        assert requests(lambda: file.seek(-5, 2)) == 0
        assert requests(lambda: file.seek(0)) == 0
        assert requests(lambda: file.read(0)) == 0


def test_what_is_in_the_buffer_is_not_asked_for_again(memory: MemoryStore) -> None:
    """Seen by deleting the object: what still can be read was there."""
    storelink.put(memory, "key", LARGE)
    file = storelink.open_reader(memory, "key", buffer_size=1000)
    assert file.read(10) == LARGE[:10]
    memory.delete("key")
    file.seek(900)
    assert file.read(100) == LARGE[900:1000]
    file.seek(0)
    assert file.read(1000) == LARGE[:1000]
    with pytest.raises(FileNotFoundError):
        file.read(1)
    assert file.tell() == 1000
    file.seek(500)
    assert file.read(5) == LARGE[500:505]


def test_two_versions_are_never_mixed(store: Any) -> None:  # noqa: ANN401
    storelink.put(store, "key", LARGE)
    with storelink.open_reader(store, "key", buffer_size=1000) as file:
        file.read(10)
        storelink.put(store, "key", LARGE[::-1])
        assert file.read(990) == LARGE[10:1000]  # of the buffer
        for read in (lambda: file.read(10), lambda: file.read(5_000_000), file.readline, file.readall):
            with pytest.raises(PreconditionError):
                read()  # type: ignore[no-untyped-call]
        assert file.tell() == 1000


def test_a_size_that_is_given(memory: MemoryStore) -> None:
    assert storelink.open_reader(memory, "lines", size=5).read() == LINES[:5]
    assert storelink.open_reader(memory, "lines", size=0).read() == b""
    assert storelink.open_reader(memory, "lines", size=None).size == 14
    missing = storelink.open_reader(memory, "missing", size=5)
    assert missing.size == 5
    with pytest.raises(FileNotFoundError):
        missing.read()
    with pytest.raises(OSError, match="shorter than it was, or than the size that was given"):
        storelink.open_reader(memory, "lines", size=50).read()


async def test_a_closed_reader(memory: MemoryStore) -> None:
    with storelink.open_reader(memory, "lines") as file:
        assert file.read(1) == b"o"
    file.close()
    assert file.closed
    for use in (file.read, file.readall, file.readline, file.readlines, file.tell, lambda: next(file)):
        with pytest.raises(ValueError, match="the file is closed"):
            use()
    for use in (lambda: file.seek(0), lambda: file.readinto(bytearray(1))):
        with pytest.raises(ValueError, match="the file is closed"):
            use()
    async with await storelink.open_reader_async(memory, "lines") as opened:
        assert await opened.read(1) == b"o"
    with pytest.raises(ValueError, match="the file is closed"):
        await opened.read()


BAD_READS: list[tuple[Callable[[Any], object], type[BaseException], str]] = [
    (lambda file: file.seek(-1), ValueError, "offset is -1, which is before the start"),
    (lambda file: file.seek(-15, 2), OSError, "cannot seek -15 bytes from position 14: that is before the start"),
    (lambda file: file.seek(-1, 1), OSError, "cannot seek -1 bytes from position 0: that is before the start"),
    (lambda file: (file.seek(2**63 - 1), file.seek(1, 1)), OSError, "that is too far"),
    (lambda file: file.seek(0, 3), OSError, "whence is 3; accepted are 0"),
    (lambda file: file.seek(2**63), OverflowError, "int too big"),
    (lambda file: file.seek("1"), TypeError, "str"),
    (lambda file: file.seek(1.0), TypeError, "float"),
    (lambda file: file.seek(), TypeError, "missing required argument 'offset'"),
    (lambda file: file.seek(1, whence=1), TypeError, "keyword"),
    (lambda file: file.read("3"), TypeError, "size is of type str; accepted is int"),
    (lambda file: file.read(3.0), TypeError, "size is of type float"),
    (lambda file: file.read(1, 2), TypeError, "positional"),
    (lambda file: file.readlines("1"), TypeError, "hint is of type str"),
    (lambda file: file.write(b"x"), AttributeError, "write"),
]


@pytest.mark.parametrize(("act", "error", "match"), BAD_READS)
async def test_bad_calls_of_a_reader(
    memory: MemoryStore, act: Callable[[Any], object], error: type[BaseException], match: str
) -> None:
    with pytest.raises(error, match=match):
        act(storelink.open_reader(memory, "lines"))
    file = await storelink.open_reader_async(memory, "lines")
    with pytest.raises(error, match=match):
        result = act(file)
        for awaitable in result if isinstance(result, tuple) else [result]:
            await awaitable  # type: ignore[misc]


async def test_bad_arguments_of_open_reader(memory: MemoryStore) -> None:
    calls: list[tuple[tuple[Any, ...], dict[str, Any], type[BaseException], str]] = [
        (("missing",), {}, FileNotFoundError, "missing"),
        (("a//b",), {}, InvalidPathError, "a//b"),
        ((3,), {}, TypeError, "path is of type int"),
        (("lines", 5), {}, TypeError, "positional"),
        (("lines",), {"buffer_size": -1}, OverflowError, "is -1; accepted is a number from 0"),
        (("lines",), {"buffer_size": None}, TypeError, "buffer_size is None"),
        (("lines",), {"buffer_size": "3"}, TypeError, "buffer_size is of type str"),
        (("lines",), {"size": -1}, OverflowError, "is -1; accepted is a number from 0"),
        (("lines",), {"size": "3"}, TypeError, "size is of type str"),
        (("lines",), {"mode": "rb"}, TypeError, "unexpected keyword argument 'mode'"),
    ]
    for arguments, options, error, match in calls:
        with pytest.raises(error, match=match):
            storelink.open_reader(memory, *arguments, **options)
        with pytest.raises(error, match=match):
            await memory.open_reader_async(*arguments, **options)
    with pytest.raises(TypeError, match="cannot create"):
        storelink.ReadableFile()


def test_threads_share_a_reader(store: Any) -> None:  # noqa: ANN401
    """Every byte is read by one of them."""
    storelink.put(store, "key", LARGE)
    file = storelink.open_reader(store, "key", buffer_size=100_000)
    seen: list[int] = []

    def read() -> None:
        while piece := file.read(70_001):
            seen.append(sum(piece))  # type: ignore[call-overload]

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(seen) == sum(LARGE)


async def test_tasks_share_a_reader_and_a_cancelled_one_holds_up_nobody(store: Any) -> None:  # noqa: ANN401
    storelink.put(store, "key", LARGE)
    file = await storelink.open_reader_async(store, "key", buffer_size=1000)
    pieces = await asyncio.gather(*(file.read(1_000_000) for _ in range(12)))
    assert b"".join(map(bytes, pieces)) == LARGE[:12_000_000]
    await file.seek(0)
    tasks = [asyncio.ensure_future(file.read(5_000_000)) for _ in range(6)]
    for task in tasks[::2]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert await file.seek(5) == 5
    assert await file.read(10) == LARGE[5:15]


# --- in what wants a file


def test_libraries_read_from_it(memory: MemoryStore) -> None:
    table = [{"n": number, "text": "x" * 100} for number in range(1000)]
    archive, tar = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("table", json.dumps(table))
        made.comment = b"a comment, which has to be searched for"
    with tarfile.open(fileobj=tar, mode="w:gz") as packed:
        info = tarfile.TarInfo("table")
        info.size = len(LINES)
        packed.addfile(info, io.BytesIO(LINES))
    objects = {
        "zip": archive.getvalue(),
        "tar": tar.getvalue(),
        "pickle": pickle.dumps(table),
        "pickle 5": pickle.dumps([bytearray(100_000), "x" * 100_000], protocol=5),
        "json": json.dumps(table).encode(),
        "csv": "n,text\r\n1,é\r\n".encode(),
    }
    for name, data in objects.items():
        storelink.put(memory, name, data)
    for buffer_size in (10, 1 << 20):

        def opened(name: str, buffer_size: int = buffer_size) -> Any:  # noqa: ANN401
            return storelink.open_reader(memory, name, buffer_size=buffer_size)

        with zipfile.ZipFile(opened("zip")) as unpacked:
            assert json.loads(unpacked.read("table")) == table
            assert unpacked.comment.startswith(b"a comment")
        with tarfile.open(fileobj=opened("tar")) as unpacked_tar:
            member = unpacked_tar.extractfile("table")
            assert member is not None
            assert member.read() == LINES
        assert pickle.load(opened("pickle")) == table
        assert pickle.load(opened("pickle 5")) == [bytearray(100_000), "x" * 100_000]
        with io.TextIOWrapper(opened("json"), encoding="utf-8") as text:
            assert json.load(text) == table
        with io.TextIOWrapper(opened("csv"), encoding="utf-8", newline="") as text:
            assert list(csv.reader(text)) == [["n", "text"], ["1", "é"]]
        with io.BufferedReader(opened("lines")) as buffered:
            assert buffered.peek(1)[:1] == b"o"
            assert buffered.readlines() == [b"one\n", b"two\r\n", b"\n", b"last"]
        assert buffered.closed


def test_pyarrow_reads_from_it_and_writes_into_a_buffer_of_ours(store: Any) -> None:  # noqa: ANN401
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    table = pyarrow.table({"n": list(range(10_000)), "text": ["x" * (n % 50) for n in range(10_000)]})
    sink = pyarrow.BufferOutputStream()
    parquet.write_table(table, sink, row_group_size=1000)
    storelink.put(store, "table.parquet", sink.getvalue())
    with storelink.open_reader(store, "table.parquet", buffer_size=4096) as file:
        assert parquet.read_table(file) == table
    with storelink.open_reader(store, "table.parquet") as file:
        assert parquet.ParquetFile(file).read_row_group(7) == table.slice(7000, 1000)


def test_libraries_write_to_it(store: Any) -> None:  # noqa: ANN401
    with storelink.open_writer(store, "zip") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("large", LARGE)
    with storelink.open_reader(store, "zip") as read, zipfile.ZipFile(read) as archive:  # type: ignore[call-overload]
        assert archive.read("large") == LARGE
    with storelink.open_writer(store, "pickle") as file:
        pickle.dump({"key": LARGE}, file)
    assert pickle.load(storelink.open_reader(store, "pickle")) == {"key": LARGE}  # type: ignore[arg-type]
    with storelink.open_writer(store, "tar") as file, tarfile.open(fileobj=file, mode="w|") as tar:  # type: ignore[call-overload]
        info = tarfile.TarInfo("member")
        info.size = len(LINES)
        tar.addfile(info, io.BytesIO(LINES))
    with tarfile.open(fileobj=storelink.open_reader(store, "tar")) as tar:  # type: ignore[call-overload]
        assert tar.getnames() == ["member"]


def test_shutil_copies_from_one_to_the_other(store: Any) -> None:  # noqa: ANN401
    import shutil

    storelink.put(store, "from", LARGE)
    with storelink.open_reader(store, "from") as source, storelink.open_writer(store, "to") as target:
        shutil.copyfileobj(source, target)  # type: ignore[type-var]
    assert storelink.get(store, "to").bytes() == LARGE
    storelink.put(store, "again", storelink.open_reader(store, "to"))
    assert storelink.get(store, "again").bytes() == LARGE


def test_a_reader_does_not_keep_its_store_waiting(memory: MemoryStore) -> None:
    files = list(itertools.islice(iter(lambda: storelink.open_reader(memory, "lines"), None), 100))
    assert {bytes(file.read()) for file in files} == {LINES}
