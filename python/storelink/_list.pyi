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

    Paths have no empty segment, no "." and "..", and no slash at either end. Buckets may hold other keys, as "a//b" is
    one. Listings give them as Key, a str, so that they can be passed back.
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
    arro3-core is installed, listings give an `arro3.core.RecordBatch` in its place.
    """

    def __len__(self) -> int:
        """The number of objects."""
    @property
    def num_rows(self) -> int:
        """The number of objects."""
    @property
    def num_columns(self) -> int:
        """The number of columns: 5."""
    @property
    def column_names(self) -> builtins.list[str]:
        """The names of the columns, in their order."""
    def to_pylist(self) -> builtins.list[ObjectMeta]:
        """The objects, as the dicts that `head()` returns. Those of arro3-core have no such method."""
    def __arrow_c_schema__(self) -> object:
        """The schema, as a PyCapsule of Arrow's C data interface."""
    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]:
        """The schema and the rows, as two PyCapsules of Arrow's C data interface. Nothing is copied.

        requested_schema is left aside.
        """

class Table(_Arro3Table):
    """The objects of a level in Arrow's columns: path, last_modified, size, e_tag, version.

    Give it to any library that knows Arrow's PyCapsule interface: `pyarrow.table(table)`. Where the package arro3-core
    is installed, listings give an `arro3.core.Table` in its place.
    """

    def __len__(self) -> int:
        """The number of objects."""
    @property
    def num_rows(self) -> int:
        """The number of objects."""
    @property
    def num_columns(self) -> int:
        """The number of columns: 5."""
    @property
    def column_names(self) -> builtins.list[str]:
        """The names of the columns, in their order."""
    def to_pylist(self) -> builtins.list[ObjectMeta]:
        """The objects, as the dicts that `head()` returns. Those of arro3-core have no such method."""
    def __arrow_c_schema__(self) -> object:
        """The schema, as a PyCapsule of Arrow's C data interface."""
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """One record batch, as a PyCapsule of Arrow's C stream interface. Nothing is copied.

        requested_schema is left aside.
        """

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
    """A listing, chunk by chunk: an iterator, and an asynchronous one.

    Pages are fetched as they are asked for. What goes wrong raises as `list()` says; the stream is then at its end.
    Threads and tasks may share a stream: each chunk goes to one of them, and one that is cancelled loses nothing.
    """

    def __aiter__(self) -> Self:
        """Itself."""
    def __iter__(self) -> Self:
        """Itself."""
    async def collect_async(self) -> ListChunkType:
        """As `collect()`, to be awaited."""
    def collect(self) -> ListChunkType:
        """All that is left, in one chunk, whatever the chunk size. Empty at the end.

        Errors are those of `list()`; GenericError for more than 2 GiB of paths in Arrow's columns.
        """
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
    return_arrow: whether chunks are Arrow record batches, which cost much less than dicts. Default: False. They have
        path, last_modified (microseconds, UTC), size (bytes), e_tag and version; in paths, bytes that are no UTF-8 are
        U+FFFD. Otherwise a chunk is a list of dicts, as `head()` returns them.

    Keys come in the service's order, which most services keep sorted. Paths that break the rules are `Key` objects.
    This is not to be awaited: nothing is sent until the first chunk is asked for, and errors are raised then:
    NotFoundError for a bucket that does not exist, UnauthenticatedError and PermissionDeniedError, GenericError,
    InputOutputError (an OSError) and OperationTimeoutError (a TimeoutError) for connections that fail, after the
    retries. At once: InvalidPathError for a prefix or offset that breaks the rules, OverflowError for a negative
    `chunk_size`, TypeError; what is no store is a ValueError, too.
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
    """One level: a dict of the objects directly below `prefix`, and of common_prefixes, the directories there. All
    pages.

    prefix: whole segments of a path. Default: the root of the store.
    return_arrow: whether the objects are an Arrow table. Default: False, a list of dicts. See `list()` for its
        columns.

    Errors are those of `list()`, and raised by this call: NotFoundError for a bucket that does not exist,
    UnauthenticatedError and PermissionDeniedError, GenericError, InputOutputError and OperationTimeoutError;
    InvalidPathError for a prefix that breaks the rules. A prefix below which there is nothing gives nothing.
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
