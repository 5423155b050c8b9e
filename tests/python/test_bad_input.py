"""What goes wrong between a user and a store: the right exception, soon, with a message that says what was given and
what to do, and an old object that is as it was."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import my_ext
import my_ext2
import pytest
import storelink
from servers.cut import cutting_proxy

stores: Any = storelink.store  # no types: they are wrong on purpose
S3Store, LocalStore, MemoryStore, from_url = stores.S3Store, stores.LocalStore, stores.MemoryStore, stores.from_url

NO_RETRIES = {"max_retries": 0}


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    start = time.perf_counter()
    yield
    assert time.perf_counter() - start < seconds


@pytest.fixture(params=["memory", "local", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path, s3_settings: dict[str, Any]) -> Any:  # noqa: ANN401
    """One of the package `storelink`, which the extensions share through the C ABI."""
    if request.param == "s3":
        return S3Store(**s3_settings, prefix=f"bad-input/{tmp_path.name}")
    return MemoryStore() if request.param == "memory" else LocalStore(tmp_path)


# --- stores that cannot be made


@pytest.mark.parametrize(
    ("make", "exception", "messages"),
    [
        (lambda: S3Store("b", regionn="x"), "UnknownConfigurationKeyError", ['"regionn"', 'nearest .* "region"']),
        (
            lambda: S3Store("b", config={"AWS_SECRET_ACESS_KEY": "hunter2"}),
            "UnknownConfigurationKeyError",
            ['"secret_acess_key"', 'nearest .* "secret_access_key"'],
        ),
        (lambda: S3Store("b", alow_http=True), "UnknownConfigurationKeyError", ['"alow_http"', '"allow_http"']),
        (
            lambda: S3Store("b", client_options={"alow_http": True}),
            "UnknownConfigurationKeyError",
            ['"alow_http"', 'nearest .* "allow_http"'],
        ),
        (lambda: from_url("s3://b", endpont="x"), "UnknownConfigurationKeyError", ['"endpont"', '"endpoint"']),
        (lambda: S3Store("b", region="x", aws_region="y"), "GenericError", ["'region' is given twice", "once"]),
        (lambda: S3Store("b", config={"bucket": "c"}), "GenericError", ["'bucket' is given twice"]),
        (lambda: S3Store(), "GenericError", ["no bucket", "aws_bucket"]),
        (lambda: S3Store("my bucket"), "GenericError", ['"my bucket"', "accepted are letters"]),
        (lambda: from_url("s3:///key"), "GenericError", ['"s3:///key"', "no bucket", "s3://bucket/path"]),
        (lambda: from_url("s4://b/key"), "GenericError", ['"s4"', "accepted are .*s3://bucket/path"]),
        (lambda: from_url("https://example.com/b?hunter2"), "GenericError", ["example.com", "it has a query"]),
        (lambda: S3Store.from_url("https://example.com/b"), "GenericError", ["a http store", "s3://bucket"]),
        (lambda: from_url("s3://me:hunter2@b"), "GenericError", ["s3://REDACTED@b", "credentials are settings"]),
        (lambda: S3Store("b", endpoint="localhost"), "GenericError", ['"localhost"', "https://s3.example.com:9000"]),
        (lambda: S3Store("b", endpoint="http://localhost"), "GenericError", ["http://localhost", "allow_http"]),
        (lambda: S3Store("b", access_key_id="x"), "GenericError", ["without a secret access key"]),
        (lambda: S3Store("b", prefix="a//b"), "InvalidPathError", ['"a//b"', "empty segment"]),
        (lambda: LocalStore("/missing/directory"), "NotFoundError", ["/missing/directory", "mkdir"]),
        (lambda: LocalStore(__file__), "NotFoundError", ["test_bad_input.py", "Not a directory"]),
    ],
)
def test_what_is_wrong_with_a_store_is_said_when_it_is_made(
    make: Callable[[], object], exception: str, messages: list[str]
) -> None:
    with within(0.5), pytest.raises(getattr(storelink.exceptions, exception)) as caught:
        make()
    for message in messages:
        caught.match(message)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: S3Store(3), "bucket is of type int; accepted is str"),
        (lambda: S3Store("b", region=3), "'region' is of type int; accepted is str, bool or"),
        (lambda: S3Store("b", client_options=["allow_http"]), "client_options is of type list; accepted is dict"),
        (lambda: S3Store("b", credential_provider="me"), "credential_provider is of type str; accepted is a callable"),
        (lambda: LocalStore(3), r"prefix is 3 \(int\); accepted is str or pathlib.Path"),
        (lambda: from_url(Path("/tmp")), "url is of type pathlib.PosixPath; accepted is str"),
    ],
)
def test_wrong_types_for_a_store(make: Callable[[], object], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        make()


@pytest.mark.parametrize("given", [3, "s3://bucket", b"s3://bucket", Path("/tmp"), S3Store, [], object()])
def test_what_is_no_store(given: object) -> None:
    for function in (my_ext.list_keys, my_ext2.list_keys):
        with pytest.raises(
            TypeError, match=r"expected an object store, got .*; accepted is a store of my_ext"
        ) as caught:
            function(given)
        assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    "call",
    [
        lambda store: my_ext.list_keys(None),
        lambda store: my_ext.list_keys(store, 3),
        lambda store: my_ext.list_keys(store, b"prefix"),
        lambda store: my_ext.upload(store, "/tmp", "name"),
        lambda store: my_ext.upload(store, "/tmp", ["name"], in_flight=-1),
        lambda store: my_ext.digest(store, [3]),
        lambda store: my_ext2.put(store, "key", "text"),
    ],
)
def test_wrong_types_for_a_function(call: Callable[[object], object]) -> None:
    with pytest.raises(TypeError, match=r"(?s)The following argument types are supported:.*Invoked with types:"):
        call(MemoryStore())


# --- what is not there


def test_a_missing_key_is_named_with_its_store(store: Any, s3_settings: dict[str, Any], tmp_path: Path) -> None:  # noqa: ANN401
    names = {"S3Store": s3_settings["bucket"], "LocalStore": str(tmp_path), "MemoryStore": "MemoryStore"}
    calls: list[tuple[Callable[[], object], Any]] = [
        (lambda: my_ext2.get(store, "missing/key"), my_ext2.exceptions),
        (lambda: my_ext2.head(store, "missing/key"), my_ext2.exceptions),
        (lambda: my_ext2.get_range(store, "missing/key", 0, 1), my_ext2.exceptions),
        (lambda: my_ext.digest(store, ["missing/key"]), my_ext.exceptions),
    ]
    for call, exceptions in calls:
        with within(1), pytest.raises(exceptions.NotFoundError, match=r"path missing/key") as caught:
            call()
        assert isinstance(caught.value, FileNotFoundError)
        assert names[type(store).__name__] in str(caught.value)


@pytest.mark.parametrize("verb", [my_ext2.get, my_ext2.head, lambda store, key: my_ext2.list_keys(store)])
def test_a_missing_bucket(s3_settings: dict[str, Any], verb: Callable[[object, str], object]) -> None:
    missing = S3Store(**{**s3_settings, "bucket": "no-such-bucket"})
    with within(1), pytest.raises(my_ext2.exceptions.NotFoundError, match="store s3://no-such-bucket"):
        verb(missing, "key")
    with pytest.raises(my_ext2.exceptions.NotFoundError, match="check the bucket's name and the endpoint"):
        my_ext2.list_keys(missing)


def test_a_range_past_the_end(store: Any) -> None:  # noqa: ANN401
    my_ext2.put(store, "key", b"01234")
    assert my_ext2.get_range(store, "key", 3, 99) == b"34"
    with within(1), pytest.raises(my_ext2.exceptions.GenericError, match="5 bytes") as caught:
        my_ext2.get_range(store, "key", 7, 9)
    caught.match(r"range (starts at )?7\b")
    caught.match("path key")


@pytest.mark.parametrize("path", ["a/../b", "../escape", "a//b", "/a", "a/", "", "."])
def test_paths_that_a_directory_cannot_hold(tmp_path: Path, path: str) -> None:
    for verb in (my_ext2.get, my_ext2.head, lambda store, key: my_ext2.put(store, key, b"value")):
        with pytest.raises(my_ext2.exceptions.InvalidPathError, match=f'"{path}"'):
            verb(LocalStore(tmp_path), path)
    assert list(tmp_path.iterdir()) == []


# --- what is refused


@pytest.mark.parametrize(
    "verb",
    [
        my_ext2.get,
        my_ext2.head,
        lambda store, key: my_ext2.put(store, key, b"new"),
        lambda store, key: my_ext2.list_keys(store),
        lambda store, key: my_ext.remove_all(store, [key]),
    ],
)
@pytest.mark.parametrize("wrong", [{"secret_access_key": "hunter2"}, {"access_key_id": "nobody"}])
def test_wrong_keys(s3_settings: dict[str, Any], wrong: dict[str, str], verb: Callable[[object, str], object]) -> None:
    right = S3Store(**s3_settings)
    my_ext2.put(right, "wrong-keys", b"old")
    refusals = (my_ext.exceptions.PermissionDeniedError, my_ext2.exceptions.PermissionDeniedError)
    with within(1), pytest.raises(refusals, match=r"check the (access key id|secret access key|credentials)") as caught:
        verb(S3Store(**{**s3_settings, **wrong}), "wrong-keys")
    assert isinstance(caught.value, PermissionError)
    assert "hunter2" not in str(caught.value)
    assert my_ext2.get(right, "wrong-keys") == b"old"


def test_an_identity_that_may_only_read(s3_settings: dict[str, Any], s3_environment: dict[str, str]) -> None:
    read_only = {
        "access_key_id": s3_environment["STORELINK_TEST_S3_READONLY_ACCESS_KEY_ID"],
        "secret_access_key": s3_environment["STORELINK_TEST_S3_READONLY_SECRET_ACCESS_KEY"],
    }
    my_ext2.put(S3Store(**s3_settings), "read-only", b"old")
    reader = S3Store(**{**s3_settings, **read_only})
    with within(1), pytest.raises(my_ext2.exceptions.PermissionDeniedError, match="path read-only"):
        my_ext2.put(reader, "read-only", b"new")
    assert my_ext2.get(reader, "read-only") == b"old"


def test_no_credentials(s3_settings: dict[str, Any]) -> None:
    for name in ("access_key_id", "secret_access_key"):
        del s3_settings[name]
    with within(1), pytest.raises(my_ext2.exceptions.UnauthenticatedError, match="AWS_ACCESS_KEY_ID") as caught:
        my_ext2.get(S3Store(**s3_settings), "key")
    assert isinstance(caught.value, PermissionError)


AS_NOBODY = """
import os, sys
import my_ext2
from storelink.store import LocalStore

store = LocalStore(sys.argv[1])  # before: others may not enter what lies above it
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
for call in (lambda: my_ext2.get(store, "unreadable"), lambda: my_ext2.put(store, "closed/key", b"new"),
             lambda: my_ext2.list_keys(store, "unlisted")):
    try:
        call()
        print("nothing was raised")
    except PermissionError as error:
        print(type(error).__name__, error)
"""


def test_files_and_directories_that_may_not_be_used(tmp_path: Path, run_python: Callable[..., str]) -> None:
    """As a user that is not root, whoever runs the tests."""
    tmp_path.chmod(0o755)
    for name in ("closed", "unlisted"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "key").write_bytes(b"old")
    (tmp_path / "unreadable").write_bytes(b"old")
    (tmp_path / "unreadable").chmod(0)
    (tmp_path / "closed").chmod(0o555)
    (tmp_path / "unlisted").chmod(0o311)
    try:
        lines = run_python(AS_NOBODY, str(tmp_path)).splitlines()
        assert len(lines) == 3
        for line, path in zip(lines, ("path unreadable", "path closed/key", "path unlisted"), strict=True):
            assert line.startswith("PermissionDeniedError cannot ")
            assert "Permission denied (this process's user needs permission" in line
            assert f"store file://{tmp_path}, {path}]" in line
        assert [path.name for path in (tmp_path / "closed").iterdir()] == ["key"]
        assert (tmp_path / "closed" / "key").read_bytes() == b"old"
    finally:
        (tmp_path / "unlisted").chmod(0o755)
        (tmp_path / "closed").chmod(0o755)


# --- what ends on the way

FULL_DISK = """
import resource, sys
import my_ext, my_ext2
from storelink.store import LocalStore

store = LocalStore(sys.argv[1])
my_ext2.put(store, "key", b"old")
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
for call in (lambda: my_ext2.put(store, "key", bytes(1_000_000)), lambda: my_ext.upload(store, sys.argv[2], ["key"])):
    try:
        call()
    except OSError as error:
        print(type(error).__name__, error)
    assert my_ext2.get(store, "key") == b"old"
my_ext2.put(store, "key", b"new")
assert my_ext2.get(store, "key") == b"new"
"""


def test_a_file_that_cannot_grow(tmp_path: Path, run_python: Callable[..., str]) -> None:
    """As on a full disk: a part of the file is written, then the system says no."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "key").write_bytes(bytes(1_000_000))
    root = tmp_path / "root"
    root.mkdir()
    with within(20):
        lines = run_python(FULL_DISK, str(root), str(source)).splitlines()
    assert len(lines) == 2
    for line in lines:
        assert line.startswith("InputOutputError cannot write the object: File too large (")
        assert "choose another directory" in line
        assert line.endswith(f"[store file://{root}, path key]")
    assert [path.name for path in root.iterdir()] == ["key"], "staged files are left"


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def anonymous(endpoint: str, **more: Any) -> Any:  # noqa: ANN401
    client_options = {"allow_http": True, **more.pop("client_options", {})}
    return S3Store("b", endpoint=endpoint, skip_signature=True, client_options=client_options, **more)


def test_a_refused_connection() -> None:
    """With the usual settings: nobody waits for three minutes because of a wrong address."""
    address = f"127.0.0.1:{unused_port()}"
    with within(3), pytest.raises(OSError, match=f"cannot connect to http://{address}: Connection refused") as caught:
        my_ext2.get(anonymous(f"http://{address}"), "key")
    caught.match("is the address right, and does the server run")


def test_an_unknown_host() -> None:
    with within(10), pytest.raises(OSError, match=r"host name of http://no-such-host\.invalid is not known"):
        my_ext2.get(anonymous("http://no-such-host.invalid"), "key")


def test_a_server_that_does_not_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        endpoint = f"http://127.0.0.1:{server.getsockname()[1]}"
        store = anonymous(endpoint, client_options={"timeout": "200ms"}, retry_config=NO_RETRIES)
        with within(2), pytest.raises(TimeoutError, match=f"{endpoint} did not answer in time.* timeout"):
            my_ext2.get(store, "key")


def test_a_server_that_speaks_something_else(s3_settings: dict[str, Any], s3_environment: dict[str, str]) -> None:
    https = s3_environment["STORELINK_TEST_S3_HTTPS_ENDPOINT"]
    cases = {
        https: "certificate of https://.* was not accepted: .*root_certificate",
        https.replace("https:", "http:"): "HTTP request to an HTTPS server",
        s3_settings["endpoint"].replace("http:", "https:"): "no TLS handshake: .*does the server speak TLS",
    }
    for endpoint, message in cases.items():
        store = S3Store(**{**s3_settings, "endpoint": endpoint})
        with within(3), pytest.raises((my_ext2.exceptions.GenericError, OSError), match=message):
            my_ext2.get(store, "key")


BIG = os.urandom(6_000_000)
FEW_RETRIES = {"max_retries": 2, "backoff": {"max_backoff": "200ms"}}


def test_a_get_goes_on_where_the_server_was_closed(s3_settings: dict[str, Any]) -> None:
    my_ext2.put(S3Store(**s3_settings), "big", BIG)
    with cutting_proxy(s3_settings["endpoint"], response=1_500_000) as proxy:
        store = S3Store(**{**s3_settings, "endpoint": proxy.url}, retry_config=FEW_RETRIES)
        with within(10):
            assert my_ext2.get(store, "big") == BIG
    assert proxy.connections == 5


@pytest.mark.parametrize(
    ("verb", "response"),
    [
        (my_ext2.get, 100),  # within the headers
        (my_ext2.get, 1000),  # within the body
        (lambda store, key: my_ext2.list_keys(store), 500),
        (lambda store, key: my_ext2.put(store, key, BIG), 20),  # whether it was written is not known
    ],
)
def test_a_server_closed_in_mid_answer(
    s3_settings: dict[str, Any], verb: Callable[[object, str], object], response: int
) -> None:
    my_ext2.put(S3Store(**s3_settings), "big", BIG)
    with cutting_proxy(s3_settings["endpoint"], response=response) as proxy:
        store = S3Store(**{**s3_settings, "endpoint": proxy.url}, retry_config=FEW_RETRIES)
        message = f"the exchange with {proxy.url} failed: .*given up after 2 retries"
        with within(5), pytest.raises(OSError, match=message):
            verb(store, "big")
    assert proxy.connections == 3
    assert my_ext2.get(S3Store(**s3_settings), "big") == BIG


def test_a_server_closed_in_mid_upload_keeps_the_old_object(s3_settings: dict[str, Any], tmp_path: Path) -> None:
    direct = S3Store(**s3_settings)
    my_ext2.put(direct, "upload", b"old")
    (tmp_path / "upload").write_bytes(BIG)
    with cutting_proxy(s3_settings["endpoint"], request=1_000_000) as proxy:
        store = S3Store(**{**s3_settings, "endpoint": proxy.url}, retry_config=FEW_RETRIES)
        calls: list[Callable[[], object]] = [
            lambda: my_ext2.put(store, "upload", BIG),
            lambda: my_ext.upload(store, str(tmp_path), ["upload"]),
        ]
        for call in calls:
            with within(5), pytest.raises(OSError, match=f"{proxy.url} failed: .*path upload"):
                call()
            assert my_ext2.get(direct, "upload") == b"old"
    assert proxy.connections == 6
