"""Rows about put: what it takes bytes from, modes, attributes, tags and sizes."""

from __future__ import annotations

import array
import io
from collections.abc import Callable, Iterator
from typing import Any

from differential.gets import PATHS
from differential.ways import Row, Way, after, asynchronously, failed

MORE_PATHS: dict[str, object] = {
    "spaces": "a b",
    "a fragment and a query": "a#b?c",
    "very long": "x" * 200,
    "a new folder": "x/y/z",
    "in a folder": "d/new",
}


class OnlyRead:
    """Files that can be read and cannot seek."""

    def read(self, size: int = -1) -> bytes:
        return b""


class Seekable(io.RawIOBase):
    """A file in Python code that gives less than it is asked for."""

    def __init__(self, content: bytes) -> None:
        self._content = io.BytesIO(content)

    def read(self, size: int = -1) -> bytes:
        return self._content.read(2)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._content.seek(offset, whence)

    def tell(self) -> int:
        return self._content.tell()


class FailingFile(Seekable):
    def read(self, size: int = -1) -> bytes:
        raise OSError("the disk is gone")


def _failing() -> Iterator[bytes]:
    yield b"a"
    raise LookupError("no more")


def _open(w: Way, mode: str, **options: Any) -> Any:  # noqa: ANN401
    file = w.file.open(mode, **options)
    _OPENED.append(file)
    return file


_OPENED: list[Any] = []  # until the next row: nothing is left to be closed by the garbage collector


def _read_on(file: Any, size: int) -> Any:  # noqa: ANN401
    file.read(size)
    return file


def _closed(file: Any) -> Any:  # noqa: ANN401
    file.close()
    return file


Source = Callable[[Way], object]

SOURCES: dict[str, Source] = {
    "bytes": lambda w: b"abc",
    "no bytes": lambda w: b"",
    "bytearray": lambda w: bytearray(b"abc"),
    "memoryview": lambda w: memoryview(b"abcd")[1:3],
    "memoryview with gaps": lambda w: memoryview(b"abcdef")[::2],
    "array of bytes": lambda w: array.array("B", [1, 2]),
    "array of ints": lambda w: array.array("i", [1, 2]),
    "Bytes": lambda w: w.package.Bytes(b"abc"),
    "Bytes of another object": lambda w: w.bytes(w.get("k")),
    "a Path": lambda w: w.file,
    "the path of a file as a str": lambda w: str(w.file),
    "a Path that is not there": lambda w: w.folder / "nothing",
    "a path that is not there as a str": lambda w: str(w.folder / "nothing"),
    "an empty str": lambda w: "",
    "a folder": lambda w: w.folder,
    "BytesIO": lambda w: io.BytesIO(b"abc"),
    "BytesIO, read on": lambda w: _read_on(io.BytesIO(b"abc"), 1),
    "BytesIO at its end": lambda w: _read_on(io.BytesIO(b"abc"), 3),
    "BytesIO, closed": lambda w: _closed(io.BytesIO(b"abc")),
    "StringIO": lambda w: io.StringIO("abc"),
    "a file": lambda w: _open(w, "rb"),
    "a file without a buffer": lambda w: _open(w, "rb", buffering=0),
    "a file, read on": lambda w: _read_on(_open(w, "rb"), 2),
    "a file in text mode": lambda w: _open(w, "r", encoding="utf-8"),
    "a file of Python code": lambda w: Seekable(b"abcdefg"),
    "a file of Python code that fails": lambda w: FailingFile(b""),
    "a file that cannot seek": lambda w: OnlyRead(),
    "a list": lambda w: [b"a", b"b"],
    "a tuple": lambda w: (b"a", b"b"),
    "an iterator": lambda w: iter([b"a", b"b"]),
    "a generator": lambda w: (part for part in (b"a", bytearray(b"b"), memoryview(b"c"))),
    "a generator of Bytes": lambda w: (w.package.Bytes(part) for part in (b"a", b"b")),
    "a generator of nothing": lambda w: iter([]),
    "an empty list": lambda w: [],
    "a list of empty parts": lambda w: [b"", b""],
    "a list with empty parts": lambda w: [b"", b"a", b"", b"b"],
    "the keys of a dict": lambda w: {b"a": 1},
    "a set": lambda w: {b"a"},
    "a list of strs": lambda w: ["a"],
    "a list of ints": lambda w: [1, 2],
    "a list with None": lambda w: [b"a", None],
    "a generator that goes wrong": lambda w: iter([b"a", "b"]),
    "a generator that raises": lambda w: _failing(),
    "range": lambda w: range(3),
    "an asynchronous generator": lambda w: asynchronously(b"a", bytearray(b"b"), memoryview(b"c")),
    "an asynchronous generator of nothing": lambda w: asynchronously(),
    "an asynchronous generator of strs": lambda w: asynchronously("a"),
    "an asynchronous generator that goes wrong": lambda w: asynchronously(b"a", 1),
    "a GetResult": lambda w: w.get("k"),
    "a stream": lambda w: w.get("k").stream(3),
    "None": lambda w: None,
    "a number": lambda w: 3,
    "a float": lambda w: 3.0,
    "True": lambda w: True,
    "a class": lambda w: object,
    "a function": lambda w: len,
}


def _put(source: Source, **options: Any) -> Row:  # noqa: ANN401
    def row(w: Way) -> object:
        try:
            return w.put("p", source(w), **options), w.content("p")
        finally:
            while _OPENED:
                _OPENED.pop().close()

    return row


def _with(options: Any) -> Row:  # noqa: ANN401
    return _put(lambda w: b"x", **options)


OPTIONS: dict[str, dict[str, Any]] = {
    "mode create": {"mode": "create"},
    "mode overwrite": {"mode": "overwrite"},
    "mode None": {"mode": None},
    "mode in another case": {"mode": "Create"},
    "mode append": {"mode": "append"},
    "mode empty": {"mode": ""},
    "mode a number": {"mode": 3},
    "mode bytes": {"mode": b"create"},
    "mode True": {"mode": True},
    "mode a list": {"mode": []},
    "mode an empty dict": {"mode": {}},
    "mode a dict of other keys": {"mode": {"x": 1}},
    "mode an etag": {"mode": {"e_tag": '"x"'}},
    "mode a version": {"mode": {"version": "x"}},
    "mode an etag that is a number": {"mode": {"e_tag": 3}},
    "mode an etag None": {"mode": {"e_tag": None}},
    "attributes none": {"attributes": {}},
    "attributes None": {"attributes": None},
    "attributes Content-Type": {"attributes": {"Content-Type": "text/plain"}},
    "attributes of one's own": {"attributes": {"mine": "yes"}},
    "attributes a number": {"attributes": {"Content-Type": 3}},
    "attributes of a number": {"attributes": {3: "x"}},
    "attributes a list": {"attributes": []},
    "attributes a str": {"attributes": "x"},
    "tags none": {"tags": {}},
    "tags None": {"tags": None},
    "tags": {"tags": {"a": "b", "c d": "e&f"}},
    "tags a number": {"tags": {"a": 3}},
    "tags of a number": {"tags": {3: "a"}},
    "tags a list": {"tags": [("a", "b")]},
    "tags a str": {"tags": "x"},
    "use_multipart": {"use_multipart": True},
    "use_multipart False": {"use_multipart": False},
    "use_multipart None": {"use_multipart": None},
    "use_multipart a number": {"use_multipart": 1},
    "use_multipart a str": {"use_multipart": "no"},
    "use_multipart and create": {"use_multipart": True, "mode": "create"},
    "chunk_size 0": {"chunk_size": 0},
    "chunk_size 1": {"chunk_size": 1},
    "chunk_size negative": {"chunk_size": -1},
    "chunk_size None": {"chunk_size": None},
    "chunk_size a str": {"chunk_size": "5"},
    "chunk_size a float": {"chunk_size": 5.0},
    "chunk_size over 64 bits": {"chunk_size": 2**64},
    "chunk_size 0 and parts": {"chunk_size": 0, "use_multipart": True},
    "max_concurrency 0": {"max_concurrency": 0},
    "max_concurrency 0 and parts": {"max_concurrency": 0, "use_multipart": True},
    "max_concurrency 1": {"max_concurrency": 1},
    "max_concurrency negative": {"max_concurrency": -1},
    "max_concurrency None": {"max_concurrency": None},
    "max_concurrency a str": {"max_concurrency": "1"},
    "max_concurrency over 64 bits": {"max_concurrency": 2**64},
    "a keyword it has not": {"nope": 1},
}

ALL_ATTRIBUTES = {
    "Content-Type": "text/plain",
    "Cache-Control": "no-cache",
    "Content-Disposition": "inline",
    "Content-Encoding": "x",
    "Content-Language": "en",
    "mine": "yes",
}


def _mode_of(w: Way) -> dict[str, object]:
    return {"e_tag": w.head("k")["e_tag"]}


def _stale(w: Way) -> object:
    mode = _mode_of(w)
    w.put("k", b"somebody else's")
    return w.put("k", b"x", mode=mode)


CALLS: dict[str, Row] = {
    "overwriting": lambda w: (w.put("k", b"x"), w.content("k")),
    "create where something is": lambda w: w.put("k", b"x", mode="create"),
    "create from parts where something is": lambda w: w.put("k", [b"a", b"b"], mode="create"),
    "create with use_multipart where something is": lambda w: w.put("k", b"x", mode="create", use_multipart=True),
    "after create nothing has changed": lambda w: (failed(lambda: w.put("k", b"x", mode="create")), w.content("k")),
    "update": lambda w: (w.put("k", b"x", mode=_mode_of(w)), w.content("k")),
    "update with a further key": lambda w: w.put("k", b"x", mode={**_mode_of(w), "x": 2}),
    "update of what has changed": _stale,
    "update of what is not there": lambda w: w.put("new", b"x", mode=_mode_of(w)),
    "update by version": lambda w: w.put("k", b"x", mode={"version": "x"}),
    "update by what head gave": lambda w: (w.put("k", b"x", mode=w.head("k")), w.content("k")),
    "update by what put gave": lambda w: (w.put("k", b"x", mode=w.put("k", b"y")), w.content("k")),
    "bytes in parts": lambda w: (w.put("p", b"abc" * 5, use_multipart=True, chunk_size=4), w.content("p")),
    "a list in parts": lambda w: (w.put("p", [b"abc"] * 5, chunk_size=4), w.content("p")),
    "a file in parts": lambda w: (w.put("p", io.BytesIO(b"abc" * 5), chunk_size=4), w.content("p")),
    "a list, not in parts": lambda w: (w.put("p", [b"abc"] * 5, use_multipart=False, chunk_size=4), w.content("p")),
    "a file, not in parts": lambda w: (w.put("p", io.BytesIO(b"abc"), use_multipart=False), w.content("p")),
    "a generator, not in parts": lambda w: (w.put("p", iter([b"a", b"b"]), use_multipart=False), w.content("p")),
    "a generator that raises, not in parts": lambda w: w.put("p", _failing(), use_multipart=False),
    "a generator that raises, create": lambda w: w.put("p", _failing(), mode="create"),
    "a file keeps its place": lambda w: (lambda f: after(f.read(1), w.put("p", f), f.tell()))(io.BytesIO(b"abc")),
    "a file stays open": lambda w: (lambda f: after(w.put("p", f), f.closed))(io.BytesIO(b"abc")),
    "attributes come back": lambda w: (w.put("p", b"x", attributes=ALL_ATTRIBUTES), _attributes(w)),
    "attributes in small letters": lambda w: (w.put("p", b"x", attributes={"content-type": "a/b"}), _attributes(w)),
    "attributes from parts": lambda w: (
        w.put("p", [b"x"], attributes={"Content-Type": "a/b"}, use_multipart=True),
        _attributes(w),
    ),
    "by keyword": lambda w: w.put(path="p", file=b"x"),
    "options by position": lambda w: w.put("p", b"x", None),
    "without a file": lambda w: w.put("p"),
    "without a path": lambda w: w.put(),
    "no store": lambda w: w.package.put(3, "p", b"x"),
    "an etag is in quotes": lambda w: w.put("p", b"x")["e_tag"][:1],
    "the etag is head's": lambda w: w.put("p", b"x")["e_tag"] == w.head("p")["e_tag"],
    "the keys of the result": lambda w: list(w.put("p", b"x")),
    "asynchronous, a bad path without a loop": lambda w: w.package.put_async(w.store, "..", b"x"),
    "asynchronous, no source without a loop": lambda w: w.package.put_async(w.store, "p", 3),
}


def _attributes(w: Way) -> object:
    return sorted(w.get("p").attributes.items())


ROWS: dict[str, Row] = {
    **{f"put: from {name}": _put(source) for name, source in SOURCES.items()},
    **{f"put: {name}": _with(options) for name, options in OPTIONS.items()},
    **{f"put: {name}": row for name, row in CALLS.items()},
    **{
        f"put: path {name}": lambda w, path=path: (w.put(path, b"x"), w.paths())  # type: ignore[misc]
        for name, path in {**PATHS, **MORE_PATHS}.items()
    },
}
