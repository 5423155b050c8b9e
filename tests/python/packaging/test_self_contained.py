"""The wheel brings its own libcurl and OpenSSL: what is in it, and that they work as the system's do."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from servers import nginx, process, tls
from support.elf import ALWAYS_THERE, exported_symbols, needed_libraries
from support.wheels import ROOT, Environment, content, repaired, run, unpack

EXTENSION = "storelink/_storelink.abi3.so"


@pytest.fixture(scope="module")
def repaired_wheel(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return repaired(wheel, tmp_path_factory.mktemp("repaired"))


def test_needs_no_library_that_a_system_may_lack(wheel: Path) -> None:
    assert needed_libraries(unpack(wheel)[EXTENSION]) <= ALWAYS_THERE


def test_exports_nothing_but_its_init_function(wheel: Path) -> None:
    assert exported_symbols(unpack(wheel)[EXTENSION]) == {"PyInit__storelink"}


def test_auditwheel_finds_nothing_to_add(wheel: Path, repaired_wheel: Path) -> None:
    assert content(repaired_wheel) == content(wheel)
    glibc = re.search(r"-cp310-abi3-manylinux_2_(\d+)_", repaired_wheel.name)
    assert glibc is not None, repaired_wheel.name
    assert int(glibc[1]) <= 36
    assert repaired_wheel.stat().st_size < 8_000_000


def test_holds_the_licences_of_what_is_in_it(wheel: Path) -> None:
    files = unpack(wheel)
    known = {"curl": b"Daniel Stenberg", "mit": b"pugixml", "nghttp2": b"Permission", "openssl": b"Apache License"}
    for library, words in known.items():
        assert words in files[f"storelink/share/licenses/{library}.txt"]


def test_is_built_from_the_versions_of_the_lock_file(wheel: Path) -> None:
    lock = (ROOT / "cmake/bundled/Cargo.lock").read_text()
    version = re.search(r'name = "openssl-src"\nversion = "[^"]*\+([\d.]+)"', lock)
    assert version is not None
    assert f"OpenSSL {version[1]} ".encode() in unpack(wheel)[EXTENSION]


class Site(NamedTuple):
    url: str
    authority: Path
    log: Path

    def protocols(self) -> set[str]:
        """Those that requests over TLS came with since this was asked last."""
        seen = set(self.log.read_text().split())
        self.log.write_text("")
        return seen


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with HTTPS, HTTP/1.1 and HTTP/2, that has one object; its certificate is known to nobody."""
    directory = tmp_path_factory.mktemp("site")
    certificate = tls.self_signed(directory)
    directory.parent.chmod(0o755)
    directory.chmod(0o755)
    (directory / "key").write_bytes(b"content")
    (port,) = process.free_ports(1)
    log = directory / "protocols.log"
    server = f"""
        listen 127.0.0.1:{port} ssl http2;
        ssl_certificate {certificate.certificate};
        ssl_certificate_key {certificate.key};
        access_log {log} protocol if=$https;
    """
    with nginx.nginx(directory, server_extra=server, http_extra="log_format protocol '$server_protocol';"):
        yield Site(f"https://127.0.0.1:{port}", certificate.certificate, log)


FETCH = """
import sys
import storelink

store = storelink.store.HTTPStore(sys.argv[1], client_options={sys.argv[2]: True}, retry_config={"max_retries": 0})
"""
PRINT = FETCH + "print(bytes(storelink.get(store, 'key').bytes()))"
FORK = (
    FETCH
    + """
import os

def fetch():
    assert bytes(storelink.get(store, "key").bytes()) == b"content"

fetch()
child = os.fork()
fetch()
if child == 0:
    os._exit(0)
print(os.waitpid(child, 0)[1])
"""
)
PROTOCOLS = {"http1_only": "HTTP/1.1", "http2_only": "HTTP/2.0"}


@pytest.mark.parametrize("option", PROTOCOLS)
def test_speaks_https_with_an_authority_of_the_environment(installed: Environment, site: Site, option: str) -> None:
    site.protocols()  # of other tests
    arguments = ("-W", "error", "-c", PRINT, site.url, option)
    variables = {"SSL_CERT_FILE": str(site.authority)}
    assert run(installed.python, *arguments, environment=variables).strip() == "b'content'"
    assert site.protocols() == {PROTOCOLS[option]}


@pytest.mark.parametrize("option", PROTOCOLS)
def test_trusts_no_authority_that_the_system_does_not_know(installed: Environment, site: Site, option: str) -> None:
    printed = installed.run("-c", PRINT, site.url, option, status=1)
    assert "certificate" in printed.splitlines()[-1]


@pytest.mark.parametrize("option", PROTOCOLS)
def test_works_on_both_sides_of_a_fork(installed: Environment, site: Site, option: str) -> None:
    arguments = ("-W", "ignore", "-c", FORK, site.url, option)
    variables = {"SSL_CERT_FILE": str(site.authority)}
    assert run(installed.python, *arguments, environment=variables).strip() == "0"


def test_names_no_directory_of_the_machine_that_built_it(wheel: Path) -> None:
    """OpenSSL's own directory is the one that most systems have, src/http knows the others."""
    extension = unpack(wheel)[EXTENSION]
    assert b"/etc/ssl/certs" in extension
    assert [path for path in (b"/.cargo/", b"/.cache/", b"/usr/lib/ssl", b"/usr/local/ssl") if path in extension] == []


def test_wants_no_module_when_it_is_imported_that_only_some_users_need(installed: Environment) -> None:
    """What takes long to import is imported by the functions that use it."""
    code = "import sys; before = set(sys.modules); import storelink; print(*sorted(set(sys.modules) - before))"
    imported = {name.partition(".")[0] for name in installed.run("-I", "-c", code).split()}
    slow = {"asyncio", "boto3", "fsspec", "zarr", "typer", "rich", "requests", "aiohttp", "typing_extensions", "numpy"}
    assert imported & slow == set()


def test_without_cargo_the_systems_libcurl_is_linked(tmp_path: Path) -> None:
    """Configured only."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("cmake", "ninja", "cc", "c++", "perl", "make", "ld", "ar", "as", "ranlib", "pkg-config"):
        if found := shutil.which(name):
            (tools / name).symlink_to(found)
    options = ["-DSKBUILD=2", "-DSTORELINK_BUILD_PYTHON=OFF", "-DCMAKE_BUILD_TYPE=Release"]
    path = {"PATH": str(tools)}
    run(tools / "cmake", "-S", ROOT, "-B", tmp_path / "build", "-G", "Ninja", *options, environment=path)
    cache = (tmp_path / "build/CMakeCache.txt").read_text()
    assert "STORELINK_BUNDLED_CURL:BOOL=OFF" in cache
