"""All rows of the table, by name. Each is something that a program may do with a package, good or bad."""

from __future__ import annotations

from differential import buffers, files, gets, lists, objects, puts, ranges
from differential.ways import Row


def _together(*tables: dict[str, Row]) -> dict[str, Row]:
    rows = {name: row for table in tables for name, row in table.items()}
    assert len(rows) == sum(map(len, tables)), "two rows have the same name"
    return rows


# These run on every store; the others need none.
ON_A_STORE = _together(gets.ROWS, ranges.ROWS, puts.ROWS, lists.ROWS, objects.ROWS, files.ROWS)
WITHOUT_A_STORE = _together(objects.WITHOUT_A_STORE, buffers.ROWS)
