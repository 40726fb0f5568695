"""What a page says of a field beside its picture: its shape on the screen, its levels, its energy by scale."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bridge.inspect.pictures.drawing import unit_words
from bridge.inspect.pictures.plot import Plot
from bridge.inspect.pictures.scales import energy_picture
from bridge.inspect.pictures.ticks import number
from bridge.inspect.web.fields.asking import View, factor
from bridge.inspect.web.fields.opened import Opened
from bridge.inspect.web.fields.reading import coordinate_words
from bridge.inspect.web.words import link
from bridge.scales.by_scale import Energies
from bridge.store.pyramids.levels import FieldLevels
from bridge.units import Q

#: Height over width of a field that is no map, at most, and width over height.
_STRETCHED = 2.5
#: Places of a dimension that are chosen from a list; of more, by a slider.
CHOICES = 32


@dataclass(frozen=True)
class Dial:
    """A dimension that is not drawn: the place on it, and a list of all places where they are few."""

    axis: int
    dim: str
    place: int
    last: int
    said: str
    first: float | None
    step: float | None
    unit: str
    choices: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class LevelRow:
    """A level in words, with the ways to look at it and to have the colours reach over it."""

    number: int
    block: str
    shape: str
    minimum: str
    maximum: str
    missing: int
    empty: int
    shown: str
    coloured: str


def dials(field: Opened, view: View) -> list[Dial]:
    """The dimensions that are not drawn."""
    found = []
    for axis, dim in enumerate(field.levels.dims):
        if axis not in view.axes:
            size, place = field.levels.shape[axis], view.at[axis]
            few = range(size) if size <= CHOICES else ()
            choices = tuple((i, coordinate_words(field, dim, i)) for i in few)
            known, said = field.levels.coordinates.get(dim), coordinate_words(field, dim, place)
            first, step = (known.first, known.step) if known else (None, None)
            unit = unit_words(known.unit) if known else ""
            found.append(Dial(axis, dim, place, size - 1, said, first, step, unit, choices))
    return found


def aspect(levels: FieldLevels, view: View) -> float:
    """Height over width of a point on the screen: as the coordinates have it, else square.

    What is a list of curves and no map is stretched until one can see it.
    """
    up, across = (levels.coordinates.get(levels.dims[axis]) for axis in view.axes)
    if up and across and up.unit == across.unit and up.step and across.step:
        return min(max(abs(up.step / across.step), 1e-3), 1e3)
    rows, columns = (levels.shape[axis] for axis in view.axes)
    if up is None and across is None and all(axis in levels.halved for axis in view.axes):
        return 1.0
    return min(max(1.0, columns / rows / _STRETCHED), columns / rows * _STRETCHED)


def level_rows(levels: FieldLevels, address: Mapping[str, Any], key: str) -> list[LevelRow]:
    """Every level: its shape, its extremes, what it lacks."""
    found = []
    for number_, facts in enumerate(levels.levels):
        ends = [facts.minimum, facts.maximum]
        low, high = ("none" if end is None else number(end, 6) for end in ends)
        coloured = {} if None in ends else {"range": "own", "low": repr(ends[0]), "high": repr(ends[1])}
        kept = {name: value for name, value in address.items() if name not in ("low", "high", "range")}
        sides = [factor(levels, axis, number_) for axis in range(len(levels.shape))]
        found.append(
            LevelRow(
                number_,
                " × ".join(map(str, sides)),
                " × ".join(map(str, facts.shape)),
                low,
                high,
                facts.missing,
                facts.empty,
                link("artifacts", key, "port", **{**address, "level": str(number_)}),
                link("artifacts", key, "port", **kept, **coloured) if coloured else "",
            )
        )
    return found


def energy_plot(levels: FieldLevels) -> Plot | None:
    """Σ field² by scale over its length; None where there is nothing at two scales or more."""
    known = [levels.coordinates.get(levels.dims[axis]) for axis in levels.halved]
    steps = {(abs(one.step), one.unit) for one in known if one is not None and one.step}
    length, energy = np.array(levels.energy, float).reshape(-1, 2).T
    energy = np.where(np.isfinite(energy), energy, np.nan)
    if (energy > 0).sum() < 2:
        return None
    side, unit = steps.pop() if len(steps) == 1 and None not in known else (1.0, None)
    total, count = np.nansum(energy), math.prod(levels.shape) - levels.levels[0].missing
    lengths = length * side if unit is None else Q(length * side, unit)
    energies = energy if levels.unit is None else Q(energy, levels.unit) * Q(1.0, levels.unit)
    return energy_picture(Energies(lengths, energies, total, count))
