"""Plain Python objects with methods of obspec's protocols, over a MemoryStore of obstore."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from obspec import (
    Copy,
    CopyAsync,
    Delete,
    DeleteAsync,
    Get,
    GetAsync,
    GetRange,
    GetRangeAsync,
    GetRanges,
    GetRangesAsync,
    Head,
    HeadAsync,
    List,
    ListAsync,
    ListWithDelimiter,
    ListWithDelimiterAsync,
    Put,
    PutAsync,
    Rename,
    RenameAsync,
)
from obstore.store import MemoryStore

Integers = Sequence[int] | None


class Synchronous(Copy, Delete, Get, GetRange, GetRanges, Head, List, ListWithDelimiter, Put, Rename):
    """Every verb as a synchronous method."""

    def __init__(self) -> None:
        self.inner = MemoryStore()

    def copy(self, from_: str, to: str, *, overwrite: bool = True) -> None:
        self.inner.copy(from_, to, overwrite=overwrite)

    def delete(self, paths: str | Sequence[str]) -> None:
        for path in [paths] if isinstance(paths, str) else paths:
            self.inner.head(path)  # obstore deletes what is not there without complaint
            self.inner.delete(path)

    def get(self, path: str, *, options: Any = None) -> Any:  # noqa: ANN401
        return self.inner.get(path, options=options)

    def get_range(self, path: str, *, start: int, end: int | None = None, length: int | None = None) -> Any:  # noqa: ANN401
        return self.inner.get_range(path, start=start, end=end, length=length)

    def get_ranges(
        self,
        path: str,
        *,
        starts: Sequence[int],
        ends: Sequence[int] | None = None,
        lengths: Sequence[int] | None = None,
    ) -> Any:  # noqa: ANN401
        return self.inner.get_ranges(path, starts=starts, ends=ends, lengths=lengths)

    def head(self, path: str) -> Any:  # noqa: ANN401
        return self.inner.head(path)

    def list(self, prefix: str | None = None, *, offset: str | None = None) -> Iterator[Any]:
        return self.inner.list(prefix, offset=offset, chunk_size=2)

    def list_with_delimiter(self, prefix: str | None = None) -> Any:  # noqa: ANN401
        return self.inner.list_with_delimiter(prefix)

    def put(self, path: str, file: Any, **options: Any) -> Any:  # noqa: ANN401
        return self.inner.put(path, file, **options)

    def rename(self, from_: str, to: str, *, overwrite: bool = True) -> None:
        self.inner.rename(from_, to, overwrite=overwrite)


class Asynchronous(
    CopyAsync,
    DeleteAsync,
    GetAsync,
    GetRangeAsync,
    GetRangesAsync,
    HeadAsync,
    ListAsync,
    ListWithDelimiterAsync,
    PutAsync,
    RenameAsync,
):
    """Every verb as an asynchronous method."""

    def __init__(self) -> None:
        self.inner = MemoryStore()

    async def copy_async(self, from_: str, to: str, *, overwrite: bool = True) -> None:
        await self.inner.copy_async(from_, to, overwrite=overwrite)

    async def delete_async(self, paths: str | Sequence[str]) -> None:
        for path in [paths] if isinstance(paths, str) else paths:
            await self.inner.head_async(path)
            await self.inner.delete_async(path)

    async def get_async(self, path: str, *, options: Any = None) -> Any:  # noqa: ANN401
        return await self.inner.get_async(path, options=options)

    async def get_range_async(self, path: str, *, start: int, end: int | None = None, length: int | None = None) -> Any:  # noqa: ANN401
        return await self.inner.get_range_async(path, start=start, end=end, length=length)

    async def get_ranges_async(
        self,
        path: str,
        *,
        starts: Sequence[int],
        ends: Sequence[int] | None = None,
        lengths: Sequence[int] | None = None,
    ) -> Any:  # noqa: ANN401
        return await self.inner.get_ranges_async(path, starts=starts, ends=ends, lengths=lengths)

    async def head_async(self, path: str) -> Any:  # noqa: ANN401
        return await self.inner.head_async(path)

    def list_async(self, prefix: str | None = None, *, offset: str | None = None) -> AsyncIterator[Any]:
        return self.inner.list_async(prefix, offset=offset, chunk_size=2)

    async def list_with_delimiter_async(self, prefix: str | None = None) -> Any:  # noqa: ANN401
        return await self.inner.list_with_delimiter_async(prefix)

    async def put_async(self, path: str, file: Any, **options: Any) -> Any:  # noqa: ANN401
        return await self.inner.put_async(path, file, **options)

    async def rename_async(self, from_: str, to: str, *, overwrite: bool = True) -> None:
        await self.inner.rename_async(from_, to, overwrite=overwrite)


class Ranges(GetRange):
    """Nothing but ranges of one object's content, as readers of files have it."""

    def __init__(self, content: bytes = b"0123456789") -> None:
        self.content = content
        self.asked: list[tuple[int, int]] = []

    def get_range(self, path: str, *, start: int, end: int | None = None, length: int | None = None) -> Any:  # noqa: ANN401
        if path != "key":
            raise FileNotFoundError(path)
        end = start + (length or 0) if end is None else end
        self.asked.append((start, end))
        return self.content[start:end]


class RangesAndHead(Ranges):
    def head(self, path: str) -> dict[str, Any]:
        if path != "key":
            raise FileNotFoundError(path)
        return {"path": path, "size": len(self.content), "e_tag": '"1"', "last_modified": None, "version": None}


class ManyRangesAsync(GetRangesAsync):
    async def get_ranges_async(
        self,
        path: str,
        *,
        starts: Sequence[int],
        ends: Sequence[int] | None = None,
        lengths: Sequence[int] | None = None,
    ) -> list[bytes]:
        content = b"0123456789"
        return [content[start:end] for start, end in zip(starts, ends or [], strict=True)]
