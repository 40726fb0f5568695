"""Pyramids in the store: ``pyramids/<ab>/<key>/``, a Zarr v3 group each, committed, sealed, checked like artifacts.

Arrays are ``0`` (the field), ``1``, ``2``, … (means), ``minimum/1``, …, ``maximum/1``, … and, where points are missing,
``missing/1``, …; attributes of OME-NGFF stand beside ours. The field is copied, cut into tiles of 2 MB that a look at
any part needs few of: an artifact is cut into rows, of which a tile needs many and a slice across them all. So a
pyramid takes twice the room of a 2-D field (one for the field, one for means and extremes), 1.4 times that of a 3-D
one. It is derived, and made anew from the artifact by whoever looks: removing it loses nothing.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from bridge.scales.pyramid import Pyramid, kept_as
from bridge.store.fields import Declared, Manifest, declared, read_region
from bridge.store.groups import UNFIT, group_of, read_group
from bridge.store.pyramids.axes import tile_of
from bridge.store.pyramids.levels import LevelFacts
from bridge.store.pyramids.ome import metadata
from bridge.store.pyramids.subject import Subject
from bridge.store.sealed import digest
from bridge.store.spaces.space import MARKER, Attempt, Damaged, Space
from bridge.store.tiles import write_tiles

SCHEMA = 1
#: How pyramids are made and cut; another form is another key.
FORM = 1
_IMAGES = ("mean", "minimum", "maximum")

Measured = dict[str, tuple[float, float | None, str | None]]
Energy = tuple[tuple[float, float], ...]


def key_of(artifact: str, path: tuple[str, ...]) -> str:
    """The key of a pyramid: of which output of which artifact, in which form."""
    return digest(["pyramid", FORM, artifact, list(path)])


def folder_of(key: str) -> str:
    """Where a pyramid is."""
    return f"pyramids/{key[:2]}/{key}"


# What is known of levels


def facts_of(made: Pyramid, shapes: list[tuple[int, ...]]) -> tuple[LevelFacts, ...]:
    """The levels of a pyramid in numbers, as many as there are shapes."""
    found = []
    for number, shape in enumerate(shapes):
        level = made.levels[number]
        if number == 0:  # the extremes of the field are those of its blocks
            lows, highs = (made.levels[1].lowest, made.levels[1].highest) if len(made.levels) > 1 else (level.mean,) * 2
        else:
            lows = highs = level.mean
        empty = made.missing if number == 0 else int(np.isnan(level.mean).sum()) if made.missing else 0
        low, high = _ends(lows, highs)
        found.append(LevelFacts(shape, low, high, made.missing, empty))
    return tuple(found)


def _ends(lows: np.ndarray, highs: np.ndarray) -> tuple[float | None, float | None]:
    low, high = float(lows.min()), float(highs.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        there = np.isfinite(lows) & np.isfinite(highs)
        if not there.any():
            return None, None
        low, high = float(lows[there].min()), float(highs[there].max())
    return low, high


def energy_of(made: Pyramid) -> Energy:
    """Length and energy of every scale."""
    return tuple(zip(made.energy.length.tolist(), made.energy.energy.tolist(), strict=True))


def array_of(made: Pyramid, level: int, what: str) -> np.ndarray | None:
    """What of a level; None for ``missing`` where nothing is, and of the field itself."""
    one = made.levels[level]
    return {"mean": one.mean, "minimum": one.lowest, "maximum": one.highest, "missing": one.missing}[what]


# Writing


def write(space: Space, folder: str, subject: Subject, made: Pyramid, measured: Measured) -> bool:
    """Commit a pyramid, all or nothing; False if another writer was first."""
    with space.attempt(folder) as attempt:
        objects: Manifest = {}
        for level in range(len(subject.shapes)):
            for what in (*_IMAGES, "missing") if level else ("mean",):
                array = array_of(made, level, what)
                if array is not None:
                    _put(attempt, objects, subject, _name(level, what), array, what)
        steps = {dim: (first, step, unit) for dim, (first, step, unit) in measured.items() if step and step > 0}
        paths = {
            what: [attempt.prefix + _name(level, what) for level in range(len(subject.shapes))] for what in _IMAGES
        }
        ome = metadata(subject.name, subject.dims, subject.halved, steps, paths)
        content = {
            "schema": SCHEMA,
            "form": FORM,
            "of": subject.document(),
            "coordinates": {dim: list(one) for dim, one in measured.items()},
            "levels": [
                [list(one.shape), one.minimum, one.maximum, one.missing, one.empty]
                for one in facts_of(made, subject.shapes)
            ],
            "energy": [[length, energy if math.isfinite(energy) else None] for length, energy in energy_of(made)],
            "arrays": attempt.prefix,
            "objects": dict(sorted(objects.items())),
        }
        return attempt.commit(MARKER, group_of(content, {} if ome is None else {"ome": ome}))


def _name(level: int, what: str) -> str:
    return str(level) if what == "mean" or not level else f"{what}/{level}"


def _put(attempt: Attempt, objects: Manifest, subject: Subject, name: str, array: np.ndarray, what: str) -> None:
    order = subject.order
    if what == "missing":
        array = array.astype(subject.counts)
    array = array.transpose(order)
    shape, halved = array.shape, [order.index(axis) for axis in subject.halved]
    attributes = {"units": subject.unit} if subject.unit is not None and what != "missing" else {}
    dims = [subject.dims[axis] for axis in order]
    write_tiles(attempt, objects, name, array, dims, attributes, tile_of(shape, halved))


# Reading


class Kept:
    """A stored pyramid; its levels are read, and checked against their digests, when asked for."""

    def __init__(self, space: Space, folder: str) -> None:
        self.space, self.folder = space, folder
        content = read_group(space, folder, "a pyramid", SCHEMA)
        try:
            self.of: dict[str, Any] = dict(content["of"])
            self.artifact, self.path = str(self.of["artifact"]), tuple(map(str, self.of["path"]))
            self.form = int(content["form"])
            self.measured: Measured = {
                str(dim): (float(first), None if step is None else float(step), None if unit is None else str(unit))
                for dim, (first, step, unit) in content["coordinates"].items()
            }
            self.levels = tuple(_facts(one) for one in content["levels"])
            self.energy: Energy = tuple(
                (float(length), math.inf if energy is None else float(energy)) for length, energy in content["energy"]
            )
            self.objects: Manifest = {
                str(name): [_whole(size), str(seen)] for name, (size, seen) in content["objects"].items()
            }
            self._within = str(content["arrays"])
        except UNFIT as reason:
            at = space.where(f"{folder}/{MARKER}")
            raise Damaged(f"{at} does not describe a pyramid ({type(reason).__name__}: {reason}).") from None
        self._declared: dict[str, Declared] = {}

    def fits(self, subject: Subject) -> None:
        """Raise Damaged if this is the pyramid of something else."""
        if self.of != subject.document() or [one.shape for one in self.levels] != subject.shapes:
            raise Damaged(f"{self.space.where(self.folder)} is not the pyramid of {subject.name} that it should be.")

    def read(self, subject: Subject, level: int, what: str, parts: tuple[slice, ...]) -> np.ndarray:
        """A part of a level. Raises Damaged."""
        if what == "missing" and (level == 0 or not self.levels[0].missing):
            if self.levels[0].missing:
                return (~np.isfinite(self.read(subject, 0, "mean", parts))).astype(subject.counts)
            return np.zeros([part.stop - part.start for part in parts], subject.counts)
        order, name = subject.order, self._within + _name(level, what)
        if name not in self._declared:
            shape = self.levels[level].shape
            layout = {"dtype": _type(subject, level, what).name, "shape": [shape[axis] for axis in order]}
            self._declared[name] = declared(self.space, self.folder, name, layout, self.objects)
        stored = [parts[axis] for axis in order]
        found = read_region(self.space, self.folder, self._declared[name], self.objects, stored)
        out: np.ndarray = found.transpose([order.index(axis) for axis in range(len(order))])
        return out


def _type(subject: Subject, level: int, what: str) -> np.dtype[Any]:
    if what == "missing":
        return subject.counts
    return kept_as(subject.dtype) if level else np.empty(0, subject.dtype).real.dtype


def _facts(told: Any) -> LevelFacts:
    shape, low, high, missing, empty = told
    ends = [None if end is None else float(end) for end in (low, high)]
    return LevelFacts(tuple(map(_whole, shape)), ends[0], ends[1], _whole(missing), _whole(empty))


def _whole(number: Any) -> int:
    if type(number) is not int or number < 0:
        raise ValueError(f"{number!r:.40} is no size")
    return number
