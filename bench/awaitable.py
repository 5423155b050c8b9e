"""What awaiting a small read costs: `PYTHONPATH=.:build/release/python .venv/bin/python -m bench.awaitable`.

64 bytes of an object in a MemoryStore, so that there is nothing but the way from Python to the store and back:
microseconds of CPU, of all threads of the process, for one await. `on executor` runs on the thread pool, as an author's
coroutine does; `in place` is a plain verb. The contenders take turns, several rounds, and the medians are printed.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import statistics
from collections.abc import Awaitable, Callable
from typing import Any

import uvloop

from bench.worker import cpu_seconds

SIZE = 64
Get = Callable[[], Awaitable[Any]]


def contenders() -> dict[str, Get]:
    storelink_bench = importlib.import_module("storelink_bench")
    store = storelink_bench.store.MemoryStore()
    storelink_bench.put(store, "key", bytes(4096))
    found: dict[str, Get] = {
        "storelink, on executor": lambda: storelink_bench.get_range_async(store, "key", 0, SIZE, False),
        "storelink, in place": lambda: storelink_bench.get_range_async(store, "key", 0, SIZE, True),
    }
    try:
        import obstore
        from obstore.store import MemoryStore
    except ImportError:
        print("obstore cannot be imported: it is left out")
        return found
    theirs = MemoryStore()
    obstore.put(theirs, "key", bytes(4096))
    found["obstore"] = lambda: obstore.get_range_async(theirs, "key", start=0, end=SIZE)
    return found


async def one_after_another(get: Get, count: int) -> None:
    for _ in range(count):
        await get()


async def tasks(get: Get, count: int) -> None:
    await asyncio.gather(*(one_after_another(get, count // 64) for _ in range(64)))


async def gathered(get: Get, count: int) -> None:
    for _ in range(count // 1000):
        await asyncio.gather(*(get() for _ in range(1000)))


CASES = {"one after another": one_after_another, "64 tasks": tasks, "gather of 1,000": gathered}
LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


def main() -> None:
    parser = argparse.ArgumentParser(description="CPU of one await of a small read from memory.")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--count", type=int, default=16_000, help="awaits in a round")
    options = parser.parse_args()
    all_contenders = contenders()
    for loop_name, new_loop in LOOPS.items():
        print(f"\n{loop_name:24}" + "".join(f"{case:>20}" for case in CASES))
        samples: dict[tuple[str, str], list[float]] = {}
        loop = new_loop()
        for turn in range(options.rounds + 1):
            for name, get in all_contenders.items():
                for case, run in CASES.items():
                    before = cpu_seconds()
                    loop.run_until_complete(run(get, options.count))
                    if turn > 0:  # the first round warms up
                        each = (cpu_seconds() - before) / options.count * 1e6
                        samples.setdefault((name, case), []).append(each)
        loop.close()
        for name in all_contenders:
            figures = (statistics.median(samples[name, case]) for case in CASES)
            print(f"{name:24}" + "".join(f"{figure:17.2f} µs" for figure in figures))


if __name__ == "__main__":
    main()
