"""Names of fsspec, such as "bucket/dir/file", and what a store calls the same: a bucket and a key.

Protocols without buckets, file and memory, have names that start with "/".
"""

# ruff: noqa: ANN401 - fsspec has no types

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any, Generic, Literal, TypeVar, get_args

from fsspec.implementations.local import LocalFileSystem
from fsspec.utils import stringify_path

from .. import Key

SUPPORTED_PROTOCOLS_T = Literal[
    "abfs",
    "abfss",
    "adl",
    "az",
    "azure",
    "file",
    "gcs",
    "gs",
    "http",
    "https",
    "memory",
    "s3",
    "s3a",
]
"""A type hint for the protocols that have a store."""

SUPPORTED_PROTOCOLS: set[str] = set(get_args(SUPPORTED_PROTOCOLS_T))
"""The protocols that have a store."""

_WITHOUT_BUCKET = ("file", "memory")


def root(protocol: str) -> str:
    return "/" if protocol in _WITHOUT_BUCKET else ""


def strip(protocol: str, path: str | os.PathLike[str]) -> str:
    """The name of a path or URL. ValueError if it is the URL of another protocol."""
    if protocol == "file":
        return str(LocalFileSystem._strip_protocol(path))
    name = str(stringify_path(path))
    scheme, separator, rest = name.partition("://")
    if separator and "/" not in scheme:
        if scheme != protocol:
            raise ValueError(f"a path of this filesystem is {protocol}://... or has no protocol, not {scheme}://...")
        name = rest
    elif name.startswith(f"{protocol}::"):
        name = name[len(protocol) + 2 :]
    name = name.rstrip("/")
    return "/" + name.lstrip("/") if protocol in _WITHOUT_BUCKET else name


def split(protocol: str, path: str | os.PathLike[str]) -> tuple[str, str]:
    """The bucket ("" for protocols that have none) and the key of a path."""
    name = strip(protocol, path)
    if protocol in _WITHOUT_BUCKET:
        return "", name.lstrip("/")
    bucket, _, key = name.partition("/")
    return bucket, Key(key)  # a bucket may have keys that are no paths, such as "a//b"


def join(bucket: str, key: str) -> str:
    """What split() took apart."""
    return f"{bucket}/{key.rstrip('/')}"


def parent(protocol: str, path: str | os.PathLike[str]) -> str:
    return strip(protocol, path).rpartition("/")[0] or root(protocol)


_T = TypeVar("_T")


class PerInstance(Generic[_T]):
    """A method that a class may be asked for, too.

    fsspec makes class methods of what depends on the protocol; FsspecStore("s3") has its protocol in the instance.
    """

    def __init__(self, function: Callable[..., _T]) -> None:
        self._function = function
        self.__doc__ = function.__doc__

    def __get__(self, instance: object, owner: type) -> Callable[..., _T]:
        return partial(self._function, owner if instance is None else instance)


def entry(bucket: str, meta: Any) -> dict[str, Any]:
    """What info() and ls() say of an object."""
    return {
        "name": join(bucket, meta["path"]),
        "size": meta["size"],
        "type": "file",
        "e_tag": meta["e_tag"],
        "last_modified": meta["last_modified"],
        "version": meta["version"],
    }


def directory(name: str) -> dict[str, Any]:
    return {"name": name, "size": 0, "type": "directory"}
