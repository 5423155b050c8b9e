"""Who makes stores, and who uses them: the rows and columns of the matrix."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import my_ext2
import my_ext2_runtime
import my_ext_c
import my_ext_pybind11
import obstore.store
import storelink.store
from fsspec.implementations.memory import MemoryFileSystem
from interop import consumers
from support.obspec_objects import Asynchronous

RUST = "Rust"


@dataclass(frozen=True)
class Row:
    """A kind of store. `make` gives one that holds the files; `get` reads from it with its own library."""

    library: str
    store: str
    make: Callable[[Path, dict[str, bytes]], Any]
    get: Callable[[Any, str], bytes]
    address: Callable[[Any, str], int] | None = None

    @property
    def label(self) -> str:
        return f"{self.library}: `{self.store}`"


@dataclass(frozen=True)
class Column:
    """A library. `use` reads through a store; with `put` and `address` it also writes, and tells where bytes are."""

    label: str
    use: Callable[[Any], None]
    put: Callable[[Any, str, bytes], object] | None = None
    get: Callable[[Any, str], bytes] | None = None
    address: Callable[[Any, str], int] | None = None
    compiled: bool = False


def rust_module() -> ModuleType | None:
    """The example extension in Rust, where it has been built; with STORELINK_TEST_REQUIRE_RUST=1 it has to be."""
    try:
        return importlib.import_module("storelink_rs_example")
    except ModuleNotFoundError:
        if os.environ.get("STORELINK_TEST_REQUIRE_RUST") == "1":
            raise
        return None


def _with_files(directory: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_bytes(content)
    return directory


def _filled(store: Any, put: Callable[[Any, str, bytes], object], files: dict[str, bytes]) -> Any:  # noqa: ANN401
    for name, content in files.items():
        put(store, name, content)
    return store


def _own_rows(library: str, stores: ModuleType, functions: ModuleType) -> list[Row]:
    """Memory and disk, for a module with storelink's store classes."""
    return [
        Row(
            library,
            "MemoryStore",
            lambda _, files: _filled(stores.MemoryStore(), functions.put, files),
            functions.get,
            functions.address,
        ),
        Row(
            library,
            "LocalStore",
            lambda directory, files: stores.LocalStore(_with_files(directory, files)),
            functions.get,
        ),
    ]


def _obspec_object(_: Path, files: dict[str, bytes]) -> Asynchronous:
    return _filled(Asynchronous(), lambda store, name, content: store.inner.put(name, content), files)  # type: ignore[no-any-return]


def _obstore_bytes(store: Any, path: str) -> bytes:  # noqa: ANN401
    return bytes(store.get(path).bytes())


EXTENSIONS: dict[str, ModuleType] = {
    "C++, nanobind": my_ext2_runtime,
    "C++, nanobind, embedded": my_ext2,
    "C++, pybind11": my_ext_pybind11,
    "C": my_ext_c,
}


def rows() -> list[Row]:
    made = _own_rows("storelink", storelink.store, my_ext2_runtime)
    for label, extension in EXTENSIONS.items():
        made += _own_rows(label, extension.store, extension)
    if (rust := rust_module()) is not None:
        made.append(
            Row(
                RUST,
                "MemoryStore",
                lambda _, files: _filled(rust.MemoryStore(), rust.put, files),
                rust.read,
                rust.address,
            )
        )
    memory = MemoryFileSystem(global_store=False, skip_instance_cache=True)
    made += [
        Row(
            "obstore",
            "MemoryStore",
            lambda _, files: _filled(obstore.store.MemoryStore(), lambda store, *given: store.put(*given), files),
            _obstore_bytes,
        ),
        Row(
            "obstore",
            "LocalStore",
            lambda directory, files: obstore.store.LocalStore(_with_files(directory, files)),
            _obstore_bytes,
        ),
        Row("obspec", "object", _obspec_object, lambda store, path: _obstore_bytes(store.inner, path)),
        Row(
            "fsspec",
            "MemoryFileSystem",
            lambda _, files: _filled(memory, lambda store, *given: store.pipe_file(*given), files),
            lambda store, path: bytes(store.cat_file(path)),
        ),
    ]
    return made


def _accepting_python_stores(function: Callable[..., Any]) -> Callable[..., Any]:
    """my_ext2's function, with the option on meanwhile."""

    def call(*arguments: Any) -> Any:  # noqa: ANN401
        my_ext2.accept_python_stores(True)
        try:
            return function(*arguments)
        finally:
            my_ext2.accept_python_stores(False)

    return call


def columns() -> list[Column]:
    def reads(extension: ModuleType) -> Callable[[Any], None]:
        def use(store: Any) -> None:  # noqa: ANN401
            extension.list_keys(store, "in")

        return use

    users = [
        Column(label, reads(extension), extension.put, extension.get, extension.address, compiled=True)
        for label, extension in EXTENSIONS.items()
    ]
    accepting = _accepting_python_stores
    users.append(
        Column(
            "C++ with `accept_python_stores`",
            accepting(reads(my_ext2)),
            accepting(my_ext2.put),
            accepting(my_ext2.get),
            accepting(my_ext2.address),
            compiled=True,
        )
    )
    if (rust := rust_module()) is not None:
        users.append(Column(RUST, reads(rust), rust.put, rust.read, rust.address, compiled=True))
    return [
        *users,
        Column("rustac", consumers.read_stac),
        Column("geoarrow-rust-io", consumers.read_geoparquet),
        Column("async-tiff", consumers.read_tiff),
    ]
