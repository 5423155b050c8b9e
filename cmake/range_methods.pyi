# ruff: noqa: PYI011, PYI021 - the class is compiled: its documentation is here, sizes are products
from collections.abc import Sequence

from storelink._bytes import Bytes

# Methods that the stores of every extension have. storelink's own have all of ObjectStoreMethods.
class _RangeMethods:
    def get_range(self, path: str, *, start: int, end: int | None = None, length: int | None = None) -> Bytes:
        """The bytes from `start` on, until before `end`, or `length` of them. Give either `end` or `length`.

        A range that ends behind the object's end gives what there is. ValueError for an empty range and for neither or
        both of `end` and `length`, OverflowError for negative numbers, GenericError if the range begins behind the
        object's end. NotFoundError if there is no such object; UnauthenticatedError and PermissionDeniedError;
        GenericError for what else the service says; InputOutputError (an OSError) and OperationTimeoutError (a
        TimeoutError) for connections that fail, after the retries. InvalidPathError for a path that breaks the rules,
        TypeError for arguments of another type.
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
        """Several ranges of one object, in the order asked. Give either `ends` or `lengths`, as many as `starts`.

        coalesce: ranges that are at most so many bytes apart are fetched with one request, ten requests at a time.
            Default: 1 MiB. 0 merges only those that touch or overlap.

        ValueError for an empty range, for neither or both of `ends` and `lengths` and for another number of them than
        of `starts`. Otherwise errors are those of `get_range()`: NotFoundError, UnauthenticatedError,
        PermissionDeniedError, GenericError, InputOutputError, OperationTimeoutError and so on. The first one of any
        request ends the call.
        """
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
