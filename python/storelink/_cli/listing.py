"""The objects at and below a location."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..exceptions import BaseError
from .errors import CommandError
from .execution import in_thread
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
        raise CommandError("there is nothing below this")
    yield await exactly(location)


async def left_out(location: Location) -> int:
    """How many entries below a local directory are no objects: pipes and so on, and links that are not followed.

    Links are followed to what is below the directory itself.
    """
    if location.directory is None or not location.is_directory:
        return 0
    count, links = await in_thread(_unusual_entries, location.directory)
    for name in links:
        count += not await _is_followed(location, name)
    return count


def _unusual_entries(top: Path) -> tuple[int, list[str]]:
    """The number of what is neither file nor directory nor link, and the links."""
    count, links, directories = 0, [], [top]
    while directories:
        with os.scandir(directories.pop()) as entries:
            for found in entries:
                if found.is_symlink():
                    links.append(Path(found.path).relative_to(top).as_posix())
                elif found.is_dir():
                    directories.append(Path(found.path))
                elif not found.is_file():
                    count += 1
    return count, links


async def _is_followed(location: Location, name: str) -> bool:
    """Whether there are objects at or below a link."""
    try:
        async for _ in list_objects(location.store, name, chunk_size=1):
            return True
        await head_async(location.store, name)
    except (BaseError, OSError):
        return False
    return True
