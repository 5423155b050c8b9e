"""Tokens of google.auth."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import google.auth
import google.auth.credentials
import pytest
import requests
import storelink
from google.auth.transport.requests import Request
from google.oauth2 import _credentials_async as oauth2_async
from google.oauth2 import credentials as oauth2
from servers import tls
from servers.answers import Answer, AnsweringServer, answering
from storelink.auth.google import GoogleAsyncCredentialProvider, GoogleCredentialProvider
from storelink.store import GCSStore

pytestmark = pytest.mark.once
SECRET = "a-secret-that-is-not-shown"


@pytest.fixture
def token_service() -> Iterator[AnsweringServer]:
    token = Answer({"access_token": SECRET, "expires_in": 3600, "token_type": "Bearer"})
    with answering({"/token": lambda _: token}) as server:
        yield server


@pytest.fixture
def user(token_service: AnsweringServer) -> dict[str, str]:
    """A user of that service."""
    info = {"client_id": "client", "client_secret": SECRET, "refresh_token": SECRET}
    return {**info, "token_uri": f"{token_service.address}/token"}


@pytest.fixture
def account_file(token_service: AnsweringServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A service account, as the application default credentials."""
    info = {"type": "service_account", "client_email": "tests@example.com", "project_id": "project"}
    info |= {"private_key": tls.rsa_key(tmp_path).path.read_text(), "token_uri": f"{token_service.address}/token"}
    file = tmp_path / "account.json"
    file.write_text(json.dumps(info))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
    return file


def blocking(user: dict[str, str]) -> Any:  # noqa: ANN401
    return oauth2.Credentials(None, **user)  # type: ignore[no-untyped-call]


def asynchronous(user: dict[str, str]) -> Any:  # noqa: ANN401
    return oauth2_async.Credentials(None, **user)  # type: ignore[no-untyped-call]


def check(credential: Any) -> None:  # noqa: ANN401
    assert credential["token"] == SECRET
    assert timedelta(minutes=59) < credential["expires_at"] - datetime.now(timezone.utc) <= timedelta(hours=1)


def test_a_token_and_its_expiry(user: dict[str, str], token_service: AnsweringServer) -> None:
    provider = GoogleCredentialProvider(blocking(user))
    assert token_service.asked == []
    check(provider())
    check(provider())  # the store asks when it needs another one
    assert [asked.method for asked in token_service.asked] == ["POST", "POST"]
    assert provider.refresh_threshold == timedelta(minutes=3, seconds=45)


def test_a_request_that_is_shared(user: dict[str, str]) -> None:
    with requests.Session() as session:
        request = Request(session)
        provider = GoogleCredentialProvider(blocking(user), request=request, refresh_threshold=timedelta(minutes=1))
        assert provider.request is request
        assert provider.refresh_threshold == timedelta(minutes=1)
        check(provider())


def test_application_default_credentials(account_file: Path) -> None:
    check(GoogleCredentialProvider()())


async def test_credentials_that_are_awaited(user: dict[str, str], token_service: AnsweringServer) -> None:
    provider = GoogleAsyncCredentialProvider(asynchronous(user))
    check(await provider())
    assert len(token_service.asked) == 1


async def test_application_default_credentials_that_are_awaited(account_file: Path) -> None:
    check(await GoogleAsyncCredentialProvider()())


async def test_a_session_that_is_shared(user: dict[str, str]) -> None:
    import aiohttp
    from google.auth.transport._aiohttp_requests import Request as AsyncRequest

    async with aiohttp.ClientSession(auto_decompress=False) as session:
        request = AsyncRequest(session)
        provider = GoogleAsyncCredentialProvider(asynchronous(user), request=request)
        assert provider.async_request is request
        check(await provider())
        assert not session.closed


async def test_credentials_that_can_only_block_do_not_block_the_loop(user: dict[str, str]) -> None:
    check(await GoogleAsyncCredentialProvider(blocking(user))())


async def test_credentials_without_an_end() -> None:
    class Static(google.auth.credentials.Credentials):
        def refresh(self, request: object) -> None:
            self.token = "static"

    assert GoogleCredentialProvider(Static())() == {"token": "static", "expires_at": None}  # type: ignore[no-untyped-call]
    assert await GoogleAsyncCredentialProvider(Static())() == {"token": "static", "expires_at": None}  # type: ignore[no-untyped-call]


def test_credentials_that_give_no_token() -> None:
    class Empty(google.auth.credentials.Credentials):
        def refresh(self, request: object) -> None:
            pass

    with pytest.raises(ValueError, match="these Empty have given no token"):
        GoogleCredentialProvider(Empty())()  # type: ignore[no-untyped-call]


def test_a_refusal_is_the_cause_of_the_stores_error(user: dict[str, str], token_service: AnsweringServer) -> None:
    token_service.answers["/token"] = lambda _: Answer({"error": "invalid_grant"}, 400)
    store = GCSStore("bucket", credential_provider=GoogleCredentialProvider(blocking(user)))
    with pytest.raises(storelink.exceptions.UnauthenticatedError, match="invalid_grant") as caught:
        storelink.head(store, "key")
    assert type(caught.value.__cause__).__name__ == "RefreshError"
    assert SECRET not in str(caught.value)


def test_representations_have_no_secret(user: dict[str, str]) -> None:
    for provider in (GoogleCredentialProvider(blocking(user)), GoogleAsyncCredentialProvider(asynchronous(user))):
        assert SECRET not in repr(provider)
        assert SECRET not in repr(GCSStore("bucket", credential_provider=provider))


@pytest.mark.parametrize("provider", [GoogleCredentialProvider, GoogleAsyncCredentialProvider])
def test_a_real_server_takes_them(
    provider: Any,  # noqa: ANN401
    gcs_settings: dict[str, Any],
    gcs_environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", gcs_environment["STORELINK_TEST_GCS_SERVICE_ACCOUNT"])
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "project")
    store = GCSStore(**gcs_settings, prefix="auth", credential_provider=provider())
    storelink.put(store, "key", b"value")
    assert storelink.get(store, "key").bytes() == b"value"
