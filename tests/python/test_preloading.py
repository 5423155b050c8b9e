"""Stores made and used before workers are forked, as web servers do that load an application first."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.once

TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize("kind", ["memory", "local", "s3"])
def test_preloaded_workers_serve_and_end_well(request: pytest.FixtureRequest, tmp_path: Path, kind: str) -> None:
    store: tuple[str, dict[str, Any]] = ("MemoryStore", {})
    if kind == "local":
        store = ("LocalStore", {"prefix": str(tmp_path)})
    elif kind == "s3":
        settings = request.getfixturevalue("s3_settings")
        store = ("S3Store", {**settings, "prefix": f"preloading/{tmp_path.name}"})
    paths = [str(TESTS), *filter(None, [os.environ.get("PYTHONPATH")])]
    done = subprocess.run(
        # Since 3.12 Python warns of every fork while there are threads.
        [sys.executable, "-W", "ignore::DeprecationWarning", "-m", "support.preloading", json.dumps(store)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")
