"""Where storelink is meant to differ from obstore, and why. A row that no longer differs has to go from here."""

from __future__ import annotations

from dataclasses import dataclass

MEMORY, LOCAL, S3 = "memory", "local", "s3"
ALL = frozenset({MEMORY, LOCAL, S3})


@dataclass(frozen=True)
class Difference:
    reason: str
    rows: tuple[str, ...]
    stores: frozenset[str] = ALL


DIFFERENCES: tuple[Difference, ...] = ()


def reason(row: str, store: str) -> str | None:
    """Why a row differs on a store, or None if it must not."""
    found = [one.reason for one in DIFFERENCES if row in one.rows and store in one.stores]
    assert len(found) <= 1, f"{row}: more than one reason"
    return found[0] if found else None
