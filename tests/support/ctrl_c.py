"""Ctrl-C in the middle of a call."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest


@contextlib.contextmanager
def ctrl_c(after: float) -> Iterator[list[float]]:
    """Sends SIGINT to this process; gives the time when that was done."""
    sent: list[float] = []

    def send() -> None:
        time.sleep(after)
        sent.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        yield sent
    finally:
        sender.join()


def interrupt(call: Any, *arguments: Any) -> None:  # noqa: ANN401
    """Ctrl-C in the middle of a call that waits for 30 seconds or more ends it well before."""
    with ctrl_c(after=0.2) as sent:
        with pytest.raises(KeyboardInterrupt):
            call(*arguments)
        ended = time.perf_counter()
    assert ended - sent[0] < 10
