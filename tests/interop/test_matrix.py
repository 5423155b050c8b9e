"""docs/interop-matrix.md is what happens."""

from __future__ import annotations

import pytest
from interop import matrix
from interop.participants import columns, rows


@pytest.fixture(scope="module")
def tried() -> tuple[matrix.Cells, matrix.Cells]:
    return matrix.run()


def test_compiled_code_shares_every_store(tried: tuple[matrix.Cells, matrix.Cells]) -> None:
    outcomes, _ = tried
    foreign = {"obstore", "obspec", "fsspec"}
    ours = [row.label for row in rows() if row.library not in foreign]
    compiled = [column.label for column in columns() if column.compiled]
    assert len(ours) >= 10
    assert len(compiled) >= 5
    assert {outcomes[row, column] for row in ours for column in compiled} == {matrix.SHARED}


def test_the_document_is_up_to_date(tried: tuple[matrix.Cells, matrix.Cells]) -> None:
    assert matrix.differences(*tried) == [], "run ./run test interop --write"
