"""Examples in Markdown: taken out, built and run, so that what the documentation shows works.

A comment in front of a fence says what it is. Readers do not see it.

    <!-- example: NAME/FILE -->    the fence is FILE of the example NAME; fences of one file are joined
    <!-- no example: REASON -->    the fence is not run

A comment may also hold a whole file that an example needs, but readers do not: its text stands on lines of its own
between `<!-- example: NAME/FILE` and `-->`.

An example is a directory of files, which is built and run like this:

* with a pyproject.toml it is a Python project, which pip builds and installs;
* otherwise, if it has C or C++ sources, CMake builds it, with the CMakeLists.txt of the example or else one that makes
  a program of each source, and the programs are run;
* then its Python files and shell scripts (.sh), but those in subdirectories, are run in the order in which they stand;
  scripts find the command `storelink`;
* what all of them print must be the text of output.txt, if the example has that file.

`find_package(storelink)` and `import storelink` find what was built in this repository. Variables of AWS_...,
GOOGLE_... and AZURE_... name servers; each of them has a bucket called "bucket" or a container called "container".
WEBDAV_URL is a directory on a WebDAV server.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

# Pages whose examples need the libraries of requirements/ecosystem.txt: tests/ecosystem runs them.
NEED_ECOSYSTEM = ("docs/fsspec.md", "docs/switching.md", "docs/zarr.md")

# Fences in these languages must have such a comment.
CODE = {"c", "cpp", "cmake", "python", "toml"}

_EXAMPLE = r"<!-- example: (?P<{0}name>[\w-]+)/(?P<{0}file>\S+)"
_BLOCK = re.compile(
    rf"^{_EXAMPLE.format('hidden_')}\n(?P<hidden>.*?)^-->$"
    r"|^(?P<comment>(?:<!--[^\n]*-->\n+)?)```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_COMMENT = re.compile(rf"{_EXAMPLE.format('')} -->|<!-- no example: \S.* -->")

_CMAKE = """\
cmake_minimum_required(VERSION 3.25)
project(example LANGUAGES C CXX)
find_package(storelink REQUIRED)
foreach(source IN ITEMS {sources})
  cmake_path(GET source STEM program)
  add_executable(${{program}} ${{source}})
  target_link_libraries(${{program}} PRIVATE storelink::storelink)
endforeach()
"""


@dataclass
class Example:
    name: str  # the document's, then its own
    files: dict[str, str] = field(default_factory=dict)


def examples(document: str, text: str) -> list[Example]:
    """The examples of one document. ValueError for a fence that should be one and does not say so."""
    found: dict[str, Example] = {}

    def add(name: str, file: str, content: str) -> None:
        files = found.setdefault(name, Example(f"{document}:{name}")).files
        files[file] = files.get(file, "") + content

    for block in _BLOCK.finditer(text):
        comment = _COMMENT.match(block["comment"] or "")
        if block["hidden_name"]:
            add(block["hidden_name"], block["hidden_file"], block["hidden"])
        elif comment is None:
            if block["comment"] or block["language"] in CODE:
                line = text.count("\n", 0, block.start("language")) + 1
                raise ValueError(f"{document}, line {line}: no comment says which example this fence belongs to")
        elif comment["name"]:
            add(comment["name"], comment["file"], block["text"])
    return list(found.values())


class Runner:
    """Builds and runs examples below `directory`. What fails raises AssertionError with all that was printed."""

    def __init__(self, directory: Path, prefix: Path, python_path: str, variables: dict[str, str]) -> None:
        self.directory = directory
        self.python_path = python_path
        self.environment = {**os.environ, **variables, "CMAKE_PREFIX_PATH": str(prefix), "CMAKE_GENERATOR": "Ninja"}
        programs = directory / "programs"
        programs.mkdir(exist_ok=True)
        (programs / "storelink").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m storelink "$@"\n')
        (programs / "storelink").chmod(0o755)
        self.environment["PATH"] = os.pathsep.join([str(programs), os.environ["PATH"]])

    def run(self, example: Example) -> str:
        source = self.directory / example.name.replace("/", "_").replace(":", "-")
        for name, text in example.files.items():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_text(text)
        commands = [[str(program)] for program in self._build(source, example.files)]
        for name in example.files:
            if "/" not in name and name.endswith((".py", ".sh")):
                commands.append([sys.executable, name] if name.endswith(".py") else ["bash", "-eu", name])
        printed = "".join(self._call(command, source) for command in commands)
        expected = example.files.get("output.txt", printed)
        assert printed == expected, f"{example.name} prints {printed!r}, but the documentation says {expected!r}"
        return printed

    def _build(self, source: Path, files: Iterable[str]) -> list[Path]:
        """The programs that were built."""
        build = source / "build"
        programs = [name for name in files if name.endswith((".c", ".cpp"))]
        if "pyproject.toml" in files:
            pip = [sys.executable, "-m", "pip", "install", "--no-build-isolation", "--no-deps", "--no-index", "--quiet"]
            self._call([*pip, "--disable-pip-version-check", "--target", "installed", "."], source)
        elif programs:
            if "CMakeLists.txt" not in files:
                (source / "CMakeLists.txt").write_text(_CMAKE.format(sources=" ".join(programs)))
            self._call(["cmake", "-S", ".", "-B", "build", f"-DPython_EXECUTABLE={sys.executable}"], source)
            self._call(["cmake", "--build", "build"], source)
        return sorted(
            path for path in build.glob("*") if path.is_file() and not path.suffix and os.access(path, os.X_OK)
        )

    def _call(self, command: list[str], source: Path) -> str:
        path = os.pathsep.join([str(source / "installed"), str(source / "build"), self.python_path])
        done = subprocess.run(
            command,
            cwd=source,
            env={**self.environment, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
        return done.stdout
