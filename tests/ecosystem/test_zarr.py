"""zarr's own tests of stores, on memory, the local disk and a real S3 server; and what they leave out."""

# mypy: disallow-subclassing-any=False

from __future__ import annotations

import asyncio
import pickle
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from storelink.store import LocalStore, MemoryStore, S3Store
from storelink.zarr import ObjectStore
from zarr.abc.store import OffsetByteRequest, RangeByteRequest, SuffixByteRequest
from zarr.core.buffer import Buffer, cpu, default_buffer_prototype
from zarr.testing.store import StoreTests


class Suite(StoreTests[ObjectStore[Any], cpu.Buffer]):
    store_cls = ObjectStore
    buffer_cls = cpu.Buffer

    async def set(self, store: ObjectStore[Any], key: str, value: Buffer) -> None:
        await store.store.put_async(key, value.to_bytes())

    async def get(self, store: ObjectStore[Any], key: str) -> Buffer:
        return cpu.Buffer.from_bytes(bytes(await (await store.store.get_async(key)).bytes_async()))

    def test_store_repr(self, store: ObjectStore[Any]) -> None:
        assert repr(store) == f"ObjectStore(object_store://{store.store!r})"

    def test_store_supports_writes(self, store: ObjectStore[Any]) -> None:
        assert store.supports_writes

    def test_store_supports_listing(self, store: ObjectStore[Any]) -> None:
        assert store.supports_listing


class TestMemory(Suite):
    @pytest.fixture
    def store_kwargs(self) -> dict[str, Any]:
        return {"store": MemoryStore()}

    async def test_serializable_store(self, store: ObjectStore[Any]) -> None:
        """What a MemoryStore holds is in this process only."""
        with pytest.raises(TypeError, match="cannot pickle or copy 'MemoryStore'"):
            pickle.dumps(store)


class TestLocal(Suite):
    @pytest.fixture
    def store_kwargs(self, tmp_path: Path) -> dict[str, Any]:
        return {"store": LocalStore(tmp_path)}


class TestS3(Suite):
    @pytest.fixture
    def store_kwargs(self, s3_settings: dict[str, Any]) -> dict[str, Any]:
        return {"store": S3Store(**s3_settings, prefix=f"zarr-{uuid.uuid4().hex}")}


@pytest.fixture(params=["memory", "local", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore[Any]:
    if request.param == "memory":
        return ObjectStore(MemoryStore())
    if request.param == "local":
        return ObjectStore(LocalStore(tmp_path))
    return ObjectStore(S3Store(**request.getfixturevalue("s3_settings"), prefix=f"zarr-{uuid.uuid4().hex}"))


def test_an_array_comes_back(store: ObjectStore[Any]) -> None:
    values: Any = np.arange(100 * 120, dtype="i4").reshape(100, 120)
    group = zarr.open_group(store, mode="w")
    array = group.create_array("grid/height", shape=values.shape, chunks=(30, 50), dtype=values.dtype)
    array[:] = values
    array.attrs["unit"] = "m"
    array[10:20, 10:20] = -1
    values[10:20, 10:20] = -1

    read = zarr.open_group(store, mode="r")["grid/height"]
    assert isinstance(read, zarr.Array)
    np.testing.assert_array_equal(np.asarray(read[:]), values)
    assert dict(read.attrs) == {"unit": "m"}
    assert [name for name, _ in group.members(max_depth=None)] == ["grid", "grid/height"]
    del group["grid"]
    assert "grid" not in group


def test_a_sharded_array_comes_back(store: ObjectStore[Any]) -> None:
    values: Any = np.arange(64 * 64, dtype="f8").reshape(64, 64)
    array = zarr.create_array(store, shape=values.shape, chunks=(8, 8), shards=(32, 32), dtype=values.dtype)
    array[:] = values
    np.testing.assert_array_equal(np.asarray(zarr.open_array(store, mode="r")[3:40, 9:11]), values[3:40, 9:11])


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (None, b"0123456789"),
        (RangeByteRequest(2, 5), b"234"),
        (RangeByteRequest(8, 50), b"89"),
        (RangeByteRequest(5, 5), b""),
        (RangeByteRequest(10, 20), b""),
        (OffsetByteRequest(0), b"0123456789"),
        (OffsetByteRequest(7), b"789"),
        (OffsetByteRequest(10), b""),
        (SuffixByteRequest(3), b"789"),
        (SuffixByteRequest(50), b"0123456789"),
        (SuffixByteRequest(0), b""),
    ],
)
async def test_parts_are_slices(store: ObjectStore[Any], asked: Any, expected: bytes) -> None:  # noqa: ANN401
    prototype = default_buffer_prototype()
    await store.set("key", cpu.Buffer.from_bytes(b"0123456789"))
    found = await store.get("key", prototype, asked)
    assert found is not None
    assert found.to_bytes() == expected
    blocking = await asyncio.to_thread(store.get_sync, "key", byte_range=asked)
    assert blocking is not None
    assert blocking.to_bytes() == expected
    several = await store.get_partial_values(
        prototype, [("key", asked), ("none", asked), ("key", RangeByteRequest(1, 3))]
    )
    assert [None if part is None else part.to_bytes() for part in several] == [expected, None, b"12"]


async def test_of_many_writers_one_creates(store: ObjectStore[Any]) -> None:
    values = [cpu.Buffer.from_bytes(bytes([number]) * 10) for number in range(8)]
    await asyncio.gather(*(store.set_if_not_exists("key", value) for value in values))
    found = await store.get("key", default_buffer_prototype())
    assert found in values


async def test_what_is_given_wrong(store: ObjectStore[Any]) -> None:
    with pytest.raises(TypeError, match="the store is a str; accepted are"):
        ObjectStore("s3://bucket")
    with pytest.raises(TypeError, match="the value is a bytes; accepted is zarr's Buffer"):
        await store.set("key", b"value")
    reader = store.with_read_only(True)
    assert reader != store
    for call in (reader.set_if_not_exists("key", cpu.Buffer.from_bytes(b"")), reader.delete_dir("")):
        with pytest.raises(ValueError, match="read-only"):
            await call
    with pytest.raises(ValueError, match="read-only"):
        reader.set_sync("key", cpu.Buffer.from_bytes(b""))


async def test_a_prefix_ends_with_a_name(store: ObjectStore[Any]) -> None:
    for key in ("a/x", "ab/x", "a/b/y"):
        await store.set(key, cpu.Buffer.from_bytes(key.encode()))
    assert sorted([key async for key in store.list_prefix("a")]) == ["a/b/y", "a/x"]
    assert sorted([key async for key in store.list_dir("a")]) == ["b", "x"]
    assert await store.getsize_prefix("a") == len("a/x" + "a/b/y")
