"""A program as gunicorn's master with preloading: a store is made and used at module level, then workers are forked.

Its argument is JSON: the name of the store's class and keyword arguments for it. It prints "done"; what went wrong is
on stderr.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import storelink
import storelink.store
from storelink.store import S3Store
from support.every_operation import LARGE, use_every_operation, use_every_operation_async

# What an application does while it is loaded.
CLASS, SETTINGS = json.loads(sys.argv[1])
STORE: Any = getattr(storelink.store, CLASS)(**SETTINGS)
storelink.put(STORE, "shared", LARGE)
asyncio.run(use_every_operation_async(STORE, "loaded"))
STREAM = storelink.get(STORE, "shared").stream(1)
FIRST = next(STREAM)

SILENT_SERVER = socket.create_server(("127.0.0.1", 0))
SILENT_STORE = S3Store(
    "b",
    endpoint=f"http://127.0.0.1:{SILENT_SERVER.getsockname()[1]}",
    skip_signature=True,
    client_options={"allow_http": True},
)


def wait_in_python(ready: Callable[[], object]) -> None:
    ready()
    threading.Event().wait()


def wait_in_a_call(ready: Callable[[], object]) -> None:
    ready()
    storelink.get(SILENT_STORE, "key")


def wait_in_a_loop(ready: Callable[[], object]) -> None:
    """asyncio does not stand exceptions of signal handlers just anywhere: the loop has to handle the signal."""

    async def wait() -> None:
        task = asyncio.current_task()
        assert task is not None
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        ready()
        await SILENT_STORE.get_async("key")

    try:
        asyncio.run(wait())
    except asyncio.CancelledError:
        sys.exit(0)


# What workers do when they have served, until SIGTERM ends it.
WAITS = [wait_in_python, wait_in_a_call, wait_in_a_loop]


def serve(name: str) -> None:
    """Requests in several threads and in an event loop at once."""
    with ThreadPoolExecutor(3) as pool:
        requests = [pool.submit(use_every_operation, STORE, f"{name}/thread{number}") for number in range(2)]
        requests.append(pool.submit(asyncio.run, use_every_operation_async(STORE, f"{name}/task")))
        for request in requests:
            request.result()


def work(name: str, wait: Callable[[Callable[[], object]], None], ready: int, generations: int) -> None:
    """Serves, has workers of its own serve, and is there until SIGTERM. Ends as programs do, with all that the
    interpreter does then."""
    signal.alarm(80)  # one that hangs is not there for ever
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    serve(name)
    run_workers(name, 1, generations - 1)
    wait(lambda: os.write(ready, b"1"))
    sys.exit("a worker does not wait")


def run_workers(name: str, count: int, generations: int) -> None:
    """Forks workers, serves as well, and ends them when all have served."""
    if generations == 0:
        return
    served, ready = os.pipe()
    workers = []
    for number in range(count):
        pid = os.fork()
        if pid == 0:
            work(f"{name}/worker{number}", WAITS[number % len(WAITS)], ready, generations)
        workers.append(pid)
    serve(f"{name}/itself")
    os.close(ready)
    for _ in workers:
        os.read(served, 1)  # nothing when all are gone
    os.close(served)
    for pid in workers:
        os.kill(pid, signal.SIGTERM)
    for pid in workers:
        _, status = os.waitpid(pid, 0)
        if status != 0:
            print(f"a worker of {name} ended with status {status}", file=sys.stderr)


run_workers("master", len(WAITS), 2)
if FIRST + b"".join(STREAM) != LARGE:
    print("the master's stream is broken", file=sys.stderr)
print("done")
