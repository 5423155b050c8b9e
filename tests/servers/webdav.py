"""WebDAV servers: nginx with its two WebDAV modules, and WsgiDAV, which wants a password."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from servers import process
from servers.nginx import nginx

_MODULE = Path("/usr/lib/nginx/modules/ngx_http_dav_ext_module.so")
# What is put below /dav/ can be read, and nothing else, below /static/.
_LOCATIONS = """
    open_file_cache off;
    location /dav/ {{
      dav_methods PUT DELETE MKCOL COPY MOVE;
      dav_ext_methods PROPFIND OPTIONS;
    }}
    location /static/ {{ alias {root}/dav/; }}
"""


class NginxDav(NamedTuple):
    address: str

    def environment(self) -> dict[str, str]:
        return {
            "STORELINK_TEST_NGINX_ENDPOINT": f"{self.address}/dav",
            "STORELINK_TEST_NGINX_STATIC_ENDPOINT": f"{self.address}/static",
        }


@contextlib.contextmanager
def nginx_dav() -> Iterator[NginxDav]:
    """nginx, which refuses PROPFIND with infinite depth and ignores conditions on PUT."""
    if not _MODULE.exists():
        raise process.ServerError(f"{_MODULE} was not found: apt-get install nginx-light libnginx-mod-http-dav-ext")
    main = f"load_module {_MODULE};"
    if os.geteuid() == 0:
        main += " user root;"
    with process.work_directory("dav") as root:
        (root / "dav").mkdir()
        with nginx(root, server_extra=_LOCATIONS.format(root=root.resolve()), main_extra=main) as address:
            yield NginxDav(address)


class WsgiDav(NamedTuple):
    port: int
    user: str
    password: str

    def environment(self) -> dict[str, str]:
        address = f"{process.HOST}:{self.port}"
        return {
            "STORELINK_TEST_WSGIDAV_ENDPOINT": f"http://{self.user}:{self.password}@{address}",
            "STORELINK_TEST_WSGIDAV_ADDRESS": f"http://{address}",
        }


@contextlib.contextmanager
def wsgidav() -> Iterator[WsgiDav]:
    """WsgiDAV on a directory; its collections are not shown to browsers."""
    program = process.find_program("wsgidav", "pip install -r requirements/http.txt")
    with process.work_directory("wsgidav") as directory:
        root = directory / "root"
        root.mkdir()
        (port,) = process.free_ports(1)
        server = WsgiDav(port, "tester", "open-sesame")
        config = directory / "wsgidav.json"
        settings = {
            "host": process.HOST,
            "port": port,
            "provider_mapping": {"/": str(root)},
            "simple_dc": {"user_mapping": {"*": {server.user: {"password": server.password}}}},
            "http_authenticator": {"accept_basic": True, "accept_digest": False, "default_to_digest": False},
            "dir_browser": {"enable": False},
        }
        config.write_text(json.dumps(settings))

        def ready() -> bool:
            connection = http.client.HTTPConnection(process.HOST, port, timeout=1)
            try:
                connection.request("OPTIONS", "/")
                return connection.getresponse().status in (200, 401)
            except OSError:
                return False
            finally:
                connection.close()

        with process.running([program, "-c", str(config), "-q"], directory / "wsgidav.log", ready):
            yield server
