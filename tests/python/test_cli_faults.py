"""`storelink` when something goes wrong: servers that fail, Ctrl-C, downloads that go on later."""

from __future__ import annotations

import os
import signal
import socket
import time
from pathlib import Path
from typing import Any

import boto3
import pytest
from servers.cut import cutting_proxy
from servers.ranges import range_server
from storelink._cli import main
from support.command_line import Place, Process, s3_variables

pytestmark = pytest.mark.once
storelink = Process()
PART = 5 << 20
OPTIONS = ["--part-size", "5M", "--concurrency", "1"]


def test_a_missing_bucket_is_one_line(s3_place: Place, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a").write_bytes(b"1")
    for arguments in (
        ["ls", "s3://no-such-bucket"],
        ["du", "s3://no-such-bucket/a"],
        ["cat", "s3://no-such-bucket/a"],
        ["head", "s3://no-such-bucket/a"],
        ["rm", "s3://no-such-bucket/a"],
        ["rm", "-r", "s3://no-such-bucket"],
        ["cp", "s3://no-such-bucket/a", str(tmp_path / "b")],
        ["cp", "-r", "s3://no-such-bucket/a", str(tmp_path / "b")],
        ["cp", "-r", str(tmp_path), "s3://no-such-bucket"],
    ):
        assert main(arguments) == 1, arguments
        errors = capfd.readouterr().err
        assert errors.startswith("storelink: ")
        assert errors.count("\n") == 1, errors
        assert "bucket" in errors
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["a"]


def test_what_is_not_permitted_fails(
    s3_place: Place,
    s3_environment: dict[str, str],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    s3_place.write("a")
    (tmp_path / "f").write_bytes(b"1")
    for name, value in s3_variables(s3_environment, "READONLY_").items():
        monkeypatch.setenv(name, value)
    assert main(["ls", s3_place.url]) == 0
    for arguments in (
        ["cp", str(tmp_path / "f"), s3_place.at("b")],
        ["rm", s3_place.at("a")],
        ["rm", "-r", s3_place.url],
        ["cp", s3_place.at("a"), s3_place.at("b")],
    ):
        assert main(arguments) == 1, arguments
        errors = capfd.readouterr().err
        assert errors.count("\n") == 1, errors
        assert "403" in errors
    assert s3_place.keys() == ["a"]


def test_nobody_at_the_address_is_one_line(s3_place: Place, tmp_path: Path) -> None:
    with socket.socket() as taken:  # bound, so that nobody else is there, but not listening
        taken.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{taken.getsockname()[1]}"
        error = storelink("cp", "--endpoint", endpoint, s3_place.at("a"), tmp_path / "a", status=1)
    assert b"connect" in error.lower()
    assert list(tmp_path.iterdir()) == []


def test_connections_that_break_are_continued(s3_place: Place, s3_environment: dict[str, str], tmp_path: Path) -> None:
    data = os.urandom(3 * PART)
    s3_place.write("a", data)
    with cutting_proxy(s3_environment["STORELINK_TEST_S3_ENDPOINT"], response=2_000_000) as proxy:
        assert main(["cp", *OPTIONS, "--endpoint", proxy.url, s3_place.at("a"), str(tmp_path / "a")]) == 0
        assert proxy.connections > 5
    assert (tmp_path / "a").read_bytes() == data


def interrupt(process: Any, *, number: int = signal.SIGINT) -> float:  # noqa: ANN401
    """Sends the signal; returns how many seconds the process took to end."""
    sent = time.perf_counter()
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors == b""
    return time.perf_counter() - sent


def test_an_interrupted_download_is_continued(tmp_path: Path) -> None:
    body = os.urandom(4 * PART + 5)
    with range_server(body) as server:
        server.hold_from = 2 * PART
        with storelink.start("cp", *OPTIONS, f"{server.address}/a", tmp_path / "a") as process:
            assert server.held.wait(60)
            interrupt(process)
        assert [path.name for path in tmp_path.iterdir()] == [".a.storelink-part"]
        assert server.ranges == [0, PART, 2 * PART]

        server.hold_from = None
        server.ranges.clear()
        assert main(["cp", *OPTIONS, f"{server.address}/a", str(tmp_path / "a")]) == 0
        assert server.ranges == [2 * PART, 3 * PART, 4 * PART]
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_bytes() == body


def test_a_download_of_another_version_begins_anew(tmp_path: Path) -> None:
    with range_server(os.urandom(3 * PART)) as server:
        server.hold_from = 2 * PART
        with storelink.start("cp", *OPTIONS, f"{server.address}/a", tmp_path / "a") as process:
            assert server.held.wait(60)
            interrupt(process, number=signal.SIGTERM)
        server.hold_from = None
        server.ranges.clear()
        server.body, server.e_tag = os.urandom(3 * PART), '"second"'
        assert main(["cp", *OPTIONS, f"{server.address}/a", str(tmp_path / "a")]) == 0
        assert server.ranges == [0, PART, 2 * PART]
        assert (tmp_path / "a").read_bytes() == server.body
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_two_versions_do_not_become_one_file(tmp_path: Path) -> None:
    with range_server(os.urandom(3 * PART)) as server:
        server.hold_from = PART
        with storelink.start("cp", *OPTIONS, f"{server.address}/a", tmp_path / "a") as process:
            assert server.held.wait(60)
            server.e_tag = '"second"'
            server.released.set()  # the connection breaks, and the rest is asked for
            _, errors = process.communicate(timeout=60)
        assert process.returncode == 1
        assert b"while it was being read" in errors
        assert errors.count(b"\n") == 1
    assert not (tmp_path / "a").exists()


def test_another_process_at_the_same_target_is_noticed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with range_server(os.urandom(3 * PART)) as server:
        server.hold_from = PART
        with storelink.start("cp", *OPTIONS, f"{server.address}/a", tmp_path / "a") as process:
            assert server.held.wait(60)
            assert main(["cp", *OPTIONS, f"{server.address}/a", str(tmp_path / "a")]) == 1
            assert "another process is writing" in capfd.readouterr().err
            interrupt(process)


def test_an_interrupted_small_download_leaves_nothing(tmp_path: Path) -> None:
    with range_server(bytes(100_000)) as server:
        server.hold_from = 0
        with storelink.start("cp", f"{server.address}/a", tmp_path / "sub/a") as process:
            assert server.held.wait(60)
            interrupt(process)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_an_interrupted_upload_leaves_nothing(s3_place: Place, s3_environment: dict[str, str]) -> None:
    variables = s3_variables(s3_environment)
    client = boto3.client(
        "s3",
        endpoint_url=variables["AWS_ENDPOINT"],
        region_name=variables["AWS_REGION"],
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
    )
    bucket, _, prefix = s3_place.url.removeprefix("s3://").partition("/")

    def uploads() -> list[str]:
        found = client.list_multipart_uploads(Bucket=bucket, Prefix=prefix).get("Uploads", [])
        return [upload["Key"] for upload in found]

    with storelink.start("cp", "--part-size", "5M", "-", s3_place.at("a"), stdin=-1) as process:
        assert process.stdin is not None
        process.stdin.write(bytes(2 * PART))
        process.stdin.flush()
        deadline = time.monotonic() + 60
        while not uploads():
            assert time.monotonic() < deadline
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    assert uploads() == []
    assert s3_place.keys() == []
    client.close()


def test_ctrl_c_ends_a_write_that_nobody_reads(local_place: Place) -> None:
    Path(local_place.at("a")).write_bytes(bytes(5_000_000))
    with storelink.start("cat", local_place.at("a")) as process:
        assert process.stdout is not None
        assert process.stdout.read(1) == b"\0"  # it writes, and the pipe takes no megabyte
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130


def test_ctrl_c_ends_a_read_of_the_standard_input(local_place: Place) -> None:
    read, write = os.pipe()
    with storelink.start("cp", "-", local_place.at("a"), stdin=read) as process:
        os.close(read)
        os.write(write, b"1")
        while os.get_blocking(write) and _unread(write):  # until it has begun to read
            pass
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    os.close(write)
    assert local_place.keys() == []


def _unread(pipe: int) -> int:
    import array
    import fcntl
    import termios

    count = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, count)
    return count[0]


def test_a_disk_that_refuses_is_one_line(place: Place, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    place.write("a")
    (tmp_path / "file").write_bytes(b"")
    assert main(["cp", place.at("a"), str(tmp_path / "file/below")]) == 1
    assert main(["cp", "-r", place.url, str(tmp_path / "file")]) == 1
    errors = capfd.readouterr().err
    assert errors.count("\n") == 2
    assert "Traceback" not in errors
    assert (tmp_path / "file").read_bytes() == b""


def test_a_directory_is_not_replaced_by_an_object(
    s3_place: Place, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for key in ("d/a", "d/b"):
        s3_place.write(key)
    (tmp_path / "t/a").mkdir(parents=True)
    assert main(["cp", "-r", s3_place.at("d"), str(tmp_path / "t")]) == 1
    assert "Is a directory" in capfd.readouterr().err
    assert sorted(path.name for path in (tmp_path / "t").iterdir()) == ["a", "b"]
