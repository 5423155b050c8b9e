"""`python -m servers run weed gcs -- command arg ...`: start the servers, or `all` of them, run the command with their
addresses in the environment (STORELINK_TEST_...), end the servers, and exit with the command's status."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from servers.azurite import azurite
from servers.fake_gcs_server import fake_gcs_server
from servers.gcs import gcs
from servers.ministack import ministack
from servers.process import ServerError
from servers.versity import versity
from servers.webdav import nginx_dav, wsgidav
from servers.weed import weed


class _Server(Protocol):
    def environment(self) -> dict[str, str]: ...


_SERVERS: dict[str, Callable[[], AbstractContextManager[_Server]]] = {
    "weed": weed,
    "versity": versity,
    "ministack": ministack,
    "gcs": gcs,
    "fake-gcs-server": fake_gcs_server,
    "azurite": azurite,
    "nginx": nginx_dav,
    "wsgidav": wsgidav,
}


def main(arguments: list[str]) -> int:
    names, command = arguments[1:], list[str]()
    if "--" in names:
        separator = names.index("--")
        names, command = names[:separator], names[separator + 1 :]
    if names == ["all"]:
        names = list(_SERVERS)
    if arguments[:1] != ["run"] or not names or not command or not set(names) <= set(_SERVERS):
        known = " ".join(f"[{name}]" for name in _SERVERS)
        print(f"usage: python -m servers run all|{known} -- command [argument ...]", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that the servers are ended, too
    try:
        with contextlib.ExitStack() as running:
            environment = dict(os.environ)
            for name in names:
                environment |= running.enter_context(_SERVERS[name]()).environment()
            done = subprocess.run(command, env=environment, check=False)
    except ServerError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return done.returncode if done.returncode >= 0 else 128 - done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
