"""Projects of `storelink new-extension`, from the empty folder to the installed wheel, in every binding and way."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from support.elf import ALWAYS_THERE, exported_symbols, needed_libraries
from support.projects import all_keywords, tutorial
from support.wheels import BINDINGS, ROOT, Environment, Extension, build_wheel, ccache, content, repaired, run, unpack

NewExtension = Callable[..., Extension]
STABLE = ("nanobind", "c")  # one binary for every CPython from 3.10

both_ways = pytest.mark.parametrize("embed", [False, True], ids=["runtime", "embedded"])
each_binding = pytest.mark.parametrize("binding", BINDINGS)


def extension_file(extension: Extension) -> tuple[str, bytes]:
    ((name, data),) = ((name, data) for name, data in unpack(extension.wheel).items() if name.endswith(".so"))
    return name, data


@both_ways
@each_binding
def test_passes_its_own_tests(
    new_extension: NewExtension, wheel: Path, tmp_path: Path, binding: str, *, embed: bool
) -> None:
    extension = new_extension(binding, embed=embed)
    environment = Environment(tmp_path / "venv", tools=False)
    environment.pip("install", "--quiet", *([] if embed else [wheel]), f"{extension.wheel}[test]")
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


# What docs/extensions.md says, in bytes.
@pytest.mark.parametrize(
    ("binding", "edit", "limit"),
    [
        ("nanobind", None, 60_000),
        ("nanobind", tutorial, 71_000),
        ("c", None, 12_000),
        ("pybind11", None, 155_000),
    ],
)
def test_runtime_way_is_small(
    new_extension: NewExtension, binding: str, edit: Callable[[Path], None] | None, limit: int
) -> None:
    assert len(extension_file(new_extension(binding, edit=edit))[1]) < limit


@each_binding
def test_auditwheel_leaves_the_runtime_way_as_it_is(new_extension: NewExtension, tmp_path: Path, binding: str) -> None:
    extension = new_extension(binding)
    assert needed_libraries(extension_file(extension)[1]) <= ALWAYS_THERE
    wheel = repaired(extension.wheel, tmp_path)
    assert "-manylinux" in wheel.name

    assert content(wheel) == content(extension.wheel)


def test_embedded_way_is_self_contained_once_auditwheel_has_repaired_it(
    new_extension: NewExtension, tmp_path: Path
) -> None:
    extension = new_extension("nanobind", embed=True)
    assert any(name.startswith("libcurl") for name in needed_libraries(extension_file(extension)[1]))
    wheel = repaired(extension.wheel, tmp_path / "repaired")
    libraries = [name for name in unpack(wheel) if name.startswith(f"{extension.name}.libs/")]
    for library in ("libcurl", "libssl", "libcrypto", "libhttp_parser", "libpugixml", "libfmt"):
        assert any(Path(name).name.startswith(library) for name in libraries), library
    environment = Environment(tmp_path / "venv", tools=False)
    environment.pip("install", "--quiet", f"{wheel}[test]")
    loaded = (
        f"import {extension.name}; print(*{{line.split()[-1] for line in open('/proc/self/maps') if 'lib' in line}})"
    )
    used = [Path(name) for name in environment.run("-c", loaded).split()]
    assert {path.parent.name for path in used if "curl" in path.name} == {f"{extension.name}.libs"}
    assert " passed" in environment.run("-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=extension.project)


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


def test_extensions_of_two_compilers_share_stores(new_extension: NewExtension, tmp_path: Path, wheel: Path) -> None:
    """As the package and the writer are GCC's. Each has its own copy of the headers' C++ code."""
    with_clang, writer = new_extension("nanobind", edit=tutorial, clang=True), new_extension("c", edit=add_write)
    (cache,) = with_clang.project.glob("build/*/CMakeCache.txt")
    assert re.search("^CMAKE_CXX_COMPILER:.*clang", cache.read_text(), re.MULTILINE)
    environment = Environment(tmp_path / "venv", wheel, with_clang.wheel, writer.wheel)
    code = f"""
import asyncio
import storelink.store
import {with_clang.name} as with_clang
import {writer.name} as writer
import {writer.name}._{writer.name} as functions

async def size(store):
    return await with_clang.total_size_async(store)

for store in (storelink.store.MemoryStore(), with_clang.store.MemoryStore(), writer.store.MemoryStore()):
    functions.write(store, "a")
    assert with_clang.total_size(store) == writer.total_size(store) == asyncio.run(size(store)) == 5, store
try:
    with_clang.total_size(storelink.store.S3Store("bucket", endpoint="https://127.0.0.1:1", skip_signature=True,
                                                  retry_config={{"max_retries": 0}}))
except OSError as error:  # thrown by the package's code, caught in the extension's
    print("127.0.0.1:1" in str(error))
"""
    assert environment.run("-W", "error", "-c", code).strip() == "True"


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


def test_two_commands_from_an_empty_folder(wheel: Path, tmp_path: Path) -> None:
    """As docs/extensions.md begins: the extension is built in an environment that pip makes for it."""
    environment = Environment(tmp_path / "venv", tools=False)
    there = {"PIP_FIND_LINKS": str(wheel.parent)}
    environment.pip("install", "--quiet", "storelink", environment=there)
    environment.command("storelink", ["new-extension", "tiles"], cwd=tmp_path)
    environment.pip("install", "--quiet", f"{tmp_path / 'tiles'}[test]", environment=there)
    assert " passed" in environment.run("-m", "pytest", "-q", cwd=tmp_path / "tiles")


# --- what a project's CMakeLists.txt says

KEYWORDS_CODE = """
import pathlib
from {name} import total_size

class LocalStore:  # as another library's
    def __getnewargs_ex__(self): return (pathlib.Path("."),), {{}}

class Ranges:  # as obspec has them
    def get_range(self, path, *, start, end=None, length=None): return b""
    def list(self, prefix=None, *, offset=None): return [[{{"path": "a", "size": 5, "last_modified": TIME}}]]

import datetime
TIME = datetime.datetime.now(datetime.timezone.utc)
total_size(LocalStore())
print(total_size(Ranges()))
"""


@each_binding
def test_keywords_turn_the_warning_off_and_accept_python_stores(
    new_extension: NewExtension, wheel: Path, tmp_path: Path, binding: str
) -> None:
    extension = new_extension(binding, edit=all_keywords)
    environment = Environment(tmp_path / "venv", wheel, extension.wheel)
    code = KEYWORDS_CODE.format(name=extension.name)
    assert environment.run("-W", "error", "-c", code, cwd=extension.project / "src").strip() == "5"

    usual = new_extension(binding)
    environment.install(usual.wheel)
    printed = environment.run("-W", "error", "-c", KEYWORDS_CODE.format(name=usual.name), status=1)
    assert "RuntimeWarning: built a new" in printed.splitlines()[-1]


@pytest.mark.parametrize(
    ("binding", "said"),
    [
        ("swig", "BINDING swig is not known; accepted are nanobind, pybind11 and c"),
        ("nanobind", "nanobind is not installed for {python}: pip install 'nanobind>=3.1'"),
        ("pybind11", "pybind11 is not installed for {python}: pip install 'pybind11>=3.0'"),
    ],
)
def test_failed_build_says_what_is_missing(wheel: Path, tmp_path: Path, binding: str, said: str) -> None:
    environment = Environment(tmp_path / "venv", wheel, tools=False)
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.25)\nproject(p LANGUAGES C CXX)\nfind_package(storelink REQUIRED)\n"
        f"storelink_add_module(_p p.cpp BINDING {binding})\n"
    )
    share = environment.site_packages / "storelink/share/cmake/storelink"
    options = [f"-Dstorelink_DIR={share}", f"-DPython_EXECUTABLE={environment.python}"]
    printed = run("cmake", "-S", tmp_path, "-B", tmp_path / "build", *options, status=1)
    assert said.format(python=environment.python) in " ".join(printed.split())
