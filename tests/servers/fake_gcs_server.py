"""fake-gcs-server: Google Cloud Storage as others understand it. Of the XML API it has GET, HEAD and DELETE only."""

from __future__ import annotations

import contextlib
import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass

from servers import golang, process

VERSION = "1.56.1"


@dataclass(frozen=True)
class FakeGcsServer:
    """A running server, which takes every token. The address ends without a slash."""

    endpoint: str
    bucket: str

    def environment(self) -> dict[str, str]:
        """What the C++ tests read."""
        return {
            "STORELINK_TEST_FAKE_GCS_SERVER_ENDPOINT": self.endpoint,
            "STORELINK_TEST_FAKE_GCS_SERVER_BUCKET": self.bucket,
        }


@contextlib.contextmanager
def fake_gcs_server(bucket: str = "storelink-test") -> Iterator[FakeGcsServer]:
    """Start a server with one empty bucket."""
    program = golang.install("github.com/fsouza/fake-gcs-server", VERSION)
    with process.work_directory("fake-gcs-server") as directory:
        (port,) = process.free_ports(1)
        address = f"{process.HOST}:{port}"
        command = [str(program), "-scheme", "http", "-host", process.HOST, "-port", str(port), "-backend", "memory"]
        command += ["-public-host", address]

        def ready() -> bool:
            url, body = f"http://{address}/storage/v1/b", json.dumps({"name": bucket}).encode()
            made = urllib.request.Request(url, data=body, headers={"content-type": "application/json"})
            try:
                with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(made, timeout=5) as response:
                    return int(response.status) == 200
            except OSError:
                return False

        with process.running(command, directory / "fake-gcs-server.log", ready):
            yield FakeGcsServer(f"http://{address}", bucket)
