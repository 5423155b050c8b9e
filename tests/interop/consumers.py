"""Libraries that read through a store: each function does, and fails unless what it read is right."""

from __future__ import annotations

import asyncio
import struct
from typing import Any

import async_tiff
import pyarrow as pa
import rustac
from geoarrow.rust.io import GeoParquetFile
from interop.files import GEOPARQUET, PIXELS, POINTS, SIDE, STAC, STAC_ID, TIFF


def read_stac(store: Any, path: str = STAC) -> None:  # noqa: ANN401
    item = rustac.read_sync(path, store=store)
    assert item["id"] == STAC_ID


def write_stac(store: Any, path: str) -> None:  # noqa: ANN401
    """Writes the item, as JSON."""
    item = rustac.read_sync(STAC, store=store)
    rustac.write_sync(path, item, store=store)


def read_geoparquet(store: Any, path: str = GEOPARQUET) -> None:  # noqa: ANN401
    file = GeoParquetFile.open(path, store=store)
    assert file.num_rows == len(POINTS)
    column = pa.table(file.read()).column("geometry").combine_chunks()
    storage = column.storage if isinstance(column, pa.ExtensionArray) else column
    assert [_point(value) for value in storage.to_pylist()] == POINTS


def _point(value: Any) -> tuple[float, float]:  # noqa: ANN401
    """GeoArrow's native form, or WKB."""
    if isinstance(value, bytes):
        x, y = struct.unpack("<dd", value[5:])
        return x, y
    return (value["x"], value["y"]) if isinstance(value, dict) else (value[0], value[1])


def read_tiff(store: Any, path: str = TIFF) -> None:  # noqa: ANN401
    async def read() -> None:
        tiff = await async_tiff.TIFF.open(path, store=store)
        assert (tiff.ifds[0].image_width, tiff.ifds[0].image_height) == (SIDE, SIDE)
        tile = await tiff.fetch_tile(0, 0, 0)
        assert bytes(memoryview(await tile.decode())) == PIXELS
        (same,) = await tiff.fetch_tiles([(0, 0)], 0)
        assert bytes(memoryview(await same.decode())) == PIXELS

        # The library's threads still hold Python objects for a moment: an interpreter that ends now may crash in them.
        await asyncio.sleep(0.05)

    asyncio.run(read())
