"""Artifacts with a field in them, and pyramids small enough for tests that are made for them all the same."""

from __future__ import annotations

from dataclasses import dataclass, make_dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from bridge.ports import record_of
from bridge.store.pyramids import axes, opening, subject
from bridge.store.pyramids.kept import folder_of, key_of
from bridge.store.pyramids.levels import FieldLevels
from bridge.store.store import Store

KEY = "ab" + "0" * 62
WHOLE = (slice(None), slice(None))


@dataclass(frozen=True)
class Map:
    field: Annotated[NDArray[np.float64], "K", ("y", "x")]
    x: Annotated[NDArray[np.float64], "um", ("x",)]


def small_tiles() -> None:
    """Keep every field, in tiles of 32 × 32, down to a side of 8."""
    opening.SMALL, axes.TILE, subject.COARSEST = 0, 2**10, 8


def a_map(seed: float = 0, shape: tuple[int, int] = (100, 150)) -> Map:
    """A map with a hole in it."""
    field = np.random.default_rng(int(seed)).normal(300 + seed, 10, shape)
    field[10:31, 20:51] = np.nan
    return Map(field, np.linspace(0, 14.9, shape[1]))


def put(store: Store, thing: Any, key: str = KEY) -> None:
    """Commit a dataclass as a stage would, gaps and all."""
    record = record_of(type(thing))
    values = {port.name: getattr(thing, port.name) for port in record.ports}
    assert store.commit(key, record, values, {"model": "test.model"})


def put_array(
    store: Store, values: np.ndarray, dims: tuple[str, ...], key: str = KEY, unit: str = "K", **beside: Any
) -> None:
    """Commit an array as ``field``; ``beside`` are its coordinates, with their units."""
    fields: list[Any] = [("field", Annotated[NDArray[values.dtype.type], unit, dims])]
    fields += [(n, Annotated[NDArray[v.dtype.type], u, (n,)]) for n, (v, u) in beside.items()]
    record = record_of(make_dataclass("Stored", fields, frozen=True))
    assert store.commit(key, record, {"field": values} | {n: v for n, (v, _) in beside.items()}, {"model": "m"})


def opened(store: Store, key: str = KEY, said: list[str] | None = None) -> FieldLevels:
    """The pyramid of ``field``, once it is in the store."""
    levels = opening.levels_of(store, key, ("field",), None if said is None else said.append)
    levels.settle()
    return levels


def folder(key: str = KEY) -> str:
    """Where the pyramid of ``field`` is."""
    return folder_of(key_of(key, ("field",)))


def whole(levels: FieldLevels, level: int, what: str = "mean") -> np.ndarray:
    """All of a level."""
    return levels.region(level, what, (slice(None),) * len(levels.dims))
