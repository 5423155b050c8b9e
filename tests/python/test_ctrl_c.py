"""Ctrl-C in every operation of the package that waits for a server: it ends, and so does its request."""

from __future__ import annotations

import os
import signal
import threading

import pytest
from support.stalled_calls import EVERY_OPERATION, Operation, server_for

pytestmark = pytest.mark.once


@EVERY_OPERATION
def test_ctrl_c_ends_the_operation_and_its_request(operation: Operation, portion: str) -> None:
    with server_for(operation, portion) as (server, store):
        call = operation.prepare(store)
        called = threading.Event()

        def press() -> None:
            called.wait()
            if server.stalled.wait(20):
                os.kill(os.getpid(), signal.SIGINT)

        pressing = threading.Thread(target=press)
        pressing.start()
        with pytest.raises(KeyboardInterrupt):
            called.set()
            call()
        pressing.join()
        del call
        assert operation.has_ended(server)
