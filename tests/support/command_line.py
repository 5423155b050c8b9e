"""The command `storelink` in tests: as a process of its own, and places that it works on."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import storelink
from storelink import Key
from storelink.store import GCSStore, LocalStore, S3Store


@dataclass
class Place:
    """A prefix of a real store, or a local directory. Keys are relative to it."""

    url: str  # without a closing slash
    store: GCSStore | LocalStore | S3Store

    def at(self, key: str) -> str:
        return f"{self.url}/{key}"

    def write(self, key: str, data: bytes = b"data") -> str:
        """Makes an object; returns its URL."""
        storelink.put(self.store, key if isinstance(self.store, LocalStore) else Key(key), data)
        return self.at(key)

    def read(self, key: str) -> bytes:
        return bytes(storelink.get(self.store, key).bytes())

    def keys(self) -> list[str]:
        return sorted(meta["path"] for meta in storelink.list(self.store).collect())


def s3_variables(environment: dict[str, str], identity: str = "") -> dict[str, str]:
    """AWS_... for the server that STORELINK_TEST_S3_... describe; identity: "READONLY_" for one that may only read."""
    return {
        "AWS_ENDPOINT": environment["STORELINK_TEST_S3_ENDPOINT"],
        "AWS_REGION": environment["STORELINK_TEST_S3_REGION"],
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": environment[f"STORELINK_TEST_S3_{identity}ACCESS_KEY_ID"],
        "AWS_SECRET_ACCESS_KEY": environment[f"STORELINK_TEST_S3_{identity}SECRET_ACCESS_KEY"],
    }


@dataclass
class Process:
    """`storelink` as a process with these environment variables beside the test's own."""

    variables: dict[str, str] = field(default_factory=dict)

    def start(self, *arguments: str | Path, **options: Any) -> subprocess.Popen[bytes]:  # noqa: ANN401
        command = [sys.executable, "-m", "storelink", *map(str, arguments)]
        streams: dict[str, IO[bytes] | int] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(command, env={**os.environ, **self.variables}, **{**streams, **options})

    def __call__(self, *arguments: str | Path, status: int = 0, stdin: bytes = b"", **options: Any) -> bytes:  # noqa: ANN401
        """Runs it to its end with this exit status; returns what it printed: the error's line, or the output."""
        with self.start(*arguments, stdin=subprocess.PIPE, **options) as process:
            output, errors = process.communicate(stdin, timeout=120)
        assert process.returncode == status, errors.decode()
        if status == 0:
            assert errors == b""
            return output or b""
        assert errors.startswith(b"storelink: ") or status == 130, errors.decode()
        assert errors.count(b"\n") == (0 if status == 130 else 1), errors.decode()
        return errors
