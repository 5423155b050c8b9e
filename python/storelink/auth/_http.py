"""How providers talk to services that give credentials: one protocol, run with `requests` or with `aiohttp`.

A protocol is a generator that yields requests and is sent the responses, so that it is written once for both.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from json import JSONDecodeError, loads
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit
from warnings import warn

if TYPE_CHECKING:
    import aiohttp
    import aiohttp_retry
    import requests

    AsyncSession = aiohttp.ClientSession | aiohttp_retry.RetryClient

_T = TypeVar("_T")

RETRIES = 5  # the last one about six seconds after the first try
RETRY_STATUS = (429, 500, 502, 503, 504)
TIMEOUT = 30  # seconds, for each try


@dataclass
class Request:
    """A GET. Either library takes its Authorization off when it follows a redirect to another host."""

    url: str
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    follow_redirects: bool = True


@dataclass
class Response:
    """What came back."""

    status: int
    location: str | None  # of a redirect
    text: str = field(repr=False)
    # Makes the library's own error of a status and a reason. It names the URL without its query, and no header.
    error: Callable[[int, str], Exception] = field(repr=False)

    def raise_for_status(self, reason: str = "") -> None:
        """The library's own error for a status from 400 on."""
        if self.status >= 400:
            raise self.error(self.status, reason or "the service answers with an error")

    def json(self) -> dict[str, Any] | None:
        """The document, if it is a JSON object."""
        try:
            document = loads(self.text)
        except JSONDecodeError:
            return None
        return document if isinstance(document, dict) else None


Protocol = Generator[Request, Response, _T]


def run(protocol: Protocol[_T], session: requests.Session) -> _T:
    """What the protocol returns, blocking."""
    import requests

    response: Response | None = None
    while True:
        try:
            # A generator's first response is None, which its type does not say.
            request = protocol.send(response)  # type: ignore[arg-type]
        except StopIteration as done:
            result: _T = done.value
            return result
        with session.get(
            request.url,
            headers=request.headers,
            # A callable keeps requests from taking a password of ~/.netrc in place of our own header.
            auth=(lambda prepared: prepared) if "Authorization" in request.headers else None,
            allow_redirects=request.follow_redirects,
            timeout=TIMEOUT,
        ) as answer:
            response = Response(
                answer.status_code,
                answer.headers.get("location") if answer.is_redirect else None,
                answer.text,
                lambda status, reason, answer=answer: requests.HTTPError(  # type: ignore[misc]
                    f"{status}: {reason}: {without_query(answer.url)}", response=answer
                ),
            )


async def run_async(protocol: Protocol[_T], session: AsyncSession) -> _T:
    """As `run()`."""
    response: Response | None = None
    while True:
        try:
            request = protocol.send(response)  # type: ignore[arg-type]
        except StopIteration as done:
            result: _T = done.value
            return result
        async with session.get(
            request.url,
            headers=request.headers,
            allow_redirects=request.follow_redirects,
            raise_for_status=False,
        ) as answer:
            response = Response(
                answer.status,
                answer.headers.get("location") if 300 <= answer.status < 400 else None,
                await answer.text(),
                lambda status, reason, answer=answer: _aiohttp_error(status, reason, answer),  # type: ignore[misc]
            )


def _aiohttp_error(status: int, reason: str, answer: aiohttp.ClientResponse) -> Exception:
    import aiohttp
    from multidict import CIMultiDict, CIMultiDictProxy

    url = answer.url.with_query(None).with_user(None)
    bare = aiohttp.RequestInfo(url, answer.method, CIMultiDictProxy(CIMultiDict()), url)
    return aiohttp.ClientResponseError(bare, (), status=status, message=reason)


def default_session() -> requests.Session:
    """A session that repeats what failed."""
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.util.retry import Retry

    retry = Retry(RETRIES, backoff_factor=0.2, status_forcelist=RETRY_STATUS, raise_on_status=False)
    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=retry))
    return session


def default_async_session() -> AsyncSession:
    """A session of the running event loop. It repeats what failed if `aiohttp_retry` is installed; a warning if not.

    RuntimeError where no event loop runs.
    """
    import aiohttp

    session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT))
    try:
        from aiohttp_retry import ExponentialRetry, RetryClient
    except ImportError:
        text = "without the package aiohttp_retry, requests for credentials are not repeated when they fail"
        warn(text, RuntimeWarning, stacklevel=3)
        return session
    retry = ExponentialRetry(
        RETRIES + 1,
        start_timeout=0.1,
        statuses=set(RETRY_STATUS),
        exceptions={aiohttp.ClientConnectionError},
        retry_all_server_errors=False,
    )
    return RetryClient(session, retry_options=retry)


@asynccontextmanager
async def session_for_a_call(given: AsyncSession | None) -> AsyncIterator[AsyncSession]:
    """The session that was given, or one for this call: stores may ask on several event loops, a session has one."""
    if given is not None:
        yield given
        return
    async with default_async_session() as session:
        yield session


def without_query(url: str) -> str:
    """A URL as an error may show it: queries and user names may hold secrets."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def parse_time(name: str, text: str) -> datetime:
    """An ISO 8601 time with a zone. ValueError, which names the field, for another text."""
    exact = re.sub(r"\.(\d+)", lambda fraction: "." + fraction[1][:6].ljust(6, "0"), text.strip())
    try:
        time = datetime.fromisoformat(exact.replace("Z", "+00:00"))  # of Python 3.10
    except ValueError:
        raise ValueError(f"the field {name!r} of the answer is {text!r}; expected is an ISO 8601 time") from None
    if time.tzinfo is None:
        raise ValueError(f"the field {name!r} of the answer is {text!r}, which has no time zone")
    return time


def text_field(document: dict[str, Any], name: str) -> str:
    """A field of an answer. ValueError, which names the field but not its value, if it is no text."""
    value = document.get(name)
    if not isinstance(value, str):
        raise ValueError(f"the field {name!r} of the answer is {'missing' if name not in document else 'no text'}")
    return value
