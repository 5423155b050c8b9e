"""What is copied where: which objects, under which names, and which are there already."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from ..exceptions import AlreadyExistsError, NotFoundError
from . import listing, transfers
from .errors import CommandError, UsageError
from .execution import for_each, in_thread
from .listing import Entry
from .locations import Location
from .operations import copy_async
from .output import Output
from .partial_file import is_temporary
from .transfers import Target, Transfer


@dataclass(frozen=True, slots=True)  # of all that is below a target
class Existing:
    """What a target has already."""

    size: int  # bytes
    modified: datetime
    e_tag: str | None


@dataclass(frozen=True)
class Job:
    """One object to copy."""

    source: Entry
    target: Target
    existing: Existing | None


@dataclass(frozen=True)
class Choices:
    """What the user wants of all copies."""

    recursive: bool
    force: bool  # also what is there already
    no_clobber: bool  # not with `force`
    dry_run: bool
    verbose: bool


def is_special(file: Path) -> bool:
    """Whether this is there and can only be read or written from front to back: a pipe, a terminal, /dev/null."""
    try:
        mode = file.stat().st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


class Copier:
    """Copies from several sources to one target, and tells what became of each object."""

    def __init__(self, target: Location, choices: Choices, transfer: Transfer, output: Output) -> None:
        self._target = target
        self._choices = choices
        self._transfer = transfer
        self._output = output

    async def copy(self, sources: list[Location]) -> None:
        """Copies them all. CommandError and the stores' errors if a source cannot be listed."""
        targets = [self._target_of(source, several=len(sources) > 1) for source in sources]
        for source, target in zip(sources, targets, strict=True):
            try:
                await for_each(self._jobs(source, target), self._work, at_once=self._transfer.limit.count)
                if self._choices.recursive and (count := await listing.left_out(source)):
                    what = "1 entry" if count == 1 else f"{count} entries"
                    self._output.note(f"{source.shown}: {what} left out: no files, or links that lead elsewhere")
            except Exception as error:
                self._output.fail(source.shown, error)

    def _target_of(self, source: Location, *, several: bool) -> Target:
        """The object that a single source becomes, or the prefix that the objects below it go to."""
        target = self._target
        into = target.is_directory or several
        if self._choices.recursive:
            prefix = target.prefix + (source.name + "/" if several else "")
            if source.contains(Location(target.shown_root, prefix, target.directory, target.remote)):
                raise UsageError(f"{source.shown} cannot be copied into itself, {target.url(prefix)}")
            return Target(target, prefix)
        if source.is_directory:
            raise UsageError(f"{source.shown} is no single object: --recursive copies all that is below it")
        return Target(target, target.prefix + source.name if into else target.key)

    async def _jobs(self, source: Location, target: Target) -> AsyncIterator[Job]:
        if not self._choices.recursive:
            entry = await listing.exactly(source)
            yield self._expect(Job(entry, target, await self._existing(target)))
            return
        there = await self._all_existing(target)
        async with contextlib.aclosing(listing.at_or_below(source)) as entries:
            async for entry in entries:
                name = entry.name
                if source.directory is not None and is_temporary(name.rpartition("/")[2]):
                    continue
                if target.location.directory is not None and (not name or name.endswith("/")) and entry.size == 0:
                    continue  # what stands for a directory in some buckets
                one = Target(target.location, target.key + name)
                existing = there.get(name) if there is not None else await self._existing(one)
                yield self._expect(Job(entry, one, existing))

    def _expect(self, job: Job) -> Job:
        self._transfer.progress.expect(job.source.size)
        return job

    async def _existing(self, target: Target) -> Existing | None:
        if self._choices.force:
            return None
        location = target.location
        if location.directory is not None:
            try:
                found = (location.directory / target.key).stat()
            except (OSError, ValueError):
                return None
            return Existing(found.st_size, datetime.fromtimestamp(found.st_mtime, timezone.utc), None)
        try:
            entry = await listing.exactly(Location(location.shown_root, target.key, None, location.remote))
        except NotFoundError:
            return None
        return Existing(entry.size, entry.modified, entry.e_tag)

    async def _all_existing(self, target: Target) -> dict[str, Existing] | None:
        """What is below a prefix, by name. None for local directories, where each file can be asked for."""
        location = target.location
        if location.directory is not None:
            return None
        if self._choices.force:
            return {}
        below = listing.below(Location(location.shown_root, target.key, None, location.remote))
        return {entry.name: Existing(entry.size, entry.modified, entry.e_tag) async for entry in below}

    def _is_there(self, job: Job) -> bool:
        """Whether the target is as the source already, as far as can be seen; or must not be replaced."""
        there, source = job.existing, job.source
        if there is None or self._choices.force:
            return False
        if self._choices.no_clobber:
            return True
        same_e_tag = source.e_tag is not None and source.e_tag == there.e_tag
        # Many services tell whole seconds only.
        modified = source.modified if there.modified.microsecond else source.modified.replace(microsecond=0)
        return there.size == source.size and (same_e_tag or there.modified >= modified)

    async def _work(self, job: Job) -> None:
        try:
            status = await self._do(job)
        except Exception as error:
            self._output.fail(f"{job.source.url} to {job.target.url}", error)
            status = "failed"
        if status in ("skipped", "failed"):
            self._transfer.progress.advance(job.source.size if status == "skipped" else 0)
        self._transfer.progress.done()
        record = {"operation": "copy", "source": job.source.url, "target": job.target.url, "size": job.source.size}
        if self._output.as_json or (status != "failed" and (self._choices.verbose or self._choices.dry_run)):
            text = f"{status}: {job.source.url} -> {job.target.url}"
            self._output.show(text, {**record, "status": status})

    async def _do(self, job: Job) -> str:
        if job.target.location.directory is not None:
            job.target.location.file(job.target.key)  # also a dry run says which names cannot be
        if self._is_there(job):
            return "skipped"
        if self._choices.dry_run:
            return "would copy"
        try:
            await self._copy_one(job)
        except (AlreadyExistsError, FileExistsError):
            if self._choices.no_clobber:
                return "skipped"
            raise
        return "copied"

    async def _copy_one(self, job: Job) -> None:
        source, target, transfer = job.source, job.target, self._transfer
        to_file = target.location.file(target.key) if target.location.directory is not None else None
        from_file = source.location.directory / source.key if source.location.directory is not None else None
        if to_file is not None and from_file is not None:
            if to_file.exists() and from_file.samefile(to_file):
                raise CommandError("these are the same file")
            await transfers.copy_file(from_file, to_file, transfer)
        elif to_file is not None:
            await transfers.download(source, to_file, transfer)
        elif from_file is not None:
            await transfers.upload(from_file, source.size, target, transfer)
        elif source.location.same_store(target.location):
            if source.key == target.key:
                raise CommandError("these are the same object")
            async with transfer.limit.hold():
                await copy_async(source.location.store, source.location.path(source.key), target.path)
            transfer.progress.advance(source.size)
        else:
            await transfers.relay(source, target, transfer)


@contextlib.asynccontextmanager
async def _opened(file: int | Path, mode: int) -> AsyncIterator[int]:
    """A descriptor of the file, which is closed afterwards if it was opened here. Opening a pipe may take for ever."""
    number = file if isinstance(file, int) else await in_thread(os.open, file, mode)
    try:
        yield number
    finally:
        if not isinstance(file, int):
            os.close(number)


async def copy_in(file: int | Path, target: Location, choices: Choices, transfer: Transfer, output: Output) -> None:
    """What an open file, or a special one, has becomes an object or a local file."""
    if target.is_directory:
        raise UsageError(f"{target.shown}: what comes from a stream needs a name of its own here")
    if choices.dry_run:
        output.show(
            f"would copy: - -> {target.shown}",
            {"operation": "copy", "source": "-", "target": target.shown, "size": None, "status": "would copy"},
        )
        return
    transfer.progress.expect(None)
    if target.directory is not None:
        target.directory.mkdir(parents=True, exist_ok=True)
    async with _opened(file, os.O_RDONLY) as number:
        await transfers.upload_stream(number, Target(target, target.key), transfer)


async def copy_out(source: Location, file: int | Path, choices: Choices, transfer: Transfer, output: Output) -> None:
    """An object goes to an open file, or to a special one."""
    if source.is_directory:
        raise UsageError(f"{source.shown} is no single object")
    entry = await listing.exactly(source)
    if choices.dry_run:
        output.show(
            f"would copy: {entry.url} -> -",
            {"operation": "copy", "source": entry.url, "target": "-", "size": entry.size, "status": "would copy"},
        )
        return
    transfer.progress.expect(entry.size)
    async with _opened(file, os.O_WRONLY) as number:
        await transfers.write_out(entry, number, transfer)
