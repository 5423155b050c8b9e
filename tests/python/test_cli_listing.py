"""`storelink ls`, `du`, `head`, `cat`, `rm` and `presign`."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from storelink._cli import main
from support.command_line import Place, Process

pytestmark = pytest.mark.once
storelink = Process()


def records(capfd: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capfd.readouterr().out.splitlines()]


@pytest.fixture
def tree(place: Place) -> Place:
    """a (5 bytes), d/b (2,000 bytes), d/e/c (3 bytes), "with space/ü" (1 byte)."""
    for key, size in (("a", 5), ("d/b", 2000), ("d/e/c", 3), ("with space/ü", 1)):
        place.write(key, b"x" * size)
    return place


# --- ls -----------------------------------------------------------------------------------------------------------


def test_ls_shows_one_level(tree: Place, capfd: pytest.CaptureFixture[str]) -> None:
    for url, names in (
        (tree.url, ["d/", "with space/", "a"]),
        (tree.url + "/", ["d/", "with space/", "a"]),
        (tree.at("d"), ["e/", "b"]),
        (tree.at("a"), ["a"]),
        (tree.at("with space"), ["ü"]),
    ):
        assert main(["ls", url]) == 0
        assert capfd.readouterr().out.splitlines() == names


def test_ls_shows_all_levels(tree: Place, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["ls", "-r", tree.url]) == 0
    assert sorted(capfd.readouterr().out.splitlines()) == ["a", "d/b", "d/e/c", "with space/ü"]
    assert main(["ls", "-r", tree.at("a")]) == 0
    assert capfd.readouterr().out == "a\n"


def test_ls_long_has_sizes_and_times(tree: Place, capfd: pytest.CaptureFixture[str]) -> None:
    for option, size in (("-l", "2000"), ("-h", "2.0K")):
        assert main(["ls", option, tree.at("d")]) == 0
        prefix, entry = capfd.readouterr().out.splitlines()
        assert re.fullmatch(r" +-  - +e/", prefix)
        assert re.fullmatch(rf" +{size}  20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ  b", entry)


def test_ls_json_has_one_object_a_line(tree: Place, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["ls", "--json", tree.at("d")]) == 0
    prefix, entry = records(capfd)
    assert prefix == {"type": "prefix", "url": tree.at("d/e/"), "name": "e/"}
    assert entry.pop("last_modified").endswith("Z")
    assert entry.pop("e_tag")
    assert entry == {"type": "object", "url": tree.at("d/b"), "name": "b", "size": 2000, "version": None}


@pytest.mark.parametrize("name", ["100%", "a?b", "a#b", "%41"])
def test_urls_can_be_given_back(s3_place: Place, capfd: pytest.CaptureFixture[str], name: str) -> None:
    s3_place.write(name, name.encode())
    assert main(["ls", "--json", s3_place.url]) == 0
    (entry,) = records(capfd)
    assert entry["name"] == name
    assert main(["cat", entry["url"]]) == 0
    assert capfd.readouterr().out == name


def test_ls_of_nothing(place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    place.write("d/a")
    for url in (place.at("b"), place.at("b/"), place.at("d/a/")):
        assert main(["ls", url]) == 1
        assert main(["ls", "-r", url]) == 1
        printed, errors = capfd.readouterr()
        assert printed == ""
        assert errors.count("\n") == 2


def test_an_empty_directory_is_no_error(local_place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    for arguments in (["ls"], ["ls", "-r"], ["cp", "-r", local_place.at("new")]):
        assert main([*arguments, local_place.url]) == (1 if arguments[0] == "cp" else 0)
    assert main(["du", local_place.url]) == 0
    assert capfd.readouterr().out.split()[:2] == ["0", "0"]


def test_relative_paths(local_place: Place, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    local_place.write("d/a")
    monkeypatch.chdir(local_place.url)
    for path, urls in (
        (".", ["d/a"]),
        ("d", ["d/a"]),
        ("./d/", ["./d/a"]),
        ("d/a", ["d/a"]),
        ("../local place/d/a", ["../local place/d/a"]),
    ):
        assert main(["ls", "-r", "--json", path]) == 0
        assert [record["url"] for record in records(capfd)] == urls


# --- du -----------------------------------------------------------------------------------------------------------


def test_du_adds_up_per_prefix(tree: Place, capfd: pytest.CaptureFixture[str]) -> None:
    def totals(*options: str) -> dict[str, tuple[int, int]]:
        assert main(["du", "--json", *options, tree.url]) == 0
        return {record["url"].removeprefix(tree.url): (record["size"], record["objects"]) for record in records(capfd)}

    whole = {key: value for key, value in totals().items() if key in ("", "/")}
    assert list(whole.values()) == [(2009, 4)]
    assert totals("-d", "1") == {"/d/": (2003, 2), "/with space/": (1, 1), **whole}
    assert totals("-d", "9") == {"/d/": (2003, 2), "/d/e/": (3, 1), "/with space/": (1, 1), **whole}


def test_du_for_people(tree: Place, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["du", "-h", tree.at("d"), tree.at("a")]) == 0
    lines = [line.split()[:2] for line in capfd.readouterr().out.splitlines()]
    assert lines == [["2.0K", "2"], ["5", "1"]]


# --- head ---------------------------------------------------------------------------------------------------------


def test_head_shows_metadata(tree: Place, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["head", tree.at("d/b")]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert lines[:2] == [f"url: {tree.at('d/b')}", "size: 2000"]
    assert main(["head", "-h", tree.at("d/b")]) == 0
    assert "size: 2.0K" in capfd.readouterr().out.splitlines()
    assert main(["head", "--json", tree.at("d/b"), tree.at("a")]) == 0
    assert [(record["name"], record["size"]) for record in records(capfd)] == [("b", 2000), ("a", 5)]


def test_head_shows_attributes(s3_place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    import storelink as package

    package.put(s3_place.store, "a", b"{}", attributes={"Content-Type": "application/json", "owner": "ü"})
    assert main(["head", "--json", s3_place.at("a")]) == 0
    attributes = records(capfd)[0]["attributes"]
    assert attributes["Content-Type"] == "application/json"
    assert attributes["owner"] == "ü"
    assert main(["head", s3_place.at("a")]) == 0
    assert "attribute Content-Type: application/json" in capfd.readouterr().out.splitlines()


# --- cat ----------------------------------------------------------------------------------------------------------


def test_cat_writes_objects_and_ranges(place: Place) -> None:
    place.write("a", bytes(range(256)))
    place.write("b", b"12345")
    assert storelink("cat", place.at("a"), place.at("b")) == bytes(range(256)) + b"12345"
    for ranges, expected in (
        (["0:2"], b"12"),
        (["3:"], b"45"),
        (["0:"], b"12345"),
        (["-2:"], b"45"),
        (["-9:"], b"12345"),
        (["4:9"], b"5"),
        (["1:2", "-1:", "0:1"], b"251"),
    ):
        options = [option for text in ranges for option in ("--range", text)]
        assert storelink("cat", *options, place.at("b")) == expected
    assert storelink("cat", "--range", "9:10", place.at("b"), status=1)


# --- rm -----------------------------------------------------------------------------------------------------------


def test_rm_removes_what_is_named(tree: Place, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["rm", tree.at("a"), tree.at("d/b")]) == 0
    assert tree.keys() == ["d/e/c", "with space/ü"]
    assert main(["rm", tree.at("a"), tree.at("with space/ü")]) == 1  # the first one is not there any more
    assert capfd.readouterr().err.count("\n") == 1
    assert tree.keys() == ["d/e/c"]


def test_rm_removes_all_below_a_prefix(tree: Place, capfd: pytest.CaptureFixture[str]) -> None:
    tree.write("d2/x")
    assert main(["rm", "-r", "--json", tree.at("d")]) == 0
    removed = sorted(records(capfd), key=lambda record: str(record["url"]))
    assert removed == [
        {"operation": "remove", "url": tree.at("d/b"), "size": 2000, "status": "removed"},
        {"operation": "remove", "url": tree.at("d/e/c"), "size": 3, "status": "removed"},
    ]
    assert tree.keys() == ["a", "d2/x", "with space/ü"]
    assert main(["rm", "-r", "-v", tree.url]) == 0
    assert sorted(capfd.readouterr().out.splitlines())[0] == f"removed: {tree.at('a')}"
    assert not Path(tree.url).exists()  # a local one goes with its directories


def test_rm_without_recursive_keeps_prefixes(tree: Place) -> None:
    assert main(["rm", tree.at("d/")]) == 2
    assert main(["rm", tree.at("d")]) in (1, 2)  # no such object; or a local directory
    assert len(tree.keys()) == 4


def test_a_dry_run_of_rm_removes_nothing(tree: Place, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["rm", "-r", "--dry-run", tree.url]) == 0
    assert sorted(capfd.readouterr().out.splitlines()) == [
        f"would remove: {tree.at(key)}" for key in ("a", "d/b", "d/e/c", "with space/ü")
    ]
    assert main(["rm", "--dry-run", "--json", tree.at("a")]) == 0
    assert [record["status"] for record in records(capfd)] == ["would remove"]
    assert len(tree.keys()) == 4


def test_rm_keeps_directories_that_are_not_empty(local_place: Place, tmp_path: Path) -> None:
    local_place.write("d/a")
    (tmp_path / "outside").write_bytes(b"")
    Path(local_place.at("d/link")).symlink_to(tmp_path / "outside")
    main(["rm", "-r", local_place.url])
    assert (tmp_path / "outside").exists()


# --- presign ------------------------------------------------------------------------------------------------------


def test_a_signed_url_needs_no_credentials(s3_place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    s3_place.write("a b", b"12345")
    assert main(["presign", s3_place.at("a b")]) == 0
    url = capfd.readouterr().out.strip()
    assert "X-Amz-Expires=3600&" in url
    with urllib.request.urlopen(url) as response:
        assert response.read() == b"12345"
    assert main(["presign", "--method", "put", "--expires", "5m", "--json", s3_place.at("new")]) == 0
    (record,) = records(capfd)
    assert (record["url"], record["method"], record["expires_in"]) == (s3_place.at("new"), "PUT", 300)
    with urllib.request.urlopen(urllib.request.Request(record["signed_url"], b"new", method="PUT")):
        pass
    assert s3_place.read("new") == b"new"
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(record["signed_url"])
    refused.value.close()


def test_what_cannot_sign_says_so(local_place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    local_place.write("a")
    assert main(["presign", local_place.at("a")]) == 1
    assert capfd.readouterr().err.count("\n") == 1
