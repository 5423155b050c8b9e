"""Every operation of the package once, on any store: for tests of where operations may be used."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import storelink

TEXT = b"0123456789" * 100
PART = 5 << 20  # S3's smallest
LARGE = TEXT * 6000  # two parts, and more than get() fetches before it returns


def _paths(objects: Any) -> list[str]:  # noqa: ANN401
    return sorted(meta["path"] for meta in objects)


def use_every_operation(store: Any, prefix: str) -> None:  # noqa: ANN401
    """Blocking ones. What is below `prefix` is this call's alone, and is deleted at its end."""
    key, other, large, deep = (f"{prefix}/{name}" for name in ("key", "other", "large", "dir/deep"))
    assert storelink.put(store, key, TEXT)["e_tag"]
    assert storelink.put(store, large, iter([LARGE]), chunk_size=PART)["e_tag"]
    assert storelink.get(store, key).bytes() == TEXT
    assert b"".join(storelink.get(store, large)) == LARGE
    assert storelink.get_range(store, key, start=1, end=4) == b"123"
    assert storelink.get_ranges(store, key, starts=[0, 500], lengths=[2, 3]) == [b"01", b"012"]
    buffer = bytearray(len(TEXT))
    assert storelink.get_into(store, key, buffer) == len(TEXT)
    assert buffer == TEXT
    assert storelink.head(store, key)["size"] == len(TEXT)
    storelink.copy(store, key, other)
    storelink.rename(store, other, deep)
    assert _paths(storelink.list(store, prefix).collect()) == [deep, key, large]
    assert [_paths(chunk) for chunk in storelink.list(store, f"{prefix}/dir")] == [[deep]]
    assert storelink.list_with_delimiter(store, prefix)["common_prefixes"] == [f"{prefix}/dir"]
    with storelink.open_writer(store, other, buffer_size=PART) as written:
        written.write(LARGE)
    with storelink.open_reader(store, other) as read:
        assert read.read(10) == LARGE[:10]
        assert read.read() == LARGE[10:]
    storelink.delete(store, other)
    storelink.delete(store, [key, large, deep])
    assert storelink.list(store, prefix).collect() == []


async def _pieces() -> AsyncIterator[bytes]:
    yield LARGE[:PART]
    yield LARGE[PART:]


async def use_every_operation_async(store: Any, prefix: str) -> None:  # noqa: ANN401
    """Asynchronous ones, as above."""
    key, other, large, deep = (f"{prefix}/{name}" for name in ("key", "other", "large", "dir/deep"))
    assert (await storelink.put_async(store, key, TEXT))["e_tag"]
    assert (await storelink.put_async(store, large, _pieces(), chunk_size=PART))["e_tag"]
    assert await (await storelink.get_async(store, key)).bytes_async() == TEXT
    assert b"".join([chunk async for chunk in await storelink.get_async(store, large)]) == LARGE
    assert await storelink.get_range_async(store, key, start=1, end=4) == b"123"
    assert await storelink.get_ranges_async(store, key, starts=[0, 500], lengths=[2, 3]) == [b"01", b"012"]
    buffer = bytearray(len(TEXT))
    assert await storelink.get_into_async(store, key, buffer) == len(TEXT)
    assert buffer == TEXT
    assert (await storelink.head_async(store, key))["size"] == len(TEXT)
    await storelink.copy_async(store, key, other)
    await storelink.rename_async(store, other, deep)
    assert _paths(await storelink.list(store, prefix).collect_async()) == [deep, key, large]
    assert [_paths(chunk) async for chunk in storelink.list(store, f"{prefix}/dir")] == [[deep]]
    assert (await storelink.list_with_delimiter_async(store, prefix))["common_prefixes"] == [f"{prefix}/dir"]
    async with storelink.open_writer_async(store, other, buffer_size=PART) as written:
        await written.write(LARGE)
    async with await storelink.open_reader_async(store, other) as read:
        assert await read.read(10) == LARGE[:10]
        assert await read.read() == LARGE[10:]
    await storelink.delete_async(store, other)
    await storelink.delete_async(store, [key, large, deep])
    assert await storelink.list(store, prefix).collect_async() == []
