"""The wheel of storelink itself."""

from __future__ import annotations

import email
import os
import re
import sys
from pathlib import Path

import pytest
from support.wheels import ROOT, Environment, run, unpack

PARTS = (
    r"storelink/[a-z0-9_/]+\.(py|pyi)",
    r"storelink/py\.typed",
    r"storelink/_cli/templates/[\w.]+\.in",
    r"storelink/_storelink\.abi3\.so",
    r"storelink/share/cmake/storelink/storelink-config(-version)?\.cmake",
    r"storelink/share/licenses/(curl|mit|nghttp2|openssl)\.txt",
    r"storelink/share/storelink/CMakeLists\.txt",
    r"storelink/share/storelink/cmake/\w+\.(cmake|map|py|pyi)",
    r"storelink/share/storelink/cmake/storelink-config\.cmake\.in",
    r"storelink/share/storelink/cmake/bundled/(Cargo\.(toml|lock)|build\.cmake|fmt\.cpp|mit\.txt)",
    r"storelink/share/storelink/include/storelink/[\w/]+\.(h|hpp)",
    r"storelink/share/storelink/python/CMakeLists\.txt",
    r"storelink/share/storelink/python/storelink/(store|exceptions|_bytes)\.pyi",
    r"storelink/share/storelink/(python/toolkit|src)/[\w/]+\.(cpp|hpp|py)",
    r"storelink-[\d.]+\.dist-info/(METADATA|WHEEL|RECORD|entry_points\.txt|licenses/LICENSE)",
)


def version_of_headers() -> str:
    match = re.search(r'SL_VERSION "(.*)"', (ROOT / "include/storelink/version.h").read_text())
    assert match is not None
    return match[1]


def test_holds_these_files_and_no_others(wheel: Path) -> None:
    files = unpack(wheel)
    assert [name for name in files if not any(re.fullmatch(part, name) for part in PARTS)] == []
    assert [part for part in PARTS if not any(re.fullmatch(part, name) for name in files)] == []
    assert wheel.name.split("-", 2)[2].startswith("cp310-abi3-")


def test_holds_every_header_source_and_stub(wheel: Path) -> None:
    files = unpack(wheel)
    for directory in ("include", "src", "python/toolkit"):
        for path in (path for path in (ROOT / directory).rglob("*.*") if path.suffix in {".h", ".hpp", ".cpp", ".py"}):
            assert files[f"storelink/share/storelink/{path.relative_to(ROOT)}"] == path.read_bytes()
    for path in (ROOT / "python/storelink").rglob("*.pyi"):
        assert files[str(path.relative_to(ROOT / "python"))] == path.read_bytes()


def test_names_no_path_of_the_machine_that_built_it(wheel: Path) -> None:
    paths = {str(ROOT), str(Path(sys.prefix).resolve()), str(Path(sys.base_prefix).resolve()), str(Path.home())}
    paths -= {"/", "/usr", "/root"}
    found = [(name, path) for name, data in unpack(wheel).items() for path in paths if os.fsencode(path) in data]
    assert found == []


def test_has_the_version_of_the_headers(wheel: Path, installed: Environment) -> None:
    (metadata,) = (data for name, data in unpack(wheel).items() if name.endswith("/METADATA"))
    assert email.message_from_bytes(metadata)["Version"] == version_of_headers()
    printed = installed.run("-c", "import storelink; print(storelink.__version__)").strip()
    assert printed == version_of_headers()
    for option in ("--version",):
        assert installed.command("storelink", [option]).strip() == version_of_headers()
        assert installed.run("-m", "storelink", option).strip() == version_of_headers()


def test_works_with_nothing_but_its_dependencies(wheel: Path, tmp_path: Path) -> None:
    environment = Environment(tmp_path / "venv", tools=False)
    environment.pip("install", "--quiet", wheel)
    packages = environment.pip("list", "--format=freeze").split()
    assert sorted(line.partition("==")[0] for line in packages) == ["nanobind-backend", "storelink"]
    code = "from storelink.store import MemoryStore, from_url; print(MemoryStore(), from_url('memory:///'))"
    assert environment.run("-c", code).count("MemoryStore") == 2


def test_no_python_file_imports_typing_extensions_at_run_time(wheel: Path) -> None:
    """Type checkers have it: below `if TYPE_CHECKING:` it may stand."""
    files = {name: data for name, data in unpack(wheel).items() if "/share/" not in name}
    importing = re.compile(rb"^(from|import) typing_extensions", re.MULTILINE)
    using = {name for name, data in files.items() if importing.search(data)}
    assert using
    assert all(name.endswith(".pyi") for name in using)


def test_names_directories_for_cmake_and_compilers(installed: Environment, tmp_path: Path) -> None:
    cmake_dir = Path(installed.run("-m", "storelink", "--cmake_dir").strip())
    assert (cmake_dir / "storelink-config.cmake").is_file()
    include_dir = Path(installed.run("-m", "storelink", "--include_dir").strip())
    assert (include_dir / "storelink/storelink.hpp").is_file()

    # Without scikit-build-core: only what --cmake_dir says.
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.25)\nproject(p LANGUAGES C CXX)\nfind_package(storelink REQUIRED)\n"
        "storelink_add_module(_p p.c BINDING c)\n"
    )
    (tmp_path / "p.c").write_text(
        "#include <storelink/python/capi.h>\nconst sl_python* load(void) { return sl_python_load(); }\n"
    )
    options = [f"-Dstorelink_DIR={cmake_dir}", f"-DPython_EXECUTABLE={installed.python}", "-G", "Ninja"]
    run("cmake", "-S", tmp_path, "-B", tmp_path / "build", *options)
    run("cmake", "--build", tmp_path / "build")
    assert (tmp_path / "build" / "_p.abi3.so").is_file()


def test_entry_point_names_the_prefix_of_find_package(installed: Environment) -> None:
    code = (
        "from importlib.metadata import entry_points; from importlib.resources import files\n"
        "(entry,) = (e for e in entry_points(group='cmake.prefix') if e.name == 'storelink')\n"
        "print(files(entry.load()))"
    )
    prefix = Path(installed.run("-c", code).strip())
    assert (prefix / "share/cmake/storelink/storelink-config.cmake").is_file()


@pytest.mark.parametrize("argument", ["", "--nothing", "nothing"])
def test_command_without_meaning_says_how_it_is_used(installed: Environment, argument: str) -> None:
    printed = installed.command("storelink", [argument] if argument else [], status=2)
    assert "usage: storelink" in printed
