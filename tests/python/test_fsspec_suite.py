"""fsspec's own tests of filesystems, on memory, the local disk and a real S3 server."""

# mypy: disallow-subclassing-any=False

from __future__ import annotations

import posixpath
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fsspec.tests.abstract as suite
import pytest
from storelink.fsspec import FsspecStore

pytestmark = pytest.mark.once


class Fixtures(suite.AbstractFixtures):
    @pytest.fixture
    def fs_join(self) -> Callable[..., str]:
        return posixpath.join

    @pytest.fixture
    def supports_empty_directories(self) -> bool:
        """There are only objects."""
        return False


class Memory(Fixtures):
    @pytest.fixture
    def fs(self) -> FsspecStore:
        return FsspecStore("memory", skip_instance_cache=True)

    @pytest.fixture
    def fs_path(self) -> str:
        return "/suite"


class Local(Fixtures):
    @pytest.fixture
    def fs(self) -> FsspecStore:
        return FsspecStore("file")

    @pytest.fixture
    def fs_path(self, tmp_path: Path) -> str:
        return str(tmp_path / "remote")

    @pytest.fixture
    def supports_empty_directories(self) -> bool:
        return True


# SeaweedFS keeps a directory whose last object was deleted, and lists it. These tests want it to be gone, as it is on
# Amazon S3: they run on versitygw.
DIRECTORIES_VANISH = (
    "test_copy_directory_to_existing_directory",
    "test_copy_directory_to_new_directory",
    "test_copy_directory_without_files_with_same_name_prefix",
    "test_copy_glob_to_existing_directory",
    "test_copy_glob_to_new_directory",
    "test_put_directory_recursive",
    "test_put_directory_to_existing_directory",
    "test_put_directory_to_new_directory",
    "test_put_directory_without_files_with_same_name_prefix",
    "test_put_glob_to_existing_directory",
    "test_put_glob_to_new_directory",
)


class S3(Fixtures):
    @pytest.fixture
    def fs(self, request: pytest.FixtureRequest) -> FsspecStore:
        vanish = request.node.originalname in DIRECTORIES_VANISH
        settings: dict[str, Any] = request.getfixturevalue("versity_settings" if vanish else "s3_settings")
        self.bucket = settings.pop("bucket")
        return FsspecStore("s3", **settings)

    @pytest.fixture
    def fs_path(self, fs: FsspecStore) -> str:
        return f"{self.bucket}/suite-{uuid.uuid4().hex}"


class TestCopyInMemory(Memory, suite.AbstractCopyTests): ...


class TestGetFromMemory(Memory, suite.AbstractGetTests): ...


class TestPutToMemory(Memory, suite.AbstractPutTests): ...


class TestOpenInMemory(Memory, suite.AbstractOpenTests): ...


class TestPipeToMemory(Memory, suite.AbstractPipeTests): ...


class TestCopyOnDisk(Local, suite.AbstractCopyTests): ...


class TestGetFromDisk(Local, suite.AbstractGetTests): ...


class TestPutToDisk(Local, suite.AbstractPutTests): ...


class TestOpenOnDisk(Local, suite.AbstractOpenTests): ...


class TestPipeToDisk(Local, suite.AbstractPipeTests): ...


class TestCopyOnS3(S3, suite.AbstractCopyTests): ...


class TestGetFromS3(S3, suite.AbstractGetTests): ...


class TestPutToS3(S3, suite.AbstractPutTests): ...


class TestOpenOnS3(S3, suite.AbstractOpenTests): ...


class TestPipeToS3(S3, suite.AbstractPipeTests): ...
