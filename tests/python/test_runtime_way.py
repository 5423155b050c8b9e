"""The runtime way: what its headers offer, and which runtimes an extension takes."""

from __future__ import annotations

import re
import subprocess
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

INCLUDE = Path(__file__).resolve().parents[2] / "include"
LINKED_HEADERS = {"wrappers.hpp", "aws_credentials.hpp"}


def compile_runtime_way(directory: Path, code: str, *options: str) -> subprocess.CompletedProcess[str]:
    source = directory / "code.cpp"
    source.write_text(code)
    includes = [f"-I{INCLUDE}", f"-I{sysconfig.get_path('include')}"]
    command = ["c++", "-std=c++20", "-DSTORELINK_RUNTIME", *includes, *options, str(source)]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.parametrize("header", sorted(path.name for path in (INCLUDE / "storelink").glob("*.hpp")))
def test_a_header_works_or_says_that_it_needs_the_library(tmp_path: Path, header: str) -> None:
    done = compile_runtime_way(tmp_path, f"#include <storelink/{header}>\n", "-fsyntax-only")
    if header in LINKED_HEADERS:
        assert f"storelink/{header} is of the linked library" in done.stderr
    else:
        assert done.returncode == 0, done.stderr


def functions_of_stores() -> dict[str, bool]:
    """The functions of stores.hpp, and whether each is marked as one of the linked library."""
    text = (INCLUDE / "storelink" / "stores.hpp").read_text()
    declarations = re.findall(r"^(STORELINK_LINKED )?[\w:<>]+ (\w+)\(", text, re.MULTILINE)
    return {name: bool(mark) for mark, name in declarations}


def test_builders_that_need_the_library_are_errors_when_compiling(tmp_path: Path) -> None:
    linked = [name for name, marked in functions_of_stores().items() if marked]
    assert {"make_s3_store", "parse_store_url"} <= set(linked)
    uses = "".join(f"auto* const {name} = &storelink::{name};\n" for name in linked)
    done = compile_runtime_way(tmp_path, f"#include <storelink/storelink.hpp>\n{uses}", "-fsyntax-only")
    assert [name for name in linked if not re.search(rf"error: .*\b{name}\(.*EMBED", done.stderr)] == []


def test_the_other_builders_are_in_the_headers(tmp_path: Path) -> None:
    there = [name for name, marked in functions_of_stores().items() if not marked]
    assert set(there) == {"open_url", "make_memory_store"}
    uses = "".join(f"auto* const {name} = &storelink::{name};\n" for name in there)
    code = f"#include <storelink/storelink.hpp>\n{uses}int main() {{ return open_url && make_memory_store ? 0 : 1; }}\n"
    done = compile_runtime_way(tmp_path, code, "-o", str(tmp_path / "program"))
    assert done.returncode == 0, done.stderr


# A package `storelink` that has nothing but the head of the table.
OTHER_RUNTIME = """
import ctypes, sys, types

class Runtime(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_uint32), ("abi_version", ctypes.c_uint32), ("version", ctypes.c_char_p)]

class Python(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_uint32), ("abi_version", ctypes.c_uint32), ("runtime", ctypes.c_void_p)]

abi, version, size, extension = int(sys.argv[1]), sys.argv[2].encode(), int(sys.argv[3]), sys.argv[4]
runtime = Runtime(ctypes.sizeof(Runtime), abi, version)
python = Python(size, abi, ctypes.addressof(runtime))
new = ctypes.pythonapi.PyCapsule_New
new.restype, new.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
name = b"storelink._storelink.abi"
package = types.ModuleType("storelink")
package._storelink = types.SimpleNamespace(abi=new(ctypes.addressof(python), name, None))
sys.modules["storelink"] = package
try:
    __import__(extension)
except ImportError as error:
    print(error)
"""


@pytest.mark.parametrize("extension", ["my_ext2_runtime", "my_ext_pybind11", "my_ext_c"])
@pytest.mark.parametrize(
    ("abi", "version", "size", "advice"),
    [
        (1, "0.0.9", 4096, "pip install -U storelink"),
        (1, "0.1.0", 16, "pip install -U storelink"),  # lacks functions
        (2, "7.0.0", 4096, "install a release of it that was built for that ABI"),
    ],
    ids=["too old", "too small", "of a later ABI"],
)
def test_another_runtime_is_an_import_error_with_both_versions(
    run_python: Callable[..., str], extension: str, abi: int, version: str, size: int, advice: str
) -> None:
    printed = run_python(OTHER_RUNTIME, str(abi), version, str(size), extension).strip()
    ours = re.search(r'SL_VERSION "(.*)"', (INCLUDE / "storelink" / "version.h").read_text())
    assert ours is not None
    assert printed.startswith(f"this extension was built with storelink {ours[1]} (ABI 1) and needs version 0.1.0")
    assert printed.endswith(f"installed is {version} (ABI {abi}): {advice}")
