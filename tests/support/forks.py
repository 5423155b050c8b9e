"""Child processes made with os.fork()."""

from __future__ import annotations

import os
import select
import signal
import sys
import traceback
from collections.abc import Callable


class Child:
    """A forked process that runs `function` and ends."""

    def __init__(self, function: Callable[[], object]) -> None:
        self._report, end = os.pipe()
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid == 0:
            failure = b""
            try:
                function()
            except BaseException:
                failure = traceback.format_exc().encode()
            os.write(end, failure)
            os._exit(len(failure) > 0)
        os.close(end)

    def join(self) -> None:
        """Raises what went wrong in the child. A child that hangs is ended after some time."""
        report = b"the child hangs"
        if select.select([self._report], [], [], 30)[0]:
            report = os.read(self._report, 1 << 16)
        else:
            os.kill(self.pid, signal.SIGKILL)
        os.close(self._report)
        _, status = os.waitpid(self.pid, 0)
        assert (status, report.decode()) == (0, ""), f"status {status}: {report.decode()}"


def in_child(function: Callable[[], object]) -> None:
    Child(function).join()
