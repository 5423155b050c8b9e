"""Small real files, each with what the library that reads it must find."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.parquet as pq

STAC, GEOPARQUET, TIFF = "in/item.json", "in/points.parquet", "in/image.tif"
STAC_ID = "an-item"
POINTS = [(1.0, 2.0), (3.0, 4.0), (5.0, 6.0)]
SIDE = 16
PIXELS = bytes(range(SIDE * SIDE))


def stac_item() -> bytes:
    """A STAC item with STAC_ID."""
    item = {
        "type": "Feature",
        "stac_version": "1.1.0",
        "id": STAC_ID,
        "geometry": {"type": "Point", "coordinates": [1.0, 2.0]},
        "bbox": [1.0, 2.0, 1.0, 2.0],
        "properties": {"datetime": "2025-01-01T00:00:00Z"},
        "links": [],
        "assets": {},
    }
    return json.dumps(item).encode()


def geoparquet() -> bytes:
    """POINTS as GeoParquet 1.1, in WKB."""
    column = {"encoding": "WKB", "geometry_types": ["Point"]}
    metadata = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
    points = pa.array([struct.pack("<BIdd", 1, 1, *point) for point in POINTS], pa.binary())
    table = pa.table({"geometry": points}).replace_schema_metadata({"geo": json.dumps(metadata)})
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


def tiff() -> bytes:
    """PIXELS as an uncompressed TIFF: one tile of SIDE x SIDE bytes, 1 degree each, north up at 0 east, 0 north."""
    short, long, double = 3, 4, 12
    tags: list[tuple[int, int, Sequence[float]]] = [  # number, type, values; offsets of tiles are filled in below
        (256, short, [SIDE]),  # width
        (257, short, [SIDE]),  # length
        (258, short, [8]),  # bits per sample
        (259, short, [1]),  # no compression
        (262, short, [1]),  # black is zero
        (277, short, [1]),  # samples per pixel
        (322, short, [SIDE]),  # tile width
        (323, short, [SIDE]),  # tile length
        (324, long, [0]),  # tile offsets
        (325, long, [len(PIXELS)]),  # tile byte counts
        (33550, double, [1.0, 1.0, 0.0]),  # pixel scale
        (33922, double, [0.0] * 6),  # tie point
        (34735, short, [1, 1, 0, 2, 1024, 0, 1, 2, 2048, 0, 1, 4326]),  # geographic, EPSG:4326
    ]
    formats = {short: "H", long: "I", double: "d"}
    beyond = 8 + 2 + 12 * len(tags) + 4
    directory, values = b"", b""
    sizes = [struct.calcsize(f"<{len(content)}{formats[kind]}") for _, kind, content in tags]
    pixels_at = beyond + sum(size for size in sizes if size > 4)
    for (number, kind, content), size in zip(tags, sizes, strict=True):
        packed = struct.pack(f"<{len(content)}{formats[kind]}", *([pixels_at] if number == 324 else content))
        if size > 4:
            packed, values = struct.pack("<I", beyond + len(values)), values + packed
        directory += struct.pack("<HHI", number, kind, len(content)) + packed.ljust(4, b"\0")
    return struct.pack("<2sHIH", b"II", 42, 8, len(tags)) + directory + struct.pack("<I", 0) + values + PIXELS


def all_files() -> dict[str, bytes]:
    return {STAC: stac_item(), GEOPARQUET: geoparquet(), TIFF: tiff()}
