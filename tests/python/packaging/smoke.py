"""What every installed wheel can do, with nothing but itself: run by test_pythons.py and by the wheels' workflow."""

from __future__ import annotations

import asyncio
import http.server
import multiprocessing
import pickle
import sys
import tempfile
import threading
from pathlib import Path

import storelink
from storelink.exceptions import BaseError, NotFoundError
from storelink.store import HTTPStore, LocalStore, MemoryStore, ObjectStore, S3Store


class _Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "7")
        self.send_header("Last-Modified", "Sat, 01 Jan 2022 00:00:00 GMT")
        self.end_headers()
        self.wfile.write(b"content")

    def log_message(self, *_: object) -> None:
        pass


def _round_trip(store: ObjectStore) -> None:
    storelink.put(store, "dir/key", b"0123456789")
    assert bytes(storelink.get_range(store, "dir/key", start=2, end=5)) == b"234"
    assert storelink.head(store, "dir/key")["size"] == 10
    assert [item["path"] for page in storelink.list(store) for item in page] == ["dir/key"]
    storelink.delete(store, "dir/key")
    try:
        storelink.head(store, "dir/key")
    except NotFoundError as error:
        assert isinstance(error, FileNotFoundError)
    else:
        raise AssertionError("a deleted object is there")


async def _asynchronously(store: ObjectStore) -> None:
    await storelink.put_async(store, "key", b"x" * 1000)
    results = await asyncio.gather(*(storelink.get_async(store, "key") for _ in range(10)))
    assert [len(await result.bytes_async()) for result in results] == [1000] * 10


def _in_a_child(pickled: bytes) -> None:
    assert bytes(storelink.get(pickle.loads(pickled), "key").bytes()) == b"content"


def main() -> None:
    """Raises where something is wrong."""
    _round_trip(MemoryStore())
    with tempfile.TemporaryDirectory() as directory:
        _round_trip(LocalStore(Path(directory)))
        asyncio.run(_asynchronously(LocalStore(Path(directory))))
    asyncio.run(_asynchronously(MemoryStore()))

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    store = HTTPStore(f"http://127.0.0.1:{server.server_port}", client_options={"allow_http": True})
    assert bytes(storelink.get(store, "key").bytes()) == b"content"
    for method in ("fork", "spawn"):
        multiprocessing.set_start_method(method, force=True)
        child = multiprocessing.Process(target=_in_a_child, args=(pickle.dumps(store),))
        child.start()
        child.join(60)
        assert child.exitcode == 0, method
    server.shutdown()

    refused = S3Store("bucket", endpoint="https://127.0.0.1:1", skip_signature=True, retry_config={"max_retries": 0})
    try:
        storelink.head(refused, "key")
    except (OSError, BaseError) as error:
        assert "127.0.0.1:1" in str(error)
    print(f"storelink {storelink.__version__}, Python {sys.version.split()[0]}: works")


if __name__ == "__main__":
    main()
