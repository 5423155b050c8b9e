"""The storelink wheel, and projects made by `storelink new-extension`; each is built once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support.wheels import Environment, Extension, build_wheel, ccache, storelink_wheel


@pytest.fixture(scope="session")
def wheel() -> Path:
    """The wheel of storelink."""
    return storelink_wheel()


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Where storelink is installed, and nothing is added."""
    return Environment(tmp_path_factory.mktemp("installed") / "venv", wheel)


@pytest.fixture(scope="session")
def new_extension(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Extension]:
    """new_extension(binding, embed=False, edit=None, clang=False): a project, built after edit(directory) changed it.

    All lie alike in their own directories, so that ccache knows the embedded library after its first build.
    """
    base = tmp_path_factory.mktemp("extensions")
    built: dict[str, Extension] = {}

    def build(
        binding: str, *, embed: bool = False, edit: Callable[[Path], None] | None = None, clang: bool = False
    ) -> Extension:
        name = f"{binding}_{'embedded' if embed else 'runtime'}{f'_{edit.__name__}' if edit else ''}"
        name += "_clang" if clang else ""
        if name not in built:
            environment = Environment(base / name / "venv", wheel)
            project = base / name / "project"
            way = ["--embed"] if embed else []
            environment.command(
                "storelink", ["new-extension", name, "--binding", binding, *way, "--directory", project]
            )
            if edit is not None:
                edit(project)
            compilers = {"CC": "clang-19", "CXX": "clang++-19"} if clang else {}
            made = build_wheel(environment.python, project, base / name / "dist", **ccache(base), **compilers)
            built[name] = Extension(name, project, made, environment)
        return built[name]

    return build
