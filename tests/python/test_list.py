"""list and list_with_delimiter, as functions and as methods, blocking and asynchronous, as dicts and as Arrow."""

from __future__ import annotations

import asyncio
import datetime
import gc
import itertools
import resource
import threading
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import my_ext2
import pytest
import storelink
from servers.answers import Answer, Asked, answering
from storelink.exceptions import BaseError, InvalidPathError, PermissionDeniedError
from storelink.store import LocalStore, MemoryStore, S3Store
from support.forks import in_child

pyarrow = pytest.importorskip("pyarrow")  # for Python 3.11 and newer, as arro3 is
arro3 = pytest.importorskip("arro3.core")

pytestmark = pytest.mark.once

COUNT = 2500  # three pages
KEYS = [f"many/{i:05}" for i in range(COUNT)]
FEW = ["dir/a", "dir/b", "dir/deep/c", "dir.x/d", "dirt", "top", "ünï/cødé"]
SCHEMA = pyarrow.schema(
    [
        pyarrow.field("path", pyarrow.string(), nullable=False),
        pyarrow.field("last_modified", pyarrow.timestamp("us", "UTC"), nullable=False),
        pyarrow.field("size", pyarrow.uint64(), nullable=False),
        pyarrow.field("e_tag", pyarrow.string()),
        pyarrow.field("version", pyarrow.string()),
    ]
)


def paths(objects: Any) -> list[str]:  # noqa: ANN401
    return [entry["path"] for entry in objects]


def fill(store: Any, keys: list[str]) -> None:  # noqa: ANN401
    with ThreadPoolExecutor(16) as pool:
        for done in [pool.submit(my_ext2.put, store, key, key.encode()) for key in keys]:
            done.result()


@pytest.fixture(params=["memory", "local", "s3"])
def filled(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[list[str]], Any]:
    """Makes a store with objects of these keys."""

    def make(keys: list[str]) -> Any:  # noqa: ANN401
        if request.param != "s3":
            store: Any = MemoryStore() if request.param == "memory" else LocalStore(tmp_path)
            fill(store, keys)
            return store
        prefix = f"list/{tmp_path.parent.name}/{len(keys)}"  # filled once in a run: nobody changes it
        store = S3Store(**request.getfixturevalue("s3_settings"), prefix=prefix)
        if prefix not in _filled_on_s3:
            fill(store, keys)
            _filled_on_s3.add(prefix)
        return store

    return make


_filled_on_s3: set[str] = set()


@pytest.fixture
def few(filled: Callable[[list[str]], Any]) -> Any:  # noqa: ANN401
    return filled(FEW)


@pytest.fixture
def many(filled: Callable[[list[str]], Any]) -> Any:  # noqa: ANN401
    return filled(KEYS)


@pytest.fixture
def memory() -> MemoryStore:
    store = MemoryStore()
    fill(store, KEYS)
    return store


# --- what is found


def test_a_dict_for_every_object(few: Any) -> None:  # noqa: ANN401
    found = storelink.list(few).collect()
    assert sorted(paths(found)) == sorted(FEW)
    for entry in found:
        assert list(entry) == ["path", "last_modified", "size", "e_tag", "version"]
        assert entry == storelink.head(few, entry["path"])
        assert entry["last_modified"].tzinfo is datetime.timezone.utc
        assert entry["size"] == len(entry["path"].encode())


@pytest.mark.parametrize("prefix", ["dir", "dir/", "/dir", "/dir/"])
def test_a_prefix_is_whole_segments(few: Any, prefix: str) -> None:  # noqa: ANN401
    assert sorted(paths(few.list(prefix).collect())) == ["dir/a", "dir/b", "dir/deep/c"]


@pytest.mark.parametrize("prefix", [None, "", "/"])
def test_no_prefix_is_everything(few: Any, prefix: str | None) -> None:  # noqa: ANN401
    assert sorted(paths(few.list(prefix).collect())) == sorted(FEW)


def test_only_what_is_behind_the_offset(few: Any) -> None:  # noqa: ANN401
    assert sorted(paths(few.list(offset="dir/b").collect())) == ["dir/deep/c", "dirt", "top", "ünï/cødé"]
    assert sorted(paths(few.list("dir", offset="/dir/a").collect())) == ["dir/b", "dir/deep/c"]
    assert few.list("dir", offset="dirt").collect() == []


def test_nothing_below_a_prefix(few: Any) -> None:  # noqa: ANN401
    assert few.list("nothing").collect() == []
    assert list(few.list("nothing")) == []
    assert few.list("nothing", return_arrow=True).collect().num_rows == 0
    assert list(few.list("nothing", return_arrow=True)) == []


def test_with_delimiter(few: Any) -> None:  # noqa: ANN401
    top = storelink.list_with_delimiter(few)
    assert list(top) == ["common_prefixes", "objects"]
    assert sorted(top["common_prefixes"]) == ["dir", "dir.x", "ünï"]
    assert sorted(paths(top["objects"])) == ["dirt", "top"]
    below = few.list_with_delimiter("dir/")
    assert below["common_prefixes"] == ["dir/deep"]
    assert paths(below["objects"]) == ["dir/a", "dir/b"]


async def test_with_delimiter_asynchronously(few: Any) -> None:  # noqa: ANN401
    assert await storelink.list_with_delimiter_async(few, "dir") == few.list_with_delimiter("dir")
    table = (await few.list_with_delimiter_async("dir", return_arrow=True))["objects"]
    assert isinstance(table, arro3.Table)


# --- chunks and pages


@pytest.mark.parametrize("chunk_size", [1, 7, 999, 1000, 1001, 2500, 10**6])
def test_chunks_are_full_but_for_the_last(memory: MemoryStore, chunk_size: int) -> None:
    chunks = list(memory.list(chunk_size=chunk_size))
    assert {len(chunk) for chunk in chunks[:-1]} <= {chunk_size}
    assert len(chunks) == -(-COUNT // chunk_size)
    assert paths(itertools.chain.from_iterable(chunks)) == KEYS


def test_several_pages(many: Any) -> None:  # noqa: ANN401
    stream = many.list(chunk_size=900)
    assert iter(stream) is stream
    assert [len(chunk) for chunk in stream] == [900, 900, 700]
    with pytest.raises(StopIteration):
        next(stream)
    assert stream.collect() == []
    assert sorted(paths(many.list().collect())) == KEYS


async def test_several_pages_asynchronously(many: Any) -> None:  # noqa: ANN401
    stream = many.list_async(chunk_size=900)
    assert type(stream) is storelink.ListStream
    assert aiter(stream) is stream
    assert [len(chunk) async for chunk in stream] == [900, 900, 700]
    with pytest.raises(StopAsyncIteration):
        await anext(stream)
    assert await stream.collect_async() == []
    assert sorted(paths(await many.list().collect_async())) == KEYS


async def test_collect_gives_what_is_left_after_chunks_of_both_kinds(memory: MemoryStore) -> None:
    stream = memory.list(chunk_size=600)
    found = next(stream) + await anext(stream) + await stream.collect_async()
    assert paths(found) == KEYS


def test_fifty_in_a_chunk_if_nothing_is_said(memory: MemoryStore) -> None:
    assert len(next(memory.list())) == 50


# --- bad input


def test_chunks_of_no_object_have_one(memory: MemoryStore) -> None:
    assert len(next(memory.list(chunk_size=0))) == 1


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"prefix": 5}, TypeError),
        ({"prefix": b"a"}, TypeError),
        ({"prefix": "a//b"}, InvalidPathError),
        ({"prefix": ".."}, ValueError),
        ({"offset": 5}, TypeError),
        ({"offset": "a//b"}, InvalidPathError),
        ({"chunk_size": -1}, OverflowError),
        ({"chunk_size": 2**64}, OverflowError),
        ({"chunk_size": 2.0}, TypeError),
        ({"chunk_size": None}, TypeError),
        ({"return_arrow": None}, TypeError),
        ({"return_arrow": 1}, TypeError),
        ({"unknown": 1}, TypeError),
    ],
)
def test_bad_arguments_are_refused_when_it_is_called(arguments: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        storelink.list(MemoryStore(), **arguments)


def test_list_async_is_a_method_only() -> None:
    assert not hasattr(storelink, "list_async")
    with pytest.raises(TypeError):
        type(MemoryStore().list())()


# --- pages that a server gives, keys that break the rules


def page(keys: list[str], token: str = "") -> Answer:
    entries = "".join(
        f"<Contents><Key>{escape(key)}</Key><LastModified>2024-05-24T10:11:12.000Z</LastModified>"
        f"<ETag>&quot;e&quot;</ETag><Size>1</Size></Contents>"
        for key in keys
    )
    more = f"<IsTruncated>true</IsTruncated><NextContinuationToken>{token}</NextContinuationToken>" if token else ""
    return Answer(f'<?xml version="1.0"?><ListBucketResult>{more}{entries}</ListBucketResult>')


class Pages:
    """A bucket of three pages that counts how many were asked for. `held` is a page that waits for `release`."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.failing: str | None = None
        self.held: str | None = None
        self.came = threading.Event()
        self.release = threading.Event()

    def answer(self, asked: Asked) -> Answer:
        token = asked.query.get("continuation-token", "first")
        self.asked.append(token)
        if token == self.held:
            self.came.set()
            assert self.release.wait(30)
        if token == self.failing:
            return Answer("<Error><Code>AccessDenied</Code></Error>", status=403)
        return {
            "first": page([f"a/{i}" for i in range(4)], "second"),
            "second": page([f"b/{i}" for i in range(4)], "third"),
            "third": page(["c//c", "c/../d", "./e", "f/"]),
        }[token]


@pytest.fixture
def pages() -> Iterator[tuple[Pages, S3Store]]:
    bucket = Pages()
    with answering({"/b": bucket.answer, "/b/": bucket.answer}) as server:
        yield (
            bucket,
            S3Store(
                "b",
                endpoint=server.address,
                skip_signature=True,
                client_options={"allow_http": True},
                retry_config={"max_retries": 0},
            ),
        )
    bucket.release.set()


def test_pages_are_asked_for_when_they_are_needed(pages: tuple[Pages, S3Store]) -> None:
    bucket, store = pages
    stream = store.list(chunk_size=3)
    assert bucket.asked == []
    next(stream)
    assert bucket.asked == ["first"]
    assert paths(next(stream)) == ["a/3", "b/0", "b/1"]
    assert bucket.asked == ["first", "second"]


def test_keys_that_break_the_rules_can_be_passed_back(pages: tuple[Pages, S3Store]) -> None:
    found = paths(pages[1].list().collect())
    assert found[-4:] == ["c//c", "c/../d", "./e", "f/"]
    assert [type(path) for path in found[-5:]] == [str, *[storelink.Key] * 4]
    arrow = pyarrow.record_batch(pages[1].list(return_arrow=True).collect())
    assert arrow.column("path").to_pylist() == found


@pytest.mark.parametrize("arrow", [False, True])
def test_a_page_that_fails_is_an_error_and_the_end(pages: tuple[Pages, S3Store], arrow: bool) -> None:
    bucket, store = pages
    bucket.failing = "second"
    stream = store.list(chunk_size=4, return_arrow=arrow)
    next(stream)
    with pytest.raises(PermissionDeniedError):
        next(stream)
    with pytest.raises(StopIteration):
        next(stream)
    with pytest.raises(BaseError):
        store.list(return_arrow=arrow).collect()


async def test_a_page_that_fails_asynchronously(pages: tuple[Pages, S3Store]) -> None:
    bucket, store = pages
    bucket.failing = "first"
    with pytest.raises(PermissionDeniedError):
        await anext(store.list())
    with pytest.raises(PermissionDeniedError):
        await store.list().collect_async()


async def test_a_cancelled_chunk_is_not_lost(pages: tuple[Pages, S3Store]) -> None:
    bucket, store = pages
    bucket.held = "second"
    stream = store.list(chunk_size=6)  # four of them come, then the page that waits
    task = asyncio.ensure_future(anext(stream))
    await asyncio.to_thread(bucket.came.wait, 30)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    bucket.held = None
    bucket.release.set()
    assert paths(await anext(stream)) == ["a/0", "a/1", "a/2", "a/3", "b/0", "b/1"]
    assert len(await stream.collect_async()) == 6


async def test_who_waits_for_a_turn_can_be_cancelled(pages: tuple[Pages, S3Store]) -> None:
    bucket, store = pages
    bucket.held = "first"
    stream = store.list(chunk_size=5)
    first = asyncio.ensure_future(anext(stream))
    await asyncio.to_thread(bucket.came.wait, 30)
    second = asyncio.ensure_future(anext(stream))
    third = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)  # both wait now
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    bucket.held = None
    bucket.release.set()
    assert paths(await first) == ["a/0", "a/1", "a/2", "a/3", "b/0"]
    assert paths(await third) == ["b/1", "b/2", "b/3", "c//c", "c/../d"]


def _read_what_is_in_use(stream: Any) -> None:  # noqa: ANN401
    with pytest.raises(BaseError, match="in use when the process was forked: open it again"):
        next(stream)


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")
def test_a_forked_child_does_not_wait_for_its_parents_chunk(pages: tuple[Pages, S3Store]) -> None:
    bucket, store = pages
    bucket.held = "first"
    stream = store.list()
    with ThreadPoolExecutor(1) as pool:
        parents = pool.submit(next, stream)
        assert bucket.came.wait(30)
        in_child(lambda: _read_what_is_in_use(stream))
        bucket.release.set()
        assert len(parents.result()) == 12


# --- several consumers


def test_threads_share_a_stream(many: Any) -> None:  # noqa: ANN401
    stream = many.list(chunk_size=30)
    with ThreadPoolExecutor(8) as pool:
        parts = [pool.submit(lambda: [path for chunk in stream for path in paths(chunk)]) for _ in range(8)]
    assert sorted(path for part in parts for path in part.result()) == KEYS


async def test_tasks_and_threads_share_a_stream(many: Any) -> None:  # noqa: ANN401
    stream = many.list(chunk_size=30)

    async def consume() -> list[str]:
        return [path async for chunk in stream for path in paths(chunk)]

    def consume_in_thread() -> list[str]:
        return [path for chunk in stream for path in paths(chunk)]

    parts = await asyncio.gather(
        *(consume() for _ in range(8)), *(asyncio.to_thread(consume_in_thread) for _ in range(4))
    )
    assert sorted(path for part in parts for path in part) == KEYS


class PythonStore:
    """A store in Python, as obspec has them."""

    def __init__(self, inner: MemoryStore) -> None:
        self._inner = inner

    def list(self, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401
        return self._inner.list(*arguments, **named)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._inner, name)


def test_what_is_left_off_is_freed(memory: MemoryStore) -> None:
    store = PythonStore(memory)
    alive = weakref.ref(store)
    stream = storelink.list(store, chunk_size=3)
    assert len(next(stream)) == 3
    batch = next(storelink.list(store, chunk_size=3, return_arrow=True))
    del store
    gc.collect()
    assert alive() is not None  # the stream needs it
    del stream
    gc.collect()
    assert alive() is None
    assert pyarrow.record_batch(batch).column("path").to_pylist() == KEYS[:3]


def test_memory_of_many_listings_is_freed(memory: MemoryStore) -> None:
    def list_often() -> int:
        for arrow in (False, True) * 10:
            next(memory.list(chunk_size=10, return_arrow=arrow))
            memory.list(return_arrow=arrow).collect()
            memory.list_with_delimiter("many", return_arrow=arrow)
        gc.collect()
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()

    list_often()
    before = min(list_often() for _ in range(3))
    assert min(list_often() for _ in range(3)) - before < 4 << 20  # a listing kept each time were 40 MB


# --- Arrow


def test_arrow_is_what_arro3_has(few: Any) -> None:  # noqa: ANN401
    batch = few.list(return_arrow=True).collect()
    assert type(batch) is arro3.RecordBatch
    taken = pyarrow.record_batch(batch)
    assert taken.schema.equals(SCHEMA, check_metadata=True)
    taken.validate(full=True)
    assert taken.to_pylist() == few.list().collect()
    table = few.list_with_delimiter("dir", return_arrow=True)["objects"]
    assert type(table) is arro3.Table
    assert pyarrow.table(table).schema.equals(SCHEMA)
    assert pyarrow.table(table).to_pylist() == few.list_with_delimiter("dir")["objects"]


def test_the_schema_is_obstores() -> None:
    obstore = pytest.importorskip("obstore", reason="it needs Python 3.11")
    store = __import__("obstore.store").store.MemoryStore()
    obstore.put(store, "a", b"1")
    pairs: list[tuple[Any, Any]] = [
        (obstore.list(store, return_arrow=True).collect(), storelink.list(store, return_arrow=True).collect()),
        (obstore.list(store, "-", return_arrow=True).collect(), MemoryStore().list(return_arrow=True).collect()),
    ]
    for theirs, ours in pairs:
        assert ours.schema == theirs.schema
        assert type(ours) is type(theirs)
        assert ours.num_rows == theirs.num_rows


def test_arrow_in_chunks_over_pages(many: Any) -> None:  # noqa: ANN401
    batches = [pyarrow.record_batch(batch) for batch in many.list(chunk_size=900, return_arrow=True)]
    assert [batch.num_rows for batch in batches] == [900, 900, 700]
    table = pyarrow.Table.from_batches(batches)
    table.validate(full=True)
    assert sorted(table.column("path").to_pylist()) == KEYS


async def test_arrow_asynchronously(memory: MemoryStore) -> None:
    stream = memory.list(chunk_size=2000, return_arrow=True)
    assert (await anext(stream)).num_rows == 2000
    assert (await stream.collect_async()).num_rows == 500


def nullable(mask: list[bool]) -> Answer:
    """A page whose objects have an etag where the mask says so."""
    tags = ["<ETag>&quot;e&quot;</ETag>" if there else "" for there in mask]
    entries = "".join(
        f"<Contents><Key>{i}</Key><LastModified>2024-05-24T10:11:12.000Z</LastModified>{tag}<Size>1</Size></Contents>"
        for i, tag in enumerate(tags)
    )
    return Answer(f'<?xml version="1.0"?><ListBucketResult>{entries}</ListBucketResult>')


@pytest.mark.parametrize("first", [0, 1, 7, 8, 9, 16, 17])
def test_nulls_among_values(first: int) -> None:
    mask = [i < first or i % 3 == 0 for i in range(21)]
    with answering({"/b": lambda _: nullable(mask), "/b/": lambda _: nullable(mask)}) as server:
        store = S3Store("b", endpoint=server.address, skip_signature=True, client_options={"allow_http": True})
        batch = pyarrow.record_batch(store.list(return_arrow=True).collect())
    batch.validate(full=True)
    assert batch.column("e_tag").to_pylist() == ['"e"' if there else None for there in mask]
    assert batch.column("e_tag").null_count == mask.count(False)
    assert batch.column("version").null_count == 21


def test_bytes_that_are_no_utf8_are_replaced_in_arrow() -> None:
    store = MemoryStore()
    my_ext2.put(store, "a", b"")
    storelink.rename(store, "a", "a\udcff\udc80é")
    assert paths(store.list().collect()) == ["a\udcff\udc80é"]
    batch = pyarrow.record_batch(store.list(return_arrow=True).collect())
    batch.validate(full=True)
    assert batch.column("path").to_pylist() == ["a\ufffd\ufffdé"]


def test_without_arro3_any_arrow_library_takes_our_own(run_python: Callable[..., str]) -> None:
    printed = run_python("""
import sys
sys.modules["arro3.core"] = None
import my_ext2, pyarrow, storelink, threading
from storelink.store import MemoryStore

store = MemoryStore()
for i in range(3):
    my_ext2.put(store, f"a/{i}", b"x")
batch = store.list(return_arrow=True).collect()
assert type(batch) is storelink.RecordBatch
assert (len(batch), batch.num_rows, batch.num_columns) == (3, 3, 5)
assert batch.column_names == ["path", "last_modified", "size", "e_tag", "version"]
assert "3 objects" in repr(batch)
assert batch.to_pylist() == store.list().collect()

first, second = pyarrow.record_batch(batch), pyarrow.record_batch(batch)
addresses = [
    [buffer.address for column in taken.columns for buffer in column.buffers() if buffer] for taken in (first, second)
]
assert addresses[0] == addresses[1]  # nothing is copied
assert pyarrow.schema(batch) == first.schema
expected = batch.to_pylist()
batch.__arrow_c_array__(requested_schema=None)  # never taken
column = first.column("path")
del batch, second
table = store.list_with_delimiter("a", return_arrow=True)["objects"]
assert type(table) is storelink.Table
for _ in range(2):
    assert pyarrow.table(table).to_pylist() == expected
stream = table.__arrow_c_stream__()
del stream
reader = pyarrow.RecordBatchReader.from_stream(table)
thread = threading.Thread(target=lambda: print(reader.read_all().num_rows))
thread.start()
thread.join()
del first, table
print(column.to_pylist())
assert MemoryStore().list_with_delimiter(return_arrow=True)["objects"].num_rows == 0
assert len(MemoryStore().list(return_arrow=True).collect()) == 0
""")
    assert printed.split("\n")[:2] == ["3", "['a/0', 'a/1', 'a/2']"]
