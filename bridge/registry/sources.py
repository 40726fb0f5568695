"""The source of a distribution: one digest of all files in its packages, and one of what is installed beside it."""

from __future__ import annotations

import functools
import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from blake3 import blake3

from bridge.registry.offers import GROUP, Offer

#: Not source: what Python and editors leave behind.
_LEFT = ("__pycache__",)
_MADE = (".pyc", ".pyo", ".nbi", ".nbc")


def digest(offer: Offer) -> str | None:
    """Digest of every file in the packages that a distribution's models are in; None where there is none.

    Nothing is imported for it. Raises OSError where a file cannot be read.
    """
    if offer.source is None:
        return None
    names = sorted({point.value.partition(":")[0].split(".")[0].strip() for point in _points(offer.source)})
    listed = [(f"{name}/{inside}", path) for name in names for inside, path in _files(name, offer)]
    if not listed:
        return None
    lines = (f"{inside} {blake3(path.read_bytes()).hexdigest()}" for inside, path in sorted(listed))
    return blake3("\n".join(lines).encode()).hexdigest()


@functools.cache
def digest_here(offer: Offer) -> str | None:
    """The same, as this process first saw it: what is imported does not change when a file is edited."""
    try:
        return digest(offer)
    except OSError:
        return None


def _points(source: metadata.Distribution) -> metadata.EntryPoints:
    return source.entry_points.select(group=GROUP)


def _files(name: str, offer: Offer) -> Iterator[tuple[str, Path]]:
    """Files of a package or module, with their paths inside of it."""
    for place in _places(name, offer):
        if place.is_file():
            yield place.name, place
            continue
        for folder, folders, files in os.walk(place):
            folders[:] = sorted(one for one in folders if one not in _LEFT and not one.startswith("."))
            for file in files:
                if not file.startswith(".") and not file.endswith(_MADE):
                    path = Path(folder, file)
                    yield path.relative_to(place).as_posix(), path


def _places(name: str, offer: Offer) -> list[Path]:
    """Folder of a package, or file of a module, which is not imported for that."""
    path = [str(offer.source.locate_file(""))] if offer.folder and offer.source else None
    try:
        spec = importlib.machinery.PathFinder.find_spec(name, path) or importlib.util.find_spec(name)
    except (ImportError, ValueError, AttributeError):
        return []
    if spec is None:
        return []
    if spec.submodule_search_locations is not None:
        return [Path(one) for one in spec.submodule_search_locations]
    return [Path(spec.origin)] if spec.origin and Path(spec.origin).is_file() else []


@functools.cache
def surroundings() -> str:
    """Digest of what it depends on besides whether a model can be loaded: this Python, and all that is installed."""
    found = {sys.version, sys.prefix}
    for folder in sys.path:
        try:
            names = os.listdir(folder or ".")
        except OSError:
            continue
        found.update(name for name in names if name.endswith((".dist-info", ".egg-info")))
    return blake3("\n".join(sorted(found)).encode()).hexdigest()
