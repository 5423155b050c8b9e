"""Certificates and keys of our own, made with the openssl command."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NamedTuple

from servers.process import find_program


class Certificate(NamedTuple):
    certificate: Path  # signed by itself, so it is also the CA file that clients need
    key: Path


def self_signed(directory: Path) -> Certificate:
    """For 127.0.0.1 and localhost."""
    made = Certificate(directory / "cert.pem", directory / "key.pem")
    command = [find_program("openssl", "apt-get install openssl"), "req", "-x509", "-nodes", "-days", "2"]
    command += ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost,DNS:*.localhost,IP:127.0.0.1"]
    command += ["-keyout", str(made.key), "-out", str(made.certificate)]
    subprocess.run(command, check=True, capture_output=True)
    return made


class RsaKey(NamedTuple):
    path: Path  # PEM
    modulus: str  # hexadecimal

    def sign(self, data: bytes) -> bytes:
        """RS256: RSASSA-PKCS1-v1_5 with SHA-256."""
        command = [find_program("openssl", "apt-get install openssl"), "dgst", "-sha256", "-sign", str(self.path)]
        return subprocess.run(command, input=data, check=True, capture_output=True).stdout


def rsa_key(directory: Path) -> RsaKey:
    openssl = find_program("openssl", "apt-get install openssl")
    key = directory / "rsa.pem"
    make = [openssl, "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", str(key)]
    subprocess.run(make, check=True, capture_output=True)
    show = [openssl, "rsa", "-in", str(key), "-noout", "-modulus"]
    shown = subprocess.run(show, check=True, capture_output=True, text=True).stdout
    return RsaKey(key, shown.strip().removeprefix("Modulus="))
