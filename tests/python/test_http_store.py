"""HTTPStore: its constructor, and its verbs on servers with and without WebDAV."""

from __future__ import annotations

import copy
import pickle
import uuid
from collections.abc import Callable
from typing import Any

import my_ext2
import pytest
from my_ext2.exceptions import (
    BaseError,
    GenericError,
    InvalidPathError,
    NotFoundError,
    NotSupportedError,
    UnauthenticatedError,
    UnknownConfigurationKeyError,
)
from my_ext2.store import HTTPStore, LocalStore, S3Store, from_url

PLAIN = {"allow_http": True}


@pytest.fixture(params=["NGINX", "WSGIDAV"])
def url(request: pytest.FixtureRequest, http_environment: dict[str, str]) -> str:
    """A directory of its own on a WebDAV server, in one that is not there either; the first put makes both."""
    return f"{http_environment[f'STORELINK_TEST_{request.param}_ENDPOINT']}/{uuid.uuid4()}/data"


# --- the constructor ---


def test_every_way_to_make_one() -> None:
    url = "https://example.com/data"
    forms = [HTTPStore(url), HTTPStore(url=url), HTTPStore.from_url(url), HTTPStore.from_url(url=url), from_url(url)]
    assert all(type(store) is HTTPStore and store == forms[0] for store in forms)
    assert forms[0].url == url
    assert forms[0].client_options is None
    assert forms[0].retry_config is None
    assert forms[0] != HTTPStore("https://example.com/other")
    assert forms[0] != HTTPStore(url, client_options={"timeout": "5s"})
    assert forms[0] != S3Store("b")


def test_options_are_shown_as_they_were_given() -> None:
    given: dict[str, Any] = {"client_options": {"default_headers": {"X-Token": "hush"}}, "retry_config": {}}
    store = HTTPStore("https://example.com", **given)
    assert store.client_options == {"default_headers": {"x-token": b"hush"}}
    assert store.retry_config["max_retries"] == 10
    assert from_url("https://example.com", **given) == store
    store.client_options.clear()
    assert store.client_options is not None
    assert len(store.client_options) == 1


def test_pickle_and_copy_keep_everything_and_the_class() -> None:
    class Sub(HTTPStore):  # type: ignore[misc]
        pass

    store = HTTPStore("https://u:p@example.com/a", client_options={"timeout": "5s"}, retry_config={"max_retries": 2})
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(store, protocol)) == store
    assert copy.deepcopy(store) == store
    assert store.__getnewargs_ex__() == (
        ("https://u:p@example.com/a",),
        {"client_options": store.client_options, "retry_config": store.retry_config},
    )
    assert type(copy.copy(Sub("https://example.com"))) is Sub
    assert type(Sub.from_url("https://example.com")) is Sub


def test_no_secret_is_shown() -> None:
    store = HTTPStore("https://user:hush@example.com/a", client_options={"default_headers": {"x": "hush"}})
    assert repr(store) == 'HTTPStore("https://REDACTED@example.com/a")'
    assert repr(HTTPStore("https://example.com/a")) == 'HTTPStore("https://example.com/a")'
    assert my_ext2.describe_any(store) == 'HTTPStore(url="https://example.com/a")'
    with pytest.raises(GenericError) as caught:
        HTTPStore("http://user:hush@example.com/a")
    assert "allow_http" in str(caught.value)
    assert "hush" not in str(caught.value)


def test_arguments_that_do_not_fit() -> None:
    with pytest.raises(TypeError, match="url"):
        HTTPStore()
    with pytest.raises(TypeError, match="url is of type int"):
        HTTPStore(3)
    with pytest.raises(TypeError, match="bucket"):
        HTTPStore("https://example.com", bucket="b")
    with pytest.raises(GenericError, match="http or https"):
        HTTPStore("s3://bucket")
    with pytest.raises(GenericError, match="without query"):
        HTTPStore("https://example.com/?a=b")
    with pytest.raises(UnknownConfigurationKeyError, match="timeout"):
        HTTPStore("https://example.com", client_options={"timeoutt": "5s"})
    with pytest.raises(BaseError, match="http store takes no config"):
        from_url("https://example.com", config={"region": "x"})
    with pytest.raises(GenericError, match="names a http store"):
        S3Store.from_url("https://example.com")
    with pytest.raises(ValueError, match="http"):
        LocalStore.from_url("https://example.com")


# --- on servers ---


def test_objects_make_a_round_trip(url: str) -> None:
    store = HTTPStore(url, client_options=PLAIN)
    for path in ("a b/ü%.txt", "a b/c/d", "e"):
        my_ext2.put(store, path, path.encode())
    assert my_ext2.get(store, "a b/ü%.txt") == "a b/ü%.txt".encode()
    assert list(my_ext2.list_keys(store)) == ["a b/c/d", "a b/ü%.txt", "e"]
    my_ext2.rename(store, "e", "f/g", True)
    my_ext2.remove(store, "a b/c/d")
    assert list(my_ext2.list_keys(store)) == ["a b/ü%.txt", "f/g"]
    with pytest.raises(NotFoundError):
        my_ext2.get(store, "e")
    with pytest.raises(NotFoundError):
        my_ext2.remove(store, "f")
    assert my_ext2.get(pickle.loads(pickle.dumps(store)), "f/g") == b"e"
    with pytest.raises(InvalidPathError):
        my_ext2.get(store, "../secret")


def test_a_wrong_password(http_environment: dict[str, str]) -> None:
    address = http_environment["STORELINK_TEST_WSGIDAV_ADDRESS"]
    for wrong in (address, address.replace("//", "//tester:hush@")):
        with pytest.raises(UnauthenticatedError) as caught:
            my_ext2.get(HTTPStore(wrong, client_options=PLAIN), "key")
        assert "hush" not in str(caught.value)


def test_default_headers_carry_credentials(http_environment: dict[str, str]) -> None:
    address = http_environment["STORELINK_TEST_WSGIDAV_ADDRESS"]
    headers = {"Authorization": "Basic dGVzdGVyOm9wZW4tc2VzYW1l"}  # of tester:open-sesame
    store = HTTPStore(f"{address}/{uuid.uuid4()}", client_options={**PLAIN, "default_headers": headers})
    my_ext2.put(store, "key", b"value")
    assert my_ext2.get(store, "key") == b"value"


def test_a_server_of_files_only(http_environment: dict[str, str]) -> None:
    name = str(uuid.uuid4())
    writable = HTTPStore(f"{http_environment['STORELINK_TEST_NGINX_ENDPOINT']}/{name}", client_options=PLAIN)
    my_ext2.put(writable, "dir/key", b"0123456789")
    url = f"{http_environment['STORELINK_TEST_NGINX_STATIC_ENDPOINT']}/{name}"
    store = HTTPStore(url, client_options=PLAIN)
    assert my_ext2.get(store, "dir/key") == b"0123456789"
    assert my_ext2.head(store, "dir/key") == 10
    assert my_ext2.get(HTTPStore(f"{url}/dir/key", client_options=PLAIN), "") == b"0123456789"
    for path in ("missing", "dir"):
        with pytest.raises(NotFoundError):
            my_ext2.get(store, path)
    verbs: list[Callable[[], object]] = [
        lambda: my_ext2.list_keys(store),
        lambda: my_ext2.put(store, "new", b"x"),
        lambda: my_ext2.remove(store, "dir/key"),
        lambda: my_ext2.rename(store, "dir/key", "new", True),
    ]
    for verb in verbs:
        with pytest.raises(NotSupportedError, match="WebDAV"):
            verb()
