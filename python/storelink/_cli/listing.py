"""The objects at and below a location."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from .errors import CommandError
from .locations import Location
from .operations import head_async, list_objects
from .output import moment

if TYPE_CHECKING:
    from .._storelink import ObjectMeta

_PAGE = 1000  # as many as services send at once


@dataclass(frozen=True)
class Entry:
    """An object, as its store describes it."""

    location: Location
    key: str
    name: str  # its key without the prefix it was found below
    size: int  # bytes
    modified: datetime
    e_tag: str | None
    version: str | None

    @property
    def url(self) -> str:
        return self.location.url(self.key)

    @property
    def record(self) -> dict[str, object]:
        """What --json shows of it."""
        return {
            "type": "object",
            "url": self.url,
            "name": self.name,
            "size": self.size,
            "last_modified": moment(self.modified),
            "e_tag": self.e_tag,
            "version": self.version,
        }


def entry(location: Location, meta: ObjectMeta, name: str) -> Entry:
    """The entry that an operation's result describes."""
    return Entry(location, meta["path"], name, meta["size"], meta["last_modified"], meta["e_tag"], meta["version"])


def list_prefix(location: Location) -> str | None:
    """What operations take as the prefix of a listing: none for a whole store, and without its closing slash."""
    prefix = location.prefix
    if not prefix:
        return None
    # "a//" without its slash would be "a/", which is "a" again.
    return location.path(prefix if prefix.endswith("//") or prefix == "/" else prefix[:-1])


async def below(location: Location) -> AsyncGenerator[Entry, None]:
    """The objects whose keys begin with the location's prefix, at any depth."""
    async for chunk in list_objects(location.store, list_prefix(location), chunk_size=_PAGE):
        for meta in chunk:
            yield entry(location, meta, meta["path"][len(location.prefix) :])


async def exactly(location: Location) -> Entry:
    """The object whose key this is. NotFoundError if there is none."""
    return entry(location, await head_async(location.store, location.path(location.key)), location.name)


async def at_or_below(location: Location) -> AsyncGenerator[Entry, None]:
    """All objects below a location, or else the object that is there. CommandError if there is neither."""
    if location.directory is not None and not location.is_directory:
        yield await exactly(location)
        return
    empty = True
    async with aclosing(below(location)) as objects:
        async for found in objects:
            empty = False
            yield found
    if not empty or not location.key:
        return
    if location.is_directory:
        raise CommandError(f"{location.shown}: there is nothing below this")
    yield await exactly(location)
