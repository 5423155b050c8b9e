"""What the tests of the Python modules share."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import uvloop

if TYPE_CHECKING:
    from my_ext2.store import S3Store
    from support.command_line import Place


class CalledLoop(asyncio.SelectorEventLoop):
    """An event loop that watches no descriptors for others: it has to be called when something has happened."""

    def add_reader(self, *arguments: Any) -> None:  # type: ignore[override] # noqa: ANN401
        raise NotImplementedError


LOOP_FACTORIES: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.SelectorEventLoop,
    "uvloop": uvloop.new_event_loop,
    "called": CalledLoop,
}


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Asynchronous tests run on each of these."""
    return LOOP_FACTORIES


@pytest.fixture(params=LOOP_FACTORIES)
def loop_factory(request: pytest.FixtureRequest) -> Callable[[], asyncio.AbstractEventLoop]:
    """For tests that make their own event loops."""
    return LOOP_FACTORIES[request.param]


@pytest.fixture
def python_stores() -> Iterator[None]:
    """my_ext2 takes Python objects as stores during the test."""
    import my_ext2

    my_ext2.accept_python_stores(True)
    yield
    my_ext2.accept_python_stores(False)


@pytest.fixture
def silent_store() -> Iterator[S3Store]:
    """A store on a server that takes every connection and never answers."""
    from my_ext2.store import S3Store  # here: tests/python/packaging has no my_ext2

    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(64)
        yield S3Store(
            "b",
            endpoint=f"http://127.0.0.1:{server.getsockname()[1]}",
            skip_signature=True,
            client_options={"allow_http": True, "timeout": "60s"},
        )


@pytest.fixture
def run_python() -> Callable[..., str]:
    """Runs code in a fresh process and gives what it printed."""

    def run(code: str, *arguments: str, options: tuple[str, ...] = (), **environment: str) -> str:
        done = subprocess.run(
            [sys.executable, *options, "-c", code, *arguments],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def local_place(tmp_path: Path) -> Place:
    """An empty local directory that the command line works on."""
    from storelink.store import LocalStore
    from support.command_line import Place

    directory = tmp_path / "local place"
    directory.mkdir()
    return Place(str(directory), LocalStore(directory))


@pytest.fixture
def s3_place(
    s3_environment: dict[str, str], s3_settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    """An empty prefix of a real bucket that the command line works on, with its settings in the environment."""
    import storelink
    from storelink.store import S3Store
    from support.command_line import Place, s3_variables

    for name, value in s3_variables(s3_environment).items():
        monkeypatch.setenv(name, value)
    prefix = f"command-line-{uuid.uuid4().hex}"
    store = S3Store(**s3_settings, prefix=prefix)
    yield Place(f"s3://{s3_settings['bucket']}/{prefix}", store)
    for chunk in storelink.list(store, chunk_size=1000):
        storelink.delete(store, [meta["path"] for meta in chunk])


@pytest.fixture
def gcs_place(gcs_environment: dict[str, str], gcs_settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Place:
    """As `s3_place`, on a server that takes every key as it is."""
    from storelink.store import GCSStore
    from support.command_line import Place

    monkeypatch.setenv("GOOGLE_BASE_URL", gcs_environment["STORELINK_TEST_GCS_ENDPOINT"])
    monkeypatch.setenv("GOOGLE_ALLOW_HTTP", "true")
    monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT", gcs_environment["STORELINK_TEST_GCS_SERVICE_ACCOUNT"])
    prefix = f"command-line-{uuid.uuid4().hex}"
    return Place(f"gs://{gcs_settings['bucket']}/{prefix}", GCSStore(**gcs_settings, prefix=prefix))


@pytest.fixture(params=["local", "s3"])
def place(request: pytest.FixtureRequest) -> Place:
    """One after the other."""
    place: Place = request.getfixturevalue(f"{request.param}_place")
    return place
