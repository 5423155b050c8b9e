"""Rows about readers and writers."""

from __future__ import annotations

import array
from collections.abc import Callable
from typing import Any

from differential.gets import PATHS
from differential.ways import File, Row, Way, failed

Use = Callable[[Any], object]


def _read(use: Use, path: str = "t", **options: Any) -> Row:  # noqa: ANN401
    return lambda w: use(w.open_reader(path, **options))


def _call(name: str, *arguments: Any, **options: Any) -> Row:  # noqa: ANN401
    return _read(lambda f: getattr(f, name)(*arguments, **options))


READ: dict[str, Row] = {
    "the reader": _read(lambda f: f),
    "its methods": _read(lambda f: {"close", "read", "readall", "readline", "readlines"} <= set(dir(f.file))),
    "read": _call("read"),
    "read twice": _read(lambda f: (f.read(), f.read())),
    "read 3": _read(lambda f: (f.read(3), f.tell())),
    "read 0": _call("read", 0),
    "read None": _call("read", None),
    "read more than there is": _call("read", 100),
    "read -1": _call("read", -1),
    "read -5": _call("read", -5),
    "read a str": _call("read", "3"),
    "read a float": _call("read", 3.0),
    "read by keyword": _call("read", size=3),
    "read over 64 bits": _call("read", 2**64),
    "readall": _call("readall"),
    "readall twice": _read(lambda f: (f.readall(), f.readall())),
    "readall after read": _read(lambda f: (f.read(4), f.readall())),
    "readall with a size": _call("readall", 3),
    "readline": _read(lambda f: (f.readline(), f.tell())),
    "readline to the end": _read(lambda f: [f.readline() for _ in range(6)]),
    "readline with a size": _call("readline", 2),
    "readlines": _call("readlines"),
    "readlines 0": _call("readlines", 0),
    "readlines 1": _call("readlines", 1),
    "readlines of a whole line": _call("readlines", 4),
    "readlines of more than a line": _call("readlines", 5),
    "readlines -1": _call("readlines", -1),
    "readlines None": _call("readlines", None),
    "readlines a str": _call("readlines", "1"),
    "readlines twice": _read(lambda f: (f.readlines(), f.readlines())),
    "read, then readline": _read(lambda f: (f.read(4), f.readline())),
    "readline, then read": _read(lambda f: (f.readline(), f.read(2))),
    "seek": _read(lambda f: (f.seek(3), f.read(2))),
    "seek to the end": _read(lambda f: (f.seek(14), f.read())),
    "seek beyond the end": _read(lambda f: (f.seek(100), f.tell(), f.read(), f.read(3))),
    "seek from the end": _read(lambda f: (f.seek(-3, 2), f.read())),
    "seek to the very end": _read(lambda f: f.seek(0, 2)),
    "seek after the end": _read(lambda f: f.seek(5, 2)),
    "seek before the start": _call("seek", -100, 2),
    "seek on": _read(lambda f: (f.seek(2), f.seek(3, 1), f.read(1))),
    "seek back": _read(lambda f: (f.read(5), f.seek(-3, 1), f.read(2))),
    "seek back too far": _read(lambda f: (f.seek(2), f.seek(-3, 1))),
    "seek back at the start": _call("seek", -1, 1),
    "seek to -1": _call("seek", -1),
    "seek from nowhere": _call("seek", 1, 3),
    "seek from -1": _call("seek", 1, -1),
    "seek a str": _call("seek", "1"),
    "seek a float": _call("seek", 1.0),
    "seek nothing": _call("seek"),
    "seek over 64 bits": _call("seek", 2**64),
    "seek by keyword": _call("seek", 1, whence=1),
    "seek, then read again": _read(lambda f: (f.read(), f.seek(0), f.read(3))),
    "the place after a failed seek": _read(lambda f: (f.read(3), failed(lambda: f.seek(-9, 1)), f.tell())),
    "tell": _call("tell"),
    "tell after the end": _read(lambda f: (f.read(), f.tell())),
    "seekable": _call("seekable"),
    "size": _read(lambda f: f.size),
    "size is no method": _read(lambda f: f.size()),
    "setting the size": _read(lambda f: setattr(f.file, "size", 3)),
    "close": _call("close"),
    "close twice": _read(lambda f: (f.close(), f.close())),
    "close, then read": _read(lambda f: (f.close(), f.read())),
    "close, then readall": _read(lambda f: (f.close(), f.readall())),
    "close, then readline": _read(lambda f: (f.close(), f.readline())),
    "close, then readlines": _read(lambda f: (f.close(), f.readlines())),
    "close, then seek": _read(lambda f: (f.close(), f.seek(0))),
    "close, then tell": _read(lambda f: (f.close(), f.tell())),
    "close, then size": _read(lambda f: (f.close(), f.size)),
    "write": _call("write", b"x"),
    "making one": _read(lambda f: type(f.file)()),
    "an empty object": _read(lambda f: (f.size, f.read(), f.readline(), f.readlines()), "e"),
    "buffer_size 0": _read(lambda f: f.read(), buffer_size=0),
    "buffer_size 1": _read(lambda f: f.read(), buffer_size=1),
    "buffer_size 1, lines": _read(lambda f: f.readlines(), buffer_size=1),
    "buffer_size 3": _read(lambda f: (f.read(5), f.tell(), f.readline(), f.read()), buffer_size=3),
    "buffer_size 3, lines": _read(lambda f: f.readlines(), buffer_size=3),
    "buffer_size 0, a line": _read(lambda f: f.readline(), buffer_size=0),
    "buffer_size -1": _read(lambda f: f, buffer_size=-1),
    "buffer_size None": _read(lambda f: f, buffer_size=None),
    "buffer_size a str": _read(lambda f: f, buffer_size="3"),
    "size given": _read(lambda f: (f.size, f.read()), size=14),
    "size too small": _read(lambda f: (f.size, f.read()), size=5),
    "size 0": _read(lambda f: (f.size, f.read()), size=0),
    "size too large": _read(lambda f: f.read(), size=50),
    "size too large, part of it": _read(lambda f: f.read(20), size=50),
    "size None": _read(lambda f: f.size, size=None),
    "size -1": _read(lambda f: f, size=-1),
    "size a str": _read(lambda f: f, size="3"),
    "size of what is not there": _read(lambda f: f.size, "missing", size=5),
    "reading what is not there": _read(lambda f: f.read(), "missing", size=5),
    "buffer_size by position": lambda w: w.open_reader("t", 5),
    "a keyword it has not": lambda w: w.open_reader("t", mode="rb"),
    "no store": lambda w: w.package.open_reader(3, "t"),
    "deleted while it is open": lambda w: (lambda f: (w.delete("t"), f.read()))(w.open_reader("t")),
    "overwritten before it is read": lambda w: (lambda f: (w.put("t", b"new"), f.size))(w.open_reader("t")),
    "two at once": lambda w: (lambda f, g: (f.read(3), g.read(5), f.read(3)))(w.open_reader("t"), w.open_reader("t")),
    "asynchronous, a bad path without a loop": lambda w: w.package.open_reader_async(w.store, ".."),
}


def _write(use: Callable[[Any], object], **options: Any) -> Row:  # noqa: ANN401
    """What is done to a writer gives, and what is then in its place."""

    def row(w: Way) -> object:
        result = use(w.open_writer("w", **options))
        return result, w.content("w") if "w" in w.contents() else "nothing"

    return row


def _write_all(content: Any, **options: Any) -> Row:  # noqa: ANN401
    return _write(lambda f: (f.write(content), f.close()), **options)


def _in_with(path: str, use: Callable[[File], object]) -> Row:
    def row(w: Way) -> object:
        with w.open_writer(path) as file:
            use(file)
        return file.closed(), w.content(path)

    return row


def _raise(error: Exception) -> object:
    raise error


def _left_by_an_error(w: Way) -> object:
    writer = w.open_writer("k")
    try:
        with writer:
            writer.write(b"half of")
            raise LookupError("the other half")
    except LookupError:
        return writer.closed(), w.content("k")


def _leave(*, error: bool) -> Callable[[Any], object]:
    """Calls __exit__ as `with` does, and what closed() gives afterwards."""

    def use(file: File) -> object:
        file.__exit__(*((LookupError, LookupError("x"), None) if error else (None, None, None)))
        return file.closed()

    return use


WRITE: dict[str, Row] = {
    "the writer": _write(lambda f: f),
    "its repr": _write(lambda f: repr(f.file)),
    "write": _write(lambda f: f.write(b"abc")),
    "write and close": _write_all(b"abc"),
    "close": _write(lambda f: f.close()),
    "write nothing": _write_all(b""),
    "write bytearray": _write_all(bytearray(b"abc")),
    "write memoryview": _write_all(memoryview(b"abc")[1:]),
    "write memoryview with gaps": _write_all(memoryview(b"abcdef")[::2]),
    "write array of bytes": _write_all(array.array("B", [1, 2])),
    "write array of ints": _write_all(array.array("i", [1])),
    "write Bytes": lambda w: (lambda f: (f.write(w.package.Bytes(b"abc")), f.close()))(w.open_writer("w")),
    "write str": _write_all("abc"),
    "write a number": _write_all(3),
    "write None": _write_all(None),
    "write a list": _write_all([b"a"]),
    "write without an argument": _write(lambda f: f.write()),
    "write by keyword": _write(lambda f: (f.write(buffer=b"x"), f.close())),
    "write several times": _write(lambda f: ([f.write(part) for part in (b"a", b"bc", b"def")], f.close())),
    "write after a bad write": _write(lambda f: (failed(lambda: f.write("x")), f.write(b"a"), f.close())),
    "flush": _write(lambda f: f.flush()),
    "flush is not close": _write(lambda f: (f.write(b"ab"), f.flush(), f.closed())),
    "flush between": _write(lambda f: (f.write(b"ab"), f.flush(), f.write(b"c"), f.close())),
    "closed": _write(lambda f: f.closed()),
    "closed after close": _write(lambda f: (f.close(), f.closed())),
    "close twice": _write(lambda f: (f.close(), f.close())),
    "write after close": _write(lambda f: (f.close(), f.write(b"x"))),
    "flush after close": _write(lambda f: (f.close(), f.flush())),
    "what write after close leaves": _write(lambda f: (f.write(b"a"), f.close(), failed(lambda: f.write(b"x")))),
    "seek": _write(lambda f: f.seek(0)),
    "read": _write(lambda f: f.read()),
    "making one": _write(lambda f: type(f.file)()),
    "what close gives": lambda w: w.settle(w.open_writer("w").file.close),
    "what flush gives": lambda w: w.settle(w.open_writer("w").file.flush),
    "with": _in_with("w", lambda f: f.write(b"abc")),
    "with, over an object": _in_with("k", lambda f: f.write(b"abc")),
    "with, nothing written": _in_with("w", lambda f: None),
    "with, closed within": _in_with("w", lambda f: (f.write(b"abc"), f.close())),
    "with, an error": _in_with("w", lambda f: (f.write(b"abc"), _raise(LookupError("x")))),
    "with, an error leaves the object": _left_by_an_error,
    "exit": _write(_leave(error=False)),
    "exit after write": _write(lambda f: (f.write(b"abc"), _leave(error=False)(f))),
    "exit with an error": _write(lambda f: (f.write(b"abc"), _leave(error=True)(f))),
    "exit after close": _write(lambda f: (f.close(), _leave(error=False)(f))),
    "exit with an error after close": _write(lambda f: (f.close(), _leave(error=True)(f))),
    "write after exit": _write(lambda f: (_leave(error=False)(f), f.write(b"x"))),
    "buffer_size 1, nothing written": _write(lambda f: f.close(), buffer_size=1),
    "buffer_size larger": _write_all(b"abcde", buffer_size=2**20),
    "buffer_size -1": _write_all(b"a", buffer_size=-1),
    "buffer_size None": _write_all(b"a", buffer_size=None),
    "buffer_size a str": _write_all(b"a", buffer_size="3"),
    "in parts": _write_all(b"abcde" * 1_100_000, buffer_size=5 * 1024 * 1024),
    "in parts, an error": lambda w: (lambda f: (f.write(b"abcde" * 1_100_000), _leave(error=True)(f), w.contents()))(
        w.open_writer("w", buffer_size=5 * 1024 * 1024)
    ),
    "attributes": _write_all(b"abc", attributes={"Content-Type": "text/plain"}),
    "attributes come back": lambda w: (lambda f: (f.write(b"x"), f.close(), sorted(w.get("w").attributes.items())))(
        w.open_writer("w", attributes={"Content-Type": "text/plain", "mine": "yes"})
    ),
    "attributes none": _write_all(b"abc", attributes={}),
    "attributes a str": _write_all(b"abc", attributes="x"),
    "attributes a number": _write_all(b"abc", attributes={"a": 3}),
    "tags": _write_all(b"abc", tags={"a": "b"}),
    "tags none": _write_all(b"abc", tags={}),
    "tags a list": _write_all(b"abc", tags=[("a", "b")]),
    "tags a number": _write_all(b"abc", tags={"a": 3}),
    "max_concurrency 0": _write_all(b"abc", max_concurrency=0),
    "max_concurrency 1": _write_all(b"abc", max_concurrency=1),
    "max_concurrency -1": _write_all(b"abc", max_concurrency=-1),
    "max_concurrency None": _write_all(b"abc", max_concurrency=None),
    "buffer_size by position": lambda w: w.open_writer("w", 5),
    "a keyword it has not": lambda w: w.open_writer("w", mode="create"),
    "no store": lambda w: w.package.open_writer(3, "w"),
}


def _write_to(path: Any) -> Row:  # noqa: ANN401
    def row(w: Way) -> object:
        with w.open_writer(path) as file:
            file.write(b"x")
        return w.paths()

    return row


ROWS: dict[str, Row] = {
    **{f"open_reader: {name}": row for name, row in READ.items()},
    **{f"open_reader: path {name}": lambda w, path=path: w.open_reader(path).read() for name, path in PATHS.items()},  # type: ignore[misc]
    **{f"open_writer: {name}": row for name, row in WRITE.items()},
    **{f"open_writer: path {name}": _write_to(path) for name, path in PATHS.items()},
}
