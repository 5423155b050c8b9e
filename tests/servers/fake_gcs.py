"""A strict fake of Google Cloud Storage's XML API, with its token endpoint and metadata server, in one process.

    python -m servers.fake_gcs DIRECTORY PORT      (with `tests` on PYTHONPATH)

DIRECTORY has the config.json that servers/gcs.py writes. What a request has that the service would not know (a header
x-goog-..., a query parameter, a condition) is refused, so that nothing passes because it is ignored. Buckets are made
by their first use; that of the name "public" can be read without credentials. All versions of an object are kept.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import http.server
import itertools
import json
import sys
import threading
import time
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate, parsedate_to_datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from servers.fake_gcs_auth import Account, Authority, PublicKey, RefusedError

SMALLEST_PART = 5 << 20
_STORED = ("cache-control", "content-disposition", "content-encoding", "content-language", "content-type")
_KNOWN_GOOG = {"x-goog-storage-class", "x-goog-if-generation-match", "x-goog-copy-source"}
_METADATA = "/computeMetadata/v1/instance/service-accounts/default/"
_STATUS = {"InvalidArgument": 400, "InvalidPart": 400, "EntityTooSmall": 400, "InvalidPartOrder": 400}
_STATUS |= {"AuthenticationRequired": 401, "AccessDenied": 403, "NoSuchKey": 404, "NoSuchUpload": 404}
_STATUS |= {"MissingContentLength": 411, "PreconditionFailed": 412, "InvalidRange": 416, "NotModified": 304}


class ServiceError(Exception):
    """An answer that is no success."""

    def __init__(self, code: str, details: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(details)
        self.code = code
        self.headers = dict(headers or {})


@dataclass
class Stored:
    body: bytes
    headers: dict[str, str]
    e_tag: str
    generation: int
    modified: float = field(default_factory=time.time)

    def answer_headers(self) -> dict[str, str]:
        return {
            "ETag": self.e_tag,
            "Last-Modified": formatdate(self.modified, usegmt=True),
            "x-goog-generation": str(self.generation),
            "x-goog-metageneration": "1",
            "Accept-Ranges": "bytes",
            **self.headers,
        }


@dataclass
class Upload:
    key: str
    headers: dict[str, str]
    parts: dict[int, tuple[str, bytes]] = field(default_factory=dict)


@dataclass
class Bucket:
    versions: dict[str, list[Stored]] = field(default_factory=dict)  # the last one is live, if it is in `live`
    live: set[str] = field(default_factory=set)
    uploads: dict[str, Upload] = field(default_factory=dict)


class Service:
    """All buckets. Whoever uses them holds `lock`."""

    def __init__(self, authority: Authority) -> None:
        self.authority = authority
        self.lock = threading.Lock()
        self.buckets: dict[str, Bucket] = {}
        self.numbers = itertools.count(int(time.time() * 1e6))

    def find(self, bucket: Bucket, key: str, generation: str | None = None) -> Stored:
        if generation is None:
            if key in bucket.live:
                return bucket.versions[key][-1]
        else:
            for stored in bucket.versions.get(key, []):
                if str(stored.generation) == generation:
                    return stored
        raise ServiceError("NoSuchKey", f"No such object: {key}")

    def write(self, bucket: Bucket, key: str, body: bytes, headers: dict[str, str], condition: str | None) -> Stored:
        present = bucket.versions[key][-1].generation if key in bucket.live else 0
        if condition is not None and condition != str(present):
            raise ServiceError("PreconditionFailed", "x-goog-if-generation-match")
        stored = Stored(body, headers, f'"{hashlib.md5(body).hexdigest()}"', next(self.numbers))
        bucket.versions.setdefault(key, []).append(stored)
        bucket.live.add(key)
        return stored


def _element(name: str, text: object) -> str:
    return f"<{name}>{escape(str(text))}</{name}>"


def _rfc3339(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{int(seconds % 1 * 1000):03}Z"


def _range(text: str, size: int) -> tuple[int, int]:
    """[start, end) of a Range header (RFC 9110, section 14.1.2)."""
    first, dash, last = text.removeprefix("bytes=").partition("-")
    if not text.startswith("bytes=") or not dash or not (first + last).isdigit():
        raise ServiceError("InvalidArgument", "Range")
    start = int(first) if first else max(size - int(last), 0)
    end = min(int(last) + 1, size) if first and last else size
    if start >= end:
        raise ServiceError("InvalidRange", headers={"Content-Range": f"bytes */{size}"})
    return start, end


def _check_conditions(stored: Stored, headers: Mapping[str, str]) -> None:
    """RFC 9110, section 13.2.2."""

    def listed(text: str) -> bool:
        return text.strip() == "*" or stored.e_tag in [tag.strip() for tag in text.split(",")]

    def seconds(text: str) -> float:
        return parsedate_to_datetime(text).timestamp()

    modified = int(stored.modified)
    if (text := headers.get("if-match")) is not None:
        if not listed(text):
            raise ServiceError("PreconditionFailed", "If-Match")
    elif (text := headers.get("if-unmodified-since")) is not None and modified > seconds(text):
        raise ServiceError("PreconditionFailed", "If-Unmodified-Since")
    if (text := headers.get("if-none-match")) is not None:
        if listed(text):
            raise ServiceError("NotModified")
    elif (text := headers.get("if-modified-since")) is not None and modified <= seconds(text):
        raise ServiceError("NotModified")


def _check_key(key: str) -> None:
    if not 1 <= len(key.encode()) <= 1024 or key in (".", "..") or "\r" in key or "\n" in key:
        raise ServiceError("InvalidArgument", "Invalid object name.")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    service: Service  # set by main()

    # --- HTTP ---

    def log_message(self, *_: object) -> None:
        pass

    def answer(self, status: int, headers: Mapping[str, str] | None = None, body: bytes = b"") -> None:
        self.send_response(status)
        given = dict(headers or {})
        if status != 304:
            given.setdefault("Content-Length", str(len(body)))
        given["X-GUploader-UploadID"] = f"fake-{next(self.service.numbers)}"
        for name, value in given.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD" and status != 304:
            self.wfile.write(body)

    def answer_xml(self, name: str, inside: str, headers: Mapping[str, str] | None = None, status: int = 200) -> None:
        text = f"<?xml version='1.0' encoding='UTF-8'?><{name} xmlns='http://doc.s3.amazonaws.com/2006-03-01'>"
        kind = {"Content-Type": "application/xml; charset=UTF-8", **(headers or {})}
        self.answer(status, kind, f"{text}{inside}</{name}>".encode())

    def answer_json(self, value: object, status: int = 200) -> None:
        self.answer(status, {"Content-Type": "application/json"}, json.dumps(value).encode())

    def handle_any(self) -> None:
        length = self.headers.get("content-length")
        body = self.rfile.read(int(length)) if length else b""
        path, _, query = self.path.partition("?")
        try:
            if path.startswith(_METADATA):
                self.answer_metadata(path.removeprefix(_METADATA))
            elif path == "/token":
                self.answer_token(body)
            else:
                self.answer_storage(path, query, body)
        except ServiceError as error:
            self.answer_error(_STATUS[error.code], error.code, str(error), error.headers)
        except RefusedError as error:
            self.answer_error(error.status, error.code, str(error))

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_any  # noqa: N815

    def answer_error(self, status: int, code: str, details: str, headers: Mapping[str, str] | None = None) -> None:
        inside = _element("Code", code) + _element("Message", f"{code}.") + _element("Details", details)
        text = f"<?xml version='1.0' encoding='UTF-8'?><Error>{inside}</Error>".encode()
        self.answer(status, {"Content-Type": "application/xml; charset=UTF-8", **(headers or {})}, text)

    # --- tokens ---

    def answer_token(self, body: bytes) -> None:
        try:
            if self.command != "POST" or self.headers.get("content-type") != "application/x-www-form-urlencoded":
                raise RefusedError(400, "invalid_request", "A form is wanted.")
            form = dict(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True))
            self.answer_json(self.service.authority.answer(form))
        except RefusedError as error:
            self.answer_json({"error": error.code, "error_description": str(error)}, error.status)

    def answer_metadata(self, item: str) -> None:
        if self.headers.get("metadata-flavor") != "Google":
            self.answer(403, body=b"Missing Metadata-Flavor:Google header.")
        elif item == "token":
            self.answer_json(self.service.authority.issue())
        elif item == "email":
            self.answer(200, body=self.service.authority.account.email.encode())
        else:
            self.answer(404)

    def check_credentials(self, path: str, query: str, *, public: bool) -> None:
        authorization = self.headers.get("authorization")
        if "X-Goog-Signature=" in query:
            if authorization is not None:
                raise RefusedError(400, "InvalidArgument", "Two kinds of credentials.")
            self.service.authority.check_signed_url(self.command, path, query, self.headers)
        elif authorization is None:
            if not public or self.command not in ("GET", "HEAD"):
                raise ServiceError("AuthenticationRequired", "Anonymous caller.")
        elif not self.service.authority.knows(authorization.removeprefix("Bearer ")):
            raise ServiceError("AuthenticationRequired", "Invalid credentials.")

    # --- storage ---

    def answer_storage(self, path: str, query: str, body: bytes) -> None:
        bucket_name, slash, encoded = path.removeprefix("/").partition("/")
        self.check_credentials(path, query, public=bucket_name == "public")
        items = urllib.parse.parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
        given = {name: value for name, value in items if not name.startswith("X-Goog-")}
        for name in self.headers:
            lower = name.lower()
            if lower.startswith("x-goog-") and lower not in _KNOWN_GOOG and not lower.startswith("x-goog-meta-"):
                raise ServiceError("InvalidArgument", f"Unknown header: {name}")
        with self.service.lock:
            bucket = self.service.buckets.setdefault(bucket_name, Bucket())
            if not slash or not encoded:
                if self.command != "GET":
                    raise ServiceError("InvalidArgument", "The key is missing.")
                self.list_objects(bucket, given)
                return
            key = urllib.parse.unquote(encoded, errors="strict")
            _check_key(key)
            self.find_action(frozenset(given))(bucket, key, given, body)

    def find_action(self, parameters: frozenset[str]) -> Callable[[Bucket, str, dict[str, str], bytes], None]:
        part, upload = frozenset({"partNumber", "uploadId"}), frozenset({"uploadId"})
        none: frozenset[str] = frozenset()
        actions = {
            ("GET", none): self.get,
            ("HEAD", none): self.get,
            ("GET", frozenset({"generation"})): self.get,
            ("HEAD", frozenset({"generation"})): self.get,
            ("PUT", none): self.copy if "x-goog-copy-source" in self.headers else self.put,
            ("DELETE", none): self.delete,
            ("POST", frozenset({"uploads"})): self.start_upload,
            ("PUT", part): self.put_part,
            ("POST", upload): self.complete,
            ("DELETE", upload): self.abort,
        }
        action = actions.get((self.command, parameters))
        if action is None:
            raise ServiceError("InvalidArgument", f"{self.command} with {sorted(parameters)}")
        return action

    def get(self, bucket: Bucket, key: str, given: dict[str, str], _: bytes) -> None:
        stored = self.service.find(bucket, key, given.get("generation"))
        _check_conditions(stored, {name.lower(): value for name, value in self.headers.items()})
        headers = stored.answer_headers()
        body = stored.body
        wanted = self.headers.get("range")
        if headers.get("content-encoding") == "gzip" and "gzip" not in self.headers.get("accept-encoding", ""):
            # Decompressive transcoding: the range is ignored.
            body, wanted = gzip.decompress(body), None
            del headers["content-encoding"]
        if wanted is None:
            self.answer(200, headers, body)
            return
        start, end = _range(wanted, len(body))
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(body)}"
        self.answer(206, headers, body[start:end])

    def attributes(self) -> dict[str, str]:
        stored = {name: self.headers[name] for name in _STORED if name in self.headers}
        for name, value in self.headers.items():
            if name.lower().startswith("x-goog-meta-"):
                stored[name.lower()] = value
        stored["x-goog-storage-class"] = self.headers.get("x-goog-storage-class", "STANDARD")
        return stored

    def write(self, bucket: Bucket, key: str, body: bytes, headers: dict[str, str]) -> Stored:
        condition = self.headers.get("x-goog-if-generation-match")
        if {"if-match", "if-none-match"} & {name.lower() for name in self.headers}:
            raise ServiceError("InvalidArgument", "Writes have no such conditions.")
        return self.service.write(bucket, key, body, headers, condition)

    def put(self, bucket: Bucket, key: str, _: dict[str, str], body: bytes) -> None:
        if "content-length" not in self.headers:
            raise ServiceError("MissingContentLength")
        stored = self.write(bucket, key, body, self.attributes())
        self.answer(200, {"ETag": stored.e_tag, "x-goog-generation": str(stored.generation)})

    def copy(self, bucket: Bucket, key: str, _: dict[str, str], body: bytes) -> None:
        name, slash, encoded = self.headers["x-goog-copy-source"].partition("/")
        if body or not slash:
            raise ServiceError("InvalidArgument", "x-goog-copy-source")
        source = self.service.find(self.service.buckets.get(name, Bucket()), urllib.parse.unquote(encoded))
        stored = self.write(bucket, key, source.body, dict(source.headers))
        inside = _element("LastModified", _rfc3339(stored.modified)) + _element("ETag", stored.e_tag)
        self.answer_xml("CopyObjectResult", inside, {"x-goog-generation": str(stored.generation)})

    def delete(self, bucket: Bucket, key: str, _: dict[str, str], __: bytes) -> None:
        self.service.find(bucket, key)
        bucket.live.remove(key)
        self.answer(204)

    # --- lists ---

    def list_objects(self, bucket: Bucket, given: dict[str, str]) -> None:
        known = {"list-type", "continuation-token", "delimiter", "encoding-type", "max-keys", "prefix", "start-after"}
        if given.get("list-type") != "2" or not set(given) <= known or given.get("encoding-type", "url") != "url":
            raise ServiceError("InvalidArgument", f"A list with {sorted(given)}")
        encoded = "encoding-type" in given
        prefix, delimiter = given.get("prefix", ""), given.get("delimiter", "")
        limit = min(int(given.get("max-keys", "1000")), 1000)
        after = base64.urlsafe_b64decode(given.get("continuation-token", "")).decode()
        start_after = given.get("start-after", "")
        items: list[tuple[str, Stored | None]] = []  # None: a common prefix
        truncated = False
        for key in sorted(bucket.live, key=str.encode):
            end = key.find(delimiter, len(prefix)) if delimiter else -1
            name = key if end < 0 else key[: end + len(delimiter)]
            if not key.startswith(prefix) or key.encode() <= start_after.encode():
                continue
            # A common prefix that an earlier page had is behind us with all that is below it.
            if name.encode() <= after.encode() or (items and items[-1][0] == name):
                continue
            if len(items) == limit:
                truncated = True
                break
            items.append((name, bucket.versions[key][-1] if end < 0 else None))

        def text(name: str) -> str:
            return urllib.parse.quote(name, safe="/") if encoded else name

        inside = _element("KeyCount", len(items)) + _element("IsTruncated", str(truncated).lower())
        if encoded:
            inside += _element("EncodingType", "url")
        if truncated:
            token = base64.urlsafe_b64encode(items[-1][0].encode()).decode()
            inside += _element("NextContinuationToken", token)
        for name, stored in items:
            if stored is None:
                inside += f"<CommonPrefixes>{_element('Prefix', text(name))}</CommonPrefixes>"
                continue
            parts = {"Key": text(name), "Generation": stored.generation, "MetaGeneration": 1}
            parts |= {"LastModified": _rfc3339(stored.modified), "ETag": stored.e_tag, "Size": len(stored.body)}
            inside += f"<Contents>{''.join(_element(*part) for part in parts.items())}</Contents>"
        self.answer_xml("ListBucketResult", inside)

    # --- multipart uploads ---

    def find_upload(self, bucket: Bucket, key: str, given: dict[str, str]) -> Upload:
        upload = bucket.uploads.get(given["uploadId"])
        if upload is None or upload.key != key:
            raise ServiceError("NoSuchUpload")
        return upload

    def start_upload(self, bucket: Bucket, key: str, _: dict[str, str], body: bytes) -> None:
        if body:
            raise ServiceError("InvalidArgument", "A body.")
        number = f"upload/{next(self.service.numbers)}+=&"
        bucket.uploads[number] = Upload(key, self.attributes())
        self.answer_xml("InitiateMultipartUploadResult", _element("Key", key) + _element("UploadId", number))

    def put_part(self, bucket: Bucket, key: str, given: dict[str, str], body: bytes) -> None:
        upload = self.find_upload(bucket, key, given)
        number = int(given["partNumber"])
        if not 1 <= number <= 10_000:
            raise ServiceError("InvalidArgument", "partNumber")
        e_tag = f'"{hashlib.md5(body).hexdigest()}"'
        upload.parts[number] = (e_tag, body)
        self.answer(200, {"ETag": e_tag})

    def complete(self, bucket: Bucket, key: str, given: dict[str, str], body: bytes) -> None:
        upload = self.find_upload(bucket, key, given)
        listed: list[tuple[int, str]] = []
        for part in ElementTree.fromstring(body):
            values = {child.tag.rpartition("}")[2]: child.text or "" for child in part}
            listed.append((int(values["PartNumber"]), values["ETag"]))
        numbers = [number for number, _ in listed]
        if not numbers or numbers != sorted(set(numbers)):
            raise ServiceError("InvalidPartOrder")
        bodies = []
        for number, e_tag in listed:
            if upload.parts.get(number, ("", b""))[0] != e_tag:
                raise ServiceError("InvalidPart", f"Part {number}")
            bodies.append(upload.parts[number][1])
        if any(len(part) < SMALLEST_PART for part in bodies[:-1]):
            raise ServiceError("EntityTooSmall")
        stored = self.write(bucket, key, b"".join(bodies), upload.headers)
        digests = b"".join(hashlib.md5(part).digest() for part in bodies)
        stored.e_tag = f'"{hashlib.md5(digests).hexdigest()}-{len(bodies)}"'
        del bucket.uploads[given["uploadId"]]
        inside = _element("Key", key) + _element("ETag", stored.e_tag)
        self.answer_xml("CompleteMultipartUploadResult", inside, {"x-goog-generation": str(stored.generation)})

    def abort(self, bucket: Bucket, key: str, given: dict[str, str], _: bytes) -> None:
        self.find_upload(bucket, key, given)
        del bucket.uploads[given["uploadId"]]
        self.answer(204)


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


def main(arguments: list[str]) -> None:
    directory, port = Path(arguments[0]), int(arguments[1])
    config: dict[str, Any] = json.loads((directory / "config.json").read_text())
    account = Account(config["email"], config["key_id"], PublicKey(int(config["modulus"], 16)))
    authority = Authority(account, config["token_uri"], config["user"], config["workload"])
    Handler.service = Service(authority)
    _Server(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    main(sys.argv[1:])
