"""Arguments of another type are refused at once, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from storelink.auth.azure import AzureAsyncCredentialProvider, AzureCredentialProvider
from storelink.auth.boto3 import Boto3CredentialProvider, StsCredentialProvider
from storelink.auth.earthdata import NasaEarthdataAsyncCredentialProvider, NasaEarthdataCredentialProvider
from storelink.auth.google import GoogleAsyncCredentialProvider, GoogleCredentialProvider
from storelink.auth.planetary_computer import (
    PlanetaryComputerAsyncCredentialProvider,
    PlanetaryComputerCredentialProvider,
)

pytestmark = pytest.mark.once

URL = "https://data.example.com/s3credentials"
CASES: list[tuple[Callable[..., object], str]] = [
    (Boto3CredentialProvider, "session ttl"),
    (StsCredentialProvider, "session RoleArn RoleSessionName"),
    (AzureCredentialProvider, "credential scopes tenant_id"),
    (AzureAsyncCredentialProvider, "credential scopes tenant_id"),
    (GoogleCredentialProvider, "credentials request refresh_threshold"),
    (GoogleAsyncCredentialProvider, "credentials request refresh_threshold"),
    (NasaEarthdataCredentialProvider, "credentials_url host auth session"),
    (NasaEarthdataAsyncCredentialProvider, "credentials_url host auth session"),
    (PlanetaryComputerCredentialProvider, "url account_name container_name session subscription_key sas_url"),
    (PlanetaryComputerAsyncCredentialProvider, "url account_name container_name session subscription_key sas_url"),
]


@pytest.mark.parametrize(
    ("provider", "name"), [(provider, name) for provider, names in CASES for name in names.split()]
)
def test_an_argument_of_another_type_is_named(provider: Callable[..., object], name: str) -> None:
    arguments: dict[str, Any] = (
        {"credentials_url": URL}
        if provider
        in (
            NasaEarthdataCredentialProvider,
            NasaEarthdataAsyncCredentialProvider,
        )
        else {}
    )
    with pytest.raises(TypeError, match=rf"^{name} is of type int; accepted (is|are) "):
        provider(**(arguments | {name: 5}))


@pytest.mark.parametrize(
    ("provider", "name", "value"),
    [
        (AzureCredentialProvider, "scopes", "https://storage.azure.com/.default"),
        (NasaEarthdataCredentialProvider, "auth", ("user", 5)),
        (Boto3CredentialProvider, "session", Boto3CredentialProvider),
        (Boto3CredentialProvider, "ttl", None),
    ],
)
def test_what_is_nearly_right_is_refused_as_well(provider: Callable[..., object], name: str, value: object) -> None:
    arguments = {"credentials_url": URL} if provider is NasaEarthdataCredentialProvider else {}
    with pytest.raises(TypeError, match=f"^{name} is ") as refused:
        provider(**arguments, **{name: value})
    assert "user" not in str(refused.value).partition(";")[0]
