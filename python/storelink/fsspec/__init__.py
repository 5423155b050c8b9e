"""Filesystems of fsspec over stores: register() makes `fsspec.open("s3://...")` and libraries above it use them.

`pip install storelink[fsspec]` brings fsspec.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import fsspec

from ._files import BufferedFile
from ._filesystem import FsspecStore
from ._paths import SUPPORTED_PROTOCOLS, SUPPORTED_PROTOCOLS_T

__all__ = ["BufferedFile", "FsspecStore", "register"]

for _class in (BufferedFile, FsspecStore):
    _class.__module__ = __name__

_CLASS_NAME = "FsspecStore_"  # of a protocol; an asynchronous one's ends in _async


def register(
    protocol: SUPPORTED_PROTOCOLS_T | str | Iterable[SUPPORTED_PROTOCOLS_T] | Iterable[str] | None = None,
    *,
    asynchronous: bool = False,
) -> None:
    """Make FsspecStore what fsspec uses for URLs of some protocols, instead of what it used for them before.

    Args:
        protocol: one protocol, such as "s3", or several. None, the default: all of SUPPORTED_PROTOCOLS but "file" and
            "memory", which have to be named.
        asynchronous: whether the filesystems are used through their coroutines only, from any event loop. Not by
            default.

    TypeError for what is neither. A protocol that has no store gives a warning when a filesystem of it is made.
    """
    if protocol is None:
        protocol = SUPPORTED_PROTOCOLS - {"file", "memory"}
    for name in (protocol,) if isinstance(protocol, str) else tuple(protocol):
        fsspec.register_implementation(name, _class_of(name, asynchronous), clobber=True)


@cache
def _class_of(protocol: str, asynchronous: bool) -> type[FsspecStore]:
    name = f"{_CLASS_NAME}{protocol}{'_async' if asynchronous else ''}"
    attributes = {"protocol": protocol, "asynchronous": asynchronous, "__module__": __name__}
    return type(name, (FsspecStore,), attributes)


def __getattr__(name: str) -> type[FsspecStore]:
    """The classes of protocols, so that filesystems can be unpickled where nobody has called register()."""
    if not name.startswith(_CLASS_NAME):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    protocol = name.removeprefix(_CLASS_NAME)
    return _class_of(protocol.removesuffix("_async"), protocol.endswith("_async"))
