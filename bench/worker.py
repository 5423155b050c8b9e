"""One peer and one case in a process of its own: `python -m bench.worker <peer> <case> <url> [<cpu>]`.

Reads how many operations to do, one number a line, and answers each with a line of JSON: seconds of CPU (of
the whole process, user and system) and of wall time.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time


def cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    peer, case, url, *cpu = sys.argv[1:]
    if cpu:  # before anything starts threads: they inherit it
        os.sched_setaffinity(0, {int(cpu[0])})
    from bench.peers import make_run

    run = make_run(peer, case, url)
    for line in sys.stdin:
        cpu_before, wall_before = cpu_seconds(), time.perf_counter()
        run(int(line))
        wall = time.perf_counter() - wall_before
        print(json.dumps({"cpu": cpu_seconds() - cpu_before, "wall": wall}), flush=True)


if __name__ == "__main__":
    main()
