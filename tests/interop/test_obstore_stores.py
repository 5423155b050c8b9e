"""obstore's store classes, and what users derive from them, as arguments of every extension."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import obstore.store as theirs
import pytest
from interop.participants import EXTENSIONS


class Base:
    """A mixin, as users have them."""

    label = "mine"


class MyLocalStore(Base, theirs.LocalStore):
    pass


class MyS3Store(Base, theirs.S3Store):
    pass


class MyMemoryStore(theirs.MemoryStore):
    pass


class MyGCSStore(Base, theirs.GCSStore):
    pass


class MyAzureStore(Base, theirs.AzureStore):
    pass


class MyHTTPStore(Base, theirs.HTTPStore):
    pass


@pytest.fixture(params=EXTENSIONS.values(), ids=lambda module: str(module.__name__))
def extension(request: pytest.FixtureRequest) -> Any:  # noqa: ANN401
    return request.param


@pytest.mark.parametrize("cls", [theirs.LocalStore, MyLocalStore])
def test_local_stores_are_recreated(cls: Any, extension: Any, tmp_path: Path) -> None:  # noqa: ANN401
    store = cls(tmp_path, mkdir=True, automatic_cleanup=True)
    with pytest.warns(RuntimeWarning, match=rf"built a new {extension.__name__}\.store\.LocalStore"):
        extension.put(store, "a/key", b"value")
    assert bytes(store.get("a/key").bytes()) == b"value"


@pytest.mark.parametrize("cls", [theirs.S3Store, MyS3Store])
def test_s3_stores_are_recreated(cls: Any, extension: Any, s3_settings: dict[str, Any]) -> None:  # noqa: ANN401
    store = cls(**s3_settings, prefix=f"interop/{extension.__name__}", retry_config={"max_retries": 2})
    with pytest.warns(RuntimeWarning, match=rf"built a new {extension.__name__}\.store\.S3Store"):
        extension.put(store, "key", b"value")
    assert bytes(store.get("key").bytes()) == b"value"
    with pytest.warns(RuntimeWarning):
        assert list(extension.list_keys(store)) == ["key"]


@pytest.mark.parametrize("cls", [theirs.GCSStore, MyGCSStore])
def test_gcs_stores_are_recreated(
    cls: Any,  # noqa: ANN401
    extension: Any,  # noqa: ANN401
    gcs_settings: dict[str, Any],
    gcs_environment: dict[str, str],
) -> None:
    account = gcs_environment["STORELINK_TEST_GCS_SERVICE_ACCOUNT"]
    store = cls(**gcs_settings, service_account=account, prefix=f"interop/{extension.__name__}")
    with pytest.warns(RuntimeWarning, match=rf"built a new {extension.__name__}\.store\.GCSStore"):
        extension.put(store, "key", b"value")
    with pytest.warns(RuntimeWarning):
        assert list(extension.list_keys(store)) == ["key"]


@pytest.mark.parametrize("cls", [theirs.AzureStore, MyAzureStore])
def test_azure_stores_are_recreated(
    cls: Any,  # noqa: ANN401
    extension: Any,  # noqa: ANN401
    azure_settings: dict[str, Any],
    azure_environment: dict[str, str],
) -> None:
    key = azure_environment["STORELINK_TEST_AZURE_ACCOUNT_KEY"]
    store = cls(**azure_settings, account_key=key, prefix=f"interop/{extension.__name__}")
    with pytest.warns(RuntimeWarning, match=rf"built a new {extension.__name__}\.store\.AzureStore"):
        extension.put(store, "key", b"value")
    assert bytes(store.get("key").bytes()) == b"value"


@pytest.mark.parametrize("cls", [theirs.HTTPStore, MyHTTPStore])
def test_web_servers_are_recreated(
    cls: Any,  # noqa: ANN401
    extension: Any,  # noqa: ANN401
    http_environment: dict[str, str],
) -> None:
    url = f"{http_environment['STORELINK_TEST_NGINX_ENDPOINT']}/interop-{extension.__name__}"
    store = cls(url, client_options={"allow_http": True})
    with pytest.warns(RuntimeWarning, match=rf"built a new {extension.__name__}\.store\.HTTPStore"):
        extension.put(store, "key", b"value")
    assert bytes(store.get("key").bytes()) == b"value"


@pytest.mark.parametrize("cls", [theirs.MemoryStore, MyMemoryStore])
def test_memory_stores_are_refused(cls: Any, extension: Any) -> None:  # noqa: ANN401
    message = rf"in its own library's memory only. Make a {extension.__name__}\.store\.MemoryStore"
    with pytest.raises(TypeError, match=message):
        extension.describe_any(cls())
