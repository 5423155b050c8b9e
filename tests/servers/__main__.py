"""`python -m servers run weed -- command arg ...`: start the server, run the command with its address in the
environment (STORELINK_TEST_S3_*), end the server, and exit with the command's status."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from servers.process import ServerError
from servers.weed import weed


def main(arguments: list[str]) -> int:
    if arguments[:3] != ["run", "weed", "--"] or len(arguments) < 4:
        print("usage: python -m servers run weed -- command [argument ...]", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that the server is ended, too
    try:
        with weed() as server:
            done = subprocess.run(arguments[3:], env={**os.environ, **server.environment()}, check=False)
    except ServerError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return done.returncode if done.returncode >= 0 else 128 - done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
