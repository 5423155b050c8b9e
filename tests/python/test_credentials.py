"""Credential providers written in Python, against a real server that checks signatures."""

from __future__ import annotations

import asyncio
import gc
import pickle
import sys
import threading
import time
import traceback
import weakref
from collections.abc import Callable
from concurrent.futures import CancelledError, ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import my_ext2
import pytest
import storelink
from my_ext2.exceptions import GenericError, PermissionDeniedError, UnauthenticatedError
from my_ext2.store import S3Store


class Setup:
    """A server, and credentials for it."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.credential: dict[str, Any] = {
            "access_key_id": settings.pop("access_key_id"),
            "secret_access_key": settings.pop("secret_access_key"),
            "token": None,
            "expires_at": None,
        }
        self.settings = settings

    def store(self, provider: Callable[[], object]) -> S3Store:
        return S3Store(**self.settings, prefix="credentials", credential_provider=provider)


@pytest.fixture
def setup(s3_settings: dict[str, Any]) -> Setup:
    return Setup(s3_settings)


def round_trip(store: S3Store) -> None:
    my_ext2.put(store, "key", b"value")
    assert my_ext2.get(store, "key") == b"value"


def test_a_synchronous_provider_is_asked_once(setup: Setup) -> None:
    calls = []

    def provider() -> dict[str, Any]:
        calls.append(threading.current_thread())
        return setup.credential

    store = setup.store(provider)
    assert not calls
    round_trip(store)
    assert len(calls) == 1


def test_a_profile_of_the_shared_files_gives_credentials(
    setup: Setup, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    keys = "aws_{0} = {1}\n".format
    lines = [keys(name, setup.credential[name]) for name in ("access_key_id", "secret_access_key")]
    (tmp_path / "credentials").write_text("".join(["[reader]\n", *lines]))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    store = S3Store(**setup.settings, prefix="credentials", profile="reader")
    round_trip(store)
    round_trip(pickle.loads(pickle.dumps(store)))
    endpoint, bucket = setup.settings["endpoint"], setup.settings["bucket"]
    options = {"endpoint": endpoint, "client_options": setup.settings["client_options"]}
    round_trip(S3Store.from_url(f"s3://{bucket}/credentials", **options, aws_profile="reader"))
    missing = S3Store(**setup.settings, profile="nobody")
    with pytest.raises(GenericError, match='no AWS profile "nobody"'):
        my_ext2.get(missing, "key")


def test_an_asynchronous_provider(setup: Setup) -> None:
    async def provider() -> dict[str, Any]:
        await asyncio.sleep(0.01)
        return setup.credential

    round_trip(setup.store(provider))


def test_a_provider_object_with_an_asynchronous_call(setup: Setup) -> None:
    class Provider:
        def __init__(self) -> None:
            self.loops: set[asyncio.AbstractEventLoop] = set()

        async def __call__(self) -> dict[str, Any]:
            self.loops.add(asyncio.get_running_loop())
            return {**setup.credential, "expires_at": datetime.now(timezone.utc)}

    provider = Provider()
    store = setup.store(provider)
    round_trip(store)
    round_trip(store)
    assert len(provider.loops) == 1


def test_an_asynchronous_provider_inside_a_running_loop(setup: Setup) -> None:
    async def provider() -> dict[str, Any]:
        return setup.credential

    async def main() -> None:
        round_trip(setup.store(provider))  # blocks this loop; the provider has its own

    asyncio.run(main())


def test_an_expired_credential_is_asked_for_again(setup: Setup) -> None:
    calls = []

    def provider() -> dict[str, Any]:
        calls.append(1)
        return {**setup.credential, "expires_at": datetime.now(timezone.utc) - timedelta(hours=1)}

    store = setup.store(provider)
    round_trip(store)
    assert len(calls) >= 2


@pytest.mark.parametrize(("threshold", "asked_again"), [(timedelta(minutes=1), False), (timedelta(minutes=5), True)])
def test_refresh_threshold(setup: Setup, threshold: timedelta, asked_again: bool) -> None:
    class Provider:
        refresh_threshold = threshold
        calls = 0

        def __call__(self) -> dict[str, Any]:
            self.calls += 1
            return {**setup.credential, "expires_at": datetime.now(timezone.utc) + timedelta(minutes=2)}

    provider = Provider()
    round_trip(setup.store(provider))
    assert (provider.calls > 1) == asked_again


def test_a_provider_may_use_a_store(setup: Setup) -> None:
    vault = my_ext2.store.MemoryStore()
    my_ext2.put(vault, "secret", setup.credential["secret_access_key"].encode())

    def provider() -> dict[str, Any]:
        return {**setup.credential, "secret_access_key": my_ext2.get(vault, "secret").decode()}

    round_trip(setup.store(provider))


class VaultClosed(Exception):  # noqa: N818 - not an error of this program's
    """What a provider raises."""


def provider_that_fails() -> dict[str, Any]:
    raise VaultClosed("no vault today")


async def asynchronous_provider_that_fails() -> dict[str, Any]:
    await asyncio.sleep(0)
    raise VaultClosed("no vault today")


@pytest.mark.parametrize("provider", [provider_that_fails, asynchronous_provider_that_fails])
def test_what_a_provider_raises_is_quoted_and_is_the_cause(setup: Setup, provider: Callable[[], object]) -> None:
    with pytest.raises(UnauthenticatedError, match="VaultClosed: no vault today") as caught:
        my_ext2.get(setup.store(provider), "key")
    cause = caught.value.__cause__
    assert type(cause) is VaultClosed
    assert "in provider_that_fails" in "".join(traceback.format_exception(cause)).replace("asynchronous_", "")


def test_the_cause_of_a_shared_stores_error(setup: Setup) -> None:
    stores: Any = storelink.store
    store = stores.S3Store(**setup.settings, credential_provider=provider_that_fails)
    with pytest.raises(UnauthenticatedError, match="VaultClosed: no vault today") as caught:
        my_ext2.get(store, "key")
    assert type(caught.value.__cause__) is VaultClosed


def test_what_a_provider_raises_is_let_go_of(setup: Setup) -> None:
    raised: list[weakref.ref[BaseException]] = []

    def provider() -> dict[str, Any]:
        error = VaultClosed("no vault today")
        raised.append(weakref.ref(error))
        raise error

    store = setup.store(provider)
    for _ in range(40):  # more than the interpreter's queue of pending calls holds
        with pytest.raises(UnauthenticatedError):
            my_ext2.get(store, "key")
    assert len(raised) == 40
    deadline = time.monotonic() + 10
    while any(ref() is not None for ref in raised):
        gc.collect()
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_a_failing_provider_and_many_threads(setup: Setup) -> None:
    """One failure is shared by the threads that wait for it, and dropped on threads that Python does not know."""
    store = setup.store(provider_that_fails)

    def get(_: int) -> type[BaseException | None]:
        with pytest.raises(UnauthenticatedError) as caught:
            my_ext2.get(store, "key")
        return type(caught.value.__cause__)

    with ThreadPoolExecutor(16) as threads:
        assert set(threads.map(get, range(200))) == {VaultClosed}


def test_a_provider_that_ends_the_program(setup: Setup) -> None:
    with pytest.raises(CancelledError, match="SystemExit") as caught:
        my_ext2.get(setup.store(sys.exit), "key")
    assert isinstance(caught.value.__cause__, SystemExit)


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (None, "its result is None"),
        ("text", "its result is of type str"),
        ({"secret_access_key": "s"}, "'access_key_id' of its result is missing"),
        ({"access_key_id": "a", "secret_access_key": b"s"}, "'secret_access_key' of its result is of type bytes"),
        (
            {"access_key_id": "a", "secret_access_key": "s", "expires_at": 3},
            "'expires_at' of its result is of type int",
        ),
        (
            {"access_key_id": "a", "secret_access_key": "s", "expires_at": datetime(2030, 1, 1)},
            "'expires_at' of its result has no time zone",
        ),
    ],
)
def test_wrong_results(setup: Setup, result: object, message: str) -> None:
    with pytest.raises(UnauthenticatedError, match=message):
        my_ext2.get(setup.store(lambda: result), "key")


def test_wrong_keys_from_a_provider(setup: Setup) -> None:
    with pytest.raises((PermissionDeniedError, UnauthenticatedError)) as caught:
        my_ext2.get(setup.store(lambda: {**setup.credential, "secret_access_key": "hunter2"}), "key")
    assert "hunter2" not in str(caught.value)


def test_a_wrong_refresh_threshold() -> None:
    class Provider:
        refresh_threshold = 3

        def __call__(self) -> dict[str, Any]:
            return {}

    with pytest.raises(TypeError, match="refresh_threshold is 3"):
        S3Store("b", credential_provider=Provider())


def test_wrong_provider_config() -> None:
    class Provider:
        config = {"regionn": "x"}  # noqa: RUF012

        def __call__(self) -> dict[str, Any]:
            return {}

    with pytest.raises(ValueError, match='nearest known one is "region"'):
        S3Store("b", credential_provider=Provider())
