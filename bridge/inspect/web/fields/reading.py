"""What stands at a place of a field: its number with its unit, where that is, and what a block leaves untold."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from bridge.inspect.pictures.drawing import unit_words
from bridge.inspect.pictures.ticks import number
from bridge.inspect.web.fields.asking import View, factor
from bridge.inspect.web.fields.opened import Opened
from bridge.inspect.web.words import inert
from bridge.store.pyramids.levels import FieldLevels

#: Digits of what is read out.
_DIGITS = 6
#: Whole numbers up to this one are all numbers of JavaScript.
_EXACT = 2**53
#: Tiles that are kept for read-outs, of up to 2 MB each: mean, extremes and gaps of the last three looked at.
_TILES = 12


def block_facts(field: Opened, view: View, level: int, row: int, column: int) -> dict[str, Any]:
    """The block of a level that holds a point of the field; a number that is missing is None."""
    levels = field.levels
    places = [place if axis not in view.axes else row if axis == view.axes[0] else column
              for axis, place in enumerate(view.at)]  # fmt: skip
    blocks = [place // factor(levels, axis, level) for axis, place in enumerate(places)]

    def of(what: str) -> Any:
        up, across = (blocks[axis] for axis in view.axes)
        corner = tuple(block // field.side if axis in view.axes else block for axis, block in enumerate(blocks))
        return _tile(field, level, what, view.axes, corner)[up % field.side, across % field.side]

    sides = _sides(levels, level, places)
    value = _finite(of("mean"))
    facts: dict[str, Any] = {"level": level, "value": value, "sides": sides, "points": math.prod(sides)}
    if level:
        facts |= {"lowest": _finite(of("minimum")), "highest": _finite(of("maximum")), "missing": int(of("missing"))}
    else:
        facts |= {"lowest": value, "highest": value, "missing": int(value is None)}
    facts["unit"] = levels.unit
    facts["places"] = [
        {"dim": inert(dim), "index": place} | _coordinate(field, dim, place)
        for dim, place in zip(levels.dims, places, strict=True)
    ]
    return facts


@functools.lru_cache(maxsize=_TILES)
def _tile(field: Opened, level: int, what: str, axes: tuple[int, int], corner: tuple[int, ...]) -> np.ndarray:
    """A tile of a level, kept for the next place that the cursor goes to; ``corner`` counts tiles along the axes."""
    shape = field.levels.levels[level].shape
    index: list[slice | int] = list(corner)
    for axis in axes:
        start = corner[axis] * field.side
        index[axis] = slice(start, min(start + field.side, shape[axis]))
    found = field.levels.region(level, what, tuple(index))
    return found if axes[0] < axes[1] else found.T


def block_words(levels: FieldLevels, facts: dict[str, Any]) -> str:
    """The same as people read it."""
    where = ", ".join(_where(place) for place in facts["places"])
    unit = unit_words(levels.unit)
    if facts["value"] is None:
        said = "missing" if facts["points"] == 1 else f"all {facts['points']} points are missing"
    else:
        said = f"{_said(facts['value'])} {unit}".strip()
    if facts["points"] == 1 or facts["value"] is None:
        return str(inert(f"{where}: {said}"))
    ends = f"{number(facts['lowest'], 5)} … {number(facts['highest'], 5)}"
    sides = " × ".join(str(side) for side in facts["sides"] if side > 1)
    lost = f", {facts['missing']} missing" if facts["missing"] else ""
    return str(inert(f"{where}: mean of {sides} points {said} ({ends}{lost})"))


def coordinate_words(field: Opened, dim: str, place: int) -> str:
    """A place along a dimension: its coordinate if it has one, else which point it is."""
    found = _coordinate(field, dim, place)
    return f"{number(found['coordinate'], 5)} {unit_words(found['unit'])}".strip() if found else f"{place}"


def _where(place: dict[str, Any]) -> str:
    if "coordinate" not in place:
        return f"{place['dim']} {place['index']}"
    return f"{place['dim']} = {number(place['coordinate'], 5)} {unit_words(place['unit'])}".strip()


def _sides(levels: FieldLevels, level: int, places: list[int]) -> list[int]:
    """Points of a block along each axis; fewer where the field ends."""
    found = []
    for axis, place in enumerate(places):
        side = factor(levels, axis, level)
        start = place // side * side
        found.append(min(start + side, levels.shape[axis]) - start)
    return found


def _coordinate(field: Opened, dim: str, place: int) -> dict[str, Any]:
    known = field.levels.coordinates.get(dim)
    if known is None:
        return {}
    at = known.first + place * known.step if known.step is not None else float(field.places(dim)[place])
    return {"coordinate": at, "unit": known.unit} if math.isfinite(at) else {}


def _said(value: float) -> str:
    """A number as people read it: a whole one that was counted with all its digits."""
    return str(value).replace("-", "−") if isinstance(value, int) else number(value, _DIGITS)


def carried(facts: dict[str, Any]) -> dict[str, Any]:
    """The same for JSON: a whole number that a number of JavaScript may not hold is a text."""
    return {name: str(one) if type(one) is int and abs(one) > _EXACT else one for name, one in facts.items()}


def _finite(value: Any) -> float | None:
    if np.asarray(value).dtype.kind in "iu":
        return int(value)
    found = float(abs(value)) if np.iscomplexobj(value) else float(value)
    return found if math.isfinite(found) else None
