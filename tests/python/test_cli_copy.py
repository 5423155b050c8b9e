"""`storelink cp`: what is copied where, and what is left alone."""

from __future__ import annotations

import json
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from servers.ranges import range_server
from storelink._cli import main
from support.command_line import Place, Process

pytestmark = pytest.mark.once
storelink = Process()

NAMES = ["a", "with space", "ünïcode/日本", "deep/er/still/x", "100%", "%41", "a?b", "a#b", "-dash"]
PART = 5 << 20


def records(capfd: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capfd.readouterr().out.splitlines()]


def quoted(key: str) -> str:
    return key.replace("%", "%25").replace("?", "%3F").replace("#", "%23")


def test_a_tree_goes_to_a_store_and_comes_back(place: Place, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    for name in NAMES:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(name)
    (tree / "empty").mkdir()
    (tree / "nothing").write_bytes(b"")
    assert main(["cp", "-r", str(tree), place.url]) == 0
    assert place.keys() == sorted([*NAMES, "nothing"])
    assert main(["cp", "-r", place.url, str(tmp_path / "new/back")]) == 0
    back = {str(path.relative_to(tmp_path / "new/back")) for path in (tmp_path / "new/back").rglob("*")}
    assert {str(path.relative_to(tree)) for path in tree.rglob("*")} - back == {"empty"}
    assert all((tmp_path / "new/back" / name).read_text() == name for name in NAMES)
    assert list((tmp_path / "new").rglob(".*")) == []


@pytest.mark.parametrize("name", NAMES)
def test_one_object_of_any_name_goes_both_ways(s3_place: Place, tmp_path: Path, name: str) -> None:
    s3_place.write(name, b"12345")
    assert main(["cp", s3_place.at(quoted(name)), str(tmp_path / "x")]) == 0
    assert (tmp_path / "x").read_bytes() == b"12345"
    assert main(["cp", str(tmp_path / "x"), s3_place.at(quoted(name + "2"))]) == 0
    assert s3_place.read(name + "2") == b"12345"


@pytest.mark.parametrize("size", [0, 1, PART - 1, PART, PART + 1, 3 * PART + 7])
def test_sizes_around_that_of_a_part(place: Place, tmp_path: Path, size: int) -> None:
    (tmp_path / "a").write_bytes(os.urandom(size))
    options = ["--part-size", "5M", "--concurrency", "2"]
    assert main(["cp", *options, str(tmp_path / "a"), place.at("b")]) == 0
    assert main(["cp", *options, place.at("b"), str(tmp_path / "c")]) == 0
    assert (tmp_path / "c").read_bytes() == (tmp_path / "a").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["a", "c"]


def test_a_large_object_within_little_memory(s3_place: Place, tmp_path: Path, run_python: Callable[..., str]) -> None:
    block = os.urandom(1 << 20)
    with (tmp_path / "large").open("wb") as file:
        for number in range(300):
            file.write(number.to_bytes(4, "big") + block[4:])
    code = """
import pathlib, re, sys
from storelink._cli import main
status = main(sys.argv[1:])
# Not ru_maxrss: that also counts the process that has started this one.
print(re.search(r"VmHWM:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1])
sys.exit(status)
"""
    for source, target in ((tmp_path / "large", s3_place.at("large")), (s3_place.at("large"), tmp_path / "back")):
        peak = int(run_python(code, "cp", "--concurrency", "4", str(source), str(target)))
        assert peak < 150 << 10  # KiB
    assert (tmp_path / "back").stat().st_size == 300 << 20
    with (tmp_path / "back").open("rb") as one, (tmp_path / "large").open("rb") as two:
        assert all(one.read(1 << 20) == two.read(1 << 20) for _ in range(300))


def test_thousands_of_small_files(s3_place: Place, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "tree").mkdir()
    for number in range(2500):
        (tmp_path / "tree" / f"{number}").write_text(f"{number}")
    assert main(["cp", "-r", str(tmp_path / "tree"), s3_place.url]) == 0
    assert main(["cp", "-r", "--json", s3_place.url, str(tmp_path / "back")]) == 0
    assert {record["status"] for record in records(capfd)} == {"copied"}
    assert {path.name: path.read_text() for path in (tmp_path / "back").iterdir()} == {
        f"{number}": f"{number}" for number in range(2500)
    }
    assert main(["rm", "-r", s3_place.url]) == 0
    assert s3_place.keys() == []


def test_where_one_object_goes(place: Place, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a")
    (tmp_path / "b").write_bytes(b"b")
    for target, key in (("x", "x"), ("dir/", "dir/a"), ("d2/y", "d2/y")):
        assert main(["cp", str(tmp_path / "a"), place.at(target)]) == 0
        assert place.read(key) == b"a"
    assert main(["cp", str(tmp_path / "a"), str(tmp_path / "b"), place.at("both")]) == 0
    assert place.keys() == ["both/a", "both/b", "d2/y", "dir/a", "x"]
    (tmp_path / "there").mkdir()
    assert main(["cp", place.at("x"), str(tmp_path / "there")]) == 0
    assert (tmp_path / "there/x").read_bytes() == b"a"


def test_several_trees_keep_their_names(place: Place, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_text(name)
    assert main(["cp", "-r", str(tmp_path / "one"), str(tmp_path / "two"), place.at("t")]) == 0
    assert place.keys() == ["t/one/x", "t/two/x"]


def test_a_prefix_is_whole_segments(s3_place: Place, tmp_path: Path) -> None:
    for key in ("logs/1", "logs2/1", "logs"):
        s3_place.write(key)
    assert main(["cp", "-r", s3_place.at("logs"), str(tmp_path / "x")]) == 0
    assert [str(path.relative_to(tmp_path / "x")) for path in (tmp_path / "x").rglob("*")] == ["1"]
    assert main(["cp", "-r", s3_place.at("logs2/1"), str(tmp_path / "y")]) == 0  # an object is a tree of one
    assert (tmp_path / "y/1").read_bytes() == b"data"


def test_a_prefix_is_no_single_object(place: Place, tmp_path: Path) -> None:
    place.write("d/a")
    assert main(["cp", place.at("d/"), str(tmp_path / "x")]) == 2
    assert not (tmp_path / "x").exists()


def test_a_copy_within_a_bucket_passes_no_bytes_through_here(
    s3_place: Place, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from storelink._cli import transfers

    async def never(*_: object, **__: object) -> None:
        raise AssertionError("its bytes were asked for")

    monkeypatch.setattr(transfers, "get_async", never)
    for key in ("a", "d/b"):
        s3_place.write(f"from/{key}", key.encode())
    assert main(["cp", "-r", "--json", s3_place.at("from"), s3_place.at("to")]) == 0
    assert [record["status"] for record in records(capfd)] == ["copied", "copied"]
    assert s3_place.read("to/d/b") == b"d/b"


@pytest.mark.parametrize("size", [0, 3, 2 * PART + 1])
def test_from_store_to_store(
    s3_place: Place, gcs_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, size: int, tmp_path: Path
) -> None:
    monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT", gcs_environment["STORELINK_TEST_GCS_SERVICE_ACCOUNT"])
    data = os.urandom(size)
    s3_place.write("a/x", data)
    google = f"gs://{gcs_environment['STORELINK_TEST_GCS_BUCKET']}/{s3_place.url.rpartition('/')[2]}"
    config = [f"base_url={gcs_environment['STORELINK_TEST_GCS_ENDPOINT']}", "allow_http=true"]
    to = [f"--target-config={setting}" for setting in config]
    assert main(["cp", "-r", "--part-size", "5M", "--concurrency", "1", *to, s3_place.at("a"), google]) == 0
    back = [f"--source-config={setting}" for setting in config]
    assert main(["cp", "--part-size", "5M", *back, google + "/x", s3_place.at("back")]) == 0
    assert s3_place.read("back") == data


def test_the_content_type_goes_along_from_store_to_store(s3_place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    import storelink as package

    package.put(s3_place.store, "a", b"{}", attributes={"Content-Type": "application/x-odd"})
    # Another region makes it another store.
    assert main(["cp", "--target-config", "request_payer=true", s3_place.at("a"), s3_place.at("b")]) == 0
    assert main(["head", "--json", s3_place.at("b")]) == 0
    assert records(capfd)[0]["attributes"]["Content-Type"] == "application/x-odd"


def test_nothing_is_copied_into_itself(place: Place, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    place.write("a/b")
    assert main(["cp", "-r", place.url, place.at("a/new")]) == 2
    assert main(["cp", "-r", place.at("a"), place.at("a")]) == 2
    assert main(["cp", "-f", place.at("a/b"), place.at("a/b")]) == 1
    assert "these are the same" in capfd.readouterr().err
    assert place.keys() == ["a/b"]
    assert place.read("a/b") == b"data"


# --- what is there already ----------------------------------------------------------------------------------------


def test_a_rerun_skips_what_is_there(place: Place, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for key in ("a", "d/b"):
        place.write(f"from/{key}", b"12345")
    tree = str(tmp_path / "tree")

    def statuses(*arguments: str) -> dict[str, str]:
        assert main(["cp", "-r", "--json", *arguments]) == 0
        return {record["source"].rpartition("/")[2]: record["status"] for record in records(capfd)}

    assert statuses(place.at("from"), tree) == {"a": "copied", "b": "copied"}
    assert statuses(place.at("from"), tree) == {"a": "skipped", "b": "skipped"}
    (tmp_path / "tree/a").write_bytes(b"longer than it was")
    os.utime(tmp_path / "tree/d/b", (1, 1))  # older than its source
    assert statuses(place.at("from"), tree) == {"a": "copied", "b": "copied"}
    assert statuses("--force", place.at("from"), tree) == {"a": "copied", "b": "copied"}

    assert statuses(tree, place.at("to")) == {"a": "copied", "b": "copied"}
    assert statuses(tree, place.at("to")) == {"a": "skipped", "b": "skipped"}
    os.utime(tmp_path / "tree/a", (4_000_000_000, 4_000_000_000))
    assert statuses(tree, place.at("to")) == {"a": "copied", "b": "skipped"}


def test_one_object_that_is_there_is_skipped(place: Place, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    place.write("a")
    for expected in ("copied", "skipped"):
        assert main(["cp", "--json", place.at("a"), str(tmp_path / "a")]) == 0
        assert main(["cp", "--json", str(tmp_path / "a"), place.at("b")]) == 0
        assert [record["status"] for record in records(capfd)] == [expected, expected]


def test_no_clobber_replaces_nothing(place: Place, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/a").write_bytes(b"mine, and longer")
    (tmp_path / "tree/b").write_bytes(b"new")
    place.write("a", b"theirs")
    assert main(["cp", "-r", "-n", str(tmp_path / "tree"), place.url]) == 0
    assert main(["cp", "-n", str(tmp_path / "tree/a"), place.at("a")]) == 0
    assert main(["cp", "-n", place.at("a"), str(tmp_path / "tree/a")]) == 0
    assert (place.read("a"), place.read("b")) == (b"theirs", b"new")
    assert (tmp_path / "tree/a").read_bytes() == b"mine, and longer"
    assert main(["cp", "-n", place.at("a"), str(tmp_path / "fresh")]) == 0
    assert (tmp_path / "fresh").read_bytes() == b"theirs"
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["fresh"]


def test_what_a_tree_has_beside_files_is_left_out_and_counted(
    place: Place, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "outside").write_bytes(b"secret")
    tree = tmp_path / "tree"
    (tree / "d/empty").mkdir(parents=True)
    (tree / "d/a").write_bytes(b"a")
    (tree / "followed").symlink_to("d/a")
    (tree / "directory").symlink_to("d")
    assert main(["cp", "-r", str(tree), place.at("all")]) == 0
    assert capfd.readouterr().err == ""
    os.mkfifo(tree / "d/pipe")
    (tree / "broken").symlink_to("nothing")
    (tree / "outside").symlink_to("../outside")
    (tree / "absolute").symlink_to(tree / "d/a")
    assert main(["cp", "-r", str(tree), place.at("some")]) == 0
    errors = capfd.readouterr().err
    assert errors == f"storelink: {tree}/: 4 entries left out: no files, or links that lead elsewhere\n"
    assert main(["ls", "-r", place.at("some")]) == 0
    assert capfd.readouterr().out.split() == ["d/a", "directory/a", "followed"]


def test_a_dry_run_changes_nothing(place: Place, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    place.write("d/a", b"12345")
    (tmp_path / "f").write_bytes(b"1")
    for arguments in (
        ["-r", place.at("d"), str(tmp_path / "new")],
        [place.at("d/a"), str(tmp_path / "new")],
        [str(tmp_path / "f"), place.at("x")],
        ["-r", place.at("d"), place.at("e")],
    ):
        assert main(["cp", "--dry-run", "--json", *arguments]) == 0
        (record,) = records(capfd)
        assert record["status"] == "would copy"
        assert set(record) == {"operation", "source", "target", "size", "status"}
        assert main(["cp", "--dry-run", *arguments]) == 0
        assert capfd.readouterr().out == f"would copy: {record['source']} -> {record['target']}\n"
    assert main(["cp", "--dry-run", place.at("d/a"), "-"]) == 0
    assert (
        storelink("cp", "--dry-run", "-", place.at("y"), stdin=b"1") == f"would copy: - -> {place.at('y')}\n".encode()
    )
    assert place.keys() == ["d/a"]
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["f"]
    assert not (tmp_path / "new").exists()


# --- streams and special files ------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 5, PART, 2 * PART + 1])
def test_from_the_standard_input_and_to_the_standard_output(place: Place, size: int) -> None:
    data = os.urandom(size)
    assert storelink("cp", "--part-size", "5M", "-", place.at("d/x"), stdin=data) == b""
    assert place.read("d/x") == data
    assert storelink("cp", place.at("d/x"), "-") == data


def test_a_device_is_written_and_not_replaced(place: Place, tmp_path: Path) -> None:
    place.write("a", b"12345")
    os.mkfifo(tmp_path / "pipe")
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    assert main(["cp", place.at("a"), str(tmp_path / "pipe")]) == 0
    reader.join()
    assert received == [b"12345"]
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    writer = threading.Thread(target=lambda: (tmp_path / "pipe").write_bytes(b"678"))
    writer.start()
    assert main(["cp", str(tmp_path / "pipe"), place.at("b")]) == 0
    writer.join()
    assert place.read("b") == b"678"


# --- local files --------------------------------------------------------------------------------------------------


def test_keys_that_are_no_local_paths_are_refused_and_the_others_copied(
    gcs_place: Place, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    odd = ["a//b", "../../escape", "x/../y", "./z", "/root"]
    for key in [*odd, "good"]:
        gcs_place.write(key)
    assert main(["cp", "-r", gcs_place.url, str(tmp_path / "in/here")]) == 1
    errors = capfd.readouterr().err.splitlines()
    assert len(errors) == len(odd)
    assert all("cannot be the name of a local file" in error for error in errors)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / "in/here/good"]


def test_odd_keys_are_listed_copied_and_removed(gcs_place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    keys = ["from/a//b", "from/../c", "from//d", "from/e"]
    for key in keys:
        gcs_place.write(key, key.encode())
    assert main(["cp", "-r", gcs_place.at("from"), gcs_place.at("to")]) == 0
    assert gcs_place.keys() == sorted([*keys, *(key.replace("from", "to") for key in keys)])
    assert main(["cat", gcs_place.at("to/a//b")]) == 0
    assert capfd.readouterr().out == "from/a//b"
    assert main(["ls", "--json", gcs_place.at("from")]) == 0
    listed = records(capfd)
    assert {record["name"] for record in listed} == {"a/", "../", "/", "e"}
    for record in listed:
        if record["type"] == "prefix":
            assert main(["ls", "-r", "--json", record["url"]]) == 0
            assert len(records(capfd)) == 1
    assert main(["rm", gcs_place.at("to/a//b")]) == 0
    assert main(["rm", "-r", gcs_place.at("from")]) == 0
    assert gcs_place.keys() == sorted(key.replace("from", "to") for key in keys if key != "from/a//b")


def test_a_symbolic_link_stays_one(place: Place, tmp_path: Path) -> None:
    place.write("a", b"new")
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    assert main(["cp", "-f", place.at("a"), str(tmp_path / "link")]) == 0
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_new_files_have_the_usual_permissions(place: Place, tmp_path: Path) -> None:
    place.write("a")
    (tmp_path / "usual").touch()
    assert main(["cp", place.at("a"), str(tmp_path / "b")]) == 0
    assert (tmp_path / "b").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_a_local_copy_is_a_file_of_its_own(local_place: Place, tmp_path: Path) -> None:
    local_place.write("a", b"12345")
    assert main(["cp", local_place.at("a"), str(tmp_path / "b")]) == 0
    (tmp_path / "b").write_bytes(b"changed")
    assert local_place.read("a") == b"12345"


def test_what_is_not_complete_is_not_uploaded(place: Place, tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/.x.storelink-part").write_bytes(b"some")
    (tmp_path / "tree/.hidden").write_bytes(b"some")
    assert main(["cp", "-r", str(tmp_path / "tree"), place.url]) == 0
    assert place.keys() == [".hidden"]


def test_a_web_server_is_a_source(tmp_path: Path) -> None:
    with range_server(b"12345") as server:
        assert main(["cp", f"{server.address}/some/file.txt", str(tmp_path) + "/"]) == 0
    assert (tmp_path / "file.txt").read_bytes() == b"12345"


def test_file_urls_are_local_paths(tmp_path: Path) -> None:
    (tmp_path / "a b").write_bytes(b"1")
    assert main(["cp", f"file://{tmp_path}/a%20b", f"file://localhost{tmp_path}/c"]) == 0
    assert (tmp_path / "c").read_bytes() == b"1"
