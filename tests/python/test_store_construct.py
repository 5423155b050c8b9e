"""Constructors of the store classes: what they take, what they refuse and how, and what the getters show."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from my_ext.exceptions import GenericError, InvalidPathError, NotFoundError, UnknownConfigurationKeyError
from my_ext.store import LocalStore, MemoryStore, ObjectStore, S3Store

CERTIFICATE_ERROR = "PEM"
DEFAULT_BACKOFF = {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=15), "base": 2.0}


def test_s3_takes_its_bucket_in_every_form() -> None:
    forms = [
        S3Store("b"),
        S3Store(bucket="b"),
        S3Store(config={"bucket": "b"}),
        S3Store(config={"aws_bucket_name": "b"}),
        S3Store(AWS_BUCKET="b"),
        S3Store("b", config=None, prefix=None, client_options=None, retry_config=None, credential_provider=None),
    ]
    assert all(store == forms[0] for store in forms)
    assert forms[0].config == {"bucket": "b"}


def test_settings_are_kept_under_their_canonical_names() -> None:
    store = S3Store(
        "b",
        config={"AWS_REGION": "eu-west-1", "endpoint_url": "https://example.com", "skip_signature": True},
        virtual_hosted_style_request=False,
        aws_sse_bucket_key_enabled="true",
    )
    assert store.config == {
        "bucket": "b",
        "region": "eu-west-1",
        "endpoint": "https://example.com",
        "skip_signature": "true",
        "virtual_hosted_style_request": "false",
        "sse_bucket_key_enabled": "true",
    }


def test_getters_without_settings_are_none() -> None:
    store = S3Store("b")
    assert (store.prefix, store.client_options, store.retry_config, store.credential_provider) == (None,) * 4


def test_getters_give_copies() -> None:
    store = S3Store("b", client_options={"default_headers": {"x-a": "1"}}, retry_config={})
    store.config["bucket"] = "other"
    store.client_options["default_headers"]["x-a"] = b"2"
    store.retry_config["backoff"]["base"] = 7.0
    assert store.config == {"bucket": "b"}
    assert store.client_options == {"default_headers": {"x-a": b"1"}}
    assert store.retry_config["backoff"]["base"] == 2.0


def test_stores_are_immutable() -> None:
    store: Any = S3Store("b")
    with pytest.raises(AttributeError):
        store.prefix = "p"
    with pytest.raises(AttributeError):
        store.anything = 1


@pytest.mark.parametrize(("given", "kept"), [("p/q", "p/q"), ("/p/q/", "p/q"), ("", "")])
def test_s3_prefix_is_a_path(given: str, kept: str) -> None:
    assert S3Store("b", prefix=given).prefix == kept


def test_s3_prefix_with_an_empty_segment_is_refused() -> None:
    with pytest.raises(InvalidPathError, match="a//b"):
        S3Store("b", prefix="a//b")


def test_environment_fills_gaps_and_does_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_BUCKET", "from-environment")
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    store = S3Store()
    assert store.config == {}
    assert store.__getnewargs_ex__() == ((), {"config": {}})
    assert repr(store) == "S3Store()"


def test_client_options_become_text() -> None:
    store = S3Store(
        "b",
        client_options={
            "ALLOW_HTTP": True,
            "timeout": timedelta(seconds=90, milliseconds=3),
            "connect_timeout": "3s",
            "default_headers": {"X-A": "v", "Y": b"\xff"},
        },
    )
    assert store.client_options == {
        "allow_http": "true",
        "timeout": "1m 30s 3ms",
        "connect_timeout": "3s",
        "default_headers": {"x-a": b"v", "y": b"\xff"},
    }
    assert S3Store("b", client_options={}).client_options == {}


def test_client_options_may_stand_among_the_settings() -> None:
    store = S3Store("b", allow_http=True, config={"timeout": "3s"})
    assert store.config == {"bucket": "b"}
    assert store.client_options == {"allow_http": "true", "timeout": "3s"}


def test_retry_config_is_completed() -> None:
    store = S3Store("b", retry_config={"max_retries": 3, "backoff": {"base": 3}})
    assert store.retry_config == {
        "backoff": DEFAULT_BACKOFF | {"base": 3.0},
        "max_retries": 3,
        "retry_timeout": timedelta(minutes=3),
    }


def test_provider_config_fills_gaps_only() -> None:
    class Provider:
        config = {"region": "from-provider", "access_key_id": "k", "secret_access_key": "s"}  # noqa: RUF012

        def __call__(self) -> dict[str, Any]:
            return {}

    provider = Provider()
    store = S3Store("b", region="given", credential_provider=provider)
    assert store.credential_provider is provider
    assert store.config == {
        "bucket": "b",
        "region": "given",
        "access_key_id": "k",
        "secret_access_key": "s",
    }


@pytest.mark.parametrize(
    ("arguments", "exception", "message"),
    [
        ({"regionn": "x"}, UnknownConfigurationKeyError, '"regionn"; the nearest known one is "region"'),
        ({"foo": "x"}, UnknownConfigurationKeyError, '"foo"; known are access_key_id, .*, and the client options'),
        ({"config": {"regionn": "x"}}, UnknownConfigurationKeyError, 'nearest known one is "region"'),
        (
            {"client_options": {"timeot": "1s"}},
            UnknownConfigurationKeyError,
            '"timeot"; the nearest known one is "timeout"',
        ),
        ({"retry_config": {"retries": 1}}, UnknownConfigurationKeyError, "'retries'; known are backoff max_retries"),
        ({"region": "a", "config": {"aws_region": "b"}}, GenericError, "'region' is given twice"),
        ({"config": {"region": "a", "AWS_REGION": "b"}}, GenericError, "'region' is given twice"),
        ({"config": {"bucket": "other"}}, GenericError, "'bucket' is given twice"),
        ({"client_options": {"timeout": "1s", "TIMEOUT": "2s"}}, GenericError, "'timeout' is given twice"),
        ({"client_options": {"timeout": "soon"}}, GenericError, "timeout"),
        ({"client_options": {"allow_http": "maybe"}}, GenericError, "allow_http"),
        ({"skip_signature": "maybe"}, GenericError, "skip_signature"),
        ({"client_options": {"root_certificate": b"x"}}, (GenericError, ValueError), CERTIFICATE_ERROR),
        ({"client_options": {"default_headers": {"bad header": "x"}}}, ValueError, "'bad header'"),
        ({"client_options": {"default_headers": {"x": "a\nb"}}}, ValueError, "line break"),
        ({"retry_config": {"max_retries": -1}}, ValueError, "negative"),
        ({"retry_config": {"retry_timeout": timedelta(seconds=-1)}}, ValueError, "negative"),
        ({"client_options": {"timeout": timedelta(seconds=-1)}}, ValueError, "negative"),
        ({"endpoint": "http://localhost:1"}, GenericError, "allow_http"),
    ],
)
def test_s3_refuses_bad_values(arguments: dict[str, Any], exception: type[Exception], message: str) -> None:
    with pytest.raises(exception, match=message):
        S3Store("b", **arguments)


@pytest.mark.parametrize(
    ("positional", "arguments", "message"),
    [
        ((3,), {}, r"bucket is of type int; accepted is str"),
        ((b"b",), {}, "bucket is of type bytes"),
        (("b", "p"), {}, r"at most 1 positional argument\(s\) but 2"),
        (("b",), {"bucket": "c"}, "multiple values for argument 'bucket'"),
        (("b",), {"region": 1}, "'region' is of type int; accepted is str, bool or datetime.timedelta"),
        (("b",), {"region": None}, "'region' is None"),
        (("b",), {"config": {"region": 1.5}}, "'region' is of type float"),
        (("b",), {"config": [1]}, "config is of type list; accepted is dict"),
        (("b",), {"config": {1: "x"}}, "a key of config is of type int"),
        (("b",), {"prefix": 3}, "prefix is of type int"),
        (("b",), {"client_options": 3}, "client_options is of type int"),
        (("b",), {"client_options": {"timeout": 30}}, "'timeout' is of type int"),
        (("b",), {"client_options": {"default_headers": {"x": 1}}}, "'x' is of type int; accepted is str or bytes"),
        (("b",), {"retry_config": 3}, "retry_config is of type int"),
        (("b",), {"retry_config": {"max_retries": "3"}}, r"'3' \(str\); accepted is int"),
        (("b",), {"retry_config": {"retry_timeout": 3}}, r"3 \(int\); accepted is datetime.timedelta"),
        (("b",), {"retry_config": {"backoff": {"base": "x"}}}, r"'x' \(str\); accepted is float or int"),
        (("b",), {"credential_provider": 3}, "credential_provider is of type int; accepted is a callable"),
    ],
)
def test_s3_refuses_wrong_types(positional: tuple[Any, ...], arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        S3Store(*positional, **arguments)


def test_s3_needs_a_bucket() -> None:
    with pytest.raises(GenericError, match="bucket"):
        S3Store()
    with pytest.raises(GenericError, match="bucket"):
        S3Store("")


def test_messages_hold_no_secrets() -> None:
    secret = "hunter2-hunter2"
    for arguments in (
        {"secret_access_key": secret, "config": {"secret_access_key": secret}},
        {"secret_access_key": secret.encode()},
        {"access_key_id": "a", "secret_access_key": secret, "skip_signature": "maybe"},
        {"client_options": {"default_headers": {"authorization": secret + "\n"}}},
    ):
        with pytest.raises((TypeError, ValueError, GenericError)) as caught:
            S3Store("b", **arguments)  # type: ignore[arg-type, unused-ignore]
        assert secret not in str(caught.value)


def test_local_takes_its_directory_in_every_form(tmp_path: Path) -> None:
    text = str(tmp_path)
    assert LocalStore(text).prefix == tmp_path
    assert LocalStore(tmp_path) == LocalStore(text) == LocalStore(prefix=text + "/") == LocalStore(prefix=tmp_path)
    assert isinstance(LocalStore(text).prefix, Path)
    assert LocalStore().prefix is None
    assert LocalStore(None) == LocalStore()


def test_local_makes_its_directory_if_asked(tmp_path: Path) -> None:
    missing = tmp_path / "a" / "b"
    with pytest.raises(NotFoundError, match="a/b"):
        LocalStore(missing)
    LocalStore(missing, mkdir=True)
    assert missing.is_dir()


def test_local_takes_names_that_are_no_utf8(tmp_path: Path) -> None:
    name = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9")
    store = LocalStore(name, mkdir=True)
    assert store.prefix == Path(name)
    assert os.fsencode(tmp_path) + b"/caf\xe9" == os.fsencode(store.prefix)
    assert repr(store) == f'LocalStore("{name}")'


@pytest.mark.parametrize(
    ("positional", "arguments", "message"),
    [
        ((3,), {}, r"3 \(int\); accepted is str or pathlib.Path"),
        ((b"/tmp",), {}, r"\(bytes\)"),
        (("/tmp", True), {}, "positional"),
        (("/tmp",), {"mkdir": 1}, r"mkdir is 1 \(int\); accepted is bool"),
        (("/tmp",), {"bogus": 1}, "unexpected keyword argument 'bogus'"),
    ],
)
def test_local_refuses_wrong_types(positional: tuple[Any, ...], arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        LocalStore(*positional, **arguments)


def test_local_refuses_what_is_no_directory_name() -> None:
    with pytest.raises(GenericError, match="empty"):
        LocalStore("")
    with pytest.raises(ValueError, match="NUL"):
        LocalStore("/tmp\0x")


def test_memory_takes_nothing() -> None:
    with pytest.raises(TypeError, match="no arguments"):
        MemoryStore(1)
    with pytest.raises(TypeError, match="no arguments"):
        MemoryStore(x=1)


def test_the_base_class_is_abstract() -> None:
    with pytest.raises(TypeError, match="abstract"):
        ObjectStore()
    assert all(issubclass(cls, ObjectStore) for cls in (S3Store, LocalStore, MemoryStore))
