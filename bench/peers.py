"""The clients that are compared, behind one interface: the operations of each case, on one store.

All of them use S3 in path style, unsigned, against the same server. `raw` is no S3 client: it sends one fixed
request on plain sockets and does not look at the body, so nothing can be much cheaper.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.metadata
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol
from urllib.parse import urlsplit

BUCKET = "storelink-public"  # the one of the S3 server of the tests that everybody may read
SMALL, LARGE = "small", "large"
RANGE = 1000
LARGE_SIZE = 256 << 20
KEYS = 1000

CASES = {
    "get-1k": "1 kB ranged GET, blocking, 1 thread",
    "get-1k-16": "1 kB ranged GET, blocking, 16 threads",
    "get-256m": "256 MiB GET",
    "list-1000": "list 1,000 keys",
    "get-asyncio": "1 kB ranged GET with asyncio, 64 tasks; Python packages, real S3 server",
    "list-python": "list 1,000 keys as dicts; Python packages, real S3 server",
    "list-arrow": "list 1,000 keys as an Arrow record batch; Python packages, real S3 server",
}
# The cases of Python packages: how much of obstore's CPU ours may need.
BOUNDS = {"get-asyncio": 0.35, "list-python": 0.4, "list-arrow": 0.25}
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


class Package:
    """storelink or obstore, which have the same functions."""

    def __init__(self, name: str, url: str) -> None:
        self._package: Any = importlib.import_module(name)
        self._store = importlib.import_module(f"{name}.store").S3Store(
            BUCKET, region="us-east-1", endpoint=url, skip_signature=True, client_options={"allow_http": True}
        )

    def get_range(self) -> Awaitable[Any]:
        got: Awaitable[Any] = self._package.get_range_async(self._store, SMALL, start=0, end=RANGE)
        return got

    def list(self) -> int:
        return len(self._package.list(self._store).collect())

    def list_arrow(self) -> int:
        return int(self._package.list(self._store, return_arrow=True).collect().num_rows)


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


def can(peer: str, case: str) -> bool:
    """Whether a peer has what the case measures."""
    return case not in BOUNDS or peer in ("storelink", "obstore")


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


def _package_run(peer: str, case: str, url: str) -> Run:
    package = Package(peer, url)
    if case == "get-asyncio":
        loop = asyncio.new_event_loop()
        tasks = 64

        async def get(count: int) -> None:
            for _ in range(count):
                _expect(len(await package.get_range()), RANGE)

        async def get_all(count: int) -> None:
            await asyncio.gather(*(get(len(range(i, count, tasks))) for i in range(tasks)))

        return lambda count: loop.run_until_complete(get_all(count))
    operation = package.list if case == "list-python" else package.list_arrow

    def run(count: int) -> None:
        for _ in range(count):
            _expect(operation(), KEYS)

    return run


def make_run(peer: str, case: str, url: str) -> Run:
    """The operation of a case, done by a peer; checks the size of every result."""
    if peer == "raw":
        return _raw(case, url)
    if case in BOUNDS:
        return _package_run(peer, case, url)
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
