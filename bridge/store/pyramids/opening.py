"""Opening the pyramid of a stored field: as it is in the store, or made from the artifact and kept there."""

from __future__ import annotations

import math

from bridge.scales.pyramid import pyramid
from bridge.store.pyramids.axes import is_field as is_field
from bridge.store.pyramids.known import Known
from bridge.store.pyramids.levels import FieldLevels, Source
from bridge.store.pyramids.sources import InMemory, InStore, Told
from bridge.store.pyramids.subject import Subject, subject_of
from bridge.store.store import Store

#: Fields of up to so many numbers are halved anew at every look, in 10 ms: it takes longer to keep them.
SMALL = 2**18


def levels_of(store: Store, key: str, path: tuple[str, ...], told: Told | None = None) -> FieldLevels:
    """Open the pyramid of the output ``path`` of an artifact; make it if there is none, and keep it.

    It can be looked at as soon as it is made, and is written meanwhile (see `FieldLevels.settle`). One that is damaged
    is removed and made anew. ``told`` hears of that, and of what cannot be written. Raises ContractError for what is
    no field, Damaged where the artifact is damaged or gone, StoreUnusable where a store takes nothing (`levels_made`
    asks nothing of it).
    """
    subject = subject_of(store.open(key), path)
    if math.prod(subject.shape) <= SMALL:
        return _in_memory(subject)
    source = InStore(store, subject, told or (lambda said: None))
    return _levels(subject, source.known, source)


def levels_made(store: Store, key: str, path: tuple[str, ...]) -> FieldLevels:
    """The levels of a stored field, made in memory and not kept: for a store that cannot be written."""
    return _in_memory(subject_of(store.open(key), path))


def _in_memory(subject: Subject) -> FieldLevels:
    made = InMemory(subject, pyramid(subject.values(), subject.halved), subject.measured())
    return _levels(subject, made.known, made)


def _levels(subject: Subject, known: Known, source: Source) -> FieldLevels:
    return FieldLevels(
        subject.name,
        subject.dims,
        subject.unit,
        subject.shape,
        subject.dtype,
        subject.halved,
        subject.coordinates(known.measured),
        known.levels,
        known.energy,
        source,
    )
