"""A stand-in for S3 in this process that does not finish some of its answers."""

from __future__ import annotations

import contextlib
import http.server
import re
import threading
from collections.abc import Callable, Iterator
from email.message import Message

from .threaded import serving

SMALL = bytes(range(250)) * 4
LARGE = SMALL * 8192  # get() returns before such an object is there as a whole
_ENTRY = "<Key>key</Key><LastModified>2025-01-01T00:00:00.000Z</LastModified><ETag>&quot;1&quot;</ETag>"
_LISTING = f"<ListBucketResult><Contents>{_ENTRY}<Size>{len(SMALL)}</Size></Contents></ListBucketResult>"
_UPLOAD = "<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>"


def _document(method: str, path: str, headers: Message) -> str:
    """What S3 says to a request that is not for an object's bytes."""
    if method == "GET":
        return _LISTING
    if method == "POST":
        if "?uploads" in path:
            return _UPLOAD
        return "<DeleteResult/>" if "?delete" in path else "<CompleteMultipartUploadResult/>"
    return "<CopyObjectResult/>" if "x-amz-copy-source" in headers else ""


class StallingServer(http.server.ThreadingHTTPServer):
    """Every object exists: "large" has the bytes LARGE, the others SMALL.

    `finishes` says which requests, "METHOD /path?query", are answered. Of the other answers `portion` is sent,
    "nothing" or "half", then nothing any more: `stalled` is set. `aborted`: an upload in parts was given up.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, portion: str, finishes: Callable[[str], bool]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.portion = portion
        self.finishes = finishes
        self.stalled = threading.Event()
        self.aborted = threading.Event()
        self._late = False
        self._looks = threading.Event()
        self._changed = threading.Condition()
        self._waiting = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def is_left(self) -> bool:
        """Whether the clients of all unfinished answers hang up, within some seconds. Nothing is read before."""
        self._looks.set()
        with self._changed:
            return self.stalled.is_set() and self._changed.wait_for(lambda: self._waiting == 0, 20)

    def finish(self) -> None:
        """Answers all requests after all."""
        self._late = True
        self._looks.set()

    def stall(self, read: Callable[[int], bytes]) -> bool:
        """Until the client has hung up, or until it gets its answer after all: true."""
        with self._changed:
            self._waiting += 1
        self.stalled.set()
        self._looks.wait()
        if self._late:
            return True
        with contextlib.suppress(ConnectionError):
            while read(1 << 20):
                pass
        with self._changed:
            self._waiting -= 1
            self._changed.notify_all()
        return False


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: StallingServer

    def do_GET(self) -> None:
        answer, at = self._answer(), 0
        if not self.server.finishes(f"{self.command} {self.path}"):
            if self.server.portion == "half":
                at = self._middle(answer)
                self.wfile.write(answer[:at])
            if not self.server.stall(self.connection.recv):
                self.close_connection = True
                return
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.wfile.write(answer[at:])
        if self.command == "DELETE" and "uploadId" in self.path:
            self.server.aborted.set()

    do_HEAD = do_PUT = do_POST = do_DELETE = do_GET  # noqa: N815

    def _answer(self) -> bytes:
        status, body = "200 OK", _document(self.command, self.path, self.headers).encode()
        head = ['ETag: "1"', "Last-Modified: Wed, 01 Jan 2025 00:00:00 GMT"]
        if self.command in ("GET", "HEAD") and "list-type" not in self.path:
            body = whole = LARGE if "/large" in self.path else SMALL
            if (wanted := re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))) is not None:
                start, last = int(wanted[1]), min(int(wanted[2]), len(whole) - 1)
                status, body = "206 Partial Content", whole[start : last + 1]
                head.append(f"Content-Range: bytes {start}-{last}/{len(whole)}")
        head = [f"HTTP/1.1 {status}", *head, f"Content-Length: {len(body)}", "", ""]
        return "\r\n".join(head).encode() + (b"" if self.command == "HEAD" else body)

    def _middle(self, answer: bytes) -> int:
        """Of the body, or of the headers where there is none."""
        head = answer.index(b"\r\n\r\n") + 4
        return (head + len(answer)) // 2 if len(answer) > head else head // 2

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def stalling(portion: str, finishes: Callable[[str], bool]) -> Iterator[StallingServer]:
    """A running server."""
    server = StallingServer(portion, finishes)
    with serving(server):
        yield server
