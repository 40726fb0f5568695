"""ParaView's file for fields on a regular grid: VTK XML ImageData (VTK File Formats, Kitware)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from xml.sax.saxutils import quoteattr

import numpy as np
from numpy.typing import NDArray

TYPES = {"float64": "Float64", "float32": "Float32", "int64": "Int64", "int32": "Int32"}


def image(spacing: float, fields: Mapping[str, NDArray[np.generic]]) -> bytes:
    """Write point data of shape (x, y, z) or, for vectors, (3, x, y, z), inline in base64.

    Numbers are little-endian, each array after its length in bytes as UInt64; x runs fastest.
    """
    shape = next(iter(fields.values())).shape[-3:]
    extent = " ".join(f"0 {n - 1}" for n in shape)
    vectors = next((name for name, field in fields.items() if field.ndim == 4), None)
    marked = f" Vectors={quoteattr(vectors)}" if vectors else ""
    lines = [
        '<?xml version="1.0"?>',
        '<VTKFile type="ImageData" version="1.0" byte_order="LittleEndian" header_type="UInt64">',
        f'  <ImageData WholeExtent="{extent}" Origin="0 0 0" Spacing="{spacing!r} {spacing!r} {spacing!r}">',
        f'    <Piece Extent="{extent}">',
        f"      <PointData{marked}>",
    ]
    for name, field in fields.items():
        vector = field.ndim == 4
        # Fortran order of (3, x, y, z) has the component fastest, then x: as the format asks
        little = field.astype(field.dtype.newbyteorder("<"), copy=False)
        content = little.tobytes(order="F")
        packed = base64.b64encode(np.uint64(len(content)).astype("<u8").tobytes() + content).decode("ascii")
        components = ' NumberOfComponents="3"' if vector else ""
        lines += [
            f'        <DataArray type="{TYPES[field.dtype.name]}" Name={quoteattr(name)}{components} format="binary">',
            packed,
            "        </DataArray>",
        ]
    lines += ["      </PointData>", "    </Piece>", "  </ImageData>", "</VTKFile>", ""]
    return "\n".join(lines).encode("ascii")
