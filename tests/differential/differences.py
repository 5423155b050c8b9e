"""Where storelink is meant to differ from obstore, and why. A row that no longer differs has to go from here."""

from __future__ import annotations

import re
from dataclasses import dataclass

MEMORY, LOCAL, S3 = "memory", "local", "s3"


@dataclass(frozen=True)
class Difference:
    reason: str
    rows: tuple[str, ...]  # `*` stands for any text
    stores: tuple[str, ...] = (MEMORY, LOCAL, S3)


DIFFERENCES = (
    # Options
    Difference(
        "None, which is declared, is taken: it is what is not given, and put and head give it",
        ("get: options * None", "put: mode an etag None", "put: update by what * gave"),
    ),
    Difference(
        "the time that an object has can be passed back; obstore compares it with one of more digits",
        ("get: options if_unmodified_since of the object",),
        (MEMORY, LOCAL),
    ),
    Difference("a time may be in any zone", ("get: options if_unmodified_since in another zone",)),
    Difference(
        "a misspelt option is an error; obstore goes on without the condition",
        ("get: options a key that means nothing", "get: options a key in another case"),
    ),
    Difference("head gives no content on any store", ("get: options head",), (MEMORY, LOCAL)),
    Difference("head gives no content on any store, and no error", ("get: options head and a range",)),
    Difference("no requests at once send nothing", ("put: max_concurrency 0*", "open_writer: max_concurrency 0")),
    Difference(
        "an update names an etag, before the store is asked for the object",
        ("put: mode an empty dict", "put: mode a version", "put: mode a dict of other keys"),
        (MEMORY, LOCAL),
    ),
    Difference(
        "text is not written as bytes of an encoding nobody chose",
        ("put: from StringIO", "put: from a file in text mode"),
    ),
    Difference(
        "a path of slashes only is the empty one",
        ("list: prefix only slashes", "list_with_delimiter: prefix only slashes"),
    ),
    # Deletes
    Difference(
        "what is gone already does not stop a delete of many, on every store",
        ("delete: a list of missing ones", "delete: a list with a missing one", "delete: the same twice"),
        (LOCAL,),
    ),
    # Ranges
    Difference("each start has its end; obstore leaves out those that have none", ("get_ranges: fewer *",)),
    Difference("no panic", ("get_ranges: one starts beyond the end",)),
    Difference("an end that is over 64 bits is that of the object", ("get_range*: start and length overflow",)),
    Difference("a range of no bytes is an error on every store", ("get: range suffix 0",), (MEMORY, LOCAL)),
    Difference(
        "an empty object's last byte is none, on every store",
        ("get: result, the last byte of an empty object",),
        (S3,),
    ),
    # Bytes and buffers
    Difference(
        "any contiguous memory is taken as bytes",
        (
            "put: from array of ints",
            "open_writer: write array of ints",
            "Bytes: of an array of ints",
            "Bytes: of two dimensions",
            "Bytes: + array of ints",
            "Bytes: contains array of ints",
            "Bytes: remove*fix array of ints",
        ),
    ),
    Difference(
        "memory with gaps is a BufferError, as elsewhere in Python",
        (
            "put: from memoryview with gaps",
            "open_writer: write memoryview with gaps",
            "Bytes: of memoryview with gaps",
            "Bytes: + memoryview with gaps",
            "Bytes: contains memoryview with gaps",
            "Bytes: remove*fix memoryview with gaps",
        ),
    ),
    Difference(
        "more of what bytes can do",
        (
            "Bytes: hash",
            "Bytes: as a key",
            "Bytes: less",
            "Bytes: greater *",
            "Bytes: decode, *",
            "Bytes: times -1",
            "Bytes: 2 times",
        ),
    ),
    Difference("the exceptions of bytes", ("Bytes: times over 64 bits", "Bytes: [over 64 bits]")),
    # What put takes
    Difference("an error of the source comes as it is", ("put: from BytesIO, closed",)),
    Difference("a source needs no seek", ("put: from a file that cannot seek",)),
    Difference("what get gives is a source of a blocking put, too", ("put: from a GetResult", "put: from a stream")),
    # Paths
    Difference(
        "a bad path is a ValueError in every function",
        (
            "delete: a bad path",
            "delete: a list with a bad path",
            "delete: two slashes",
            "delete: asynchronous, a bad path *",
        ),
    ),
    Difference("a bad path is a ValueError in every function", ("sign: a bad path", "sign: a list with *"), (S3,)),
    Difference(
        "an empty path is none of an object; obstore takes the store's prefix itself for one",
        (
            "*: path empty",
            "*: path only a slash",
            "copy: * empty",
            "copy: * only a slash",
            "rename: * empty",
            "rename: * only a slash",
            "delete: empty",
            "delete: a list of an empty path",
        ),
        (LOCAL, S3),
    ),
    Difference(
        "directories are no objects, and what is below an object is not there, as on every store",
        (
            "get*: path below an object",
            "head: path below an object",
            "open_reader: path below an object",
            "list*: prefix below an object",
            "copy: from a folder*",
            "copy: from below an object",
            "rename: from a folder*",
            "rename: from below an object",
            "delete: a folder*",
            "open_writer: path a folder*",
            "open_writer: path below an object",
        ),
        (LOCAL,),
    ),
    # What stores can do
    Difference(
        "attributes are kept on disk, too",
        (
            "put: attributes Content-Type",
            "put: attributes of one's own",
            "put: attributes come back",
            "put: attributes in small letters",
            "put: attributes from parts",
            "open_writer: attributes",
            "open_writer: attributes come back",
        ),
        (LOCAL,),
    ),
    Difference(
        "objects are updated on disk, too",
        (
            "put: mode an etag",
            "put: update",
            "put: update of *",
            "put: update by version",
            "put: update with a further key",
        ),
        (LOCAL,),
    ),
    Difference("what a store cannot keep is refused and not dropped", ("put: tags", "open_writer: tags"), (LOCAL,)),
    Difference(
        "etags of files are text without quotes", ("head: an etag is in quotes", "put: an etag is in quotes"), (LOCAL,)
    ),
    Difference(
        "copies do not overwrite, without a setting",
        ("copy: * overwrite False", "copy: overwrite False*", "rename: * overwrite False", "rename: overwrite False*"),
        (S3,),
    ),
    Difference("an object that is renamed to its own path stays", ("rename: onto itself",), (MEMORY, S3)),
    Difference("no URL that no server takes", ("sign: no time", "sign: eight days"), (S3,)),
    Difference("methods of HTTP in small letters", ("sign: small letters",), (S3,)),
    Difference(
        "arguments are looked at before the store is found to have no URLs",
        ("sign: a set", "sign: expires_in *", "sign: method a number", "sign: path a number"),
        (MEMORY, LOCAL),
    ),
    # Asynchronous calls
    Difference(
        "what is awaited can be made before the event loop runs",
        ("get: asynchronous without a loop", "list: asynchronous without a loop", "list: anext without a loop"),
    ),
    Difference("None as declared, where obstore gives ()", ("open_writer: what close gives", "*: what flush gives")),
    Difference(
        "asynchronous files are of the classes declared", ("open_reader: the reader", "open_writer: the writer")
    ),
    Difference("the address of Google Cloud Storage is its own kind of URL", ("parse_scheme: Google's address",)),
    # Files
    Difference(
        "read and readlines take what those of Python's files take",
        (
            "open_reader: read -*",
            "open_reader: read over 64 bits",
            "open_reader: readlines None",
            "open_reader: buffer_size 0, a line",
        ),
    ),
    Difference(
        "there is no empty line after the last one",
        (
            "open_reader: readlines",
            "open_reader: readlines 0",
            "open_reader: readlines -1",
            "open_reader: readlines twice",
            "open_reader: buffer_size *, lines",
            "open_reader: an empty object",
        ),
    ),
    Difference("nothing is before the start", ("open_reader: seek to -1", "open_reader: seek from -1")),
    Difference(
        "a closed reader reads no more",
        ("open_reader: close, then read*", "*: close, then seek", "*: close, then tell"),
    ),
    Difference(
        "an object that is shorter than said is an error, not the end",
        ("open_reader: size too large, part of it",),
    ),
    Difference(
        "a writer may be closed again, as files may",
        (
            "open_writer: close twice",
            "open_writer: with, closed within",
            "open_writer: exit * after close",
            "*: exit after close",
        ),
    ),
    Difference("arguments declared as positional are", ("open_writer: write by keyword",)),
    Difference("reprs are our own", ("open_writer: its repr",)),
)


def reason(row: str, store: str) -> str | None:
    """Why a row differs on a store, or None if it must not."""
    found = [one.reason for one in DIFFERENCES if store in one.stores and any(_fits(row, name) for name in one.rows)]
    assert len(found) <= 1, f"{row}: more than one reason: {found}"
    return found[0] if found else None


def unused(rows: set[str]) -> list[str]:
    """The names here that no row has."""
    names = [name for one in DIFFERENCES for name in one.rows]
    return [name for name in names if not any(_fits(row, name) for row in rows)]


def _fits(row: str, name: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, name.split("*"))), row) is not None
