"""The example's demo, as a user runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

DEMO = Path(__file__).resolve().parents[2] / "examples" / "my_ext" / "demo.py"


def start_demo(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(DEMO), *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )


def run_demo(*arguments: str, **environment: str) -> list[str]:
    done = start_demo(*arguments, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def test_memory_disk_and_s3(s3_environment: dict[str, str]) -> None:
    lines = run_demo("--s3", **{name: s3_environment[name] for name in s3_environment if "STORELINK" in name})
    assert [line.split()[0] for line in lines[2:]] == ["memory", "local", "s3"]
    assert all(line.endswith(" same") for line in lines[2:])
    assert len({line.split()[-2] for line in lines[2:]}) == 1


def test_a_store_of_the_users_own_is_left_clean(s3_environment: dict[str, str], tmp_path: Path) -> None:
    assert run_demo("--store", tmp_path.as_uri())[-1].endswith(" same")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    bucket = s3_environment["STORELINK_TEST_S3_BUCKET"]
    lines = run_demo(
        "--store",
        f"s3://{bucket}/own",
        AWS_ENDPOINT=s3_environment["STORELINK_TEST_S3_ENDPOINT"],
        AWS_REGION=s3_environment["STORELINK_TEST_S3_REGION"],
        AWS_ACCESS_KEY_ID=s3_environment["STORELINK_TEST_S3_ACCESS_KEY_ID"],
        AWS_SECRET_ACCESS_KEY=s3_environment["STORELINK_TEST_S3_SECRET_ACCESS_KEY"],
        AWS_ALLOW_HTTP="true",
    )
    assert lines[-1].endswith(" same")


@pytest.mark.parametrize(
    ("url", "said"),
    [("nonsense", "'nonsense' is no URL"), ("s3://", '"s3://"'), ("s4://bucket", '"s4://bucket"')],
)
def test_a_bad_url_is_said_as_it_was_given_and_at_once(url: str, said: str) -> None:
    done = start_demo("--store", url)
    assert done.returncode == 2
    assert done.stdout == ""
    last = done.stderr.splitlines()[-1]
    assert last.startswith("demo.py: error: --store: ")
    assert said in last
    assert "accepted are" in last
