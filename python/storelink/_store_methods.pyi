# ruff: noqa: PYI011, PYI021 - the class is compiled: its documentation is here, sizes are products
"""The operations as methods of a store."""

import builtins
import sys
from collections.abc import Sequence
from datetime import timedelta
from typing import Literal, overload

from ._attributes import Attributes
from ._bytes import Bytes
from ._files import AsyncReadableFile, AsyncWritableFile, ReadableFile, WritableFile
from ._get import GetResult, _Options
from ._list import ListResult, ListStream, ObjectMeta, RecordBatch, Table, _Chunk
from ._put import PutMode, PutResult, _AsyncSource, _Source
from ._urls import HTTP_METHOD

if sys.version_info >= (3, 12):
    from collections.abc import Buffer
else:
    from typing_extensions import Buffer

class ObjectStoreMethods:
    """What every store of `storelink.store` can be asked for: `isinstance()` tells them by it. Not for subclassing.

    Each method is the function of the same name, with the store as its first argument: see there for defaults, units
    and errors. All of obspec's protocols are satisfied.
    """

    def get(self, path: str, *, options: _Options | None = None) -> GetResult:
        """An object, whose bytes can be streamed: see `storelink.get()`."""
    async def get_async(self, path: str, *, options: _Options | None = None) -> GetResult:
        """An object, whose bytes can be streamed: see `storelink.get()`."""
    def get_range(self, path: str, *, start: int, end: int | None = None, length: int | None = None) -> Bytes:
        """A part of an object: see `storelink.get_range()`."""
    async def get_range_async(
        self, path: str, *, start: int, end: int | None = None, length: int | None = None
    ) -> Bytes:
        """A part of an object: see `storelink.get_range()`."""
    def get_ranges(
        self,
        path: str,
        *,
        starts: Sequence[int],
        ends: Sequence[int] | None = None,
        lengths: Sequence[int] | None = None,
        coalesce: int = 1024 * 1024,
    ) -> builtins.list[Bytes]:
        """Several parts of an object: see `storelink.get_ranges()`."""
    async def get_ranges_async(
        self,
        path: str,
        *,
        starts: Sequence[int],
        ends: Sequence[int] | None = None,
        lengths: Sequence[int] | None = None,
        coalesce: int = 1024 * 1024,
    ) -> builtins.list[Bytes]:
        """Several parts of an object: see `storelink.get_ranges()`."""
    def get_into(
        self, path: str, buffer: Buffer, *, start: int = 0, end: int | None = None, length: int | None = None
    ) -> int:
        """Reads into memory of yours: see `storelink.get_into()`."""
    async def get_into_async(
        self, path: str, buffer: Buffer, *, start: int = 0, end: int | None = None, length: int | None = None
    ) -> int:
        """Reads into memory of yours: see `storelink.get_into()`."""
    def head(self, path: str) -> ObjectMeta:
        """Size, time, etag and version: see `storelink.head()`."""
    async def head_async(self, path: str) -> ObjectMeta:
        """Size, time, etag and version: see `storelink.head()`."""
    def put(
        self,
        path: str,
        file: _Source,
        *,
        attributes: Attributes | None = None,
        tags: dict[str, str] | None = None,
        mode: PutMode | PutResult | None = None,
        use_multipart: bool | None = None,
        chunk_size: int = 5 * 1024 * 1024,
        max_concurrency: int = 12,
    ) -> PutResult:
        """Writes an object: see `storelink.put()`."""
    async def put_async(
        self,
        path: str,
        file: _AsyncSource,
        *,
        attributes: Attributes | None = None,
        tags: dict[str, str] | None = None,
        mode: PutMode | PutResult | None = None,
        use_multipart: bool | None = None,
        chunk_size: int = 5 * 1024 * 1024,
        max_concurrency: int = 12,
    ) -> PutResult:
        """Writes an object: see `storelink.put_async()`."""
    def copy(self, from_: str, to: str, *, overwrite: bool = True) -> None:
        """Copies an object: see `storelink.copy()`."""
    async def copy_async(self, from_: str, to: str, *, overwrite: bool = True) -> None:
        """Copies an object: see `storelink.copy()`."""
    def rename(self, from_: str, to: str, *, overwrite: bool = True) -> None:
        """Moves an object: see `storelink.rename()`."""
    async def rename_async(self, from_: str, to: str, *, overwrite: bool = True) -> None:
        """Moves an object: see `storelink.rename()`."""
    def delete(self, paths: str | Sequence[str]) -> None:
        """Removes an object, or many: see `storelink.delete()`."""
    async def delete_async(self, paths: str | Sequence[str]) -> None:
        """Removes an object, or many: see `storelink.delete()`."""
    @overload
    def list(
        self,
        prefix: str | None = None,
        *,
        offset: str | None = None,
        chunk_size: int = 50,
        return_arrow: Literal[True],
    ) -> ListStream[RecordBatch]: ...
    @overload
    def list(
        self,
        prefix: str | None = None,
        *,
        offset: str | None = None,
        chunk_size: int = 50,
        return_arrow: Literal[False] = False,
    ) -> ListStream[_Chunk]: ...
    @overload
    def list(
        self,
        prefix: str | None = None,
        *,
        offset: str | None = None,
        chunk_size: int = 50,
        return_arrow: bool = False,
    ) -> ListStream[RecordBatch] | ListStream[_Chunk]:
        """All objects below a prefix: see `storelink.list()`."""
    @overload
    def list_async(
        self,
        prefix: str | None = None,
        *,
        offset: str | None = None,
        chunk_size: int = 50,
        return_arrow: Literal[True],
    ) -> ListStream[RecordBatch]: ...
    @overload
    def list_async(
        self,
        prefix: str | None = None,
        *,
        offset: str | None = None,
        chunk_size: int = 50,
        return_arrow: Literal[False] = False,
    ) -> ListStream[_Chunk]: ...
    @overload
    def list_async(
        self,
        prefix: str | None = None,
        *,
        offset: str | None = None,
        chunk_size: int = 50,
        return_arrow: bool = False,
    ) -> ListStream[RecordBatch] | ListStream[_Chunk]:
        """The same as `list()`, under obspec's name. It is not awaited: iterate with `async for`."""
    @overload
    def list_with_delimiter(self, prefix: str | None = None, *, return_arrow: Literal[True]) -> ListResult[Table]: ...
    @overload
    def list_with_delimiter(
        self, prefix: str | None = None, *, return_arrow: Literal[False] = False
    ) -> ListResult[Sequence[ObjectMeta]]: ...
    @overload
    def list_with_delimiter(
        self, prefix: str | None = None, *, return_arrow: bool = False
    ) -> ListResult[Table] | ListResult[Sequence[ObjectMeta]]:
        """One level of a listing: see `storelink.list_with_delimiter()`."""
    @overload
    async def list_with_delimiter_async(
        self, prefix: str | None = None, *, return_arrow: Literal[True]
    ) -> ListResult[Table]: ...
    @overload
    async def list_with_delimiter_async(
        self, prefix: str | None = None, *, return_arrow: Literal[False] = False
    ) -> ListResult[Sequence[ObjectMeta]]: ...
    @overload
    async def list_with_delimiter_async(
        self, prefix: str | None = None, *, return_arrow: bool = False
    ) -> ListResult[Table] | ListResult[Sequence[ObjectMeta]]:
        """One level of a listing: see `storelink.list_with_delimiter()`."""
    def open_reader(self, path: str, *, buffer_size: int = 1024 * 1024, size: int | None = None) -> ReadableFile:
        """An object as a file that is read: see `storelink.open_reader()`."""
    async def open_reader_async(
        self, path: str, *, buffer_size: int = 1024 * 1024, size: int | None = None
    ) -> AsyncReadableFile:
        """An object as a file that is read: see `storelink.open_reader()`."""
    def open_writer(
        self,
        path: str,
        *,
        attributes: Attributes | None = None,
        buffer_size: int = 10 * 1024 * 1024,
        tags: dict[str, str] | None = None,
        max_concurrency: int = 12,
    ) -> WritableFile:
        """An object as a file that is written: see `storelink.open_writer()`."""
    def open_writer_async(
        self,
        path: str,
        *,
        attributes: Attributes | None = None,
        buffer_size: int = 10 * 1024 * 1024,
        tags: dict[str, str] | None = None,
        max_concurrency: int = 12,
    ) -> AsyncWritableFile:
        """An object as a file that is written: see `storelink.open_writer()`. It is not awaited itself."""
    @overload
    def sign(self, method: HTTP_METHOD, paths: str, expires_in: timedelta) -> str: ...  # type: ignore[overload-overlap] # pyright: ignore[reportOverlappingOverload]
    @overload
    def sign(self, method: HTTP_METHOD, paths: Sequence[str], expires_in: timedelta) -> builtins.list[str]:
        """A URL for anybody: see `storelink.sign()`. ValueError for stores that cannot sign."""
    @overload
    async def sign_async(self, method: HTTP_METHOD, paths: str, expires_in: timedelta) -> str: ...  # type: ignore[overload-overlap] # pyright: ignore[reportOverlappingOverload]
    @overload
    async def sign_async(self, method: HTTP_METHOD, paths: Sequence[str], expires_in: timedelta) -> builtins.list[str]:
        """A URL for anybody: see `storelink.sign()`. ValueError for stores that cannot sign."""
