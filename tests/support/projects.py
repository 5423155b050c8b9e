"""What authors do with a project of `storelink new-extension`: functions that change one before it is built."""

from __future__ import annotations

from pathlib import Path

from documentation import examples
from support.wheels import ROOT

KEYWORDS = "NO_RECREATE_WARNING ACCEPT_PYTHON_STORES"


def replace(file: Path, *changes: tuple[str, str]) -> None:
    """Replaces texts, each of which the file must have."""
    text = file.read_text()
    for old, new in changes:
        assert old in text, f"{file} has no {old!r}"
        text = text.replace(old, new)
    file.write_text(text)


def tutorial(project: Path) -> None:
    """The functions of docs/extensions.md; with pybind11 the same, and only that library's names are others."""
    document = "docs/extensions.md"
    files = {example.name: example.files for example in examples(document, (ROOT / document).read_text())}
    source_text = files[f"{document}:tiles"]["src/tiles.cpp"]
    (source,) = project.glob("src/*.cpp")
    name = source.stem
    with_pybind11 = "pybind11" in source.read_text()
    source.write_text(source_text)
    replace(source, ("tiles", name))
    if with_pybind11:
        replace(
            source,
            ("#include <nanobind/stl/string.h>\n", ""),
            ("nanobind", "pybind11"),
            ("nb", "py"),
            ("NB_MODULE", "PYBIND11_MODULE"),
        )
    replace(
        project / "python" / name / "__init__.py",
        ("total_size\n", "total_size, total_size_async\n"),
        ('"total_size"', '"total_size", "total_size_async"'),
    )


def all_keywords(project: Path) -> None:
    """Both keywords of storelink_add_module() that change what the extension's parameters take."""
    replace(project / "CMakeLists.txt", (")\nstorelink_add_stubs", f" {KEYWORDS})\nstorelink_add_stubs"))
