"""What commands print: text or JSON on the standard output, errors on the standard error."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from datetime import datetime, timezone

from .errors import explain, printable


def flush_output() -> None:
    """Writes what was printed. It goes nowhere, now and later, if nobody reads the standard output any more."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _discard_output()


def _discard_output() -> None:
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def moment(time: datetime) -> str:
    """RFC 3339 in UTC, such as 2026-01-31T12:00:00Z."""
    return time.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")


class Output:
    """Lines of text, or with `as_json` one JSON object a line. Counts the failures.

    A report tells of work that goes on when nobody reads it any more; otherwise that is a BrokenPipeError.
    """

    def __init__(self, *, as_json: bool, report: bool = False) -> None:
        self.as_json = as_json
        self._report = report
        self.failures = 0
        self._terminal = sys.stdout.isatty()
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")  # names that the terminal's encoding lacks

    def show(self, text: str, record: dict[str, object]) -> None:
        """One result, in the form that was asked for."""
        shown = printable(text) if self._terminal else text
        try:
            print(json.dumps(record, ensure_ascii=False) if self.as_json else shown)
        except BrokenPipeError:
            if not self._report:
                raise
            _discard_output()

    def note(self, text: str) -> None:
        """What the user should know although nothing failed: a line on the standard error."""
        print(f"storelink: {printable(text)}", file=sys.stderr)

    def fail(self, what: str, error: BaseException) -> None:
        """One failure of several that may come: a line on the standard error."""
        self.failures += 1
        self.note(f"{what}: {explain(error)}")

    @property
    def status(self) -> int:
        """The command's exit status: 1 if something failed."""
        return 1 if self.failures else 0
