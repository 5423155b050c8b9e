"""Rows about delete, copy, rename, sign and parse_scheme."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, overload
from urllib.parse import parse_qs, urlsplit

from differential.gets import PATHS
from differential.ways import Row, Way

MINUTE = timedelta(seconds=60)


class Paths(Sequence[str]):
    """A sequence that is no list."""

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        return ("k", "t")[index]

    def __len__(self) -> int:
        return 2


DELETED: dict[str, Any] = {
    "one": "k",
    "in a folder": "d/b/c",
    "missing": "missing",
    "a list": ["k", "t"],
    "a tuple": ("k", "t"),
    "a sequence": Paths(),
    "an empty list": [],
    "an empty tuple": (),
    "a list of missing ones": ["missing", "missing2"],
    "the same twice": ["k", "k"],
    "a leading slash": "/k",
    "a list with a bad path": ["k", ".."],
    "a list with a number": ["k", 3],
    "a list of bytes": [b"k"],
    "a list of an empty path": [""],
    "a folder": "d",
    "a folder with a slash": "d/",
    "empty": "",
    "a bad path": "..",
    "two slashes": "d//a",
    "a set": {"k"},
    "a dict": {"k": 1},
    "a number": 3,
    "None": None,
    "bytes": b"k",
    "a Path": Path("k"),
}


def _with_a_missing_one(w: Way) -> object:
    """How many of the others are deleted is a matter of chance where it is an error."""
    try:
        return w.delete(["k", "missing", "t"])
    finally:
        w.put("k", b"")
        w.put("t", b"")


def _twice(operation: str, first: Any, second: Any, **options: Any) -> Row:  # noqa: ANN401
    """An operation from here to there, and what is in the two places afterwards."""

    def row(w: Way) -> object:
        return getattr(w, operation)(first, second, **options), w.content(second)

    return row


def _moved(operation: str) -> dict[str, Row]:
    def run(*arguments: Any, **options: Any) -> Row:  # noqa: ANN401
        return lambda w: getattr(w, operation)(*arguments, **options)

    bad = {name: path for name, path in PATHS.items() if name not in ("a leading slash", "a trailing slash")}
    return {
        "to a new place": _twice(operation, "k", "n"),
        "onto another": _twice(operation, "k", "t"),
        "into a new folder": _twice(operation, "k", "x/y/z"),
        "out of a folder": _twice(operation, "d/b/c", "n"),
        "with slashes around": _twice(operation, "/k/", "/n/"),
        "an empty object": _twice(operation, "e", "n"),
        "overwrite": _twice(operation, "k", "t", overwrite=True),
        "overwrite False onto another": run("k", "t", overwrite=False),
        "overwrite False to a new place": run("k", "n", overwrite=False),
        "overwrite False, missing": run("missing", "n", overwrite=False),
        "overwrite False, missing onto another": run("missing", "t", overwrite=False),
        "overwrite a number": run("k", "n", overwrite=0),
        "overwrite None": run("k", "n", overwrite=None),
        "overwrite a str": run("k", "n", overwrite="x"),
        "onto itself": run("k", "k"),
        "onto itself, overwrite False": run("k", "k", overwrite=False),
        "missing onto another": run("missing", "t"),
        "missing onto itself": run("missing", "missing"),
        "overwrite by position": run("k", "n", False),
        "one argument": run("k"),
        "by keyword": run(from_="k", to="n"),
        "a keyword it has not": run("k", "n", nope=1),
        **{f"from {name}": run(path, "n") for name, path in bad.items()},
        **{f"to {name}": run("k", path) for name, path in bad.items() if name != "missing"},
    }


def _url(url: str, w: Way) -> object:
    """What of a signed URL does not depend on the time and the place."""
    parts = urlsplit(url)
    values = parse_qs(parts.query)
    return parts.scheme, parts.path.rpartition("/")[2], sorted(values), values["X-Amz-Expires"]


def _sign(*arguments: Any, **options: Any) -> Row:  # noqa: ANN401
    def row(w: Way) -> object:
        signed = w.sign(*arguments, **options)
        return _url(signed, w) if isinstance(signed, str) else [_url(url, w) for url in signed]

    return row


SIGN: dict[str, Row] = {
    **{f"{method}": _sign(method, "k", MINUTE) for method in ("GET", "PUT", "POST", "HEAD", "PATCH", "DELETE")},
    **{f"{method}": _sign(method, "k", MINUTE) for method in ("TRACE", "OPTIONS", "CONNECT")},
    "small letters": _sign("get", "k", MINUTE),
    "no method": _sign("NOPE", "k", MINUTE),
    "an empty method": _sign("", "k", MINUTE),
    "method a number": _sign(3, "k", MINUTE),
    "a list": _sign("GET", ["k", "d/a"], MINUTE),
    "a tuple": _sign("GET", ("k",), MINUTE),
    "an empty list": _sign("GET", [], MINUTE),
    "what is not there": _sign("GET", "missing", MINUTE),
    "by keyword": _sign(method="GET", paths="k", expires_in=MINUTE),
    "an hour and a half": _sign("GET", "k", timedelta(minutes=90)),
    "part of a second": _sign("GET", "k", timedelta(seconds=1.9)),
    "no time": _sign("GET", "k", timedelta(0)),
    "negative": _sign("GET", "k", timedelta(seconds=-1)),
    "eight days": _sign("GET", "k", timedelta(days=8)),
    "expires_in a number": _sign("GET", "k", 60),
    "expires_in a str": _sign("GET", "k", "60s"),
    "expires_in None": _sign("GET", "k", None),
    "without expires_in": _sign("GET", "k"),
    "path a number": _sign("GET", 3, MINUTE),
    "a bad path": _sign("GET", "..", MINUTE),
    "a list with a bad path": _sign("GET", ["k", ".."], MINUTE),
    "a set": _sign("GET", {"k"}, MINUTE),
    "no store": lambda w: w.package.sign(3, "GET", "k", MINUTE),
}

URLS: dict[str, Any] = {
    "s3": "s3://bucket/k",
    "s3a": "s3a://bucket",
    "gs": "gs://bucket",
    "az": "az://container",
    "adl": "adl://container",
    "azure": "azure://container",
    "abfs": "abfs://container",
    "abfss": "abfss://container@account.dfs.core.windows.net",
    "file": "file:///tmp",
    "memory": "memory:///",
    "http": "http://example.com",
    "https": "https://example.com/x",
    "S3's address with the bucket": "https://bucket.s3.amazonaws.com",
    "S3's address": "https://s3.amazonaws.com/bucket",
    "S3's address of a region": "https://s3.eu-west-1.amazonaws.com/bucket",
    "R2": "https://account.r2.cloudflarestorage.com/bucket",
    "Azure's blobs": "https://account.blob.core.windows.net/container",
    "Azure's lake": "https://account.dfs.core.windows.net/container",
    "Fabric": "https://onelake.dfs.fabric.microsoft.com/x",
    "Azure's government": "https://account.blob.core.usgovcloudapi.net",
    "Google's address": "https://storage.googleapis.com/bucket",
    "capital letters": "S3://bucket",
    "gcs": "gcs://bucket",
    "ftp": "ftp://example.com",
    "hdfs": "hdfs://example.com",
    "memory with a host": "memory://x",
    "file with a host": "file://host/x",
    "no bucket": "s3://",
    "only a scheme": "s3:",
    "empty": "",
    "a word": "x",
    "a path": "/tmp",
    "a number": 3,
    "None": None,
    "bytes": b"s3://bucket",
    "a Path": Path("/tmp"),
}

ROWS: dict[str, Row] = {
    **{f"delete: {name}": lambda w, paths=paths: w.delete(paths) for name, paths in DELETED.items()},  # type: ignore[misc]
    "delete: a generator": lambda w: w.delete(path for path in ("k", "t")),
    "delete: a list with a missing one": _with_a_missing_one,
    "delete: by keyword": lambda w: w.delete(paths="k"),
    "delete: nothing given": lambda w: w.delete(),
    "delete: twice": lambda w: (w.delete("k"), w.delete("k")),
    "delete: then get": lambda w: (w.delete("k"), w.get("k")),
    "delete: asynchronous, a bad path without a loop": lambda w: w.package.delete_async(w.store, ".."),
    **{f"copy: {name}": row for name, row in _moved("copy").items()},
    **{f"rename: {name}": row for name, row in _moved("rename").items()},
    **{f"sign: {name}": row for name, row in SIGN.items()},
}

WITHOUT_A_STORE: dict[str, Row] = {
    **{f"parse_scheme: {name}": lambda w, url=url: w.package.parse_scheme(url) for name, url in URLS.items()},  # type: ignore[misc]
    "parse_scheme: by keyword": lambda w: w.package.parse_scheme(url="s3://bucket"),
    "parse_scheme: nothing given": lambda w: w.package.parse_scheme(),
    "parse_scheme: too many": lambda w: w.package.parse_scheme("s3://bucket", 1),
}
