"""The type hints that an author's users get: right code passes in strict mode, mistakes are found."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.projects import all_keywords, tutorial
from support.wheels import BINDINGS, Extension, run

NewExtension = Callable[..., Extension]

RIGHT = """
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import tiles
from tiles.exceptions import BaseError, NotFoundError
from tiles.store import LocalStore, MemoryStore, S3Store, from_url

if TYPE_CHECKING:
    from tiles.store import AnyObjectStore, ClientConfig, PyObjectStore, S3Config, S3Credential, SharedStore


class Shared:
    def __storelink_store__(self) -> object:
        return MemoryStore().__storelink_store__()


def credentials() -> "S3Credential":
    return {"access_key_id": "a", "secret_access_key": "b", "expires_at": None}


def sizes(shared: "SharedStore", any_store: "AnyObjectStore", py_store: "PyObjectStore") -> list[int]:
    config: S3Config = {"region": "eu-central-1", "skip_signature": True}
    options: ClientConfig = {"timeout": timedelta(seconds=5)}
    s3 = S3Store("bucket", prefix="p", config=config, client_options=options, credential_provider=credentials)
    named: S3Store = S3Store.from_url("s3://bucket", region="us-east-1", retry_config={"max_retries": 3})
    stores: list[AnyObjectStore] = [s3, named, LocalStore(Path("/tmp")), MemoryStore(), Shared(), shared, any_store]
    stores.append(py_store)
    try:
        return [tiles.total_size(store) + tiles.total_size(store, prefix="a") for store in stores]
    except NotFoundError as error:
        base: BaseError = error
        raise base from None


def opened() -> int:
    return tiles.total_size(from_url("s3://bucket", region="us-east-1"), "a")
"""

OBSTORE = """
import obstore.store

import tiles


def size() -> int:
    return tiles.total_size(obstore.store.S3Store("bucket", region="us-east-1"))
"""

# Where the extension was built with ACCEPT_PYTHON_STORES.
PYTHON_STORES = """
import obstore.store
from fsspec.implementations.memory import MemoryFileSystem  # pyright: ignore[reportMissingTypeStubs]
from obspec import Get, GetRange, GetRangesAsync

import tiles


def sizes(get: Get, get_range: GetRange, get_ranges: GetRangesAsync, files: MemoryFileSystem) -> list[int]:
    of_obspec = [tiles.total_size(get), tiles.total_size(get_range), tiles.total_size(get_ranges)]
    return [tiles.total_size(obstore.store.MemoryStore()), *of_obspec, tiles.total_size(files)]


tiles.total_size(None)  # wrong
tiles.total_size("s3://bucket")  # wrong
tiles.total_size({"a": 1})  # wrong
"""

TUTORIAL = """
import tiles
from tiles.store import MemoryStore


async def size() -> int:
    return await tiles.total_size_async(MemoryStore(), prefix="a")


async def text() -> str:
    return await tiles.total_size_async(MemoryStore())  # wrong


tiles.total_size_async("s3://bucket")  # wrong
"""

# Every line that ends with `# wrong` must be found, and no other one.
WRONG = """
import tiles
from tiles.store import LocalStore, S3Store, from_url

S3Store("bucket", regoin="eu-central-1")  # wrong
S3Store("bucket", config={"regoin": "eu-central-1"})  # wrong
S3Store("bucket", client_options={"timeuot": "5s"})  # wrong
S3Store("bucket", region=1)  # wrong
S3Store("bucket", retry_config={"max_retries": "3"})  # wrong
S3Store.from_url("s3://bucket", acces_key_id="a")  # wrong
from_url("s3://bucket", regoin="a")  # wrong
LocalStore("/tmp", mkdri=True)  # wrong
tiles.total_size("s3://bucket")  # wrong
tiles.total_size(None)  # wrong
tiles.total_size(S3Store("bucket"), 5)  # wrong
tiles.total_sizes(S3Store("bucket"))  # wrong
size: str = tiles.total_size(S3Store("bucket"))  # wrong
"""


def wrong_lines(code: str) -> set[int]:
    return {number for number, line in enumerate(code.splitlines(), 1) if line.endswith("# wrong")}


class Checkers:
    """mypy and basedpyright, both strict, on one file that imports the installed package `tiles`."""

    def __init__(self, extension: Extension, directory: Path) -> None:
        extension.environment.install(extension.wheel)
        self.python = extension.environment.python
        self.directory = directory
        self.name = extension.name

    def lines(self, checker: str, code: str) -> tuple[set[int], str]:
        """Where the checker finds errors, and all it said."""
        file = self.directory / "user.py"
        file.write_text(re.sub(r"\btiles\b", self.name, code))
        if checker == "mypy":
            cache = self.directory / "cache"
            said = self.run("-m", "mypy", "--strict", "--cache-dir", cache, "--python-executable", self.python, file)
            return {int(line) for line in re.findall(r"user\.py:(\d+): error", said)}, said
        (self.directory / "pyrightconfig.json").write_text(json.dumps({"typeCheckingMode": "strict"}))
        said = self.run("-m", "basedpyright", "--outputjson", "--project", self.directory, "--pythonpath", self.python)
        report = json.loads(said[said.index("{") :])
        assert report["summary"]["filesAnalyzed"] == 1
        errors = [found for found in report["generalDiagnostics"] if found["severity"] == "error"]
        # See docs/extensions.md.
        rules = {found.get("rule") for found in report["generalDiagnostics"] if found["severity"] == "warning"}
        assert rules <= {"reportMissingModuleSource"}, said
        return {found["range"]["start"]["line"] + 1 for found in errors}, said

    def run(self, *arguments: str | Path) -> str:
        status = "import subprocess, sys; subprocess.run([sys.executable, *sys.argv[1:]], stderr=subprocess.STDOUT)"
        return run(sys.executable, "-c", status, *arguments, cwd=self.directory)


@pytest.fixture(params=BINDINGS)
def checkers(request: pytest.FixtureRequest, new_extension: NewExtension, tmp_path: Path) -> Checkers:
    return Checkers(new_extension(request.param), tmp_path)


@pytest.mark.parametrize("checker", ["mypy", "basedpyright"])
def test_right_code_passes_in_strict_mode(checkers: Checkers, checker: str) -> None:
    found, said = checkers.lines(checker, RIGHT)
    assert found == set(), said


@pytest.mark.parametrize("checker", ["mypy", "basedpyright"])
def test_mistakes_are_found(checkers: Checkers, checker: str) -> None:
    found, said = checkers.lines(checker, WRONG)
    assert found == wrong_lines(WRONG), said


@pytest.mark.parametrize("checker", ["mypy", "basedpyright"])
@pytest.mark.parametrize("binding", ["nanobind", "pybind11"])
def test_what_await_gives_is_known(new_extension: NewExtension, tmp_path: Path, binding: str, checker: str) -> None:
    checkers = Checkers(new_extension(binding, edit=tutorial), tmp_path)
    found, said = checkers.lines(checker, TUTORIAL)
    assert found == wrong_lines(TUTORIAL), said


@pytest.mark.skipif(sys.version_info < (3, 11), reason="obstore needs Python 3.11")
@pytest.mark.parametrize("checker", ["mypy", "basedpyright"])
def test_stores_of_obstore_are_accepted(checkers: Checkers, checker: str) -> None:
    found, said = checkers.lines(checker, OBSTORE)
    assert found == set(), said


@pytest.mark.skipif(sys.version_info < (3, 11), reason="obstore needs Python 3.11")
@pytest.mark.parametrize("checker", ["mypy", "basedpyright"])
def test_python_stores_are_accepted_where_the_extension_does(
    new_extension: NewExtension, tmp_path: Path, checker: str
) -> None:
    checkers = Checkers(new_extension("nanobind", edit=all_keywords), tmp_path)
    found, said = checkers.lines(checker, PYTHON_STORES)
    assert found == wrong_lines(PYTHON_STORES), said


def test_stubs_document_the_functions(new_extension: NewExtension) -> None:
    for binding in BINDINGS:
        extension = new_extension(binding)
        extension.environment.install(extension.wheel)
        stub = extension.environment.site_packages / extension.name / f"_{extension.name}.pyi"
        assert "The size of all objects below a prefix, in bytes." in stub.read_text()
