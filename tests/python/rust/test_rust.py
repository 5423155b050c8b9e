"""storelink's stores in Rust, and Rust's in C++: the extension storelink_rs_example, built from rust/.

`./run test rust` builds it and runs this directory, which is no part of the other Python tests.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import my_ext
import my_ext2
import pytest
import storelink.store
import storelink_rs_example as rs
from storelink.store import LocalStore, MemoryStore, S3Store
from support.ctrl_c import interrupt


@pytest.fixture(params=["memory", "local", "s3", "rust"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Any:  # noqa: ANN401
    """An empty store of each kind: three of C++, one of Rust."""
    if request.param == "memory":
        return MemoryStore()
    if request.param == "local":
        return LocalStore(tmp_path)
    if request.param == "rust":
        return rs.MemoryStore()
    settings = request.getfixturevalue("s3_settings")
    return S3Store(**settings, prefix=f"rust-{os.getpid()}-{tmp_path.name}")


class Carrier:
    """An object with nothing but the method that carries a store."""

    def __init__(self, made: object) -> None:
        self.made = made

    def __storelink_store__(self) -> object:
        if isinstance(self.made, BaseException):
            raise self.made
        return self.made


def kind(caught: pytest.ExceptionInfo[BaseException]) -> object:
    return getattr(caught.value, "kind", None)


# --- sharing


@pytest.mark.parametrize("owner", [my_ext.store, my_ext2.store, storelink.store], ids=lambda module: module.__name__)
def test_rust_reads_the_memory_of_a_store_of_cpp(owner: Any) -> None:  # noqa: ANN401
    store = owner.MemoryStore()
    address = my_ext2.put_static(store, "key")
    assert rs.address(store, "key") == address
    assert rs.read(store, "key") == b"x" * 1000
    data = b"put by Rust"
    rs.put(store, "back", data)
    assert my_ext2.address(store, "back") == rs.address(store, "back")
    assert my_ext2.get(store, "back") == data


def test_cpp_reads_the_memory_of_a_store_of_rust() -> None:
    store = rs.MemoryStore()
    address = my_ext2.put_static(store, "key")
    assert address == rs.address(store, "key") == my_ext2.address(store, "key")
    assert my_ext2.list_keys(store) == my_ext.list_keys(store) == ["key"]
    assert my_ext2.head(store, "key") == 1000
    assert my_ext2.describe_py(store) == my_ext2.describe_any(store) == "InMemory"
    assert my_ext2.get_range(store, "key", 998, 2000) == b"xx"


def test_what_python_puts_is_not_copied() -> None:
    data = bytes(range(256)) * 1000
    for store in (MemoryStore(), rs.MemoryStore()):
        rs.put(store, "key", data)
        address = rs.address(store, "key")
        assert address == my_ext2.address(store, "key")
        assert 0 < address - id(data) < 64  # inside the bytes object
    del store, data
    gc.collect()


def test_coroutines_of_cpp_use_a_store_of_rust(tmp_path: Path) -> None:
    store = rs.MemoryStore()
    names = [f"file{i}" for i in range(200)]
    for i, name in enumerate(names):
        (tmp_path / name).write_bytes(b"%d" % i * 100)
    my_ext.upload(store, str(tmp_path), names, 16)
    assert my_ext.list_keys(store) == sorted(names)
    assert my_ext.digest(store, names, 4) == my_ext.digest(LocalStore(tmp_path), names, 4)
    my_ext.remove_all(store, names[1:])
    assert rs.list_keys(store) == names[:1]


def test_a_capsule_keeps_its_store() -> None:
    for owner in (rs, storelink.store):
        store = owner.MemoryStore()
        rs.put(store, "key", b"value")
        carrier = Carrier(store.__storelink_store__())
        del store
        gc.collect()
        assert rs.read(carrier, "key") == my_ext2.get(carrier, "key") == b"value"


@pytest.mark.parametrize(
    "given", [None, 3, "text", object(), rs.MemoryStore, storelink], ids=lambda given: type(given).__name__
)
def test_what_is_no_store(given: object) -> None:
    with pytest.raises(TypeError, match=r"expected an object store, got .*; accepted is an object with __storelink"):
        rs.read(given, "key")


def test_what_is_no_capsule() -> None:
    for made in (3, None, "storelink_store"):
        with pytest.raises(TypeError, match='has to be a PyCapsule named "storelink_store"'):
            rs.read(Carrier(made), "key")
    with pytest.raises(ZeroDivisionError, match="own"):
        rs.read(Carrier(ZeroDivisionError("own")), "key")


# --- verbs, from Rust


def test_put_read_and_delete(store: Any) -> None:  # noqa: ANN401
    e_tag = rs.put(store, "a/b", b"0123456789")
    assert isinstance(e_tag, str)
    assert rs.read(store, "a/b") == b"0123456789"
    assert rs.read_ranges(store, "a/b", [(1, 3), (8, 10), (0, 1)]) == [b"12", b"89", b"0"]
    rs.put(store, "empty", b"")
    assert rs.read(store, "empty") == b""
    rs.delete(store, ["a/b", "missing", "empty"])
    assert rs.list_keys(store) == []
    rs.delete(store, ["missing"])


def test_lists(store: Any) -> None:  # noqa: ANN401
    for key in ("top", "d/1", "d/e/2", "d.txt"):
        rs.put(store, key, b"x")
    assert sorted(rs.list_keys(store)) == ["d.txt", "d/1", "d/e/2", "top"]
    assert sorted(rs.list_keys(store, "d")) == ["d/1", "d/e/2"]
    objects, prefixes = rs.list_directory(store)
    assert (sorted(objects), prefixes) == (["d.txt", "top"], ["d"])
    assert rs.list_directory(store, "d") == (["d/1"], ["d/e"])


@pytest.mark.parametrize("owner", [rs, storelink.store], ids=lambda module: module.__name__)
def test_lists_of_several_pages(owner: Any) -> None:  # noqa: ANN401
    store = owner.MemoryStore()
    keys = [f"k{i:04}" for i in range(2500)]
    for key in keys:
        rs.put(store, key, b"")
    assert rs.list_keys(store) == keys
    assert my_ext2.list_keys(store) == keys
    rs.delete(store, keys)
    assert rs.list_keys(store) == []


def test_copies_and_moves(store: Any) -> None:  # noqa: ANN401
    rs.put(store, "a", b"a")
    rs.put(store, "b", b"b")
    with pytest.raises(FileExistsError) as caught:
        rs.copy(store, "a", "b", overwrite=False)
    assert kind(caught) == "already exists"
    rs.copy(store, "a", "b")
    rs.copy(store, "b", "c", move=True)
    assert sorted(rs.list_keys(store)) == ["a", "c"]
    assert rs.read(store, "c") == b"a"


def test_large_objects_come_in_pieces_and_go_in_parts(store: Any) -> None:  # noqa: ANN401
    data = os.urandom(1 << 20) * 21 + b"end"
    rs.upload(store, "large", data, 6 << 20)
    assert rs.read(store, "large") == data
    assert my_ext2.get(store, "large") == data
    rs.put(store, "large", data[:-3])
    assert rs.read(store, "large") == data[:-3]


def test_an_upload_that_fails_leaves_nothing(s3_settings: dict[str, Any], s3_environment: dict[str, str]) -> None:
    read_only = {
        "access_key_id": s3_environment["STORELINK_TEST_S3_READONLY_ACCESS_KEY_ID"],
        "secret_access_key": s3_environment["STORELINK_TEST_S3_READONLY_SECRET_ACCESS_KEY"],
    }
    store = S3Store(**{**s3_settings, **read_only})
    for write in (rs.put, rs.upload):
        with pytest.raises(PermissionError) as caught:
            write(store, "key", b"value")
        assert kind(caught) == "permission denied"
        assert read_only["secret_access_key"] not in str(caught.value)


# --- errors


def test_a_missing_object(store: Any) -> None:  # noqa: ANN401
    with pytest.raises(FileNotFoundError, match="missing/key") as caught:
        rs.read(store, "missing/key")
    assert kind(caught) == "not found"
    assert len(caught.value.args) == 1
    with pytest.raises(my_ext2.exceptions.NotFoundError, match="missing/key"):
        my_ext2.get(store, "missing/key")


def test_paths_that_are_none() -> None:
    for store in (MemoryStore(), rs.MemoryStore()):
        with pytest.raises(ValueError, match="a//b") as caught:
            rs.read(store, "a//b")
        assert kind(caught) == "invalid path"
    with pytest.raises(my_ext2.exceptions.InvalidPathError, match="a//b"):
        my_ext2.get(rs.MemoryStore(), "a//b")


def test_a_key_that_rust_cannot_name_is_an_error_in_a_listing() -> None:
    store = MemoryStore()
    my_ext2.put(store, "a//b", b"")
    with pytest.raises(ValueError, match="a//b"):
        rs.list_keys(store)


def test_a_refused_connection() -> None:
    store = S3Store(
        "b",
        endpoint="http://127.0.0.1:1",
        skip_signature=True,
        client_options={"allow_http": True},
        retry_config={"max_retries": 0},
    )
    with pytest.raises(OSError, match=r"127\.0\.0\.1"):
        rs.read(store, "key")


def test_the_exception_of_a_credential_provider_is_the_cause(s3_settings: dict[str, Any]) -> None:
    failure = ZeroDivisionError("in the provider")

    def provider() -> Any:  # noqa: ANN401
        raise failure

    for name in ("access_key_id", "secret_access_key"):
        del s3_settings[name]
    store = S3Store(**s3_settings, credential_provider=provider)
    with pytest.raises(OSError, match="in the provider") as caught:
        rs.read(store, "key")
    assert caught.value.__cause__ is failure


# --- threads, interrupts, processes


def test_many_threads(store: Any) -> None:  # noqa: ANN401
    def work(thread: int) -> None:
        for i in range(25):
            key = f"{thread}/{i}"
            rs.put(store, key, key.encode())
            assert rs.read(store, key) == my_ext2.get(store, key) == key.encode()

    failures: list[BaseException] = []

    def guarded(thread: int) -> None:
        try:
            work(thread)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=guarded, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(rs.list_keys(store)) == 200


@pytest.mark.parametrize(
    "call",
    [
        lambda store: rs.read(store, "key"),
        lambda store: rs.list_keys(store),
        lambda store: rs.put(store, "key", b"value"),
        lambda store: rs.upload(store, "key", b"value"),
    ],
    ids=["read", "list", "put", "upload"],
)
def test_ctrl_c(silent_store: S3Store, call: Callable[[S3Store], object]) -> None:
    interrupt(call, silent_store)


def _in_child(parents: Any, results: Any) -> None:  # noqa: ANN401
    try:
        for use in (rs.read, my_ext2.get):
            with pytest.raises(OSError if use is rs.read else my_ext2.exceptions.GenericError, match=r"fork\(\)"):
                use(parents, "key")
        own = rs.MemoryStore()
        rs.put(own, "key", b"value")
        results.put(my_ext2.get(own, "key"))
    except BaseException as error:
        results.put(repr(error))
        raise


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")
def test_a_store_of_rust_says_that_it_cannot_be_used_after_fork() -> None:
    store = rs.MemoryStore()
    rs.put(store, "key", b"value")
    carrier = Carrier(store.__storelink_store__())
    context = multiprocessing.get_context("fork")
    results: Any = context.SimpleQueue()
    child = context.Process(target=_in_child, args=(carrier, results))
    child.start()
    child.join(20)
    if child.is_alive():
        child.kill()
        pytest.fail("the child hangs")
    assert results.get() == b"value"


def test_a_process_ends_while_a_thread_waits(run_python: Callable[..., str]) -> None:
    code = """
import socket, threading, time
import storelink_rs_example as rs
from storelink.store import S3Store
server = socket.socket(); server.bind(("127.0.0.1", 0)); server.listen()
store = S3Store("b", endpoint=f"http://127.0.0.1:{server.getsockname()[1]}", skip_signature=True,
                client_options={"allow_http": True})
threading.Thread(target=rs.read, args=(store, "key"), daemon=True).start()
own = rs.MemoryStore()
rs.put(own, "key", b"value")
time.sleep(0.2)
print(rs.read(own, "key").decode())
"""
    assert run_python(code).strip() == "value"


def test_rust_alone_needs_no_storelink(run_python: Callable[..., str]) -> None:
    code = """
import sys
import storelink_rs_example as rs
store = rs.MemoryStore()
rs.put(store, "key", b"value")
print(rs.read(store, "key").decode(), "storelink" in sys.modules)
"""
    assert run_python(code).strip() == "value False"
