"""Other libraries on our filesystems and stores, on a real S3 server."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from fsspec.registry import _registry
from storelink.fsspec import FsspecStore, register


@pytest.fixture
def storage_options(s3_settings: dict[str, Any]) -> dict[str, Any]:
    """What a user gives with an s3:// path."""
    return {name: value for name, value in s3_settings.items() if name != "bucket"}


@pytest.fixture
def directory(s3_settings: dict[str, Any]) -> str:
    """bucket/directory, an empty one."""
    return f"{s3_settings['bucket']}/ecosystem-{uuid.uuid4().hex}"


@pytest.fixture
def url(directory: str) -> Iterator[str]:
    """The same as an s3:// URL, which leads to our filesystem."""
    register("s3")
    yield f"s3://{directory}"
    del _registry["s3"]


@pytest.fixture
def filesystem(storage_options: dict[str, Any]) -> FsspecStore:
    """Our filesystem, as an object."""
    return FsspecStore("s3", **storage_options)
