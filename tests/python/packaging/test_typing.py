"""The hints of `storelink` itself, in strict mode: right programs are clean, also obstore's, and mistakes are found."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
PROGRAMS = REPOSITORY / "tests/python/typing"


def mypy(program: Path) -> list[str]:
    """Its errors in strict mode, in the program and in our stubs."""
    command = [sys.executable, "-m", "mypy", "--config-file", "pyproject.toml", "--no-error-summary", str(program)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=300)
    assert done.stderr == ""
    return done.stdout.splitlines()


def pyright(directory: Path, *programs: Path) -> list[str]:
    """Errors and warnings in strict mode, in the programs and in our stubs."""
    config = {
        "include": [str(path) for path in (*programs, REPOSITORY / "python/storelink/store.pyi")],
        "extraPaths": [str(REPOSITORY / "python")],
        "pythonVersion": "3.10",
        "typeCheckingMode": "strict",
        "reportMissingModuleSource": "none",  # storelink.store and storelink.exceptions are made by the extension
    }
    (directory / "pyrightconfig.json").write_text(json.dumps(config))
    command = [sys.executable, "-m", "basedpyright", "--outputjson", "--pythonpath", sys.executable]
    done = subprocess.run([*command, "-p", str(directory)], capture_output=True, text=True, timeout=300)
    report = json.loads(done.stdout)
    assert report["summary"]["filesAnalyzed"] > len(programs)
    return [
        f"{problem['range']['start']['line'] + 1}: {problem['message']}" for problem in report["generalDiagnostics"]
    ]


def test_a_program_that_uses_everything_is_clean_under_mypy() -> None:
    assert mypy(PROGRAMS / "everything.py") == []


def test_a_program_that_uses_everything_is_clean_under_pyright(tmp_path: Path) -> None:
    assert pyright(tmp_path, PROGRAMS / "everything.py") == []


def test_everything_is_used() -> None:
    text = (PROGRAMS / "everything.py").read_text()
    stubs = REPOSITORY / "python/storelink"
    exported = re.findall(r'^    "(\w+)",$', (stubs / "_storelink.pyi").read_text(), re.MULTILINE)
    assert len(exported) > 50
    methods = re.findall(r"    (?:async )?def (\w+)", (stubs / "_store_methods.pyi").read_text())
    assert len(methods) > 20
    unused = {name for name in exported if not re.search(rf"(?:storelink\.|\b){name}\b", text)}
    unused |= {name for name in methods if f"store.{name}(" not in text}
    assert unused == {"__version__", "ListChunkType"}


@pytest.mark.skipif(sys.version_info < (3, 11), reason="obstore needs Python 3.11")
@pytest.mark.parametrize("package", ["obstore", "storelink"])
def test_a_program_for_obstore_is_clean_with_either_package(package: str, tmp_path: Path) -> None:
    program = tmp_path / "switched.py"
    program.write_text((PROGRAMS / "switched.py").read_text().replace("obstore", package))
    assert mypy(program) == []


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_mistakes_are_found(checker: str, tmp_path: Path) -> None:
    program = tmp_path / "mistakes.py"
    text = (PROGRAMS / "mistakes.py.txt").read_text()
    program.write_text(text)
    expected = {number for number, line in enumerate(text.splitlines(), 1) if line.endswith("# wrong")}
    if checker == "mypy":
        found = {int(line.split(":")[1]) for line in mypy(program) if ": error:" in line}
    else:
        found = {int(line.split(":")[0]) for line in pyright(tmp_path, program)}
    assert found == expected
    assert len(expected) >= 30
