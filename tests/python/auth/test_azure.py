"""Tokens of azure.identity."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import azure.identity
import azure.identity.aio
import pytest
import storelink
from azure.core.credentials import AccessToken
from servers.answers import Answer, AnsweringServer, Asked, answering
from storelink.auth.azure import DEFAULT_SCOPES, AzureAsyncCredentialProvider, AzureCredentialProvider
from storelink.store import AzureStore

pytestmark = pytest.mark.once
SECRET = "a-token-that-is-not-shown"
EXPIRY = datetime(2030, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


def bearer_token() -> str:
    """A JSON Web Token (RFC 7519) as the test server wants it: it does not check signatures."""
    now = int(datetime.now(timezone.utc).timestamp())
    claims = {"aud": "https://storage.azure.com", "iss": "https://sts.windows.net/tenant/"}
    times = {"iat": now, "nbf": now, "exp": now + 3600}
    parts = (json.dumps(part).encode() for part in ({"typ": "JWT", "alg": "RS256"}, {**claims, **times}))
    return ".".join([*(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts), "signature"])


class Credential:
    """One that says what it was asked."""

    def __init__(self, token: str = SECRET) -> None:
        self.token = token
        self.asked: list[tuple[tuple[str, ...], dict[str, Any]]] = []

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:  # noqa: ANN401
        self.asked.append((scopes, options))
        return AccessToken(self.token, int(EXPIRY.timestamp()))


class AsyncCredential(Credential):
    async def get_token(self, *scopes: str, **options: Any) -> AccessToken:  # type: ignore[override] # noqa: ANN401
        return super().get_token(*scopes, **options)


def test_a_token_and_its_expiry() -> None:
    credential = Credential()
    assert AzureCredentialProvider(credential)() == {"token": SECRET, "expires_at": EXPIRY}
    assert credential.asked == [(DEFAULT_SCOPES, {"tenant_id": None})]
    assert DEFAULT_SCOPES == ("https://storage.azure.com/.default",)


async def test_a_token_that_is_awaited() -> None:
    credential = AsyncCredential()
    provider = AzureAsyncCredentialProvider(credential, scopes=["a", "b"], tenant_id="tenant")  # type: ignore[arg-type]
    assert await provider() == {"token": SECRET, "expires_at": EXPIRY}
    assert credential.asked == [(("a", "b"), {"tenant_id": "tenant"})]


def test_scopes_may_be_any_iterable_and_are_asked_for_each_time() -> None:
    credential = Credential()
    provider = AzureCredentialProvider(credential, scopes=iter(["a"]))
    assert provider() == provider()
    assert [scopes for scopes, _ in credential.asked] == [("a",), ("a",)]


def test_representations_have_no_secret() -> None:
    for provider in (AzureCredentialProvider(Credential()), AzureAsyncCredentialProvider(AsyncCredential())):  # type: ignore[arg-type]
        assert SECRET not in repr(provider)
        assert SECRET not in repr(AzureStore("container", account_name="a", credential_provider=provider))


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[AnsweringServer]:
    """An App Service, whose managed identity gives tokens."""
    expires_on = str(int((datetime.now(timezone.utc) + timedelta(hours=1)).timestamp()))

    def answer(asked: Asked) -> Answer:
        assert {name.lower(): value for name, value in asked.headers.items()}["x-identity-header"] == "header"
        resource = asked.query["resource"]
        return Answer({"access_token": f"for {resource}", "expires_on": expires_on, "resource": resource})

    with answering({"/token": answer}) as server:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{server.address}/token")
        monkeypatch.setenv("IDENTITY_HEADER", "header")
        yield server


def test_a_managed_identity(machine: AnsweringServer) -> None:
    with azure.identity.ManagedIdentityCredential() as credential:
        token = AzureCredentialProvider(credential)()
    assert token["token"] == "for https://storage.azure.com"  # type: ignore[typeddict-item]
    assert token["expires_at"] is not None
    assert timedelta(minutes=50) < token["expires_at"] - datetime.now(timezone.utc) <= timedelta(hours=1)
    assert len(machine.asked) == 1


async def test_a_managed_identity_that_is_awaited(machine: AnsweringServer) -> None:
    async with azure.identity.aio.ManagedIdentityCredential() as credential:
        token = await AzureAsyncCredentialProvider(credential)()
    assert token["token"] == "for https://storage.azure.com"  # type: ignore[typeddict-item]
    assert len(machine.asked) == 1


def test_the_default_credential_finds_the_managed_identity(machine: AnsweringServer) -> None:
    assert AzureCredentialProvider()()["token"] == "for https://storage.azure.com"  # type: ignore[typeddict-item]


def test_an_identity_that_is_refused(machine: AnsweringServer) -> None:
    machine.answers["/token"] = lambda _: Answer({"error": "invalid_request", "error_description": "nobody"}, 400)
    with azure.identity.ManagedIdentityCredential() as credential:
        store = AzureStore("container", account_name="a", credential_provider=AzureCredentialProvider(credential))
        with pytest.raises(storelink.exceptions.UnauthenticatedError) as caught:
            storelink.head(store, "key")
    assert type(caught.value.__cause__).__module__.startswith("azure.")


@pytest.mark.parametrize(
    ("provider", "credential"),
    [(AzureCredentialProvider, Credential), (AzureAsyncCredentialProvider, AsyncCredential)],
)
def test_a_real_server_takes_them(
    provider: Any,  # noqa: ANN401
    credential: type[Credential],
    azure_settings: dict[str, Any],
    azure_environment: dict[str, str],
) -> None:
    azure_settings["endpoint"] = azure_environment["STORELINK_TEST_AZURE_HTTPS_ENDPOINT"]
    certificate = Path(azure_environment["STORELINK_TEST_AZURE_CA_FILE"]).read_text()
    azure_settings["client_options"] = {"root_certificate": certificate}
    store = AzureStore(**azure_settings, prefix="auth", credential_provider=provider(credential(bearer_token())))
    storelink.put(store, "key", b"value")
    assert storelink.get(store, "key").bytes() == b"value"
