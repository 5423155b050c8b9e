"""An fsspec filesystem with the methods of obspec's protocols: what C++ needs to use it as a store.

Keys are paths without the filesystem's root marker; a key or prefix that begins with it is taken as it is. Reading
goes by head() and ranges, since a filesystem knows no conditional requests.
"""

from __future__ import annotations

import contextlib
import inspect
import os
import sys
import threading
import weakref
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from typing import Any

_CHUNK = 1000  # objects of a listing between two looks at the clock


class InvalidPathError(ValueError):
    """The key cannot be used with this filesystem."""


class NotSupportedError(Exception):
    """The filesystem cannot do this."""


class _Guard:
    """Lets one call at a time through."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


_guards: weakref.WeakKeyDictionary[Any, _Guard] = weakref.WeakKeyDictionary()
_guards_lock = threading.Lock()


def _renew_locks() -> None:
    """In a forked child the threads that hold them do not exist."""
    global _guards_lock
    _guards_lock = threading.Lock()
    for guard in list(_guards.values()):
        guard.lock = threading.Lock()


os.register_at_fork(after_in_child=_renew_locks)


def adapt(candidate: object) -> Filesystem | None:
    """The adapter, or None if this is no fsspec filesystem."""
    spec = sys.modules.get("fsspec.spec")
    if spec is None or not isinstance(candidate, spec.AbstractFileSystem):
        return None
    return Filesystem(candidate)


def _layers(fs: Any) -> Iterator[Any]:  # noqa: ANN401
    """The filesystem, what it wraps, and so on."""
    base = sys.modules["fsspec.spec"].AbstractFileSystem
    while isinstance(fs, base):
        yield fs
        inner = getattr(fs, "sync_fs", None) or getattr(fs, "fs", None)
        fs = None if inner is fs else inner


def _has_mode(fs: Any) -> bool:  # noqa: ANN401
    try:
        return "mode" in inspect.signature(fs.pipe_file).parameters
    except (TypeError, ValueError):
        return False


def _guard_of(layers: list[Any]) -> _Guard | None:
    """What keeps calls apart. Asynchronous filesystems do that on their loop, local files need nothing; but synchronous
    ones are made for one thread: MemoryFileSystem has one position per file, FTPFileSystem one connection."""
    asyn = sys.modules.get("fsspec.asyn")
    innermost = layers[-1]
    outer_are_asynchronous = all(asyn and isinstance(fs, asyn.AsyncFileSystem) for fs in layers[:-1])
    if outer_are_asynchronous and ((asyn and isinstance(innermost, asyn.AsyncFileSystem)) or _is_local(innermost)):
        return None
    # Instances of MemoryFileSystem share their files.
    key = type(innermost) if innermost.protocol == "memory" else innermost
    with _guards_lock:
        return _guards.setdefault(key, _Guard())


def _is_local(fs: Any) -> bool:  # noqa: ANN401
    return bool(getattr(fs, "local_file", False))


def _time(value: object) -> datetime | None:
    if isinstance(value, (int, float)):
        return datetime.fromtimestamp(value, timezone.utc)
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=timezone.utc)
    return None


def _first(info: dict[str, Any], *names: str) -> Any:  # noqa: ANN401
    return next((info[name] for name in names if info.get(name) is not None), None)


class Filesystem:
    def __init__(self, fs: Any) -> None:  # noqa: ANN401
        layers = list(_layers(fs))
        if getattr(fs, "asynchronous", False):
            raise ValueError(
                f"this {type(fs).__name__} was made with asynchronous=True and belongs to its own event loop; "
                "make it without"
            )
        self.can_create = any(_has_mode(layer) for layer in layers)
        self._fs = fs
        self._root: str = fs.root_marker
        self._local = _is_local(layers[-1])
        self._guard = _guard_of(layers)

    def _one_at_a_time(self) -> contextlib.AbstractContextManager[Any]:
        return self._guard.lock if self._guard else contextlib.nullcontext()

    def _path(self, key: str) -> str:
        path = key if self._root and key.startswith(self._root) else self._root + key
        # A key that the filesystem understands as another one would be an alias.
        if not key or self._fs._strip_protocol(path).lstrip("/") != path.lstrip("/"):
            raise InvalidPathError(f"{key!r} is no path of this filesystem")
        if self._local and any(part in ("", ".", "..") for part in path.removeprefix(self._root).split("/")):
            raise InvalidPathError(f"{key!r} has an empty segment, '.' or '..'")
        return path

    def _meta(self, info: dict[str, Any], key: str) -> dict[str, Any]:
        if info.get("size") is None:
            raise NotSupportedError(f"the filesystem does not know the size of {key!r}")
        e_tag = _first(info, "ETag", "etag")
        return {
            "path": key,
            "size": info["size"],
            "last_modified": _time(_first(info, "LastModified", "last_modified", "mtime", "created")),
            "e_tag": None if e_tag is None else str(e_tag),
            "version": None,
        }

    def head(self, path: str) -> dict[str, Any]:
        with self._one_at_a_time():
            info = self._fs.info(self._path(path))
        if info["type"] == "directory":
            raise FileNotFoundError(f"{path!r} is a directory")
        return self._meta(info, path)

    def get_range(self, path: str, *, start: int, end: int) -> Any:  # noqa: ANN401
        with self._one_at_a_time():
            return self._fs.cat_file(self._path(path), start=start, end=end)

    def get_ranges(self, path: str, *, starts: Sequence[int], ends: Sequence[int]) -> list[Any]:
        paths = [self._path(path)] * len(starts)
        with self._one_at_a_time():
            return list(self._fs.cat_ranges(paths, list(starts), list(ends), on_error="raise"))

    def put(self, path: str, file: memoryview, *, mode: str | None = None) -> None:
        # fsspec asks for bytes, and some filesystems insist.
        value = file.tobytes()
        place = self._path(path)
        how = {} if mode is None else {"mode": mode}
        with self._one_at_a_time():
            try:
                self._fs.pipe_file(place, value, **how)
            except FileNotFoundError:  # the directory; objects need none
                self._fs.makedirs(self._fs._parent(place), exist_ok=True)
                self._fs.pipe_file(place, value, **how)

    def _listing(self, prefix: str | None) -> tuple[str, str]:
        """The directory, and what stands before the keys in the names that are found there."""
        if not prefix:
            return self._root, self._root
        if self._root and prefix.startswith(self._root):
            return prefix, ""
        return self._root + prefix, self._root

    def list(self, prefix: str | None = None, *, offset: str | None = None) -> Iterator[list[dict[str, Any]]]:
        """Everything below the prefix; the caller leaves out what its offset does."""
        directory, cut = self._listing(prefix)
        try:
            with self._one_at_a_time():
                found = self._fs.find(directory, detail=True)
        except (FileNotFoundError, NotADirectoryError):
            return
        below = f"{prefix.rstrip('/')}/" if prefix else ""
        chunk = []
        for name, info in found.items():
            key = name.removeprefix(cut)
            # A file in the place of the directory is found too.
            if key.startswith(below):
                chunk.append(self._meta(info, key))
            if len(chunk) == _CHUNK:
                yield chunk
                chunk = []
        yield chunk

    def list_with_delimiter(self, prefix: str | None = None) -> dict[str, Any]:
        directory, cut = self._listing(prefix)
        try:
            with self._one_at_a_time():
                found = self._fs.ls(directory, detail=True)
        except (FileNotFoundError, NotADirectoryError):
            found = []
        below = f"{prefix.rstrip('/')}/" if prefix else ""
        objects, prefixes = [], []
        for info in found:
            key = info["name"].removeprefix(cut)
            if not key.startswith(below) or key == below:
                continue
            if info["type"] == "directory":
                prefixes.append(key.rstrip("/"))
            else:
                objects.append(self._meta(info, key))
        return {"objects": objects, "common_prefixes": prefixes}

    def delete(self, path: str) -> None:
        with self._one_at_a_time():
            self._fs.rm_file(self._path(path))

    def copy(self, from_: str, to: str) -> None:
        self.head(from_)  # some filesystems copy directories, too
        source, target = self._path(from_), self._path(to)
        if source == target:
            return
        with self._one_at_a_time():
            try:
                self._fs.cp_file(source, target)
            except FileNotFoundError:
                self._fs.makedirs(self._fs._parent(target), exist_ok=True)
                self._fs.cp_file(source, target)
