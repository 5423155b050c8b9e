# ruff: noqa: PYI011, PYI021 - the functions are compiled: their documentation is here, sizes are products
"""Writing objects."""

import sys
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from os import PathLike
from pathlib import Path
from typing import IO, Literal, Protocol, TypeAlias, TypedDict

from ._any_store import AnyStore
from ._attributes import Attributes

if sys.version_info >= (3, 12):
    from collections.abc import Buffer
else:
    from typing_extensions import Buffer

class UpdateVersion(TypedDict, total=False):
    """The version of an object that an update may replace. For type checkers only.

    Services compare one or the other: keep both.
    """

    e_tag: str | None
    """As `put()` or `head()` returned it. All but Google Cloud Storage compare it."""
    version: str | None
    """As `put()` or `head()` returned it. Google Cloud Storage compares it."""

PutMode: TypeAlias = Literal["create", "overwrite"] | UpdateVersion
"""When `put()` may write. For type checkers only.

"overwrite": always. "create": if there is no such object, otherwise AlreadyExistsError. An `UpdateVersion`, or the
result of an earlier `put()`: if that is still the object's version, otherwise PreconditionError.
"""

class PutResult(TypedDict):
    """What was written. It can be given to another `put()` as its `mode`. For type checkers only."""

    e_tag: str | None
    """Changes whenever the object does. None if the service gives none."""
    version: str | None
    """None if the service keeps no versions or does not say."""

class _Readable(Protocol):
    def read(self, size: int, /) -> Buffer: ...

# A file is a stream of buffers as well, but what is read from it are chunks and not lines. A str is a path.
_Source: TypeAlias = (
    IO[bytes] | _Readable | str | PathLike[str] | Path | bytes | Buffer | Iterator[Buffer] | Iterable[Buffer]
)
_AsyncSource: TypeAlias = _Source | AsyncIterator[Buffer] | AsyncIterable[Buffer]

def put(
    store: AnyStore,
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
    """Writes an object: all of it, or nothing. Nobody sees a part of it, and until then an older one stays.

    file: bytes or any contiguous buffer, the path of a local file (a str or Path), a file opened for reading bytes, or
        an iterable of buffers, such as a GetResult; for `put_async()` also an asynchronous iterable.
    attributes: a dict of names of HTTP, such as {"Content-Type": "text/plain"}, and of your own, which are stored as
        metadata. Default: none.
    tags: a dict of names and values. Default: none.
    mode: "overwrite" (the default), "create", or a dict of e_tag and version, as an earlier put returned it: the
        version to replace. All but "overwrite" need a single request.
    use_multipart: whether the object is sent in parts. Default: if it is larger than `chunk_size`, or an iterable.
        False keeps all of it in memory.
    chunk_size: the size of a part in bytes. Default: 5 MiB, which is the least that S3 takes.
    max_concurrency: how many parts are sent at the same time. Default: 12.

    Returns a dict of e_tag and version. AlreadyExistsError where "create" finds an object, PreconditionError where the
    object is another one by now; NotFoundError for a bucket that is not there; NotSupportedError for attributes or tags
    and NotImplementedError for a mode that the store does not have; UnauthenticatedError and PermissionDeniedError,
    GenericError for what else the service says; InputOutputError (an OSError) and OperationTimeoutError (a
    TimeoutError) for connections that fail, after the retries. Before anything is sent: InvalidPathError for a path
    that breaks the rules, ValueError and TypeError for arguments that make no sense; what is no store is both. What the
    source raises goes through. An upload that has failed leaves no parts behind.
    """

async def put_async(
    store: AnyStore,
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
    """As `put()`, to be awaited. `file` may also be an asynchronous iterable of buffers.

    The result of a `get_async()` is one: it is copied as it comes, without being in memory as a whole.
    """
