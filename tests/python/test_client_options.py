"""Client options against real servers: what is trusted, which HTTP is spoken, and proxies."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import my_ext2
import pytest
import storelink
from servers.proxy import ForwardProxy, forward_proxy

pytestmark = pytest.mark.once

S3Store: Any = storelink.store.S3Store
exceptions = storelink.exceptions

VERSIONS: dict[str, dict[str, bool]] = {
    "http1": {},
    "http2": {"http1_only": False},
    "http2 only": {"http2_only": True},
}


@pytest.fixture
def secure(s3_settings: dict[str, Any], s3_environment: dict[str, str]) -> dict[str, Any]:
    """Settings for the S3 server's address with TLS, whose certificate nobody knows."""
    return s3_settings | {
        "endpoint": s3_environment["STORELINK_TEST_S3_HTTPS_ENDPOINT"],
        "client_options": {},
        "retry_config": {"max_retries": 0},
        "prefix": f"client-options/{time.monotonic_ns()}",
    }


@pytest.fixture
def root(s3_environment: dict[str, str]) -> str:
    return Path(s3_environment["STORELINK_TEST_S3_CA_FILE"]).read_text()


def round_trip(settings: dict[str, Any], **client_options: str | bool) -> None:
    store = S3Store(**settings | {"client_options": settings["client_options"] | client_options})
    data = bytes(range(256)) * 5000
    my_ext2.put(store, "k", data)
    assert bytes(my_ext2.get(store, "k")) == data
    assert my_ext2.list_keys(store) == ["k"]
    my_ext2.remove(store, "k")


@pytest.mark.parametrize("version", VERSIONS)
def test_an_authority_that_is_given_is_trusted(secure: dict[str, Any], root: str, version: str) -> None:
    round_trip(secure, root_certificate=root, **VERSIONS[version])
    round_trip(secure, root_certificate=root, disable_system_certificates=True, **VERSIONS[version])


@pytest.mark.parametrize("version", VERSIONS)
def test_an_unknown_authority_is_refused_unless_any_is_allowed(secure: dict[str, Any], version: str) -> None:
    with pytest.raises(exceptions.BaseError, match="certificate"):
        round_trip(secure, **VERSIONS[version])
    round_trip(secure, allow_invalid_certificates=True, **VERSIONS[version])


CODE = """
import json, sys
import my_ext2, storelink
store = storelink.store.S3Store(**json.loads(sys.argv[1]))
my_ext2.put(store, "k", b"x")
print(bytes(my_ext2.get(store, "k")))
"""


@pytest.mark.parametrize("version", VERSIONS)
def test_the_environment_says_where_authorities_are(
    secure: dict[str, Any], s3_environment: dict[str, str], run_python: Callable[..., str], version: str, tmp_path: Path
) -> None:
    import json
    import subprocess

    settings = json.dumps(secure | {"client_options": VERSIONS[version]})
    ca_file = Path(s3_environment["STORELINK_TEST_S3_CA_FILE"])
    assert run_python(CODE, settings, SSL_CERT_FILE=str(ca_file)).strip() == "b'x'"
    # A directory holds files that are called by a hash of their subject.
    (tmp_path / "ca.pem").write_text(ca_file.read_text())
    subprocess.run(["openssl", "rehash", str(tmp_path)], check=True)
    nowhere = str(tmp_path / "none.pem")
    assert run_python(CODE, settings, SSL_CERT_FILE=nowhere, SSL_CERT_DIR=str(tmp_path)).strip() == "b'x'"


@pytest.fixture(params=["http", "https"])
def proxy(request: pytest.FixtureRequest) -> Iterator[ForwardProxy]:
    with forward_proxy(secure=request.param == "https") as running:
        yield running


def url_of(proxy: ForwardProxy, user: str = "") -> str:
    return f"{'https' if proxy.ca_file else 'http'}://{user}{proxy.address}"


def own_certificate(proxy: ForwardProxy) -> dict[str, str]:
    return {"proxy_ca_certificate": proxy.ca_file.read_text()} if proxy.ca_file else {}


def eventually(condition: Callable[[], bool]) -> bool:
    """The proxy writes its log when a connection has ended."""
    end = time.monotonic() + 10
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


def test_plain_requests_go_through_the_proxy(s3_settings: dict[str, Any], proxy: ForwardProxy) -> None:
    settings = s3_settings | {"prefix": f"proxy/{time.monotonic_ns()}"}
    options = {"proxy_url": url_of(proxy), "pool_idle_timeout": "1s"} | own_certificate(proxy)
    round_trip(settings, **options)
    host = s3_settings["endpoint"].removeprefix("http://")
    del settings
    assert eventually(lambda: any(f"PUT {host}/" in line for line in proxy.requests())), proxy.log.read_text()


def test_secure_requests_go_through_a_tunnel(secure: dict[str, Any], root: str, proxy: ForwardProxy) -> None:
    for version in ("http1", "http2"):
        round_trip(
            secure, proxy_url=url_of(proxy), root_certificate=root, **own_certificate(proxy), **VERSIONS[version]
        )
    host = secure["endpoint"].removeprefix("https://")
    assert eventually(lambda: any(f"CONNECT {host}" in line for line in proxy.requests())), proxy.log.read_text()


def test_the_proxys_own_authority_must_be_known(secure: dict[str, Any], root: str) -> None:
    with forward_proxy(secure=True) as proxy, pytest.raises(exceptions.BaseError, match="certificate"):
        round_trip(secure, proxy_url=url_of(proxy), root_certificate=root)


def test_the_proxys_authority_is_not_trusted_for_servers(secure: dict[str, Any], root: str) -> None:
    with forward_proxy(secure=True) as proxy, pytest.raises(exceptions.BaseError, match="certificate"):
        options = {"proxy_ca_certificate": own_certificate(proxy)["proxy_ca_certificate"] + root}
        round_trip(secure, proxy_url=url_of(proxy), **options)


def test_a_proxy_may_ask_for_a_password_which_no_error_shows(s3_settings: dict[str, Any]) -> None:
    with forward_proxy(password="user:sesame") as proxy:
        settings = s3_settings | {"retry_config": {"max_retries": 0}, "prefix": f"proxy/{time.monotonic_ns()}"}
        round_trip(settings, proxy_url=url_of(proxy, "user:sesame@"))
        with pytest.raises(exceptions.BaseError) as caught:
            round_trip(settings, proxy_url=url_of(proxy, "user:hunter2@"))
        assert "hunter2" not in str(caught.value)
        assert "407" in str(caught.value)


def test_excluded_hosts_are_asked_directly(s3_settings: dict[str, Any]) -> None:
    settings = s3_settings | {"retry_config": {"max_retries": 0}, "prefix": f"proxy/{time.monotonic_ns()}"}
    dead = "http://127.0.0.1:9"
    with pytest.raises(exceptions.BaseError):
        round_trip(settings, proxy_url=dead)
    for excludes in ("127.0.0.1", "example.com, 127.0.0.0/8", "*"):
        round_trip(settings, proxy_url=dead, proxy_excludes=excludes)


@pytest.mark.parametrize("url", ["ftp://proxy", "http://", "http://user:sesame@:80/", "//"])
def test_a_url_that_names_no_proxy_is_refused_before_any_request(url: str) -> None:
    with pytest.raises(exceptions.GenericError, match=r"proxy_url.*socks5") as caught:
        S3Store("b", client_options={"proxy_url": url})
    assert "sesame" not in str(caught.value)
