"""The workflow of the published wheels: it cannot run here, but what it names is there, and its tool reads it."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from typing import Any

import pytest
from support.wheels import ROOT, Environment

YAML = importlib.import_module("yaml")
TOML = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
WORKFLOW: dict[Any, Any] = YAML.safe_load((ROOT / ".github/workflows/wheels.yml").read_text())
SETTINGS: dict[str, Any] = TOML.loads((ROOT / "pyproject.toml").read_text())
JOBS: dict[str, Any] = WORKFLOW["jobs"]


def commands() -> list[str]:
    own = SETTINGS["tool"]["cibuildwheel"]
    steps = [step["run"] for job in JOBS.values() for step in job["steps"] if "run" in step]
    return [*steps, own["before-all"], own["test-command"]]


def test_every_file_that_is_named_is_there() -> None:
    named = re.findall(r"[\w./-]+\.(?:sh|py|yml|toml|txt)\b", "\n".join(commands()))
    named += [path for path in WORKFLOW[True]["pull_request"]["paths"] if "*" not in path]  # `on` is a truth of YAML
    files = [ROOT / re.sub(r"^/", "", path) for path in named]
    assert len(files) >= 6
    assert [path for path in files if not path.is_file()] == []
    assert os.access(ROOT / SETTINGS["tool"]["cibuildwheel"]["before-all"], os.X_OK)


def test_scripts_are_right_shell() -> None:
    subprocess.run(["bash", "-n", ROOT / "scripts/wheel_dependencies.sh"], check=True)


def test_each_platform_builds_one_wheel_that_every_python_gets() -> None:
    platforms = {entry["platform"] for entry in JOBS["wheels"]["strategy"]["matrix"]["include"]}
    assert platforms == {"manylinux_x86_64", "manylinux_aarch64", "macosx_arm64", "macosx_x86_64"}
    (step,) = (step for step in JOBS["wheels"]["steps"] if "cibuildwheel" in step.get("run", ""))
    built: list[str] = []
    for platform in sorted(platforms):
        selected = step["env"]["CIBW_BUILD"].replace("${{ matrix.platform }}", platform)
        assert "$" not in selected
        built += identifiers(selected, "macos" if platform.startswith("macosx") else "linux")
    assert built == [f"cp310-{platform}" for platform in sorted(platforms)]
    classifiers = SETTINGS["project"]["classifiers"]
    pythons = JOBS["pythons"]["strategy"]["matrix"]["python"]
    assert pythons == [text.split()[-1] for text in classifiers if re.search(r":: 3\.\d+$", text)]
    assert set(JOBS["pythons"]["strategy"]["matrix"]["platform"]) <= platforms


def identifiers(selected: str, system: str) -> list[str]:
    """What cibuildwheel would build; it reads all its settings for that."""
    settings = {**os.environ, "CIBW_BUILD": selected, "CIBW_ARCHS": "all"}
    command = [sys.executable, "-m", "cibuildwheel", "--print-build-identifiers", "--platform", system, str(ROOT)]
    done = subprocess.run(command, env=settings, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_the_test_of_each_wheel_passes_here(installed: Environment) -> None:
    assert "works" in installed.run(ROOT / "tests/python/packaging/smoke.py")


@pytest.mark.parametrize("action", ["checkout", "upload-artifact", "download-artifact", "setup-python"])
def test_actions_have_a_version(action: str) -> None:
    used = [step["uses"] for job in JOBS.values() for step in job["steps"] if f"/{action}@" in step.get("uses", "")]
    assert used
    assert all(re.fullmatch(r"actions/[\w-]+@v\d+", text) for text in used)
