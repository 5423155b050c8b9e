"""What goes wrong between a user and a server: the right exception, soon, with a message that helps."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import my_ext2
import pytest
from my_ext2 import exceptions
from my_ext2.store import LocalStore, S3Store

NO_RETRIES = {"max_retries": 0}


def test_a_missing_key(s3_settings: dict[str, Any], tmp_path: Path) -> None:
    for store in (S3Store(**s3_settings), LocalStore(tmp_path), my_ext2.store.MemoryStore()):
        with pytest.raises(exceptions.NotFoundError, match="missing/key") as caught:
            my_ext2.get(store, "missing/key")
        assert isinstance(caught.value, FileNotFoundError)


def test_a_missing_key_names_its_store(s3_settings: dict[str, Any]) -> None:
    with pytest.raises(exceptions.NotFoundError, match=s3_settings["bucket"]):
        my_ext2.get(S3Store(**s3_settings), "missing")


def test_a_missing_bucket(s3_settings: dict[str, Any]) -> None:
    with pytest.raises(exceptions.NotFoundError, match="no-such-bucket"):
        my_ext2.list_keys(S3Store(**{**s3_settings, "bucket": "no-such-bucket"}))


def test_a_wrong_secret(s3_settings: dict[str, Any]) -> None:
    store = S3Store(**{**s3_settings, "secret_access_key": "hunter2"})
    with pytest.raises(PermissionError) as caught:
        my_ext2.get(store, "key")
    assert isinstance(caught.value, (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError))
    assert "hunter2" not in str(caught.value)


def test_an_identity_that_may_only_read(s3_settings: dict[str, Any], s3_environment: dict[str, str]) -> None:
    read_only = {
        "access_key_id": s3_environment["STORELINK_TEST_S3_READONLY_ACCESS_KEY_ID"],
        "secret_access_key": s3_environment["STORELINK_TEST_S3_READONLY_SECRET_ACCESS_KEY"],
    }
    with pytest.raises(exceptions.PermissionDeniedError):
        my_ext2.put(S3Store(**{**s3_settings, **read_only}), "key", b"value")


def test_plain_http_has_to_be_allowed(s3_settings: dict[str, Any]) -> None:
    del s3_settings["client_options"]
    with pytest.raises(exceptions.GenericError, match="allow_http"):
        S3Store(**s3_settings)


def test_a_refused_connection() -> None:
    store = S3Store(
        "b",
        endpoint="http://127.0.0.1:9",
        skip_signature=True,
        client_options={"allow_http": True},
        retry_config=NO_RETRIES,
    )
    start = time.perf_counter()
    with pytest.raises((OSError, exceptions.GenericError), match=r"127\.0\.0\.1"):
        my_ext2.get(store, "key")
    assert time.perf_counter() - start < 2


def test_an_unreadable_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"value")
    (tmp_path / "key").chmod(0)
    if os.geteuid() == 0:
        pytest.skip("root reads everything")
    with pytest.raises(PermissionError, match="key"):
        my_ext2.get(LocalStore(tmp_path), "key")


@pytest.mark.parametrize("path", ["a/../b", "../escape", "a//b"])
def test_paths_that_a_directory_cannot_hold(tmp_path: Path, path: str) -> None:
    with pytest.raises((exceptions.InvalidPathError, exceptions.NotFoundError)):
        my_ext2.put(LocalStore(tmp_path), path, b"value")
    assert list(tmp_path.iterdir()) == []
