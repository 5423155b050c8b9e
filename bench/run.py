"""CPU and wall time of storelink and of other clients, side by side: `./run bench [options]`.

A local nginx stands for S3, but the Python packages are compared on the real S3 server of the tests. Every
peer has a process of its own for each case, pinned to one core; the server has another. The processes take
turns, several rounds, and the medians are printed. Only ratios within one run mean something: the figures
themselves depend on the machine and on what else it does. The case `capsule` has no peers and no server: it
is what a call through the C ABI costs.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from servers.nginx import nginx
from servers.weed import weed

from bench import capsule, peers

# Operations in a round: usually, and with --quick.
COUNTS = {"get-1k": (4000, 500), "get-1k-16": (8000, 800), "get-256m": (4, 1), "list-1000": (60, 10)}
COUNTS |= {"get-asyncio": (4000, 640), "list-python": (60, 10), "list-arrow": (60, 10)}
Sample = dict[str, float]


def listing() -> str:
    """A page of ListObjectsV2."""
    entry = (
        "<Contents><Key>part-{:05}.parquet</Key><LastModified>2024-05-24T10:11:12.000Z</LastModified>"
        "<ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag><Size>{}</Size>"
        "<StorageClass>STANDARD</StorageClass></Contents>"
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<Name>{peers.BUCKET}</Name><Prefix></Prefix>"
        f"<KeyCount>{peers.KEYS}</KeyCount><MaxKeys>1000</MaxKeys>"
        f"<IsTruncated>false</IsTruncated>{''.join(entry.format(i, 1000 + i) for i in range(peers.KEYS))}"
        "</ListBucketResult>"
    )


@contextlib.contextmanager
def server() -> Iterator[str]:
    """The address of an nginx that answers what the cases ask for."""
    with tempfile.TemporaryDirectory(prefix="storelink-bench-") as name:
        root = Path(name)
        root.chmod(0o755)
        bucket = root / peers.BUCKET
        bucket.mkdir()
        (bucket / peers.SMALL).write_bytes(os.urandom(64 << 10))
        with (bucket / peers.LARGE).open("wb") as file:
            for _ in range(peers.LARGE_SIZE >> 20):
                file.write(os.urandom(1 << 20))
        (root / "listing.xml").write_text(listing())
        answer = "types {} default_type application/xml; try_files /listing.xml =404;"
        bucket_itself = f"location ~ ^/{peers.BUCKET}/?$ {{ {answer} }}"
        with nginx(root, server_extra=bucket_itself, workers=1) as url:
            yield url


@contextlib.contextmanager
def real_server() -> Iterator[str]:
    """The address of an S3 server whose public bucket has the small object among its 1,000."""
    from storelink.store import S3Store

    with weed() as running:
        store = S3Store(
            peers.BUCKET,
            region="us-east-1",
            endpoint=running.endpoint,
            access_key_id=running.admin.access_key_id,
            secret_access_key=running.admin.secret_access_key,
            client_options={"allow_http": True},
        )
        storelink_bench = importlib.import_module("storelink_bench")
        storelink_bench.put(store, peers.SMALL, os.urandom(64 << 10))
        for i in range(peers.KEYS - 1):
            storelink_bench.put(store, f"part-{i:05}.parquet", b"x" * (i % 100))
        yield running.endpoint


class Worker:
    """A process that does the operations of one case with one peer."""

    def __init__(self, peer: str, case: str, url: str, cpu: int | None) -> None:
        self.name = f"{peer}, {case}"
        command = [sys.executable, "-m", "bench.worker", peer, case, url]
        self._process = subprocess.Popen(
            command if cpu is None else [*command, str(cpu)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, count: int) -> Sample:
        """Seconds of CPU and of wall time of one operation."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(f"{count}\n")
            self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name}: ended with status {self._process.wait()}")
        return {key: value / count for key, value in json.loads(line).items()}

    def close(self) -> None:
        with contextlib.suppress(BrokenPipeError):
            self._process.communicate()


def measure(
    case: str,
    names: list[str],
    url: str,
    *,
    count: int,
    rounds: int,
    cpu: int | None,
) -> dict[str, Sample]:
    """The median of each peer that can do the case; what goes wrong with a peer is said and leaves it out."""
    workers: dict[str, Worker] = {}
    samples: dict[str, list[Sample]] = {}
    with contextlib.ExitStack() as stack:
        for name in names:
            worker = Worker(name, case, url, cpu)
            stack.callback(worker.close)
            try:
                worker.run(max(1, count // 4))  # connections, caches, lazy set-up
            except RuntimeError as error:
                print(f"left out: {error}", file=sys.stderr)
                continue
            workers[name] = worker
            samples[name] = []
        for turn in range(rounds):
            order = list(workers)
            for name in order[turn % len(order) :] + order[: turn % len(order)]:
                samples[name].append(workers[name].run(count))
    return {
        name: {key: statistics.median(sample[key] for sample in found) for key in ("cpu", "wall")}
        for name, found in samples.items()
    }


def with_ratios(case: str, results: dict[str, Sample]) -> dict[str, Sample]:
    for sample in results.values():
        for other in ("obstore", "raw"):
            if other in results and results[other]["cpu"] > 0:
                sample[f"cpu_to_{other}"] = sample["cpu"] / results[other]["cpu"]
        if case == "get-256m" and sample["cpu"] > 0:
            sample["bytes_per_cpu_second"] = peers.LARGE_SIZE / sample["cpu"]
    return results


def show(case: str, results: dict[str, Sample]) -> None:
    bound = f" (bound: {peers.BOUNDS[case]} of obstore's CPU)" if case in peers.BOUNDS else ""
    print(f"\n{peers.CASES[case]}{bound}")
    print(f"  {'':10} {'CPU µs/op':>11} {'wall µs/op':>11} {'/ obstore':>10} {'/ raw':>7} {'GB/CPU s':>9}")
    for name, sample in results.items():
        ratios = [f"{sample[key]:.2f}" if key in sample else "-" for key in ("cpu_to_obstore", "cpu_to_raw")]
        rate = f"{sample['bytes_per_cpu_second'] / 1e9:.2f}" if "bytes_per_cpu_second" in sample else ""
        times = f"{sample['cpu'] * 1e6:11,.1f} {sample['wall'] * 1e6:11,.1f}"
        print(f"  {name:10} {times} {ratios[0]:>10} {ratios[1]:>7} {rate:>9}", flush=True)


def positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ValueError
    return value


def main() -> int:
    summary = (__doc__ or "").partition(":")[0]
    parser = argparse.ArgumentParser(prog="./run bench", description=summary)
    parser.add_argument("--quick", action="store_true", help="few operations and 3 rounds: does it work?")
    parser.add_argument("--case", action="append", choices=[*peers.CASES, "capsule"], help="only this; may be repeated")
    parser.add_argument("--rounds", type=positive, help="rounds (default: 7; 3 with --quick)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    options = parser.parse_args()
    rounds = options.rounds or (3 if options.quick else 7)

    versions = {peer: peers.version(peer) for peer in peers.PEERS}
    names = [peer for peer, version in versions.items() if version is not None]
    for peer in versions.keys() - set(names):
        print(f"{peer} cannot be imported: it is left out")
    cpus = sorted(os.sched_getaffinity(0))
    client_cpu = None
    if len(cpus) > 1:
        client_cpu = cpus[0]
        os.sched_setaffinity(0, {cpus[1]})  # this process and, by inheritance, nginx
        print(f"clients on core {client_cpu}, servers on core {cpus[1]}, {rounds} rounds, medians")
    else:
        print(f"clients and servers share one core, {rounds} rounds, medians")
    print(", ".join(f"{name}: {versions[name]}" for name in names), flush=True)

    report: dict[str, Any] = {"versions": versions, "rounds": rounds, "cases": {}}
    cases = options.case or [*peers.CASES, "capsule"]
    if "capsule" in cases:
        report["cases"]["capsule"] = capsule.measure(rounds, client_cpu)
        capsule.show(report["cases"]["capsule"])
    for serve, served in (
        (server, [case for case in cases if case != "capsule" and case not in peers.BOUNDS]),
        (real_server, [case for case in cases if case in peers.BOUNDS]),
    ):
        with serve() if served else contextlib.nullcontext("") as url:
            for case in served:
                count = COUNTS[case][1 if options.quick else 0]
                able = [name for name in names if peers.can(name, case)]
                results = with_ratios(case, measure(case, able, url, count=count, rounds=rounds, cpu=client_cpu))
                report["cases"][case] = results
                show(case, results)
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n")
    return 0 if all(report["cases"].values()) else 1


if __name__ == "__main__":
    sys.exit(main())
