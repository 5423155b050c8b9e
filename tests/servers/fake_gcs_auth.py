"""Google's side of credentials, for fake_gcs.py: RS256 signatures, access tokens and V4 signed URLs, all checked."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.message import Message
from typing import Any

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
GOOGLE_TOKEN_URI = (
    "https://oauth2.googleapis.com/token"  # the audience that Google documents; google.auth knows no other
)
TOKEN_LIFETIME = 3600
_CLOCK_SKEW = 300
_LONGEST_SIGNED_URL = 7 * 24 * 3600
# The DER encoding in front of a SHA-256 in an RSASSA-PKCS1-v1_5 signature (RFC 8017, section 9.2, note 1).
_SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")


class RefusedError(Exception):
    """A request for a token, or a signature, that is not in order. `status` and `code` are for the answer."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass(frozen=True)
class PublicKey:
    modulus: int
    exponent: int = 65537

    def verifies(self, data: bytes, signature: bytes) -> bool:
        """RSASSA-PKCS1-v1_5 with SHA-256, with the whole padding compared."""
        size = (self.modulus.bit_length() + 7) // 8
        number = int.from_bytes(signature, "big")
        if len(signature) != size or number >= self.modulus:
            return False
        digest = _SHA256_PREFIX + hashlib.sha256(data).digest()
        padded = b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest
        return pow(number, self.exponent, self.modulus).to_bytes(size, "big") == padded


@dataclass(frozen=True)
class Account:
    email: str
    key_id: str
    key: PublicKey


def _decode_part(text: str) -> bytes:
    if "=" in text:
        raise ValueError("padding")
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _time_of(text: str) -> float:
    return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc).timestamp()


@dataclass
class Authority:
    """Issues tokens to one service account, to one user and to one workload, and knows which it has issued."""

    account: Account
    token_uri: str
    user: Mapping[str, str]  # client_id, client_secret, refresh_token
    workload: Mapping[str, str]  # audience, subject_token, subject_token_type
    _issued: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def issue(self) -> dict[str, Any]:
        token = "ya29." + secrets.token_urlsafe(24)
        with self._lock:
            self._issued[token] = time.time() + TOKEN_LIFETIME
        return {"access_token": token, "expires_in": TOKEN_LIFETIME, "token_type": "Bearer"}

    def knows(self, token: str) -> bool:
        with self._lock:
            return self._issued.get(token, 0) > time.time()

    def answer(self, form: Mapping[str, str]) -> dict[str, Any]:
        """What the token endpoint says to a form."""
        grant = form.get("grant_type", "")
        if grant == "urn:ietf:params:oauth:grant-type:jwt-bearer":
            self._check_assertion(form.get("assertion", ""))
        elif grant == "refresh_token":
            self._check_equal(form, {"grant_type": grant, **self.user})
        elif grant == "urn:ietf:params:oauth:grant-type:token-exchange":
            kind = "urn:ietf:params:oauth:token-type:access_token"
            wanted = {"grant_type": grant, "scope": SCOPE, "requested_token_type": kind, **self.workload}
            self._check_equal(form, wanted)
        else:
            raise RefusedError(400, "unsupported_grant_type", f"Invalid grant_type: {grant}")
        return self.issue()

    @staticmethod
    def _check_equal(form: Mapping[str, str], wanted: Mapping[str, str]) -> None:
        if dict(form) != dict(wanted):
            wrong = sorted(name for name in {*form, *wanted} if form.get(name) != wanted.get(name))
            raise RefusedError(400, "invalid_grant", f"Wrong or missing: {', '.join(wrong)}")

    def _check_assertion(self, assertion: str) -> None:
        try:
            head, body, signature = assertion.split(".")
            header, claims = json.loads(_decode_part(head)), json.loads(_decode_part(body))
            signed = self.account.key.verifies(f"{head}.{body}".encode(), _decode_part(signature))
        except ValueError as error:
            raise RefusedError(400, "invalid_grant", "Malformed assertion.") from error
        if header != {"alg": "RS256", "typ": "JWT", "kid": self.account.key_id}:
            raise RefusedError(400, "invalid_grant", "Invalid JWT: wrong header.")
        if not signed:
            raise RefusedError(400, "invalid_grant", "Invalid JWT Signature.")
        now = time.time()
        issued, expires = claims.get("iat"), claims.get("exp")
        if not isinstance(issued, int) or not isinstance(expires, int) or not 0 < expires - issued <= 3600:
            raise RefusedError(400, "invalid_grant", "Invalid JWT: a token lives for an hour at most.")
        if issued > now + _CLOCK_SKEW or expires < now:
            raise RefusedError(400, "invalid_grant", "Invalid JWT: check your iat and exp values.")
        del claims["iat"], claims["exp"]
        audience = claims.pop("aud", None)
        if claims != {"iss": self.account.email, "scope": SCOPE} or audience not in (self.token_uri, GOOGLE_TOKEN_URI):
            raise RefusedError(400, "invalid_grant", "Invalid JWT: wrong claims.")

    def check_signed_url(self, method: str, path: str, query: str, headers: Message) -> None:
        """Throws unless the raw path and query carry the account's V4 signature, and it is in force."""
        given = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        try:
            email, _, scope = given["X-Goog-Credential"].partition("/")
            date, lifetime = given["X-Goog-Date"], int(given["X-Goog-Expires"])
            names = given["X-Goog-SignedHeaders"].split(";")
            signature = bytes.fromhex(given["X-Goog-Signature"])
            begin = _time_of(date)
        except (KeyError, ValueError) as error:
            raise RefusedError(400, "AuthorizationQueryParametersError", "A parameter is missing or wrong.") from error
        if given.get("X-Goog-Algorithm") != "GOOG4-RSA-SHA256" or not 0 < lifetime <= _LONGEST_SIGNED_URL:
            raise RefusedError(400, "AuthorizationQueryParametersError", "Wrong algorithm or lifetime.")
        if email != self.account.email or scope != f"{date[:8]}/auto/storage/goog4_request":
            raise RefusedError(403, "AccessDenied", "Unknown account or wrong scope.")
        if "host" not in names or names != sorted(names):
            raise RefusedError(403, "SignatureDoesNotMatch", "The host must be signed, and names must be sorted.")
        if not begin - 900 <= time.time() <= begin + lifetime:
            raise RefusedError(400, "ExpiredToken", "The provided token has expired.")
        items = sorted(item.partition("=") for item in query.split("&") if not item.startswith("X-Goog-Signature="))
        canonical = "\n".join(
            [
                method,
                path,
                "&".join(f"{name}={value}" for name, _, value in items),
                *(f"{name}:{' '.join((headers.get(name) or '').split())}" for name in names),
                "",
                ";".join(names),
                "UNSIGNED-PAYLOAD",
            ]
        )
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        if not self.account.key.verifies(f"GOOG4-RSA-SHA256\n{date}\n{scope}\n{digest}".encode(), signature):
            raise RefusedError(403, "SignatureDoesNotMatch", "Access denied.")
