"""Levels of a field as they are looked at: what is known of each, and any part of any of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from bridge.errors import ContractError, did_you_mean
from bridge.store.pyramids.axes import Coordinate

#: What is known of every block of a level.
WHATS = ("mean", "minimum", "maximum", "missing")

Index = tuple[slice | int, ...]


class Source(Protocol):
    """Where levels are read from."""

    @property
    def stored(self) -> bool:
        """Whether what is read comes from the store: it may still be on its way there."""

    @property
    def unkept(self) -> str:
        """Why what is read could not be written into the store; "" where it could, or was not to be."""

    def read(self, level: int, what: str, parts: tuple[slice, ...]) -> np.ndarray:
        """A part of a level, from where to where along each axis. Raises Damaged, StoreUnusable."""

    def settle(self) -> None:
        """Wait until it is in the store, if it is to be. Raises what came in between."""


@dataclass(frozen=True)
class LevelFacts:
    """A level in numbers: lowest and highest of its means, None if there is none that is finite.

    ``missing`` counts the points of the field that are not finite, ``empty`` the blocks of this level that have no
    finite point, and so are NaN.
    """

    shape: tuple[int, ...]
    minimum: float | None
    maximum: float | None
    missing: int
    empty: int


@dataclass(frozen=True, eq=False)
class FieldLevels:
    """A field and its coarser levels; level 0 is the field itself, of a complex one the modulus.

    ``halved`` are the axes along which a block of level j is 2^j points wide, fewer at the end of a side. ``energy``
    is Σ field² by scale: length in points and energy in the unit squared, the finest first, the last being the
    approximation by one block (infinite where squares leave double precision).
    """

    name: str
    dims: tuple[str, ...]
    unit: str | None
    shape: tuple[int, ...]
    dtype: str
    halved: tuple[int, ...]
    coordinates: Mapping[str, Coordinate]
    levels: tuple[LevelFacts, ...]
    energy: tuple[tuple[float, float], ...]
    _source: Source

    @property
    def stored(self) -> bool:
        """Whether it is read from the store. It is not while it is being written, and never where it is small."""
        return self._source.stored

    @property
    def unkept(self) -> str:
        """Why it could not be written into the store, such as a full disk: it is read from memory then."""
        return self._source.unkept

    def settle(self) -> None:
        """Wait until it is in the store, if it is to be kept there. Raises StoreUnusable where it cannot be."""
        self._source.settle()

    def region(self, level: int, what: str, index: Index) -> np.ndarray:
        """Read a part of a level: ``what`` is ``"mean"``, ``"minimum"``, ``"maximum"`` or ``"missing"``.

        ``index`` has an entry for every axis, a slice or a number. At level 0 the first three are the field itself,
        as it was stored. Raises ContractError for what is outside, and Damaged for what cannot be trusted.
        """
        if type(level) is not int or not 0 <= level < len(self.levels):
            raise ContractError(f"{self.name} has levels 0 to {len(self.levels) - 1}, got {level!r}.")
        if what not in WHATS:
            raise ContractError(f"a level has {', '.join(WHATS)}, got {what!r}. {did_you_mean(str(what), WHATS)}")
        shape = self.levels[level].shape
        if len(index) != len(shape):
            raise ContractError(f"{self.name} has {len(shape)} axes, got an index of {len(index)}.")
        parts = tuple(
            _part(one, n, f"{self.name}, level {level}, {dim}")
            for one, n, dim in zip(index, shape, self.dims, strict=True)
        )
        found = self._source.read(level, what, parts)
        return found[tuple(0 if isinstance(one, int) else slice(None) for one in index)]


def _part(one: slice | int, length: int, at: str) -> slice:
    """Begin and end along an axis, if they are in it. Raises ContractError."""
    begin, end, step = (one.start, one.stop, one.step) if isinstance(one, slice) else (one, one, 1)
    begin = 0 if begin is None else begin
    end = length if end is None else end if isinstance(one, slice) else end + 1
    if type(begin) is not int or type(end) is not int or step not in (None, 1) or not 0 <= begin < end <= length:
        raise ContractError(
            f"{at} goes from 0 to {length - 1}, got {one!r}. Write an index in it, or slice(0, {length})."
        )
    return slice(begin, end)
