"""What part of a field is looked at, and how: read from an address, checked against the field it is asked of."""

from __future__ import annotations

import dataclasses
import itertools
from dataclasses import dataclass

from bridge.inspect.pictures.drawing import over_decades
from bridge.inspect.web.asked import Asked, BadRequest
from bridge.inspect.web.fields.colours import MAPS
from bridge.inspect.web.fields.shading import SCALES
from bridge.store.pyramids.levels import FieldLevels

#: What is shown of a block of points.
WHATS = {"mean": "mean of each block", "minimum": "lowest of each block", "maximum": "highest of each block"}
#: What the colours reach over.
RANGES = {
    "field": "the whole field",
    "robust": "1 to 99 % of a coarse level",
    "own": "from lowest to highest below",
}
#: Dimensions along which people count downwards.
_DOWN = frozenset(["row", "rows", "line", "lines", "depth"])
#: Dimensions that people draw across before others.
_ACROSS = ("x", "longitude", "lon", "column", "columns", "col")


@dataclass(frozen=True)
class View:
    """Two axes of a field, places along the others, and its colours. ``axes`` are those drawn up and across.

    ``at`` has a place for every axis, in points of the field itself; those of the axes drawn are not used.
    """

    axes: tuple[int, int]
    at: tuple[int, ...]
    level: int | None
    what: str
    colours: str
    scale: str
    reach: str
    low: float | None
    high: float | None

    def query(self) -> dict[str, str]:
        """The same as the query of an address."""
        found = {f"at{axis}": str(place) for axis, place in enumerate(self.at) if axis not in self.axes}
        found |= {"axes": ",".join(map(str, self.axes)), "what": self.what, "map": self.colours, "scale": self.scale}
        found |= {"range": self.reach} | ({"level": str(self.level)} if self.level is not None else {})
        ends = {"low": self.low, "high": self.high} if self.reach == "own" else {}
        return found | {name: repr(end) for name, end in ends.items() if end is not None}


def view_of(asked: Asked, levels: FieldLevels) -> View:
    """Read a view. Raises BadRequest for an axis, a place or a level that the field does not have."""
    axes = _axes(asked, levels)
    sizes = levels.shape
    at = tuple(asked.whole(f"at{axis}", (size - 1) // 2, 0, size - 1) for axis, size in enumerate(sizes))
    level = asked.whole("level", -1, 0, len(levels.levels) - 1)
    low, high = asked.number("low"), asked.number("high")
    scale = asked.one_of("scale", SCALES, usual_scale(levels))
    reach = asked.one_of("range", RANGES, "field" if low is None and high is None else "own")
    if reach == "own" and low is not None and high is not None and low > high:
        raise BadRequest(f"the lowest colour is at {low:g}, above the highest at {high:g}: swap them.")
    if reach == "own" and scale == "log" and any(end is not None and end <= 0 for end in (low, high)):
        raise BadRequest("a logarithmic scale reaches over numbers above 0: write a lowest and a highest above it.")
    return View(
        axes,
        at,
        level if level >= 0 else None,
        asked.one_of("what", WHATS, "mean"),
        asked.one_of("map", MAPS, usual_map(scale)),
        scale,
        reach,
        low,
        high,
    )


def usual_scale(levels: FieldLevels) -> str:
    """By ratio for what reaches over decades above nought, as lines are drawn."""
    ends = (levels.levels[0].minimum, levels.levels[0].maximum)
    return "log" if None not in ends and over_decades(ends) else "linear"


def usual_map(scale: str) -> str:
    """The colours that fit a scale."""
    return "blue-red" if scale == "symmetric" else "viridis"


def usual_axes(levels: FieldLevels) -> tuple[int, int]:
    """The axes drawn up and across: two of space where there are two, x across."""
    space = sorted(levels.halved)
    others = [axis for axis in range(len(levels.shape)) if axis not in space]
    up, across = sorted([*others, *space][-2:])
    return (across, up) if levels.dims[up] in _ACROSS and levels.dims[across] not in _ACROSS else (up, across)


def pairs(levels: FieldLevels) -> list[tuple[int, int]]:
    """All pairs of axes that can be drawn, the usual one first; of a field of many dimensions the first thirty."""
    usual = usual_axes(levels)
    others = itertools.permutations(range(len(levels.shape)), 2)
    return [usual, *itertools.islice((pair for pair in others if pair != usual), 29)]


def upwards(levels: FieldLevels, axis: int) -> bool:
    """Whether an axis that is drawn up begins at the foot, as axes do, and not on top, as lines of a text do."""
    return levels.dims[axis] not in _DOWN


def said_pairs(levels: FieldLevels) -> list[tuple[str, str]]:
    """The pairs of axes as a form has them."""
    return [
        (f"{up},{across}", f"{levels.dims[up]} {'up' if upwards(levels, up) else 'down'}, {levels.dims[across]} across")
        for up, across in pairs(levels)
    ]


def factor(levels: FieldLevels, axis: int, level: int) -> int:
    """Points of the field in a block of a level, along an axis."""
    return 2**level if axis in levels.halved else 1


def shape_of(levels: FieldLevels, view: View, level: int) -> tuple[int, int]:
    """Blocks of a level up and across."""
    shape = levels.levels[level].shape
    return shape[view.axes[0]], shape[view.axes[1]]


def index_of(levels: FieldLevels, view: View, level: int, rows: slice, columns: slice) -> tuple[slice | int, ...]:
    """Where a part of a level is: places of the field in the blocks that hold them."""
    found: list[slice | int] = [place // factor(levels, axis, level) for axis, place in enumerate(view.at)]
    found[view.axes[0]], found[view.axes[1]] = rows, columns
    return tuple(found)


def with_range(view: View, low: float, high: float) -> View:
    """The same with colours from one number to another."""
    return dataclasses.replace(view, reach="own", low=low, high=high)


def _axes(asked: Asked, levels: FieldLevels) -> tuple[int, int]:
    found = asked.wholes("axes", 2) or usual_axes(levels)
    if len(found) != 2 or found[0] == found[1] or not all(0 <= axis < len(levels.shape) for axis in found):
        raise BadRequest(f"axes are two different ones of 0 to {len(levels.shape) - 1}, such as 1,0.")
    return found[0], found[1]
