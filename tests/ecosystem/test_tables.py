"""Libraries for tables and arrays read and write: given a path with storage options, or a filesystem."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
import xarray as xr
from pandas.testing import assert_frame_equal
from storelink.fsspec import FsspecStore
from storelink.store import S3Store

FRAME = pd.DataFrame({"number": np.arange(1000), "name": [f"name {i}" for i in range(1000)]})
TABLE = pa.Table.from_pandas(FRAME)


@pytest.mark.parametrize("compression", [None, "gzip"])
def test_pandas_reads_and_writes_csv_at_a_url(
    url: str,
    storage_options: dict[str, Any],
    compression: Any,  # noqa: ANN401
) -> None:
    path = f"{url}/frame.csv"
    FRAME.to_csv(path, index=False, storage_options=storage_options, compression=compression)
    assert_frame_equal(pd.read_csv(path, storage_options=storage_options, compression=compression), FRAME)


def test_pandas_reads_and_writes_parquet_at_a_url(url: str, storage_options: dict[str, Any]) -> None:
    path = f"{url}/frame.parquet"
    FRAME.to_parquet(path, storage_options=storage_options)
    assert_frame_equal(pd.read_parquet(path, storage_options=storage_options), FRAME)
    read = pd.read_parquet(path, storage_options=storage_options, columns=["number"], filters=[("number", "<", 5)])
    assert list(read["number"]) == [0, 1, 2, 3, 4]


def test_pandas_reads_and_writes_with_a_filesystem(directory: str, filesystem: FsspecStore) -> None:
    FRAME.to_parquet(f"{directory}/frame.parquet", filesystem=filesystem)
    assert_frame_equal(pd.read_parquet(f"{directory}/frame.parquet", filesystem=filesystem), FRAME)
    with filesystem.open(f"{directory}/frame.json", "w") as file:
        FRAME.to_json(file, orient="records")
    with filesystem.open(f"{directory}/frame.json", "r") as file:
        assert_frame_equal(pd.read_json(file, orient="records"), FRAME, check_dtype=False)


def test_polars_reads_and_writes_open_files(directory: str, filesystem: FsspecStore) -> None:
    frame = pl.from_arrow(TABLE)
    assert isinstance(frame, pl.DataFrame)
    with filesystem.open(f"{directory}/frame.parquet", "wb") as file:
        frame.write_parquet(file)
    with filesystem.open(f"{directory}/frame.parquet") as file:
        assert pl.read_parquet(file).equals(frame)
    with filesystem.open(f"{directory}/frame.csv", "wb") as file:
        frame.write_csv(file)
    with filesystem.open(f"{directory}/frame.csv") as file:
        assert pl.read_csv(file).equals(frame)


def test_polars_scans_a_dataset_of_a_filesystem(directory: str, filesystem: FsspecStore) -> None:
    pq.write_table(TABLE, f"{directory}/frame.parquet", filesystem=filesystem)
    dataset = ds.dataset(directory, filesystem=filesystem)
    lazy = pl.scan_pyarrow_dataset(dataset).filter(pl.col("number") > 990).select("number")
    assert lazy.collect()["number"].to_list() == list(range(991, 1000))


def test_polars_reads_csv_at_a_url(url: str, directory: str, filesystem: FsspecStore, storage_options: Any) -> None:  # noqa: ANN401
    filesystem.write_text(f"{directory}/frame.csv", "a,b\n1,x\n")
    import fsspec

    with fsspec.open(f"{url}/frame.csv", **storage_options) as file:
        assert pl.read_csv(file).rows() == [(1, "x")]


def test_pyarrow_writes_and_reads_a_partitioned_dataset(directory: str, filesystem: FsspecStore) -> None:
    table = TABLE.append_column("part", pa.array([f"p{i % 3}" for i in range(1000)]))
    ds.write_dataset(table, directory, filesystem=filesystem, format="parquet", partitioning=["part"])
    dataset = ds.dataset(directory, filesystem=filesystem, partitioning=["part"])
    assert len(dataset.files) == 3
    assert dataset.count_rows() == 1000
    found = dataset.to_table(columns=["number"], filter=ds.field("part") == "p1")
    assert sorted(found["number"].to_pylist()) == list(range(1, 1000, 3))


def test_pyarrow_reads_parquet_at_a_path(directory: str, filesystem: FsspecStore) -> None:
    pq.write_table(TABLE, f"{directory}/table.parquet", filesystem=filesystem)
    assert pq.read_table(f"{directory}/table.parquet", filesystem=filesystem).equals(TABLE)


def test_duckdb_reads_and_writes_with_a_filesystem(directory: str, filesystem: FsspecStore) -> None:
    connection = duckdb.connect()
    connection.register_filesystem(filesystem)
    url = f"s3://{directory}"
    connection.execute(f"COPY (SELECT range AS number FROM range(1000)) TO '{url}/a.parquet' (FORMAT parquet)")
    connection.execute(f"COPY (SELECT range AS number FROM range(1000)) TO '{url}/b.csv'")
    assert connection.execute(f"SELECT sum(number) FROM '{url}/a.parquet'").fetchone() == (499500,)
    assert connection.execute(f"SELECT count(*) FROM read_csv('{url}/b.csv')").fetchone() == (1000,)
    assert connection.execute(f"SELECT count(*) FROM read_parquet('{url}/*.parquet')").fetchone() == (1000,)


def _grid() -> xr.Dataset:
    values: Any = np.arange(20 * 30, dtype="f8").reshape(20, 30)
    return xr.Dataset({"height": (("y", "x"), values)}, {"x": np.arange(30), "y": np.arange(20)})


def test_xarray_reads_and_writes_zarr_at_a_url(url: str, storage_options: dict[str, Any]) -> None:
    _grid().to_zarr(f"{url}/grid.zarr", storage_options=storage_options, zarr_format=3, consolidated=False)
    with xr.open_zarr(f"{url}/grid.zarr", storage_options=storage_options, consolidated=False) as read:
        xr.testing.assert_identical(read.load(), _grid())


def test_xarray_reads_netcdf_from_an_open_file(directory: str, filesystem: FsspecStore) -> None:
    with filesystem.open(f"{directory}/grid.nc", "wb") as file:
        file.write(_grid().to_netcdf(engine="h5netcdf"))
    with filesystem.open(f"{directory}/grid.nc") as file, xr.open_dataset(file, engine="h5netcdf") as read:
        xr.testing.assert_identical(read.load(), _grid())


@pytest.fixture
def store(s3_settings: dict[str, Any], tmp_path: Path) -> S3Store:
    return S3Store(**s3_settings, prefix=f"tables/{tmp_path.name}")


def test_tables_are_written_to_and_read_from_objects_as_files(store: S3Store) -> None:
    with store.open_writer("table.parquet") as file:
        pq.write_table(TABLE, file)
    assert pq.read_table(store.open_reader("table.parquet")).equals(TABLE)
    with store.open_writer("frame.parquet") as file:
        FRAME.to_parquet(file)
    assert_frame_equal(pd.read_parquet(store.open_reader("frame.parquet")), FRAME)
    with store.open_writer("frame.csv") as file:
        FRAME.to_csv(file, index=False)
    reader: Any = store.open_reader("frame.csv")
    assert_frame_equal(pd.read_csv(io.TextIOWrapper(reader)), FRAME)
