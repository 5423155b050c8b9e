"""The same calls on obstore and storelink: same values, types, exceptions and effects, on memory, disk and real S3."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import storelink
from differential.differences import LOCAL, MEMORY, S3, reason, unused
from differential.outcomes import Outcome, outcome, same
from differential.table import ON_A_STORE, WITHOUT_A_STORE
from differential.ways import (
    ASYNC_FUNCTIONS,
    ASYNC_METHODS,
    FILE_CONTENT,
    FUNCTIONS,
    METHODS,
    OBJECTS,
    Manner,
    Row,
    Way,
)

pytestmark = pytest.mark.once
obstore = pytest.importorskip("obstore")

# Methods are the same functions on all stores.
MANNERS = {
    MEMORY: (FUNCTIONS, ASYNC_FUNCTIONS, METHODS, ASYNC_METHODS),
    LOCAL: (FUNCTIONS, ASYNC_FUNCTIONS),
    S3: (FUNCTIONS, ASYNC_FUNCTIONS),
}
_numbers = itertools.count()


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "file").write_bytes(FILE_CONTENT)
    return tmp_path


def fresh_store(package: ModuleType, kind: str, request: pytest.FixtureRequest) -> Any:  # noqa: ANN401
    """A store that nobody has used, with OBJECTS in it."""
    store: Any
    if kind == MEMORY:
        store = package.store.MemoryStore()
    elif kind == LOCAL:
        root = request.getfixturevalue("tmp_path") / f"store{next(_numbers)}"
        store = package.store.LocalStore(root, mkdir=True)
    else:
        settings = request.getfixturevalue("s3_settings")
        prefix = f"differential/{next(_numbers)}"
        store = package.store.S3Store(**settings, prefix=prefix, retry_config={"max_retries": 0})
    for path, content in OBJECTS.items():
        store.put(path, content)
    return store


def both(
    row: Row, kind: str, manner: Manner, loop: asyncio.AbstractEventLoop, request: pytest.FixtureRequest, folder: Path
) -> tuple[Outcome, Outcome]:
    """What comes of a row with storelink and with obstore."""
    ours, theirs = (
        outcome(row, Way(package, fresh_store(package, kind, request), manner, loop, folder))
        for package in (storelink, obstore)
    )
    return ours, theirs


@pytest.mark.parametrize("name", ON_A_STORE)
@pytest.mark.parametrize("kind", [MEMORY, LOCAL, S3])
def test_a_call_on_a_store_does_what_obstore_does(
    kind: str, name: str, loop: asyncio.AbstractEventLoop, request: pytest.FixtureRequest, folder: Path
) -> None:
    differs = []
    for manner in MANNERS[kind]:
        ours, theirs = both(ON_A_STORE[name], kind, manner, loop, request, folder)
        if not same(ours, theirs, storelink):
            differs.append(f"{manner.name}:\n  storelink {ours}\n  obstore {theirs}")
    verdict(name, kind, differs)


@pytest.mark.parametrize("name", WITHOUT_A_STORE)
def test_a_call_without_a_store_does_what_obstore_does(
    name: str, loop: asyncio.AbstractEventLoop, folder: Path
) -> None:
    ours, theirs = (
        outcome(WITHOUT_A_STORE[name], Way(package, None, FUNCTIONS, loop, folder)) for package in (storelink, obstore)
    )
    verdict(name, MEMORY, [] if same(ours, theirs, storelink) else [f"storelink {ours}\nobstore {theirs}"])


def verdict(name: str, kind: str, differs: list[str]) -> None:
    why = reason(name, kind)
    if why is None:
        assert not differs, "\n".join(differs)
    else:
        assert differs, f"no longer differs, so take it from differences.py: {why}"


def test_every_difference_is_that_of_a_row() -> None:
    assert not unused(ON_A_STORE.keys() | WITHOUT_A_STORE.keys())
