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

    Errors are those of `get()`. Where the whole object is wanted, `get()` is quicker.
    """

async def open_reader_async(
    store: AnyStore, path: str, *, buffer_size: int = 1024 * 1024, size: int | None = None
) -> AsyncReadableFile:
    """As `open_reader()`, to be awaited; so are the methods of what it returns."""

class ReadableFile:
    """An object that is read like a file opened with mode "rb". For type checkers only.

    All reads see the version that was opened: PreconditionError when the object is replaced meanwhile, if the store has
    strong etags and `size` was not given. Otherwise reads raise as `get_range()` does. Threads may share it.
    """

    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...
    def __iter__(self) -> Self: ...
    def __next__(self) -> Bytes: ...
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
        """Fills a writable buffer without a copy, and says with how many bytes: fewer only at the end."""
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
    """A `ReadableFile` whose reads are awaited. For type checkers only."""

    async def __aenter__(self) -> Self: ...
    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...
    def __aiter__(self) -> Self: ...
    async def __anext__(self) -> Bytes: ...
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
        """Fills a writable buffer without a copy, and says with how many bytes: fewer only at the end."""
    def close(self) -> None:
        """Reading raises ValueError from now on."""
    async def read(self, size: int | None = None, /) -> Bytes:
        """Up to `size` bytes, fewer only at the end. Default: all that are left."""
    async def readall(self) -> Bytes:
        """All bytes that are left."""
    async def readline(self) -> Bytes:
        """Up to the next newline, that included. Empty at the end."""
    async def readlines(self, hint: int = -1, /) -> builtins.list[Bytes]:
        """The lines that are left. With a `hint` above 0, no further line once they have that many bytes."""
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
    """An object as a file that is written. The object is there once the file is closed, and not before.

    attributes: such as {"Content-Type": "text/plain"}. Default: none.
    buffer_size: how many bytes are kept until they are sent as a part. Default: 10 MiB. A smaller object is one put.
    tags: names and values. Default: none.
    max_concurrency: how many parts are sent at the same time. Default: 12.

    ValueError and TypeError for arguments that make no sense; writing raises as `put()` does.
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
    """An object that is written like a file opened with mode "wb". For type checkers only.

    At the end of a `with` it is closed; if an exception ends it, the upload is given up and no object is made.
    """

    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...
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
        """Sends what is left and makes the object. Errors are those of `put()`."""
    def closed(self) -> bool:
        """Whether it is closed. A method, other than in Python's files."""
    def flush(self) -> None:
        """Sends what can be sent. The object is not there before `close()`."""
    def write(self, buffer: bytes | Buffer, /) -> int:
        """Takes all bytes of a contiguous buffer and returns how many those are. OSError if it is closed."""

class AsyncWritableFile:
    """A `WritableFile` whose methods are awaited. For type checkers only."""

    async def __aenter__(self) -> Self: ...
    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...
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
        """Sends what is left and makes the object. Errors are those of `put()`."""
    async def closed(self) -> bool:
        """Whether it is closed. A method, other than in Python's files."""
    async def flush(self) -> None:
        """Sends what can be sent. The object is not there before `close()`."""
    async def write(self, buffer: bytes | Buffer, /) -> int:
        """Takes all bytes of a contiguous buffer and returns how many those are. OSError if it is closed."""
