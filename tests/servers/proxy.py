"""A real forward proxy (proxy.py): plain requests and CONNECT tunnels, with or without TLS to itself and a password."""

from __future__ import annotations

import contextlib
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from servers import process, tls


@dataclass
class ForwardProxy:
    address: str  # host:port
    log: Path
    ca_file: Path | None  # of the proxy's own certificate

    def requests(self) -> list[str]:
        """One line of its access log for each connection that a client has ended: "... GET 127.0.0.1:8333/..."."""
        return [line for line in self.log.read_text().splitlines() if "access_log" in line]


@contextlib.contextmanager
def forward_proxy(*, secure: bool = False, password: str = "") -> Iterator[ForwardProxy]:
    """`password`: "user:password", which it then asks for."""
    with process.work_directory("proxy") as directory:
        (port,) = process.free_ports(1)
        log = directory / "access.log"
        log.touch()
        command = [sys.executable, "-m", "proxy", "--hostname", process.HOST, "--port", str(port)]
        command += ["--num-workers", "1", "--num-acceptors", "1", "--log-file", str(log)]
        command += ["--basic-auth", password] if password else []
        ca_file = None
        if secure:
            made = tls.self_signed(directory)
            ca_file = made.certificate
            command += ["--cert-file", str(made.certificate), "--key-file", str(made.key)]

        def ready() -> bool:
            with contextlib.suppress(OSError), socket.create_connection((process.HOST, port), timeout=1):
                return True
            return False

        with process.running(command, directory / "proxy.log", ready):
            yield ForwardProxy(f"{process.HOST}:{port}", log, ca_file)
