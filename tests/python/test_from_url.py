"""Stores from URLs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from my_ext.exceptions import BaseError, GenericError, InvalidPathError, UnknownConfigurationKeyError
from my_ext.store import LocalStore, MemoryStore, S3Store, from_url


class SubS3(S3Store):  # type: ignore[misc]
    def __init__(self, *_: object, **keywords: object) -> None:
        self.keywords = keywords


class SubLocal(LocalStore):  # type: ignore[misc]
    pass


@pytest.mark.parametrize(
    ("url", "prefix", "config"),
    [
        ("s3://b", None, {"bucket": "b"}),
        ("s3://b/", None, {"bucket": "b"}),
        ("s3a://b/p/q/", "p/q", {"bucket": "b"}),
        ("s3://b/p%20q", "p q", {"bucket": "b"}),
        (
            "https://b.s3.eu-west-1.amazonaws.com/p",
            "p",
            {"bucket": "b", "region": "eu-west-1", "virtual_hosted_style_request": "true"},
        ),
        ("https://s3.eu-west-1.amazonaws.com/b/p", "p", {"bucket": "b", "region": "eu-west-1"}),
        (
            "https://ACC.r2.cloudflarestorage.com/b",
            None,
            {"bucket": "b", "region": "auto", "endpoint": "https://acc.r2.cloudflarestorage.com"},
        ),
    ],
)
def test_s3_urls(url: str, prefix: str | None, config: dict[str, str]) -> None:
    for store in (S3Store.from_url(url), from_url(url)):
        assert store.prefix == prefix
        assert store.config == config


def test_what_is_given_wins_over_the_url() -> None:
    url = "https://b.s3.eu-west-1.amazonaws.com"
    assert S3Store.from_url(url, region="x").config["region"] == "x"
    assert S3Store.from_url(url, config={"AWS_REGION": "x"}).config["region"] == "x"
    assert S3Store.from_url("s3://b/p", config={"bucket": "z"}) == S3Store("z", prefix="p")


def test_other_arguments_are_passed_on() -> None:
    store = S3Store.from_url("s3://b", client_options={"allow_http": True}, retry_config={"max_retries": 1})
    assert store.client_options == {"allow_http": "true"}
    assert store.retry_config["max_retries"] == 1


def test_from_url_builds_the_class_it_is_called_on(tmp_path: Path) -> None:
    store = SubS3.from_url("s3://b/p", region="x")
    assert type(store) is SubS3
    assert store.keywords == {"config": {"bucket": "b"}, "prefix": "p", "region": "x"}
    assert type(SubLocal.from_url(tmp_path.as_uri())) is SubLocal


def test_local_urls(tmp_path: Path) -> None:
    directory = tmp_path / "x y"
    store = LocalStore.from_url(directory.as_uri(), mkdir=True)
    assert store.prefix == directory
    assert from_url(directory.as_uri()).prefix == directory
    assert from_url("file:///").prefix == Path("/")
    assert from_url(directory.as_uri(), mkdir=True, automatic_cleanup=True) == LocalStore(
        directory, mkdir=True, automatic_cleanup=True
    )


def test_memory_urls() -> None:
    assert isinstance(from_url("memory:///"), MemoryStore)
    assert not hasattr(MemoryStore, "from_url")


@pytest.mark.parametrize("url", ["ftp://b", "zzz://b", "https://s3.amazonaws.com", "s3:///p"])
def test_unknown_urls(url: str) -> None:
    with pytest.raises(GenericError):
        from_url(url)
    with pytest.raises(GenericError):
        S3Store.from_url(url)


def test_what_is_no_url() -> None:
    for make in (from_url, S3Store.from_url, LocalStore.from_url):
        with pytest.raises(ValueError, match="'nothing' is no URL"):
            make("nothing")
        with pytest.raises(TypeError, match="url is of type int"):
            make(3)
        with pytest.raises(TypeError, match="'url'"):
            make()


def test_urls_of_another_class() -> None:
    with pytest.raises(GenericError, match="local"):
        S3Store.from_url("file:///tmp")
    with pytest.raises(ValueError, match="s3"):
        LocalStore.from_url("s3://b")


def test_arguments_that_do_not_fit() -> None:
    with pytest.raises(UnknownConfigurationKeyError, match="prefix"):
        S3Store.from_url("s3://b/p", prefix="z")
    with pytest.raises(UnknownConfigurationKeyError, match="mkdir"):
        from_url("s3://b", mkdir=True)
    with pytest.raises(TypeError, match="bogus"):
        LocalStore.from_url("file:///tmp", bogus=1)
    with pytest.raises(TypeError, match="positional"):
        S3Store.from_url("s3://b", 3)
    options: Any = {"client_options": {"timeout": "5s"}, "retry_config": {"max_retries": 1}}
    assert isinstance(from_url("memory:///", **options), MemoryStore)
    assert isinstance(from_url("file:///tmp", config={"region": "x"}, credential_provider=dict, **options), LocalStore)
    with pytest.raises(TypeError, match="bogus"):
        from_url("file:///tmp", bogus=1)
    with pytest.raises(BaseError, match="memory store takes no config"):
        from_url("memory:///", config={"region": "x"})
    with pytest.raises((GenericError, InvalidPathError)):
        S3Store.from_url("s3://b/a//b")
