"""What is particular to filesystems of fsspec as stores."""

# mypy: disallow-subclassing-any=False

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import my_ext2
import pytest
from fsspec.implementations.asyn_wrapper import AsyncFileSystemWrapper
from fsspec.implementations.dirfs import DirFileSystem
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.memory import MemoryFileSystem
from my_ext2 import exceptions

pytestmark = pytest.mark.usefixtures("python_stores")


@pytest.fixture
def memory() -> MemoryFileSystem:
    return MemoryFileSystem(global_store=False, skip_instance_cache=True)


def test_keys_are_paths_without_the_root(tmp_path: Path, memory: MemoryFileSystem) -> None:
    local = LocalFileSystem()
    (tmp_path / "dir").mkdir()
    (tmp_path / "dir" / "file").write_bytes(b"value")
    key = f"{tmp_path}/dir/file"
    for given in (key, key[1:]):
        assert my_ext2.get(local, given) == b"value"
        prefix = given.removesuffix("/dir/file")
        assert my_ext2.list_page(local, prefix) == ([given], [], "")
        assert my_ext2.list_page(local, prefix, delimiter=True) == ([], [f"{prefix}/dir"], "")
    my_ext2.put(memory, "a/b", b"value")
    assert memory.cat_file("/a/b") == b"value"


def test_directories_are_no_objects(tmp_path: Path) -> None:
    store = DirFileSystem(str(tmp_path), LocalFileSystem())
    (tmp_path / "dir").mkdir()
    assert my_ext2.list_page(store) == ([], [], "")
    assert my_ext2.list_page(store, delimiter=True) == ([], ["dir"], "")
    for call in (my_ext2.get, my_ext2.head_meta, lambda *given: my_ext2.copy(*given, "copy")):
        with pytest.raises(exceptions.NotFoundError, match="is a directory"):
            call(store, "dir")
    assert not (tmp_path / "copy").exists()
    with pytest.raises(OSError, match="IsADirectoryError"):
        my_ext2.put(store, "dir", b"")


@pytest.mark.parametrize("key", ["", "a/", "a//b", "../a", "a/../b", "./a"])
def test_keys_that_would_be_another_ones(tmp_path: Path, key: str) -> None:
    (tmp_path / "inside").mkdir()
    store = DirFileSystem(str(tmp_path / "inside"), LocalFileSystem())
    with pytest.raises(exceptions.InvalidPathError):
        my_ext2.put(store, key, b"value")
    with pytest.raises(exceptions.InvalidPathError):
        my_ext2.get(store, key)
    assert list(tmp_path.rglob("*")) == [tmp_path / "inside"]


def test_patterns_are_keys(memory: MemoryFileSystem) -> None:
    for key in ("a*", "ab", "[a]", "a?"):
        my_ext2.put(memory, key, key.encode())
    my_ext2.rename(memory, "a*", "b*")
    assert my_ext2.remove_many(memory, ["a?", "[a]"]) == [None, None]
    assert my_ext2.list_keys(memory) == ["ab", "b*"]
    assert my_ext2.get(memory, "b*") == b"a*"


def test_names_that_are_no_utf8(tmp_path: Path) -> None:
    (tmp_path / "caf\udce9").write_bytes(b"value")
    store = DirFileSystem(str(tmp_path), LocalFileSystem())
    assert my_ext2.copy_all(store, my_ext2.store.MemoryStore()) == 1


def test_what_a_filesystem_lacks(memory: MemoryFileSystem) -> None:
    my_ext2.put(memory, "key", b"value")
    assert {name for name, can in my_ext2.capabilities(memory).items() if can} == {"put_create", "ordered_list"}
    with pytest.raises(NotImplementedError, match="put mode"):
        my_ext2.put_object(memory, "key", b"", mode="update", e_tag="x")
    with pytest.raises(exceptions.NotSupportedError, match="keeps no attributes"):
        my_ext2.put_object(memory, "key", b"", attributes={"content_type": "x"})
    with pytest.raises(exceptions.NotSupportedError, match="keeps no tags"):
        my_ext2.put_object(memory, "key", b"", tags={"a": "b"})
    for verb in (my_ext2.copy, my_ext2.rename):
        with pytest.raises(exceptions.NotSupportedError, match="only where there is no object"):
            verb(memory, "key", "new", overwrite=False)
    with pytest.raises(exceptions.NotSupportedError):
        my_ext2.read(memory, "key", version="1")
    with pytest.raises(exceptions.PreconditionError, match="unknown"):
        my_ext2.read(memory, "key", if_match="x")


def test_a_filesystem_that_knows_no_create_mode() -> None:
    class Old(MemoryFileSystem):
        def pipe_file(self, path: str, value: bytes, **kwargs: Any) -> None:  # noqa: ANN401
            super().pipe_file(path, value, **kwargs)

    old = Old(global_store=False, skip_instance_cache=True)
    assert not my_ext2.capabilities(old)["put_create"]
    with pytest.raises(NotImplementedError, match="put mode"):
        my_ext2.put_object(old, "key", b"", mode="create")


@pytest.mark.parametrize(
    ("info", "seconds", "e_tag"),
    [
        ({"mtime": 1.5e9, "created": 1}, 1.5e9, None),
        ({"LastModified": datetime(2020, 1, 1, tzinfo=timezone.utc), "ETag": '"x"'}, 1577836800, '"x"'),
        ({"LastModified": datetime(2020, 1, 1), "etag": "x"}, 1577836800, "x"),
        ({"mtime": "yesterday"}, 0, None),
    ],
)
def test_times_and_etags(info: dict[str, Any], seconds: float, e_tag: str | None) -> None:
    class Described(MemoryFileSystem):
        def info(self, path: str, **_: object) -> dict[str, Any]:
            return {"name": path, "size": 5, "type": "file", **info}

    store = Described(global_store=False, skip_instance_cache=True)
    meta = my_ext2.head_meta(store, "key")
    assert (meta["last_modified"], meta["e_tag"]) == (seconds, e_tag)


def test_a_size_that_is_not_known() -> None:
    class Vague(MemoryFileSystem):
        def info(self, path: str, **_: object) -> dict[str, Any]:
            return {"name": path, "size": None, "type": "file"}

    with pytest.raises(exceptions.NotSupportedError, match="does not know the size"):
        my_ext2.head_meta(Vague(global_store=False, skip_instance_cache=True), "key")


def test_bodies_come_back_without_a_copy(memory: MemoryFileSystem) -> None:
    body = bytearray(1000)

    class Fixed(MemoryFileSystem):
        def info(self, path: str, **_: object) -> dict[str, Any]:
            return {"name": path, "size": 1000, "type": "file"}

        def cat_file(self, path: str, start: object = None, end: object = None, **_: object) -> bytearray:
            return body

    my_ext2.hold(Fixed(global_store=False, skip_instance_cache=True), "key")
    with pytest.raises(BufferError):
        body.append(0)
    my_ext2.drop_held()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            return body.append(0)
        except BufferError:
            time.sleep(0.01)
    raise AssertionError("the memory is still lent")


def test_an_asynchronous_filesystem_of_somebodys_loop_is_refused(memory: MemoryFileSystem) -> None:
    with pytest.raises(ValueError, match="asynchronous=True and belongs to its own event loop"):
        my_ext2.describe_any(AsyncFileSystemWrapper(memory, asynchronous=True))


class Counting(MemoryFileSystem):
    """How many threads are inside at once."""

    inside = 0
    most = 0

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **_: object) -> bytes:
        self.inside += 1
        self.most = max(self.most, self.inside)
        time.sleep(0.002)
        self.inside -= 1
        return bytes(super().cat_file(path, start, end))


def test_calls_of_a_synchronous_filesystem_come_one_at_a_time() -> None:
    store = Counting(global_store=False, skip_instance_cache=True)
    my_ext2.put(store, "key", b"value")
    assert my_ext2.read_in_threads(store, ["key"] * 50) == [b"value"] * 50
    assert store.most == 1
    wrapped = DirFileSystem("/", store)
    assert my_ext2.read_in_threads(wrapped, ["key"] * 50) == [b"value"] * 50
    assert store.most == 1


def test_local_files_are_read_in_parallel(tmp_path: Path) -> None:
    barrier = threading.Barrier(8, timeout=10)

    class Meeting(LocalFileSystem):
        def cat_file(self, path: str, start: int | None = None, end: int | None = None, **_: object) -> bytes:
            barrier.wait()
            return bytes(super().cat_file(path, start, end))

    (tmp_path / "key").write_bytes(b"value")
    assert my_ext2.read_in_threads(Meeting(), [f"{tmp_path}/key"] * 8, threads=8) == [b"value"] * 8


def test_ranges_of_one_object_from_many_threads(memory: MemoryFileSystem) -> None:
    """MemoryFileSystem has one position per file, whoever reads it."""
    content = bytes(range(256)) * 100
    my_ext2.put(memory, "key", content)
    wrong: list[int] = []

    def read(start: int) -> None:
        for _ in range(100):
            if my_ext2.read(memory, "key", start=start, end=start + 300)[0] != content[start : start + 300]:
                wrong.append(start)

    threads = [threading.Thread(target=read, args=(start,)) for start in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_fsspec_is_not_imported_for_other_objects(run_python: Callable[..., str]) -> None:
    code = (
        "import my_ext2, sys\n"
        "my_ext2.accept_python_stores(True)\n"
        "try: my_ext2.describe_any(3)\n"
        "except ValueError: print('fsspec' in sys.modules)"
    )
    assert run_python(code) == "False\n"
