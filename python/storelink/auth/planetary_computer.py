"""Shared access signatures for the data of Microsoft's Planetary Computer.

Needs the package requests, or aiohttp to be awaited; python-dotenv where there is a settings file.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict
from urllib.parse import urlsplit

from storelink import __version__
from storelink.auth._arguments import expect_method, expect_text
from storelink.auth._http import (
    Protocol,
    Request,
    default_session,
    parse_time,
    run,
    run_async,
    session_for_a_call,
    text_field,
    without_query,
)

if TYPE_CHECKING:
    import aiohttp
    import pystac
    import requests
    from typing_extensions import Self

    from storelink.store import AzureConfig, AzureSASToken

__all__ = ["PlanetaryComputerAsyncCredentialProvider", "PlanetaryComputerCredentialProvider"]

_BLOB_DOMAIN = ".blob.core.windows.net"
_SETTINGS_FILE = "~/.planetarycomputer/settings.env"
_SAS_URL = "https://planetarycomputer.microsoft.com/api/sas/v1/token"


class PlanetaryComputerCredentialProvider:
    """Signatures for one container of the Planetary Computer, for an AzureStore.

    `config` has the account and the container, `prefix` the path of the URL: the store takes them from here, so that
    `AzureStore(credential_provider=...)` needs nothing else.
    """

    config: AzureConfig
    prefix: str | None

    def __init__(
        self,
        url: str | None = None,
        *,
        account_name: str | None = None,
        container_name: str | None = None,
        session: requests.Session | None = None,
        subscription_key: str | None = None,
        sas_url: str | None = None,
    ) -> None:
        """url: of the data, such as https://account.blob.core.windows.net/container/path, or abfs://container/path,
            which needs `account_name`. Without it `account_name` and `container_name` are needed.

        account_name, container_name: where the data are, if `url` does not say. Default: what `url` says.
        session: of `requests`. Default: a new one, which repeats what failed.
        subscription_key: of the Planetary Computer, which allows more requests. Default: PC_SDK_SUBSCRIPTION_KEY in the
            environment or else in ~/.planetarycomputer/settings.env; otherwise none.
        sas_url: where signatures come from. Default: PC_SDK_SAS_URL in the same two places; otherwise the service.

        ValueError if the place is not told, or told twice; TypeError for arguments of another type.
        """
        expect_method("session", session, "get", "a session of requests")
        self._target = _Target.of(url, account_name, container_name, subscription_key, sas_url)
        self._session = default_session() if session is None else session
        self.config, self.prefix = self._target.config(), self._target.prefix

    @classmethod
    def from_asset(
        cls,
        asset: pystac.Asset | dict[str, Any],
        *,
        session: requests.Session | None = None,
        subscription_key: str | None = None,
        sas_url: str | None = None,
    ) -> Self:
        """The provider for a STAC asset of the Planetary Computer, as pystac has it or as a dict.

        The others are those of the constructor. ValueError for an asset without a usable href.
        """
        return cls(**_place(asset), session=session, subscription_key=subscription_key, sas_url=sas_url)

    def __call__(self) -> AzureSASToken:
        """A new signature. `requests` raises HTTPError for a refusal, and its other errors; ValueError for nonsense."""
        return run(self._target.ask(), self._session)


class PlanetaryComputerAsyncCredentialProvider:
    """As PlanetaryComputerCredentialProvider, with aiohttp."""

    config: AzureConfig
    prefix: str | None

    def __init__(
        self,
        url: str | None = None,
        *,
        account_name: str | None = None,
        container_name: str | None = None,
        session: aiohttp.ClientSession | None = None,
        subscription_key: str | None = None,
        sas_url: str | None = None,
    ) -> None:
        """session: of `aiohttp`; closing it is up to you. Default: one for each call, which repeats what failed if the
            package aiohttp_retry is installed.

        The others are those of PlanetaryComputerCredentialProvider, and so are the errors.
        """
        expect_method("session", session, "get", "a session of aiohttp")
        import aiohttp as aiohttp  # an ImportError here, and not at the first request

        self._target = _Target.of(url, account_name, container_name, subscription_key, sas_url)
        self._session = session
        self.config, self.prefix = self._target.config(), self._target.prefix

    @classmethod
    def from_asset(
        cls,
        asset: pystac.Asset | dict[str, Any],
        *,
        session: aiohttp.ClientSession | None = None,
        subscription_key: str | None = None,
        sas_url: str | None = None,
    ) -> Self:
        """As PlanetaryComputerCredentialProvider.from_asset()."""
        return cls(**_place(asset), session=session, subscription_key=subscription_key, sas_url=sas_url)

    async def __call__(self) -> AzureSASToken:
        """As PlanetaryComputerCredentialProvider, to be awaited. Errors are aiohttp's."""
        async with session_for_a_call(self._session) as session:
            return await run_async(self._target.ask(), session)


@dataclass
class _Target:
    """What signatures are for, and who gives them."""

    account: str
    container: str
    prefix: str | None
    sas_url: str
    subscription_key: str | None = field(repr=False)

    @classmethod
    def of(
        cls, url: str | None, account: str | None, container: str | None, key: str | None, sas_url: str | None
    ) -> _Target:
        """From the arguments of a provider, the environment and the settings file."""
        given = {"url": url, "account_name": account, "container_name": container, "subscription_key": key}
        for name, value in (given | {"sas_url": sas_url}).items():
            expect_text(name, value)
        account, container, prefix = _read_place(url, account, container)
        sas_url = sas_url or _setting("PC_SDK_SAS_URL") or _SAS_URL
        return cls(account, container, prefix, sas_url.rstrip("/"), key or _setting("PC_SDK_SUBSCRIPTION_KEY"))

    def config(self) -> AzureConfig:
        return {"account_name": self.account, "container_name": self.container}

    def ask(self) -> Protocol[AzureSASToken]:
        headers = {"User-Agent": f"storelink/{__version__}"}
        if self.subscription_key:
            headers["Ocp-Apim-Subscription-Key"] = self.subscription_key
        response = yield Request(f"{self.sas_url}/{self.account}/{self.container}", headers)
        response.raise_for_status()
        document = response.json()
        if document is None:
            raise ValueError("the answer is no JSON object")
        expiry = parse_time("msft:expiry", text_field(document, "msft:expiry"))
        return {"sas_token": text_field(document, "token"), "expires_at": expiry}


class _Place(TypedDict):
    url: str
    account_name: str | None


def _place(asset: pystac.Asset | dict[str, Any]) -> _Place:
    """Where an asset is: its account stands in one of two extensions of STAC."""
    fields: dict[str, Any]
    if isinstance(asset, dict):
        href, fields = asset.get("href"), {**asset, **(asset.get("extra_fields") or {})}
    else:
        href, fields = getattr(asset, "href", None), getattr(asset, "extra_fields", {})
    if not isinstance(href, str):
        raise ValueError(f"asset is of type {type(asset).__name__} and has no href; expected is a STAC asset")
    options = fields.get("xarray:storage_options") or fields.get("table:storage_options")
    account = options.get("account_name") if isinstance(options, dict) else None
    return {"url": href, "account_name": account if urlsplit(href).scheme in ("abfs", "abfss") else None}


def _read_place(url: str | None, account: str | None, container: str | None) -> tuple[str, str, str | None]:
    """Account, container and prefix."""
    if url is None:
        if not account or not container:
            raise ValueError("give url, or both account_name and container_name")
        return account, container, None
    if container is not None:
        raise ValueError("url names the container: container_name cannot be given as well")
    parts = urlsplit(url)
    path = parts.path.strip("/")
    if parts.scheme in ("abfs", "abfss"):
        container, _, host = parts.netloc.partition("@")
        account = account or host.split(".")[0]
        if not account:
            raise ValueError("an abfs URL names no account: give account_name")
        return account, container, path or None
    if account is not None:
        raise ValueError("an https URL names the account: account_name cannot be given as well")
    if not (parts.hostname or "").endswith(_BLOB_DOMAIN):
        expected = f"https://ACCOUNT{_BLOB_DOMAIN}/CONTAINER/PATH or abfs://CONTAINER/PATH"
        raise ValueError(f"url is {without_query(url)!r}; expected is {expected}")
    container, _, prefix = path.partition("/")
    if not container:
        raise ValueError(f"url is {without_query(url)!r}, which names no container")
    return (parts.hostname or "").removesuffix(_BLOB_DOMAIN), container, prefix or None


def _setting(name: str) -> str | None:
    """From the environment, or else from the settings file. ImportError where that cannot be read without dotenv."""
    value = os.environ.get(name)
    file = Path(_SETTINGS_FILE).expanduser()
    if value is not None or not file.exists():
        return value
    try:
        from dotenv import dotenv_values
    except ImportError as error:
        raise ImportError(f"reading {_SETTINGS_FILE} needs the package python-dotenv") from error
    return dotenv_values(file).get(name)
