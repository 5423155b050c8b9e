"""Projects of `storelink new-extension`, from the empty folder to the installed wheel, in every binding and way."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection
from support.wheels import BINDINGS, ROOT, Environment, Extension, build_wheel, ccache, run, unpack

NewExtension = Callable[..., Extension]
STABLE = ("nanobind", "c")  # one binary for every CPython from 3.10
ALWAYS_THERE = {"libc.so.6", "libm.so.6", "libgcc_s.so.1", "libstdc++.so.6", "ld-linux-x86-64.so.2"}

both_ways = pytest.mark.parametrize("embed", [False, True], ids=["runtime", "embedded"])
each_binding = pytest.mark.parametrize("binding", BINDINGS)


def extension_file(extension: Extension) -> tuple[str, bytes]:
    ((name, data),) = ((name, data) for name, data in unpack(extension.wheel).items() if name.endswith(".so"))
    return name, data


def needed_libraries(data: bytes) -> set[str]:
    dynamic = ELFFile(io.BytesIO(data)).get_section_by_name(".dynamic")
    assert isinstance(dynamic, DynamicSection)
    return {tag.needed for tag in dynamic.iter_tags("DT_NEEDED")}  # type: ignore[attr-defined]


def exported_symbols(data: bytes) -> set[str]:
    symbols = ELFFile(io.BytesIO(data)).get_section_by_name(".dynsym")
    assert isinstance(symbols, SymbolTableSection)
    return {symbol.name for symbol in symbols.iter_symbols() if symbol.name and symbol["st_shndx"] != "SHN_UNDEF"}


@both_ways
@each_binding
def test_passes_its_own_tests(
    new_extension: NewExtension, wheel: Path, tmp_path: Path, binding: str, *, embed: bool
) -> None:
    extension = new_extension(binding, embed=embed)
    environment = Environment(tmp_path / "venv", *([] if embed else [wheel]), extension.wheel)
    found = environment.run("-c", "import importlib.util as i; print(i.find_spec('storelink') is not None)").strip()
    assert found == str(not embed)
    printed = environment.run("-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=extension.project)
    assert " passed" in printed
    environment.run("-c", f"import {extension.name}.exceptions as e; assert issubclass(e.NotFoundError, e.BaseError)")


@both_ways
@each_binding
def test_wheel_holds_extension_stubs_and_python_files_only(
    new_extension: NewExtension, binding: str, *, embed: bool
) -> None:
    extension = new_extension(binding, embed=embed)
    name = extension.name
    library = extension_file(extension)[0]
    assert {file for file in unpack(extension.wheel) if ".dist-info/" not in file} == {
        library,
        f"{name}/__init__.py",
        f"{name}/_{name}.pyi",
        f"{name}/exceptions.pyi",
        f"{name}/store.pyi",
        f"{name}/py.typed",
    }
    assert ("cp310-abi3" in extension.wheel.name) == (binding in STABLE)
    assert library.endswith(".abi3.so") == (binding in STABLE)


@both_ways
@each_binding
def test_exports_nothing_but_its_init_function(new_extension: NewExtension, binding: str, *, embed: bool) -> None:
    extension = new_extension(binding, embed=embed)
    assert exported_symbols(extension_file(extension)[1]) == {f"PyInit__{extension.name}"}


@pytest.mark.parametrize(("binding", "limit"), [("nanobind", 60_000), ("c", 16_000)])
def test_runtime_way_is_small(new_extension: NewExtension, binding: str, limit: int) -> None:
    assert len(extension_file(new_extension(binding))[1]) < limit


@each_binding
def test_runtime_way_needs_no_repair_by_auditwheel(new_extension: NewExtension, binding: str) -> None:
    extension = new_extension(binding)
    printed = " ".join(run(sys.executable, "-m", "auditwheel", "show", extension.wheel).split())
    assert 'consistent with the following platform tag: "manylinux_' in printed
    assert "curl" not in printed
    assert "ssl" not in printed
    assert needed_libraries(extension_file(extension)[1]) <= ALWAYS_THERE


def test_embedded_way_links_curl_itself(new_extension: NewExtension) -> None:
    libraries = needed_libraries(extension_file(new_extension("nanobind", embed=True))[1])
    assert any(name.startswith("libcurl") for name in libraries)


@each_binding
def test_missing_runtime_is_an_import_error_that_says_what_to_do(
    new_extension: NewExtension, tmp_path: Path, binding: str
) -> None:
    extension = new_extension(binding)
    environment = Environment(tmp_path / "venv", extension.wheel)
    printed = environment.run("-c", f"import {extension.name}", status=1).splitlines()[-1]
    assert printed.startswith("ImportError: ")
    assert "needs the Python package storelink (version 0.1.0 or later" in printed
    assert "pip install storelink" in printed


def test_runtime_that_is_too_old_is_an_import_error_with_both_versions(
    new_extension: NewExtension, installed: Environment
) -> None:
    def ask_for_more(project: Path) -> None:
        file = project / "CMakeLists.txt"
        asked = file.read_text().replace("BINDING c)", "BINDING c MINIMUM_RUNTIME 9.9.9)")
        assert "9.9.9" in asked
        file.write_text(asked)

    extension = new_extension("c", edit=ask_for_more)
    extension.environment.install(extension.wheel)
    printed = extension.environment.run("-c", f"import {extension.name}", status=1).splitlines()[-1]
    version = installed.run("-m", "storelink", "--version").strip()
    assert printed.startswith("ImportError: ")
    assert f"needs version 9.9.9 or later; installed is {version}" in printed


# A function that writes, for the memory store of another library.
WRITE = r"""
static void on_written(void* user, const sl_error* error, const sl_put_result* result) {
  (void)result;
  if (error == NULL) ((Outcome*)user)->done = 1;
  else sl_python_raise(error);
}

static PyObject* write_object(PyObject* self, PyObject* args) {
  const sl_store* store = NULL;
  const char* path = NULL;
  (void)self;
  if (!PyArg_ParseTuple(args, "O&s", sl_convert_shared_store, &store, &path)) return NULL;
  Outcome outcome = {0};
  const sl_put_request request = {
      .struct_size = sizeof request, .path = {path, strlen(path)}, .body = {(const uint8_t*)"12345", 5, NULL, NULL}};
  sl_python_drive(store->put(store, &request, on_written, &outcome));
  store->release(store);
  return outcome.done ? PyLong_FromLong(5) : failure();
}

static PyMethodDef functions[] = {
    {"write", write_object, METH_VARARGS, ""},
"""


def add_write(project: Path) -> None:
    (source,) = project.glob("src/*.c")
    text = source.read_text()
    changed = text.replace("\nstatic PyMethodDef functions[] = {\n", WRITE)
    assert changed != text
    source.write_text(changed)


@each_binding
def test_embedded_extension_shares_memory_stores_with_storelink_and_others(
    new_extension: NewExtension, tmp_path: Path, wheel: Path, binding: str
) -> None:
    embedded = new_extension(binding, embed=True)
    writer = new_extension("c", edit=add_write)
    environment = Environment(tmp_path / "venv", wheel, embedded.wheel, writer.wheel)
    code = f"""
import storelink.store
import {embedded.name} as embedded
import {writer.name} as writer
import {writer.name}._{writer.name} as functions

for store in (storelink.store.MemoryStore(), embedded.store.MemoryStore(), writer.store.MemoryStore()):
    assert embedded.total_size(store) == 0
    functions.write(store, "a")
    assert embedded.total_size(store) == 5, store
assert not issubclass(embedded.store.MemoryStore, storelink.store.ObjectStore)
print("shared")
"""
    assert environment.run("-W", "error", "-c", code).strip() == "shared"


@each_binding
def test_two_extensions_of_one_binding_live_in_one_process(
    new_extension: NewExtension, tmp_path: Path, wheel: Path, binding: str
) -> None:
    runtime, embedded = new_extension(binding), new_extension(binding, embed=True)
    environment = Environment(tmp_path / "venv", wheel, runtime.wheel, embedded.wheel)
    for first, second in ((runtime, embedded), (embedded, runtime)):
        code = f"""
import {first.name} as first
import {second.name} as second

for maker in (first, second):
    store = maker.store.MemoryStore()
    assert first.total_size(store) == second.total_size(store) == 0
    for user in (first, second):
        refused = user.store.S3Store("bucket", endpoint="http://127.0.0.1:1", skip_signature=True,
                                     client_options={{"allow_http": True}}, retry_config={{"max_retries": 0}})
        try:
            user.total_size(refused)
        except OSError:  # each has a translator of its own
            continue
        raise AssertionError(user)
print("both")
"""
        assert environment.run("-W", "error", "-c", code).strip() == "both"


def test_example_of_this_repository_is_such_a_project(wheel: Path, tmp_path: Path) -> None:
    environment = Environment(tmp_path / "venv", wheel)
    made = build_wheel(environment.python, ROOT / "examples/my_ext", tmp_path / "dist", **ccache(tmp_path))
    assert {"my_ext/py.typed", "my_ext/store.pyi", "my_ext/_my_ext.pyi"} <= set(unpack(made))
    environment.install(made)
    code = "import my_ext, my_ext.store as s; print(my_ext.list_keys(s.MemoryStore()))"
    assert environment.run("-c", code).strip() == "[]"


def test_failed_build_says_which_package_is_missing(new_extension: NewExtension) -> None:
    extension = new_extension("c")
    project = extension.project.parent / "unknown"
    project.mkdir()
    (project / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.25)\nproject(p LANGUAGES C CXX)\nfind_package(storelink REQUIRED)\n"
        "storelink_add_module(_p p.c BINDING swig)\n"
    )
    cmake_dir = extension.environment.run("-m", "storelink", "--cmake_dir").strip()
    done = subprocess.run(
        ["cmake", "-S", str(project), "-B", str(project / "build"), f"-Dstorelink_DIR={cmake_dir}"],
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert "BINDING swig is not known" in " ".join(done.stderr.split())
