"""docs/interop-matrix.md is what happens."""

from __future__ import annotations

import warnings

import pytest
from interop import matrix
from interop.participants import RUST, columns, rows, rust_module


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


def test_rust_is_compared(tried: tuple[matrix.Cells, matrix.Cells]) -> None:
    if rust_module() is None:
        pytest.skip("storelink_rs_example has not been built: `./run test rust` builds it")
    assert any(column == RUST for _, column in tried[0])


def test_only_a_runtime_warning_is_one_of_recreation() -> None:
    for category, expected in ((RuntimeWarning, True), (UserWarning, False)):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            warnings.warn("built a new x.LocalStore from the settings of this one", category, stacklevel=1)
        assert matrix.is_recreate_warning(caught[0]) == expected
