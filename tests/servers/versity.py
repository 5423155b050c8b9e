"""versitygw, an S3 server that checks regions and digests of payloads: the second S3 server of the tests."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass

from servers import golang, process, sigv4

VERSION = "1.8.0"
REGION = "eu-central-1"  # not the default, so that who takes it for granted is refused
ACCESS_KEY_ID = "STORELINKROOT"
SECRET_ACCESS_KEY = "storelink/root+secret"


@dataclass(frozen=True)
class Versity:
    """A running server. The address ends without a slash."""

    endpoint: str
    bucket: str

    def environment(self) -> dict[str, str]:
        """What the C++ tests read."""
        return {
            "STORELINK_TEST_VERSITY_ENDPOINT": self.endpoint,
            "STORELINK_TEST_VERSITY_BUCKET": self.bucket,
            "STORELINK_TEST_VERSITY_REGION": REGION,
            "STORELINK_TEST_VERSITY_ACCESS_KEY_ID": ACCESS_KEY_ID,
            "STORELINK_TEST_VERSITY_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        }


@contextlib.contextmanager
def versity(bucket: str = "storelink-test") -> Iterator[Versity]:
    """Start a server with one empty bucket, on a file system that must have extended attributes: those hold the etags,
    and only with them its conditional writes are atomic."""
    program = golang.install("github.com/versity/versitygw/cmd/versitygw", VERSION)
    with process.work_directory("versity") as directory:
        (port,) = process.free_ports(1)
        (directory / "data").mkdir()
        command = [str(program), "--port", f"{process.HOST}:{port}", "--region", REGION, "--keep-alive", "--quiet"]
        command += ["posix", str(directory / "data")]
        keys = {"ROOT_ACCESS_KEY_ID": ACCESS_KEY_ID, "ROOT_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY}
        endpoint = f"http://{process.HOST}:{port}"

        def ready() -> bool:
            url = f"{endpoint}/{bucket}"
            return sigv4.request("PUT", url, ACCESS_KEY_ID, SECRET_ACCESS_KEY, region=REGION) in (200, 409)

        with process.running(command, directory / "versity.log", ready, environment={**os.environ, **keys}):
            yield Versity(endpoint, bucket)
