"""Opening the pyramid of a stored field: as it is in the store, or made from the artifact and kept there."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from bridge.scales.pyramid import pyramid
from bridge.store.pyramids.axes import is_field as is_field
from bridge.store.pyramids.kept import Energy, Kept, Measured, array_of, energy_of, facts_of, folder_of, key_of, write
from bridge.store.pyramids.levels import FieldLevels, LevelFacts, Reader
from bridge.store.pyramids.subject import Subject, subject_of
from bridge.store.spaces.space import MARKER, Damaged
from bridge.store.store import Store

#: Fields of up to so many numbers are halved anew at every look, in 10 ms: it takes longer to keep them.
SMALL = 2**18

T = TypeVar("T")
Told = Callable[[str], None]


def levels_of(store: Store, key: str, path: tuple[str, ...], told: Told | None = None) -> FieldLevels:
    """Open the pyramid of the output ``path`` of an artifact; make and keep it if there is none.

    One that is damaged is removed and made anew, which ``told`` hears of. Raises ContractError for what is no field,
    Damaged where the artifact is damaged or gone, StoreUnusable where a pyramid cannot be kept (see `levels_made`).
    """
    subject = subject_of(store.open(key), path)
    if math.prod(subject.shape) <= SMALL:
        return _in_memory(subject)
    source = _Source(store, subject, told or (lambda said: None))
    kept = source.kept
    return _levels(subject, kept.measured, kept.levels, kept.energy, source.read, stored=True)


def levels_made(store: Store, key: str, path: tuple[str, ...]) -> FieldLevels:
    """The levels of a stored field, made in memory and not kept: for a store that cannot be written."""
    return _in_memory(subject_of(store.open(key), path))


def _levels(
    subject: Subject,
    measured: Measured,
    levels: tuple[LevelFacts, ...],
    energy: Energy,
    reader: Reader,
    stored: bool,
) -> FieldLevels:
    return FieldLevels(
        subject.name,
        subject.dims,
        subject.unit,
        subject.shape,
        subject.dtype,
        subject.halved,
        subject.coordinates(measured),
        levels,
        energy,
        stored,
        reader,
    )


def _in_memory(subject: Subject) -> FieldLevels:
    made = pyramid(subject.values(), subject.halved)

    def read(level: int, what: str, parts: tuple[slice, ...]) -> np.ndarray:
        if what == "missing" and not level:
            return (~np.isfinite(made.levels[0].mean[parts])).astype(subject.counts)
        array = array_of(made, level, what)
        if array is None:
            return np.zeros([part.stop - part.start for part in parts], subject.counts)
        return array[parts].astype(subject.counts if what == "missing" else array.dtype)

    facts = facts_of(made, subject.shapes)
    return _levels(subject, subject.measured(), facts, energy_of(made), read, stored=False)


class _Source:
    """The pyramid of a field in a store; one that turns out to be damaged is replaced where it is read."""

    def __init__(self, store: Store, subject: Subject, told: Told) -> None:
        self._store, self._subject, self._told = store, subject, told
        self._key = key_of(subject.artifact.key, subject.path)
        self._lock = threading.Lock()
        found = self._sound(lambda kept: None) or self._replaced(lambda kept: None)
        self.kept = found[0]

    def read(self, level: int, what: str, parts: tuple[slice, ...]) -> np.ndarray:
        """A part of a level; where it is damaged, of a pyramid made anew. Raises Damaged, StoreUnusable."""

        def ask(kept: Kept) -> np.ndarray:
            return kept.read(self._subject, level, what, parts)

        try:
            return ask(self.kept)
        except (Damaged, FileNotFoundError):
            with self._lock:
                self.kept, found = self._replaced(ask)
            return found

    def _sound(self, ask: Callable[[Kept], T]) -> tuple[Kept, T] | None:
        """The pyramid as it is kept, in this store or below, and what is asked of it; None if there is no sound one."""
        folder = folder_of(self._key)
        for layer in self._store.layers:
            if layer.space.size(f"{folder}/{MARKER}") is None:
                continue
            try:
                kept = Kept(layer.space, folder)
                kept.fits(self._subject)
                return kept, ask(kept)
            except (Damaged, FileNotFoundError) as reason:
                self._told(f"the pyramid of {self._subject.name} is damaged, and is made anew: {reason}")
        return None

    def _replaced(self, ask: Callable[[Kept], T]) -> tuple[Kept, T]:
        """Make it while nobody else does, unless somebody just has, and ask again."""
        space, folder = self._store.space, folder_of(self._key)
        with self._store.claim(self._key, lambda: self._told(f"{self._subject.name} is being prepared elsewhere")):
            found = self._sound(ask)
            if found is None:
                space.remove_tree(folder)
                made = pyramid(self._subject.values(), self._subject.halved)
                write(space, folder, self._subject, made, self._subject.measured())
                found = self._sound(ask)
        if found is None:
            raise Damaged(f"{space.where(folder)} was written, and does not read back: look after the disk.")
        return found
