"""Tiles: arrays cut across all their axes, written chunk by chunk as they lie in the store.

Zarr copies a chunk of a few megabytes several times on its way; for a field that people wait for, that is most of
the time. What is written is the same, and zarr reads it.
"""

from __future__ import annotations

import itertools
import math
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from blake3 import blake3

from bridge.store.fields import each, pays, recorder, write_array
from bridge.store.objects import Manifest
from bridge.store.spaces.space import Attempt

#: Packed tiles are looked at more slowly: they must be at most half as large.
_PAYS = 0.5


def write_tiles(
    attempt: Attempt,
    manifest: Manifest,
    name: str,
    array: np.ndarray,
    dims: Sequence[str],
    attributes: Mapping[str, Any],
    chunks: Sequence[int],
) -> None:
    """Write an array as ``name`` in chunks of a shape, and enter its objects into ``manifest``."""
    import zarr
    from google_crc32c import value as crc32c
    from zarr.codecs import Crc32cCodec

    if pays(array, _PAYS):
        write_array(attempt, manifest, name, array, dims, attributes, compress=True, chunks=chunks)
        return
    zarr.create_array(
        recorder(attempt, manifest),
        name=name,
        shape=array.shape,
        dtype=array.dtype,
        chunks=tuple(chunks),
        compressors=[Crc32cCodec()],
        dimension_names=list(dims),
        attributes=dict(attributes),
    )
    little = array.dtype.newbyteorder("<")
    size = math.prod(chunks) * array.itemsize
    own = threading.local()

    def put(index: tuple[int, ...]) -> None:
        if not hasattr(own, "room"):
            own.room = np.zeros(size + 4, np.uint8)
        tile = array[tuple(slice(i * m, (i + 1) * m) for i, m in zip(index, chunks, strict=True))]
        room = own.room[:size].view(little).reshape(chunks)
        if tile.shape != tuple(chunks):
            room[...] = 0  # beyond the end
        room[tuple(slice(n) for n in tile.shape)] = tile
        own.room[size:] = np.frombuffer(crc32c(own.room[:size]).to_bytes(4, "little"), np.uint8)
        path = "/".join((f"{name}/c", *map(str, index)))
        attempt.put(path, own.room.data)
        manifest[attempt.prefix + path] = [size + 4, blake3(own.room.data, max_threads=1).hexdigest()]

    grid = [range(math.ceil(n / m)) for n, m in zip(array.shape, chunks, strict=True)]
    each(put, itertools.product(*grid), math.prod(map(len, grid)))
