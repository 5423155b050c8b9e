"""AzureStore: its constructor, and its credentials against a server that checks them."""

from __future__ import annotations

import pickle
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import my_ext2
import pytest
from my_ext2.exceptions import GenericError, PermissionDeniedError, UnauthenticatedError, UnknownConfigurationKeyError
from my_ext2.store import AzureStore, S3Store, from_url


def round_trip(store: AzureStore) -> None:
    my_ext2.put(store, "key", b"value")
    assert my_ext2.get(store, "key") == b"value"
    assert list(my_ext2.list_keys(store)) == ["key"]


def tomorrow() -> datetime:
    return datetime.now(timezone.utc) + timedelta(days=1)


@pytest.fixture
def account_key(azure_environment: dict[str, str]) -> str:
    return azure_environment["STORELINK_TEST_AZURE_ACCOUNT_KEY"]


# --- the constructor ---


def test_the_container_in_every_form() -> None:
    forms = [
        AzureStore("cont", account_name="acc"),
        AzureStore(container_name="cont", account_name="acc"),
        AzureStore(config={"azure_container_name": "cont", "AZURE_STORAGE_ACCOUNT_NAME": "acc"}),
        AzureStore.from_url("az://cont", account_name="acc"),
        AzureStore.from_url("abfss://cont@acc.dfs.core.windows.net"),
        AzureStore.from_url("https://acc.blob.core.windows.net/cont"),
        from_url("azure://cont", account_name="acc"),
    ]
    assert all(store == forms[0] for store in forms)
    assert forms[0].config == {"container_name": "cont", "account_name": "acc"}
    assert AzureStore("cont", account_name="acc") != AzureStore("other", account_name="acc")
    assert forms[0] != S3Store("cont")


SETTINGS = {
    "account_name": "acc",
    "azure_storage_access_key": "c2VjcmV0",
    "AZURE_STORAGE_SAS_TOKEN": "sv=1&sig=x",
    "bearer_token": "t0k",
    "azure_client_id": "id",
    "client_secret": "hush",
    "authority_id": "tenant",
    "AZURE_AUTHORITY_HOST": "https://login.microsoftonline.us",
    "azure_identity_endpoint": "http://localhost:1/token",
    "object_id": "o",
    "msi_resource_id": "m",
    "federated_token_file": "/f",
    "azure_use_azure_cli": True,
    "use_fabric_endpoint": False,
    "disable_tagging": True,
    "credential_type": "access_key",
    "fabric_session_token": "s",
    "endpoint": "https://example.com",
}


def test_settings_have_the_names_that_obstore_gives_them() -> None:
    obstore_store = pytest.importorskip("obstore.store")
    ours = AzureStore(
        "cont", prefix="a/b", config=SETTINGS, client_options={"timeout": "5s"}, retry_config={"max_retries": 2}
    )
    theirs = obstore_store.AzureStore(*ours.__getnewargs_ex__()[0], **ours.__getnewargs_ex__()[1])
    assert theirs.config == ours.config
    assert theirs.__getnewargs_ex__() == ours.__getnewargs_ex__()
    assert repr(theirs) == repr(ours) == 'AzureStore(container_name="cont", account_name="acc", prefix="a/b")'


@pytest.mark.parametrize(
    "names",
    [
        ("account_key", "access_key", "master_key", "azure_storage_account_key"),
        ("sas_key", "sas_token", "azure_storage_sas_key"),
        ("token", "bearer_token", "azure_storage_token"),
        ("tenant_id", "authority_id", "azure_tenant_id", "azure_storage_authority_id"),
        ("msi_endpoint", "identity_endpoint", "azure_msi_endpoint"),
    ],
)
def test_aliases_are_one_setting(names: tuple[str, ...]) -> None:
    value = {"sas_key": "sig=x", "msi_endpoint": "http://h/p"}.get(names[0], "c2VjcmV0")
    for name in names:
        store = AzureStore("cont", account_name="acc", config={name: value})
        assert store.config == {"container_name": "cont", "account_name": "acc", names[0]: value}
    with pytest.raises(GenericError, match=f"'{names[0]}' is given twice"):
        AzureStore("cont", account_name="acc", config={names[0]: value, names[1]: value})


def test_pickle() -> None:
    store = AzureStore("cont", account_name="acc", prefix="p", account_key="c2VjcmV0")
    again = pickle.loads(pickle.dumps(store))
    assert again == store
    assert type(again) is AzureStore


def test_urls() -> None:
    store = AzureStore.from_url("https://onelake.dfs.fabric.microsoft.com/space/item.Lakehouse/Files")
    assert store.config == {"container_name": "space", "account_name": "onelake", "use_fabric_endpoint": "true"}
    assert store.prefix == "item.Lakehouse/Files"
    assert AzureStore.from_url("https://acc.blob.core.windows.net", container_name="cont").config == {
        "container_name": "cont",
        "account_name": "acc",
    }
    named = AzureStore.from_url("abfs://cont@acc.dfs.core.windows.net", config={"AZURE_CONTAINER_NAME": "other"})
    assert named.config["container_name"] == "other"

    class Sub(AzureStore):  # type: ignore[misc]
        pass

    assert type(Sub.from_url("az://cont", account_name="acc")) is Sub
    with pytest.raises(GenericError, match=r"names a s3 store; accepted is az://container/prefix"):
        AzureStore.from_url("s3://b")
    with pytest.raises(GenericError, match=r"accepted is s3://bucket/prefix"):
        S3Store.from_url("az://cont")


def test_mistakes_are_named() -> None:
    with pytest.raises(UnknownConfigurationKeyError, match=r"acount_key.*account_key") as caught:
        AzureStore("cont", account_name="acc", acount_key="hush")
    assert "hush" not in str(caught.value)
    with pytest.raises(GenericError, match="no container"):
        AzureStore(account_name="acc")
    with pytest.raises(GenericError, match="azure_storage_account_name"):
        AzureStore("cont")
    with pytest.raises(GenericError, match="base64") as caught:
        AzureStore("cont", account_name="acc", account_key="hush!")
    assert "hush" not in str(caught.value)
    with pytest.raises(TypeError, match=r"AzureStore\(\): credential_provider"):
        AzureStore("cont", account_name="acc", credential_provider="token")
    with pytest.raises(TypeError, match=r"AzureStore\(\): container_name"):
        AzureStore(7)


def test_the_environment_fills_what_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_CONTAINER_NAME", "from-environment")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "acc")
    store = AzureStore()
    assert store.config == {}
    assert repr(store) == "AzureStore()"
    monkeypatch.setenv("AZURE_STORAGE_MASTER_KEY", "no base64")
    with pytest.raises(GenericError, match="AZURE_STORAGE_MASTER_KEY"):
        AzureStore()


# --- credentials ---


def test_an_account_key(azure_settings: dict[str, Any], account_key: str) -> None:
    round_trip(AzureStore(**azure_settings, account_key=account_key, prefix="key"))
    with pytest.raises(PermissionDeniedError) as caught:
        my_ext2.get(AzureStore(**azure_settings, account_key="d3Jvbmc="), "key")
    assert "d3Jvbmc=" not in str(caught.value)


def test_the_emulators_own(azure_settings: dict[str, Any]) -> None:
    endpoint, account = azure_settings.pop("endpoint").rsplit("/", 1)
    del azure_settings["client_options"]
    assert azure_settings.pop("account_name") == account
    round_trip(AzureStore(**azure_settings, use_emulator=True, endpoint=endpoint, prefix="emulator"))


def sas_of(settings: dict[str, Any], key: str, path: str) -> str:
    obstore = pytest.importorskip("obstore")
    signer = obstore.store.AzureStore(**settings, account_key=key)
    return urlsplit(str(obstore.sign(signer, "GET", path, timedelta(minutes=5)))).query


def test_a_sas(azure_settings: dict[str, Any], account_key: str) -> None:
    my_ext2.put(AzureStore(**azure_settings, account_key=account_key), "sas/key", b"value")
    query = sas_of(azure_settings, account_key, "sas/key")
    reader = AzureStore(**azure_settings, sas_token=query)
    assert my_ext2.get(reader, "sas/key") == b"value"
    with pytest.raises(PermissionDeniedError) as caught:
        my_ext2.put(reader, "sas/key", b"other")
    assert dict(parse_qsl(query))["sig"] not in str(caught.value)


def test_a_provider_of_each_kind(azure_settings: dict[str, Any], account_key: str) -> None:
    def keys() -> dict[str, Any]:
        return {"access_key": account_key, "expires_at": tomorrow()}

    round_trip(AzureStore(**azure_settings, credential_provider=keys, prefix="provider"))
    query = sas_of(azure_settings, account_key, "provider/key")
    for sas in (query, "?" + query, parse_qsl(query)):
        store = AzureStore(
            **azure_settings, prefix="provider", credential_provider=lambda s=sas: {"sas_token": s, "expires_at": None}
        )
        assert my_ext2.get(store, "key") == b"value"


def test_an_asynchronous_provider_is_asked_again(azure_settings: dict[str, Any], account_key: str) -> None:
    class Provider:
        config = {"container_name": azure_settings["container_name"]}  # noqa: RUF012
        refresh_threshold = timedelta(minutes=10)
        calls = 0

        async def __call__(self) -> dict[str, Any]:
            self.calls += 1
            return {"access_key": account_key, "expires_at": datetime.now(timezone.utc) + timedelta(minutes=9)}

    provider = Provider()
    del azure_settings["container_name"]
    store = AzureStore(**azure_settings, credential_provider=provider, prefix="asynchronous")
    round_trip(store)
    assert provider.calls == 3
    assert store.credential_provider is provider
    assert store.config["container_name"] == provider.config["container_name"]


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ("token", "accepted is a dict with access_key, sas_token or token"),
        ({"expires_at": None}, "none of an access key, a SAS token and a bearer token"),
        ({"token": "t", "access_key": "c2VjcmV0"}, "more than one of"),
        ({"token": 7}, "'token' of its result"),
        ({"token": "two words"}, "printable ASCII"),
        ({"access_key": "no base64"}, "base64"),
        ({"sas_token": "sv=1"}, "sig="),
        ({"sas_token": 7}, r"'sas_token' of its result"),
        ({"sas_token": [("sig",)]}, r"'sas_token' of its result"),
        ({"token": "t", "expires_at": datetime(2099, 1, 1)}, "time zone"),
    ],
)
def test_what_a_provider_may_not_return(azure_settings: dict[str, Any], result: object, message: str) -> None:
    store = AzureStore(**azure_settings, credential_provider=lambda: result)
    with pytest.raises((UnauthenticatedError, GenericError), match=message):
        my_ext2.get(store, "key")


def test_obstore_stores_are_recreated(azure_settings: dict[str, Any], account_key: str) -> None:
    obstore = pytest.importorskip("obstore")
    theirs = obstore.store.AzureStore(**azure_settings, account_key=account_key, prefix="obstore")
    with pytest.warns(RuntimeWarning, match=r"built a new my_ext2\.store\.AzureStore"):
        my_ext2.put(theirs, "key", b"value")
    assert bytes(obstore.get(theirs, "key").bytes()) == b"value"
    ours = AzureStore(*theirs.__getnewargs_ex__()[0], **theirs.__getnewargs_ex__()[1])
    assert my_ext2.get(ours, "key") == b"value"


class ProviderWithPrefix:
    """As those are that know where their data lie."""

    config = {"account_name": "acc", "container_name": "cont"}  # noqa: RUF012
    prefix: object = "of/the/provider"

    def __call__(self) -> dict[str, Any]:
        return {"token": "t", "expires_at": None}


def test_a_providers_prefix_is_taken_where_none_is_given() -> None:
    provider = ProviderWithPrefix()
    assert AzureStore(credential_provider=provider).prefix == "of/the/provider"
    assert AzureStore(prefix="mine", credential_provider=provider).prefix == "mine"
    assert AzureStore.from_url("az://cont/url", credential_provider=provider).prefix == "url"
    provider.prefix = None
    assert AzureStore(credential_provider=provider).prefix is None
    provider.prefix = 3
    with pytest.raises(TypeError, match=r"credential_provider\.prefix"):
        AzureStore(credential_provider=provider)
