"""An OpenID Connect issuer (OpenID Connect Discovery 1.0, RFC 7517): two documents behind a plain web server."""

from __future__ import annotations

import base64
import contextlib
import json
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from servers import process, tls

AUDIENCE = "storelink"
_KEY_ID = "key-1"


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass(frozen=True)
class Issuer:
    """A running server. The address, which is the issuer's name, ends without a slash."""

    endpoint: str
    jwks_uri: str
    key: tls.RsaKey

    def token(self, subject: str) -> str:
        """A JSON Web Token (RFC 7519) for a day."""
        now = int(time.time())
        header = {"alg": "RS256", "typ": "JWT", "kid": _KEY_ID}
        claims = {"iss": self.endpoint, "aud": AUDIENCE, "sub": subject, "iat": now, "exp": now + 86_400}
        signed = ".".join(_base64url(json.dumps(part).encode()) for part in (header, claims))
        return f"{signed}.{_base64url(self.key.sign(signed.encode()))}"


@contextlib.contextmanager
def oidc(directory: Path) -> Iterator[Issuer]:
    """Start an issuer that keeps its files in `directory`."""
    (port,) = process.free_ports(1)
    endpoint = f"http://{process.HOST}:{port}"
    issuer = Issuer(endpoint, f"{endpoint}/.well-known/jwks.json", tls.rsa_key(directory))
    modulus, exponent = bytes.fromhex(issuer.key.modulus), (65537).to_bytes(3, "big")
    key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": _KEY_ID}
    key |= {"n": _base64url(modulus), "e": _base64url(exponent)}
    documents = directory / "public" / ".well-known"
    documents.mkdir(parents=True)
    (documents / "jwks.json").write_text(json.dumps({"keys": [key]}))
    configuration = {
        "issuer": endpoint,
        "jwks_uri": issuer.jwks_uri,
        "id_token_signing_alg_values_supported": ["RS256"],
    }
    (documents / "openid-configuration").write_text(json.dumps(configuration))

    def ready() -> bool:
        try:
            urllib.request.build_opener(urllib.request.ProxyHandler({})).open(issuer.jwks_uri, timeout=5).close()
        except OSError:
            return False
        return True

    command = [sys.executable, "-m", "http.server", "--bind", process.HOST]
    command += ["--directory", str(documents.parent), str(port)]
    with process.running(command, directory / "oidc.log", ready):
        yield issuer
