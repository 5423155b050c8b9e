"""Signatures of the Planetary Computer."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
import storelink
from servers.answers import Answer, AnsweringServer, answering
from storelink.auth.planetary_computer import (
    PlanetaryComputerAsyncCredentialProvider,
    PlanetaryComputerCredentialProvider,
)
from storelink.store import AzureStore

pytestmark = pytest.mark.once
SECRET = "a-key-that-is-not-shown"
URL = "https://naipeuwest.blob.core.windows.net/naip/v002/mt"
SIGNATURE = "sv=2024&sig=abc%3D"
BOTH = pytest.mark.parametrize(
    "provider_type", [PlanetaryComputerCredentialProvider, PlanetaryComputerAsyncCredentialProvider]
)


@pytest.fixture(autouse=True)
def nobodys_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home directory, whose settings are those of nobody."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("PC_SDK_SUBSCRIPTION_KEY", "PC_SDK_SAS_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[AnsweringServer]:
    given = Answer({"msft:expiry": "2030-01-02T03:04:05Z", "token": SIGNATURE})
    with answering({"/token/naipeuwest/naip": lambda _: given}) as server:
        monkeypatch.setenv("PC_SDK_SAS_URL", f"{server.address}/token")
        yield server


async def call(provider: Any) -> dict[str, Any]:  # noqa: ANN401
    credential = provider()
    result: dict[str, Any] = credential if isinstance(credential, dict) else await credential
    return result


@BOTH
async def test_a_signature_and_its_expiry(provider_type: Any, service: AnsweringServer) -> None:  # noqa: ANN401
    expiry = datetime(2030, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    assert await call(provider_type(URL)) == {"sas_token": SIGNATURE, "expires_at": expiry}
    (asked,) = service.asked
    assert asked.headers["User-Agent"] == f"storelink/{storelink.__version__}"
    assert "Ocp-Apim-Subscription-Key" not in asked.headers


@BOTH
@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        ({"url": URL}, ("naipeuwest", "naip", "v002/mt")),
        ({"url": URL + "/"}, ("naipeuwest", "naip", "v002/mt")),
        ({"url": "https://account.blob.core.windows.net/container"}, ("account", "container", None)),
        ({"url": "abfs://container/a/b", "account_name": "account"}, ("account", "container", "a/b")),
        ({"url": "abfs://container", "account_name": "account"}, ("account", "container", None)),
        ({"url": "abfss://container@account.dfs.core.windows.net/a"}, ("account", "container", "a")),
        ({"account_name": "account", "container_name": "container"}, ("account", "container", None)),
    ],
)
def test_where_the_data_are_is_what_the_store_takes(
    provider_type: Any,  # noqa: ANN401
    arguments: dict[str, str],
    place: tuple[str, str, str | None],
) -> None:
    provider = provider_type(**arguments)
    account, container, prefix = place
    assert provider.config == {"account_name": account, "container_name": container}
    assert provider.prefix == prefix
    store = AzureStore(credential_provider=provider)
    assert store.config == provider.config
    assert store.prefix == prefix
    assert AzureStore(prefix="mine", credential_provider=provider).prefix == "mine"


@BOTH
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "give url, or both account_name and container_name"),
        ({"account_name": "a"}, "give url, or both"),
        ({"container_name": "a"}, "give url, or both"),
        ({"url": URL, "container_name": "a"}, "container_name cannot be given as well"),
        ({"url": URL, "account_name": "a"}, "account_name cannot be given as well"),
        ({"url": "abfs://container/a"}, "give account_name"),
        (
            {"url": "https://example.com/a?sig=hunter2"},
            r"url is 'https://example.com/a'; expected is https://ACCOUNT\.blob",
        ),
        ({"url": "https://account.blob.core.windows.net/"}, "names no container"),
    ],
)
def test_places_that_are_told_wrongly(provider_type: Any, arguments: dict[str, str], message: str) -> None:  # noqa: ANN401
    with pytest.raises(ValueError, match=message) as caught:
        provider_type(**arguments)
    assert "hunter2" not in str(caught.value)


@BOTH
@pytest.mark.parametrize("kind", [dict, SimpleNamespace])
@pytest.mark.parametrize("extension", ["xarray:storage_options", "table:storage_options"])
def test_assets_of_a_catalogue(provider_type: Any, kind: Callable[..., Any], extension: str) -> None:  # noqa: ANN401
    fields = {extension: {"account_name": "account"}}
    provider = provider_type.from_asset(kind(href="abfs://container/a.zarr", extra_fields=fields))
    assert provider.config == {"account_name": "account", "container_name": "container"}
    assert provider.prefix == "a.zarr"
    assert provider_type.from_asset(kind(href=URL, extra_fields=fields)).config["account_name"] == "naipeuwest"
    item = {"href": "abfs://container/a.zarr", **fields}  # as it stands in a file
    assert provider_type.from_asset(item).config["account_name"] == "account"
    with pytest.raises(ValueError, match="has no href"):
        provider_type.from_asset(kind(extra_fields={}))


@BOTH
@pytest.mark.parametrize("place", ["argument", "environment", "file"])
async def test_a_subscription_key(
    provider_type: Any,  # noqa: ANN401
    place: str,
    service: AnsweringServer,
    nobodys_settings: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    options = {}
    if place == "argument":
        options["subscription_key"] = SECRET
        monkeypatch.setenv("PC_SDK_SUBSCRIPTION_KEY", "another")
    elif place == "environment":
        monkeypatch.setenv("PC_SDK_SUBSCRIPTION_KEY", SECRET)
    else:
        directory = nobodys_settings / ".planetarycomputer"
        directory.mkdir()
        (directory / "settings.env").write_text(f"PC_SDK_SUBSCRIPTION_KEY={SECRET}\n")
    provider = provider_type(URL, **options)
    await call(provider)
    assert service.asked[0].headers["Ocp-Apim-Subscription-Key"] == SECRET
    for shown in (provider, vars(provider), AzureStore(credential_provider=provider)):
        assert SECRET not in repr(shown)


def test_a_settings_file_without_dotenv(nobodys_settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (nobodys_settings / ".planetarycomputer").mkdir()
    (nobodys_settings / ".planetarycomputer/settings.env").write_text("")
    real = builtins.__import__

    def without(name: str, *arguments: Any) -> Any:  # noqa: ANN401
        if name == "dotenv":
            raise ImportError(name)
        return real(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match="needs the package python-dotenv"):
        PlanetaryComputerCredentialProvider(URL)


@BOTH
@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        (Answer("no such container", 404), "HTTPError|ClientResponseError", "404.*/token/naipeuwest/naip"),
        (Answer("<html>"), "ValueError", "no JSON object"),
        (Answer({"msft:expiry": "2030-01-01T00:00:00Z"}), "ValueError", "'token' of the answer is missing"),
        (Answer({"token": "t", "msft:expiry": 3}), "ValueError", "'msft:expiry' of the answer is no text"),
        (Answer({"token": "t", "msft:expiry": "soon"}), "ValueError", "expected is an ISO 8601 time"),
        (Answer({"token": "t", "msft:expiry": "2030-01-01T00:00:00"}), "ValueError", "no time zone"),
    ],
)
async def test_answers_that_are_no_signature(
    provider_type: Any,  # noqa: ANN401
    answer: Answer,
    error: str,
    message: str,
    service: AnsweringServer,
) -> None:
    service.answers["/token/naipeuwest/naip"] = lambda _: answer
    with pytest.raises(Exception, match=message) as caught:
        await call(provider_type(URL, subscription_key=SECRET))
    assert caught.type.__name__ in error.split("|")
    assert SECRET not in repr(caught.value)


@BOTH
async def test_a_service_that_is_busy_is_asked_again(provider_type: Any, service: AnsweringServer) -> None:  # noqa: ANN401
    given = service.answers["/token/naipeuwest/naip"]
    service.answers["/token/naipeuwest/naip"] = lambda asked: (
        given(asked) if len(service.asked) > 1 else Answer("busy", 503)
    )
    assert (await call(provider_type(URL)))["sas_token"] == SIGNATURE
    assert len(service.asked) == 2


def test_a_session_of_requests_that_is_given(service: AnsweringServer) -> None:
    with requests.Session() as session:
        session.headers["X-Mine"] = "yes"
        PlanetaryComputerCredentialProvider(URL, session=session)()
    assert service.asked[0].headers["X-Mine"] == "yes"


async def test_a_session_of_aiohttp_that_is_given(service: AnsweringServer) -> None:
    import aiohttp

    async with aiohttp.ClientSession(headers={"X-Mine": "yes"}) as session:
        await PlanetaryComputerAsyncCredentialProvider(URL, session=session)()
        assert not session.closed
    assert service.asked[0].headers["X-Mine"] == "yes"


async def test_a_session_that_repeats_nothing_is_warned_about(
    service: AnsweringServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "aiohttp_retry", None)
    with pytest.warns(RuntimeWarning, match="without the package aiohttp_retry"):
        await PlanetaryComputerAsyncCredentialProvider(URL)()


@BOTH
def test_a_refusal_is_the_cause_of_the_stores_error(provider_type: Any, service: AnsweringServer) -> None:  # noqa: ANN401
    service.answers.clear()
    store = AzureStore(credential_provider=provider_type(URL, subscription_key=SECRET))
    with pytest.raises(storelink.exceptions.UnauthenticatedError, match="404") as caught:
        storelink.head(store, "key")
    assert type(caught.value.__cause__).__name__ in ("HTTPError", "ClientResponseError")
    assert SECRET not in str(caught.value)
