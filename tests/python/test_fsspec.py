"""storelink.fsspec: what fsspec's own tests (test_fsspec_suite.py) leave out."""

# mypy: disallow-subclassing-any=False

from __future__ import annotations

import asyncio
import io
import multiprocessing
import os
import pickle
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.callbacks import Callback
from fsspec.registry import _registry
from servers import sigv4
from storelink import fsspec as ours
from storelink.exceptions import UnknownConfigurationKeyError
from storelink.fsspec import BufferedFile, FsspecStore, register

pytestmark = pytest.mark.once

TEXT = b"first\nsecond\nthird"


@pytest.fixture(params=["memory", "file", "s3"])
def fs(request: pytest.FixtureRequest) -> FsspecStore:
    settings: dict[str, Any] = {}
    if request.param == "s3":
        settings = {**request.getfixturevalue("s3_settings")}
        del settings["bucket"]
    return FsspecStore(request.param, skip_instance_cache=True, **settings)


@pytest.fixture
def top(fs: FsspecStore, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty directory of the filesystem."""
    if fs.protocol == "file":
        return str(tmp_path)
    if fs.protocol == "memory":
        return "/top"
    return f"{request.getfixturevalue('s3_settings')['bucket']}/fsspec-{uuid.uuid4().hex}"


@pytest.fixture
def registered() -> Iterator[None]:
    before = dict(_registry)
    yield
    _registry.clear()
    _registry.update(before)


# --- paths ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("protocol", "path", "name", "bucket", "key"),
    [
        ("s3", "s3://bucket/a/b", "bucket/a/b", "bucket", "a/b"),
        ("s3", "bucket/a/b/", "bucket/a/b", "bucket", "a/b"),
        ("s3", "bucket", "bucket", "bucket", ""),
        ("s3", "s3://bucket/a#b?c", "bucket/a#b?c", "bucket", "a#b?c"),
        ("abfs", "abfs://c@account.dfs.core.windows.net/a", "c@account.dfs.core.windows.net/a", None, "a"),
        ("https", "https://host/a/b", "host/a/b", "host", "a/b"),
        ("memory", "memory://a/b", "/a/b", "", "a/b"),
        ("memory", "a/b", "/a/b", "", "a/b"),
        ("memory", "", "/", "", ""),
        ("file", "file:///a/b", "/a/b", "", "a/b"),
    ],
)
def test_paths_are_names_without_a_protocol(protocol: str, path: str, name: str, bucket: str | None, key: str) -> None:
    fs = FsspecStore(protocol)
    assert fs._strip_protocol(path) == name
    assert fs._split_path(path) == (name.partition("/")[0] if bucket is None else bucket, key)
    assert fs._strip_protocol(fs.unstrip_protocol(name)) == name


def test_a_path_of_another_protocol_is_refused() -> None:
    fs = FsspecStore("s3", skip_signature=True)
    for call in (fs.info, fs.open, fs.ls, fs.cat_file):
        with pytest.raises(ValueError, match=r"s3://\.\.\. or has no protocol, not gs://"):
            call("gs://bucket/key")


def test_settings_are_checked_at_first_use() -> None:
    fs = FsspecStore("s3", no_such_setting="x", skip_instance_cache=True)
    with pytest.raises(UnknownConfigurationKeyError, match="no_such_setting"):
        fs.info("bucket/key")
    with pytest.warns(UserWarning, match="Unknown protocol: nope"):
        FsspecStore("nope")


# --- what is there --------------------------------------------------------------------------------------------------


def test_listings(fs: FsspecStore, top: str) -> None:
    for name in ("a", "d/b", "d/e/c"):
        fs.pipe_file(f"{top}/{name}", name.encode())
    assert fs.ls(top) == [f"{top}/a", f"{top}/d"]
    file, directory = fs.ls(top, detail=True)
    assert file == fs.info(f"{top}/a")
    assert (file["name"], file["size"], file["type"]) == (f"{top}/a", 1, "file")
    assert directory == fs.info(f"{top}/d") == {"name": f"{top}/d", "size": 0, "type": "directory"}
    assert fs.ls(f"{top}/a", detail=True) == [file]

    assert fs.find(top) == [f"{top}/a", f"{top}/d/b", f"{top}/d/e/c"]
    assert fs.find(top, maxdepth=1, withdirs=True) == [top, f"{top}/a", f"{top}/d"]
    assert fs.find(top, withdirs=True)[-2:] == [f"{top}/d/e", f"{top}/d/e/c"]
    assert fs.find(f"{top}/d", detail=True)[f"{top}/d/b"] == fs.info(f"{top}/d/b")
    assert fs.find(f"{top}/a") == [f"{top}/a"]
    assert fs.find(f"{top}/none") == []
    assert fs.glob(f"{top}/*/*") == [f"{top}/d/b", f"{top}/d/e"]
    assert fs.glob(f"{top}/**/c") == [f"{top}/d/e/c"]
    assert list(fs.walk(f"{top}/d")) == [(f"{top}/d", ["e"], ["b"]), (f"{top}/d/e", [], ["c"])]
    assert fs.du(top) == len("a" + "d/b" + "d/e/c")
    assert fs.du(f"{top}/d", total=False) == {f"{top}/d/b": 3, f"{top}/d/e/c": 5}

    assert (fs.isdir(top), fs.isfile(top), fs.exists(top)) == (True, False, True)
    assert (fs.isdir(f"{top}/a"), fs.isfile(f"{top}/a")) == (False, True)
    assert fs.exists(f"{top}/d/")
    assert not fs.exists(f"{top}/n")
    for call in (fs.ls, fs.info, fs.modified, fs.cat_file):
        with pytest.raises(FileNotFoundError):
            call(f"{top}/none")
    with pytest.raises(ValueError, match="maxdepth is 0"):
        fs.find(top, maxdepth=0)


def test_listings_are_cached_only_if_asked_for() -> None:
    fs = FsspecStore("memory", use_listings_cache=True, skip_instance_cache=True)
    store = fs._construct_store("")
    fs.pipe_file("d/a", b"")
    assert fs.ls("d") == ["/d/a"]
    store.put("d/b", b"behind its back")
    assert fs.ls("d") == ["/d/a"]
    assert fs.ls("d", refresh=True) == ["/d/a", "/d/b"]
    fs.pipe_file("d/c", b"")
    assert fs.ls("d") == ["/d/a", "/d/b", "/d/c"]
    fs.rm("d/a")
    assert fs.ls("d") == ["/d/b", "/d/c"]
    store.put("d/d", b"behind its back")
    assert not fs.exists("d/d")
    fs.invalidate_cache()
    assert fs.exists("d/d")


def test_an_object_that_stands_for_a_directory(s3_settings: dict[str, Any]) -> None:
    bucket = s3_settings.pop("bucket")
    fs, top = FsspecStore("s3", **s3_settings), f"{bucket}/fsspec-{uuid.uuid4().hex}"
    keys = (s3_settings["access_key_id"], s3_settings["secret_access_key"])
    assert sigv4.request("PUT", f"{s3_settings['endpoint']}/{top}/d/", *keys) == 200
    assert fs.isdir(f"{top}/d")
    assert fs.ls(f"{top}/d") == []
    assert fs.ls(top) == [f"{top}/d"]
    assert fs.find(top) == []
    fs.rm(f"{top}/d", recursive=True)
    assert not fs.exists(f"{top}/d")


def test_keys_that_are_no_paths(s3_settings: dict[str, Any]) -> None:
    """SeaweedFS keeps no "a//b", but this."""
    bucket = s3_settings.pop("bucket")
    fs, name = FsspecStore("s3", **s3_settings), f"{bucket}/fsspec-{uuid.uuid4().hex}/a%20b\x7f"
    fs.pipe_file(name, b"1")
    assert fs.find(fs._parent(name)) == [name]
    assert fs.cat(fs.ls(fs._parent(name))) == {name: b"1"}
    fs.rm(fs._parent(name), recursive=True)


def test_facts_of_a_file(fs: FsspecStore, top: str) -> None:
    path = f"{top}/a"
    fs.pipe_file(path, b"1")
    assert abs(datetime.now(timezone.utc) - fs.modified(path)) < timedelta(minutes=1)
    before = fs.checksum(path)
    assert before == fs.checksum(path)
    fs.pipe_file(path, b"23")
    assert fs.checksum(path) != before
    assert fs.size(path) == 2


def test_signed_urls(s3_settings: dict[str, Any]) -> None:
    bucket = s3_settings.pop("bucket")
    url = FsspecStore("s3", **s3_settings).sign(f"{bucket}/a", expiration=60)
    assert url.startswith(f"{s3_settings['endpoint']}/{bucket}/a?")
    assert "X-Amz-Expires=60" in url
    with pytest.raises(NotImplementedError, match="no signed URLs for memory://"):
        FsspecStore("memory").sign("a")


# --- reading --------------------------------------------------------------------------------------------------------

BOUNDS = [None, 0, 3, 17, 18, 40, -3, -18, -40]


@pytest.mark.parametrize("start", BOUNDS)
def test_parts_of_files_are_slices(fs: FsspecStore, top: str, start: int | None) -> None:
    fs.pipe_file(f"{top}/a", TEXT)
    expected = [TEXT[start:end] for end in BOUNDS]
    assert [fs.cat_file(f"{top}/a", start, end) for end in BOUNDS] == expected
    count = len(BOUNDS)
    assert fs.cat_ranges([f"{top}/a"] * count, [start] * count, BOUNDS) == expected


def test_an_empty_file_has_empty_parts(fs: FsspecStore, top: str) -> None:
    fs.touch(f"{top}/a")
    assert [fs.cat_file(f"{top}/a", start, end) for start in (None, 0, -5) for end in (None, 3)] == [b""] * 6


def test_ranges_of_many_files(fs: FsspecStore, top: str) -> None:
    fs.pipe({f"{top}/a": b"0123456789", f"{top}/b": b"abcdef"})
    paths = [f"{top}/a", f"{top}/b", f"{top}/a", f"{top}/none"]
    *found, error = fs.cat_ranges(paths, [0, 1, 5, 0], [3, 3, 8, 1])
    assert found == [b"012", b"bc", b"567"]
    assert isinstance(error, FileNotFoundError)
    with pytest.raises(FileNotFoundError):
        fs.cat_ranges(paths, 0, 1, on_error="raise")
    assert fs.cat_ranges(paths[:3], 0, 2, max_gap=0) == [b"01", b"ab", b"01"]
    with pytest.raises(ValueError, match="4 paths have 1 starts and 4 ends"):
        fs.cat_ranges(paths, [0], 1)


def test_cat_leaves_directories_out(fs: FsspecStore, top: str) -> None:
    fs.pipe({f"{top}/d/a": b"1", f"{top}/d/e/b": b"2"})
    assert fs.cat(f"{top}/d", recursive=True) == {f"{top}/d/a": b"1", f"{top}/d/e/b": b"2"}
    assert fs.cat(f"{top}/d/*") == {f"{top}/d/a": b"1"}
    assert fs.cat(f"{top}/d/a") == b"1"
    assert fs.cat([f"{top}/d/a", f"{top}/none"], on_error="omit") == {f"{top}/d/a": b"1"}
    with pytest.raises(FileNotFoundError):
        fs.cat([f"{top}/d/a", f"{top}/none"])


@pytest.mark.parametrize("cache_type", ["readahead", "none", "bytes", "blockcache", "all", "first", "background"])
def test_files_are_read_through_any_cache(fs: FsspecStore, top: str, cache_type: str) -> None:
    content = bytes(range(256)) * 40
    fs.pipe_file(f"{top}/a", content)
    with fs.open(f"{top}/a", cache_type=cache_type, block_size=1000) as file:
        assert file.size == len(content)
        assert file.read(10) == content[:10]
        assert file.seek(-20, 2) == len(content) - 20
        assert file.read() == content[-20:]
        assert file.seek(5000) == 5000
        buffer = bytearray(3000)
        assert file.readinto(buffer) == 3000
        assert bytes(buffer) == content[5000:8000]
        assert file.tell() == 8000
        file.seek(0)
        assert file.read() == content


def test_lines(fs: FsspecStore, top: str) -> None:
    fs.pipe_file(f"{top}/a", TEXT)
    with fs.open(f"{top}/a") as file:
        assert list(file) == [b"first\n", b"second\n", b"third"]
        file.seek(0)
        assert (file.readline(), file.readline(3), file.readlines()) == (b"first\n", b"sec", [b"ond\n", b"third"])
    with fs.open(f"{top}/a", "r") as file:
        assert list(file) == ["first\n", "second\n", "third"]
    assert fs.head(f"{top}/a", 5) == b"first"
    assert fs.tail(f"{top}/a", 5) == b"third"
    assert fs.read_block(f"{top}/a", 3, 6, b"\n") == b"second\n"


def test_downloads_appear_at_once(fs: FsspecStore, top: str, tmp_path: Path) -> None:
    content = os.urandom(9_000_000)
    fs.pipe_file(f"{top}/a", content)
    target = tmp_path / "below" / "copy"

    class Watching(Callback):
        def relative_update(self, inc: int = 1) -> None:
            assert not target.exists()
            super().relative_update(inc)

    callback = Watching()
    fs.get_file(f"{top}/a", str(target), callback=callback)
    assert target.read_bytes() == content
    assert (callback.size, callback.value) == (len(content), len(content))
    file = io.BytesIO()
    fs.get_file(f"{top}/a", file)
    assert file.getvalue() == content

    class Failing(Callback):
        def relative_update(self, inc: int = 1) -> None:
            raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        fs.get_file(f"{top}/a", str(tmp_path / "below" / "other"), callback=Failing())
    assert list((tmp_path / "below").iterdir()) == [target]


# --- writing --------------------------------------------------------------------------------------------------------


def test_pipe_modes(fs: FsspecStore, top: str) -> None:
    fs.pipe_file(f"{top}/a", b"1", mode="create")
    with pytest.raises(FileExistsError):
        fs.pipe_file(f"{top}/a", b"2", mode="create")
    with pytest.raises(ValueError, match="the mode is 'append'; accepted are"):
        fs.pipe_file(f"{top}/a", b"2", mode="append")
    assert fs.cat_file(f"{top}/a") == b"1"


@pytest.mark.parametrize("size", [0, 10, 12_000_000])
def test_uploads(fs: FsspecStore, top: str, tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    source = tmp_path / "source"
    source.write_bytes(content)
    callback = Callback()
    fs.put_file(str(source), f"{top}/up/a", callback=callback)
    assert (callback.size, callback.value) == (size, size)
    assert fs.cat_file(f"{top}/up/a") == content
    with pytest.raises(FileExistsError):
        fs.put_file(str(source), f"{top}/up/a", mode="create")
    with pytest.raises(FileNotFoundError):
        fs.put_file(str(tmp_path / "none"), f"{top}/up/a")


@pytest.mark.parametrize("size", [0, 10, 6_000_000, 25_000_000])
def test_files_are_written_when_they_are_closed(fs: FsspecStore, top: str, size: int) -> None:
    content = os.urandom(size)
    with fs.open(f"{top}/a", "wb", block_size=5 * 1024 * 1024) as file:
        assert file.writable()
        assert not file.readable()
        for start in range(0, size, 1_000_000):
            assert file.write(memoryview(content)[start : start + 1_000_000]) == min(1_000_000, size - start)
        assert file.tell() == size
        assert not fs.exists(f"{top}/a")
    assert fs.cat_file(f"{top}/a") == content


@pytest.mark.parametrize(
    "options",
    [{}, {"mode": "xb"}, {"mode": "w"}, {"compression": "gzip"}, {"mode": "w", "compression": "gzip"}],
    ids=str,
)
@pytest.mark.parametrize("size", [10, 12_000_000])
def test_of_a_block_that_fails_nothing_stays(fs: FsspecStore, top: str, options: dict[str, str], size: int) -> None:
    content: Any = os.urandom(size // 2).hex()
    mode = options.get("mode", "wb")
    if mode != "xb":
        fs.pipe_file(f"{top}/a", b"before")
    with (
        pytest.raises(ZeroDivisionError),
        fs.open(f"{top}/a", mode, block_size=5 * 1024 * 1024, compression=options.get("compression")) as file,
    ):
        file.write(content if mode == "w" else content.encode())
        1 / 0  # noqa: B018
    assert file.closed
    assert fs.find(top) == ([] if mode == "xb" else [f"{top}/a"])
    if mode != "xb":
        assert fs.cat_file(f"{top}/a") == b"before"


def test_compressed_files(fs: FsspecStore, top: str) -> None:
    with fs.open(f"{top}/a.gz", "w", compression="infer", encoding="latin-1", newline="\r\n") as file:
        file.write("grüße\n" * 10)
    assert fs.cat_file(f"{top}/a.gz")[:2] == b"\x1f\x8b"
    with fs.open(f"{top}/a.gz", "r", compression="infer", encoding="latin-1") as file:
        assert file.read() == "grüße\n" * 10


def test_a_file_that_must_not_exist(fs: FsspecStore, top: str) -> None:
    with fs.open(f"{top}/a", "xb") as file:
        file.write(b"1")
    with pytest.raises(FileExistsError):
        fs.open(f"{top}/a", "xb")
    late = fs.open(f"{top}/b", "xb")
    late.write(b"late")
    fs.pipe_file(f"{top}/b", b"early")
    with pytest.raises(FileExistsError):
        late.close()
    assert fs.cat(f"{top}/*") == {f"{top}/a": b"1", f"{top}/b": b"early"}


def test_a_transaction_writes_all_or_nothing(fs: FsspecStore, top: str) -> None:
    with fs.transaction:
        for name in "ab":
            with fs.open(f"{top}/{name}", "wb") as file:
                file.write(name.encode())
        assert fs.find(top) == []
    assert fs.cat(f"{top}/*") == {f"{top}/a": b"a", f"{top}/b": b"b"}
    with pytest.raises(ZeroDivisionError), fs.transaction:
        with fs.open(f"{top}/c", "wb") as file:
            file.write(b"c")
        1 / 0  # noqa: B018
    assert not fs.exists(f"{top}/c")


def test_what_files_refuse(fs: FsspecStore, top: str) -> None:
    for mode in ("ab", "r+b", "a"):
        with pytest.raises(ValueError, match="accepted are 'rb', 'wb' and 'xb'"):
            fs.open(f"{top}/a", mode)
    with pytest.raises(FileNotFoundError):
        fs.open(f"{top}/a")
    with fs.open(f"{top}/a", "wb") as file:
        for call in (file.read, file.readline, lambda: file.seek(0)):
            with pytest.raises(OSError, match=r"writing|read"):
                call()
        with pytest.raises(TypeError):
            file.write("text")
    with pytest.raises(ValueError, match="closed file"):
        file.write(b"x")
    with fs.open(f"{top}/a") as file, pytest.raises(io.UnsupportedOperation, match="reading"):
        file.write(b"x")
    with pytest.raises(ValueError, match="closed file"):
        file.read()
    with pytest.raises(ValueError, match="the mode is 'zb'"):
        BufferedFile(fs, f"{top}/a", "zb")  # type: ignore[call-overload]


def test_attributes_of_what_is_written(s3_settings: dict[str, Any]) -> None:
    bucket = s3_settings.pop("bucket")
    fs, key = FsspecStore("s3", **s3_settings), f"fsspec-{uuid.uuid4().hex}/a"
    store = fs._construct_store(bucket)
    fs.pipe_file(f"{bucket}/{key}", b"1", attributes={"Content-Type": "text/one"})
    assert store.get(key).attributes["Content-Type"] == "text/one"
    with fs.open(f"{bucket}/{key}", "wb", attributes={"Content-Type": "text/two"}) as file:
        file.write(b"2")
    assert store.get(key).attributes["Content-Type"] == "text/two"


def test_copies_moves_and_deletions(fs: FsspecStore, top: str) -> None:
    fs.pipe({f"{top}/d/{name}": name.encode() for name in ("a", "e/b", "e/c")})
    fs.cp(f"{top}/d", f"{top}/copy", recursive=True)
    assert fs.find(f"{top}/copy") == [f"{top}/copy/{name}" for name in ("a", "e/b", "e/c")]
    fs.mv(f"{top}/copy", f"{top}/moved", recursive=True)
    assert fs.find(top) == [f"{top}/{d}/{name}" for d in ("d", "moved") for name in ("a", "e/b", "e/c")]
    fs.rm(f"{top}/d/e/*")
    assert fs.find(f"{top}/d") == [f"{top}/d/a"]
    fs.rm([f"{top}/d/a", f"{top}/moved/a"])
    fs.rm(f"{top}/moved", recursive=True, maxdepth=2)
    assert fs.find(top) == []
    with pytest.raises(FileNotFoundError):
        fs.rm(f"{top}/none", recursive=True)
    with pytest.raises(FileNotFoundError):
        fs.rm(f"{top}/none*")
    with pytest.raises(FileNotFoundError):
        fs.cp(f"{top}/none", f"{top}/other")


def test_a_copy_into_another_bucket(s3_settings: dict[str, Any], s3_environment: dict[str, str]) -> None:
    bucket, other = s3_settings.pop("bucket"), s3_environment["STORELINK_TEST_S3_PUBLIC_BUCKET"]
    fs, name = FsspecStore("s3", **s3_settings), f"fsspec-{uuid.uuid4().hex}"
    fs.pipe_file(f"{bucket}/{name}", b"1" * 6_000_000)
    fs.cp(f"{bucket}/{name}", f"{other}/{name}")
    assert fs.cat_file(f"s3://{other}/{name}") == b"1" * 6_000_000
    fs.mv(f"{other}/{name}", f"{bucket}/{name}-back")
    assert not fs.exists(f"{other}/{name}")
    fs.rm([f"{bucket}/{name}", f"{bucket}/{name}-back"])


def test_files_of_web_servers(http_environment: dict[str, str]) -> None:
    fs = FsspecStore("http", client_options={"allow_http": True})
    name = f"fsspec-{uuid.uuid4().hex}/a"
    fs.pipe_file(f"{http_environment['STORELINK_TEST_NGINX_ENDPOINT']}/{name}", TEXT)
    url = f"{http_environment['STORELINK_TEST_NGINX_STATIC_ENDPOINT']}/{name}"
    assert fs.cat_file(url, -5) == b"third"
    assert fs.info(url)["name"] == url.removeprefix("http://")
    with fs.open(url, "r") as file:
        assert file.readline() == "first\n"
    assert not fs.exists(f"{url}-none")
    assert not fs.isdir(f"{url}-none")


def test_local_directories_exist_on_their_own(tmp_path: Path) -> None:
    fs = FsspecStore("file")
    fs.mkdir(f"{tmp_path}/a/b")
    assert fs.isdir(f"{tmp_path}/a/b")
    assert fs.ls(f"{tmp_path}/a/b") == []
    with pytest.raises(FileExistsError):
        fs.makedirs(f"{tmp_path}/a/b")
    fs.makedirs(f"{tmp_path}/a/b", exist_ok=True)
    fs.rmdir(f"{tmp_path}/a/b")
    fs.pipe_file(f"{tmp_path}/a/c/d", b"")
    with pytest.raises(OSError, match="not empty"):
        fs.rmdir(f"{tmp_path}/a/c")
    fs.rm(f"{tmp_path}/a", recursive=True)
    assert list(tmp_path.iterdir()) == []


# --- registration, coroutines, processes ----------------------------------------------------------------------------


@pytest.mark.usefixtures("registered")
def test_registration(s3_settings: dict[str, Any]) -> None:
    register(["s3", "gs"])
    assert fsspec.get_filesystem_class("s3") is ours.FsspecStore_s3
    bucket = s3_settings.pop("bucket")
    url = f"s3://{bucket}/fsspec-{uuid.uuid4().hex}"
    with fsspec.open(url, "w", **s3_settings) as file:
        file.write("text")
    filesystem, path = fsspec.url_to_fs(url, **s3_settings)
    assert isinstance(filesystem, FsspecStore)
    assert path == url.removeprefix("s3://")
    assert filesystem.cat(url) == b"text"
    filesystem.rm(url)
    register("gs", asynchronous=True)
    assert fsspec.get_filesystem_class("gs").asynchronous
    register()
    assert issubclass(fsspec.get_filesystem_class("abfs"), FsspecStore)
    assert not issubclass(fsspec.get_filesystem_class("file"), FsspecStore)
    with pytest.raises(TypeError, match="not iterable"):
        register(3)  # type: ignore[arg-type]


async def test_coroutines_on_the_callers_loop(s3_settings: dict[str, Any]) -> None:
    bucket = s3_settings.pop("bucket")
    fs = FsspecStore("s3", asynchronous=True, skip_instance_cache=True, **s3_settings)
    top = f"{bucket}/fsspec-{uuid.uuid4().hex}"
    await asyncio.gather(*(fs._pipe_file(f"{top}/{number}", b"%d" % number) for number in range(20)))
    assert len(await fs._find(top)) == 20
    assert await fs._cat_file(f"{top}/7") == b"7"
    content = os.urandom(12_000_000)
    async with await fs.open_async(f"{top}/big", "wb") as file:
        for start in range(0, len(content), 1_000_000):
            await file.write(content[start : start + 1_000_000])
    async with await fs.open_async(f"{top}/big") as file:
        assert await file.read(10) == content[:10]
        assert await file.read() == content[10:]
    with pytest.raises(ZeroDivisionError):
        async with await fs.open_async(f"{top}/failed", "wb") as file:
            await file.write(content)
            1 / 0  # noqa: B018
    assert not await fs._exists(f"{top}/failed")
    with pytest.raises(FileNotFoundError):
        await fs.open_async(f"{top}/none")
    with pytest.raises(ValueError, match="'rb' and 'wb'"):
        await fs.open_async(f"{top}/big", "r")
    await fs._rm(top, recursive=True)


def _read(fs: FsspecStore, path: str) -> Any:  # noqa: ANN401
    return fs.cat_file(path)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_other_processes_use_a_filesystem(s3_settings: dict[str, Any], method: str) -> None:
    bucket = s3_settings.pop("bucket")
    fs, path = FsspecStore("s3", **s3_settings), f"{bucket}/fsspec-{uuid.uuid4().hex}"
    fs.pipe_file(path, b"value")
    with multiprocessing.get_context(method).Pool(1) as pool:
        assert pool.apply(_read, (fs, path)) == b"value"
    assert fs.cat_file(path) == b"value"


def test_pickles(fs: FsspecStore, top: str) -> None:
    fs.pipe_file(f"{top}/a", TEXT)
    if fs.protocol == "memory":  # what it holds is in this process only
        assert not pickle.loads(pickle.dumps(fs)).exists(f"{top}/a")
        return
    again = pickle.loads(pickle.dumps(fs))
    assert again.cat_file(f"{top}/a") == TEXT
    with fs.open(f"{top}/a") as file:
        file.seek(6)
        with pickle.loads(pickle.dumps(file)) as same:
            assert same.read(6) == b"second"


def test_a_registered_class_is_unpickled_without_registration(run_python: Callable[..., str]) -> None:
    for name in ("FsspecStore_s3", "FsspecStore_gs_async"):
        pickled = pickle.dumps(getattr(ours, name)).hex()
        printed = run_python(f"import pickle; print(pickle.loads(bytes.fromhex('{pickled}')).__name__)")
        assert printed == f"{name}\n"
    assert not hasattr(ours, "no_such_name")


def test_storelink_imports_neither_fsspec_nor_zarr(run_python: Callable[..., str]) -> None:
    printed = run_python("import storelink, sys; print({'fsspec', 'zarr'} & set(sys.modules))")
    assert printed == "set()\n"
