# ruff: noqa: PYI021 - the class is compiled: its documentation is here
"""The bytes that reads give."""

import sys
from typing import overload

if sys.version_info >= (3, 12):
    from collections.abc import Buffer
else:
    from typing_extensions import Buffer

class Bytes(Buffer):
    """Bytes that cannot be changed, in memory that belongs to C++.

    `memoryview(data)`, numpy and whatever else takes a buffer see that memory without a copy; `bytes(data)` and
    `data.to_bytes()` copy it. It compares equal to any buffer of the same bytes. It cannot be hashed.
    """

    def __init__(self, buf: Buffer = b"") -> None:
        """The bytes of a contiguous buffer, which is shared and not copied. Default: none.

        BufferError or TypeError for what is no such buffer.
        """
    def __add__(self, other: Buffer) -> Bytes:
        """This and then `other`, as a copy."""
    def __buffer__(self, flags: int) -> memoryview[int]:
        """The memory itself. It cannot be written to."""
    def __contains__(self, other: Buffer) -> bool:
        """Whether `other` is a part of this."""
    def __eq__(self, other: object) -> bool: ...
    @overload
    def __getitem__(self, key: int, /) -> int:
        """One byte, 0 to 255. Negative positions count from the end. IndexError beyond either end."""
    @overload
    def __getitem__(self, key: slice, /) -> Bytes:
        """A part: without a copy if the step is 1."""
    def __mul__(self, other: int) -> Bytes:
        """This many times over, as a copy; none at all for 0 and less."""
    def __len__(self) -> int: ...
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
    def to_bytes(self) -> bytes:
        """A copy as `bytes`."""
