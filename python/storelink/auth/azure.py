"""Tokens for Azure Blob Storage from azure.identity. Needs the package azure-identity, and aiohttp to be awaited."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import azure.identity
import azure.identity.aio

from storelink.auth._arguments import expect_method, expect_text

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken, TokenCredential
    from azure.core.credentials_async import AsyncTokenCredential

    from storelink.store import AzureCredential

DEFAULT_SCOPES = ("https://storage.azure.com/.default",)
"""What tokens are asked for by default."""


class AzureCredentialProvider:
    """The tokens of a credential of azure.identity, for an AzureStore."""

    def __init__(
        self,
        credential: TokenCredential | None = None,
        *,
        scopes: Iterable[str] = DEFAULT_SCOPES,
        tenant_id: str | None = None,
    ) -> None:
        """credential: of `azure.identity`. Default: a new `DefaultAzureCredential()`.

        scopes: what the token is for. Default: storage.
        tenant_id: the tenant to ask. Default: that of the credential.

        TypeError for what is no credential, and for scopes that are no sequence of text.
        """
        _check(credential, scopes, tenant_id)
        self._credential = azure.identity.DefaultAzureCredential() if credential is None else credential
        self._scopes = tuple(scopes)
        self._tenant_id = tenant_id

    def __call__(self) -> AzureCredential:
        """A token. azure.identity's CredentialUnavailableError or ClientAuthenticationError if there is none."""
        return _bearer(self._credential.get_token(*self._scopes, tenant_id=self._tenant_id))


class AzureAsyncCredentialProvider:
    """The tokens of a credential of azure.identity.aio, for an AzureStore."""

    def __init__(
        self,
        credential: AsyncTokenCredential | None = None,
        *,
        scopes: Iterable[str] = DEFAULT_SCOPES,
        tenant_id: str | None = None,
    ) -> None:
        """credential: of `azure.identity.aio`. Default: a new `DefaultAzureCredential()`. Closing it is up to you.

        The others are those of AzureCredentialProvider, and so are the errors.
        """
        _check(credential, scopes, tenant_id)
        self._credential = azure.identity.aio.DefaultAzureCredential() if credential is None else credential
        self._scopes = tuple(scopes)
        self._tenant_id = tenant_id

    async def __call__(self) -> AzureCredential:
        """As AzureCredentialProvider, to be awaited."""
        return _bearer(await self._credential.get_token(*self._scopes, tenant_id=self._tenant_id))


def _check(credential: object, scopes: object, tenant_id: object) -> None:
    expect_method("credential", credential, "get_token", "a credential of azure.identity")
    if isinstance(scopes, str) or not isinstance(scopes, Iterable):
        raise TypeError(f"scopes is of type {type(scopes).__name__}; accepted is a sequence of str")
    expect_text("tenant_id", tenant_id)


def _bearer(token: AccessToken) -> AzureCredential:
    return {"token": token.token, "expires_at": datetime.fromtimestamp(token.expires_on, timezone.utc)}
