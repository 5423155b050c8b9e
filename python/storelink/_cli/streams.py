"""The standard input and output, and other files that can only be read or written from front to back."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

from .execution import in_thread

STANDARD_INPUT, STANDARD_OUTPUT = 0, 1


def _read_full(file: int, size: int) -> bytes:
    pieces = []
    while size and (piece := os.read(file, size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


async def read_chunks(file: int, size: int) -> AsyncIterator[bytes]:
    """What the file has, in chunks of `size` bytes, the last one excepted. At least one chunk."""
    while True:
        chunk = await in_thread(_read_full, file, size)
        yield chunk
        if len(chunk) < size:
            return


async def write(file: int, data: bytes) -> None:
    """Writes all of it. BrokenPipeError if nobody reads it any more."""
    await in_thread(_write_all, file, data)
