"""Axes of length and time over many decades: where a scale stands, and ticks that people know by name."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_MINUTE, _HOUR, _DAY, _YEAR = 60.0, 3600.0, 86400.0, 31557600.0
#: What ticks say, those people think in first.
_LENGTHS = tuple(
    (10.0 ** (3 * power + step), f"{10**step} {name}")
    for step in (0, 1, 2)
    for power, name in ((-6, "am"), (-5, "fm"), (-4, "pm"), (-3, "nm"), (-2, "µm"), (-1, "mm"), (0, "m"), (1, "km"))
) + tuple(
    (10.0**power, f"10{str(power).translate(str.maketrans('0123456789', '⁰¹²³⁴⁵⁶⁷⁸⁹'))} m") for power in range(6, 31)
)
_SECONDS = ((-6, "as"), (-5, "fs"), (-4, "ps"), (-3, "ns"), (-2, "µs"), (-1, "ms"))
_TIMES = (
    *((10.0 ** (3 * power), f"1 {name}") for power, name in (*_SECONDS, (0, "s"))),
    *((_HOUR, "1 h"), (_YEAR, "1 year"), (_DAY, "1 day"), (1000 * _YEAR, "1000 years"), (1e6 * _YEAR, "10⁶ years")),
    *((_MINUTE, "1 min"), (100 * _YEAR, "100 years"), (30 * _DAY, "1 month"), (1e9 * _YEAR, "10⁹ years")),
    *((10.0 ** (3 * power + step), f"{10**step} {name}") for step in (1, 2) for power, name in _SECONDS),
    *((10.0, "10 s"), (10 * _YEAR, "10 years")),
)
#: Decades that an axis shows at least, so that one scale does not fill it.
LEAST = 4.0
_BEYOND = 0.4  # of a decade, beside the outermost ranges
_FARTHEST = 80.0  # decades from 1 m and 1 s that anything is drawn at


@dataclass(frozen=True)
class LogAxis:
    """A stretch of pixels over decades; ``start`` is where the smallest value is."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Where a value is."""
        return self.start + (self.end - self.start) * (_log(value) - self.low) / (self.high - self.low)

    def middle(self, ends: tuple[float, float]) -> float:
        """Where the geometric middle of a range is."""
        return (self.at(ends[0]) + self.at(ends[1])) / 2

    @property
    def decades(self) -> list[float]:
        """Where every power of ten is."""
        powers = range(math.ceil(self.low), math.floor(self.high) + 1)
        return [self.at(10.0**power) for power in powers] if len(powers) <= 100 else []


def decades_of(ranges: Iterable[tuple[float, float]]) -> tuple[float, float] | None:
    """The decades that hold all ranges, with a little room beside them; None where there is no range."""
    ends = [_log(end) for one in ranges for end in one]
    if not ends:
        return None
    low, high = min(ends) - _BEYOND, max(ends) + _BEYOND
    lacking = max(0.0, LEAST - (high - low)) / 2
    return low - lacking, high + lacking


def length_ticks(axis: LogAxis, apart: float) -> list[tuple[float, str]]:
    """Places and words of round lengths, at least so many pixels from one another."""
    return _ticks(axis, apart, _LENGTHS)


def time_ticks(axis: LogAxis, apart: float) -> list[tuple[float, str]]:
    """Places and words of times that have a name."""
    return _ticks(axis, apart, _TIMES)


def _ticks(axis: LogAxis, apart: float, known: Sequence[tuple[float, str]]) -> list[tuple[float, str]]:
    """The best known first, each where it is far enough from all before it."""
    found: list[tuple[float, str]] = []
    for value, words in known:
        if axis.low <= math.log10(value) <= axis.high:
            place = axis.at(value)
            if all(abs(place - other) >= apart for other, _ in found):
                found.append((place, words))
    return sorted(found)


def _log(value: float) -> float:
    return max(-_FARTHEST, min(_FARTHEST, math.log10(value)))
