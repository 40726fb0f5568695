"""Fields: arrays as Zarr v3, written by zarr, read back by a reader that trusts nothing.

A chunk is a contiguous piece of the array in memory. It is stored as it is with a CRC-32C, or packed by zstd with
a checksum where that saves something, so that every reader of Zarr sees a flipped bit; this one also compares the
digest from the manifest before a byte is used (`objects`), and refuses whatever is not exactly as declared before it
makes room (`metadata`).
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
from typing import TYPE_CHECKING, Any

import numpy as np
from blake3 import blake3

from bridge.store.metadata import CHUNK_BYTES, Declared, declared, free_memory, has_room
from bridge.store.objects import Manifest, as_committed, changed, known_size, read_object
from bridge.store.sealed import blake3_of
from bridge.store.spaces.space import Attempt, Damaged, Space

if TYPE_CHECKING:
    from zarr.abc.store import Store as ZarrStore

_PIECES, _PIECE = 3, 2**16  # what is packed to see whether it pays
_PAYS = 0.9
_NOTHING: tuple[str, ...] = ()

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


def read_array(space: Space, folder: str, name: str, layout: Mapping[str, Any], manifest: Manifest) -> np.ndarray:
    """Read the array ``name`` of the artifact ``folder``; every object is compared with its digest before it is used.

    ``layout`` says dtype and shape. Raises Damaged for anything missing, changed, or not as declared.
    """
    at = space.where(f"{folder}/{name}")
    array = declared(space, folder, name, layout, manifest)
    has_room(at, name, math.prod(array.shape) * array.dtype.itemsize, manifest, free_memory())
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
        known_size(space, folder, path, manifest, room.nbytes + 4)
        with as_committed(space, folder, path):
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
