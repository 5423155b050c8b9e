"""How far a copy has come."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from typing_extensions import Self


class Progress:
    """A bar with rate and time left on the standard error; nothing unless `shown` and that is a terminal."""

    def __init__(self, *, shown: bool) -> None:
        self._bar: RichProgress | None = _bar() if shown and sys.stderr.isatty() else None
        self._total = 0
        self._objects = 0
        self._done = 0
        self._task = self._bar.add_task("0/0", total=None) if self._bar is not None else None

    @property
    def is_shown(self) -> bool:
        """Whether anybody sees it."""
        return self._bar is not None

    def expect(self, size: int | None) -> None:
        """One object more is to be copied. None is an unknown size."""
        self._objects += 1
        self._total += size or 0
        self._update()

    def advance(self, size: int) -> None:
        """So many bytes more are done."""
        if self._bar is not None and self._task is not None:
            self._bar.advance(self._task, size)

    def done(self) -> None:
        """One object more is done."""
        self._done += 1
        self._update()

    def _update(self) -> None:
        if self._bar is not None and self._task is not None:
            text = f"{self._done}/{self._objects}"
            self._bar.update(self._task, total=self._total or None, description=text)

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()


def _bar() -> RichProgress:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(binary_units=True),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    return Bar(*columns, console=Console(stderr=True), transient=True)
