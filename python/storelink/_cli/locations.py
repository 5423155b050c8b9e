"""What a command is given to work on: URLs of stores, and paths of local files."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from .. import Key, parse_scheme
from ..store import LocalStore, from_url
from .errors import UsageError, explain, printable

if TYPE_CHECKING:
    from .._any_store import AnyStore

_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<host>[^/]*)(?P<path>.*)", re.DOTALL)
STANDARD_STREAM = "-"


@dataclass(frozen=True)
class Settings:
    """What the command line says of stores, beside their URLs."""

    config: dict[str, str] = field(default_factory=dict)
    endpoint: str | None = None
    anonymous: bool = False

    def for_store(self, kind: str) -> dict[str, Any]:
        """Keywords for from_url(). UsageError for a setting that this kind of store has not."""
        if kind in ("local", "memory"):
            return {}
        if kind == "http":
            if self.endpoint is not None:
                raise UsageError("--endpoint is for stores of a cloud; the URL of a web server has its address")
            return {"client_options": self.config} if self.config else {}
        config = dict(self.config)
        if self.endpoint is not None:
            config["base_url" if kind == "gcs" else "endpoint"] = self.endpoint
            if self.endpoint.startswith("http://"):
                config["allow_http"] = "true"
        if self.anonymous:
            config["skip_signature"] = "true"
        return {"config": config} if config else {}


@dataclass(frozen=True)
class Location:
    """A store, and a key or a prefix in it. Make it with `parse()`."""

    shown_root: str  # what is in front of keys in what users see
    key: str  # "" is the whole store; a closing slash is kept
    directory: Path | None  # the root of a local store
    remote: AnyStore | None  # the others are made when the URL is read

    @cached_property
    def store(self) -> AnyStore:
        """The store. NotFoundError for a local directory that is not there."""
        return LocalStore(self.directory) if self.remote is None else self.remote

    @property
    def is_directory(self) -> bool:
        """Whether this is a prefix whatever is there: a whole store, a closing slash, an existing local directory."""
        return self.key == "" or self.key.endswith("/")

    @property
    def prefix(self) -> str:
        """The prefix that keys below this location have, "" or with a closing slash."""
        return self.key if self.is_directory else self.key + "/"

    @property
    def name(self) -> str:
        """The last segment of the key; of a whole local directory its own name."""
        if not self.key and self.directory is not None:
            return self.directory.resolve().name
        return self.key.rstrip("/").rpartition("/")[2]

    def path(self, key: str) -> str:
        """What operations take for this key."""
        return key if self.remote is None else Key(key)

    def url(self, key: str) -> str:
        """What users see, and may give back, for this key."""
        if self.directory is not None:
            return self.shown_root + key or "."
        return self.shown_root + re.sub(r"[%?#\x00-\x1f\x7f]", lambda found: f"%{ord(found[0]):02X}", key)

    @property
    def shown(self) -> str:
        """This location for users to see."""
        return self.url(self.key)

    def file(self, key: str) -> Path:
        """The local file of a key. UsageError for a key that is no path below the directory."""
        assert self.directory is not None
        if any(segment in ("", ".", "..") or "\0" in segment for segment in key.split("/")):
            raise UsageError(f'"{printable(key)}" cannot be the name of a local file')
        return self.directory / key

    def same_store(self, other: Location) -> bool:
        """Whether one request can copy between the two: a cloud's stores with the same settings."""
        return self.remote is not None and other.remote is not None and self.remote == other.remote

    def contains(self, other: Location) -> bool:
        """Whether everything at `other` is below this location as well."""
        if self.directory is not None and other.directory is not None:
            mine, others = (
                Path(os.path.realpath(directory / key))
                for directory, key in ((self.directory, self.key), (other.directory, other.key))
            )
            return mine == others or mine in others.parents
        return self.same_store(other) and (self.key == other.key or other.prefix.startswith(self.prefix))


def parse(text: str, settings: Settings) -> Location:
    """The location that a URL or a local path names. UsageError for one that names none."""
    url = _URL.fullmatch(text)
    if url is None:
        if not text:
            raise UsageError("an empty path names no file; . is the current directory")
        return _local(text)
    if url["scheme"].lower() == "file":
        if url["host"] not in ("", "localhost"):
            raise UsageError(f"file URLs have three slashes, as in file:///directory, and no host: {printable(text)}")
        return _local(unquote(url["path"]) or "/")
    return _remote(url, settings)


def _local(text: str) -> Location:
    path = Path(text)
    if path.is_dir():
        shown = "" if text in (".", "./") else text.rstrip("/") + "/"
        return Location(shown, "", path, None)
    name = path.name + ("/" if text.endswith("/") else "")
    return Location(text[: len(text) - len(name)], name, path.parent, None)


def _remote(url: re.Match[str], settings: Settings) -> Location:
    root, path = f"{url['scheme']}://{url['host']}", url["path"]
    shown = f"{url['scheme']}://{url['host'].rpartition('@')[2]}" if url["scheme"].startswith("http") else root
    if "?" in url[0] or "#" in url[0]:
        raise UsageError(
            f"{printable(re.split('[?#]', shown + path)[0])}: there is a query or a fragment behind this; "
            "? and # in a path are written %3F and %23"
        )
    try:
        kind = parse_scheme(root + path)
        keywords = settings.for_store(kind)
        if url["scheme"].lower() == "http" and kind == "http":
            keywords.setdefault("client_options", {})
            keywords["client_options"] = {"allow_http": "true", **keywords["client_options"]}
        if kind not in ("http", "memory") and url["scheme"].lower() == "https":
            # The bucket is the first segment, unless it is part of the host: then a segment becomes the prefix.
            first, _, behind = path[1:].partition("/")
            store = from_url(f"{root}/{first}", **keywords)
            if getattr(store, "prefix", None) is None:
                return Location(f"{shown}/{first}/", unquote(behind), None, store)
        store = from_url(root + ("/" if kind == "memory" else ""), **keywords)
    except UsageError:
        raise
    except Exception as error:
        raise UsageError(f"{printable(shown + path)}: {explain(error)}") from error
    return Location(shown + "/", unquote(path[1:]), None, store)
