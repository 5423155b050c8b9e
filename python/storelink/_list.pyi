# ruff: noqa: A001, PYI021 - obstore's name; the functions are compiled: their documentation is here
"""Listing objects."""

import builtins
from collections.abc import Sequence
from datetime import datetime
from typing import Generic, Literal, TypeAlias, TypedDict, TypeVar, overload

from arro3.core import RecordBatch as _Arro3RecordBatch
from arro3.core import Table as _Arro3Table
from typing_extensions import Self

from ._any_store import AnyStore

class Key(str):
    """A path that operations take as it is: the exact key of an object, also where it breaks the rules for paths.

    Buckets may hold such keys, as "a//b" is one. Listings give them as `Key`, so that they can be passed back.
    """

class ObjectMeta(TypedDict):
    """What a store knows of an object. For type checkers only."""

    path: str
    """The key, without the store's prefix: a `Key` where it breaks the rules for paths."""
    last_modified: datetime
    """With a time zone, UTC."""
    size: int
    """In bytes."""
    e_tag: str | None
    """Changes whenever the object does. None if the service gives none."""
    version: str | None
    """None if the service keeps no versions or does not say."""

# Where the package arro3-core is installed, its own classes are what listings give at run time.
class RecordBatch(_Arro3RecordBatch):
    """A chunk of a listing in Arrow's columns: path, last_modified, size, e_tag, version.

    Give it to any library that knows Arrow's PyCapsule interface: `pyarrow.record_batch(batch)`. Where the package
    arro3-core is installed it is an `arro3.core.RecordBatch`.
    """

    @property
    def num_rows(self) -> int:
        """The number of objects."""
    @property
    def num_columns(self) -> int: ...
    @property
    def column_names(self) -> builtins.list[str]: ...
    def __arrow_c_schema__(self) -> object: ...
    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]: ...

class Table(_Arro3Table):
    """The objects of a level in Arrow's columns, as a stream of record batches: `pyarrow.table(table)`.

    Where the package arro3-core is installed it is an `arro3.core.Table`.
    """

    @property
    def num_rows(self) -> int:
        """The number of objects."""
    @property
    def num_columns(self) -> int: ...
    @property
    def column_names(self) -> builtins.list[str]: ...
    def __arrow_c_schema__(self) -> object: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

_Chunk: TypeAlias = builtins.list[ObjectMeta]

ListChunkType = TypeVar("ListChunkType", covariant=True)  # noqa: PYI001 - obstore's name
"""What a listing comes in: lists of `ObjectMeta`, or with `return_arrow` Arrow's columns. For type checkers only."""

class ListResult(TypedDict, Generic[ListChunkType]):
    """One level of a listing. For type checkers only."""

    common_prefixes: Sequence[str]
    """The directories below the prefix, without a slash at the end."""
    objects: ListChunkType
    """The objects directly below the prefix."""

class ListStream(Generic[ListChunkType]):
    """A listing, chunk by chunk: an iterator, and an asynchronous one. For type checkers only.

    Pages are fetched as they are asked for. What goes wrong raises as `list()` says.
    """

    def __aiter__(self) -> Self: ...
    def __iter__(self) -> Self: ...
    async def collect_async(self) -> ListChunkType:
        """As `collect()`, to be awaited."""
    def collect(self) -> ListChunkType:
        """All that is left, in one chunk, whatever the chunk size."""
    async def __anext__(self) -> ListChunkType:
        """The next chunk. StopAsyncIteration at the end."""
    def __next__(self) -> ListChunkType:
        """The next chunk. StopIteration at the end."""

@overload
def list(
    store: AnyStore, prefix: str | None = None, *, offset: str | None = None, chunk_size: int = 50
) -> ListStream[_Chunk]: ...
@overload
def list(
    store: AnyStore,
    prefix: str | None = None,
    *,
    offset: str | None = None,
    chunk_size: int = 50,
    return_arrow: Literal[True],
) -> ListStream[RecordBatch]: ...
@overload
def list(
    store: AnyStore,
    prefix: str | None = None,
    *,
    offset: str | None = None,
    chunk_size: int = 50,
    return_arrow: Literal[False],
) -> ListStream[_Chunk]: ...
@overload
def list(
    store: AnyStore,
    prefix: str | None = None,
    *,
    offset: str | None = None,
    chunk_size: int = 50,
    return_arrow: bool = False,
) -> ListStream[RecordBatch] | ListStream[_Chunk]:
    """All objects below `prefix`, at any depth. Iterate over it, with `for` or `async for`, or `collect()` it.

    prefix: whole segments of a path: "a/b" lists "a/b/c" and not "a/bc". Default: everything in the store.
    offset: only keys that come after this one in the order of their bytes. Default: all.
    chunk_size: how many objects are in a chunk, the last one excepted. Default: 50.
    return_arrow: chunks are Arrow record batches, which cost much less than dicts. Default: false. Then
        last_modified is in microseconds, UTC, and bytes of paths that are no UTF-8 are U+FFFD.

    Keys come in the service's order, which most services keep sorted. This is not to be awaited: nothing is sent until
    the first chunk is asked for, and errors are raised then: NotFoundError for a bucket that does not exist,
    PermissionDeniedError and UnauthenticatedError, GenericError, TimeoutError. ValueError at once for what is no store.
    """

@overload
def list_with_delimiter(
    store: AnyStore, prefix: str | None = None, *, return_arrow: Literal[True]
) -> ListResult[Table]: ...
@overload
def list_with_delimiter(
    store: AnyStore, prefix: str | None = None, *, return_arrow: Literal[False] = False
) -> ListResult[Sequence[ObjectMeta]]: ...
@overload
def list_with_delimiter(
    store: AnyStore, prefix: str | None = None, *, return_arrow: bool = False
) -> ListResult[Table] | ListResult[Sequence[ObjectMeta]]:
    """One level: the objects directly below `prefix`, and the directories there. All pages of it.

    `prefix` is whole segments of a path; default: the root of the store. With `return_arrow` the objects are an Arrow
    table. Errors are those of `list()`.
    """

@overload
async def list_with_delimiter_async(
    store: AnyStore, prefix: str | None = None, *, return_arrow: Literal[True]
) -> ListResult[Table]: ...
@overload
async def list_with_delimiter_async(
    store: AnyStore, prefix: str | None = None, *, return_arrow: Literal[False] = False
) -> ListResult[Sequence[ObjectMeta]]: ...
@overload
async def list_with_delimiter_async(
    store: AnyStore, prefix: str | None = None, *, return_arrow: bool = False
) -> ListResult[Table] | ListResult[Sequence[ObjectMeta]]:
    """As `list_with_delimiter()`, to be awaited."""
