"""The source distribution: it holds what a wheel is made of, and a wheel is made of it."""

from __future__ import annotations

import email
import subprocess
import sys
import tarfile
from pathlib import Path, PurePosixPath

import pytest
from support.wheels import ROOT, Environment, ccache, content, run

PARTS = ("cmake", "include", "python", "src")
FILES = {"CMakeLists.txt", "LICENSE", "README.md", "pyproject.toml"}


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sdist")
    run(sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", out, ROOT)
    (made,) = out.iterdir()
    return made


def names(sdist: Path) -> set[str]:
    with tarfile.open(sdist) as archive:
        paths = [PurePosixPath(member.name) for member in archive.getmembers() if member.isfile()]
    assert {path.parts[0] for path in paths} == {sdist.name.removesuffix(".tar.gz")}
    return {str(PurePosixPath(*path.parts[1:])) for path in paths}


def test_holds_every_file_of_a_wheels_sources_and_no_others(sdist: Path) -> None:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *PARTS, *FILES]
    known = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\n")
    assert names(sdist) - {"PKG-INFO"} == {name for name in known if (ROOT / name).is_file()}


def test_a_wheel_of_it_is_the_one_that_a_clone_gives(sdist: Path, wheel: Path, tmp_path: Path) -> None:
    """Its dependencies for building come into an environment that pip makes, as for a user."""
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (sources,) = tmp_path.iterdir()
    out = tmp_path / "out"
    run(
        *(sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", "--wheel-dir", out, sources),
        environment={**ccache(sources), "CC": "cc", "CXX": "c++"},
    )
    (made,) = out.iterdir()
    assert made.name == wheel.name
    assert set(content(made)) == set(content(wheel))
    environment = Environment(tmp_path / "venv", made)
    assert "works" in environment.run(ROOT / "tests/python/packaging/smoke.py")


def test_metadata_says_what_it_is(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        file = archive.extractfile(f"{sdist.name.removesuffix('.tar.gz')}/PKG-INFO")
        assert file is not None
        metadata = email.message_from_bytes(file.read())
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.10"
    assert "S3" in metadata["Summary"]
    body = metadata.get_payload(decode=True)
    assert body == (ROOT / "README.md").read_bytes()
    extras = {"boto3", "google", "azure", "earthdata", "planetary-computer", "fsspec", "zarr"}
    assert extras <= set(metadata.get_all("Provides-Extra", []))
