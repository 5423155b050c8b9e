"""A server process of our own: free ports, readiness, a log, and an end by its process id."""

from __future__ import annotations

import contextlib
import ctypes
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

HOST = "127.0.0.1"
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class ServerError(RuntimeError):
    """A server did not start; the message says why and ends with the log's last lines."""


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_ports(count: int, *, offset: int = 0) -> list[int]:
    """`count` different free ports whose port + `offset` is free as well.

    All lie below 32768, where the kernel's own ephemeral ports begin, so that no client socket takes one meanwhile.
    """
    taken: set[int] = set()
    ports: list[int] = []
    while len(ports) < count:
        port = random.randrange(10_240, 32_768 - offset)
        pair = {port, port + offset}
        if not pair & taken and all(_is_free(p) for p in pair):
            ports.append(port)
            taken |= pair
    return ports


def _die_with_parent() -> None:
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


@contextlib.contextmanager
def work_directory(name: str) -> Iterator[Path]:
    """A directory for one server, removed afterwards, but kept when the server failed to start."""
    directory = Path(tempfile.mkdtemp(prefix=f"storelink-{name}-"))
    try:
        yield directory
    except ServerError:
        raise
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise
    shutil.rmtree(directory, ignore_errors=True)


@contextlib.contextmanager
def running(
    command: list[str],
    log: Path,
    ready: Callable[[], bool],
    *,
    timeout: float = 30.0,
    environment: dict[str, str] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Start `command`, wait until `ready()` is true, and end it on leaving.

    The server gets a session of its own, so that Ctrl-C reaches only the tests, and the kernel kills it when this
    process dies. Call it on the main thread: the kernel watches the thread that started the process.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )
    try:
        _await_ready(process, log, ready, timeout)
        yield process
    finally:
        _stop(process)


def _await_ready(process: subprocess.Popen[bytes], log: Path, ready: Callable[[], bool], timeout: float) -> None:
    name = Path(str(process.args[0] if isinstance(process.args, list) else process.args)).name
    deadline = time.monotonic() + timeout
    while True:
        status = process.poll()
        if status is not None:
            raise ServerError(f"{name} ended with status {status} before it was ready. {_tail(log)}")
        if ready():
            return
        if time.monotonic() > deadline:
            raise ServerError(f"{name} was not ready after {timeout:.0f} s. {_tail(log)}")
        time.sleep(0.05)


def _stop(process: subprocess.Popen[bytes], patience: float = 5.0) -> None:
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _tail(log: Path, lines: int = 15) -> str:
    text = log.read_text(errors="replace").splitlines() if log.exists() else []
    return "\n".join([f"The end of {log}:", *text[-lines:]])


def cache_directory(name: str) -> Path:
    """Where a program is kept between runs; it may not exist yet."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "storelink" / name


def find_program(name: str, hint: str) -> str:
    """The program's path: beside the interpreter (PyPI packages), then on PATH and in sbin."""
    beside = Path(sys.prefix) / "bin" / name
    if beside.exists():
        return str(beside)
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"]))
    if found is None:
        raise ServerError(f"{name} was not found: {hint}")
    return found
