"""Rows about Bytes, which need no store."""

from __future__ import annotations

import array
import copy
import io
import pickle
import re
import struct
import zlib
from collections.abc import Callable
from typing import Any

from differential.ways import Row, Way

PREDICATES = ("isalnum", "isalpha", "isascii", "isdigit", "islower", "isspace", "isupper")

CONTENTS: dict[str, bytes] = {
    "nothing": b"",
    "white space": b" \t\n\r\x0b\x0c",
    "NUL": b"\0",
    "high bytes": b"\xe4\xf6",
    "digits": b"123",
    "small letters": b"abc",
    "capital letters": b"ABC",
    "a digit and a small letter": b"1a",
    "a digit and a capital letter": b"1A",
    "small words": b"abc def",
    "capital words": b"ABC 1",
    "both cases": b"aB",
    "a small letter and a high byte": b"a\xff",
    "a capital letter and a high byte": b"A\xff",
    "an exclamation mark": b"!",
    "next line": b"\x85",
    "a separator": b"\x1c",
    "UTF-8": "Äö".encode(),
}

REPRS: dict[str, bytes] = {
    "nothing": b"",
    "text": b"Hello World",
    "quotes": b"\"'",
    "escapes": b"\\\n\t\r\0",
    "the edges of ASCII": b"\x1f ~\x7f\x80\xff",
}

KEYS: dict[str, Any] = {
    "0": 0,
    "-1": -1,
    "the last one": 10,
    "one too many": 11,
    "the first one from behind": -11,
    "one too few": -12,
    "True": True,
    "a str": "0",
    "a float": 1.0,
    "None": None,
    "...": ...,
    "over 64 bits": 2**70,
    "1:4": slice(1, 4),
    ":": slice(None),
    "::2": slice(None, None, 2),
    "::-1": slice(None, None, -1),
    "8:2:-2": slice(8, 2, -2),
    "-3:": slice(-3, None),
    ":-3": slice(None, -3),
    "5:2": slice(5, 2),
    "100:200": slice(100, 200),
    "-100:100": slice(-100, 100),
    "over 64 bits:": slice(2**70, None),
    "::0": slice(None, None, 0),
    "'a':": slice("a", None),
    "a tuple": (1, 2),
}

# What the operators and methods get that take a buffer.
OTHERS: dict[str, Callable[[Way], Any]] = {
    "bytes": lambda w: b"Hello",
    "the same bytes": lambda w: b"Hello World",
    "no bytes": lambda w: b"",
    "other bytes": lambda w: b"xyz",
    "the end": lambda w: b"World",
    "bytearray": lambda w: bytearray(b"Hello World"),
    "memoryview": lambda w: memoryview(b"Hello World"),
    "memoryview with gaps": lambda w: memoryview(b"Hello")[::2],
    "array of ints": lambda w: array.array("i", [1]),
    "Bytes": lambda w: w.package.Bytes(b"Hello World"),
    "str": lambda w: "Hello World",
    "a number": lambda w: 72,
    "a negative number": lambda w: -1,
    "a float": lambda w: 1.0,
    "None": lambda w: None,
    "a list": lambda w: [72],
}

TEXT = b"Hello World"


def _bytes(use: Callable[[Any], object]) -> Row:
    return lambda w: use(w.package.Bytes(TEXT))


def _of(content: Any) -> Row:  # noqa: ANN401
    return lambda w: w.package.Bytes(content)


def _predicates(content: bytes) -> Row:
    return lambda w: [getattr(w.package.Bytes(content), name)() for name in PREDICATES]


def _with_others(name: str, use: Callable[[Any, Any], object]) -> dict[str, Row]:
    return {
        f"{name} {other}": lambda w, make=make: use(w.package.Bytes(TEXT), make(w))  # type: ignore[misc]
        for other, make in OTHERS.items()
    }


def _delete_item(b: Any) -> None:  # noqa: ANN401
    del b[0]


def _set_item(b: Any) -> None:  # noqa: ANN401
    b[0] = 1


def _changed(w: Way) -> object:
    """The memory is that of the object it was made of."""
    memory = bytearray(b"ab")
    made = w.package.Bytes(memory)
    memory[0] = 0
    return made


def _resized(w: Way) -> object:
    memory = bytearray(b"ab")
    made = w.package.Bytes(memory)
    memory.append(1)
    return made


def _of_a_result(w: Way) -> object:
    store = w.package.store.MemoryStore()
    store.put("k", TEXT)
    whole = store.get("k").bytes()
    return whole[3:], whole[3:][1:3], bytes(memoryview(whole)[1:3]), whole == TEXT


USES: dict[str, Row] = {
    "nothing": lambda w: w.package.Bytes(),
    "type": _bytes(type),
    "len": _bytes(len),
    "bool": _bytes(bool),
    "bool of nothing": lambda w: bool(w.package.Bytes(b"")),
    "str": _bytes(str),
    "a format": _bytes("{}".format),
    "%s": _bytes(lambda b: "%s" % b),  # noqa: UP031
    "%b": _bytes(lambda b: b"%b" % b),
    "hash": _bytes(hash),
    "as a key": _bytes(lambda b: {b: 1}),
    "list": _bytes(list),
    "iter": _bytes(lambda b: next(iter(b))),
    "reversed": _bytes(lambda b: list(reversed(b))),
    "sorted": _bytes(sorted),
    "max": _bytes(max),
    "bytes": _bytes(bytes),
    "to_bytes": _bytes(lambda b: b.to_bytes()),
    "to_bytes with an argument": _bytes(lambda b: b.to_bytes(1)),
    "bytearray": _bytes(bytearray),
    "memoryview": _bytes(memoryview),
    "memoryview's format": _bytes(lambda b: (lambda m: (m.readonly, m.format, m.shape, m.strides))(memoryview(b))),
    "memoryview's object": _bytes(lambda b: memoryview(b).obj is b),
    "memoryview of nothing": lambda w: (lambda m: (m.nbytes, m.shape))(memoryview(w.package.Bytes(b""))),
    "BytesIO": _bytes(lambda b: io.BytesIO(b).read(3)),
    "join": _bytes(lambda b: b"-".join([b, b])),
    "int": lambda w: int(w.package.Bytes(b"12")),
    "float": lambda w: float(w.package.Bytes(b"1.5")),
    "struct": _bytes(lambda b: struct.unpack("2B", b[:2])),
    "a regular expression": _bytes(lambda b: re.search(rb"W\w+", b) is not None),
    "a checksum": _bytes(zlib.crc32),
    "lower": _bytes(lambda b: b.lower()),
    "upper": _bytes(lambda b: b.upper()),
    "lower of UTF-8": lambda w: w.package.Bytes("ÄB".encode()).lower(),
    "upper of high bytes": lambda w: w.package.Bytes(b"a\xe4").upper(),
    "lower with an argument": _bytes(lambda b: b.lower(1)),
    "decode, which it has not": _bytes(lambda b: b.decode()),
    "setting an attribute": _bytes(lambda b: setattr(b, "x", 1)),
    "setting an item": _bytes(_set_item),
    "deleting an item": _bytes(_delete_item),
    "copy": _bytes(copy.copy),
    "deepcopy": _bytes(copy.deepcopy),
    **{f"pickle {p}": _bytes(lambda b, p=p: pickle.loads(pickle.dumps(b, p))) for p in range(2, 6)},  # type: ignore[misc]
    "times 2": _bytes(lambda b: b * 2),
    "times 0": _bytes(lambda b: b * 0),
    "times -1": _bytes(lambda b: b * -1),
    "times True": _bytes(lambda b: b * True),
    "times a float": _bytes(lambda b: b * 1.0),
    "times a str": _bytes(lambda b: b * "2"),
    "times too much": _bytes(lambda b: b * 2**62),
    "times over 64 bits": _bytes(lambda b: b * 2**70),
    "2 times": _bytes(lambda b: 2 * b),
    "bytes before": _bytes(lambda b: b"x" + b),
    "bytearray before": _bytes(lambda b: bytearray(b"x") + b),
    "str before": _bytes(lambda b: "x" + b),
    "less": _bytes(lambda b: b < b"x"),
    "greater than another": lambda w: w.package.Bytes(b"b") > w.package.Bytes(b"a"),
    "bytes == it": _bytes(lambda b: b == TEXT),
    "bytes != it": _bytes(lambda b: b != TEXT),
    "__eq__ of a number": _bytes(lambda b: b.__eq__(3)),
    "removeprefix of nothing given": _bytes(lambda b: b.removeprefix()),
    "removesuffix of all": _bytes(lambda b: b.removesuffix(TEXT)),
    "of bytearray": lambda w: w.package.Bytes(bytearray(b"ab")),
    "of memoryview": _of(memoryview(b"abcd")[1:3]),
    "of memoryview with gaps": _of(memoryview(b"abcd")[::2]),
    "of Bytes": lambda w: w.package.Bytes(w.package.Bytes(b"ab")),
    "of an array of bytes": _of(array.array("B", [1, 2])),
    "of an array of ints": _of(array.array("i", [1])),
    "of two dimensions": _of(memoryview(b"abcd").cast("B", (2, 2))),
    "of str": _of("ab"),
    "of a number": _of(3),
    "of None": _of(None),
    "of a list": _of([1, 2]),
    "of a tuple": _of((b"a",)),
    "of two": lambda w: w.package.Bytes(b"a", b"b"),
    "by keyword": lambda w: w.package.Bytes(buf=b"x"),
    "by another keyword": lambda w: w.package.Bytes(buffer=b"x"),
    "memory that changes": _changed,
    "memory that is resized": _resized,
    "of a result": _of_a_result,
}

ROWS: dict[str, Row] = {
    **{f"Bytes: {name}": row for name, row in USES.items()},
    **{f"Bytes: [{name}]": _bytes(lambda b, key=key: b[key]) for name, key in KEYS.items()},  # type: ignore[misc]
    **{f"Bytes: repr of {name}": lambda w, c=c: repr(w.package.Bytes(c)) for name, c in REPRS.items()},  # type: ignore[misc]
    **{f"Bytes: predicates of {name}": _predicates(content) for name, content in CONTENTS.items()},
    **{f"Bytes: {name}": row for name, row in _with_others("==", lambda b, other: b == other).items()},
    **{f"Bytes: {name}": row for name, row in _with_others("+", lambda b, other: b + other).items()},
    **{f"Bytes: {name}": row for name, row in _with_others("contains", lambda b, other: other in b).items()},
    **{f"Bytes: {name}": row for name, row in _with_others("removeprefix", lambda b, o: b.removeprefix(o)).items()},
    **{f"Bytes: {name}": row for name, row in _with_others("removesuffix", lambda b, o: b.removesuffix(o)).items()},
}
