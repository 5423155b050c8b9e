"""`storelink rm`."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import click

from . import listing, options
from .errors import UsageError
from .execution import RequestLimit, for_each, run
from .listing import Entry
from .locations import Location, Settings
from .operations import delete_async
from .output import Output

_BATCH = 1000  # objects: as many as S3 removes with one request


@click.command(help="Remove the objects at URL; with --recursive, all below it. Nothing is asked first.")
@options.urls_argument
@options.recursive_option
@options.dry_run_option
@click.option("-v", "--verbose", is_flag=True, help="Name each object that is removed.")
@options.json_option
@options.concurrency_option
@options.settings_options
def command(
    *,
    urls: tuple[str, ...],
    recursive: bool,
    dry_run: bool,
    verbose: bool,
    as_json: bool,
    concurrency: int,
    settings: Settings,
) -> int:
    output = Output(as_json=as_json, report=True)
    places = options.parse_all(urls, settings)
    for place in places:
        if place.is_directory and not recursive:
            raise UsageError(f"rm: {place.shown} is no single object: --recursive removes all that is below it")
        if place.directory is not None and place.directory.resolve() == Path("/") and not place.key:
            raise UsageError("rm: the root of the file system is not removed")
    removal = _Removal(output, RequestLimit(concurrency), dry_run=dry_run, verbose=verbose)

    async def work() -> None:
        for place in places:
            try:
                await (removal.all_below(place) if recursive else removal.one(place))
            except Exception as error:
                output.fail(place.shown, error)

    run(work())
    return output.status


class _Removal:
    def __init__(self, output: Output, limit: RequestLimit, *, dry_run: bool, verbose: bool) -> None:
        self._output = output
        self._limit = limit
        self._dry_run = dry_run
        self._verbose = verbose

    async def one(self, place: Location) -> None:
        entry = await listing.exactly(place)  # S3 removes what is not there without a word
        await self._remove([entry])

    async def all_below(self, place: Location) -> None:
        batch: list[Entry] = []
        async for entry in listing.at_or_below(place):
            batch.append(entry)
            if len(batch) == _BATCH:
                await self._remove(batch)
                batch = []
        if batch:
            await self._remove(batch)
        if place.directory is not None and not self._dry_run:
            _remove_empty_directories(place.directory / place.key)

    async def _remove(self, entries: list[Entry]) -> None:
        if self._dry_run:
            for entry in entries:
                self._tell(entry, "would remove")
            return
        location = entries[0].location
        try:
            async with self._limit.hold(self._limit.count):
                await delete_async(location.store, [location.path(entry.key) for entry in entries])
        except Exception:  # which of them failed, and why?
            await for_each(entries, self._remove_alone, at_once=self._limit.count)
        else:
            for entry in entries:
                self._tell(entry, "removed")

    async def _remove_alone(self, entry: Entry) -> None:
        try:
            async with self._limit.hold():
                await delete_async(entry.location.store, [entry.location.path(entry.key)])
        except Exception as error:
            self._output.fail(entry.url, error)
            self._tell(entry, "failed")
        else:
            self._tell(entry, "removed")

    def _tell(self, entry: Entry, status: str) -> None:
        if self._output.as_json or (status != "failed" and (self._verbose or self._dry_run)):
            record = {"operation": "remove", "url": entry.url, "size": entry.size, "status": status}
            self._output.show(f"{status}: {entry.url}", record)


def _remove_empty_directories(top: Path) -> None:
    """What deletes have left of a directory tree. Directories that are not empty stay."""
    for directory, _, _ in os.walk(top, topdown=False):
        with contextlib.suppress(OSError):
            Path(directory).rmdir()
