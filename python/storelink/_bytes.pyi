# ruff: noqa: PYI021 - the class is compiled: its documentation is here
"""The bytes that reads give."""

import sys
from collections.abc import Iterable
from typing import SupportsIndex, TypeAlias, overload

if sys.version_info >= (3, 12):
    from collections.abc import Buffer
else:
    from typing_extensions import Buffer

_Position: TypeAlias = SupportsIndex | None

class Bytes(Buffer):
    """A read-only view of memory that belongs to C++.

    `memoryview(data)`, numpy and whatever else takes a buffer see that memory without a copy; `bytes(data)` and
    `data.to_bytes()` copy it. It compares equal to any buffer of the same bytes, and has the same hash as `bytes`.
    """

    def __init__(self, buf: Buffer = b"") -> None:
        """The bytes of a contiguous buffer, which is shared and not copied. Default: none.

        BufferError or TypeError for what is no such buffer.
        """
    def __add__(self, other: Buffer) -> Bytes:
        """This and then `other`, as a copy. BufferError or TypeError for what is no contiguous buffer."""
    def __buffer__(self, flags: int) -> memoryview[int]:
        """The memory itself. It cannot be written to."""
    def __contains__(self, other: Buffer) -> bool:
        """Whether `other` is a part of this."""
    def __eq__(self, other: object) -> bool:
        """Whether any buffer has the same bytes."""
    def __ge__(self, other: Buffer, /) -> bool:
        """As `bytes`, also with other buffers. TypeError for what is no contiguous buffer."""
    def __gt__(self, other: Buffer, /) -> bool:
        """As `bytes`, also with other buffers. TypeError for what is no contiguous buffer."""
    def __le__(self, other: Buffer, /) -> bool:
        """As `bytes`, also with other buffers. TypeError for what is no contiguous buffer."""
    def __lt__(self, other: Buffer, /) -> bool:
        """As `bytes`, also with other buffers. TypeError for what is no contiguous buffer."""
    def __ne__(self, other: object, /) -> bool:
        """Whether a buffer has other bytes, or the object is no contiguous buffer."""
    def __hash__(self) -> int:
        """That of the equal `bytes`."""
    @overload
    def __getitem__(self, key: int, /) -> int:
        """One byte, 0 to 255. Negative positions count from the end. IndexError beyond either end."""
    @overload
    def __getitem__(self, key: slice, /) -> Bytes:
        """A part: without a copy if the step is 1."""
    def __mul__(self, other: int) -> Bytes:
        """This many times over, as a copy; none at all for 0 and less. OverflowError if it is too long for memory."""
    def __rmul__(self, other: int) -> Bytes:
        """As `data * other`."""
    def __len__(self) -> int:
        """The number of bytes."""
    def removeprefix(self, prefix: Buffer, /) -> Bytes:
        """This without `prefix` in front, if it is there."""
    def removesuffix(self, suffix: Buffer, /) -> Bytes:
        """This without `suffix` at the end, if it is there."""
    def isalnum(self) -> bool:
        """As `bytes.isalnum()`: not empty, and ASCII letters and digits only."""
    def isalpha(self) -> bool:
        """As `bytes.isalpha()`: not empty, and ASCII letters only."""
    def isascii(self) -> bool:
        """As `bytes.isascii()`: no byte above 127. True if empty."""
    def isdigit(self) -> bool:
        """As `bytes.isdigit()`: not empty, and ASCII digits only."""
    def islower(self) -> bool:
        """As `bytes.islower()`: ASCII letters are there, and all of them are small."""
    def isspace(self) -> bool:
        """As `bytes.isspace()`: not empty, and ASCII white space only."""
    def isupper(self) -> bool:
        """As `bytes.isupper()`: ASCII letters are there, and all of them are capitals."""
    def lower(self) -> Bytes:
        """A copy with small ASCII letters."""
    def upper(self) -> Bytes:
        """A copy with capital ASCII letters."""
    # The other methods of bytes; they look at a copy.
    def capitalize(self) -> bytes:
        """As `bytes.capitalize()`."""
    def center(self, width: SupportsIndex, fillchar: bytes = b" ", /) -> bytes:
        """As `bytes.center()`."""
    def count(self, sub: Buffer | SupportsIndex, start: _Position = None, end: _Position = None, /) -> int:
        """As `bytes.count()`."""
    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """As `bytes.decode()`."""
    def endswith(self, suffix: Buffer | tuple[Buffer, ...], start: _Position = None, end: _Position = None, /) -> bool:
        """As `bytes.endswith()`."""
    def expandtabs(self, tabsize: SupportsIndex = 8) -> bytes:
        """As `bytes.expandtabs()`."""
    def find(self, sub: Buffer | SupportsIndex, start: _Position = None, end: _Position = None, /) -> int:
        """As `bytes.find()`."""
    def hex(self, sep: str | bytes = ..., bytes_per_sep: SupportsIndex = 1) -> str:
        """As `bytes.hex()`."""
    def index(self, sub: Buffer | SupportsIndex, start: _Position = None, end: _Position = None, /) -> int:
        """As `bytes.index()`."""
    def istitle(self) -> bool:
        """As `bytes.istitle()`."""
    def join(self, parts: Iterable[Buffer], /) -> bytes:
        """As `bytes.join()`."""
    def ljust(self, width: SupportsIndex, fillchar: bytes = b" ", /) -> bytes:
        """As `bytes.ljust()`."""
    def lstrip(self, characters: Buffer | None = None, /) -> bytes:
        """As `bytes.lstrip()`."""
    def partition(self, sep: Buffer, /) -> tuple[bytes, bytes, bytes]:
        """As `bytes.partition()`."""
    def replace(self, old: Buffer, new: Buffer, count: SupportsIndex = -1, /) -> bytes:
        """As `bytes.replace()`."""
    def rfind(self, sub: Buffer | SupportsIndex, start: _Position = None, end: _Position = None, /) -> int:
        """As `bytes.rfind()`."""
    def rindex(self, sub: Buffer | SupportsIndex, start: _Position = None, end: _Position = None, /) -> int:
        """As `bytes.rindex()`."""
    def rjust(self, width: SupportsIndex, fillchar: bytes = b" ", /) -> bytes:
        """As `bytes.rjust()`."""
    def rpartition(self, sep: Buffer, /) -> tuple[bytes, bytes, bytes]:
        """As `bytes.rpartition()`."""
    def rsplit(self, sep: Buffer | None = None, maxsplit: SupportsIndex = -1) -> list[bytes]:
        """As `bytes.rsplit()`."""
    def rstrip(self, characters: Buffer | None = None, /) -> bytes:
        """As `bytes.rstrip()`."""
    def split(self, sep: Buffer | None = None, maxsplit: SupportsIndex = -1) -> list[bytes]:
        """As `bytes.split()`."""
    def splitlines(self, keepends: bool = False) -> list[bytes]:
        """As `bytes.splitlines()`."""
    def startswith(
        self, prefix: Buffer | tuple[Buffer, ...], start: _Position = None, end: _Position = None, /
    ) -> bool:
        """As `bytes.startswith()`."""
    def strip(self, characters: Buffer | None = None, /) -> bytes:
        """As `bytes.strip()`."""
    def swapcase(self) -> bytes:
        """As `bytes.swapcase()`."""
    def title(self) -> bytes:
        """As `bytes.title()`."""
    def translate(self, table: Buffer | None, /, delete: Buffer = b"") -> bytes:
        """As `bytes.translate()`."""
    def zfill(self, width: SupportsIndex, /) -> bytes:
        """As `bytes.zfill()`."""
    def to_bytes(self) -> bytes:
        """A copy as `bytes`."""
