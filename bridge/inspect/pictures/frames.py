"""Axes with numbers on: how far they reach, and where on them a number stands. Both inks draw by these."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bridge.inspect.pictures.plot import Axis, Band, Bars, Cells, Crosses, Floats, Line, Mark, Panel, Plot, Rule
from bridge.inspect.pictures.ticks import MOST, Ticks, linear, logarithmic, of_places

#: Part of an axis that is left free beyond the outermost numbers.
_ROOM = 0.04
#: Spread over size below which numbers are one number and its rounding.
_SAME = 1e-12


@dataclass(frozen=True)
class Frame:
    """An axis from ``low`` to ``high``."""

    axis: Axis
    low: float
    high: float
    ticks: Ticks
    empty: bool = False

    def at(self, values: Any) -> Floats:
        """Parts of the way from low to high; NaN for what has no place."""
        found = np.asarray(values, float)
        with np.errstate(all="ignore"):
            if self.axis.log:
                whole = np.log10(np.where(found > 0, found, np.nan))
                low, high = np.log10(self.low), np.log10(self.high)
                return np.asarray((whole - low) / (high - low))
            return np.asarray((found - self.low) / (self.high - self.low))


def frames_of(plot: Plot, across: int = 7, up: int = 7) -> list[tuple[Frame, Frame]]:
    """The two axes of every panel, with at most so many ticks across and up (six or more)."""
    marks = [panel.marks for panel in plot.panels]
    columns = plot.columns

    def beside(number: int, along: bool) -> list[Mark]:
        if not plot.shared:
            return list(marks[number])
        same = (number % columns, lambda n: n % columns) if along else (number // columns, lambda n: n // columns)
        return [mark for n, found in enumerate(marks) if same[1](n) == same[0] for mark in found]

    return [
        (_frame(panel.x, beside(n, True), True, across), _frame(panel.y, beside(n, False), False, up))
        for n, panel in enumerate(plot.panels)
    ]


def colours_of(cells: Cells, most: int = 6) -> Frame:
    """The colour bar of a map, exactly as long as its numbers reach."""
    return _reaching(Axis(log=cells.log), [cells.values.ravel()], True, most)


def _frame(axis: Axis, marks: Iterable[Mark], along: bool, most: int) -> Frame:
    if axis.words is not None:
        places = tuple(map(float, range(len(axis.words))))
        return Frame(axis, -0.5, len(places) - 0.5 if places else 0.5, Ticks(places, axis.words), not places)
    marks = list(marks)
    found = [part for mark in marks for part in (_across(mark, axis.log) if along else _upwards(mark, axis.log))]
    filled = any(isinstance(mark, Cells) for mark in marks)
    return _reaching(axis, found, filled, most)


def _reaching(axis: Axis, found: Sequence[Floats], exactly: bool, most: int) -> Frame:
    numbers = np.concatenate([np.ravel(part) for part in found]) if found else np.empty(0)
    numbers = numbers[np.isfinite(numbers)]
    numbers = numbers[numbers > 0] if axis.log else numbers
    empty = not numbers.size
    low, high = (float(numbers.min()), float(numbers.max())) if not empty else (1.0, 10.0) if axis.log else (0.0, 1.0)
    low, high = _wide(low, high, axis.log, exactly or empty)
    low = axis.low if axis.low is not None and not (axis.log and axis.low <= 0) else low
    high = axis.high if axis.high is not None and axis.high > low else high
    low, high = _wide(low, high, axis.log, True)
    if axis.at is not None:
        there = [place for place in axis.at if low <= place <= high]
        ticks = of_places(there[:: max(1, -(-len(there) // MOST))])
    else:
        ticks = logarithmic(low, high, MOST, axis.base) if axis.log else linear(low, high, most)
    return Frame(axis, low, high, ticks, empty)


def _wide(low: float, high: float, log: bool, exactly: bool) -> tuple[float, float]:
    """Limits that are apart: with room beyond the numbers unless ``exactly``; around one number, its neighbourhood."""
    if log:
        bottom, top = np.log10(low), np.log10(high)
        room = 0.5 if top - bottom < _SAME * max(1.0, abs(top)) else 0.0 if exactly else _ROOM * (top - bottom)
        if not room:
            return low, high
        return float(10 ** max(bottom - room, -300)), float(10 ** min(top + room, 300))
    size, spread = max(abs(low), abs(high)), high - low
    if size == 0:
        return -1.0, 1.0
    room = 0.1 * size if spread < _SAME * size else 0.0 if exactly else _ROOM * spread
    return low - room, high + room


def _across(mark: Mark, log: bool) -> list[Floats]:
    """What a mark needs room for, from left to right."""
    if isinstance(mark, Cells):
        return [edges(mark.x, log)]
    if isinstance(mark, Bars):
        return [np.zeros(1), mark.values, *_about(mark.values, mark.errors)]
    if isinstance(mark, Rule):
        return [] if mark.horizontal else [np.array([mark.at])]
    return [mark.x]


def _upwards(mark: Mark, log: bool) -> list[Floats]:
    if isinstance(mark, Cells):
        return [edges(mark.y, log)]
    if isinstance(mark, Bars):
        return [mark.places - 0.5, mark.places + 0.5]
    if isinstance(mark, Rule):
        return [np.array([mark.at])] if mark.horizontal else []
    if isinstance(mark, Band):
        return [mark.low, mark.high]
    if isinstance(mark, Crosses):
        return [] if mark.y is None else [mark.y]
    return [mark.y, *_about(mark.y, mark.errors)]


def _about(values: Floats, errors: Floats | None) -> list[Floats]:
    with np.errstate(all="ignore"):
        return [] if errors is None else [values - errors, values + errors]


def edges(places: Floats, log: bool = False) -> Floats:
    """Where cells at these places meet: halfway, on a logarithmic axis by ratio; the outer ones as wide inside."""
    if not places.size:
        return np.empty(0)
    if log:
        places = places[places > 0]
    at = np.log(places) if log else places
    if at.size == 1:
        half = 0.5 if log or not at[0] else abs(at[0]) / 2
        outer = np.array([at[0] - half, at[0] + half])
    else:
        middle = at[:-1] / 2 + at[1:] / 2
        outer = np.concatenate([[2 * at[0] - middle[0]], middle, [2 * at[-1] - middle[-1]]])
    return np.asarray(np.exp(outer) if log else outer)


def nothing_in(panel: Panel, frames: tuple[Frame, Frame]) -> bool:
    """Whether a panel has no number to show."""
    held = [mark for mark in panel.marks if isinstance(mark, (Line, Band, Cells, Bars))]
    seen = [np.isfinite(_shown(mark, frames)).any() for mark in held]
    return not any(seen) and not any(isinstance(mark, Crosses) and len(mark.x) for mark in panel.marks)


def _shown(mark: Mark, frames: tuple[Frame, Frame]) -> Floats:
    if isinstance(mark, Line):
        return frames[0].at(mark.x) + frames[1].at(mark.y)
    if isinstance(mark, Band):
        return frames[0].at(mark.x) + frames[1].at(mark.high)
    assert isinstance(mark, (Cells, Bars))
    return np.asarray(mark.values)
