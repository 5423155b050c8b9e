"""GCSStore: its constructor, and its credentials against a server that checks them."""

from __future__ import annotations

import json
import pickle
import urllib.request
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import my_ext2
import pytest
from my_ext2.exceptions import GenericError, UnauthenticatedError, UnknownConfigurationKeyError
from my_ext2.store import GCSStore, S3Store, from_url


def round_trip(store: GCSStore) -> None:
    my_ext2.put(store, "key", b"value")
    assert my_ext2.get(store, "key") == b"value"
    assert list(my_ext2.list_keys(store)) == ["key"]


@pytest.fixture
def account(gcs_environment: dict[str, str]) -> str:
    return gcs_environment["STORELINK_TEST_GCS_SERVICE_ACCOUNT"]


@pytest.fixture
def fresh_token(gcs_environment: dict[str, str]) -> Callable[[], str]:
    """Tokens that the server takes."""
    url = gcs_environment["STORELINK_TEST_GCS_ENDPOINT"] + "/computeMetadata/v1/instance/service-accounts/default/token"

    def fetch() -> str:
        request = urllib.request.Request(url, headers={"Metadata-Flavor": "Google"})
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
            return str(json.load(answer)["access_token"])

    return fetch


# --- the constructor ---


def test_the_bucket_in_every_form() -> None:
    forms = [
        GCSStore("b"),
        GCSStore(bucket="b"),
        GCSStore(config={"google_bucket": "b"}),
        GCSStore(config={"GOOGLE_BUCKET_NAME": "b"}),
        GCSStore(None, bucket_name="b"),
        GCSStore.from_url("gs://b"),
        from_url("gs://b"),
    ]
    assert all(store == forms[0] for store in forms)
    assert forms[0].config == {"bucket": "b"}
    assert GCSStore("b") != GCSStore("c")
    assert GCSStore("b") != S3Store("b")


def test_settings_have_the_names_that_obstore_gives_them() -> None:
    obstore_store = pytest.importorskip("obstore.store")
    given = {"GOOGLE_BASE_URL": "https://example.com", "skip_signature": True, "google_bearer_token": "t"}
    ours = GCSStore("b", prefix="a/b", config=given, client_options={"timeout": "5s"}, retry_config={"max_retries": 2})
    theirs = obstore_store.GCSStore(*ours.__getnewargs_ex__()[0], **ours.__getnewargs_ex__()[1])
    assert theirs.config == ours.config
    assert theirs.__getnewargs_ex__() == ours.__getnewargs_ex__()
    assert ours.prefix == "a/b"


def test_aliases_are_one_setting(account: str) -> None:
    for name in ("service_account", "SERVICE_ACCOUNT_PATH", "google_service_account", "google_service_account_path"):
        assert GCSStore("b", config={name: account}).config == {"bucket": "b", "service_account": account}
    with pytest.raises(GenericError, match="'service_account' is given twice"):
        GCSStore("b", config={"service_account": account}, service_account_path=account)


def test_repr_and_pickle() -> None:
    store = GCSStore("b", prefix="p", bearer_token="hush")
    assert repr(store) == 'GCSStore(bucket="b", prefix="p")'
    again = pickle.loads(pickle.dumps(store))
    assert again == store
    assert type(again) is GCSStore


def test_urls() -> None:
    assert GCSStore.from_url("gs://b/p/q").prefix == "p/q"
    assert GCSStore.from_url("https://storage.googleapis.com/b/p").config == {"bucket": "b"}
    assert GCSStore.from_url("https://b.storage.googleapis.com/p").prefix == "p"
    assert GCSStore.from_url("gs://b", config={"GOOGLE_BUCKET": "other"}).config["bucket"] == "other"
    assert GCSStore.from_url("gs://b", skip_signature=True).config["skip_signature"] == "true"

    class Sub(GCSStore):  # type: ignore[misc]
        pass

    assert type(Sub.from_url("gs://b")) is Sub
    with pytest.raises(GenericError, match=r"names a s3 store; accepted is gs://bucket/prefix"):
        GCSStore.from_url("s3://b")
    with pytest.raises(GenericError, match=r"accepted is s3://bucket/prefix"):
        S3Store.from_url("gs://b")


def test_mistakes_are_named(tmp_path: Path) -> None:
    with pytest.raises(UnknownConfigurationKeyError, match=r"bearer_tokn.*bearer_token") as caught:
        GCSStore("b", bearer_tokn="hush")
    assert "hush" not in str(caught.value)
    with pytest.raises(GenericError, match="no bucket"):
        GCSStore()
    with pytest.raises(GenericError, match="no/such/file"):
        GCSStore("b", service_account="/no/such/file")
    broken = tmp_path / "account.json"
    broken.write_text('{"client_email": "e", "private_key": "hush"}')
    with pytest.raises(GenericError, match=r"account\.json.*PEM") as caught:
        GCSStore("b", service_account=str(broken))
    assert "hush" not in str(caught.value)
    with pytest.raises(TypeError, match=r"GCSStore\(\): credential_provider"):
        GCSStore("b", credential_provider="token")


def test_the_environment_fills_what_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_BUCKET", "from-environment")
    store = GCSStore()
    assert store.config == {}
    assert repr(store) == "GCSStore()"
    monkeypatch.setenv("SERVICE_ACCOUNT", "/no/such/file")
    with pytest.raises(GenericError, match="no/such/file"):
        GCSStore()


# --- credentials ---


def test_a_service_account(gcs_settings: dict[str, Any], account: str) -> None:
    round_trip(GCSStore(**gcs_settings, service_account=account, prefix="account"))
    round_trip(GCSStore(**gcs_settings, service_account_key=Path(account).read_text(), prefix="key"))
    round_trip(GCSStore(**gcs_settings, application_credentials=account, prefix="default"))


def test_a_service_account_that_is_not_known(gcs_settings: dict[str, Any], account: str) -> None:
    document = json.loads(Path(account).read_text())
    document["client_email"] = "somebody.else@project.iam.gserviceaccount.com"
    store = GCSStore(**gcs_settings, service_account_key=json.dumps(document))
    with pytest.raises(UnauthenticatedError, match="Invalid JWT: wrong claims"):
        my_ext2.get(store, "key")


def test_a_user(gcs_settings: dict[str, Any], gcs_environment: dict[str, str]) -> None:
    user = gcs_environment["STORELINK_TEST_GCS_AUTHORIZED_USER"]
    round_trip(GCSStore(**gcs_settings, application_credentials=user, prefix="user"))


def test_the_file_that_gcloud_writes(
    gcs_settings: dict[str, Any], gcs_environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = tmp_path / ".config" / "gcloud" / "application_default_credentials.json"
    written.parent.mkdir(parents=True)
    written.write_text(Path(gcs_environment["STORELINK_TEST_GCS_AUTHORIZED_USER"]).read_text())
    monkeypatch.setenv("HOME", str(tmp_path))
    round_trip(GCSStore(**gcs_settings, prefix="gcloud"))


def test_a_workload(gcs_settings: dict[str, Any], gcs_environment: dict[str, str]) -> None:
    external = gcs_environment["STORELINK_TEST_GCS_EXTERNAL_ACCOUNT"]
    round_trip(GCSStore(**gcs_settings, application_credentials=external, prefix="workload"))


def test_the_metadata_server(gcs_settings: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GCE_METADATA_HOST", gcs_settings["base_url"].removeprefix("http://"))
    round_trip(GCSStore(**gcs_settings, prefix="metadata"))


def test_a_token(gcs_settings: dict[str, Any], fresh_token: Callable[[], str]) -> None:
    round_trip(GCSStore(**gcs_settings, bearer_token=fresh_token(), prefix="token"))
    stale = GCSStore(**gcs_settings, bearer_token="ya29.hush")
    with pytest.raises(UnauthenticatedError) as caught:
        my_ext2.get(stale, "key")
    assert "hush" not in str(caught.value)


def test_anonymous_requests(gcs_settings: dict[str, Any], account: str) -> None:
    public = {**gcs_settings, "bucket": "public"}
    round_trip(GCSStore(**public, service_account=account))
    assert my_ext2.get(GCSStore(**public, skip_signature=True), "key") == b"value"
    with pytest.raises(UnauthenticatedError):
        my_ext2.put(GCSStore(**public, skip_signature=True), "key", b"other")


def test_a_provider(gcs_settings: dict[str, Any], fresh_token: Callable[[], str]) -> None:
    calls = []

    def provider() -> dict[str, Any]:
        calls.append(1)
        return {"token": fresh_token(), "expires_at": datetime.now(timezone.utc) + timedelta(hours=1)}

    round_trip(GCSStore(**gcs_settings, credential_provider=provider, prefix="provider"))
    assert len(calls) == 1


def test_an_asynchronous_provider_is_asked_again(gcs_settings: dict[str, Any], fresh_token: Callable[[], str]) -> None:
    class Provider:
        config = {"bucket": gcs_settings["bucket"]}  # noqa: RUF012
        refresh_threshold = timedelta(minutes=10)
        calls = 0

        async def __call__(self) -> dict[str, Any]:
            self.calls += 1
            return {"token": fresh_token(), "expires_at": datetime.now(timezone.utc) + timedelta(minutes=9)}

    provider = Provider()
    del gcs_settings["bucket"]
    store = GCSStore(**gcs_settings, credential_provider=provider, prefix="asynchronous")
    round_trip(store)
    assert provider.calls == 3
    assert store.credential_provider is provider
    assert store.config["bucket"] == provider.config["bucket"]


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ("token", r"its result is 'token'|its result is .*str.*accepted is a dict with token and expires_at"),
        ({"expires_at": None}, "'token' of its result is missing"),
        ({"token": 7, "expires_at": None}, "'token' of its result"),
        ({"token": "two words", "expires_at": None}, "printable ASCII"),
        ({"token": "t", "expires_at": datetime(2099, 1, 1)}, "time zone"),
    ],
)
def test_what_a_provider_may_not_return(gcs_settings: dict[str, Any], result: object, message: str) -> None:
    store = GCSStore(**gcs_settings, credential_provider=lambda: result)
    with pytest.raises(UnauthenticatedError, match=message):
        my_ext2.get(store, "key")


def test_obstore_stores_are_recreated(gcs_settings: dict[str, Any], account: str) -> None:
    obstore_store = pytest.importorskip("obstore.store")
    theirs = obstore_store.GCSStore(**gcs_settings, service_account=account, prefix="obstore")
    with pytest.warns(RuntimeWarning, match=r"built a new my_ext2\.store\.GCSStore"):
        my_ext2.put(theirs, "key", b"value")
    ours = GCSStore(*theirs.__getnewargs_ex__()[0], **theirs.__getnewargs_ex__()[1])
    assert my_ext2.get(ours, "key") == b"value"
