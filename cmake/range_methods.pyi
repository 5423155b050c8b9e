# ruff: noqa: PYI021 - the class is compiled: its documentation is here
# Methods that the stores of every extension have. In storelink's own they are part of ObjectStoreMethods.
from collections.abc import Awaitable, Sequence

class _RangeMethods:
    def get_range_async(
        self, path: str, *, start: int, end: int | None = None, length: int | None = None
    ) -> Awaitable[memoryview]:
        """Part of an object, also through obspec's protocol GetRangeAsync. Give either `end` or `length`.

        A range that ends behind the object's end gives what there is.
        """
    def get_ranges_async(
        self,
        path: str,
        *,
        starts: Sequence[int],
        ends: Sequence[int] | None = None,
        lengths: Sequence[int] | None = None,
    ) -> Awaitable[list[memoryview]]:
        """Parts of an object, in the order asked. Near ones are fetched together."""
