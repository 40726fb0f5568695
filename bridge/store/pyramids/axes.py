"""Axes of a field: which are space and are halved, which stay indices, where their points are, how tiles are cut."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bridge.store.metadata import TYPES

#: Dimensions that are no space, however long: one looks at them one by one.
INDICES = {
    "time", "t", "step", "frame", "iteration", "cycle", "generation", "component", "variant", "member", "sample",
    "replica", "realization", "realisation", "walker", "particle", "atom", "species", "element", "channel", "mode",
    "state", "band", "spin", "xyz", "xy", "direction", "run", "seed", "parameter", "feature",
}  # fmt: skip
#: A dimension shorter than this is looked at one by one, too.
SHORT = 32
#: No more than these are halved: a picture has two axes, and a slider goes through the third.
MOST = 3
#: Numbers of a tile, 2 MB of double precision: 512 × 512, or 64 × 64 × 64.
TILE = 2**18
#: Part of a step by which the points of an even coordinate may be off.
_EVEN = 1e-3


@dataclass(frozen=True, eq=False)
class Coordinate:
    """Where the points along a dimension are: `step` is None where they are not evenly spaced."""

    first: float
    step: float | None
    unit: str | None
    #: Reads all of them.
    values: Callable[[], np.ndarray]


def is_field(spec: Mapping[str, Any]) -> bool:
    """Whether a stored output is a field: an array of two or more dimensions, with numbers in it."""
    shape = spec.get("shape")
    return (
        spec.get("kind") == "array"
        and isinstance(shape, list)
        and len(shape) >= 2
        and all(type(n) is int and n > 0 for n in shape)
        and spec.get("dtype") in TYPES
        and len(spec.get("dims", ())) == len(shape)
    )


def halved_axes(dims: Sequence[str], shape: Sequence[int]) -> tuple[int, ...]:
    """Axes that are halved: the last three that are long and not named as something else than space.

    A picture has two axes. Where space leaves fewer, long dimensions of other names are halved as well, the last first.
    """
    long = [axis for axis, n in enumerate(shape) if n >= SHORT]
    space = [axis for axis in long if _plain(dims[axis]) not in INDICES][-MOST:]
    others = [axis for axis in long if axis not in space]
    return tuple(sorted(space + others[len(others) - max(0, min(len(others), 2 - len(space))) :]))


def _plain(dim: str) -> str:
    """A dimension's name without what only numbers it: ``walkers``, ``walker_0``."""
    name = dim.lower().rpartition(".")[2].rstrip("0123456789_")
    return name[:-1] if name.endswith("s") and name not in INDICES else name


def tile_of(shape: Sequence[int], halved: Sequence[int]) -> tuple[int, ...]:
    """How an array is cut: equal sides along the halved axes; what they leave of a tile is filled from the last index.

    Sides are made even, 2 × 500 for 1000, so that the last tile is not padded.
    """
    side = int(TILE ** (1 / max(1, len(halved))) + 1e-9)
    sides = [_even(n, side) if axis in halved else 1 for axis, n in enumerate(shape)]
    for axis in range(len(shape) - 1, -1, -1):
        if axis not in halved:
            sides[axis] = _even(shape[axis], max(1, TILE // math.prod(sides)))
    return tuple(sides)


def _even(length: int, side: int) -> int:
    return math.ceil(length / math.ceil(length / side))


def spacing_of(values: np.ndarray) -> float | None:
    """The step of evenly spaced points; None for others, for a single one, and for what does not rise or fall."""
    if values.size < 2 or not np.isfinite(values).all():
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        step = float((values[-1] - values[0]) / (values.size - 1))
        off = np.abs(values - (values[0] + step * np.arange(values.size))).max()
    return step if math.isfinite(step) and step != 0 and off <= _EVEN * abs(step) else None
