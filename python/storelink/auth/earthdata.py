"""Temporary keys for the S3 buckets of NASA's Earthdata. They work within AWS's region us-west-2 only.

Needs the package requests, or aiohttp to be awaited.
"""

from __future__ import annotations

import os
from base64 import b64encode
from netrc import NetrcParseError, netrc
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from storelink.auth._arguments import expect_method, expect_text
from storelink.auth._http import (
    Protocol,
    Request,
    Response,
    default_async_session,
    default_session,
    parse_time,
    run,
    run_async,
    session_for_a_call,
    text_field,
)

if TYPE_CHECKING:
    import aiohttp
    import aiohttp_retry
    import requests

    from storelink.store import S3Config, S3Credential

__all__ = ["DEFAULT_EARTHDATA_HOST", "NasaEarthdataAsyncCredentialProvider", "NasaEarthdataCredentialProvider"]

DEFAULT_EARTHDATA_HOST = "urs.earthdata.nasa.gov"
"""The host where users of Earthdata log in."""


class NasaEarthdataCredentialProvider:
    """Keys for the buckets of one of NASA's data centres, for an S3Store.

    `config` has the region, which the store takes from here.
    """

    config: S3Config

    def __init__(
        self,
        credentials_url: str,
        *,
        host: str | None = None,
        auth: str | tuple[str, str] | None = None,
        session: requests.Session | None = None,
    ) -> None:
        """credentials_url: where the data centre gives keys: https://data.ornldaac.earthdata.nasa.gov/s3credentials.

        host: where users log in. Default: EARTHDATA_HOST in the environment, otherwise DEFAULT_EARTHDATA_HOST. A
            password is sent to that host only.
        auth: a token, or user and password. Default: EARTHDATA_TOKEN in the environment; otherwise EARTHDATA_USERNAME
            and EARTHDATA_PASSWORD; otherwise what the netrc file (NETRC, or ~/.netrc) has for `host`.
        session: of `requests`. Default: a new one, which repeats what failed, and which `close()` closes.

        ValueError for a netrc file that cannot be read, TypeError for arguments of another type.
        """
        expect_method("session", session, "get", "a session of requests")
        self.config = {"region": "us-west-2"}
        self._login = _Login(credentials_url, host, auth)
        self._is_ours = session is None
        self._session: requests.Session | None = default_session() if session is None else session

    @property
    def session(self) -> requests.Session:
        """The session that requests are made with. ValueError if the provider was closed."""
        if self._session is None:
            raise ValueError("the credential provider was closed")
        return self._session

    def __call__(self) -> S3Credential:
        """New keys. `requests` raises HTTPError for a refusal, 401 for a failed login; ValueError for nonsense."""
        return run(self._login.ask(), self.session)

    def close(self) -> None:
        """Closes the provider's own session. One that was given stays open, and goes on to be used."""
        if self._is_ours and self._session is not None:
            session, self._session = self._session, None
            session.close()


class NasaEarthdataAsyncCredentialProvider:
    """As NasaEarthdataCredentialProvider, with aiohttp."""

    config: S3Config

    def __init__(
        self,
        credentials_url: str,
        *,
        host: str | None = None,
        auth: str | tuple[str, str] | None = None,
        session: aiohttp.ClientSession | aiohttp_retry.RetryClient | None = None,
    ) -> None:
        """session: of `aiohttp`; closing it is up to you. Default: one for each call, which repeats what failed if the
            package aiohttp_retry is installed.

        The others are those of NasaEarthdataCredentialProvider, and so are the errors.
        """
        expect_method("session", session, "get", "a session of aiohttp")
        import aiohttp as aiohttp  # an ImportError here, and not at the first request

        self.config = {"region": "us-west-2"}
        self._login = _Login(credentials_url, host, auth)
        self._given = session
        self._own: aiohttp.ClientSession | aiohttp_retry.RetryClient | None = None
        self._is_closed = False

    @property
    def session(self) -> aiohttp.ClientSession | aiohttp_retry.RetryClient:
        """The session that was given. Without one, a session like those of the calls, which `close()` closes.

        ValueError if the provider was closed; RuntimeError where no event loop runs.
        """
        if self._given is not None:
            return self._given
        self._check_open()
        if self._own is None:
            self._own = default_async_session()
        return self._own

    async def __call__(self) -> S3Credential:
        """As NasaEarthdataCredentialProvider, to be awaited. Errors are aiohttp's."""
        self._check_open()
        async with session_for_a_call(self._given) as session:
            return await run_async(self._login.ask(), session)

    async def close(self) -> None:
        """Closes the provider. A session that was given stays open, and goes on to be used."""
        self._is_closed = self._given is None
        if self._own is not None:
            session, self._own = self._own, None
            await session.close()

    def _check_open(self) -> None:
        if self._is_closed:
            raise ValueError("the credential provider was closed")


class _Login:
    """How Earthdata gives keys: with a token at once, with a password after a visit to the host where users log in."""

    def __init__(self, url: str, host: str | None, auth: str | tuple[str, str] | None) -> None:
        if not isinstance(url, str):
            raise TypeError(f"credentials_url is of type {type(url).__name__}; accepted is str")
        expect_text("host", host)
        if auth is not None and not isinstance(auth, str) and not _is_pair(auth):
            raise TypeError(f"auth is of type {type(auth).__name__}; accepted are a token (str) and (user, password)")
        self._url = url
        self._host = host or os.environ.get("EARTHDATA_HOST") or DEFAULT_EARTHDATA_HOST
        self._auth = auth or _from_environment() or _from_netrc(self._host)

    def ask(self) -> Protocol[S3Credential]:
        if isinstance(self._auth, str):
            headers = {"Authorization": f"Bearer {self._auth}"}
            response = yield Request(self._url, headers, follow_redirects=False)
            response.raise_for_status()
            if response.location is not None:  # to the login
                raise response.error(401, "Earthdata does not accept this token")
            return _credential(response)
        response = yield Request(self._url, follow_redirects=False)
        response.raise_for_status()
        if response.location is not None:
            location = urljoin(self._url, response.location)
            headers = {}
            if self._auth is not None and urlsplit(location).hostname == self._host:
                headers["Authorization"] = _basic(*self._auth)
            response = yield Request(location, headers)
            response.raise_for_status()
        return _credential(response)


def _is_pair(auth: object) -> bool:
    return isinstance(auth, tuple) and len(auth) == 2 and all(isinstance(part, str) for part in auth)


def _basic(user: str, password: str) -> str:
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"


def _credential(response: Response) -> S3Credential:
    document: dict[str, Any] | None = response.json()
    if document is None:  # the page of the login
        raise response.error(401, "Earthdata does not accept this user and password, or none were given")
    return {
        "access_key_id": text_field(document, "accessKeyId"),
        "secret_access_key": text_field(document, "secretAccessKey"),
        "token": text_field(document, "sessionToken"),
        "expires_at": parse_time("expiration", text_field(document, "expiration")),
    }


def _from_environment() -> str | tuple[str, str] | None:
    if token := os.environ.get("EARTHDATA_TOKEN"):
        return token
    user, password = os.environ.get("EARTHDATA_USERNAME"), os.environ.get("EARTHDATA_PASSWORD")
    return (user, password) if user and password else None


def _from_netrc(host: str) -> tuple[str, str] | None:
    file = Path(os.environ.get("NETRC") or "~/.netrc").expanduser()
    try:
        found = netrc(file).authenticators(host)
    except FileNotFoundError:
        return None
    except (NetrcParseError, OSError) as error:
        line = f", line {error.lineno}" if isinstance(error, NetrcParseError) else ""
        raise ValueError(f"the netrc file {file}{line} cannot be read") from None  # its own text may quote a password
    return (found[0], found[2] or "") if found else None
