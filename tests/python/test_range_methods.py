"""get_range_async and get_ranges_async of store objects, for Python code that knows obspec's protocols only."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import my_ext2
import my_ext_c
import pytest
from storelink.store import LocalStore, MemoryStore, S3Store

CONTENT = bytes(range(100))


@pytest.fixture(params=["memory", "local", "s3", "shared", "embedded"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Any:  # noqa: ANN401
    made: Any
    if request.param == "s3":
        made = S3Store(**request.getfixturevalue("s3_settings"), prefix="range-methods")
    elif request.param == "shared":
        made = my_ext_c.make_memory()
    elif request.param == "embedded":
        made = my_ext2.store.LocalStore(tmp_path)
    else:
        made = MemoryStore() if request.param == "memory" else LocalStore(tmp_path)
    my_ext_c.put(made, "key", CONTENT)
    return made


async def test_a_range_by_its_end_or_its_length(store: Any) -> None:  # noqa: ANN401
    piece = await store.get_range_async("key", start=3, end=7)
    assert memoryview(piece).readonly
    assert bytes(piece) == CONTENT[3:7]
    assert bytes(await store.get_range_async(path="key", start=3, length=7)) == CONTENT[3:10]
    assert bytes(await store.get_range_async("key", start=90, end=2**40)) == CONTENT[90:]


async def test_ranges_in_the_order_asked(store: Any) -> None:  # noqa: ANN401
    pieces = await store.get_ranges_async("key", starts=[50, 0, 51], ends=[60, 1, 52])
    assert [bytes(piece) for piece in pieces] == [CONTENT[50:60], CONTENT[:1], CONTENT[51:52]]
    pieces = await store.get_ranges_async("key", starts=(50, 0), lengths=(2, 3))
    assert [bytes(piece) for piece in pieces] == [CONTENT[50:52], CONTENT[:3]]
    assert await store.get_ranges_async("key", starts=[], ends=[]) == []


async def test_a_missing_object(store: Any) -> None:  # noqa: ANN401
    with pytest.raises(FileNotFoundError, match="missing"):
        await store.get_range_async("missing", start=0, end=1)
    with pytest.raises(FileNotFoundError, match="missing"):
        await store.get_ranges_async("missing", starts=[0], ends=[1])


async def test_many_at_once(store: Any) -> None:  # noqa: ANN401
    pieces = await asyncio.gather(*(store.get_range_async("key", start=i, length=1) for i in range(100)))
    assert b"".join(pieces) == CONTENT


async def test_a_piece_outlives_its_store() -> None:
    store = MemoryStore()
    my_ext_c.put(store, "key", CONTENT)
    piece = await store.get_range_async("key", start=10, end=20)
    del store
    assert bytes(piece) == CONTENT[10:20]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"start": 0}, ValueError, "give either end or length"),
        ({"start": 0, "end": 1, "length": 1}, ValueError, "give either end or length, not both"),
        ({"start": 1, "end": 1}, ValueError, "the range from 1 to 1 is empty"),
        ({"end": 1}, TypeError, "start"),
        ({"start": "0", "end": 1}, TypeError, "start is of type str; accepted is int"),
        ({"start": -1, "end": 1}, OverflowError, "start is -1; accepted is a number from 0"),
        ({"start": 0, "end": 1, "stop": 1}, TypeError, "stop"),
        ({"starts": [0], "ends": [1, 2]}, ValueError, "there are 1 starts and 2 ends"),
        ({"starts": [0], "ends": [1], "lengths": [1]}, ValueError, "give either ends or lengths"),
        ({"starts": 0, "ends": [1]}, TypeError, "starts is of type int; accepted is a sequence of int"),
        ({"starts": ["0"], "ends": [1]}, TypeError, "starts is of type str; accepted is int"),
    ],
)
def test_wrong_arguments(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    store = MemoryStore()
    call: Callable[..., Awaitable[object]] = store.get_ranges_async if "starts" in arguments else store.get_range_async
    with pytest.raises(error, match=re.escape(message)):
        call("key", **arguments)


def test_a_key_is_text() -> None:
    with pytest.raises(TypeError, match="path is of type bytes"):
        MemoryStore().get_range_async(b"key", start=0, end=1)  # type: ignore[arg-type, unused-coroutine]
