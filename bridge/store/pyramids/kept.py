"""Pyramids in the store: ``pyramids/<ab>/<key>/``, a Zarr v3 group each, committed, sealed, checked like artifacts.

Arrays are ``0`` (the field), ``1``, ``2``, … (means), ``minimum/1``, …, ``maximum/1``, … and, where points are missing,
``missing/1``, …; attributes of OME-NGFF stand beside ours. The field is copied, cut into tiles of 2 MB that a look at
any part needs few of: an artifact is cut into rows, of which a tile needs many and a slice across them all. So a
pyramid takes twice the room of a 2-D field (one for the field, one for means and extremes), 1.4 times that of a 3-D
one. It is derived, and made anew from the artifact by whoever looks: removing it loses nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bridge.scales.pyramid import Pyramid, kept_as
from bridge.store.fields import read_region
from bridge.store.groups import UNFIT, group_of, read_group
from bridge.store.metadata import Declared, declared
from bridge.store.objects import Manifest
from bridge.store.pyramids.axes import tile_of
from bridge.store.pyramids.known import Known, array_of, known_from
from bridge.store.pyramids.ome import metadata
from bridge.store.pyramids.subject import Subject
from bridge.store.sealed import digest
from bridge.store.spaces.space import MARKER, Attempt, Damaged, Space
from bridge.store.tiles import write_tiles

SCHEMA = 1
#: How pyramids are made and cut; another form is another key.
FORM = 1
_IMAGES = ("mean", "minimum", "maximum")


def key_of(artifact: str, path: tuple[str, ...]) -> str:
    """The key of a pyramid: of which output of which artifact, in which form."""
    return digest(["pyramid", FORM, artifact, list(path)])


def folder_of(key: str) -> str:
    """Where a pyramid is."""
    return f"pyramids/{key[:2]}/{key}"


# Writing


def write(space: Space, folder: str, subject: Subject, made: Pyramid, known: Known) -> bool:
    """Commit a pyramid, all or nothing; False if another writer was first."""
    with space.attempt(folder) as attempt:
        objects: Manifest = {}
        for level in range(len(subject.shapes)):
            for what in (*_IMAGES, "missing") if level else ("mean",):
                array = array_of(made, level, what)
                if array is not None:
                    _put(attempt, objects, subject, _name(level, what), array, what)
        content = {
            "schema": SCHEMA,
            "form": FORM,
            "of": subject.document(),
            **known.document(),
            "within": attempt.prefix,
            "objects": dict(sorted(objects.items())),
        }
        return attempt.commit(MARKER, group_of(content, _beside(attempt.prefix, subject, known)))


def _beside(prefix: str, subject: Subject, known: Known) -> dict[str, Any]:
    """What other tools read."""
    steps = {dim: (first, step, unit) for dim, (first, step, unit) in known.measured.items() if step and step > 0}
    paths = {what: [prefix + _name(level, what) for level in range(len(subject.shapes))] for what in _IMAGES}
    said = metadata(subject.name, subject.dims, subject.halved, steps, paths)
    return {} if said is None else {"ome": said}


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


class Document:
    """What a stored pyramid says of itself: whose it is, what is known of it, and its objects."""

    def __init__(self, space: Space, folder: str) -> None:
        self.space, self.folder = space, folder
        content = read_group(space, folder, "a pyramid", SCHEMA)
        try:
            self.of: dict[str, Any] = dict(content["of"])
            self.artifact, self.form = str(self.of["artifact"]), int(content["form"])
            self.known = known_from(content)
            self.objects: Manifest = content["objects"]
            if not all(list(map(type, entry)) == [int, str] for entry in self.objects.values()):
                raise ValueError("its objects have no size and digest")
            self.within = str(content["within"])
        except UNFIT as reason:
            at = space.where(f"{folder}/{MARKER}")
            raise Damaged(f"{at} does not describe a pyramid ({type(reason).__name__}: {reason}).") from None


class Kept(Document):
    """The stored pyramid of a field; its levels are read, and checked against their digests, when asked for."""

    stored = True

    def __init__(self, space: Space, folder: str, subject: Subject) -> None:
        super().__init__(space, folder)
        self.subject = subject
        self._declared: dict[str, Declared] = {}
        if self.of != subject.document() or [one.shape for one in self.known.levels] != subject.shapes:
            raise Damaged(f"{space.where(folder)} is not the pyramid of {subject.name} that it should be.")

    def read(self, level: int, what: str, parts: tuple[slice, ...]) -> np.ndarray:
        """A part of a level. Raises Damaged."""
        counts = self.subject.counts
        if what == "missing" and not self.known.levels[0].missing:
            return np.zeros([part.stop - part.start for part in parts], counts)
        if what == "missing" and not level:
            return np.asarray(~np.isfinite(self.read(0, "mean", parts)), counts)
        order, array = self.subject.order, self._array(level, what)
        found = read_region(self.space, self.folder, array, self.objects, [parts[axis] for axis in order])
        out: np.ndarray = found.transpose([order.index(axis) for axis in range(len(order))])
        return out

    def _array(self, level: int, what: str) -> Declared:
        name = self.within + _name(level, what)
        if name not in self._declared:
            shape, of = self.known.levels[level].shape, self.subject.dtype
            kept = kept_as(of) if level else np.empty(0, of).real.dtype
            dtype = self.subject.counts if what == "missing" else kept
            layout = {"dtype": dtype.name, "shape": [shape[axis] for axis in self.subject.order]}
            self._declared[name] = declared(self.space, self.folder, name, layout, self.objects)
        return self._declared[name]
