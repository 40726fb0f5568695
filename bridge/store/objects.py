"""Objects of an artifact, each compared with what its manifest says before a byte of it is used."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from bridge.store.sealed import blake3_of
from bridge.store.spaces.space import Damaged, Space, WrongSize

#: Objects by their names: size and digest of each.
Manifest = dict[str, list[Any]]
#: What to do about a damaged artifact.
CURE = "Run scalebridge verify --set-aside, then run the flow again: it computes what was lost."


def read_object(space: Space, folder: str, path: str, manifest: Manifest, limit: int | None = None) -> bytes:
    """Read an object of an artifact as it was committed. Raises Damaged, naming it."""
    size = known_size(space, folder, path, manifest)
    if limit is not None and size > limit:
        raise Damaged(f"{space.where(f'{folder}/{path}')} has {size} bytes, expected at most {limit}.")
    with as_committed(space, folder, path):
        content = space.read(f"{folder}/{path}", limit=size)
    if len(content) != size or blake3_of(content) != manifest[path][1]:
        raise changed(space, folder, path)
    return content


def changed(space: Space, folder: str, path: str) -> Damaged:
    """The error for an object that is not what was committed."""
    return Damaged(f"{space.where(f'{folder}/{path}')} was changed after it was committed. {CURE}")


@contextlib.contextmanager
def as_committed(space: Space, folder: str, path: str) -> Iterator[None]:
    """Say of an object that is read what it means that it is missing, or of another size than it was committed with."""
    try:
        yield
    except FileNotFoundError:
        raise Damaged(f"{space.where(f'{folder}/{path}')} is missing. {CURE}") from None
    except WrongSize:
        raise changed(space, folder, path) from None


def known_size(space: Space, folder: str, path: str, manifest: Manifest, expected: int | None = None) -> int:
    """Size of an object by the manifest, which who reads it compares with what is there. Raises Damaged."""
    at = space.where(f"{folder}/{path}")
    if path not in manifest:
        raise Damaged(f"{at} is not in the manifest of its artifact.")
    size = manifest[path][0]
    if not isinstance(size, int):
        raise changed(space, folder, path)
    if expected is not None and size != expected:
        raise Damaged(f"{at} has {size} bytes, expected {expected}.")
    return size
