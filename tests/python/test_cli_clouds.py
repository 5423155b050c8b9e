"""The command line on Azure and on a WebDAV server: the same URLs and environment variables as everywhere."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.command_line import Process

pytestmark = pytest.mark.once

NAMES = ["a.bin", "below/b.bin", "below/c.bin"]


def variables(environment: dict[str, str]) -> dict[str, str]:
    server = "STORELINK_TEST_AZURE_"
    return {
        "AZURE_STORAGE_ENDPOINT": environment[f"{server}ENDPOINT"],
        "AZURE_STORAGE_ACCOUNT_NAME": environment[f"{server}ACCOUNT_NAME"],
        "AZURE_STORAGE_ACCOUNT_KEY": environment[f"{server}ACCOUNT_KEY"],
        "AZURE_ALLOW_HTTP": "true",
    }


def test_from_files_to_azure_to_webdav_and_back(
    azure_environment: dict[str, str], http_environment: dict[str, str], tmp_path: Path
) -> None:
    storelink = Process(variables(azure_environment))
    blobs = f"az://{azure_environment['STORELINK_TEST_AZURE_CONTAINER']}/cli-{os.urandom(4).hex()}"
    web = f"{http_environment['STORELINK_TEST_WSGIDAV_ENDPOINT']}/cli-{os.urandom(4).hex()}"
    for name in NAMES:
        path = tmp_path / "source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(100_000))

    storelink("cp", "-r", tmp_path / "source", f"{blobs}/")
    assert storelink("ls", "-r", f"{blobs}/").decode().split() == NAMES
    assert storelink("du", f"{blobs}/").split()[:2] == [b"300000", b"3"]
    storelink("cp", "-r", f"{blobs}/", f"{web}/")
    assert storelink("ls", f"{web}/").decode().split() == ["below/", "a.bin"]
    storelink("cp", "-r", f"{web}/", tmp_path / "back")
    for name in NAMES:
        assert (tmp_path / "back" / name).read_bytes() == (tmp_path / "source" / name).read_bytes()
    assert b"sig=" in storelink("presign", f"{blobs}/a.bin", "--expires", "60s")
    for place in (f"{blobs}/", f"{web}/"):
        storelink("rm", "-r", place)
        shown = place.replace("tester:open-sesame@", "")
        nothing = f"storelink: {shown}: there is nothing below this\n"
        assert storelink("ls", "-r", place, status=1).decode() == nothing
