"""A certificate of our own for 127.0.0.1 and localhost, made with the openssl command."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NamedTuple

from servers.process import find_program


class Certificate(NamedTuple):
    certificate: Path  # signed by itself, so it is also the CA file that clients need
    key: Path


def self_signed(directory: Path) -> Certificate:
    made = Certificate(directory / "cert.pem", directory / "key.pem")
    command = [find_program("openssl", "apt-get install openssl"), "req", "-x509", "-nodes", "-days", "2"]
    command += ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost,DNS:*.localhost,IP:127.0.0.1"]
    command += ["-keyout", str(made.key), "-out", str(made.certificate)]
    subprocess.run(command, check=True, capture_output=True)
    return made
