"""Rows about get, its options, and GetResult."""

from __future__ import annotations

import array
import copy
import pickle
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from differential.ways import Row, Way, after

UTC = timezone.utc
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
FAR_AHEAD = datetime(2100, 1, 1, tzinfo=UTC)


def _get(options: Any) -> Row:  # noqa: ANN401
    """The content and the range of k, got with these options."""

    def row(w: Way) -> object:
        result = w.get("k", options=options(w) if callable(options) else options)
        return result.range, result.meta, w.bytes(result)

    return row


def _last_modified(w: Way) -> datetime:
    return w.head("k")["last_modified"]  # type: ignore[no-any-return]


RANGES: dict[str, object] = {
    "a tuple": (2, 5),
    "a list": [2, 5],
    "an array": array.array("q", [2, 5]),
    "range(2, 4)": range(2, 4),
    "bools are ints": (True, 5),
    "to beyond the end": (2, 50),
    "to beyond any object": (2, 2**63),
    "an offset": {"offset": 3},
    "offset 0": {"offset": 0},
    "a suffix": {"suffix": 3},
    "a suffix longer than the object": {"suffix": 30},
    "suffix 0": {"suffix": 0},
    "offset and suffix": {"offset": 1, "suffix": 2},
    "offset and a key that means nothing": {"offset": 1, "x": 2},
    "offset at the end": {"offset": 10},
    "offset beyond the end": {"offset": 11},
    "empty": (5, 5),
    "empty at 0": (0, 0),
    "backwards": (5, 2),
    "starts at the end": (10, 12),
    "starts beyond the end": (12, 20),
    "a negative start": (-1, 4),
    "a negative end": (1, -4),
    "a negative offset": {"offset": -3},
    "a negative suffix": {"suffix": -3},
    "an empty dict": {},
    "a dict of other keys": {"x": 1},
    "an offset that is a str": {"offset": "1"},
    "a tuple of one": (1,),
    "a tuple of three": (1, 2, 3),
    "an empty tuple": (),
    "an end that is None": (1, None),
    "floats": (1.0, 2.0),
    "a number": 3,
    "a str": "2-5",
    "a slice": slice(2, 5),
    "an end over 64 bits": (2, 2**64),
    "a start over 64 bits": (2**65, 2**66),
    "None": None,
}

OPTIONS: dict[str, object] = {
    "none": None,
    "an empty dict": {},
    "head": {"head": True},
    "head False": {"head": False},
    "head and a range": {"head": True, "range": (2, 5)},
    "head as a number": {"head": 1},
    "head as a str": {"head": "yes"},
    "if_match of any": {"if_match": "*"},
    "if_match of another": {"if_match": '"nope"'},
    "if_match without quotes": {"if_match": "nope"},
    "if_match of a list": lambda w: {"if_match": '"x", ' + w.head("k")["e_tag"]},
    "if_match of the object": lambda w: {"if_match": w.head("k")["e_tag"]},
    "if_match as a number": {"if_match": 3},
    "if_match as bytes": {"if_match": b"x"},
    "if_match None": {"if_match": None},
    "if_none_match of any": {"if_none_match": "*"},
    "if_none_match of another": {"if_none_match": '"nope"'},
    "if_none_match of the object": lambda w: {"if_none_match": w.head("k")["e_tag"]},
    "if_none_match None": {"if_none_match": None},
    "if_match fails before if_none_match": lambda w: {"if_match": '"x"', "if_none_match": w.head("k")["e_tag"]},
    "if_modified_since long ago": {"if_modified_since": LONG_AGO},
    "if_modified_since far ahead": {"if_modified_since": FAR_AHEAD},
    "if_unmodified_since long ago": {"if_unmodified_since": LONG_AGO},
    "if_unmodified_since far ahead": {"if_unmodified_since": FAR_AHEAD},
    "if_unmodified_since of the object": lambda w: {"if_unmodified_since": _last_modified(w)},
    "if_unmodified_since in another zone": {"if_unmodified_since": FAR_AHEAD.astimezone(timezone(timedelta(hours=2)))},
    "if_unmodified_since without a zone": {"if_unmodified_since": FAR_AHEAD.replace(tzinfo=None)},
    "if_unmodified_since as a str": {"if_unmodified_since": "2100-01-01"},
    "if_unmodified_since as a date": {"if_unmodified_since": date(2100, 1, 1)},
    "if_unmodified_since as a number": {"if_unmodified_since": 1.0},
    "if_unmodified_since None": {"if_unmodified_since": None},
    "version None": {"version": None},
    "version as a number": {"version": 3},
    "a key that means nothing": {"nope": 1},
    "a key in another case": {"Range": (1, 2)},
    "a key that is a number": {1: 2},
    "a range and a condition": {"range": (2, 5), "if_match": "*"},
    "a list": [],
    "pairs": [("head", True)],
    "a str": "x",
    "a number": 3,
}

# For all operations that read: what is given as a path.
PATHS: dict[str, object] = {
    "missing": "missing",
    "empty": "",
    "only a slash": "/",
    "a leading slash": "/k",
    "a trailing slash": "k/",
    "two leading slashes": "//k",
    "two slashes within": "d//a",
    "..": "..",
    ".. within": "d/../k",
    ". at the start": "./k",
    "a folder": "d",
    "a folder with a slash": "d/",
    "below an object": "k/x",
    "a NUL": "k\0",
    "a line feed": "k\n",
    "per cent": "k%20",
    "not ASCII": "ü",
    "an asterisk": "a*b",
    "half a surrogate pair": "\ud800",
    "a Path": Path("k"),
    "bytes": b"k",
    "a number": 3,
    "None": None,
    "a list": ["k"],
}

STORES: dict[str, object] = {"a number": 3, "None": None, "a URL": "memory:///", "a dict": {}}


def _stream(*arguments: Any) -> Row:  # noqa: ANN401
    def row(w: Way) -> object:
        chunks = w.chunks(w.get("k").stream(*arguments))
        return b"".join(chunks), {type(chunk).__name__ for chunk in chunks} == {"bytes"}

    return row


def _use_twice(first: Callable[[Way, Any], object], second: Callable[[Way, Any], object]) -> Row:
    def row(w: Way) -> object:
        result = w.get("k")
        first(w, result)
        return second(w, result)

    return row


def _set(name: str, value: object) -> Row:
    return lambda w: setattr(w.get("k"), name, value)


RESULTS: dict[str, Row] = {
    "the result": lambda w: w.get("k"),
    "bytes": lambda w: w.bytes(w.get("k")),
    "buffer": lambda w: w.settle(w.get("k").buffer_async if w.asynchronous else w.get("k").buffer),
    "meta": lambda w: w.get("d/a").meta,
    "the keys of meta": lambda w: list(w.get("k").meta),
    "range": lambda w: w.get("k").range,
    "range of an empty object": lambda w: w.get("e").range,
    "meta has the whole size": lambda w: w.get("k", options={"range": (2, 5)}).meta["size"],
    "an empty object": lambda w: w.bytes(w.get("e")),
    "the first byte of an empty object": lambda w: w.content("e", options={"range": (0, 1)}),
    "all after 0 of an empty object": lambda w: w.content("e", options={"range": {"offset": 0}}),
    "the last byte of an empty object": lambda w: w.content("e", options={"range": {"suffix": 1}}),
    "attributes": lambda w: sorted(set(w.get("k").attributes) - {"Content-Type"}),
    "stream": _stream(),
    "stream in small chunks": _stream(3),
    "stream in any chunks": _stream(0),
    "stream by keyword": lambda w: w.chunks(w.get("k").stream(min_chunk_size=4)),
    "stream of a range": lambda w: b"".join(w.chunks(w.get("k", options={"range": (2, 5)}).stream())),
    "stream of an empty object": lambda w: b"".join(w.chunks(w.get("e"))),
    "stream with a negative size": lambda w: w.get("k").stream(-1),
    "stream with a str": lambda w: w.get("k").stream("3"),
    "stream with a float": lambda w: w.get("k").stream(3.0),
    "stream with None": lambda w: w.get("k").stream(None),
    "stream with more than 64 bits": lambda w: w.get("k").stream(2**70),
    "stream with a keyword it has not": lambda w: w.get("k").stream(chunk_size=3),
    "iteration": lambda w: b"".join(w.chunks(w.get("k"))),
    "a stream": lambda w: w.get("k").stream(),
    "iter gives a stream": lambda w: iter(w.get("k")),
    "aiter gives a stream": lambda w: aiter(w.get("k")),
    "a stream iterates over itself": lambda w: (lambda x: (iter(x) is x, aiter(x) is x))(w.get("k").stream()),
    "next of a stream": lambda w: w.next(w.get("k").stream()),
    "next after the last chunk": lambda w: (lambda x: (w.next(x), w.next(x)))(w.get("k").stream()),
    "a stream at its end": lambda w: (lambda x: after(w.chunks(x), w.chunks(x)))(w.get("k").stream()),
    "a stream while the object is deleted": lambda w: (lambda r: (w.delete("k"), w.bytes(r)))(w.get("k")),
    "bytes twice": _use_twice(lambda w, r: w.bytes(r), lambda w, r: w.bytes(r)),
    "bytes, then buffer": _use_twice(lambda w, r: w.bytes(r), lambda w, r: r.buffer()),
    "bytes, then stream": _use_twice(lambda w, r: w.bytes(r), lambda w, r: r.stream()),
    "bytes, then iter": _use_twice(lambda w, r: w.bytes(r), lambda w, r: iter(r)),
    "bytes, then meta": _use_twice(lambda w, r: w.bytes(r), lambda w, r: r.meta),
    "bytes, then range": _use_twice(lambda w, r: w.bytes(r), lambda w, r: r.range),
    "stream, then bytes": _use_twice(lambda w, r: r.stream(), lambda w, r: w.bytes(r)),
    "stream, then stream": _use_twice(lambda w, r: r.stream(), lambda w, r: r.stream()),
    "stream, then meta": _use_twice(lambda w, r: r.stream(), lambda w, r: r.meta),
    "meta, then bytes": _use_twice(lambda w, r: r.meta, lambda w, r: w.bytes(r)),
    "len": lambda w: len(w.get("k")),
    "equality": lambda w: w.get("k") == w.get("k"),
    "an attribute it has not": lambda w: w.get("k").nope,
    "setting an attribute": _set("x", 1),
    "setting meta": _set("meta", 1),
    "making one": lambda w: type(w.get("k"))(),
    "copy": lambda w: copy.copy(w.get("k")),
    "pickle": lambda w: pickle.dumps(w.get("k")),
}

CALLS: dict[str, Row] = {
    "by keyword": lambda w: w.content(path="k"),
    "options by position": lambda w: w.get("k", {"head": True}),
    "without a path": lambda w: w.get(),
    "too many": lambda w: w.get("k", {}, 3),
    "a keyword it has not": lambda w: w.get("k", optons={}),
    "the store by keyword": lambda w: w.package.get(store=w.store, path="k").range,
    "asynchronous without a loop": lambda w: w.package.get_async(w.store, "k"),
    "asynchronous, a bad path without a loop": lambda w: w.package.get_async(w.store, ".."),
    "asynchronous, no path without a loop": lambda w: w.package.get_async(w.store, 3),
}

ROWS: dict[str, Row] = {
    **{f"get: range {name}": _get({"range": value}) for name, value in RANGES.items()},
    **{f"get: options {name}": _get(value) for name, value in OPTIONS.items()},
    **{f"get: path {name}": lambda w, path=path: w.content(path) for name, path in PATHS.items()},  # type: ignore[misc]
    **{f"get: store {name}": lambda w, no=no: w.package.get(no, "k") for name, no in STORES.items()},  # type: ignore[misc]
    **{f"get: {name}": row for name, row in CALLS.items()},
    **{f"get: result, {name}": row for name, row in RESULTS.items()},
}
