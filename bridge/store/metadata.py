"""The metadata of a stored array: read, compared with what its artifact declares, and refused where it is not that.

Whoever made an artifact may have written anything: nothing is made room for that was not looked at here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bridge.store.objects import Manifest, read_object
from bridge.store.sealed import strict
from bridge.store.spaces.space import Damaged, Space

#: Size of a chunk; larger ones write no faster, smaller ones cost an object each.
CHUNK_BYTES = 16 * 2**20
#: What may stand in a store: numbers and truth values of these types, and nothing that would be unpickled.
TYPES = frozenset(
    ["bool", "complex64", "complex128"]
    + [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
    + [f"float{bits}" for bits in (16, 32, 64)]
)
_FIELDS = {
    "shape", "data_type", "chunk_grid", "chunk_key_encoding", "fill_value", "codecs", "attributes", "dimension_names",
    "zarr_format", "node_type", "storage_transformers",
}  # fmt: skip
_METADATA = 2**20
_SIDES = 64  # numpy has no more
_BYTES = ({"name": "bytes"}, {"name": "bytes", "configuration": {"endian": "little"}})


@dataclass(frozen=True)
class Declared:
    """An array as its metadata has it, if that is what the document beside it says."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    chunks: tuple[int, ...]
    packed: bool


def declared(space: Space, folder: str, name: str, layout: Mapping[str, Any], manifest: Manifest) -> Declared:
    """Read the metadata of an array. Raises Damaged where it is not the one that ``layout`` says, or no sound one."""
    at = space.where(f"{folder}/{name}/zarr.json")
    found = strict(read_object(space, folder, f"{name}/zarr.json", manifest, _METADATA), at)
    shape, dtype = layout["shape"], layout["dtype"]
    if dtype not in TYPES:
        raise Damaged(f"{at}: {dtype!r} is no type that a store holds.")
    codecs = found.get("codecs")
    first, rest = (codecs[0], codecs[1:]) if isinstance(codecs, list) and codecs else (None, [])
    zstd = len(rest) == 1 and isinstance(rest[0], dict) and rest[0].get("name") == "zstd"
    plain = len(rest) == 1 and rest[0] in ({"name": "crc32c"}, {"name": "crc32c", "configuration": {}})
    chunks = _at(found, "chunk_grid", "configuration", "chunk_shape")
    sound = (
        set(found) <= _FIELDS
        and found.get("zarr_format") == 3
        and found.get("node_type") == "array"
        and found.get("shape") == shape
        and found.get("data_type") == dtype
        and first in _BYTES
        and (zstd or plain)
        and not found.get("storage_transformers")
        and _at(found, "chunk_grid", "name") == "regular"
        and found.get("chunk_key_encoding") == {"name": "default", "configuration": {"separator": "/"}}
        and _sizes(shape)
        and _sizes(chunks)
        and len(shape) == len(chunks) <= _SIDES
        and all(chunks)
        and math.prod(filter(None, shape)) < 2**58  # of what is empty, too: numpy multiplies all other sides
    )
    if not sound:
        raise Damaged(f"{at} does not describe the {dtype} array of shape {shape} that its artifact declares.")
    kind = np.dtype(dtype).newbyteorder("<")
    has_room(at, name, math.prod(chunks) * kind.itemsize, manifest, max(free_memory() // 2, CHUNK_BYTES))
    return Declared(name, tuple(shape), kind, tuple(chunks), zstd)


def has_room(at: str, name: str, size: int, manifest: Manifest, room: int) -> None:
    """Raise Damaged for an array that takes more bytes than there are."""
    if size > room:
        stored = sum(entry[0] for path, entry in manifest.items() if path.startswith(f"{name}/c"))
        raise Damaged(f"{at} declares {size:.3g} bytes (stored in {stored}), more than the {room:.3g} that are free.")


def _at(document: Any, *names: str) -> Any:
    for name in names:
        document = document.get(name) if isinstance(document, dict) else None
    return document


def _sizes(shape: Any) -> bool:
    return isinstance(shape, list) and all(type(n) is int and n >= 0 for n in shape)


def free_memory() -> int:
    """Bytes of memory that could still be had."""
    import psutil  # type: ignore[import-untyped]

    return int(psutil.virtual_memory().available)
