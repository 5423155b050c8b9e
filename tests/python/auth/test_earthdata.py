"""Keys of NASA's Earthdata, from a stand-in that asks users to log in as the real service does."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import requests
import storelink
from servers.answers import Answer, AnsweringServer, Asked, answering
from storelink.auth.earthdata import (
    DEFAULT_EARTHDATA_HOST,
    NasaEarthdataAsyncCredentialProvider,
    NasaEarthdataCredentialProvider,
)
from storelink.store import S3Store

pytestmark = pytest.mark.once
TOKEN = "a-token-that-is-not-shown"
PASSWORD = "a-password-that-is-not-shown"
CODE = "a-code-that-is-not-shown"
KEYS = {
    "accessKeyId": "key",
    "secretAccessKey": "secret",
    "sessionToken": "session",
    "expiration": "2030-01-02 03:04:05+00:00",
}
CREDENTIAL = {
    "access_key_id": "key",
    "secret_access_key": "secret",
    "token": "session",
    "expires_at": datetime(2030, 1, 2, 3, 4, 5, tzinfo=timezone.utc),
}
BOTH = pytest.mark.parametrize("provider_type", [NasaEarthdataCredentialProvider, NasaEarthdataAsyncCredentialProvider])


@pytest.fixture(autouse=True)
def nobodys_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("EARTHDATA_TOKEN", "EARTHDATA_USERNAME", "EARTHDATA_PASSWORD", "EARTHDATA_HOST", "NETRC"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


class Earthdata:
    """A data centre and the host where users log in: `localhost` for both."""

    def __init__(self, server: AnsweringServer) -> None:
        self.server = server
        self.keys: object = KEYS
        self.url = f"{server.address}/s3credentials"
        server.answers |= {"/s3credentials": self.credentials, "/login": self.login, "/redirect": self.redirect}

    def credentials(self, asked: Asked) -> Answer:
        if asked.headers.get("Authorization") == f"Bearer {TOKEN}" or "session=1" in asked.headers.get("Cookie", ""):
            return Answer(self.keys)
        return Answer("", 307, {"Location": f"{self.server.address}/login?state=x"})

    def login(self, asked: Asked) -> Answer:
        given = asked.headers.get("Authorization")
        if given is None:
            return Answer("<html>please log in</html>")
        if base64.b64decode(given.removeprefix("Basic ")).decode() != f"user:{PASSWORD}":
            return Answer("", 401)
        return Answer("", 302, {"Location": f"/redirect?code={CODE}"})

    def redirect(self, asked: Asked) -> Answer:
        if asked.query["code"] != CODE:
            return Answer("", 403)
        return Answer("", 302, {"Location": "/s3credentials", "Set-Cookie": "session=1; Path=/"})

    @property
    def visited(self) -> list[str]:
        return [asked.path for asked in self.server.asked]


@pytest.fixture
def earthdata() -> Iterator[Earthdata]:
    with answering({}) as server:
        yield Earthdata(server)


async def call(provider: Any) -> Any:  # noqa: ANN401
    credential = provider()
    return credential if isinstance(credential, dict) else await credential


async def close(provider: Any) -> None:  # noqa: ANN401
    closing = provider.close()
    if closing is not None:
        await closing


@BOTH
async def test_a_token_gives_keys_at_once(provider_type: Any, earthdata: Earthdata) -> None:  # noqa: ANN401
    provider = provider_type(earthdata.url, auth=TOKEN)
    assert earthdata.visited == []
    assert await call(provider) == CREDENTIAL
    assert earthdata.visited == ["/s3credentials"]
    await close(provider)


@BOTH
async def test_a_password_gives_keys_after_a_visit(provider_type: Any, earthdata: Earthdata) -> None:  # noqa: ANN401
    provider = provider_type(earthdata.url, host="localhost", auth=("user", PASSWORD))
    assert await call(provider) == CREDENTIAL
    assert earthdata.visited == ["/s3credentials", "/login", "/redirect", "/s3credentials"]
    assert await call(provider) == CREDENTIAL
    await close(provider)


def test_one_login_is_enough_for_a_session(earthdata: Earthdata) -> None:
    provider = NasaEarthdataCredentialProvider(earthdata.url, host="localhost", auth=("user", PASSWORD))
    provider()
    del earthdata.server.asked[:]
    provider()
    assert earthdata.visited == ["/s3credentials"]
    provider.close()


@BOTH
async def test_a_password_goes_to_its_host_only(provider_type: Any, earthdata: Earthdata) -> None:  # noqa: ANN401
    provider = provider_type(earthdata.url, auth=("user", PASSWORD))
    assert DEFAULT_EARTHDATA_HOST == "urs.earthdata.nasa.gov"
    with pytest.raises(Exception, match=r"401.*user and password") as caught:
        await call(provider)
    assert caught.type.__name__ in ("HTTPError", "ClientResponseError")
    assert all("Authorization" not in asked.headers for asked in earthdata.server.asked)
    await close(provider)


@BOTH
@pytest.mark.parametrize("auth", ["wrong", ("user", "wrong"), None])
async def test_a_refusal_says_so_and_shows_no_secret(
    provider_type: Any,  # noqa: ANN401
    auth: Any,  # noqa: ANN401
    earthdata: Earthdata,
) -> None:
    provider = provider_type(earthdata.url, host="localhost", auth=auth)
    with pytest.raises(Exception, match="401") as caught:
        await call(provider)
    assert caught.type.__name__ in ("HTTPError", "ClientResponseError")
    for text in (str(caught.value), repr(caught.value)):
        assert "wrong" not in text
        assert "state=" not in text
        assert "Authorization" not in text
    await close(provider)


@BOTH
@pytest.mark.parametrize("place", ["token", "password", "netrc", "NETRC"])
async def test_where_the_login_comes_from(
    provider_type: Any,  # noqa: ANN401
    place: str,
    earthdata: Earthdata,
    nobodys_settings: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EARTHDATA_HOST", "localhost")
    line = f"machine localhost login user password {PASSWORD}\n"
    if place == "token":
        monkeypatch.setenv("EARTHDATA_TOKEN", TOKEN)
    elif place == "password":
        monkeypatch.setenv("EARTHDATA_USERNAME", "user")
        monkeypatch.setenv("EARTHDATA_PASSWORD", PASSWORD)
    elif place == "NETRC":
        (nobodys_settings / "mine").write_text(line)
        monkeypatch.setenv("NETRC", str(nobodys_settings / "mine"))
    else:
        (nobodys_settings / ".netrc").write_text(line)
        (nobodys_settings / ".netrc").chmod(0o600)
    provider = provider_type(earthdata.url)
    assert await call(provider) == CREDENTIAL
    await close(provider)


@BOTH
async def test_a_netrc_entry_does_not_replace_a_token(
    provider_type: Any,  # noqa: ANN401
    earthdata: Earthdata,
    nobodys_settings: Path,
) -> None:
    (nobodys_settings / ".netrc").write_text("machine localhost login user password wrong\n")
    (nobodys_settings / ".netrc").chmod(0o600)
    provider = provider_type(earthdata.url, auth=TOKEN)
    assert await call(provider) == CREDENTIAL
    await close(provider)


def test_a_netrc_file_that_cannot_be_read(nobodys_settings: Path) -> None:
    (nobodys_settings / ".netrc").write_text(f"machine a login b\npasswort {PASSWORD}\n")
    (nobodys_settings / ".netrc").chmod(0o600)
    with pytest.raises(ValueError, match=r"the netrc file .*\.netrc, line \d+ cannot be read") as caught:
        NasaEarthdataCredentialProvider("https://example.com/s3credentials")
    assert PASSWORD not in str(caught.value)


@BOTH
@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({**KEYS, "expiration": "2030-01-02 03:04:05"}, "no time zone"),
        ({**KEYS, "sessionToken": 3}, "'sessionToken' of the answer is no text"),
        ({"accessKeyId": "key"}, "'secretAccessKey' of the answer is missing"),
    ],
)
async def test_answers_that_are_no_keys(provider_type: Any, keys: object, message: str, earthdata: Earthdata) -> None:  # noqa: ANN401
    earthdata.keys = keys
    provider = provider_type(earthdata.url, auth=TOKEN)
    with pytest.raises(ValueError, match=message):
        await call(provider)
    await close(provider)


@BOTH
async def test_the_region_is_the_stores(provider_type: Any, earthdata: Earthdata) -> None:  # noqa: ANN401
    provider = provider_type(earthdata.url, auth=TOKEN)
    assert provider.config == {"region": "us-west-2"}
    assert S3Store("bucket", credential_provider=provider).config["region"] == "us-west-2"
    await close(provider)


@BOTH
async def test_representations_have_no_secret(provider_type: Any, earthdata: Earthdata) -> None:  # noqa: ANN401
    for auth in (TOKEN, ("user", PASSWORD)):
        provider = provider_type(earthdata.url, auth=auth)
        for shown in (provider, vars(provider), S3Store("bucket", credential_provider=provider)):
            assert TOKEN not in repr(shown)
            assert PASSWORD not in repr(shown)
        await close(provider)


@BOTH
async def test_a_provider_that_was_closed(provider_type: Any, earthdata: Earthdata) -> None:  # noqa: ANN401
    provider = provider_type(earthdata.url, auth=TOKEN)
    session: Any = provider.session
    assert session is provider.session
    await close(provider)
    await close(provider)
    assert getattr(session, "closed", True)
    with pytest.raises(ValueError, match="was closed"):
        await call(provider)
    with pytest.raises(ValueError, match="was closed"):
        _ = provider.session


async def test_sessions_that_are_given_stay_open(earthdata: Earthdata) -> None:
    import aiohttp

    with requests.Session() as blocking:
        provider = NasaEarthdataCredentialProvider(earthdata.url, auth=TOKEN, session=blocking)
        provider.close()
        assert provider.session is blocking
        assert provider() == CREDENTIAL
    async with aiohttp.ClientSession() as session:
        awaited = NasaEarthdataAsyncCredentialProvider(earthdata.url, auth=TOKEN, session=session)
        await awaited.close()
        assert awaited.session is session
        assert await awaited() == CREDENTIAL
        assert not session.closed


def test_an_asynchronous_provider_works_on_one_event_loop_after_the_other(earthdata: Earthdata) -> None:
    provider = NasaEarthdataAsyncCredentialProvider(earthdata.url, host="localhost", auth=("user", PASSWORD))
    assert [asyncio.run(call(provider)) for _ in range(2)] == [CREDENTIAL, CREDENTIAL]


@BOTH
def test_a_real_server_takes_them(provider_type: Any, earthdata: Earthdata, s3_settings: dict[str, Any]) -> None:  # noqa: ANN401
    key, secret = s3_settings.pop("access_key_id"), s3_settings.pop("secret_access_key")
    keys = {**KEYS, "accessKeyId": key, "secretAccessKey": secret, "sessionToken": ""}
    earthdata.keys = json.loads(json.dumps(keys))
    provider = provider_type(earthdata.url, auth=TOKEN)
    store = S3Store(**s3_settings, prefix="earthdata", credential_provider=provider)
    storelink.put(store, "key", b"value")
    assert storelink.get(store, "key").bytes() == b"value"
    if provider_type is NasaEarthdataCredentialProvider:
        provider.close()
