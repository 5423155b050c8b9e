"""MiniStack (from the PyPI package ministack): the metadata service of EC2 and the credential server of ECS."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass

from servers import process, sigv4


@dataclass(frozen=True)
class MiniStack:
    """A running server: its services share one address, which ends without a slash."""

    endpoint: str
    bucket: str

    def environment(self) -> dict[str, str]:
        """What the C++ tests read."""
        return {
            "STORELINK_TEST_MINISTACK_ENDPOINT": self.endpoint,
            "STORELINK_TEST_MINISTACK_BUCKET": self.bucket,
        }


@contextlib.contextmanager
def ministack(bucket: str = "storelink-test") -> Iterator[MiniStack]:
    """Start a server with one empty bucket. Its metadata service wants a session (IMDSv2); its S3 takes every key."""
    program = process.find_program("ministack", "pip install ministack")
    with process.work_directory("ministack") as directory:
        (port,) = process.free_ports(1)
        settings = {"BIND_HOST": process.HOST, "GATEWAY_PORT": str(port), "MINISTACK_IMDS_V2_REQUIRED": "1"}
        endpoint = f"http://{process.HOST}:{port}"

        def ready() -> bool:
            return sigv4.request("PUT", f"{endpoint}/{bucket}", "anyone", "anything") == 200

        environment = {**os.environ, **settings, "HOME": str(directory), "TMPDIR": str(directory)}
        with process.running([program], directory / "ministack.log", ready, environment=environment):
            yield MiniStack(endpoint, bucket)
