"""Google Cloud Storage, as servers/fake_gcs.py has it: the server of the tests, with a fresh service account."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from servers import process, tls

EMAIL = "storelink-tests@project.iam.gserviceaccount.com"
USER = {"client_id": "client.apps", "client_secret": "client+secret", "refresh_token": "1//refresh/token"}
WORKLOAD = {
    "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/provider",
    "subject_token": "subject.token+/=",
    "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
}


@dataclass(frozen=True)
class Gcs:
    """A running server. The files are credentials that it takes."""

    endpoint: str  # without a slash at its end
    bucket: str
    service_account: Path
    authorized_user: Path
    external_account: Path

    def environment(self) -> dict[str, str]:
        """What the C++ and Python tests read."""
        return {
            "STORELINK_TEST_GCS_ENDPOINT": self.endpoint,
            "STORELINK_TEST_GCS_BUCKET": self.bucket,
            "STORELINK_TEST_GCS_SERVICE_ACCOUNT": str(self.service_account),
            "STORELINK_TEST_GCS_AUTHORIZED_USER": str(self.authorized_user),
            "STORELINK_TEST_GCS_EXTERNAL_ACCOUNT": str(self.external_account),
        }


def _write(path: Path, value: object) -> Path:
    path.write_text(json.dumps(value))
    return path


@contextlib.contextmanager
def gcs(bucket: str = "storelink-test") -> Iterator[Gcs]:
    """Start a server with a service account, a user and a workload that may do everything."""
    with process.work_directory("gcs") as directory:
        (port,) = process.free_ports(1)
        endpoint = f"http://{process.HOST}:{port}"
        token_uri = f"{endpoint}/token"
        key = tls.rsa_key(directory)
        account = {"client_email": EMAIL, "private_key": key.path.read_text(), "private_key_id": "key-1"}
        config = {"email": EMAIL, "key_id": "key-1", "modulus": key.modulus, "token_uri": token_uri}
        _write(directory / "config.json", {**config, "user": USER, "workload": WORKLOAD})
        (directory / "subject.token").write_text(WORKLOAD["subject_token"] + "\n")
        external = {name: value for name, value in WORKLOAD.items() if name != "subject_token"}
        external |= {"type": "external_account", "token_url": token_uri}
        server = Gcs(
            endpoint,
            bucket,
            _write(directory / "account.json", {"type": "service_account", **account, "token_uri": token_uri}),
            _write(directory / "user.json", {"type": "authorized_user", **USER, "token_uri": token_uri}),
            _write(
                directory / "external.json",
                {**external, "credential_source": {"file": str(directory / "subject.token")}},
            ),
        )

        def ready() -> bool:
            try:
                urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"{endpoint}/{bucket}", timeout=5)
            except urllib.error.HTTPError as error:
                error.close()
                return error.code == 401
            except OSError:
                pass
            return False

        command = [sys.executable, "-m", "servers.fake_gcs", str(directory), str(port)]
        path = {"PYTHONPATH": str(Path(__file__).parent.parent)}
        with process.running(command, directory / "gcs.log", ready, environment={**os.environ, **path}):
            yield server
