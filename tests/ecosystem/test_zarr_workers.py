"""Arrays in a store that other processes read and write, whatever way these were started."""

from __future__ import annotations

import multiprocessing
import uuid
from typing import Any

import dask
import dask.array
import distributed
import numpy as np
import pytest
import zarr
from storelink.store import S3Store
from storelink.zarr import ObjectStore

VALUES: Any = np.arange(80 * 80, dtype="i8").reshape(80, 80)


@pytest.fixture
def array(s3_settings: dict[str, Any]) -> zarr.Array[Any]:
    store = ObjectStore(S3Store(**s3_settings, prefix=f"zarr-{uuid.uuid4().hex}"))
    made = zarr.create_array(store, shape=VALUES.shape, chunks=(20, 20), dtype=VALUES.dtype)
    made[:] = VALUES
    return made


def double_rows(store: ObjectStore[Any], start: int) -> int:
    """Doubles some rows, and gives the sum of what was there."""
    array = zarr.open_array(store, mode="r+")
    rows = np.asarray(array[start : start + 20])
    array[start : start + 20] = rows * 2
    return int(rows.sum())


@pytest.mark.parametrize("method", ["spawn", "forkserver", "fork"])
def test_processes_share_an_array(array: zarr.Array[Any], method: str) -> None:
    context = multiprocessing.get_context(method)
    with context.Pool(2) as pool:
        sums = pool.starmap(double_rows, [(array.store, start) for start in range(0, 80, 20)])
    assert sum(sums) == VALUES.sum()
    np.testing.assert_array_equal(np.asarray(array[:]), VALUES * 2)


def test_workers_of_dask_share_an_array(array: zarr.Array[Any]) -> None:
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        futures = client.map(double_rows, [array.store] * 4, range(0, 80, 20))
        assert sum(client.gather(futures)) == VALUES.sum()
        assert int(dask.array.from_array(array, chunks=array.chunks).sum().compute()) == 2 * VALUES.sum()
