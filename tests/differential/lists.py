"""Rows about list, list_with_delimiter and their results in Arrow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from differential.gets import PATHS
from differential.ways import Row, Way, after

PREFIXES: dict[str, object] = {
    **PATHS,
    "None given": None,
    "a folder, slashes around": "/d/",
    "a folder below": "d/b",
    "a folder in capital letters": "D",
    "the start of a name": "d/b/",
    "an object": "k",
    "an object in a folder": "d/a",
    "only slashes": "//",
}

OFFSETS: dict[str, object] = {
    "None": None,
    "empty": "",
    "an object": "d/a",
    "the last object": "t",
    "before all": "a",
    "after all": "zzz",
    "between": "f",
    "a leading slash": "/e",
    "..": "..",
    "two slashes": "d//x",
    "a number": 3,
    "bytes": b"d",
}

SIZES: dict[str, object] = {
    "1": 1,
    "2": 2,
    "5, which are all": 5,
    "1000": 1000,
    "0": 0,
    "negative": -1,
    "None": None,
    "a str": "5",
    "a float": 2.0,
    "a bool": True,
    "over 64 bits": 2**64,
}


def _sizes(w: Way, stream: Any) -> object:  # noqa: ANN401
    """How many each chunk has, and the paths of all."""
    chunks = w.chunks(stream)
    return [(type(chunk), len(chunk)) for chunk in chunks], sorted(meta["path"] for chunk in chunks for meta in chunk)


def _arrow_sizes(w: Way, stream: Any) -> object:  # noqa: ANN401
    return [(type(chunk), chunk.num_rows) for chunk in w.chunks(stream)]


def _sorted(result: Any) -> object:  # noqa: ANN401
    """list_with_delimiter's result, in the order of paths."""
    objects = sorted(result["objects"], key=lambda meta: str(meta["path"]))
    return type(result), list(result), sorted(result["common_prefixes"]), objects


def _stream(use: Callable[[Way, Any], object], *arguments: Any, **options: Any) -> Row:  # noqa: ANN401
    return lambda w: use(w, w.list(*arguments, **options))


def _first(w: Way, stream: Any) -> object:  # noqa: ANN401
    return len(w.next(stream)), len(w.collect(stream)), len(w.collect(stream))


def _first_arrow(w: Way, stream: Any) -> object:  # noqa: ANN401
    return w.next(stream).num_rows, w.collect(stream).num_rows, w.collect(stream).num_rows


LISTS: dict[str, Row] = {
    "the stream": lambda w: w.list(),
    "all": lambda w: sorted(w.collect(w.list()), key=lambda meta: str(meta["path"])),
    "the keys of an object": lambda w: [list(meta) for meta in w.collect(w.list())],
    "the types": _stream(lambda w, s: [type(chunk) for chunk in w.chunks(s)]),
    "the type of collect": _stream(lambda w, s: type(w.collect(s))),
    "chunks": _stream(_sizes),
    "nothing": _stream(_sizes, "missing"),
    "collect of nothing": _stream(lambda w, s: w.collect(s), "missing"),
    "next of nothing": _stream(lambda w, s: w.next(s), "missing"),
    "next, then collect": _stream(_first, chunk_size=2),
    "all, then next": _stream(lambda w, s: (w.chunks(s), w.next(s))),
    "all, then collect": _stream(lambda w, s: after(w.chunks(s), w.collect(s))),
    "all, then all": _stream(lambda w, s: after(w.chunks(s), w.chunks(s))),
    "collect, then next": _stream(lambda w, s: (w.collect(s), w.next(s))),
    "iterates over itself": _stream(lambda w, s: (iter(s) is s, aiter(s) is s)),
    "len": _stream(lambda w, s: len(s)),
    "an attribute it has not": _stream(lambda w, s: s.chunk_size),
    "making one": _stream(lambda w, s: type(s)()),
    "a listing of an emptied store": lambda w: (w.delete(["k", "t", "e", "d/a", "d/b/c"]), w.paths()),
    "new objects are there": lambda w: (w.put("d/new", b""), w.paths("d")),
    "names that start alike": lambda w: (w.put("dx", b""), w.put("d.x/y", b""), w.paths("d")),
    "keys with signs": lambda w: (w.put("a b+c&d=e%/ü~#?", b"x"), w.paths("a b+c&d=e%")),
    "return_arrow False": _stream(_sizes, return_arrow=False),
    "return_arrow None": lambda w: w.list(return_arrow=None),
    "return_arrow a number": lambda w: w.list(return_arrow=1),
    "a keyword it has not": lambda w: w.list(nope=1),
    "offset by position": lambda w: w.list("d", "d/a"),
    "no store": lambda w: w.package.list(3),
    "nothing given": lambda w: w.package.list(),
    "offset in a prefix": lambda w: w.paths("d", offset="d/a"),
    "offset before a prefix": lambda w: w.paths("d", offset="a"),
    "offset after a prefix": lambda w: w.paths("d", offset="z"),
    "offset and chunks": _stream(_sizes, offset="d/a", chunk_size=3),
    "both kinds of iteration": lambda w: len(w.next(w.list(chunk_size=2))),
    "list_async of the store": lambda w: sorted(meta["path"] for meta in w.collect(w.store.list_async("d"))),
    "asynchronous without a loop": lambda w: w.package.list(w.store).collect_async(),
    "anext without a loop": lambda w: w.package.list(w.store).__anext__(),
}

ARROW: dict[str, Row] = {
    "collect": _stream(lambda w, s: w.collect(s), return_arrow=True),
    "next": _stream(lambda w, s: w.next(s), return_arrow=True),
    "chunks": _stream(_arrow_sizes, chunk_size=2, return_arrow=True),
    "chunks of one": _stream(_arrow_sizes, chunk_size=1, return_arrow=True),
    "chunk_size 0": _stream(_arrow_sizes, chunk_size=0, return_arrow=True),
    "next, then collect": _stream(_first_arrow, chunk_size=2, return_arrow=True),
    "all, then collect": _stream(lambda w, s: after(w.chunks(s), w.collect(s)), return_arrow=True),
    "of a prefix": _stream(lambda w, s: w.collect(s), "d", return_arrow=True),
    "after an offset": _stream(lambda w, s: w.collect(s), offset="e", return_arrow=True),
    "of nothing": _stream(lambda w, s: w.collect(s), "missing", return_arrow=True),
    "chunks of nothing": _stream(_arrow_sizes, "missing", return_arrow=True),
    "next of nothing": _stream(lambda w, s: w.next(s), "missing", return_arrow=True),
    "keys that are not ASCII": lambda w: (w.put("d/ü", b"1"), w.collect(w.list("d", return_arrow=True))),
    "columns": _stream(lambda w, s: (lambda b: (b.num_columns, b.column_names))(w.collect(s)), return_arrow=True),
    "a bad prefix": lambda w: w.list("..", return_arrow=True),
}

DELIMITED: dict[str, Row] = {
    "all": lambda w: _sorted(w.list_with_delimiter()),
    "by keyword": lambda w: _sorted(w.list_with_delimiter(prefix="d")),
    "in Arrow": lambda w: w.list_with_delimiter(return_arrow=True),
    "of a prefix in Arrow": lambda w: w.list_with_delimiter("d", return_arrow=True),
    "of nothing in Arrow": lambda w: w.list_with_delimiter("missing", return_arrow=True),
    "the types": lambda w: [type(value) for value in w.list_with_delimiter().values()],
    "return_arrow None": lambda w: w.list_with_delimiter(return_arrow=None),
    "return_arrow by position": lambda w: w.list_with_delimiter("d", True),
    "offset, which it has not": lambda w: w.list_with_delimiter(offset="d"),
    "no store": lambda w: w.package.list_with_delimiter(3),
    "several folders": lambda w: (w.put("a/b/c", b""), w.put("z/y", b""), _sorted(w.list_with_delimiter())),
    "an object named as a folder": lambda w: (w.put("d/c", b""), _sorted(w.list_with_delimiter("d"))),
    "asynchronous, a bad path without a loop": lambda w: w.package.list_with_delimiter_async(w.store, ".."),
}

ROWS: dict[str, Row] = {
    **{f"list: {name}": row for name, row in LISTS.items()},
    **{f"list: prefix {name}": lambda w, prefix=prefix: w.paths(prefix) for name, prefix in PREFIXES.items()},  # type: ignore[misc]
    **{f"list: offset {name}": lambda w, offset=offset: w.paths(offset=offset) for name, offset in OFFSETS.items()},  # type: ignore[misc]
    **{f"list: chunk_size {name}": _stream(_sizes, chunk_size=size) for name, size in SIZES.items()},
    **{f"list in Arrow: {name}": row for name, row in ARROW.items()},
    **{f"list_with_delimiter: {name}": row for name, row in DELIMITED.items()},
    **{
        f"list_with_delimiter: prefix {name}": lambda w, prefix=prefix: _sorted(w.list_with_delimiter(prefix))  # type: ignore[misc]
        for name, prefix in PREFIXES.items()
    },
}
