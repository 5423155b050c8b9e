"""Python objects as stores: what both kinds have in common, and objects with the methods of obspec's protocols."""

from __future__ import annotations

import ctypes
import subprocess
import sysconfig
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import my_ext
import my_ext2
import pytest
from fsspec.implementations.asyn_wrapper import AsyncFileSystemWrapper
from fsspec.implementations.dirfs import DirFileSystem
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.memory import MemoryFileSystem
from my_ext2 import exceptions

obstore = pytest.importorskip("obstore")
obstore_store = pytest.importorskip("obstore.store")
from support.obspec_objects import Asynchronous, ManyRangesAsync, Ranges, RangesAndHead, Synchronous  # noqa: E402

pytestmark = pytest.mark.usefixtures("python_stores")

OBSPEC: dict[str, Callable[[Path], Any]] = {
    "synchronous": lambda _: Synchronous(),
    "asynchronous": lambda _: Asynchronous(),
    "obstore": lambda _: obstore_store.MemoryStore(),
}


def memory_filesystem() -> MemoryFileSystem:
    return MemoryFileSystem(global_store=False, skip_instance_cache=True)


FSSPEC: dict[str, Callable[[Path], Any]] = {
    "memory": lambda _: memory_filesystem(),
    "local": lambda directory: DirFileSystem(str(directory), LocalFileSystem()),
    "asyncwrapper": lambda _: AsyncFileSystemWrapper(memory_filesystem(), asynchronous=False),
}


@pytest.fixture(params=[*OBSPEC, *FSSPEC])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Any:  # noqa: ANN401
    return {**OBSPEC, **FSSPEC}[request.param](tmp_path)


@pytest.fixture(params=list(OBSPEC))
def obspec_object(request: pytest.FixtureRequest, tmp_path: Path) -> Any:  # noqa: ANN401
    return OBSPEC[request.param](tmp_path)


# --- who is taken


def test_nothing_of_the_kind_is_taken_unless_the_author_says_so(store: object) -> None:
    my_ext2.accept_python_stores(False)
    with pytest.raises(ValueError, match=r"in its own library's memory|accepted is a store of my_ext2\.store, or") as e:
        my_ext2.describe_any(store)
    assert "obspec's methods" not in str(e.value)
    assert isinstance(e.value, TypeError)


def test_the_message_names_what_is_taken() -> None:
    with pytest.raises(ValueError, match=r"or an object with obspec's methods .* or an fsspec filesystem"):
        my_ext2.describe_any(3)


def test_only_parameters_for_any_store_take_them(store: object) -> None:
    assert my_ext2.describe_any(store).split("(")[0] in ("ObspecStore", "FsspecStore")
    assert my_ext2.describe_all([store, store])[1] == my_ext2.describe_optional(store)
    for take in (my_ext2.describe_py, my_ext2.describe_external):
        with pytest.raises(ValueError, match=r"in its own library's memory|expected an object store"):
            take(store)


class Session:
    """As HTTP libraries have it: a `get` of another kind."""

    def get(self, url: str, **kwargs: object) -> None:
        raise AssertionError("not to be called")


class GetWithOptions:
    def get(self, path: str, *, options: object = None) -> None:
        raise AssertionError("not to be called")


@pytest.mark.parametrize("given", [{}, Session(), obstore, obstore_store, Synchronous, object()], ids=str)
def test_what_is_no_store(given: object) -> None:
    with pytest.raises(ValueError, match="expected an object store"):
        my_ext2.describe_any(given)


@pytest.mark.parametrize(
    "given", [GetWithOptions(), Ranges(), ManyRangesAsync()], ids=lambda given: type(given).__name__
)
def test_one_method_to_read_with_is_enough(given: object) -> None:
    assert my_ext2.describe_any(given).endswith(f".{type(given).__name__})")


def test_stores_that_can_be_recreated_are(tmp_path: Path) -> None:
    with pytest.warns(RuntimeWarning, match="built a new"):
        assert my_ext2.describe_any(obstore_store.LocalStore(tmp_path)).startswith("LocalStore")


def test_stores_without_a_counterpart_are_used_as_they_are() -> None:
    theirs = obstore_store.MemoryStore()
    assert my_ext2.describe_any(theirs) == "ObspecStore(obstore.store.MemoryStore)"


def test_a_compile_definition_changes_the_default(tmp_path: Path) -> None:
    source = tmp_path / "options.cpp"
    source.write_text(
        "#include <storelink/python/toolkit.hpp>\n"
        "static_assert(storelink::RegisterOptions{}.accept_python_stores == EXPECTED);\n"
    )
    include = Path(__file__).resolve().parents[2] / "include"
    command = ["c++", "-std=c++20", "-fsyntax-only", f"-I{include}", f"-I{sysconfig.get_path('include')}", str(source)]
    for definitions in (["-DEXPECTED=false"], ["-DEXPECTED=true", "-DSTORELINK_ACCEPT_PYTHON_STORES"]):
        subprocess.run([*command, *definitions], check=True)


# --- the verbs, with every kind


def test_an_object_goes_in_and_out(store: object) -> None:
    before = time.time()
    my_ext2.put_object(store, "a/b", b"0123456789")
    body, meta, extent, _ = my_ext2.read(store, "a/b")
    assert (body, extent) == (b"0123456789", (0, 10))
    assert (meta["path"], meta["size"]) == ("a/b", 10)
    assert abs(meta["last_modified"] - before) < 60
    assert my_ext2.head_meta(store, "a/b")["size"] == 10
    my_ext2.put_object(store, "a/b", b"")
    assert my_ext2.read(store, "a/b")[0] == b""


@pytest.mark.parametrize("how", ["collect", "into", "stream"])
def test_ranges(store: object, how: str) -> None:
    my_ext2.put_object(store, "key", b"0123456789")
    for arguments, extent in [
        ({"start": 2, "end": 5}, (2, 5)),
        ({"start": 8, "end": 50}, (8, 10)),
        ({"start": 7}, (7, 10)),
        ({"suffix": 3}, (7, 10)),
        ({"suffix": 50}, (0, 10)),
        ({}, (0, 10)),
    ]:
        body, meta, got, _ = my_ext2.read(store, "key", how=how, **arguments)
        assert (body, got, meta["size"]) == (b"0123456789"[slice(*extent)], extent, 10)
    with pytest.raises(exceptions.GenericError):
        my_ext2.read(store, "key", start=10, how=how)
    assert my_ext2.get_ranges(store, "key", [(1, 2), (8, 20), (3, 5)]) == [b"1", b"89", b"34"]
    assert my_ext2.get_ranges(store, "key", []) == []
    for bad in ([(1, 2), (10, 12)], [(4, 4)]):
        with pytest.raises(exceptions.GenericError, match="range"):
            my_ext2.get_ranges(store, "key", bad)


def test_missing_objects(store: object) -> None:
    what = r"(?s)key.* \[store \w+\([\w.]+\), path key\]"
    calls = [my_ext2.read, my_ext2.head_meta, my_ext2.remove]
    if isinstance(store, obstore_store.MemoryStore):  # which deletes what is not there without complaint
        calls.remove(my_ext2.remove)
    for call in calls:
        with pytest.raises(exceptions.NotFoundError, match=what):
            call(store, "key")
    for call in (my_ext2.copy, my_ext2.rename):
        with pytest.raises(exceptions.NotFoundError):
            call(store, "key", "other")


def test_listings(store: object) -> None:
    keys = ["top", "dir/1", "dir/2", "dir/sub/3", "dir.x/4", "dir/sub.y"]
    for key in keys:
        my_ext2.put_object(store, key, b"x")
    assert my_ext2.list_page(store) == (sorted(keys), [], "")
    below = ["dir/1", "dir/2", "dir/sub.y", "dir/sub/3"]
    assert my_ext2.list_page(store, "dir") == my_ext2.list_page(store, "dir/") == (below, [], "")
    assert my_ext2.list_page(store, delimiter=True) == (["top"], ["dir.x", "dir"], "")
    assert my_ext2.list_page(store, "dir", delimiter=True) == (["dir/1", "dir/2", "dir/sub.y"], ["dir/sub"], "")
    assert my_ext2.list_page(store, "dir/s", raw_prefix=True) == (["dir/sub.y", "dir/sub/3"], [], "")
    assert my_ext2.list_page(store, "di", raw_prefix=True, delimiter=True) == ([], ["dir.x", "dir"], "")
    assert my_ext2.list_page(store, offset="dir/2") == (["dir/sub.y", "dir/sub/3", "top"], [], "")
    assert my_ext2.list_page(store, offset="dir/sub/3", delimiter=True) == (["top"], [], "")
    for nothing in ("none", "to", "top"):
        assert my_ext2.list_page(store, nothing) == my_ext2.list_page(store, nothing, delimiter=True) == ([], [], "")


@pytest.mark.parametrize("delimiter", [False, True])
def test_pages_hold_every_entry_once(store: object, delimiter: bool) -> None:
    for key in ("a", "b/1", "b/2", "c", "d/1", "e"):
        my_ext2.put_object(store, key, b"")
    seen: list[str] = []
    token = ""
    while token or not seen:
        keys, prefixes, token = my_ext2.list_page(store, delimiter=delimiter, max_keys=2, page_token=token)
        assert 0 < len(keys) + len(prefixes) <= 2
        seen += [*keys, *prefixes]
    assert sorted(seen) == (["a", "b", "c", "d", "e"] if delimiter else ["a", "b/1", "b/2", "c", "d/1", "e"])


def test_copy_rename_and_delete(store: object) -> None:
    my_ext2.put_object(store, "a", b"value")
    my_ext2.copy(store, "a", "new/b")
    my_ext2.rename(store, "new/b", "newer/c")
    assert my_ext2.list_keys(store) == ["a", "newer/c"]
    assert my_ext2.get(store, "newer/c") == b"value"
    my_ext2.remove(store, "a")
    assert my_ext2.remove_many(store, ["newer/c", "a"]) == [None, None]
    assert my_ext2.list_keys(store) == []


def test_put_create(store: object) -> None:
    my_ext2.put_object(store, "key", b"first", mode="create")
    with pytest.raises(exceptions.AlreadyExistsError):
        my_ext2.put_object(store, "key", b"second", mode="create")
    assert my_ext2.get(store, "key") == b"first"


def test_multipart_uploads(store: object) -> None:
    my_ext2.upload_parts(store, "deep/er/key", [b"one", b"two", b"three"])
    assert my_ext2.get(store, "deep/er/key") == b"onetwothree"
    my_ext2.upload_parts(store, "empty", [])
    assert my_ext2.get(store, "empty") == b""


def test_conditions_by_time(store: object) -> None:
    my_ext2.put_object(store, "key", b"x")
    modified = my_ext2.head_meta(store, "key")["last_modified"]
    assert my_ext2.read(store, "key", if_modified_since=modified - 100)[0] == b"x"
    with pytest.raises(exceptions.NotModifiedError):
        my_ext2.read(store, "key", if_modified_since=modified + 100)


def test_many_threads_read_at_once(store: object) -> None:
    for i in range(64):
        my_ext2.put_object(store, f"key{i}", b"%d" % i * 1000)
    keys = [f"key{i}" for i in range(64)]
    expected = [b"%d" % i * 1000 for i in range(64)]
    assert my_ext2.read_in_threads(store, keys, threads=8) == expected
    assert my_ext2.read_asynchronously(store, keys) == expected
    assert my_ext2.read_concurrently(store, keys) == expected


def test_many_threads_read_one_object(store: object) -> None:
    my_ext2.put_object(store, "key", b"0123456789" * 1000)
    assert set(my_ext2.read_in_threads(store, ["key"] * 200, threads=8)) == {b"0123456789" * 1000}


def test_the_example_extension_works_with_them(tmp_path: Path, store: object) -> None:
    """my_ext takes no Python stores: it gets them through a capsule."""
    (tmp_path / "name").write_bytes(b"content")

    class Shared:
        def __storelink_store__(self) -> object:
            return my_ext2.capsule(store)

    my_ext.upload(Shared(), str(tmp_path), ["name"])
    assert my_ext.list_keys(Shared())[-1] == "name"
    assert my_ext2.get(store, "name") == b"content"


# --- obspec


def test_etags_and_put_modes(obspec_object: object) -> None:
    first, _ = my_ext2.put_object(obspec_object, "key", b"first")
    assert my_ext2.head_meta(obspec_object, "key")["e_tag"] == first
    assert my_ext2.read(obspec_object, "key", if_match=first)[0] == b"first"
    with pytest.raises(exceptions.NotModifiedError):
        my_ext2.read(obspec_object, "key", if_none_match=first)
    second, _ = my_ext2.put_object(obspec_object, "key", b"second", mode="update", e_tag=first)
    assert second != first
    with pytest.raises(exceptions.PreconditionError):
        my_ext2.put_object(obspec_object, "key", b"third", mode="update", e_tag=first)
    with pytest.raises(exceptions.PreconditionError):
        my_ext2.read(obspec_object, "key", if_match=first)


def test_attributes_and_tags(obspec_object: object) -> None:
    my_ext2.put_object(
        obspec_object, "key", b"x", attributes={"content_type": "text/plain", "mine": "ü"}, tags={"tag": "1"}
    )
    assert my_ext2.read(obspec_object, "key")[3] == {"content_type": "text/plain", "mine": "ü"}


def test_copies_only_where_there_is_nothing_yet(obspec_object: object) -> None:
    my_ext2.put_object(obspec_object, "a", b"a")
    my_ext2.put_object(obspec_object, "b", b"b")
    for verb in (my_ext2.copy, my_ext2.rename):
        with pytest.raises(exceptions.AlreadyExistsError):
            verb(obspec_object, "a", "b", overwrite=False)
    my_ext2.rename(obspec_object, "a", "c", overwrite=False)
    assert my_ext2.list_keys(obspec_object) == ["b", "c"]


def test_capabilities_are_what_the_methods_promise() -> None:
    everything = {"put_create", "put_update", "copy_create", "attributes", "tags", "ordered_list"}
    assert {name for name, can in my_ext2.capabilities(Synchronous()).items() if can} == everything
    assert {name for name, can in my_ext2.capabilities(Ranges()).items() if can} == {"ordered_list"}


def test_verbs_that_are_missing_are_named() -> None:
    reader = Ranges()
    cases: list[tuple[Callable[[], object], str]] = [
        (lambda: my_ext2.put_object(reader, "key", b""), "put"),
        (lambda: my_ext2.upload_parts(reader, "key", []), "put"),
        (lambda: my_ext2.list_page(reader), "list"),
        (lambda: my_ext2.remove(reader, "key"), "delete"),
        (lambda: my_ext2.copy(reader, "key", "b"), "copy"),
        (lambda: my_ext2.rename(reader, "key", "b"), "copy"),
        (lambda: my_ext2.head_meta(reader, "key"), "head"),
        (lambda: my_ext2.read(reader, "key"), "head"),
        (lambda: my_ext2.read(reader, "key", suffix=3), "head"),
        (lambda: my_ext2.read(reader, "key", start=0, end=2, if_match="x"), "head"),
        (lambda: my_ext2.read(reader, "key", version="x"), "get"),
    ]
    for call, method in cases:
        with pytest.raises(exceptions.NotSupportedError, match=rf"Ranges has neither {method}\(\) nor {method}_async"):
            call()


@pytest.mark.parametrize("reader", [Ranges(), ManyRangesAsync()], ids=lambda reader: type(reader).__name__)
def test_ranges_are_enough_for_ranges(reader: object) -> None:
    body, meta, extent, _ = my_ext2.read(reader, "key", start=2, end=5)
    assert (body, extent, meta["path"]) == (b"234", (2, 5), "key")
    assert my_ext2.read(reader, "key", start=8, end=12)[1]["size"] == 10  # which was seen on the way
    assert my_ext2.get_ranges(reader, "key", [(0, 2), (5, 6)]) == [b"01", b"5"]
    with pytest.raises(exceptions.GenericError, match="past the end"):
        my_ext2.read(reader, "key", start=10, end=12)


def test_head_and_ranges_are_enough_to_read() -> None:
    reader = RangesAndHead()
    assert my_ext2.read(reader, "key", if_match='"1"')[0] == b"0123456789"
    assert my_ext2.read(reader, "key", suffix=3, how="stream")[0] == b"789"
    with pytest.raises(exceptions.PreconditionError):
        my_ext2.read(reader, "key", if_match='"2"')
    assert reader.asked == [(0, 10), (7, 10)]


def test_long_objects_are_streamed_in_pieces() -> None:
    reader = RangesAndHead(bytes(9 << 20))
    assert len(my_ext2.read(reader, "key", how="stream")[0]) == 9 << 20
    assert reader.asked == [(0, 4 << 20), (4 << 20, 8 << 20), (8 << 20, 9 << 20)]


def test_without_head_get_is_asked() -> None:
    class Reader:
        def __init__(self) -> None:
            self.inner = Synchronous()
            self.options: list[object] = []

        def get(self, path: str, *, options: Any = None) -> Any:  # noqa: ANN401
            self.options.append(options)
            return self.inner.get(path, options=options)

    reader = Reader()
    reader.inner.put("key", b"value")
    assert my_ext2.head_meta(reader, "key")["size"] == 5
    assert my_ext2.get(reader, "key") == b"value"
    assert my_ext2.get_ranges(reader, "key", [(1, 3)]) == [b"al"]
    assert reader.options == [{"head": True}, None, {"range": (1, 3)}]


def test_a_listing_without_list_with_delimiter() -> None:
    class Lister(Ranges):
        def list(self, prefix: str | None = None, *, offset: str | None = None) -> list[list[dict[str, Any]]]:
            return [[{"path": key, "size": 1}] for key in ("b/2", "a", "b/1")]

    assert my_ext2.list_page(Lister(), delimiter=True) == (["a"], ["b"], "")


def test_bulk_deletes_are_one_call_unless_something_fails() -> None:
    class Deleter(Ranges):
        calls: list[object] = []  # noqa: RUF012

        def delete(self, paths: object) -> None:
            self.calls.append(paths)
            if "b" in paths:  # type: ignore[operator]
                raise PermissionError("not b")

    assert my_ext2.remove_many(Deleter(), ["a", "c"]) == [None, None]
    assert Deleter.calls == [["a", "c"]]
    assert [bool(text) for text in my_ext2.remove_many(Deleter(), ["a", "b"])] == [False, True]
    assert Deleter.calls[1:] == [["a", "b"], "a", "b"]


# --- buffers


def address_of(memory: bytearray) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(memory))


def eventually(act: Callable[[], None]) -> None:
    """Tries for a while, until the memory is not lent any more."""
    for _ in range(500):
        try:
            return act()
        except BufferError:
            time.sleep(0.01)
    return act()


class Holder:
    """Gives out the same memory each time."""

    def __init__(self, memory: Any) -> None:  # noqa: ANN401
        self.memory = memory

    def head(self, path: str) -> dict[str, Any]:
        return {"path": path, "size": len(memoryview(self.memory).cast("B"))}

    def get_range(self, path: str, *, start: int, end: int) -> Any:  # noqa: ANN401
        return self.memory

    def put(self, path: str, file: memoryview, **_: object) -> None:
        assert file.readonly
        self.memory = file


class AsyncHolder(Holder):
    get_range = None  # type: ignore[assignment]

    async def get_range_async(self, path: str, *, start: int, end: int) -> Any:  # noqa: ANN401
        return self.memory


@pytest.mark.parametrize("holder", [Holder, AsyncHolder])
def test_bodies_are_not_copied(holder: type[Holder]) -> None:
    memory = bytearray(100 << 20)
    assert my_ext2.address(holder(memory), "key") == address_of(memory)
    store = holder(b"")
    address = my_ext2.put_static(store, "key")
    assert my_ext2.address(store, "key") == address


def test_memory_goes_back_to_python_when_the_bytes_are_gone() -> None:
    memory = bytearray(1000)
    address = my_ext2.hold(Holder(memory), "key")
    assert address == address_of(memory)
    with pytest.raises(BufferError):
        memory.append(0)
    my_ext2.drop_held()  # on a thread that Python does not know
    eventually(lambda: memory.append(0))


def test_dropping_memory_does_not_wait_for_the_gil() -> None:
    """A store may hold its lock while it drops memory, and a thread with the GIL may be waiting for that lock."""
    target = my_ext2.store.MemoryStore()
    source = Holder(bytearray(1000))
    source.list = lambda: [[{"path": "key", "size": 1000}]]  # type: ignore[attr-defined]
    my_ext2.copy_all(source, target)
    stop = threading.Event()

    def replace() -> None:
        while not stop.is_set():
            my_ext2.copy_all(source, target)

    replacing = threading.Thread(target=replace)
    replacing.start()
    deadline = time.monotonic() + 0.5
    while time.monotonic() < deadline:
        assert my_ext2.address(target, "key") > 0  # has the GIL
    stop.set()
    replacing.join()


def test_buffers_of_other_item_sizes_are_taken_as_bytes() -> None:
    assert my_ext2.get(Holder(memoryview(bytes(range(16))).cast("Q")), "key") == bytes(range(16))


@pytest.mark.parametrize("exits", ["", "import os; os._exit(0)"])
def test_memory_that_is_held_at_exit_is_left_alone(run_python: Callable[..., str], exits: str) -> None:
    run_python(
        "import my_ext2\n"
        "my_ext2.accept_python_stores(True)\n"
        "class Reader:\n"
        "    def get_range(self, path, *, start, end): return bytearray(100)\n"
        "    def head(self, path): return {'path': path, 'size': 100}\n"
        "my_ext2.hold(Reader(), 'key')\n" + exits
    )


@pytest.mark.parametrize("kind", ["", "async "])
@pytest.mark.parametrize("seconds", [0.1, 1])  # shorter and longer than the interpreter's end waits for it
def test_a_call_may_be_under_way_at_exit(run_python: Callable[..., str], kind: str, seconds: float) -> None:
    run_python(
        "import asyncio, my_ext2, time\n"
        "my_ext2.accept_python_stores(True)\n"
        "class Reader:\n"
        f"    {kind}def get_range{'_async' * bool(kind)}(self, path, *, start, end):\n"
        f"        {'await asyncio' if kind else 'time'}.sleep({seconds})\n"
        "        return bytearray(100)\n"
        "    def head(self, path): return {'path': path, 'size': 100}\n"
        "my_ext2.read_in_background(Reader(), 'key')\n"
        "time.sleep(0.05)\n"
    )
