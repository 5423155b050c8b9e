"""The filesystem: reading, writing, copying and deleting in terms of a store's operations."""

# mypy: disallow-subclassing-any=False
# ruff: noqa: ANN401 - fsspec has no types, and passes anything on

from __future__ import annotations

import os
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from glob import has_magic
from pathlib import Path
from typing import IO, Any, Literal, cast, overload

from fsspec.asyn import _run_coros_in_chunks
from fsspec.callbacks import DEFAULT_CALLBACK
from fsspec.compression import compr
from fsspec.core import get_compression
from fsspec.utils import isfilelike

from .. import Key, _slices, sign
from ._files import BufferedFile, CompressedFile, StreamedFile, TextFile
from ._listing import ListingFileSystem

_CHUNK = 4 * 1024 * 1024  # bytes of a file on its way to or from the local disk


class FsspecStore(ListingFileSystem):
    """An fsspec filesystem over the stores of one protocol, one store for each bucket.

    Directories are what paths have in common; only those of "file" exist on their own. Listings are not cached, unless
    `use_listings_cache=True` is given.
    """

    async def _cat_file(self, path: str, start: int | None = None, end: int | None = None, **_kwargs: Any) -> bytes:
        store, _, key = self._locate(path)
        return bytes(await _slices.read_async(store, key, start, end))

    async def _cat(
        self,
        path: str | list[str],
        recursive: bool = False,
        on_error: str = "raise",
        batch_size: int | None = None,
        **kwargs: Any,
    ) -> bytes | dict[str, Any]:
        paths = await self._expand_path(path, recursive=recursive)
        named = self._strip_protocol(path if isinstance(path, list) else [path])
        contents = await _run_coros_in_chunks(
            [self._cat_file(item, **kwargs) for item in paths],
            batch_size=batch_size or self.batch_size,
            nofiles=True,
            return_exceptions=True,
        )
        found = {}
        for name, content in zip(paths, contents, strict=True):
            if isinstance(content, BaseException):
                if isinstance(content, OSError) and (recursive or name not in named) and await self._isdir(name):
                    continue
                if on_error == "raise":
                    raise content
                if on_error == "omit":
                    continue
            found[name] = content
        if paths == named and not isinstance(path, list):
            if not found:
                raise FileNotFoundError(path)
            return next(iter(found.values()))  # type: ignore[no-any-return]
        return found

    async def _cat_ranges(
        self,
        paths: list[str],
        starts: Iterable[int | None] | int | None,
        ends: Iterable[int | None] | int | None,
        max_gap: int | None = None,
        batch_size: int | None = None,
        on_error: str = "return",
        **_kwargs: Any,
    ) -> list[Any]:
        firsts = list(starts) if isinstance(starts, Iterable) else [starts] * len(paths)
        lasts = list(ends) if isinstance(ends, Iterable) else [ends] * len(paths)
        if not len(paths) == len(firsts) == len(lasts):
            raise ValueError(f"{len(paths)} paths have {len(firsts)} starts and {len(lasts)} ends")
        places: dict[str, list[int]] = defaultdict(list)
        for place, path in enumerate(paths):
            places[path].append(place)
        results = await _run_coros_in_chunks(
            [
                self._read_slices(path, [(firsts[place], lasts[place]) for place in of_path], max_gap)
                for path, of_path in places.items()
            ],
            batch_size=batch_size or self.batch_size,
            nofiles=True,
            return_exceptions=True,
        )
        out: list[Any] = [b""] * len(paths)
        for of_path, result in zip(places.values(), results, strict=True):
            if isinstance(result, BaseException):
                if on_error != "return":
                    raise result
                result = [result] * len(of_path)
            for place, content in zip(of_path, result, strict=True):
                out[place] = content
        return out

    async def _read_slices(
        self, path: str, slices: list[tuple[int | None, int | None]], max_gap: int | None
    ) -> list[bytes]:
        store, _, key = self._locate(path)
        if len(slices) == 1:
            return [bytes(await _slices.read_async(store, key, *slices[0]))]
        return [bytes(content) for content in await _slices.read_many_async(store, key, slices, max_gap)]

    async def _get_file(self, rpath: str, lpath: Any, callback: Any = DEFAULT_CALLBACK, **_kwargs: Any) -> None:
        store, _, key = self._locate(rpath)
        try:
            if self.protocol == "file" and os.path.isdir(f"/{key}"):  # noqa: PTH112
                raise FileNotFoundError(rpath)
            result = await store.get_async(key)
        except FileNotFoundError:
            if isfilelike(lpath) or not await self._isdir(rpath):
                raise
            Path(lpath).mkdir(parents=True, exist_ok=True)
            return
        callback.set_size(result.meta["size"])
        with _written_at_once(lpath) as file:
            async for chunk in result.stream(min_chunk_size=_CHUNK):
                file.write(chunk)
                callback.relative_update(len(chunk))

    @overload
    def open(self, path: str, mode: Literal["rb", "wb", "xb"] = "rb", **kwargs: Any) -> BufferedFile: ...
    @overload
    def open(self, path: str, mode: str = "rb", **kwargs: Any) -> Any: ...
    def open(self, path: str, mode: str = "rb", compression: str | None = None, **kwargs: Any) -> Any:
        """Open a file; of a `with` block that fails, nothing stays.

        Args:
            path: the file.
            mode: to read ("rb", "r"), write ("wb", "w") or write what must not exist ("xb", "x"). "rb" by default.
            compression: a name that fsspec knows, such as "gzip", or "infer" from the path. None by default.
            kwargs: `encoding`, `errors` and `newline` of text; those of BufferedFile.

        ValueError for another mode, FileNotFoundError if there is nothing to read, FileExistsError.
        """
        if "b" not in mode:
            text = {name: kwargs.pop(name) for name in ("encoding", "errors", "newline") if name in kwargs}
            binary = self.open(path, mode.replace("t", "") + "b", compression=compression, **kwargs)
            return TextFile(binary, **text)
        file = super().open(path, mode, **kwargs)
        if compression is not None:
            compression = get_compression(path, compression)
        if compression is None:
            return file
        compressing = compr[compression](file, mode=mode[0])
        return compressing if mode == "rb" else CompressedFile(compressing, file)

    def _open(
        self,
        path: str,
        mode: str = "rb",
        block_size: Any = None,
        autocommit: bool = True,
        cache_options: Any = None,
        **kwargs: Any,
    ) -> BufferedFile:
        if mode not in ("rb", "wb", "xb"):
            raise ValueError(f"the mode is {mode!r}; accepted are 'rb', 'wb' and 'xb', and the same without b for text")
        return BufferedFile(
            self,
            path,
            cast("Any", mode),
            block_size=block_size,
            autocommit=autocommit,
            cache_options=cache_options,
            **kwargs,
        )

    async def open_async(self, path: str, mode: str = "rb", **kwargs: Any) -> StreamedFile:
        """Open a file for coroutines, in mode "rb" (the default) or "wb". FileNotFoundError, ValueError."""
        if mode not in ("rb", "wb") or kwargs.get("compression"):
            raise ValueError(f"open_async() takes the modes 'rb' and 'wb' without compression, not {mode!r}")
        if mode == "rb" and "size" not in kwargs:
            store, _, key = self._locate(path)
            kwargs["size"] = (await store.head_async(key))["size"]
        return StreamedFile(self, path, mode, **kwargs)

    def sign(self, path: str, expiration: float = 100, *, method: Any = "GET", **_kwargs: Any) -> str:
        """A URL that allows anybody one HTTP method on a file for a time.

        Args:
            path: the file; it need not exist.
            expiration: in seconds. 100 by default.
            method: "GET", the default, or another.

        NotImplementedError for stores that cannot.
        """
        store, _, key = self._locate(path)
        if self.protocol in ("file", "memory", "http", "https"):
            raise NotImplementedError(f"there are no signed URLs for {self.protocol}://")
        return str(sign(store, method, key, timedelta(seconds=expiration)))

    # --- writing ----------------------------------------------------------------------------------------------------

    async def _pipe_file(
        self,
        path: str,
        value: Any,
        mode: str = "overwrite",
        attributes: Any = None,
        tags: dict[str, str] | None = None,
        **_kwargs: Any,
    ) -> Any:
        store, _, key = self._locate(path)
        result = await store.put_async(key, value, mode=_put_mode(mode), attributes=attributes, tags=tags)
        self.invalidate_cache(path)
        return result

    async def _put_file(
        self,
        lpath: str,
        rpath: str,
        mode: str = "overwrite",
        callback: Any = DEFAULT_CALLBACK,
        attributes: Any = None,
        tags: dict[str, str] | None = None,
        **_kwargs: Any,
    ) -> None:
        local = Path(lpath)
        if local.is_dir():
            await self._makedirs(rpath, exist_ok=True)
            return
        store, _, key = self._locate(rpath)
        size = local.stat().st_size
        callback.set_size(size)
        options = {"mode": _put_mode(mode), "attributes": attributes, "tags": tags}
        if callback is DEFAULT_CALLBACK or size <= _CHUNK or mode == "create":
            await store.put_async(key, local, **options)
            callback.relative_update(size)
        else:
            with local.open("rb") as file:
                await store.put_async(key, _chunks(file, callback), **options)
        self.invalidate_cache(rpath)

    async def _cp_file(self, path1: str, path2: str, **_kwargs: Any) -> None:
        """Copies a file; within a bucket the service does. A directory is made, without what is in it.

        Args:
            path1: the file. FileNotFoundError if there is none.
            path2: its copy, which replaces a file that is there.
        """
        source, bucket1, key1 = self._locate(path1)
        target, bucket2, key2 = self._locate(path2)
        try:
            if self.protocol == "file" and os.path.isdir(f"/{key1}"):  # noqa: PTH112
                raise FileNotFoundError(path1)
            if bucket1 == bucket2:
                await source.copy_async(key1, key2)
            else:
                await target.put_async(key2, (await source.get_async(key1)).stream(min_chunk_size=_CHUNK))
        except FileNotFoundError:
            if not await self._isdir(path1):
                raise
            await self._makedirs(path2, exist_ok=True)
        self.invalidate_cache(path2)

    async def _mv_file(self, path1: str, path2: str) -> None:
        store, bucket1, key1 = self._locate(path1)
        _, bucket2, key2 = self._locate(path2)
        if bucket1 == bucket2:
            await store.rename_async(key1, key2)
            self.invalidate_cache(path1)
            self.invalidate_cache(path2)
        else:
            await super()._mv_file(path1, path2)

    async def _rm_file(self, path: str, **_kwargs: Any) -> None:
        store, _, key = self._locate(path)
        await store.delete_async(key)
        self.invalidate_cache(path)

    async def _rm(
        self,
        path: str | list[str],
        recursive: bool = False,
        batch_size: int | None = None,
        maxdepth: int | None = None,
        **_kwargs: Any,
    ) -> None:
        keys: dict[str, list[str]] = defaultdict(list)
        tops: list[str] = []
        for name in self._strip_protocol(path if isinstance(path, list) else [path]):
            if not has_magic(name):
                tops.append(name)
            else:
                matching = await self._glob(name, detail=True)
                tops += [found for found, item in matching.items() if recursive or item["type"] != "directory"]
        if not tops:
            raise FileNotFoundError(path)
        for top in tops:
            bucket, key = self._split_path(top)
            keys[bucket] += await self._keys_below(top, maxdepth) if recursive else [key]
        for bucket, names in keys.items():
            if names:
                await self._construct_store(bucket).delete_async(list(dict.fromkeys(names)))
        for top in tops:
            if recursive and maxdepth is None and self.protocol == "file":
                _remove_directories(top)
            self.invalidate_cache(top)

    async def _keys_below(self, name: str, maxdepth: int | None) -> list[str]:
        """The objects of a directory, those that stand for directories, too; or the one object of this name."""
        store, _, key = self._locate(name)
        if maxdepth is not None:
            return [self._split_path(found)[1] for found in await self._find(name, maxdepth=maxdepth)]
        keys = [meta["path"] async for chunk in store.list(key or None, chunk_size=1000) for meta in chunk]
        if await self._has_marker(store, key):
            keys.append(Key(f"{key}/"))
        if not keys and key and not (self.protocol == "file" and os.path.isdir(name)):  # noqa: PTH112
            await store.head_async(key)
            keys = [key]
        return keys

    # Only local directories exist on their own.

    async def _mkdir(self, path: str, create_parents: bool = True, **_kwargs: Any) -> None:
        if self.protocol == "file":
            Path(self._strip_protocol(path)).mkdir(parents=create_parents)

    async def _makedirs(self, path: str, exist_ok: bool = False) -> None:
        if self.protocol == "file":
            Path(self._strip_protocol(path)).mkdir(parents=True, exist_ok=exist_ok)

    def rmdir(self, path: str) -> None:
        """Removes an empty directory. Does nothing but for "file": elsewhere there are none."""
        if self.protocol == "file":
            Path(self._strip_protocol(path)).rmdir()


def _put_mode(mode: str) -> str:
    if mode not in ("overwrite", "create"):
        raise ValueError(f"the mode is {mode!r}; accepted are 'overwrite' and 'create'")
    return mode


def _chunks(file: IO[bytes], callback: Any) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk
        callback.relative_update(len(chunk))


@contextmanager
def _written_at_once(target: Any) -> Iterator[Any]:
    """A file to write: `target` itself if it is one, else one that becomes the file of that name when all is there."""
    if isfilelike(target):
        yield target
        return
    path = Path(os.path.realpath(target))
    if path.exists() and not path.is_file():  # such as a named pipe
        with path.open("wb") as file:
            yield file
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{uuid.uuid4().hex}")
    try:
        with part.open("xb") as file:
            yield file
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _remove_directories(top: str) -> None:
    """Those below a directory that are empty, and itself."""
    for directory, _, _ in os.walk(top, topdown=False):
        with suppress(OSError):
            Path(directory).rmdir()
