"""One wheel on every CPython of this machine: the one that runs the tests, and 3.10 and newer beside it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.wheels import ROOT, Environment, Extension

VERSIONS = [f"3.{minor}" for minor in range(10, 15)]


def candidates() -> Iterator[str]:
    """Interpreters by PATH and of pyenv; the same version may come several times."""
    yield sys.executable
    for version in VERSIONS:
        if found := shutil.which(f"python{version}"):
            yield found
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from map(str, sorted(pyenv.glob("versions/3.*/bin/python3")))


def pythons() -> dict[str, str]:
    """An interpreter for each version that is there."""
    found: dict[str, str] = {}
    code = "import sys, venv; print(*sys.version_info[:2], sys.implementation.name)"
    for candidate in candidates():
        done = subprocess.run([candidate, "-I", "-c", code], capture_output=True, text=True)
        if match := re.fullmatch(r"(3) (\d+) cpython\n", done.stdout):
            found.setdefault(f"{match[1]}.{match[2]}", candidate)
    return {version: python for version, python in found.items() if version in VERSIONS}


@pytest.mark.parametrize("version", pythons())
def test_one_wheel_works_on_every_python(
    new_extension: Callable[..., Extension], wheel: Path, tmp_path: Path, version: str
) -> None:
    extension = new_extension("nanobind")
    environment = Environment(tmp_path / "venv", python=pythons()[version], tools=False)
    environment.pip("install", "--quiet", wheel, f"{extension.wheel}[test]")
    said = environment.run(ROOT / "tests/python/packaging/smoke.py").strip()
    print(said)
    assert re.search(rf"Python {re.escape(version)}\.\d+: works$", said)
    printed = environment.run("-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=extension.project)
    assert " passed" in printed


def test_the_python_that_runs_the_tests_is_among_them() -> None:
    assert f"{sys.version_info.major}.{sys.version_info.minor}" in pythons()
