"""One object from one place to another, with its bytes passing through here."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ..exceptions import PreconditionError
from ..store import AzureStore, GCSStore, S3Store
from . import streams
from .errors import CommandError
from .execution import RequestLimit, for_each
from .listing import Entry
from .locations import Location
from .operations import get_async, put_async
from .output import moment
from .partial_file import PartialFile
from .progress import Progress

if TYPE_CHECKING:
    from .._storelink import GetOptions, PutMode

_CHUNK = 1 << 20  # what is taken from a download at once
_MOST_PARTS = 10_000  # of an upload to S3


@dataclass(frozen=True)
class Transfer:
    """What all copies of one command share."""

    limit: RequestLimit
    progress: Progress
    part_size: int  # bytes
    replace: bool  # whether an object that is there may be overwritten

    def upload_part_size(self, size: int) -> int:
        """The part size, or more if an upload would have too many parts: then whole MiB."""
        least = -(-size // _MOST_PARTS)
        return max(self.part_size, -(-least // (1 << 20)) << 20)

    @property
    def mode(self) -> PutMode:
        return "overwrite" if self.replace else "create"


@dataclass(frozen=True)
class Target:
    """The object that is made."""

    location: Location
    key: str

    @property
    def url(self) -> str:
        return self.location.url(self.key)

    @property
    def path(self) -> str:
        return self.location.path(self.key)


# --- to a local file ----------------------------------------------------------------------------------------------


def _same_object(source: Entry) -> GetOptions:
    """Options of a get that fails with PreconditionError if the object is another one by now."""
    if source.e_tag is not None and not source.e_tag.startswith("W/"):
        return {"if_match": source.e_tag}
    return {"if_unmodified_since": source.modified}


async def download(source: Entry, target: Path, transfer: Transfer) -> None:
    """An object becomes a local file. Parts that an interrupted download has left are not fetched again."""
    if source.size <= transfer.part_size:
        await _download_at_once(source, target, transfer)
        return
    # Not get_into(): it has no conditions, and parts of two versions must not become one file.
    identity = (source.url, source.e_tag, moment(source.modified)) if source.e_tag is not None else None
    with PartialFile(target, source.size, transfer.part_size, identity) as partial:
        transfer.progress.advance(partial.bytes_there)

        async def fetch(part: tuple[int, int]) -> None:
            options: GetOptions = {**_same_object(source), "range": part}
            async with transfer.limit.hold():
                result = await get_async(source.location.store, source.location.path(source.key), options=options)
                offset = part[0]
                async for chunk in result.stream(_CHUNK):
                    partial.write(offset, chunk)
                    offset += len(chunk)
                    transfer.progress.advance(len(chunk))
            if offset != part[1]:
                raise CommandError(f"the server sent {offset - part[0]} bytes of {part[1] - part[0]}")
            partial.mark(part[0])

        try:
            await for_each(list(partial.missing()), fetch, at_once=transfer.limit.count)
        except PreconditionError:
            raise CommandError("the object was replaced while it was being read: try again") from None
        partial.finish(source.size, replace=transfer.replace)


async def _download_at_once(source: Entry, target: Path, transfer: Transfer) -> None:
    with PartialFile(target, source.size, transfer.part_size) as partial:
        offset = 0
        async with transfer.limit.hold():
            result = await get_async(source.location.store, source.location.path(source.key))
            async for chunk in result.stream(_CHUNK):
                partial.write(offset, chunk)
                offset += len(chunk)
                transfer.progress.advance(len(chunk))
        if offset != result.meta["size"]:
            raise CommandError(f"the server sent {offset} bytes of {result.meta['size']}")
        partial.finish(offset, replace=transfer.replace)


async def copy_file(source: Path, target: Path, transfer: Transfer) -> None:
    """A local file becomes another one."""
    async with transfer.limit.hold():
        with source.open("rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            with PartialFile(target, size, transfer.part_size) as partial:
                offset = 0
                async for chunk in streams.read_chunks(file.fileno(), _CHUNK):
                    partial.write(offset, chunk)
                    offset += len(chunk)
                    transfer.progress.advance(len(chunk))
                partial.finish(offset, replace=transfer.replace)


async def write_out(source: Entry, file: int, transfer: Transfer) -> None:
    """An object goes to an open file from front to back."""
    async with transfer.limit.hold():
        result = await get_async(source.location.store, source.location.path(source.key))
        async for chunk in result.stream(_CHUNK):
            await streams.write(file, chunk)
            transfer.progress.advance(len(chunk))


# --- to a store ---------------------------------------------------------------------------------------------------


class _CountedFile:
    """A file that tells the progress how much of it was read."""

    def __init__(self, file: IO[bytes], progress: Progress) -> None:
        self._file = file
        self._progress = progress

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._progress.advance(len(data))
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


async def upload(source: Path, size: int, target: Target, transfer: Transfer) -> None:
    """A local file becomes an object."""
    part_size = transfer.upload_part_size(size)
    parts = max(1, -(-size // part_size))
    with source.open("rb", buffering=0) as file:
        # Without a bar to feed, the package reads the file itself, which needs less memory.
        counted: Any = _CountedFile(file, transfer.progress) if transfer.progress.is_shown else source
        async with transfer.limit.hold(parts) as granted:
            await put_async(
                target.location.store,
                target.path,
                counted,
                mode=transfer.mode if parts == 1 else "overwrite",
                use_multipart=parts > 1,
                chunk_size=part_size,
                max_concurrency=granted,
            )


async def upload_stream(file: int, target: Target, transfer: Transfer) -> None:
    """What an open file has becomes an object, once its end has come."""
    chunks = streams.read_chunks(file, transfer.part_size)
    first = await chunks.__anext__()

    async def all_chunks() -> AsyncIterator[bytes]:
        chunk = first
        transfer.progress.advance(len(chunk))
        yield chunk
        if len(first) == transfer.part_size:
            async for chunk in chunks:
                transfer.progress.advance(len(chunk))
                yield chunk

    if len(first) < transfer.part_size:
        async with transfer.limit.hold():
            await put_async(target.location.store, target.path, first, mode=transfer.mode)
        transfer.progress.advance(len(first))
        return
    async with transfer.limit.hold(transfer.limit.count) as granted:
        await put_async(
            target.location.store,
            target.path,
            all_chunks(),
            use_multipart=True,
            chunk_size=transfer.part_size,
            max_concurrency=granted,
        )


async def relay(source: Entry, target: Target, transfer: Transfer) -> None:
    """An object of one store becomes one of another: its bytes pass through here, some parts at a time."""
    part_size = transfer.upload_part_size(source.size)
    parts = max(1, -(-source.size // part_size))
    async with transfer.limit.hold(1 if parts == 1 else parts + 1, at_least=1 if parts == 1 else 2) as granted:
        result = await get_async(source.location.store, source.location.path(source.key))
        attributes = result.attributes if isinstance(target.location.remote, (S3Store, GCSStore, AzureStore)) else None
        if parts == 1:
            data = await result.bytes_async()
            await put_async(
                target.location.store, target.path, data, attributes=attributes, mode=transfer.mode, use_multipart=False
            )
            transfer.progress.advance(len(data))
            return

        async def chunks() -> AsyncIterator[bytes]:
            async for chunk in result.stream(part_size):
                transfer.progress.advance(len(chunk))
                yield chunk

        await put_async(
            target.location.store,
            target.path,
            chunks(),
            attributes=attributes,
            use_multipart=True,
            chunk_size=part_size,
            max_concurrency=max(1, granted - 1),
        )
