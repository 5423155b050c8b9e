"""The main job of the example extension, on every kind of store.

    python demo.py                             memory and local disk
    python demo.py --s3                        the same, and a real S3 server that is started for it
    python demo.py --store s3://bucket/prefix  your own; settings come from AWS_... variables

Python's own standard library, some 2,000 files, is copied into the store, listed and read back, in C++ and without
the GIL. The digest of what was read must equal the one computed from disk here; if not, the exit status is 1.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import secrets
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import my_ext
from my_ext.exceptions import BaseError
from my_ext.store import LocalStore, MemoryStore, ObjectStore, S3Store, from_url

ROOT = Path(sysconfig.get_path("stdlib"))
TESTS = Path(__file__).resolve().parents[2] / "tests"


def source_files() -> list[str]:
    """The standard library's .py files, sorted, relative to ROOT."""
    found = (path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py") if path.is_file())
    return sorted(name for name in found if "site-packages/" not in name and "dist-packages/" not in name)


def digest_of_disk(names: list[str]) -> tuple[str, int]:
    """The digest that my_ext.digest() must give, and how many bytes the files have."""
    everything = hashlib.sha256()
    total = 0
    for name in names:
        content = (ROOT / name).read_bytes()
        total += len(content)
        line = f"{name}\0{len(content)}\0{hashlib.sha256(content).hexdigest()}\n"
        everything.update(line.encode())
    return everything.hexdigest(), total


def run(label: str, store: ObjectStore, names: list[str], expected: str) -> bool:
    """Copy, list, read back and compare; remove what was written."""
    try:
        start = time.perf_counter()
        my_ext.upload(store, str(ROOT), names, in_flight=32)
        uploaded = time.perf_counter()
        keys = my_ext.list_keys(store)
        listed = time.perf_counter()
        digest = my_ext.digest(store, keys, threads=8)
        end = time.perf_counter()
    finally:
        my_ext.remove_all(store, names)
    correct: bool = keys == names and digest == expected
    rates = f"{len(names) / (uploaded - start):9,.0f} {len(keys) / (end - listed):9,.0f}"
    times = f"{(listed - uploaded) * 1000:7.1f} ms {end - start:8.3f} s"
    print(f"{label:7} {rates} {times}  {digest[:16]} {'same' if correct else 'DIFFERENT'}", flush=True)
    return correct


@contextlib.contextmanager
def test_server() -> Iterator[ObjectStore]:
    """An S3Store on a server of our own: the one that the environment names, or a new one."""
    with contextlib.ExitStack() as stack:
        settings = dict(os.environ)
        if "STORELINK_TEST_S3_ENDPOINT" not in settings:
            sys.path.insert(0, str(TESTS))
            from servers.weed import weed

            settings.update(stack.enter_context(weed()).environment())
        yield S3Store(
            settings["STORELINK_TEST_S3_BUCKET"],
            prefix=f"demo-{secrets.token_hex(4)}",
            endpoint=settings["STORELINK_TEST_S3_ENDPOINT"],
            region=settings["STORELINK_TEST_S3_REGION"],
            access_key_id=settings["STORELINK_TEST_S3_ACCESS_KEY_ID"],
            secret_access_key=settings["STORELINK_TEST_S3_SECRET_ACCESS_KEY"],
            client_options={"allow_http": True},
        )


def own_store(url: str) -> ObjectStore:
    """A new place in the store that the user names."""
    options = {"mkdir": True, "automatic_cleanup": True} if url.startswith("file:") else {}
    from_url(url, **options)  # for errors: what is wrong is said of the URL as it was given
    return from_url(f"{url.rstrip('/')}/storelink-demo-{secrets.token_hex(4)}", **options)


def main() -> int:
    parser = argparse.ArgumentParser(description="Copy the standard library through object stores, in C++.")
    parser.add_argument("--s3", action="store_true", help="also use a real S3 server, started for it")
    parser.add_argument("--store", metavar="URL", help="use only this store, such as s3://bucket/prefix")
    options = parser.parse_args()
    try:
        own = own_store(options.store) if options.store else None
    except (BaseError, ValueError) as error:
        parser.error(f"--store: {error}")

    names = source_files()
    start = time.perf_counter()
    expected, size = digest_of_disk(names)
    took = time.perf_counter() - start
    print(f"{len(names):,} files, {size / 1e6:.1f} MB of {ROOT}; hashlib took {took:.3f} s for them: {expected[:16]}")
    print(f"{'store':7} {'put/s':>9} {'get/s':>9} {'list':>10} {'all':>10}  digest")

    with contextlib.ExitStack() as stack:
        stores: list[tuple[str, ObjectStore]]
        if own is not None:
            if isinstance(own, LocalStore):
                stack.callback(own.prefix.rmdir)
            stores = [("yours", own)]
        else:
            directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="storelink-demo-"))
            stores = [("memory", MemoryStore()), ("local", LocalStore(directory))]
        if options.s3:
            stores.append(("s3", stack.enter_context(test_server())))
        results = [run(label, store, names, expected) for label, store in stores]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
