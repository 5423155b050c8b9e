"""An HTTP server in this process whose answers the test writes: a stand-in for services that give credentials."""

from __future__ import annotations

import contextlib
import http.server
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from .threaded import serving


@dataclass
class Asked:
    """A request."""

    method: str
    path: str  # without query
    query: dict[str, str]
    headers: dict[str, str]
    body: str


@dataclass
class Answer:
    """A response: a document as JSON, or text."""

    document: object = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class AnsweringServer(http.server.ThreadingHTTPServer):
    """Gives the answer of the function for the path; 404 for other paths."""

    daemon_threads = True

    def __init__(self, answers: dict[str, Callable[[Asked], Answer]]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = answers
        self.asked: list[Asked] = []

    @property
    def address(self) -> str:
        """With a name: aiohttp keeps no cookies of numbers."""
        return f"http://localhost:{self.server_address[1]}"


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: AnsweringServer

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        headers = dict(self.headers.items())
        body = self.rfile.read(int(headers.get("Content-Length", 0))).decode()
        asked = Asked(self.command, url.path, query, headers, body)
        self.server.asked.append(asked)
        answer_for = self.server.answers.get(url.path)
        answer = Answer("nothing here", 404) if answer_for is None else answer_for(asked)
        is_text = isinstance(answer.document, str)
        content = (str(answer.document) if is_text else json.dumps(answer.document)).encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", "text/html" if is_text else "application/json")
        self.send_header("Content-Length", str(len(content)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def answering(answers: dict[str, Callable[[Asked], Answer]]) -> Iterator[AnsweringServer]:
    """A running server."""
    server = AnsweringServer(answers)
    with serving(server):
        yield server
