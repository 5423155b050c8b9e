"""What a FsspecStore says of what is there."""

# mypy: disallow-subclassing-any=False
# ruff: noqa: ANN401 - fsspec has no types, and passes anything on

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from fsspec.asyn import _run_coros_in_chunks
from fsspec.utils import tokenize

from .. import Key
from ..exceptions import BaseError
from . import _paths
from ._stores import StoreFileSystem


class ListingFileSystem(StoreFileSystem):
    """Objects and the directories that their paths have in common; those of "file" exist on their own."""

    async def _info(self, path: str, **_kwargs: Any) -> dict[str, Any]:
        name = self._strip_protocol(path)
        known = self._ls_from_cache(name)
        if known is not None:
            return next((item for item in known if item["name"] == name), _paths.directory(name))
        bucket, key = self._split_path(name)
        if not bucket and not key:
            return _paths.directory(name)
        store = self._construct_store(bucket)
        if key:
            try:
                return _paths.entry(bucket, await store.head_async(key))
            except FileNotFoundError:
                pass
        if await self._is_directory(store, key):
            return _paths.directory(name)
        raise FileNotFoundError(path)

    async def _is_directory(self, store: Any, key: str) -> bool:
        if self.protocol == "file":
            return os.path.isdir(f"/{key}")  # noqa: PTH112
        try:
            async for chunk in store.list(key or None, chunk_size=1):
                if chunk:
                    return True
        except FileNotFoundError:
            return False
        except BaseError:
            if self.protocol in ("http", "https"):  # few web servers list anything
                return False
            raise
        return not key or await self._has_marker(store, key)  # no key: an empty bucket

    async def _has_marker(self, store: Any, key: str) -> bool:
        """Whether "directory/" is an object, which listings of the directory may leave out. Web consoles make such."""
        if not key or self.protocol in ("file", "memory", "http", "https"):
            return False
        try:
            await store.head_async(Key(f"{key}/"))
        except FileNotFoundError:
            return False
        return True

    async def _ls(self, path: str, detail: bool = False, refresh: bool = False, **_kwargs: Any) -> list[Any]:
        name = self._strip_protocol(path)
        entries = None if refresh else self.dircache.get(name)
        if entries is None:
            entries = await self._list_directory(name)
            if self._caches_listings:
                self.dircache[name] = entries
        return list(entries) if detail else [item["name"] for item in entries]

    async def _list_directory(self, name: str) -> list[dict[str, Any]]:
        store, bucket, key = self._locate(name)
        found = await store.list_with_delimiter_async(key or None)
        entries = [_paths.directory(_paths.join(bucket, prefix)) for prefix in found["common_prefixes"]]
        entries += [_paths.entry(bucket, meta) for meta in found["objects"] if not meta["path"].endswith("/")]
        if not entries and key and not found["objects"]:
            if self.protocol == "file" and os.path.isdir(name):  # noqa: PTH112
                return []
            try:
                return [_paths.entry(bucket, await store.head_async(key))]
            except FileNotFoundError:
                if await self._has_marker(store, key):
                    return []
                raise FileNotFoundError(name) from None
        return sorted(entries, key=lambda item: item["name"])

    async def _find(
        self,
        path: str,
        maxdepth: int | None = None,
        withdirs: bool = False,
        detail: bool = False,
        prefix: str = "",
        **_kwargs: Any,
    ) -> Any:
        if maxdepth is not None and maxdepth < 1:
            raise ValueError(f"maxdepth is {maxdepth}; it must be at least 1, or None")
        name = self._strip_protocol(path)
        files: dict[str, dict[str, Any]] = {}
        directories: dict[str, dict[str, Any]] = {}
        if maxdepth is None and not (withdirs and self.protocol == "file"):
            async for item in self._list_all(name):
                self._add_parents(name, item["name"], directories)
                (directories if item["type"] == "directory" else files)[item["name"]] = item
        else:
            await self._list_levels(name, maxdepth, files, directories)
        start = f"{name.rstrip('/')}/{prefix}"
        found = {key: item for key, item in files.items() if key.startswith(start)}
        if withdirs:
            found |= {key: item for key, item in directories.items() if key.startswith(start)}
        if not files and not directories:
            try:
                itself = await self._info(name) if name else {"type": "directory"}
            except FileNotFoundError:
                itself = {"type": None}
            if itself["type"] == "file" or (withdirs and name and itself["type"] == "directory"):
                found[name] = itself
        elif withdirs and name:
            found[name] = _paths.directory(name)
        return {key: found[key] for key in sorted(found)} if detail else sorted(found)

    async def _list_all(self, name: str) -> AsyncIterator[dict[str, Any]]:
        """Everything below a directory, one listing. An object that stands for a directory is one."""
        store, bucket, key = self._locate(name)
        try:
            async for chunk in store.list(key or None, chunk_size=1000):
                for meta in chunk:
                    if not meta["path"].endswith("/"):
                        yield _paths.entry(bucket, meta)
                    elif meta["path"].rstrip("/") != key:
                        yield _paths.directory(_paths.join(bucket, meta["path"]))
        except FileNotFoundError:
            return

    @staticmethod
    def _add_parents(root: str, name: str, directories: dict[str, dict[str, Any]]) -> None:
        above = name.rpartition("/")[0]
        while len(above) > len(root) and above not in directories:
            directories[above] = _paths.directory(above)
            above = above.rpartition("/")[0]

    async def _list_levels(
        self, root: str, maxdepth: int | None, files: dict[str, Any], directories: dict[str, Any]
    ) -> None:
        """A listing of each directory, those of one level at once."""
        level = [root]
        while level and (maxdepth is None or maxdepth > 0):
            maxdepth = None if maxdepth is None else maxdepth - 1
            listings = await _run_coros_in_chunks(
                [self._ls(name, detail=True) for name in level], batch_size=self.batch_size, return_exceptions=True
            )
            level = []
            for listing in listings:
                if isinstance(listing, FileNotFoundError):
                    continue
                if isinstance(listing, BaseException):
                    raise listing
                for item in listing:
                    if item["type"] == "directory":
                        directories[item["name"]] = item
                        level.append(item["name"])
                    elif item["name"] != root:
                        files[item["name"]] = item

    async def _du(
        self, path: str, total: bool = True, maxdepth: int | None = None, withdirs: bool = False, **kwargs: Any
    ) -> Any:
        found = await self._find(path, maxdepth=maxdepth, withdirs=withdirs, detail=True, **kwargs)
        sizes = {name: item["size"] for name, item in found.items()}
        return sum(sizes.values()) if total else sizes

    def modified(self, path: str) -> datetime:
        """When a file was last written, with a time zone. FileNotFoundError if there is none."""
        store, _, key = self._locate(path)
        when: datetime = store.head(key)["last_modified"]
        return when

    def checksum(self, path: str) -> int:
        """A number that changes when the file does: of its ETag and size, or else of all that info() says."""
        info = self.info(path)
        return int(tokenize(info["e_tag"], info["size"]) if info.get("e_tag") else tokenize(info), 16)
