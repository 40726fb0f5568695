"""Fields: arrays as Zarr v3, written by zarr, read back by a reader that trusts nothing.

A chunk is a contiguous piece of the array in memory. It is stored as it is with a CRC-32C, or packed by zstd with
a checksum where that saves something, so that every reader of Zarr sees a flipped bit; this one also compares the
digest from the manifest before a byte is used, and refuses whatever is not exactly as declared before it makes room.
"""

from __future__ import annotations

import asyncio
import itertools
import math
import os
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from blake3 import blake3

from bridge.store.sealed import blake3_of, strict
from bridge.store.spaces.space import Attempt, Damaged, Space

if TYPE_CHECKING:
    from zarr.abc.store import Store as ZarrStore

#: Size of a chunk; larger ones write no faster, smaller ones cost an object each.
CHUNK_BYTES = 16 * 2**20
#: What may stand in a store: numbers and truth values of these types, and nothing that would be unpickled.
TYPES = frozenset(
    ["bool", "complex64", "complex128"]
    + [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
    + [f"float{bits}" for bits in (16, 32, 64)]
)
_PIECES, _PIECE = 3, 2**16  # what is packed to see whether it pays
_PAYS = 0.9
_FIELDS = {
    "shape", "data_type", "chunk_grid", "chunk_key_encoding", "fill_value", "codecs", "attributes", "dimension_names",
    "zarr_format", "node_type", "storage_transformers",
}  # fmt: skip
_METADATA = 2**20
_SIDES = 64  # numpy has no more
_NOTHING: tuple[str, ...] = ()
_BYTES = ({"name": "bytes"}, {"name": "bytes", "configuration": {"endian": "little"}})

Manifest = dict[str, list[Any]]


# Writing


def write_array(
    attempt: Attempt,
    manifest: Manifest,
    name: str,
    array: np.ndarray,
    dims: Sequence[str],
    attributes: Mapping[str, Any] | None = None,
    compress: bool | None = None,
    chunks: Sequence[int] | None = None,
) -> None:
    """Write an array as ``name`` and enter its objects into ``manifest``: name → size and digest.

    ``compress`` is decided by trying if it is None. ``chunks`` are contiguous pieces of the array if not told.
    """
    import zarr
    from zarr.codecs import Crc32cCodec, ZstdCodec

    array = np.ascontiguousarray(array)
    packed = pays(array) if compress is None else compress
    zarr.create_array(
        recorder(attempt, manifest),
        name=name,
        data=array,
        chunks=_chunks(array.shape, array.itemsize) if chunks is None else tuple(chunks),
        compressors=[ZstdCodec(level=1, checksum=True)] if packed else [Crc32cCodec()],
        dimension_names=list(dims),
        attributes=dict(attributes or {}),
        config={"write_empty_chunks": True},
    )


def _chunks(shape: Sequence[int], itemsize: int) -> tuple[int, ...]:
    """The largest contiguous pieces of equal size: ones, a part of one side, then whole sides."""
    sides = [max(1, n) for n in shape]
    whole = itemsize
    for axis in range(len(sides) - 1, -1, -1):
        if whole * sides[axis] > CHUNK_BYTES:
            pieces = math.ceil(whole * sides[axis] / CHUNK_BYTES)
            return (*[1] * axis, -(-sides[axis] // pieces), *sides[axis + 1 :])
        whole *= sides[axis]
    return tuple(sides)


def pays(array: np.ndarray, most: float = _PAYS) -> bool:
    """Whether packing leaves at most a part of an array's size, nine tenths if not told, judged by three pieces."""
    from numcodecs.zstd import Zstd

    flat = array.reshape(-1)
    count = max(1, _PIECE // array.itemsize)
    starts = np.linspace(0, max(0, flat.size - count), _PIECES).astype(int)
    pieces = [np.ascontiguousarray(flat[start : start + count]).view(np.uint8) for start in starts]
    return bool(sum(len(Zstd(level=1).encode(piece)) for piece in pieces) < most * sum(map(len, pieces)))


def recorder(attempt: Attempt, manifest: Manifest) -> ZarrStore:
    """What zarr writes into: objects go to the attempt, their sizes and digests to the manifest."""
    from zarr.abc.store import Store as ZarrStore

    class Recorder(ZarrStore):
        supports_writes = supports_deletes = supports_listing = True
        supports_partial_writes = False

        def __eq__(self, other: object) -> bool:
            return self is other

        __hash__ = object.__hash__

        async def get(self, key: str, prototype: Any, byte_range: Any = None) -> None:
            return None

        async def get_partial_values(self, prototype: Any, key_ranges: Any) -> list[Any]:
            return [None for _ in key_ranges]

        async def exists(self, key: str) -> bool:
            return False

        async def set(self, key: str, value: Any) -> None:
            known = key.endswith("zarr.json") and attempt.prefix + key in manifest  # of a group between, with its first
            if key != "zarr.json" and not known:  # the group's own is written last, by the commit
                await asyncio.to_thread(self._write, key, value)

        def _write(self, key: str, value: Any) -> None:
            content = memoryview(value.as_numpy_array()).cast("B")
            attempt.put(key, content)
            manifest[attempt.prefix + key] = [content.nbytes, blake3_of(content)]

        async def delete(self, key: str) -> None:
            return None

        async def list(self) -> AsyncIterator[str]:
            for key in _NOTHING:
                yield key

        async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
            for key in _NOTHING:
                yield key

        async def list_dir(self, prefix: str) -> AsyncIterator[str]:
            for key in _NOTHING:
                yield key

    return Recorder()


# Reading


@dataclass(frozen=True)
class Declared:
    """An array as its metadata has it, if that is what the document beside it says."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    chunks: tuple[int, ...]
    packed: bool


def read_array(space: Space, folder: str, name: str, layout: Mapping[str, Any], manifest: Manifest) -> np.ndarray:
    """Read the array ``name`` of the artifact ``folder``; every object is compared with its digest before it is used.

    ``layout`` says dtype and shape. Raises Damaged for anything missing, changed, or not as declared.
    """
    at = space.where(f"{folder}/{name}")
    array = declared(space, folder, name, layout, manifest)
    _has_room(at, name, math.prod(array.shape) * array.dtype.itemsize, manifest, _memory())
    expected = math.prod(math.ceil(n / m) for n, m in zip(array.shape, array.chunks, strict=True))
    there = sum(1 for path in manifest if path.startswith(f"{name}/c/") or path == f"{name}/c")
    if there != expected:
        raise Damaged(f"{at} has {there} chunks, its shape {array.shape} needs {expected}.")
    return read_region(space, folder, array, manifest, [slice(0, n) for n in array.shape])


def read_region(space: Space, folder: str, array: Declared, manifest: Manifest, region: Sequence[slice]) -> np.ndarray:
    """Read a part of an array, from start to stop along each axis: the chunks it lies in, and no others.

    Each is compared with its digest as a whole. Raises Damaged.
    """
    out = np.empty([max(0, part.stop - part.start) for part in region], array.dtype)
    if not out.size:  # a product of ranges would be made of all their numbers, and one may be 10^14 long
        return out
    grid = [range(p.start // m, math.ceil(p.stop / m)) for p, m in zip(region, array.chunks, strict=True)]
    own = threading.local()  # room of a thread for chunks of which a part is wanted

    def fill(index: tuple[int, ...]) -> None:
        path = "/".join((f"{array.name}/c", *map(str, index)))
        begins = [i * m for i, m in zip(index, array.chunks, strict=True)]
        spans = [
            (max(p.start, begin), min(p.stop, begin + m))
            for p, begin, m in zip(region, begins, array.chunks, strict=True)
        ]
        target = out[tuple(slice(a - p.start, b - p.start) for (a, b), p in zip(spans, region, strict=True))]
        direct = target.shape == array.chunks and target.flags.c_contiguous
        if not (direct or hasattr(own, "room")):
            own.room = np.empty(array.chunks, array.dtype)
        room = target if direct else own.room
        _chunk(space, folder, path, manifest, room.reshape(-1).view(np.uint8).data, array.packed)
        if not direct:
            target[...] = room[tuple(slice(a - begin, b - begin) for (a, b), begin in zip(spans, begins, strict=True))]

    each(fill, itertools.product(*grid), math.prod(map(len, grid)))
    return out.astype(array.dtype.newbyteorder("=")) if sys.byteorder == "big" else out


def each(work: Callable[[tuple[int, ...]], None], indices: Iterator[tuple[int, ...]], count: int) -> None:
    """Do a piece of work for every index, side by side where there are several."""
    if count == 1:
        work(next(indices))
        return
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as threads:
        for _ in threads.map(work, indices):
            pass


def _chunk(space: Space, folder: str, path: str, manifest: Manifest, room: memoryview, packed: bool) -> None:
    if not packed:
        tail = bytearray(4)  # the CRC-32C, which the digest covers
        _known(space, folder, path, manifest, room.nbytes + 4)
        space.read_into(f"{folder}/{path}", room, memoryview(tail))
        seen = blake3(max_threads=1).update(room).update(tail).hexdigest()
        if seen != manifest[path][1]:
            raise changed(space, folder, path)
        return
    from numcodecs.zstd import Zstd

    content = read_object(space, folder, path, manifest, limit=room.nbytes + room.nbytes // 128 + 2**16)  # zstd's bound
    size = _unpacked_size(content)
    if size != room.nbytes:
        raise Damaged(f"{space.where(f'{folder}/{path}')} unpacks to {size} bytes, expected {room.nbytes}.")
    try:
        Zstd().decode(content, out=np.frombuffer(room, np.uint8))
    except (RuntimeError, ValueError) as reason:  # its digest fits: whoever made it meant it so
        raise Damaged(f"{space.where(f'{folder}/{path}')} cannot be unpacked: {reason}.") from None


def read_object(space: Space, folder: str, path: str, manifest: Manifest, limit: int | None = None) -> bytes:
    """Read an object of an artifact as it was committed. Raises Damaged, naming it."""
    size = _known(space, folder, path, manifest)
    if limit is not None and size > limit:
        raise Damaged(f"{space.where(f'{folder}/{path}')} has {size} bytes, expected at most {limit}.")
    try:
        content = space.read(f"{folder}/{path}", limit=size)
    except FileNotFoundError:
        raise Damaged(f"{space.where(f'{folder}/{path}')} is missing. {CURE}") from None
    if len(content) != size or blake3_of(content) != manifest[path][1]:
        raise changed(space, folder, path)
    return content


#: What to do about a damaged artifact.
CURE = "Run scalebridge verify --set-aside, then run the flow again: it computes what was lost."


def changed(space: Space, folder: str, path: str) -> Damaged:
    """The error for an object that is not what was committed."""
    return Damaged(f"{space.where(f'{folder}/{path}')} was changed after it was committed. {CURE}")


def _known(space: Space, folder: str, path: str, manifest: Manifest, expected: int | None = None) -> int:
    """Size of an object by the manifest, if it is there with that size."""
    at = space.where(f"{folder}/{path}")
    if path not in manifest:
        raise Damaged(f"{at} is not in the manifest of its artifact.")
    size = manifest[path][0]
    there = space.size(f"{folder}/{path}")
    if there is None:
        raise Damaged(f"{at} is missing. {CURE}")
    if not isinstance(size, int) or there != size:
        raise changed(space, folder, path)
    if expected is not None and size != expected:
        raise Damaged(f"{at} has {size} bytes, expected {expected}.")
    return size


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
    _has_room(at, name, math.prod(chunks) * kind.itemsize, manifest, max(_memory() // 2, CHUNK_BYTES))
    return Declared(name, tuple(shape), kind, tuple(chunks), zstd)


def _has_room(at: str, name: str, size: int, manifest: Manifest, room: int) -> None:
    if size > room:
        stored = sum(entry[0] for path, entry in manifest.items() if path.startswith(f"{name}/c"))
        raise Damaged(f"{at} declares {size:.3g} bytes (stored in {stored}), more than the {room:.3g} that are free.")


def _at(document: Any, *names: str) -> Any:
    for name in names:
        document = document.get(name) if isinstance(document, dict) else None
    return document


def _sizes(shape: Any) -> bool:
    return isinstance(shape, list) and all(type(n) is int and n >= 0 for n in shape)


def _memory() -> int:
    """Bytes of memory that could still be had."""
    import psutil  # type: ignore[import-untyped]

    return int(psutil.virtual_memory().available)


def _unpacked_size(content: bytes) -> int | None:
    """What a zstd frame says it unpacks to (RFC 8878, section 3.1.1.1); None where it does not say, or is none."""
    if len(content) < 6 or content[:4] != b"\x28\xb5\x2f\xfd":
        return None
    flags = content[4]
    single, width = flags >> 5 & 1, (0, 2, 4, 8)[flags >> 6]
    width = width or single
    start = 5 + (1 - single) + (0, 1, 2, 4)[flags & 3]
    field = content[start : start + width]
    if not width or len(field) < width:
        return None
    return int.from_bytes(field, "little") + (256 if width == 2 else 0)
