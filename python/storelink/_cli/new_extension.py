"""`storelink new-extension`: a ready project of an extension that takes object stores."""

from __future__ import annotations

import argparse
import keyword
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .. import __version__
from .errors import CommandError

if TYPE_CHECKING:
    _Commands = argparse._SubParsersAction[argparse.ArgumentParser]

_TEMPLATES = Path(__file__).parent / "templates"
_TAKEN = {"storelink", "nanobind", "nanobind_backend", "pybind11", "pytest"}

# File of the project: its template. Both may contain @PLACEHOLDERS@.
_FILES = {
    "CMakeLists.txt": "CMakeLists.txt.in",
    "pyproject.toml": "pyproject.toml.in",
    "README.md": "README.md.in",
    ".gitignore": "gitignore.in",
    ".github/workflows/wheels.yml": "wheels.yml.in",
    "src/@NAME@.@LANGUAGE@": "@BINDING@.@LANGUAGE@.in",
    "python/@NAME@/__init__.py": "init.py.in",
    "python/@NAME@/py.typed": "py.typed.in",
    "tests/test_@NAME@.py": "test.py.in",
}
# What only an extension in C has.
_C_FILES = {
    "python/@NAME@/_@NAME@.pyi": "c.pyi.in"
}  # type hints, which for the other two are read from the built extension
_C_TESTS = """

def test_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    assert @NAME@.read(LocalStore(tmp_path), "a") == b"12345"
    with pytest.raises(FileNotFoundError):
        @NAME@.read(LocalStore(tmp_path), path="b")
"""

_BUILD_REQUIREMENTS = {
    "nanobind": ["nanobind==3.1.*"],
    "pybind11": ["pybind11>=3.0", "pybind11-stubgen>=3.0"],
    "c": [],
}
# The image with a libcurl that is new enough.
_CI_FOR_EMBEDDING = """
manylinux-x86_64-image = "quay.io/pypa/manylinux_2_39_x86_64"
before-all = [
  "dnf install -y epel-release",
  "dnf install -y libcurl-devel openssl-devel http-parser-devel fmt-devel pugixml-devel json-devel",
]"""
_RUNTIME_REQUIREMENTS = {"nanobind": ["nanobind-backend>=1.0"], "pybind11": [], "c": []}


def add_parser(commands: _Commands) -> None:
    """Adds the subcommand."""
    parser = commands.add_parser(
        "new-extension",
        help="write a ready project of a Python extension in C++ or C that takes object stores",
        description="Write a ready project: CMake, pyproject.toml, a function that takes a store, type hints, a test "
        "and a CI file that builds wheels. Nothing that exists is overwritten.",
    )
    parser.add_argument("name", metavar="NAME", help="name of the project and of its Python package")
    parser.add_argument(
        "--binding",
        choices=sorted(_BUILD_REQUIREMENTS),
        default="nanobind",
        help="how Python functions are written (default: nanobind)",
    )
    parser.add_argument(
        "--embed", action="store_true", help="link storelink into the extension, instead of needing it at run time"
    )
    parser.add_argument("--directory", metavar="D", type=Path, help="where the project goes (default: NAME)")
    parser.set_defaults(run=_run)


def check_name(name: str) -> None:
    """Raises CommandError unless a package and project may have this name."""
    if not re.fullmatch(r"[A-Za-z]([A-Za-z0-9_]*[A-Za-z0-9])?", name):
        raise CommandError(
            f"{name!r} cannot be the name of an extension: use letters, digits and underscores, with a letter first "
            "and no underscore last, such as my_ext"
        )
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        raise CommandError(f"{name!r} is a keyword of Python: take another name")
    if name in sys.stdlib_module_names or name in _TAKEN:
        raise CommandError(f"{name!r} is the name of an existing module: take another name")


def _string_list(names: list[str]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"


def render(name: str, binding: str, *, embed: bool) -> dict[str, str]:
    """The project's files: their text by their path."""
    storelink = f"storelink>={__version__}"
    functions = sorted(["exceptions", "store", "total_size", *(["read"] if binding == "c" else [])])
    values = {
        "NAME": name,
        "BINDING": binding,
        "LANGUAGE": "c" if binding == "c" else "cpp",
        "EMBED": " EMBED" if embed else "",
        "BINDING_ARGUMENT": "" if binding == "nanobind" else f" BINDING {binding}",
        "BUILD_REQUIREMENTS": _string_list(["scikit-build-core>=1.1", storelink, *_BUILD_REQUIREMENTS[binding]]),
        "DEPENDENCIES": _string_list([*([] if embed else [storelink]), *_RUNTIME_REQUIREMENTS[binding]]),
        "LANGUAGE_NAME": "C" if binding == "c" else "C++",
        "FUNCTIONS": ", ".join(functions),
        "ALL": _string_list(functions),
        "MORE_TESTS": _C_TESTS.replace("@NAME@", name) if binding == "c" else "",
        "PY_API": "" if binding == "pybind11" else '\nwheel.py-api = "cp310"  # one wheel for every CPython from 3.10',
        "CI_BUILD": "cp31?-manylinux_x86_64" if binding == "pybind11" else "cp310-manylinux_x86_64",
        "CI_SETTINGS": _CI_FOR_EMBEDDING if embed else "",
        "README_NEEDS": (
            ", and the development files of libcurl (7.88 or newer), OpenSSL 3, http-parser, fmt, pugixml and"
            " nlohmann-json"
            if embed
            else ""
        ),
        "WAY": (
            "storelink is linked into the extension: it needs no other package for its stores."
            if embed
            else "The extension uses the installed package `storelink`: it shares its connections and threads."
        ),
    }

    def fill(text: str) -> str:
        return re.sub(r"@([A-Z_]+)@", lambda match: values[match[1]], text)

    files = {**_FILES, **(_C_FILES if binding == "c" else {})}
    return {
        fill(path): fill((_TEMPLATES / fill(template)).read_text(encoding="utf-8")) for path, template in files.items()
    }


def write(files: dict[str, str], directory: Path) -> None:
    """Writes all files, or none: raises CommandError if one exists, or a file is where a directory must be."""
    if directory.exists() and not directory.is_dir():
        raise CommandError(f"{directory} is a file: choose another --directory")
    existing = [path for path in files if (directory / path).exists() or (directory / path).is_symlink()]
    if existing:
        raise CommandError(f"nothing was written: {directory} has {', '.join(existing)} already")
    try:
        for path, text in files.items():
            target = directory / path
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("x", encoding="utf-8") as file:
                file.write(text)
    except OSError as error:
        raise CommandError(f"cannot write {error.filename}: {error.strerror}") from error


def _run(options: argparse.Namespace) -> int:
    check_name(options.name)
    directory: Path = options.directory or Path(options.name)
    files = render(options.name, options.binding, embed=options.embed)
    write(files, directory)
    print(f"{len(files)} files in {directory}. Build it, then test it:\n")
    print(f"  cd {directory}\n  pip install '.[test]'\n  pytest")
    return 0
