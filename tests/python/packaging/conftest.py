"""The storelink wheel, and projects made by `storelink new-extension`; each is built once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.wheels import Environment, build_wheel, ccache, storelink_wheel

BINDINGS = ("nanobind", "pybind11", "c")


@dataclass(frozen=True)
class Extension:
    """A project, its wheel, and the environment that it was built in, with storelink and not yet the wheel itself."""

    name: str
    project: Path
    wheel: Path
    environment: Environment


@pytest.fixture(scope="session")
def wheel() -> Path:
    """The wheel of storelink."""
    return storelink_wheel()


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Where storelink is installed, and nothing is added."""
    return Environment(tmp_path_factory.mktemp("installed") / "venv", wheel)


@pytest.fixture(scope="session")
def new_extension(
    wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Extension]:
    """new_extension(binding, embed=False, edit=None): the project after edit(directory), built.

    All lie alike in their own directories, so that ccache knows the embedded library after its first build.
    """
    base = tmp_path_factory.mktemp("extensions")
    built: dict[tuple[str, bool], Extension] = {}

    def build(binding: str, *, embed: bool, edit: Callable[[Path], None] | None, directory: Path) -> Extension:
        name = f"{binding}_tiles"
        environment = Environment(directory / "venv", wheel)
        options = ["--binding", binding, *(["--embed"] if embed else []), "--directory", directory / "project"]
        environment.command("storelink", ["new-extension", name, *options])
        if edit is not None:
            edit(directory / "project")
        made = build_wheel(environment.python, directory / "project", directory / "dist", **ccache(base))
        return Extension(name, directory / "project", made, environment)

    def get(binding: str, *, embed: bool = False, edit: Callable[[Path], None] | None = None) -> Extension:
        if edit is not None:
            return build(binding, embed=embed, edit=edit, directory=base / f"edited{len(list(base.iterdir()))}")
        key = (binding, embed)
        if key not in built:
            way = "embedded" if embed else "runtime"
            built[key] = build(binding, embed=embed, edit=None, directory=base / f"{binding}-{way}")
        return built[key]

    return get
