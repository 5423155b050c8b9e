"""Ctrl-C during blocking calls, and fork."""

from __future__ import annotations

import signal
import socket
import threading
import time
from pathlib import Path
from typing import Any

import my_ext
import my_ext2
import pytest
from my_ext2.store import LocalStore, MemoryStore, S3Store
from support.ctrl_c import ctrl_c, interrupt
from support.forks import in_child


def test_ctrl_c_ends_a_blocking_call(silent_store: S3Store) -> None:
    interrupt(my_ext2.get, silent_store, "key")


def test_ctrl_c_ends_many_uploads(silent_store: S3Store, tmp_path: Path) -> None:
    names = [f"file{i}" for i in range(50)]
    for name in names:
        (tmp_path / name).write_bytes(b"x" * 1000)
    interrupt(my_ext.upload, silent_store, str(tmp_path), names)


def test_ctrl_c_ends_what_the_extensions_own_threads_wait_for(silent_store: S3Store) -> None:
    interrupt(my_ext.digest, silent_store, [f"key{i}" for i in range(50)])


def test_ctrl_c_ends_a_call_through_a_capsule(silent_store: S3Store) -> None:
    interrupt(my_ext.list_keys, silent_store)


def test_a_signal_handler_of_the_users_own(silent_store: S3Store) -> None:
    class OwnError(Exception):
        pass

    def handler(*_: object) -> None:
        raise OwnError("mine")

    before = signal.signal(signal.SIGINT, handler)
    try:
        with ctrl_c(after=0.1), pytest.raises(OwnError, match="mine"):
            my_ext2.get(silent_store, "key")
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_handler_that_raises_nothing_interrupts_nothing(tmp_path: Path) -> None:
    seen: list[int] = []
    before = signal.signal(signal.SIGINT, lambda *_: seen.append(1))
    try:
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
            server.listen(8)
            store = S3Store(
                "b",
                endpoint=f"http://127.0.0.1:{server.getsockname()[1]}",
                skip_signature=True,
                client_options={"allow_http": True, "timeout": "500ms"},
                retry_config={"max_retries": 0},
            )
            with ctrl_c(after=0.1), pytest.raises((OSError, my_ext2.exceptions.BaseError)):
                my_ext2.get(store, "key")
    finally:
        signal.signal(signal.SIGINT, before)
    assert seen == [1]


def test_calls_after_an_interrupt_work(silent_store: S3Store) -> None:
    interrupt(my_ext2.get, silent_store, "key")
    store = MemoryStore()
    my_ext2.put(store, "key", b"value")
    assert my_ext2.get(store, "key") == b"value"


def test_other_threads_go_on_during_a_blocking_call(silent_store: S3Store) -> None:
    ticks: list[float] = []
    stop = threading.Event()

    def tick() -> None:
        while not stop.wait(0.005):
            ticks.append(time.perf_counter())

    ticker = threading.Thread(target=tick)
    ticker.start()
    interrupt(my_ext2.get, silent_store, "key")
    stop.set()
    ticker.join()
    assert len(ticks) > 10


def _put_and_get(*stores: object) -> None:
    for store in stores:
        my_ext2.put(store, "child", b"value")
        assert my_ext2.get(store, "child") == b"value"


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")
def test_a_forked_child_can_go_on(tmp_path: Path) -> None:
    parent = LocalStore(tmp_path)
    my_ext2.put(parent, "parent", b"value")
    in_child(lambda: _put_and_get(LocalStore(tmp_path), MemoryStore()))
    assert sorted(my_ext2.list_keys(parent)) == ["child", "parent"]


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")
def test_a_forked_child_can_go_on_with_s3(tmp_path: Path, s3_settings: dict[str, Any]) -> None:
    parent = S3Store(**s3_settings, prefix="fork")
    my_ext2.put(parent, "parent", b"value")
    in_child(lambda: _put_and_get(LocalStore(tmp_path), MemoryStore(), S3Store(**s3_settings, prefix="fork")))
    assert sorted(my_ext2.list_keys(parent)) == ["child", "parent"]
