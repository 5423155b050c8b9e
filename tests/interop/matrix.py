"""Every maker of stores with every user of stores, tried out.

python -m interop.matrix [--write]    compare docs/interop-matrix.md with what happens, or write it
"""

from __future__ import annotations

import argparse
import importlib.metadata
import re
import sys
import tempfile
import warnings
from pathlib import Path

from interop.files import all_files
from interop.participants import RUST, Column, Row, columns, rows

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "interop-matrix.md"
PACKAGES = ["obstore", "obspec", "fsspec", "rustac", "geoarrow-rust-io", "async-tiff"]
SHARED, RECREATED, REFUSED = "shared", "recreated, with a warning", "refused, with a message"
RECREATE_WARNINGS = re.compile("built a new .* from the settings|Successfully reconstructed a store")

Cells = dict[tuple[str, str], str]


class WrongCellError(AssertionError):
    """What happened is none of the outcomes that there are."""


def is_recreate_warning(warning: warnings.WarningMessage) -> bool:
    return issubclass(warning.category, RuntimeWarning) and bool(RECREATE_WARNINGS.search(str(warning.message)))


def try_cell(row: Row, column: Column, directory: Path) -> tuple[str, str]:
    """What happens when this store is given to that library, and the message if it is refused.

    Shared: it works, without a warning; bytes that the one writes are what the other reads, in memory at the same
    address.
    """
    store = row.make(directory, all_files())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            column.use(store)
        except (TypeError, ValueError) as error:
            if "store" not in str(error).lower():
                raise WrongCellError(f"{row.label} in {column.label}: an error that says nothing of stores") from error
            return REFUSED, str(error)
        if column.put is not None and column.get is not None:
            column.put(store, "out/key", b"value" * 1000)
            both_read = (column.get(store, "out/key"), row.get(store, "out/key"))
            if both_read != (b"value" * 1000,) * 2:
                raise WrongCellError(f"{row.label} in {column.label}: what was written is not what is read")
        same_place = (
            row.address is None
            or column.address is None
            or row.address(store, "out/key") == column.address(store, "out/key")
        )
    if unknown := [warning for warning in caught if not is_recreate_warning(warning)]:
        raise WrongCellError(f"{row.label} in {column.label}: {unknown[0].message}")
    if caught:
        return RECREATED, ""
    if not same_place:
        raise WrongCellError(f"{row.label} in {column.label}: no warning, but a copy of what is in memory")
    return SHARED, ""


def run() -> tuple[Cells, Cells]:
    """The outcome of every cell, and the messages of those that refuse."""
    outcomes: Cells = {}
    messages: Cells = {}
    for row in rows():
        for column in columns():
            with tempfile.TemporaryDirectory(prefix="storelink-interop-") as directory:
                key = (row.label, column.label)
                outcomes[key], message = try_cell(row, column, Path(directory))
                if message:
                    messages[key] = message
    return outcomes, messages


def _general(message: str) -> str:
    """The message without the name of the extension that gives it."""
    return re.sub(r"\bmy_ext\w*\.store", "tiles.store", message)


def document(outcomes: Cells, messages: Cells) -> str:
    """docs/interop-matrix.md."""
    row_labels = list(dict.fromkeys(row for row, _ in outcomes))
    column_labels = list(dict.fromkeys(column for _, column in outcomes))
    short = {SHARED: "shared", RECREATED: "recreated", REFUSED: "refused"}
    table = ["| made by | " + " | ".join(column_labels) + " |", "|---" * (len(column_labels) + 1) + "|"]
    for row in row_labels:
        cells = (short[outcomes[row, column]] for column in column_labels)
        table.append(f"| {row} | " + " | ".join(cells) + " |")
    said: dict[str, list[str]] = {}
    compiled = {column.label for column in columns() if column.compiled}
    for (row, column), message in messages.items():
        if column in compiled and row not in (rows_of := said.setdefault(_general(message), [])):
            rows_of.append(row)
    refusals = [f"- {', '.join(rows_of)}: “{message}”" for message, rows_of in said.items()]
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
    return "\n".join(
        [
            "# Who can use whose stores",
            "",
            "Rows are stores and the libraries that make them; columns are libraries that are given them. Written by",
            "`./run test interop --write`, and checked by `./run test interop`: every cell is tried out. rustac,",
            "geoarrow-rust-io and async-tiff read a STAC item, a GeoParquet file and a GeoTIFF through the store; the",
            "extensions list, write and read.",
            "",
            "- **shared**: works without a warning. What one side writes the other reads; in memory, where both sides",
            "  can tell, it is at the same address. async-tiff reads through our stores' `get_range_async` and",
            "  `get_ranges_async`.",
            "- **recreated**: works with a RuntimeWarning. The library builds a store of its own from the settings:",
            "  connections, caches and credentials are not shared.",
            "- **refused**: an error says what was given and what is accepted.",
            "",
            *table,
            "",
            "Extensions use the installed runtime unless `embedded` is said; pybind11 and C give the same results",
            "embedded. The package storelink has no column, as it has no function that takes a store yet. Stores with",
            "a server behind them are left out: an `S3Store` gives what a `LocalStore` gives, as other tests of",
            "`./run test interop` show.",
            f"Versions: {versions}.",
            "",
            "## What our refusals say",
            "",
            "`tiles` stands for the extension that was given the store.",
            "",
            *refusals,
            "",
        ]
    )


def written(text: str) -> Cells:
    """The table of a document."""
    lines = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    header, _, *body = ([cell.strip() for cell in line] for line in lines)
    return {(row, column): cell for row, *cells in body for column, cell in zip(header[1:], cells, strict=True)}


def without_rust(cells: Cells) -> Cells:
    return {key: cell for key, cell in cells.items() if key[1] != RUST and not key[0].startswith(f"{RUST}:")}


def differences(outcomes: Cells, messages: Cells) -> list[str]:
    """Where the document is out of date. Without the Rust extension its row and column are not compared."""
    text = DOCUMENT.read_text() if DOCUMENT.exists() else "| |\n|---|\n"
    fresh = document(outcomes, messages)
    if any(column == RUST for _, column in outcomes):
        old, new = text.splitlines(), fresh.splitlines()
        return [line for line in old if line not in new] + [line for line in new if line not in old]
    before, now = without_rust(written(text)), written(fresh)
    return [
        f"{row} → {column}: {before.get((row, column))}, now {now.get((row, column))}"
        for row, column in before.keys() | now.keys()
        if before.get((row, column)) != now.get((row, column))
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description="Try out every maker of stores with every user of stores.")
    parser.add_argument("--write", action="store_true", help="write docs/interop-matrix.md")
    options = parser.parse_args()
    outcomes, messages = run()
    if options.write:
        if not any(column == RUST for _, column in outcomes):
            print("error: the Rust extension storelink_rs_example has not been built", file=sys.stderr)
            return 1
        DOCUMENT.write_text(document(outcomes, messages))
        return 0
    if not any(column == RUST for _, column in outcomes):
        print("not compared: the row and the column of Rust, as storelink_rs_example has not been built")
    for line in (found := differences(outcomes, messages)):
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
