# ruff: noqa: PYI011, PYI021 - the functions are compiled: their documentation is here, sizes are products
"""Objects as files."""

import builtins
import sys
from types import TracebackType

from typing_extensions import Self

from ._any_store import AnyStore
from ._attributes import Attributes
from ._bytes import Bytes

if sys.version_info >= (3, 12):
    from collections.abc import Buffer
else:
    from typing_extensions import Buffer

def open_reader(store: AnyStore, path: str, *, buffer_size: int = 1024 * 1024, size: int | None = None) -> ReadableFile:
    """An object as a file that is read. One request asks for its size; after that each read asks for what it needs.

    buffer_size: how many bytes are fetched at least, and kept. Default: 1 MiB.
    size: the object's size in bytes, if you know it: saves that request. If it is too small, the file ends there.

    Returns a ReadableFile; `open_reader_async()` gives an AsyncReadableFile. All reads see the version that was opened,
    if the store has strong etags and `size` was not given: PreconditionError when the object is replaced meanwhile.
    Otherwise errors are those of `get()`: NotFoundError if there is no such object, UnauthenticatedError,
    PermissionDeniedError and so on; OverflowError for negative sizes. For a whole object `get()` is quicker.
    """

async def open_reader_async(
    store: AnyStore, path: str, *, buffer_size: int = 1024 * 1024, size: int | None = None
) -> AsyncReadableFile:
    """As `open_reader()`, to be awaited; so are the methods of what it returns."""

class ReadableFile:
    """An object that is read like a file opened with mode "rb": buffered, and with a position. Threads may share it.

    Reads raise as `open_reader()` says, and ValueError after `close()`.
    """

    def __enter__(self) -> Self:
        """Itself."""
    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        """Closes the file."""
    def __iter__(self) -> Self:
        """Itself, for its lines."""
    def __next__(self) -> Bytes:
        """The next line, with its newline. StopIteration at the end."""
    @property
    def closed(self) -> bool:
        """Whether `close()` has been called."""
    @property
    def mode(self) -> str:
        """ "rb"."""
    @property
    def name(self) -> str:
        """The object's path."""
    def readable(self) -> bool:
        """True."""
    def writable(self) -> bool:
        """False."""
    def readinto(self, buffer: Buffer, /) -> int:
        """Fills a writable buffer without a copy, and says with how many bytes: fewer only at the end.

        TypeError or BufferError for what is no contiguous buffer that can be written to.
        """
    def close(self) -> None:
        """Reading raises ValueError from now on."""
    def flush(self) -> None:
        """Does nothing. What wraps a file calls it."""
    def read(self, size: int | None = None, /) -> Bytes:
        """Up to `size` bytes, fewer only at the end. Default: all that are left."""
    def readall(self) -> Bytes:
        """All bytes that are left."""
    def readline(self) -> Bytes:
        """Up to the next newline, that included. Empty at the end."""
    def readlines(self, hint: int = -1, /) -> builtins.list[Bytes]:
        """The lines that are left. With a `hint` above 0, no further line once they have that many bytes."""
    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Goes to `offset` bytes from the start (`whence` 0, the default), from here (1) or from the end (2).

        Returns the position from the start. ValueError for a negative `offset` from the start; OSError for one that
        leads there from elsewhere, and for another `whence`.
        """
    def seekable(self) -> bool:
        """True."""
    @property
    def size(self) -> int:
        """The size of the object in bytes."""
    def tell(self) -> int:
        """The position, in bytes from the start."""

class AsyncReadableFile:
    """A `ReadableFile` whose reads are awaited."""

    async def __aenter__(self) -> Self:
        """Itself."""
    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        """Closes the file."""
    def __aiter__(self) -> Self:
        """Itself, for its lines."""
    async def __anext__(self) -> Bytes:
        """The next line, with its newline. StopAsyncIteration at the end."""
    @property
    def closed(self) -> bool:
        """Whether `close()` has been called."""
    @property
    def mode(self) -> str:
        """ "rb"."""
    @property
    def name(self) -> str:
        """The object's path."""
    def readable(self) -> bool:
        """True."""
    def writable(self) -> bool:
        """False."""
    async def readinto(self, buffer: Buffer, /) -> int:
        """As `ReadableFile.readinto()`."""
    def close(self) -> None:
        """Reading raises ValueError from now on."""
    async def read(self, size: int | None = None, /) -> Bytes:
        """As `ReadableFile.read()`."""
    async def readall(self) -> Bytes:
        """As `ReadableFile.readall()`."""
    async def readline(self) -> Bytes:
        """As `ReadableFile.readline()`."""
    async def readlines(self, hint: int = -1, /) -> builtins.list[Bytes]:
        """As `ReadableFile.readlines()`."""
    async def seek(self, offset: int, whence: int = 0, /) -> int:
        """As `ReadableFile.seek()`."""
    def seekable(self) -> bool:
        """True."""
    @property
    def size(self) -> int:
        """The size of the object in bytes."""
    async def tell(self) -> int:
        """The position, in bytes from the start."""

def open_writer(
    store: AnyStore,
    path: str,
    *,
    attributes: Attributes | None = None,
    buffer_size: int = 10 * 1024 * 1024,
    tags: dict[str, str] | None = None,
    max_concurrency: int = 12,
) -> WritableFile:
    """An object as a file that is written. The object is there once the file is closed; until then an older one stays.

    attributes: such as {"Content-Type": "text/plain"}. Default: none.
    buffer_size: how many bytes are kept until they are sent as a part. Default: 10 MiB; S3 takes 5 MiB at least. A
        smaller object is one put.
    tags: names and values. Default: none.
    max_concurrency: how many parts are sent at the same time. Default: 12.

    Returns a WritableFile; `open_writer_async()`, which is not awaited, an AsyncWritableFile. Nothing is sent yet.
    InvalidPathError for a path that breaks the rules, ValueError and TypeError for arguments that make no sense; what
    is no store is both. Writing, flushing and closing raise as `put()` does: NotFoundError for a bucket that is not
    there, NotSupportedError for attributes or tags that the store does not have, UnauthenticatedError,
    PermissionDeniedError, GenericError, InputOutputError, OperationTimeoutError.
    """

def open_writer_async(
    store: AnyStore,
    path: str,
    *,
    attributes: Attributes | None = None,
    buffer_size: int = 10 * 1024 * 1024,
    tags: dict[str, str] | None = None,
    max_concurrency: int = 12,
) -> AsyncWritableFile:
    """As `open_writer()`; the methods of what it returns are awaited. It is not awaited itself."""

class WritableFile:
    """An object that is written like a file opened with mode "wb".

    At the end of a `with` it is closed; if an exception ends it, the upload is given up and no object is made.
    """

    def __enter__(self) -> Self:
        """Itself."""
    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        """Closes the file, or after an exception gives the upload up."""
    @property
    def mode(self) -> str:
        """ "wb"."""
    @property
    def name(self) -> str:
        """The object's path."""
    def readable(self) -> bool:
        """False."""
    def seekable(self) -> bool:
        """False."""
    def writable(self) -> bool:
        """True."""
    def tell(self) -> int:
        """How many bytes were written."""
    def close(self) -> None:
        """Sends what is left and makes the object. Errors are those of `put()`. Does nothing the second time."""
    def closed(self) -> bool:
        """Whether it is closed, or has failed: a method, and a bool as well, as files of Python have it."""
    def flush(self) -> None:
        """Waits until all parts that were sent have arrived; the object is not there before `close()`.

        What fills no part is kept. OSError if it is closed or has failed; otherwise errors are those of `put()`.
        """
    def write(self, buffer: bytes | Buffer, /) -> int:
        """Takes all bytes of a contiguous buffer and returns how many those are.

        Waits while `max_concurrency` parts are under way. OSError if it is closed or has failed, TypeError for what is
        no buffer; otherwise errors are those of `put()`.
        """

class AsyncWritableFile:
    """A `WritableFile` whose methods are awaited."""

    async def __aenter__(self) -> Self:
        """Itself."""
    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None:
        """Closes the file, or after an exception gives the upload up."""
    @property
    def mode(self) -> str:
        """ "wb"."""
    @property
    def name(self) -> str:
        """The object's path."""
    def readable(self) -> bool:
        """False."""
    def seekable(self) -> bool:
        """False."""
    def writable(self) -> bool:
        """True."""
    async def tell(self) -> int:
        """How many bytes were written."""
    async def close(self) -> None:
        """As `WritableFile.close()`."""
    async def closed(self) -> bool:
        """Whether it is closed, or has failed."""
    async def flush(self) -> None:
        """As `WritableFile.flush()`."""
    async def write(self, buffer: bytes | Buffer, /) -> int:
        """As `WritableFile.write()`."""
