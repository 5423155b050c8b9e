"""Tokens for Google Cloud Storage from google.auth.

Needs the package google-auth, with requests, and with aiohttp to be awaited.
"""

from __future__ import annotations

import asyncio
import inspect
import warnings
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import google.auth

from storelink.auth._arguments import expect, expect_method

if TYPE_CHECKING:
    from google.auth.credentials import Credentials
    from google.auth.transport._aiohttp_requests import Request as AsyncRequest
    from google.auth.transport.requests import Request

    from storelink.store import GCSCredential

_SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]  # a service account has none of its own


class GoogleCredentialProvider:
    """The tokens of credentials of google.auth, for a GCSStore."""

    request: Request
    credentials: Credentials

    def __init__(
        self,
        credentials: Credentials | None = None,
        *,
        request: Request | None = None,
        refresh_threshold: timedelta = timedelta(minutes=3, seconds=45),
    ) -> None:
        """credentials: of `google.auth`. Default: those of `google.auth.default()`, for storage.

        request: how the token service is reached, to share a session of `requests`. Default: a new one.
        refresh_threshold: how long before its end a token is replaced. Default: 3 minutes and 45 seconds.

        google.auth's DefaultCredentialsError if there are none, TypeError for arguments of another type.
        """
        _check(credentials, request, refresh_threshold)
        from google.auth.transport.requests import Request

        self.credentials = google.auth.default(_SCOPES)[0] if credentials is None else credentials
        self.request = Request() if request is None else request
        self.refresh_threshold = refresh_threshold

    def __call__(self) -> GCSCredential:
        """A new token. google.auth's RefreshError or TransportError if there is none."""
        self.credentials.refresh(self.request)
        return _token(self.credentials)


class GoogleAsyncCredentialProvider:
    """The tokens of credentials of google.auth, for a GCSStore; they are fetched without blocking the event loop.

    Credentials that can only block are asked on another thread.
    """

    async_request: AsyncRequest
    credentials: Credentials

    def __init__(
        self,
        credentials: Credentials | None = None,
        *,
        request: AsyncRequest | None = None,
        refresh_threshold: timedelta = timedelta(minutes=3, seconds=45),
    ) -> None:
        """credentials: of `google.auth`. Default: those of `google.auth._default_async.default_async()`.

        request: how the token service is reached, to share a session of `aiohttp`. Default: a new one, whose session
            lasts for one token.
        refresh_threshold: how long before its end a token is replaced. Default: 3 minutes and 45 seconds.

        google.auth's DefaultCredentialsError if there are none, TypeError for arguments of another type.
        """
        _check(credentials, request, refresh_threshold)
        with warnings.catch_warnings():  # what these modules do to aiohttp, they do as often as they are imported
            warnings.simplefilter("ignore", DeprecationWarning)
            from google.auth._default_async import default_async
            from google.auth.transport._aiohttp_requests import Request

        self.credentials = default_async(_SCOPES)[0] if credentials is None else credentials
        self._shares_session = request is not None
        self.async_request = Request() if request is None else request
        self.refresh_threshold = refresh_threshold

    async def __call__(self) -> GCSCredential:
        """A new token. google.auth's RefreshError or TransportError if there is none."""
        if inspect.iscoroutinefunction(self.credentials.refresh):
            await self._refresh()
        else:
            from google.auth.transport.requests import Request

            await asyncio.to_thread(self.credentials.refresh, Request())
        return _token(self.credentials)

    async def _refresh(self) -> None:
        """Stores may ask on several event loops, and a session belongs to one of them."""
        if self._shares_session:
            await self.credentials.refresh(self.async_request)
            return
        request = type(self.async_request)()
        try:
            await self.credentials.refresh(request)
        finally:
            if request.session is not None:
                await request.session.close()


def _check(credentials: object, request: object, refresh_threshold: object) -> None:
    expect_method("credentials", credentials, "refresh", "credentials of google.auth")
    expect_method("request", request, "__call__", "a Request of google.auth.transport")
    expect("refresh_threshold", refresh_threshold, timedelta, "datetime.timedelta")


def _token(credentials: Credentials) -> GCSCredential:
    if not isinstance(credentials.token, str):
        raise ValueError(f"these {type(credentials).__name__} have given no token")
    expiry: datetime | None = credentials.expiry  # in UTC, mostly without saying so
    if expiry is not None and expiry.tzinfo is None:
        expiry = expiry.replace(tzinfo=timezone.utc)
    return {"token": credentials.token, "expires_at": expiry}
