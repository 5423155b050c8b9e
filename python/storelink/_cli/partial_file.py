"""A local file that is written in parts, in any order, and appears under its name only when all of them are there.

Until then it has a temporary name beside its target. Behind the bytes of the object it has a byte for each part, 1 if
that part is there, and a digest of what the parts belong to: so a later command sees what it can continue.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from .errors import CommandError

if TYPE_CHECKING:
    from typing_extensions import Self

_SUFFIX = ".storelink-part"
_LONGEST_NAME = 255  # bytes, on all usual file systems


def temporary_name(name: str) -> str:
    """The name beside `name` of what is not complete yet."""
    temporary = f".{name}{_SUFFIX}"
    if len(os.fsencode(temporary)) > _LONGEST_NAME:
        return f".{hashlib.sha256(os.fsencode(name)).hexdigest()[:32]}{_SUFFIX}"
    return temporary


def is_temporary(name: str) -> bool:
    """Whether a file of this name is one that is not complete."""
    return name.startswith(".") and name.endswith(_SUFFIX)


class PartialFile:
    """Use it in `with`. What is not finished then stays if a part is there, and is removed otherwise.

    target: the file that is made or replaced; its directories are made. A symbolic link is followed.
    size, part_size: in bytes. identity: what the bytes are; None if a later command cannot know whether it is the same.
    OSError for what the file system refuses, CommandError if another process is writing to the same target.
    """

    def __init__(self, target: Path, size: int, part_size: int, identity: object = None) -> None:
        self.target = Path(os.path.realpath(target))
        self.size = size
        self.part_size = part_size
        self._parts = -(-size // part_size)
        self._resumable = identity is not None
        self._digest = hashlib.sha256(repr((identity, size, part_size)).encode()).digest()
        self._path = self.target.with_name(temporary_name(self.target.name))
        self._marked = bytearray(self._parts)
        self._file = -1

    def __enter__(self) -> Self:
        self.target.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._open()
        end = self.size + self._parts
        whole = os.fstat(self._file).st_size == end + len(self._digest)
        if self._resumable and whole and os.pread(self._file, len(self._digest), end) == self._digest:
            self._marked[:] = os.pread(self._file, self._parts, self.size)
            return self
        os.ftruncate(self._file, 0)
        if self._resumable:
            os.pwrite(self._file, self._digest, end)
        return self

    def _open(self) -> int:
        """The temporary file, locked, whoever made it."""
        while True:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.path.samestat(os.fstat(file), self._path.stat()):
                    return file
            except FileNotFoundError:
                pass  # whoever had it is done with it
            except BlockingIOError:
                os.close(file)
                raise CommandError(f"another process is writing {self.target}") from None
            except BaseException:
                os.close(file)
                raise
            os.close(file)

    def missing(self) -> Iterator[tuple[int, int]]:
        """The parts that are not there: their first byte, and the one after the last."""
        for part, there in enumerate(self._marked):
            if not there:
                yield part * self.part_size, min((part + 1) * self.part_size, self.size)

    @property
    def bytes_there(self) -> int:
        """How many bytes are in the parts that are there."""
        return self.size - sum(end - start for start, end in self.missing())

    def write(self, offset: int, data: bytes) -> None:
        """Writes bytes of the object. Parts count once they are marked."""
        view = memoryview(data)
        while view:
            written = os.pwrite(self._file, view, offset)
            view = view[written:]
            offset += written

    def mark(self, start: int) -> None:
        """The part that begins there is complete."""
        part = start // self.part_size
        self._marked[part] = 1
        if self._resumable:
            os.pwrite(self._file, b"\1", self.size + part)

    def finish(self, size: int, *, replace: bool = True) -> None:
        """The bytes are all there, and so many: the file gets its name. FileExistsError if it must not replace one."""
        os.ftruncate(self._file, size)
        if replace:
            self._path.replace(self.target)
        else:
            try:
                os.link(self._path, self.target)
            except OSError as error:
                if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS):
                    raise
                if self.target.exists():  # no hard links here: as good as it gets
                    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(self.target)) from None
                self._path.replace(self.target)
            else:
                self._path.unlink()
        self._resumable = False

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if not (self._resumable and any(self._marked)) and kind is not None:
                self._path.unlink(missing_ok=True)
        finally:
            os.close(self._file)
