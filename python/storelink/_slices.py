"""Parts of objects as Python slices see them: what is not there is empty, a negative bound counts from the end.

A store refuses a range that starts at or behind the end of the object; here it costs one more request, for the size.
"""

# ruff: noqa: ANN401 - stores of any library

from __future__ import annotations

from typing import Any

from .exceptions import GenericError, NotSupportedError


def resolve(start: int | None, end: int | None, size: int) -> tuple[int, int]:
    """The bounds of [start:end] in an object of so many bytes: 0 <= start <= end <= size."""
    first, last, _ = slice(start, end).indices(size)
    return first, max(first, last)


def needs_size(start: int | None, end: int | None) -> bool:
    """Whether no single request can ask for [start:end] while the size is not known."""
    return end is not None and (end < 0 or (start or 0) < 0)


def _range(start: int, end: int | None) -> dict[str, Any]:
    """The options of a get for bounds that need no size."""
    if start < 0:
        return {"range": {"suffix": -start}}
    if end is None:
        return {"range": {"offset": start}} if start else {}
    return {"range": (start, end)}


def read(store: Any, key: str, start: int | None = None, end: int | None = None) -> Any:
    """The bytes [start:end] of an object, as a buffer. FileNotFoundError if it does not exist."""
    if needs_size(start, end):
        start, end = resolve(start, end, store.head(key)["size"])
    first = start or 0
    if end is not None and end <= first:
        store.head(key)  # does it exist?
        return b""
    try:
        if first >= 0 and end is not None:
            return store.get_range(key, start=first, end=end)
        return store.get(key, options=_range(first, end)).bytes()
    except (GenericError, NotSupportedError):
        bounds = _retry(first, store.head(key)["size"])
        if bounds is None:
            raise
        return store.get_range(key, start=bounds[0], end=bounds[1]) if bounds[0] < bounds[1] else b""


async def read_async(store: Any, key: str, start: int | None = None, end: int | None = None) -> Any:
    """Like read()."""
    if needs_size(start, end):
        start, end = resolve(start, end, (await store.head_async(key))["size"])
    first = start or 0
    if end is not None and end <= first:
        await store.head_async(key)  # does it exist?
        return b""
    try:
        if first >= 0 and end is not None:
            return await store.get_range_async(key, start=first, end=end)
        return await (await store.get_async(key, options=_range(first, end))).bytes_async()
    except (GenericError, NotSupportedError):
        bounds = _retry(first, (await store.head_async(key))["size"])
        if bounds is None:
            raise
        return await store.get_range_async(key, start=bounds[0], end=bounds[1]) if bounds[0] < bounds[1] else b""


def _retry(start: int, size: int) -> tuple[int, int] | None:
    """What to read after an error, now that the size is known. None: the size does not explain it."""
    if start < 0:
        return max(size + start, 0), size  # Azure has no ranges that count from the end
    return (size, size) if start >= size else None


async def read_many_async(
    store: Any,
    key: str,
    slices: list[tuple[int | None, int | None]],
    coalesce: int | None = None,
) -> list[Any]:
    """Several [start:end] of one object; those less than `coalesce` bytes apart with one request, by default 1 MiB."""
    options = {} if coalesce is None else {"coalesce": coalesce}
    if any(start is None or end is None or start < 0 or end < 0 for start, end in slices):
        size = (await store.head_async(key))["size"]
        slices = [resolve(start, end, size) for start, end in slices]
    try:
        return await _get_ranges(store, key, slices, options)
    except GenericError:  # perhaps one of them starts behind the end
        size = (await store.head_async(key))["size"]
        if all(start < size for start, _ in slices if start is not None):
            raise
        return await _get_ranges(store, key, [resolve(start, end, size) for start, end in slices], options)


async def _get_ranges(
    store: Any,
    key: str,
    slices: list[tuple[Any, Any]],
    options: dict[str, int],
) -> list[Any]:
    asked = [(start, end) for start, end in slices if start < end]
    if not asked:
        await store.head_async(key)  # does it exist?
        return [b""] * len(slices)
    starts, ends = [start for start, _ in asked], [end for _, end in asked]
    found = iter(await store.get_ranges_async(key, starts=starts, ends=ends, **options))
    return [next(found) if start < end else b"" for start, end in slices]
