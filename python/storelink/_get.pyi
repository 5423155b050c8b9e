# ruff: noqa: PYI011, PYI021 - the functions are compiled: their documentation is here, sizes are products
"""Reading objects."""

import builtins
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias, TypedDict

from ._any_store import AnyStore
from ._attributes import Attributes
from ._bytes import Bytes
from ._list import ObjectMeta

if sys.version_info >= (3, 12):
    from collections.abc import Buffer
else:
    from typing_extensions import Buffer

class OffsetRange(TypedDict):
    """All bytes from an offset on. For type checkers only."""

    offset: int
    """Where to begin, in bytes from the start of the object."""

class SuffixRange(TypedDict):
    """The last bytes of an object. For type checkers only."""

    suffix: int
    """How many bytes; all of them if the object is smaller."""

class GetOptions(TypedDict, total=False):
    """What `get()` is asked for. Every key may be left out. For type checkers only."""

    if_match: str | None
    """Etags with commas between, or "*": PreconditionError unless the object has one of them."""
    if_none_match: str | None
    """Etags with commas between, or "*": NotModifiedError if the object has one of them."""
    if_unmodified_since: datetime | None
    """PreconditionError if the object was changed after this. `meta["last_modified"]` can be passed as it is."""
    if_modified_since: datetime | None
    """NotModifiedError unless the object was changed after this."""
    range: tuple[int, int] | Sequence[int] | OffsetRange | SuffixRange
    """Which bytes: `(start, end)`, of which `end` is the first byte that is left out, an offset or a suffix.

    Default: the whole object. An `end` behind the object's end gives what there is.
    """
    version: str | None
    """The version, as `meta["version"]` names it. Default: the newest."""
    head: bool
    """Metadata and attributes without the bytes. Default: false."""

# Of its own: a GetOptions with a key more would not be obspec's.
class _GetOptionsAndHeaders(GetOptions, total=False):
    headers: dict[str, str]
    """Further headers of the request, where there is one. Default: none."""

_Options: TypeAlias = GetOptions | _GetOptionsAndHeaders

class GetResult:
    """The answer to a `get()`: metadata and attributes at once, the bytes when they are asked for.

    The bytes can be taken once: with `bytes()`, `bytes_async()` or one of their other names, or by iteration, as in
    `for chunk in result` and `async for chunk in result`. The second time is a ValueError.
    """

    @property
    def attributes(self) -> Attributes:
        """The object's attributes, such as its content type."""
    def bytes(self) -> Bytes:
        """All bytes of the range. ValueError the second time; what goes wrong on the way raises as `get()` does."""
    async def bytes_async(self) -> Bytes:
        """As `bytes()`, to be awaited."""
    def buffer(self) -> Bytes:
        """The same as `bytes()`, under obspec's name."""
    async def buffer_async(self) -> Bytes:
        """The same as `bytes_async()`, under obspec's name."""
    @property
    def meta(self) -> ObjectMeta:
        """Path, size, time, etag and version of the whole object, also where a range was asked for."""
    @property
    def range(self) -> tuple[int, int]:
        """Which bytes these are: the first one, and the one after the last."""
    def stream(self, min_chunk_size: int = 10 * 1024 * 1024) -> BytesStream:
        """The bytes in chunks of at least `min_chunk_size` bytes, the last one excepted. Default: 10 MiB.

        Chunks are fetched as they are asked for, and a slow reader slows the download down: no more than a few MiB
        beyond a chunk are in memory. The client option `timeout` counts for each pause of the server. ValueError if the
        bytes were taken already, OverflowError for a negative size; what goes wrong on the way raises from the chunks,
        as `get()` does.
        """
    def __aiter__(self) -> BytesStream:
        """As `stream()`."""
    def __iter__(self) -> BytesStream:
        """As `stream()`."""

class BytesStream:
    """Chunks of an object, as `bytes`: an iterator, and an asynchronous one.

    A download that breaks off goes on where it was, as often as the store's `retry_config` allows; then it raises as
    `get()` does.
    """

    def __aiter__(self) -> BytesStream:
        """Itself."""
    def __iter__(self) -> BytesStream:
        """Itself."""
    async def __anext__(self) -> bytes:
        """The next chunk. StopAsyncIteration at the end."""
    def __next__(self) -> bytes:
        """The next chunk. StopIteration at the end."""

def get(store: AnyStore, path: str, *, options: _Options | None = None) -> GetResult:
    """An object: its metadata at once, and its bytes all together or as a stream.

    options: a dict with any of these. Default: none of them.
        range: (start, end), {"offset": n} or {"suffix": n}, in bytes. Default: the whole object.
        head: True for metadata and attributes without the bytes. Default: False.
        version: as `meta["version"]` names it. Default: the newest.
        if_match, if_none_match: etags with commas between, or "*".
        if_modified_since, if_unmodified_since: datetimes with a time zone.
        headers: a dict of further headers of the request, where there is one.

    Returns a GetResult once the service has begun to answer; for up to 4 MiB, once all bytes are there. NotFoundError
    if there is no such object; PreconditionError and NotModifiedError for conditions that do not hold;
    UnauthenticatedError without valid credentials, PermissionDeniedError for credentials that may not do this;
    NotSupportedError for a version where none are kept; GenericError for a range that begins behind the object's end
    and for what else the service says; InputOutputError (an OSError) and OperationTimeoutError (a TimeoutError) for
    connections that fail, after the retries. Before anything is sent: InvalidPathError for a path that breaks the
    rules, ValueError for options that make no sense, TypeError for arguments of another type; what is no store is both.
    """

async def get_async(store: AnyStore, path: str, *, options: _Options | None = None) -> GetResult:
    """As `get()`, to be awaited."""

def get_range(store: AnyStore, path: str, *, start: int, end: int | None = None, length: int | None = None) -> Bytes:
    """The bytes from `start` on, until before `end`, or `length` of them. Give either `end` or `length`.

    A range that ends behind the object's end gives what there is. ValueError for an empty range and for neither or both
    of `end` and `length`, OverflowError for negative numbers, GenericError if the range begins behind the object's end.
    NotFoundError if there is no such object; UnauthenticatedError and PermissionDeniedError; GenericError for what else
    the service says; InputOutputError (an OSError) and OperationTimeoutError (a TimeoutError) for connections that
    fail, after the retries. InvalidPathError for a path that breaks the rules, TypeError for arguments of another type.
    """

async def get_range_async(
    store: AnyStore, path: str, *, start: int, end: int | None = None, length: int | None = None
) -> Bytes:
    """As `get_range()`, to be awaited."""

def get_ranges(
    store: AnyStore,
    path: str,
    *,
    starts: Sequence[int],
    ends: Sequence[int] | None = None,
    lengths: Sequence[int] | None = None,
    coalesce: int = 1024 * 1024,
) -> builtins.list[Bytes]:
    """Several ranges of one object, in the order asked. Give either `ends` or `lengths`, as many as `starts`.

    coalesce: ranges that are at most so many bytes apart are fetched with one request, ten requests at a time. Default:
        1 MiB. 0 merges only those that touch or overlap.

    ValueError for an empty range, for neither or both of `ends` and `lengths` and for another number of them than of
    `starts`. Otherwise errors are those of `get_range()`: NotFoundError, UnauthenticatedError, PermissionDeniedError,
    GenericError, InputOutputError, OperationTimeoutError and so on. The first one of any request ends the call.
    """

async def get_ranges_async(
    store: AnyStore,
    path: str,
    *,
    starts: Sequence[int],
    ends: Sequence[int] | None = None,
    lengths: Sequence[int] | None = None,
    coalesce: int = 1024 * 1024,
) -> builtins.list[Bytes]:
    """As `get_ranges()`, to be awaited."""

def get_into(
    store: AnyStore,
    path: str,
    buffer: Buffer,
    *,
    start: int = 0,
    end: int | None = None,
    length: int | None = None,
) -> int:
    """Reads into memory of yours, without a copy: a bytearray, a numpy array, a memoryview, an mmap.

    The bytes from `start` (default: 0) on, until before `end`, or `length` of them; by default as many as fit. Returns
    how many bytes were written, from the beginning of `buffer` on: fewer if the object ends before.

    ValueError for a buffer that is empty or smaller than the range, TypeError or BufferError for one that is not
    contiguous or cannot be written to, all before anything is sent; otherwise as `get_range()`. After an error the
    buffer's contents are not defined. Nothing writes to it once the call has ended, also when it was cancelled: a
    cancelled `get_into_async()` ends only then.
    """

async def get_into_async(
    store: AnyStore,
    path: str,
    buffer: Buffer,
    *,
    start: int = 0,
    end: int | None = None,
    length: int | None = None,
) -> int:
    """As `get_into()`, to be awaited. The buffer cannot be resized until then, also when it is cancelled."""
