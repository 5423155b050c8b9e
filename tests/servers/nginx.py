"""nginx serving a directory: the static server of the benchmarks."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

from servers import process

_CONFIG = """
{main_extra}
daemon off;
worker_processes {workers};
pid {directory}/nginx.pid;
error_log {directory}/nginx.log warn;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  default_type application/octet-stream;
  sendfile on;
  tcp_nopush on;
  keepalive_timeout 1h;
  keepalive_requests 1000000000;
  open_file_cache max=10000;
  client_max_body_size 0;
  client_body_temp_path {directory}/body;
  proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  {http_extra}
  server {{
    listen {host}:{port} backlog=4096;
    root {root};
    {server_extra}
  }}
}}
"""


@contextlib.contextmanager
def nginx(
    root: Path, *, server_extra: str = "", http_extra: str = "", main_extra: str = "", workers: int = 1
) -> Iterator[str]:
    """Serve `root`; gives the address, `http://127.0.0.1:<port>`. The extra texts go into the configuration."""
    program = process.find_program("nginx", "apt-get install nginx-light")
    with process.work_directory("nginx") as directory:
        directory.chmod(0o755)  # workers of a root-owned nginx run as another user
        (port,) = process.free_ports(1)
        config = directory / "nginx.conf"
        config.write_text(
            _CONFIG.format(
                directory=directory,
                workers=workers,
                host=process.HOST,
                port=port,
                root=root.resolve(),
                server_extra=server_extra,
                http_extra=http_extra,
                main_extra=main_extra,
            )
        )

        def ready() -> bool:
            try:
                with socket.create_connection((process.HOST, port), timeout=1) as connection:
                    connection.sendall(b"HEAD / HTTP/1.0\r\n\r\n")
                    return connection.recv(5) == b"HTTP/"
            except OSError:
                return False

        command = [program, "-p", str(directory), "-c", str(config), "-e", str(directory / "nginx.log")]
        with process.running(command, directory / "nginx.log", ready):
            yield f"http://{process.HOST}:{port}"
