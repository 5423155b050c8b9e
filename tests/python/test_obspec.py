"""Stores and results satisfy obspec's protocols: in their signatures, and when programs call them by obspec's names.

What type checkers say of it is in tests/python/typing/everything.py.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import Any

import obspec
import obspec.exceptions
import pytest
import storelink
from storelink.store import AzureStore, GCSStore, HTTPStore, LocalStore, MemoryStore, S3Store

pytestmark = pytest.mark.once

PROTOCOLS = {
    name: protocol
    for name, protocol in vars(obspec).items()
    if getattr(protocol, "_is_protocol", False) and name in obspec.__all__
}
RESULTS = {"GetResult", "GetResultAsync"}
STORES = [S3Store, GCSStore, AzureStore, HTTPStore, LocalStore, MemoryStore]


def members(protocol: type) -> dict[str, Any]:
    """What a protocol declares, its bases' special methods not included."""
    return {name: member for name, member in vars(protocol).items() if not name.startswith("_")}


def test_every_protocol_is_known() -> None:
    assert len(PROTOCOLS) == 22
    assert set(PROTOCOLS) >= RESULTS
    for protocol in PROTOCOLS.values():
        assert members(protocol)


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("name", sorted(set(PROTOCOLS) - RESULTS))
def test_stores_take_what_a_protocols_callers_pass(store: type, name: str) -> None:
    for method, declared in members(PROTOCOLS[name]).items():
        ours = inspect.signature(getattr(store, method)).parameters
        theirs = inspect.signature(declared).parameters
        assert [parameter for parameter in ours if parameter in theirs] == list(theirs)
        for parameter, wanted in theirs.items():
            found = ours[parameter]
            assert found.kind == wanted.kind or parameter == "self"
            if wanted.default not in (wanted.empty, ...):
                assert found.default == wanted.default
            assert (found.default is found.empty) == (wanted.default is wanted.empty)
        assert all(ours[extra].default is not inspect.Parameter.empty for extra in ours if extra not in theirs)


@pytest.mark.parametrize("store", STORES)
def test_protocols_that_can_be_asked_at_run_time_say_yes(store: type) -> None:
    """None of 0.1.0 can be; those of a later one would be tested here."""
    for name in set(PROTOCOLS) - RESULTS:
        if getattr(PROTOCOLS[name], "_is_runtime_protocol", False):
            assert issubclass(store, PROTOCOLS[name])
        else:
            with pytest.raises(TypeError, match="runtime_checkable"):
                issubclass(store, PROTOCOLS[name])


# --- calls ---


@pytest.fixture(params=["memory", "local", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> MemoryStore | LocalStore | S3Store:
    if request.param == "memory":
        return MemoryStore()
    if request.param == "local":
        return LocalStore(tmp_path)
    settings: dict[str, Any] = request.getfixturevalue("s3_settings")
    return S3Store(**settings, prefix=f"obspec/{request.node.name}")


def pieces() -> Iterator[bytes]:
    yield b"he"
    yield b"llo"


async def pieces_async() -> AsyncIterator[bytes]:
    for piece in pieces():
        yield piece


def test_results_have_what_their_protocols_say(store: MemoryStore | LocalStore | S3Store) -> None:
    store.put("a", b"hello")
    result = store.get("a")
    for name in RESULTS:
        assert [member for member in members(PROTOCOLS[name]) if not hasattr(result, member)] == []
    assert isinstance(result, Iterable)
    assert isinstance(result, AsyncIterable)


def write_and_read(put: obspec.Put, get: obspec.Get, ranged: obspec.GetRange, ranges: obspec.GetRanges) -> None:
    first = put.put("a", b"hello", mode="create")
    assert set(first) == {"e_tag", "version"}
    result = get.get("a", options={"range": (1, 3)})
    assert (result.range, result.meta["size"], bytes(result.buffer())) == ((1, 3), 5, b"el")
    assert isinstance(result.attributes, dict)
    assert b"".join(bytes(chunk) for chunk in get.get("a")) == b"hello"
    assert bytes(ranged.get_range("a", start=1, length=2)) == b"el"
    assert [bytes(part) for part in ranges.get_ranges("a", starts=[0, 3], ends=[1, 5])] == [b"h", b"lo"]
    put.put("b", pieces(), use_multipart=True)
    assert bytes(get.get("b").buffer()) == b"hello"
    with pytest.raises(Exception, match="a") as caught:
        put.put("a", b"x", mode="create")
    assert isinstance(obspec.exceptions.map_exception(caught.value), obspec.exceptions.AlreadyExistsError)


def look_and_tidy(
    head: obspec.Head,
    copy: obspec.Copy,
    rename: obspec.Rename,
    listed: obspec.List,
    level: obspec.ListWithDelimiter,
    delete: obspec.Delete,
) -> None:
    meta = head.head("a")
    assert (meta["path"], meta["size"]) == ("a", 5)
    copy.copy("a", "sub/c", overwrite=True)
    rename.rename("b", "sub/d")
    assert sorted(meta["path"] for chunk in listed.list() for meta in chunk) == ["a", "sub/c", "sub/d"]
    assert [meta["path"] for chunk in listed.list("sub", offset="sub/c") for meta in chunk] == ["sub/d"]
    found = level.list_with_delimiter()
    assert (list(found["common_prefixes"]), [meta["path"] for meta in found["objects"]]) == (["sub"], ["a"])
    delete.delete(["a", "sub/c", "sub/d"])
    with pytest.raises(FileNotFoundError) as caught:
        head.head("a")
    assert isinstance(obspec.exceptions.map_exception(caught.value), obspec.exceptions.NotFoundError)


def test_programs_that_know_obspec_only(store: MemoryStore | LocalStore | S3Store) -> None:
    write_and_read(store, store, store, store)
    look_and_tidy(store, store, store, store, store, store)


async def write_and_read_async(
    put: obspec.PutAsync, get: obspec.GetAsync, ranged: obspec.GetRangeAsync, ranges: obspec.GetRangesAsync
) -> None:
    await put.put_async("a", pieces_async(), use_multipart=True)
    result = await get.get_async("a")
    assert bytes(await result.buffer_async()) == b"hello"
    await put.put_async("b", await get.get_async("a"))
    assert b"".join([bytes(chunk) async for chunk in await get.get_async("b")]) == b"hello"
    assert bytes(await ranged.get_range_async("a", start=1, end=3)) == b"el"
    assert [bytes(part) for part in await ranges.get_ranges_async("a", starts=[0, 3], lengths=[1, 2])] == [b"h", b"lo"]


async def look_and_tidy_async(
    head: obspec.HeadAsync,
    copy: obspec.CopyAsync,
    rename: obspec.RenameAsync,
    listed: obspec.ListAsync,
    level: obspec.ListWithDelimiterAsync,
    delete: obspec.DeleteAsync,
) -> None:
    assert (await head.head_async("a"))["size"] == 5
    await copy.copy_async("a", "sub/c")
    await rename.rename_async("b", "sub/d")
    assert sorted([meta["path"] async for chunk in listed.list_async() for meta in chunk]) == ["a", "sub/c", "sub/d"]
    found = await level.list_with_delimiter_async("sub")
    assert [meta["path"] for meta in found["objects"]] == ["sub/c", "sub/d"]
    await delete.delete_async(["a", "sub/c", "sub/d"])
    assert [chunk async for chunk in listed.list_async()] == []


async def test_asynchronous_programs_that_know_obspec_only(store: MemoryStore | LocalStore | S3Store) -> None:
    await write_and_read_async(store, store, store, store)
    await look_and_tidy_async(store, store, store, store, store, store)


@pytest.mark.parametrize("name", sorted(vars(storelink.exceptions).keys() & obspec.exceptions._name_mapping.keys()))
def test_exceptions_have_obspecs_names(name: str) -> None:
    error = getattr(storelink.exceptions, name)("text")
    assert isinstance(obspec.exceptions.map_exception(error), getattr(obspec.exceptions, name))
