"""A web server in this process with one object at every path: it knows ranges and etags, and may stop in the middle."""

from __future__ import annotations

import contextlib
import http.server
import re
import threading
from collections.abc import Iterator

from .threaded import serving


class RangeServer(http.server.ThreadingHTTPServer):
    """Answers GET and HEAD with `body`, which has the etag `e_tag`.

    Requests for ranges that begin at `hold_from` or later get half their bytes, and then nothing any more: `held` is
    set then. `ranges` has the first byte of each range that was asked for.
    """

    daemon_threads = True

    def __init__(self, body: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.body = body
        self.e_tag = '"first"'
        self.hold_from: int | None = None
        self.held = threading.Event()
        self.released = threading.Event()
        self.ranges: list[int] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: RangeServer

    def do_GET(self) -> None:
        body, status, start = self.server.body, 200, 0
        condition = self.headers.get("If-Match")
        if condition is not None and condition != self.server.e_tag:
            body, status = b"", 412
        elif (wanted := re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))) is not None:
            start, last = int(wanted[1]), int(wanted[2])
            body, status = body[start : last + 1], 206
            self.server.ranges.append(start)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if status == 206:
            self.send_header("Content-Range", f"bytes {start}-{start + len(body) - 1}/{len(self.server.body)}")
        self.send_header("Last-Modified", "Wed, 01 Jan 2025 00:00:00 GMT")
        self.send_header("ETag", self.server.e_tag)
        self.end_headers()
        if self.command == "HEAD":
            return
        with contextlib.suppress(ConnectionError):  # who asked has gone
            if self.server.hold_from is not None and start >= self.server.hold_from:
                self.wfile.write(body[: len(body) // 2])
                self.server.held.set()
                self.server.released.wait()
                self.close_connection = True
            else:
                self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def range_server(body: bytes) -> Iterator[RangeServer]:
    """A running server."""
    server = RangeServer(body)
    with serving(server):
        try:
            yield server
        finally:
            server.released.set()
