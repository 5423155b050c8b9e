"""Tests of credentials reach servers on this machine only."""

from __future__ import annotations

import socket
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def this_machine_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """No library looks up another host, whatever addresses it has built in."""
    look_up = socket.getaddrinfo

    def local(host: Any, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401
        name = host.decode() if isinstance(host, bytes) else host
        assert name in ("localhost", "127.0.0.1", "::1", None), f"a test looks up {name}"
        return look_up(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", local)
