"""What is known of a pyramid without reading it: coordinates, each level in numbers, energy by scale."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from bridge.scales.pyramid import Pyramid
from bridge.store.pyramids.levels import LevelFacts
from bridge.store.pyramids.subject import Measured, Subject


@dataclass(frozen=True)
class Known:
    """Coordinates (first point, step, unit), levels, and length and energy of every scale."""

    measured: Measured
    levels: tuple[LevelFacts, ...]
    energy: tuple[tuple[float, float], ...]

    def document(self) -> dict[str, Any]:
        """In JSON, which has no infinity."""
        return {
            "coordinates": {dim: list(one) for dim, one in self.measured.items()},
            "levels": [[list(one.shape), one.minimum, one.maximum, one.missing, one.empty] for one in self.levels],
            "energy": [[length, energy if math.isfinite(energy) else None] for length, energy in self.energy],
        }


def known_of(made: Pyramid, subject: Subject, measured: Measured) -> Known:
    """What a pyramid that was made tells of its field, down to the coarsest level that is kept."""
    levels = tuple(_facts(made, number, shape) for number, shape in enumerate(subject.shapes))
    energy = zip(made.energy.length.tolist(), made.energy.energy.tolist(), strict=True)
    return Known(measured, levels, tuple(energy))


def known_from(content: dict[str, Any]) -> Known:
    """Read it back. Raises what an unfit document raises."""
    measured: Measured = {
        str(dim): (float(first), None if step is None else float(step), None if unit is None else str(unit))
        for dim, (first, step, unit) in content["coordinates"].items()
    }
    energy = tuple(
        (float(length), math.inf if energy is None else float(energy)) for length, energy in content["energy"]
    )
    return Known(measured, tuple(_told(*one) for one in content["levels"]), energy)


def array_of(made: Pyramid, level: int, what: str) -> np.ndarray | None:
    """What of a level; None for ``missing`` where nothing is, and of the field itself."""
    one = made.levels[level]
    return {"mean": one.mean, "minimum": one.lowest, "maximum": one.highest, "missing": one.missing}[what]


def _whole(number: Any) -> int:
    """A size, if it is one. Raises ValueError."""
    if type(number) is not int or number < 0:
        raise ValueError(f"{number!r:.40} is no size")
    return number


def _facts(made: Pyramid, number: int, shape: tuple[int, ...]) -> LevelFacts:
    level = made.levels[number]
    lows = highs = level.mean
    if number == 0 and len(made.levels) > 1:  # the extremes of the field are those of its blocks
        lows, highs = made.levels[1].lowest, made.levels[1].highest
    low, high = float(lows.min()), float(highs.max())
    ends: tuple[float | None, float | None] = (low, high)
    if not (math.isfinite(low) and math.isfinite(high)):
        there = np.isfinite(lows) & np.isfinite(highs)
        ends = (float(lows[there].min()), float(highs[there].max())) if there.any() else (None, None)
    empty = made.missing if number == 0 else int(np.isnan(level.mean).sum()) if made.missing else 0
    return LevelFacts(shape, *ends, made.missing, empty)


def _told(shape: Any, low: Any, high: Any, missing: Any, empty: Any) -> LevelFacts:
    ends = [None if end is None else float(end) for end in (low, high)]
    return LevelFacts(tuple(map(_whole, shape)), ends[0], ends[1], _whole(missing), _whole(empty))
