# ruff: noqa: PYI011, PYI021 - the class is compiled: its documentation is here, sizes are products
from collections.abc import Sequence

from storelink._bytes import Bytes

# Methods that the stores of every extension have. storelink's own have all of ObjectStoreMethods.
class _RangeMethods:
    def get_range(self, path: str, *, start: int, end: int | None = None, length: int | None = None) -> Bytes:
        """Part of an object, also through obspec's protocol GetRange. Give either `end` or `length`.

        A range that ends behind the object's end gives what there is. ValueError for an empty one.
        """
    async def get_range_async(
        self, path: str, *, start: int, end: int | None = None, length: int | None = None
    ) -> Bytes:
        """As `get_range()`, to be awaited."""
    def get_ranges(
        self,
        path: str,
        *,
        starts: Sequence[int],
        ends: Sequence[int] | None = None,
        lengths: Sequence[int] | None = None,
        coalesce: int = 1024 * 1024,
    ) -> list[Bytes]:
        """Parts of an object, in the order asked. Those at most `coalesce` bytes apart are fetched together."""
    async def get_ranges_async(
        self,
        path: str,
        *,
        starts: Sequence[int],
        ends: Sequence[int] | None = None,
        lengths: Sequence[int] | None = None,
        coalesce: int = 1024 * 1024,
    ) -> list[Bytes]:
        """As `get_ranges()`, to be awaited."""
