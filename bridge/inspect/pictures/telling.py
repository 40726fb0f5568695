"""What is to be seen on a picture, in words and with the numbers: for those who do not see it, and for searching."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bridge.inspect.pictures import plot as described
from bridge.inspect.pictures.ticks import number

if TYPE_CHECKING:
    from bridge.inspect.pictures.plot import Axis, Bars, Cells, Line, Panel, Plot

#: Panels and marks that are told of one by one, and points or bars with each of their numbers.
PANELS, MARKS, POINTS = 12, 8, 8


def in_words(plot: Plot) -> str:
    """The whole picture: its title, and each panel with the numbers of its marks."""
    parts = [plot.title] if plot.title else []
    parts += [_panel(panel, plot.legend) for panel in plot.panels[:PANELS]]
    left = len(plot.panels) - PANELS
    return " ".join(_sentence(part) for part in [*parts, *([f"And {left} more panels"] if left > 0 else [])])


def _sentence(text: str) -> str:
    return text if text.endswith(".") else text + "."


def _panel(panel: Panel, legend: str) -> str:
    over = f"{panel.y.label or 'values'} over {panel.x.label or 'their number'}"
    said = [f"{panel.title}: {over}" if panel.title else over]
    marks = [_mark(mark, panel, legend) for mark in panel.marks]
    told = [words for words in marks if words]
    said += told[:MARKS] + ([f"and {len(told) - MARKS} more"] if len(told) > MARKS else [])
    lost = any(isinstance(mark, described.Crosses) for mark in panel.marks)  # which the note repeats
    said += [panel.note] if panel.note and not lost else []
    return "; ".join(said if told or panel.note else [*said, "no numbers"])


def _mark(mark: described.Mark, panel: Panel, legend: str) -> str:
    if isinstance(mark, described.Line) and (mark.marked or not mark.dashed):  # else it only joins others
        return _line(mark, panel.x, legend)
    if isinstance(mark, described.Cells):
        return _cells(mark, panel)
    if isinstance(mark, described.Bars):
        return _bars(mark, panel.y)
    if isinstance(mark, described.Band) and mark.low.size:
        low, high = _ends(mark.low)[0], _ends(mark.high)[1]
        return f"{mark.label or 'a band'} from {low} to {high}"
    if isinstance(mark, described.Crosses) and len(mark.x):
        return f"{len(mark.x):,} point{'s' * (len(mark.x) > 1)} without a result"
    return ""


def place_of(axis: Axis, value: float) -> str:
    """A place on an axis: its name, or its number."""
    if axis.words is not None:
        return axis.words[round(value)] if 0 <= round(value) < len(axis.words) else ""
    return number(float(value), 6)


def _line(line: Line, x: Axis, legend: str) -> str:
    name = f"{legend} {line.label}: ".lstrip() if line.label else ""
    there = np.isfinite(line.x) & np.isfinite(line.y)
    at, values = line.x[there], line.y[there]
    if not values.size:
        return f"{name}no numbers"
    if values.size <= POINTS:
        return name + ", ".join(
            f"{number(y, 6)} at {place_of(x, place)}" for place, y in zip(at.tolist(), values.tolist(), strict=True)
        )
    lowest, highest = int(np.argmin(values)), int(np.argmax(values))
    ends = f"from {number(values[0])} at {place_of(x, at[0])} to {number(values[-1])} at {place_of(x, at[-1])}, "
    return (
        f"{name}{values.size:,} points, {ends if line.joined else ''}"
        f"lowest {number(values[lowest])} at {place_of(x, at[lowest])}, "
        f"highest {number(values[highest])} at {place_of(x, at[highest])}"
    )


def _cells(cells: Cells, panel: Panel) -> str:
    name = f"{cells.label}: " if cells.label else ""
    there = np.isfinite(cells.values)
    missing = int(cells.values.size - there.sum())
    gaps = f", {missing:,} missing" if missing else ""
    shape = f"{cells.y.size} × {cells.x.size} cells"
    if not there.any():
        return f"{name}{shape} without a number"

    def told(word: str, place: Any) -> str:
        row, column = np.unravel_index(int(place), cells.values.shape)
        where = f"{place_of(panel.x, cells.x[column])}, {place_of(panel.y, cells.y[row])}"
        return f"{word} {number(cells.values[row, column])} at ({where})"

    ends = told("lowest", np.nanargmin(cells.values)), told("highest", np.nanargmax(cells.values))
    return f"{name}{shape}, {ends[0]}, {ends[1]}{gaps}"


def _bars(bars: Bars, y: Axis) -> str:
    name = f"{bars.label}: " if bars.label else ""
    errors = bars.errors if bars.errors is not None else np.full(bars.values.shape, np.nan)
    told = [
        f"{place_of(y, place)} {number(value)}" + (f" ± {number(error, 2)}" if np.isfinite(error) else "")
        for place, value, error in zip(bars.places.tolist(), bars.values.tolist(), errors.tolist(), strict=True)
    ]
    return name + ", ".join(told[::-1])


def _ends(values: Any) -> tuple[str, str]:
    there = values[np.isfinite(values)]
    return (number(there.min()), number(there.max())) if there.size else ("nothing", "nothing")


def point(line: Line, panel: Panel, at: int) -> str:
    """One point of a line: what the pointer shows."""
    if line.titles is not None:
        return str(line.titles[at])
    error = "" if line.errors is None or not np.isfinite(line.errors[at]) else f" ± {number(line.errors[at], 2)}"
    said = f"{number(line.y[at], 6)}{error} at {place_of(panel.x, line.x[at])}"
    return f"{line.label}: {said}" if line.label else said


def cell(cells: Cells, panel: Panel, row: int, column: int) -> str:
    """One cell of a map: what the pointer shows."""
    if cells.titles is not None:
        return str(cells.titles[row * cells.x.size + column])
    value = cells.values[row, column]
    said = number(value, 6) if np.isfinite(value) else "no result"
    return f"{said} at ({place_of(panel.x, cells.x[column])}, {place_of(panel.y, cells.y[row])})"
