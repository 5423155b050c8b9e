"""Stores as stores of zarr 3: `zarr.open(ObjectStore(store))`.

The class has the name and the arguments of `zarr.storage.ObjectStore`, which takes obstore's stores. `pip install
storelink[zarr]` brings zarr.
"""

# mypy: disallow-subclassing-any=False

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import zarr
from zarr.abc.store import ByteRequest, OffsetByteRequest, RangeByteRequest, Store, SuffixByteRequest
from zarr.core.buffer import Buffer, BufferPrototype, default_buffer_prototype

from . import _slices
from .exceptions import AlreadyExistsError

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["ObjectStore"]

T_Store = TypeVar("T_Store")

_MISSING = (FileNotFoundError, IsADirectoryError, NotADirectoryError)


class ObjectStore(Store, Generic[T_Store]):
    """What zarr keeps, as objects of a store.

    Args:
        store: a store of this library, or of another one with obstore's methods.
        read_only: whether writing is refused, with ValueError. False by default.

    TypeError for what is no store. Two are equal if their stores are and both or neither may be written to. They can be
    pickled where their store can.
    """

    store: T_Store
    """Where the objects are."""

    def __init__(self, store: T_Store, *, read_only: bool = False) -> None:
        if isinstance(store, type) or not hasattr(store, "get_ranges_async"):
            raise TypeError(
                f"the store is a {type(store).__name__}; accepted are S3Store, LocalStore, MemoryStore and so on"
            )
        super().__init__(read_only=read_only)
        self.store = store

    @property
    def _any(self) -> Any:  # noqa: ANN401
        return self.store

    def with_read_only(self, read_only: bool = False) -> Self:
        """The same store, which may be written to or not."""
        return type(self)(self.store, read_only=read_only)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ObjectStore) and self.read_only == other.read_only and bool(self.store == other.store)

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        return f"object_store://{self.store}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self})"

    # --- reading ----------------------------------------------------------------------------------------------------

    async def get(self, key: str, prototype: BufferPrototype, byte_range: ByteRequest | None = None) -> Buffer | None:
        """An object or a part of it; None if it does not exist."""
        start, end = _bounds(byte_range)
        try:
            return _buffer(prototype, await _slices.read_async(self.store, key, start, end))
        except _MISSING:
            return None

    def get_sync(
        self, key: str, *, prototype: BufferPrototype | None = None, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        """Like get(), without an event loop."""
        start, end = _bounds(byte_range)
        try:
            return _buffer(prototype or default_buffer_prototype(), _slices.read(self.store, key, start, end))
        except _MISSING:
            return None

    async def get_partial_values(
        self, prototype: BufferPrototype, key_ranges: Iterable[tuple[str, ByteRequest | None]]
    ) -> list[Buffer | None]:
        """Parts of objects, in this order; parts of one object are asked for together."""
        places: dict[str, list[int]] = defaultdict(list)
        slices = []
        for place, (key, byte_range) in enumerate(key_ranges):
            places[key].append(place)
            slices.append(_bounds(byte_range))
        found: list[Buffer | None] = [None] * len(slices)
        limit = asyncio.Semaphore(zarr.config.get("async.concurrency"))

        async def read(key: str, of_key: list[int]) -> None:
            async with limit:
                with suppress(*_MISSING):
                    if len(of_key) == 1:
                        parts = [await _slices.read_async(self.store, key, *slices[of_key[0]])]
                    else:
                        parts = await _slices.read_many_async(self.store, key, [slices[place] for place in of_key])
                    for place, part in zip(of_key, parts, strict=True):
                        found[place] = _buffer(prototype, part)

        await asyncio.gather(*(read(key, of_key) for key, of_key in places.items()))
        return found

    async def exists(self, key: str) -> bool:
        """Whether there is an object of this name; a group or an array is none."""
        try:
            await self._any.head_async(key)
        except _MISSING:
            return False
        return True

    async def getsize(self, key: str) -> int:
        """The size of an object in bytes. FileNotFoundError if it does not exist."""
        return int((await self._any.head_async(key))["size"])

    async def getsize_prefix(self, prefix: str) -> int:
        """The size in bytes of all that is below a group or an array."""
        return sum([meta["size"] async for meta in self._metas(prefix)])

    async def _metas(self, prefix: str) -> AsyncIterator[Any]:
        async for chunk in self._any.list(prefix or None, chunk_size=1000):
            for meta in chunk:
                yield meta

    async def list(self) -> AsyncIterator[str]:
        """All keys."""
        async for meta in self._metas(""):
            yield meta["path"]

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        """The keys below a group or an array: "a" has "a/b", and not "ab"."""
        async for meta in self._metas(prefix):
            yield meta["path"]

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        """The names right below a group or an array."""
        top = prefix.rstrip("/")
        found = await self._any.list_with_delimiter_async(top or None)
        for path in [*found["common_prefixes"], *(meta["path"] for meta in found["objects"])]:
            yield path.rstrip("/")[len(top) + 1 if top else 0 :]

    # --- writing ----------------------------------------------------------------------------------------------------

    async def set(self, key: str, value: Buffer) -> None:
        """Writes an object."""
        await self._any.put_async(key, self._writable(value))

    def set_sync(self, key: str, value: Buffer) -> None:
        """Like set(), without an event loop."""
        self._any.put(key, self._writable(value))

    async def set_if_not_exists(self, key: str, value: Buffer) -> None:
        """Writes an object unless there is one; of several writers at once, one wins."""
        with suppress(AlreadyExistsError):
            await self._any.put_async(key, self._writable(value), mode="create")

    def _writable(self, value: Buffer) -> Any:  # noqa: ANN401
        self._check_writable()
        if not isinstance(value, Buffer):
            raise TypeError(f"the value is a {type(value).__name__}; accepted is zarr's Buffer")
        return value.as_buffer_like()

    async def delete(self, key: str) -> None:
        """Deletes an object; no error if there is none."""
        self._check_writable()
        with suppress(*_MISSING):
            await self._any.delete_async(key)

    def delete_sync(self, key: str) -> None:
        """Like delete(), without an event loop."""
        self._check_writable()
        with suppress(*_MISSING):
            self._any.delete(key)

    async def delete_dir(self, prefix: str) -> None:
        """Deletes all that is below a group or an array, many objects with one request where the store can."""
        self._check_writable()
        keys = [meta["path"] async for meta in self._metas(prefix)]
        if keys:
            await self._any.delete_async(keys)

    @property
    def supports_writes(self) -> bool:
        """True: what may not be written to says so itself."""
        return True

    @property
    def supports_deletes(self) -> bool:
        """True."""
        return True

    @property
    def supports_listing(self) -> bool:
        """True."""
        return True


def _bounds(byte_range: ByteRequest | None) -> tuple[int | None, int | None]:
    """The start and the end of a slice. ValueError for what is no ByteRequest."""
    if byte_range is None:
        return None, None
    if isinstance(byte_range, RangeByteRequest):
        return byte_range.start, byte_range.end
    if isinstance(byte_range, OffsetByteRequest):
        return byte_range.offset, None
    if isinstance(byte_range, SuffixByteRequest):
        return (-byte_range.suffix, None) if byte_range.suffix else (0, 0)
    raise ValueError(f"Unexpected byte_range, got {byte_range!r}")


def _buffer(prototype: BufferPrototype, content: Any) -> Buffer:  # noqa: ANN401
    """The content, not copied."""
    buffer: Buffer = prototype.buffer.from_bytes(content)
    return buffer
