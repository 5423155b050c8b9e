"""Files of a FsspecStore."""

# mypy: disallow-subclassing-any=False
# ruff: noqa: ANN401 - fsspec has no types, and passes anything on

from __future__ import annotations

import io
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, overload

from fsspec.asyn import AbstractAsyncStreamedFile
from fsspec.spec import AbstractBufferedFile

from .. import _slices, open_writer, open_writer_async
from . import _paths

if TYPE_CHECKING:
    from .. import Attributes
    from ._filesystem import FsspecStore

_READ_BUFFER = 1024 * 1024
_WRITE_BUFFER = 10 * 1024 * 1024


class BufferedFile(AbstractBufferedFile):
    """A binary file that is read or written through a buffer.

    Reading is what fsspec's caches do with the object (`cache_type`, `cache_options`). What is written becomes visible
    when the file is closed, all at once: a `with` block that fails, or discard(), leaves the object as it was.
    """

    mode: Literal["rb", "wb", "xb"]
    buffer: io.BytesIO
    _details: dict[str, Any] | None

    @overload
    def __init__(
        self,
        fs: FsspecStore,
        path: str,
        mode: Literal["rb"] = "rb",
        *,
        buffer_size: int = 1024 * 1024,
        **kwargs: Any,
    ) -> None: ...
    @overload
    def __init__(
        self,
        fs: FsspecStore,
        path: str,
        mode: Literal["wb", "xb"],
        *,
        buffer_size: int = 10 * 1024 * 1024,
        attributes: Attributes | None = None,
        tags: dict[str, str] | None = None,
        **kwargs: Any,
    ) -> None: ...
    def __init__(
        self,
        fs: FsspecStore,
        path: str,
        mode: Literal["rb", "wb", "xb"] = "rb",
        *,
        buffer_size: int | None = None,
        attributes: Attributes | None = None,
        tags: dict[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        """Open a file.

        Args:
            fs: where it is.
            path: its path there.
            mode: "rb" to read, "wb" to write, "xb" to write what must not exist yet.

        Keyword Args:
            buffer_size: in bytes. Reading: how much is asked for at once, at least; 1 MiB by default. Writing: the size
                of a part of the upload, 10 MiB by default; what is smaller goes up in one request.
            attributes: of the object that is written. None by default.
            tags: of the object that is written. None by default.
            kwargs: of fsspec's AbstractBufferedFile, such as `block_size` (another name of buffer_size), `cache_type`,
                `cache_options`, `size` and `autocommit`.

        ValueError for another mode, FileNotFoundError if what is to be read does not exist, FileExistsError with "xb"
        if the object is there. With "xb" a file of one part is only made if no other writer has made it meanwhile.
        """
        if mode not in ("rb", "wb", "xb"):
            raise ValueError(f"the mode is {mode!r}; accepted are 'rb', 'wb' and 'xb'")
        self._store, self._bucket, self._key = fs._locate(path)
        self._attributes, self._tags = attributes, tags
        self._writer: Any = None
        self._discarded = False
        self._made = False  # what could not be opened is not written when it is collected
        if buffer_size is None:
            buffer_size = kwargs.pop("block_size", None)
        if buffer_size in (None, "default"):
            buffer_size = _READ_BUFFER if mode == "rb" else _WRITE_BUFFER
        kwargs["block_size"] = buffer_size
        super().__init__(fs, path, "rb" if mode == "rb" else "wb", **kwargs)
        self.mode = mode
        if mode == "xb":
            self._refuse_existing()
        self._made = True

    @property
    def details(self) -> dict[str, Any]:
        """What the filesystem's info() says of the file."""
        if self._details is None:
            self._details = _paths.entry(self._bucket, self._store.head(self._key))
        return self._details

    @details.setter
    def details(self, value: dict[str, Any]) -> None:
        self._details = value
        self.size = value["size"]

    def writable(self) -> bool:
        """Whether the file was opened for writing."""
        return self.mode != "rb" and not self.closed

    def _fetch_range(self, start: int, end: int) -> bytes:
        return bytes(_slices.read(self._store, self._key, start, end))

    def read(self, length: int = -1) -> bytes:
        """The next bytes, at most `length`; all that are left if it is negative."""
        self._check_open()
        if self.mode != "rb":
            raise io.UnsupportedOperation("the file was opened for writing")
        return bytes(super().read(length))

    def readline(self, size: int | None = -1) -> bytes:
        """The next line with its end, or the first `size` bytes of it if that is not negative."""
        start = self.tell()
        line: bytes = self.readuntil(b"\n", blocks=min(self.blocksize, 8192))
        if size is not None and 0 <= size < len(line):
            self.seek(start + size)
            return line[:size]
        return line

    def readlines(self, hint: int = -1) -> list[bytes]:
        """The lines that are left, with their ends."""
        return io.BytesIO(self.read()).readlines(hint)

    def seek(self, loc: int, whence: int = 0) -> int:
        """Goes to a byte, counted from the start (whence 0), from where we are (1) or from the end (2)."""
        self._check_open()
        if self.mode != "rb":
            raise io.UnsupportedOperation("only a file that is read can be sought in")
        return int(super().seek(loc, whence))

    def write(self, data: Any) -> int:
        """Adds bytes; gives how many. After discard() they are dropped."""
        if self.mode == "rb":
            raise io.UnsupportedOperation("the file was opened for reading")
        size = memoryview(data).nbytes
        if self._discarded:
            return size
        self._check_open()
        if self._writer is None and self.buffer.tell() + size > self.blocksize:
            self._writer = open_writer(
                self._store, self._key, attributes=self._attributes, buffer_size=self.blocksize, tags=self._tags
            )
            self._upload(self.buffer.getvalue())
            self.buffer = io.BytesIO()
        if self._writer is None:
            self.buffer.write(data)
        else:
            self._upload(data)
        self.loc += size
        return size

    def _upload(self, data: Any) -> None:
        try:
            self._writer.write(data)
        except BaseException:
            self.discard()
            raise

    def flush(self, force: bool = False) -> None:
        """Does nothing: nothing is visible before the file is closed."""
        if not self._discarded:
            self._check_open()

    def close(self) -> None:
        """Ends reading, or makes visible what was written. Inside a transaction, that is left to commit()."""
        if self._closed:
            return
        if self.mode == "rb":
            super().close()
            return
        self.closed = True
        if self.autocommit and self._made:
            self.commit()

    def commit(self) -> None:
        """Makes visible what was written."""
        if self._writer is None:
            self._store.put(
                self._key,
                self.buffer.getvalue(),
                mode="create" if self.mode == "xb" else "overwrite",
                attributes=self._attributes,
                tags=self._tags,
                use_multipart=False,
            )
        else:
            if self.mode == "xb":
                try:
                    self._refuse_existing()
                except BaseException:
                    self.discard()
                    raise
            self._writer.close()
        self.buffer = io.BytesIO()
        self.fs.invalidate_cache(self.path)

    def discard(self) -> None:
        """Closes the file and forgets what was written; nothing stays behind in the store."""
        self.closed = True
        if self.mode == "rb" or self._discarded:
            return
        self._discarded = True
        self.buffer = io.BytesIO()
        if self._writer is not None:
            self._writer.__exit__(DiscardedError, DiscardedError(), None)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is not None and not self.closed:
            self.discard()
        self.close()

    def _check_open(self) -> None:
        if self._closed:
            raise ValueError("I/O operation on closed file")

    def _refuse_existing(self) -> None:
        try:
            self._store.head(self._key)
        except FileNotFoundError:
            return
        self.closed = True
        raise FileExistsError(f"{self.path} exists, and the mode is 'xb'")


class DiscardedError(Exception):
    """Tells a writer that its block has failed."""


class TextFile(io.TextIOWrapper):
    """Text on top of a file that discard() ends."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is not None and not self.closed and hasattr(self.buffer, "discard"):
            self.buffer.discard()
        self.close()


class CompressedFile(io.BufferedIOBase):
    """What a compressing file writes into a file of ours, closed or discarded together."""

    def __init__(self, compressing: Any, file: BufferedFile) -> None:
        self._compressing, self._file = compressing, file

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        size = memoryview(data).nbytes
        if not self._file._discarded:
            self._compressing.write(data)
        return size

    def close(self) -> None:
        if not self.closed:
            try:
                self._compressing.close()
            except BaseException:
                self._file.discard()
                raise
            finally:
                super().close()
                self._file.close()

    def discard(self) -> None:
        self._file.discard()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is not None:
            self.discard()
        self.close()


class StreamedFile(AbstractAsyncStreamedFile):
    """A file for coroutines, from FsspecStore.open_async(). What is written becomes visible when it is closed."""

    def __init__(self, fs: FsspecStore, path: str, mode: str, **kwargs: Any) -> None:
        self._store, self._bucket, self._key = fs._locate(path)
        self._options = {name: kwargs.pop(name, None) for name in ("attributes", "tags")}
        self._writer: Any = None
        super().__init__(fs, path, mode, **kwargs)

    async def _fetch_range(self, start: int, end: int) -> bytes:
        return bytes(await _slices.read_async(self._store, self._key, start, end))

    async def _initiate_upload(self) -> None:
        self._writer = open_writer_async(self._store, self._key, buffer_size=self.blocksize, **self._options)

    async def _upload_chunk(self, final: bool = False) -> None:
        await self._writer.write(self.buffer.getvalue())
        if final:
            await self._writer.close()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None or self.mode == "rb":
            await self.close()
            return
        self.closed = True
        if self._writer is not None:
            await self._writer.__aexit__(kind, error, traceback)
