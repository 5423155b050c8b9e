"""The clients that are compared, behind one interface: the operations of each case, on one store.

All of them use S3 in path style, unsigned, against the same server. `raw` is no S3 client: it sends one fixed
request on plain sockets and does not look at the body, so nothing can be much cheaper.
"""

from __future__ import annotations

import importlib
import importlib.metadata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol
from urllib.parse import urlsplit

BUCKET = "bench"
SMALL, LARGE = "small", "large"
RANGE = 1000
LARGE_SIZE = 256 << 20
KEYS = 1000

CASES = {
    "get-1k": "1 kB ranged GET, blocking, 1 thread",
    "get-1k-16": "1 kB ranged GET, blocking, 16 threads",
    "get-256m": "256 MiB GET",
    "list-1000": "list 1,000 keys",
}
PEERS = ("storelink", "obstore", "pyarrow", "raw")

# Runs an operation so many times.
Run = Callable[[int], None]


class Client(Protocol):
    """What a store can do; each gives the size of what came back."""

    def get_range(self) -> int: ...
    def get(self) -> int: ...
    def list(self) -> int: ...


class Storelink:
    def __init__(self, url: str) -> None:
        self._bench = importlib.import_module("storelink_bench")
        self._store = self._bench.store.S3Store(
            BUCKET, region="us-east-1", endpoint=url, skip_signature=True, client_options={"allow_http": True}
        )

    def get_range(self) -> int:
        return len(self._bench.get_range(self._store, SMALL, 0, RANGE))

    def get(self) -> int:
        return len(self._bench.get(self._store, LARGE))

    def list(self) -> int:
        return len(self._bench.list_keys(self._store))


class Obstore:
    def __init__(self, url: str) -> None:
        import obstore
        from obstore.store import S3Store

        self._obstore = obstore
        self._store = S3Store(
            BUCKET, region="us-east-1", endpoint=url, skip_signature=True, client_options={"allow_http": True}
        )

    def get_range(self) -> int:
        return len(bytes(self._obstore.get_range(self._store, SMALL, start=0, end=RANGE)))

    def get(self) -> int:
        return len(self._obstore.get(self._store, LARGE).bytes())

    def list(self) -> int:
        return len(self._obstore.list(self._store).collect())


class Pyarrow:
    """It asks for the size when it opens a file. So the small object stays open: one request per read."""

    def __init__(self, url: str) -> None:
        from pyarrow import fs

        self._fs = fs
        self._store = fs.S3FileSystem(
            anonymous=True, endpoint_override=urlsplit(url).netloc, scheme="http", region="us-east-1"
        )
        self._small = self._store.open_input_file(f"{BUCKET}/{SMALL}")

    def get_range(self) -> int:
        return len(self._small.read_at(RANGE, 0))

    def get(self) -> int:
        with self._store.open_input_file(f"{BUCKET}/{LARGE}") as file:
            return int(file.read_buffer().size)

    def list(self) -> int:
        return len(self._store.get_file_info(self._fs.FileSelector(BUCKET, recursive=True)))


CLIENTS: dict[str, Callable[[str], Client]] = {"storelink": Storelink, "obstore": Obstore, "pyarrow": Pyarrow}


def version(peer: str) -> str | None:
    """The version of a peer, or None where it is not installed."""
    try:
        if peer in ("storelink", "raw"):
            importlib.import_module("storelink_bench")
            return "this build"
        importlib.import_module(peer)
        return importlib.metadata.version(peer)
    except ImportError:
        return None


def _expect(size: int, expected: int) -> None:
    if size != expected:
        raise RuntimeError(f"got {size}, not {expected}")


def _raw(case: str, url: str) -> Run:
    bench = importlib.import_module("storelink_bench")
    address = urlsplit(url)
    path, byte_range, threads, expected = {
        "get-1k": (f"/{BUCKET}/{SMALL}", f"0-{RANGE - 1}", 1, RANGE),
        "get-1k-16": (f"/{BUCKET}/{SMALL}", f"0-{RANGE - 1}", 16, RANGE),
        "get-256m": (f"/{BUCKET}/{LARGE}", "", 1, LARGE_SIZE),
        "list-1000": (f"/{BUCKET}/?list-type=2", "", 1, None),
    }[case]
    client = bench.RawClient(address.hostname, address.port, path, byte_range, threads)

    def run(count: int) -> None:
        received = client.run(count)
        if expected is not None:
            _expect(received, count * expected)

    return run


def make_run(peer: str, case: str, url: str) -> Run:
    """The operation of a case, done by a peer; checks the size of every result."""
    if peer == "raw":
        return _raw(case, url)
    client = CLIENTS[peer](url)
    operation, expected = {
        "get-1k": (client.get_range, RANGE),
        "get-1k-16": (client.get_range, RANGE),
        "get-256m": (client.get, LARGE_SIZE),
        "list-1000": (client.list, KEYS),
    }[case]

    def run(count: int) -> None:
        for _ in range(count):
            _expect(operation(), expected)

    if case != "get-1k-16":
        return run
    threads = 16
    pool = ThreadPoolExecutor(threads)

    def run_on_threads(count: int) -> None:
        for done in [pool.submit(run, len(range(i, count, threads))) for i in range(threads)]:
            done.result()

    return run_on_threads
