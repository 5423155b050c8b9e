"""Libraries built with Rust read through our stores: from disk, and from S3 with every kind of setting."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import my_ext2_runtime
import my_ext_c
import my_ext_pybind11
import pytest
import storelink.store
from interop import consumers
from interop.files import all_files

MODULES = [storelink, my_ext2_runtime, my_ext_pybind11, my_ext_c]
RECREATING = [consumers.read_stac, consumers.read_geoparquet]
Read = Callable[[Any], None]


@pytest.fixture(params=MODULES, ids=lambda module: str(module.__name__))
def stores(request: pytest.FixtureRequest) -> Any:  # noqa: ANN401
    return request.param.store


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    for name, content in all_files().items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    return tmp_path


class Provider:
    """Gives the keys of the test server, and counts how often it was asked."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.keys = {name: settings[name] for name in ("access_key_id", "secret_access_key")}
        self.calls = 0

    def __call__(self) -> dict[str, Any]:
        self.calls += 1
        return {**self.keys, "expires_at": None}


@pytest.fixture
def s3(stores: Any, s3_settings: dict[str, Any]) -> tuple[Any, Provider]:  # noqa: ANN401
    """A store with a prefix, client options, retry settings and a credential provider, that holds the files."""
    provider = Provider(s3_settings)
    store = stores.S3Store(
        **{name: s3_settings[name] for name in ("bucket", "endpoint", "region")},
        prefix="interop/files",
        client_options={
            "allow_http": True,
            "timeout": timedelta(seconds=20),
            "user_agent": "interop",
            "default_headers": {"X-Interop": "yes"},
        },
        retry_config={
            "max_retries": 3,
            "retry_timeout": timedelta(seconds=20),
            "backoff": {"init_backoff": timedelta(milliseconds=50), "max_backoff": timedelta(seconds=1), "base": 2.5},
        },
        credential_provider=provider,
    )
    for name, content in all_files().items():
        my_ext_c.put(store, name, content)
    return store, provider


@pytest.mark.parametrize("read", RECREATING)
def test_local_stores(read: Read, stores: Any, directory: Path) -> None:  # noqa: ANN401
    with pytest.warns(RuntimeWarning, match="Successfully reconstructed"):
        read(stores.LocalStore(directory))


@pytest.mark.parametrize("read", RECREATING)
def test_s3_stores_with_all_their_settings(read: Read, s3: tuple[Any, Provider]) -> None:
    store, provider = s3
    calls = provider.calls
    with pytest.warns(RuntimeWarning, match="Successfully reconstructed"):
        read(store)
    assert provider.calls > calls  # the library has none of our credentials, and asks for its own


def test_async_tiff_reads_through_the_store_itself(s3: tuple[Any, Provider], stores: Any, directory: Path) -> None:  # noqa: ANN401
    store, provider = s3
    calls = provider.calls
    consumers.read_tiff(store)
    assert provider.calls == calls  # the same credentials, the same connections
    consumers.read_tiff(stores.LocalStore(directory))
    memory = stores.MemoryStore()
    for name, content in all_files().items():
        my_ext_c.put(memory, name, content)
    consumers.read_tiff(memory)


def test_what_a_library_writes_is_what_we_read(stores: Any, directory: Path) -> None:  # noqa: ANN401
    store = stores.LocalStore(directory)
    with pytest.warns(RuntimeWarning, match="Successfully reconstructed"):
        consumers.write_stac(store, "written.json")
    assert b'"an-item"' in my_ext_c.get(store, "written.json")


@pytest.mark.filterwarnings("ignore:Successfully reconstructed:RuntimeWarning")
@pytest.mark.parametrize("read", [*RECREATING, consumers.read_tiff])
def test_a_missing_object_is_an_error(read: Any, stores: Any, directory: Path) -> None:  # noqa: ANN401
    with pytest.raises(Exception, match=r"missing"):
        read(stores.LocalStore(directory), "missing")
