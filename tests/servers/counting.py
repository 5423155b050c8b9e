"""An HTTP server in this process that counts its connections: are they shared?"""

from __future__ import annotations

import contextlib
import http.server
import select
import socket
import time
from collections.abc import Iterator

from .threaded import serving


class CountingServer(http.server.ThreadingHTTPServer):
    """Answers every GET and HEAD with `body`, after `delay` seconds, and keeps connections open."""

    daemon_threads = True
    body = b"value"
    delay = 0.0

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.connections = 0
        self.requests = 0
        self.abandoned = 0  # requests whose client had hung up before the answer

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: CountingServer

    def setup(self) -> None:
        self.server.connections += 1
        super().setup()

    def do_GET(self) -> None:
        self.server.requests += 1
        time.sleep(self.server.delay)
        if select.select([self.connection], [], [], 0)[0] and not self.connection.recv(1, socket.MSG_PEEK):
            self.server.abandoned += 1
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.send_header("Last-Modified", "Wed, 01 Jan 2025 00:00:00 GMT")
        self.send_header("ETag", '"1"')
        self.end_headers()
        with contextlib.suppress(ConnectionError):  # who asked has gone
            self.wfile.write(self.server.body if self.command == "GET" else b"")

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def counting() -> Iterator[CountingServer]:
    """A running server."""
    server = CountingServer()
    with serving(server):
        yield server
