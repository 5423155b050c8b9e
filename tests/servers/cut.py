"""A TCP proxy whose connections break: a server that is closed in mid-transfer."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from servers.process import HOST


@dataclass
class Proxy:
    url: str
    connections: int = 0


def _pump(source: socket.socket, target: socket.socket, limit: int | None) -> None:
    """Copy until the source ends or the limit is reached, then end both sides of both."""
    left = limit
    try:
        while left is None or left > 0:
            piece = source.recv(65536 if left is None else min(65536, left))
            if not piece:
                break
            target.sendall(piece)
            left = None if left is None else left - len(piece)
    except OSError:
        pass  # the other direction has ended the connection
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def _join(client: socket.socket, server: socket.socket, request: int | None, response: int | None) -> None:
    with client, server:  # closed when both directions have ended, so that what still comes is answered by a reset
        back = threading.Thread(target=_pump, args=(server, client, response))
        back.start()
        _pump(client, server, request)
        back.join()


@contextlib.contextmanager
def cutting_proxy(target: str, *, request: int | None = None, response: int | None = None) -> Iterator[Proxy]:
    """Passes on to `target`, an http URL. Each connection is closed, at both its ends, after so many bytes in one
    direction; None: never."""
    address = urlsplit(target)
    clients: list[socket.socket] = []
    threads: list[threading.Thread] = []
    listener = socket.create_server((HOST, 0), backlog=64)
    proxy = Proxy(f"http://{HOST}:{listener.getsockname()[1]}")

    def serve() -> None:
        with contextlib.suppress(OSError):  # the listener was shut down
            while True:
                client, _ = listener.accept()
                server = socket.create_connection((address.hostname, address.port or 80))
                proxy.connections += 1
                clients.append(client)
                threads.append(threading.Thread(target=_join, args=(client, server, request, response)))
                threads[-1].start()

    accepting = threading.Thread(target=serve)
    accepting.start()
    try:
        yield proxy
    finally:
        for end in (listener, *clients):
            with contextlib.suppress(OSError):  # closed already
                end.shutdown(socket.SHUT_RDWR)
        for thread in (accepting, *threads):
            thread.join()
        listener.close()
