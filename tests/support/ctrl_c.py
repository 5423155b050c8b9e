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


def interrupted_after(call: Any, *arguments: Any) -> float:  # noqa: ANN401
    """How long the call went on after Ctrl-C."""
    with ctrl_c(after=0.2) as sent:
        with pytest.raises(KeyboardInterrupt):
            call(*arguments)
        ended = time.perf_counter()
    return ended - sent[0]
