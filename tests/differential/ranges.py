"""Rows about get_range, get_ranges and head."""

from __future__ import annotations

import array
from typing import Any

from differential.gets import PATHS
from differential.ways import Row, Way


def _range(**arguments: Any) -> Row:  # noqa: ANN401
    return lambda w: w.get_range("k", **arguments)


def _ranges(**arguments: Any) -> Row:  # noqa: ANN401
    return lambda w: w.get_ranges("k", **arguments)


def _iterators(w: Way) -> object:
    return w.get_ranges("k", starts=iter([1]), ends=iter([2]))


RANGE: dict[str, Row] = {
    "start and end": _range(start=2, end=5),
    "start and length": _range(start=2, length=5),
    "end None": _range(start=2, end=None, length=3),
    "only start": _range(start=2),
    "end and length": _range(start=2, end=5, length=3),
    "without start": _range(end=5),
    "nothing": _range(),
    "by position": lambda w: w.get_range("k", 2, 5),
    "backwards": _range(start=5, end=2),
    "empty": _range(start=5, end=5),
    "length 0": _range(start=5, length=0),
    "empty at 0": _range(start=0, end=0),
    "to beyond the end": _range(start=8, end=50),
    "starts at the end": _range(start=10, end=12),
    "starts beyond the end": _range(start=11, length=2),
    "a negative start": _range(start=-1, end=5),
    "a negative end": _range(start=0, end=-1),
    "a negative length": _range(start=0, length=-1),
    "start as a str": _range(start="0", end=3),
    "start as a float": _range(start=0.0, end=3),
    "end as a float": _range(start=0, end=3.0),
    "start None": _range(start=None, end=3),
    "bools are ints": _range(start=True, end=3),
    "end over 64 bits": _range(start=0, end=2**64),
    "start over 64 bits": _range(start=2**70, end=2**71),
    "to beyond any object": _range(start=0, end=2**63),
    "the longest length": _range(start=0, length=2**64 - 1),
    "start and length overflow": _range(start=1, length=2**64 - 1),
    "a keyword it has not": _range(start=0, end=3, x=1),
    "of an empty object": lambda w: w.get_range("e", start=0, end=1),
    "of another object": lambda w: w.get_range("d/b/c", start=1, length=1),
    "asynchronous, bad without a loop": lambda w: w.package.get_range_async(w.store, "k", start=3, end=1),
}

RANGES: dict[str, Row] = {
    "starts and ends": _ranges(starts=[1, 3], ends=[2, 5]),
    "starts and lengths": _ranges(starts=[1, 3], lengths=[2, 5]),
    "tuples": _ranges(starts=(1, 3), ends=(2, 5)),
    "range objects": _ranges(starts=range(3), ends=range(1, 4)),
    "arrays": _ranges(starts=array.array("q", [1]), ends=array.array("q", [3])),
    "out of order": _ranges(starts=[3, 1], ends=[5, 2]),
    "the same twice": _ranges(starts=[1, 1], ends=[3, 3]),
    "overlapping": _ranges(starts=[0, 2], ends=[5, 7]),
    "no ranges": _ranges(starts=[], ends=[]),
    "no ranges, lengths": _ranges(starts=[], lengths=[]),
    "no ranges of a missing object": lambda w: w.get_ranges("missing", starts=[], ends=[]),
    "only starts": _ranges(starts=[1]),
    "only starts, empty": _ranges(starts=[]),
    "only ends": _ranges(ends=[1]),
    "ends and lengths": _ranges(starts=[1], ends=[2], lengths=[1]),
    "fewer ends": _ranges(starts=[1, 2], ends=[3]),
    "fewer starts": _ranges(starts=[1], ends=[2, 3]),
    "fewer lengths": _ranges(starts=[1, 2], lengths=[3]),
    "numbers": _ranges(starts=1, ends=2),
    "strs": _ranges(starts="12", ends="34"),
    "iterators": _iterators,
    "sets": _ranges(starts={1}, ends={2}),
    "a negative start": _ranges(starts=[-1], ends=[2]),
    "a negative end": _ranges(starts=[1], ends=[-2]),
    "a negative length": _ranges(starts=[1], lengths=[-2]),
    "floats": _ranges(starts=[1.0], ends=[2]),
    "None within": _ranges(starts=[None], ends=[2]),
    "backwards": _ranges(starts=[5], ends=[2]),
    "empty": _ranges(starts=[5], ends=[5]),
    "length 0": _ranges(starts=[5], lengths=[0]),
    "to beyond the end": _ranges(starts=[1, 8], ends=[2, 50]),
    "starts at the end": _ranges(starts=[10], ends=[12]),
    "one starts beyond the end": _ranges(starts=[1, 20], ends=[2, 30]),
    "one starts beyond the end, alone": _ranges(starts=[1, 20], ends=[2, 30], coalesce=0),
    "coalesce 0": _ranges(starts=[1, 3], ends=[2, 5], coalesce=0),
    "coalesce 1": _ranges(starts=[1, 3], ends=[2, 5], coalesce=1),
    "coalesce negative": _ranges(starts=[1], ends=[2], coalesce=-1),
    "coalesce None": _ranges(starts=[1], ends=[2], coalesce=None),
    "coalesce over 64 bits": _ranges(starts=[1], ends=[2], coalesce=2**64),
    "coalesce as a str": _ranges(starts=[1], ends=[2], coalesce="1"),
    "end over 64 bits": _ranges(starts=[1], ends=[2**64]),
    "start and length overflow": _ranges(starts=[1], lengths=[2**64 - 1]),
    "by position": lambda w: w.get_ranges("k", [1], [2]),
}

HEAD: dict[str, Row] = {
    "an object": lambda w: w.head("k"),
    "in a folder": lambda w: w.head("d/b/c"),
    "an empty object": lambda w: w.head("e"),
    "an etag is in quotes": lambda w: w.head("k")["e_tag"][:1],
    "an etag of S3": lambda w: w.head("k")["e_tag"] if type(w.store).__name__ == "S3Store" else None,
    "by keyword": lambda w: w.head(path="k"),
    "without a path": lambda w: w.head(),
    "too many": lambda w: w.head("k", {}),
    "asynchronous, a bad path without a loop": lambda w: w.package.head_async(w.store, ".."),
}


def _at(operation: str, **arguments: Any) -> dict[str, Row]:  # noqa: ANN401
    """An operation on every path there is."""
    return {
        f"{operation}: path {name}": lambda w, path=path: getattr(w, operation)(path, **arguments)  # type: ignore[misc]
        for name, path in PATHS.items()
    }


ROWS: dict[str, Row] = {
    **{f"get_range: {name}": row for name, row in RANGE.items()},
    **_at("get_range", start=0, end=1),
    **{f"get_ranges: {name}": row for name, row in RANGES.items()},
    **_at("get_ranges", starts=[0], ends=[1]),
    **{f"head: {name}": row for name, row in HEAD.items()},
    **_at("head"),
}
