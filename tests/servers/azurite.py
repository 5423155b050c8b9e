"""Azurite (from the npm package azurite): the Azure Blob server of the tests."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from servers import process, shared_key, tls

VERSION = "3.37.0"
ACCOUNT = "devstoreaccount1"
# The emulator's well-known key.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


@dataclass(frozen=True)
class Azurite:
    """A running server. Addresses end with the account, without a slash."""

    endpoint: str
    https_endpoint: str
    ca_file: Path
    container: str

    def environment(self) -> dict[str, str]:
        """What the C++ and Python tests read."""
        return {
            "STORELINK_TEST_AZURE_ENDPOINT": self.endpoint,
            "STORELINK_TEST_AZURE_HTTPS_ENDPOINT": self.https_endpoint,
            "STORELINK_TEST_AZURE_CA_FILE": str(self.ca_file),
            "STORELINK_TEST_AZURE_CONTAINER": self.container,
            "STORELINK_TEST_AZURE_ACCOUNT_NAME": ACCOUNT,
            "STORELINK_TEST_AZURE_ACCOUNT_KEY": KEY,
        }


def install() -> Path:
    """The program, installed into the user's cache directory if it is not there yet: npm takes a minute or two."""
    directory = process.cache_directory(f"azurite-{VERSION}")
    program = directory / "node_modules" / ".bin" / "azurite-blob"
    if program.exists():
        return program
    npm = process.find_program("npm", "apt-get install nodejs npm")
    directory.mkdir(parents=True, exist_ok=True)
    options = ["--no-audit", "--no-fund", "--no-save", "--loglevel=error"]
    command = [npm, "install", "--prefix", str(directory), *options, f"azurite@{VERSION}"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0 or not program.exists():
        raise process.ServerError(f"npm could not install azurite: {done.stderr.strip()[-2000:]}")
    return program


@contextlib.contextmanager
def azurite(container: str = "storelink-test") -> Iterator[Azurite]:
    """Start a server with one empty container, on http, and one with OAuth on https.

    Only over https does Azurite take bearer tokens; it checks their audience and expiry, not their signature. The two
    have no blobs in common. They are ready when the container is there.
    """
    program = install()
    with process.work_directory("azurite") as directory, contextlib.ExitStack() as servers:
        certificate = tls.self_signed(directory)
        http, https = process.free_ports(2)
        common = ["--blobHost", process.HOST, "--inMemoryPersistence", "--silent", "--disableTelemetry"]
        common += ["--skipApiVersionCheck"]
        oauth = ["--oauth", "basic", "--cert", str(certificate.certificate), "--key", str(certificate.key)]
        endpoints = [f"http://{process.HOST}:{http}/{ACCOUNT}", f"https://{process.HOST}:{https}/{ACCOUNT}"]
        for endpoint, port, more in zip(endpoints, (http, https), ([], oauth), strict=True):
            command = [str(program), "--blobPort", str(port), *common, *more]
            url = f"{endpoint}/{container}?restype=container"

            def ready(url: str = url) -> bool:
                return shared_key.request("PUT", url, ACCOUNT, KEY, certificate.certificate) in (201, 409)

            servers.enter_context(process.running(command, directory / "azurite.log", ready))
        yield Azurite(endpoints[0], endpoints[1], certificate.certificate, container)
