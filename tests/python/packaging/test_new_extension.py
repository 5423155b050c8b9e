"""`storelink new-extension`: what it writes, and what it refuses."""

from __future__ import annotations

import ast
import importlib
import sys
from pathlib import Path

import pytest
from support.wheels import Environment

TOML = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")  # pytest brings tomli
YAML = importlib.import_module("yaml")

FILES = {
    ".github/workflows/wheels.yml",
    ".gitignore",
    "CMakeLists.txt",
    "README.md",
    "pyproject.toml",
    "python/tiles/__init__.py",
    "python/tiles/py.typed",
    "tests/test_tiles.py",
}


def files_below(directory: Path) -> set[str]:
    return {str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file()}


@pytest.mark.parametrize("embed", [False, True], ids=["runtime", "embedded"])
@pytest.mark.parametrize(
    ("binding", "own"),
    [
        ("nanobind", {"src/tiles.cpp"}),
        ("pybind11", {"src/tiles.cpp"}),
        ("c", {"src/tiles.c", "python/tiles/_tiles.pyi"}),
    ],
)
def test_writes_a_whole_project(
    installed: Environment, tmp_path: Path, binding: str, own: set[str], *, embed: bool
) -> None:
    options = ["--binding", binding, *(["--embed"] if embed else [])]
    printed = installed.command("storelink", ["new-extension", "tiles", *options], cwd=tmp_path)
    project = tmp_path / "tiles"
    assert files_below(project) == FILES | own
    for name in files_below(project):
        text = (project / name).read_text()
        assert "@NAME@" not in text
        assert not text.endswith("\n\n")
        if name.endswith((".py", ".pyi")):
            ast.parse(text)
    assert [line for line in printed.splitlines() if line.startswith("  ")] == [
        "  cd tiles",
        "  pip install '.[test]'",
        "  pytest",
    ]


@pytest.mark.parametrize(
    ("options", "build", "runtime", "stable_abi"),
    [
        ([], ["nanobind"], ["storelink", "nanobind-backend"], True),
        (["--embed"], ["nanobind"], ["nanobind-backend"], True),
        (["--binding", "pybind11"], ["pybind11", "pybind11-stubgen"], ["storelink"], False),
        (["--binding", "c"], [], ["storelink"], True),
        (["--binding", "c", "--embed"], [], [], True),
    ],
)
def test_states_what_is_needed_to_build_and_to_run(
    installed: Environment,
    tmp_path: Path,
    options: list[str],
    build: list[str],
    runtime: list[str],
    *,
    stable_abi: bool,
) -> None:
    installed.command("storelink", ["new-extension", "tiles", *options], cwd=tmp_path)
    settings = TOML.loads((tmp_path / "tiles/pyproject.toml").read_text())

    def names(requirements: list[str]) -> list[str]:
        return [requirement.replace("=", ">").partition(">")[0] for requirement in requirements]

    assert names(settings["build-system"]["requires"]) == ["scikit-build-core", "storelink", *build]
    assert names(settings["project"]["dependencies"]) == runtime
    assert (settings["tool"]["scikit-build"]["wheel"].get("py-api") == "cp310") == stable_abi


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("my-ext", "such as my_ext"),
        ("1st", "with a letter first"),
        ("_tiles", "with a letter first"),
        ("tiles_", "no underscore last"),
        ("größe", "letters, digits and underscores"),
        ("../tiles", "letters, digits and underscores"),
        ("", "letters, digits and underscores"),
        ("tiles\n", "letters, digits and underscores"),
        ("class", "keyword"),
        ("match", "keyword"),
        ("email", "existing module"),
        ("storelink", "existing module"),
    ],
)
def test_refuses_names_that_no_package_can_have(installed: Environment, tmp_path: Path, name: str, says: str) -> None:
    printed = installed.command("storelink", ["new-extension", name], cwd=tmp_path, status=1)
    assert printed.startswith(f"storelink: {name!r} ")
    assert says in printed
    assert list(tmp_path.iterdir()) == []


def test_overwrites_nothing(installed: Environment, tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src/tiles.cpp").write_text("mine")
    (tmp_path / "README.md").symlink_to("nowhere")
    printed = installed.command("storelink", ["new-extension", "tiles", "--directory", tmp_path], status=1)
    assert "nothing was written" in printed
    assert "README.md, src/tiles.cpp" in printed
    assert files_below(tmp_path) == {"src/tiles.cpp"}
    assert (tmp_path / "src/tiles.cpp").read_text() == "mine"


def test_writes_into_a_directory_that_has_other_files(installed: Environment, tmp_path: Path) -> None:
    (tmp_path / "LICENSE").write_text("mine")
    installed.command("storelink", ["new-extension", "tiles", "--directory", tmp_path])
    assert files_below(tmp_path) == FILES | {"src/tiles.cpp", "LICENSE"}


@pytest.mark.parametrize("obstacle", ["", "src"])
def test_says_where_a_file_is_in_the_way_of_a_directory(installed: Environment, tmp_path: Path, obstacle: str) -> None:
    place = tmp_path / "place"
    if obstacle:
        place.mkdir()
    (place / obstacle).write_text("")
    printed = installed.command("storelink", ["new-extension", "tiles", "--directory", place], status=1)
    assert str(place / obstacle) in printed
    assert printed.count("\n") == 1


@pytest.mark.skipif(sys.version_info < (3, 11), reason="cibuildwheel needs Python 3.11")
@pytest.mark.parametrize(
    ("options", "builds"),
    [
        ([], {"cp310-manylinux_x86_64"}),
        (["--binding", "c", "--embed"], {"cp310-manylinux_x86_64"}),
        (["--binding", "pybind11"], {f"cp31{minor}-manylinux_x86_64" for minor in range(5)}),
    ],
)
def test_the_ci_file_builds_wheels(
    installed: Environment, tmp_path: Path, options: list[str], builds: set[str]
) -> None:
    """What it calls takes the project's settings, and its wheels are where the CI file looks for them."""
    installed.command("storelink", ["new-extension", "tiles", *options], cwd=tmp_path)
    workflow = YAML.safe_load((tmp_path / "tiles/.github/workflows/wheels.yml").read_text())
    ((_, job),) = workflow["jobs"].items()
    checkout, build, upload = job["steps"]
    assert checkout["uses"].startswith("actions/checkout@")
    assert upload["uses"].startswith("actions/upload-artifact@")
    assert upload["with"]["path"] == "wheelhouse/*.whl"

    pipx, verb, requirement = build["run"].split()
    assert (pipx, verb) == ("pipx", "run")
    environment = Environment(tmp_path / "venv", tools=False)
    environment.pip("install", "--quiet", requirement)
    asked: list[str | Path] = ["--print-build-identifiers", "--platform", "linux", tmp_path / "tiles"]
    assert set(environment.command("cibuildwheel", asked).split()) == builds

    settings = TOML.loads((tmp_path / "tiles/pyproject.toml").read_text())
    ours = settings["tool"]["cibuildwheel"]
    assert set(ours["test-extras"]) <= set(settings["project"]["optional-dependencies"])
    assert ours["test-command"] == "pytest {project}/tests"
