"""What a call through the C ABI costs more than a direct one: a get of a MemoryStore, from C++."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

PROGRAM = Path(__file__).resolve().parent.parent / "build/release/storelink_bench_micro"
BOUND = 150  # ns
DIRECT, THROUGH = "MemoryStoreGet", "MemoryStoreGetThroughAbi"


def measure(rounds: int, cpu: int | None) -> dict[str, float]:
    """Nanoseconds of CPU: the least of all rounds, since whatever else the machine does only adds to them."""
    least: dict[str, float] = {}
    for _ in range(rounds):
        # The two take turns within a round.
        done = subprocess.run(
            [
                PROGRAM,
                f"--benchmark_filter=^({DIRECT}|{THROUGH})$",
                "--benchmark_repetitions=5",
                "--benchmark_enable_random_interleaving=true",
                "--benchmark_min_time=0.05",
                "--benchmark_format=json",
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=True,
            preexec_fn=None if cpu is None else lambda: os.sched_setaffinity(0, {cpu}),
        )
        for run in json.loads(done.stdout)["benchmarks"]:
            if run["run_type"] == "iteration":
                name = run["run_name"]
                least[name] = min(least.get(name, run["cpu_time"]), run["cpu_time"])
    return {"direct": least[DIRECT], "through": least[THROUGH], "difference": least[THROUGH] - least[DIRECT]}


def show(result: dict[str, float]) -> None:
    print("\nget of a MemoryStore in C++, CPU ns (least of all rounds)")
    print(f"  direct {result['direct']:.0f}, through the C ABI {result['through']:.0f},", end=" ")
    print(f"difference {result['difference']:.0f} (bound: {BOUND})", flush=True)
