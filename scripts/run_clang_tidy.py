"""Run clang-tidy in parallel, over what a change touches.

    python scripts/run_clang_tidy.py <build directory with compile_commands.json> [--all] [file ...]

Without files: every translation unit that differs from the merge base with origin/main or includes a file that
does; every one with --all, with CI set, or where there is no origin/main.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from check_layering import includes_of

ROOT = Path(__file__).resolve().parent.parent


def translation_units(build: Path) -> list[str]:
    """The repository's own sources in the compilation database, as paths from the root."""
    commands = json.loads((build / "compile_commands.json").read_text())
    files = {Path(command["directory"], command["file"]).resolve() for command in commands}
    return sorted(file.relative_to(ROOT).as_posix() for file in files if file.is_relative_to(ROOT))


def _git(*arguments: str) -> list[str] | None:
    done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=False)
    return done.stdout.splitlines() if done.returncode == 0 else None


def changed_files() -> set[str] | None:
    """Files that differ from the merge base with origin/main, new ones included; None when there is no base."""
    base = _git("merge-base", "origin/main", "HEAD")
    if not base:
        return None
    changed = _git("diff", "--name-only", "--diff-filter=d", base[0]) or []
    untracked = _git("ls-files", "--others", "--exclude-standard") or []
    return {*changed, *untracked}


def reached(file: str, known: dict[str, set[str]]) -> set[str]:
    """`file` and all files of the repository that it includes, directly or not."""
    if file not in known:
        known[file] = {file}  # ends cycles
        for _, _, target in includes_of(ROOT, file):
            if target is not None:
                known[file] |= reached(target, known)
    return known[file]


def check(file: str, build: Path) -> tuple[str, str]:
    """(file, what clang-tidy complained about)"""
    command = ["clang-tidy", "--quiet", "--warnings-as-errors=*", "-p", str(build), str(ROOT / file)]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PATH": path}, check=False)
    return file, "" if done.returncode == 0 else done.stdout + done.stderr


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=Path)
    parser.add_argument("--all", action="store_true", help="every translation unit")
    parser.add_argument("files", nargs="*", help="only these translation units")
    arguments = parser.parse_args()

    units = translation_units(arguments.build)
    changed = None if arguments.all or os.environ.get("CI") else changed_files()
    if arguments.files:
        wanted = {Path(file).resolve().relative_to(ROOT).as_posix() for file in arguments.files}
        units = [unit for unit in units if unit in wanted]
    elif changed is not None and ".clang-tidy" not in changed:
        known: dict[str, set[str]] = {}
        units = [unit for unit in units if reached(unit, known) & changed]

    failed = 0
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for file, output in pool.map(lambda unit: check(unit, arguments.build), units):
            if output:
                failed += 1
                print(f"{file}:\n{output}", flush=True)
    print(f"clang-tidy: {len(units)} translation units, {failed} with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
