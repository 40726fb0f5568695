"""Results over one axis, or over two of which one has few values: lines with error bars, or points over names."""

from __future__ import annotations

from typing import Any

import numpy as np

from bridge.inspect.pictures.drawing import without_result
from bridge.inspect.pictures.plot import Crosses, Line, Mark, Panel, Plot
from bridge.inspect.pictures.shades import INKS
from bridge.inspect.pictures.swept import Result, Swept, Varied, picked
from bridge.inspect.pictures.telling import place_of


def over_one(found: Swept, drawn: bool = False) -> Plot:
    """A panel for every result over the one axis; ``drawn`` samples are no line."""
    axis = found.axes[0]
    return _plot(found, axis, [[_line(found, axis, result, ..., joined=not drawn)] for result in found.results])


def over_two(found: Swept, along: int) -> Plot:
    """A panel for every result over the axis ``along``, a line for every value of the other one."""
    axis, other = found.axes[along], found.axes[1 - along]
    marks = []
    for result in found.results:
        lines = []
        for number, place in enumerate(np.argsort(other.values, kind="stable").tolist()):
            take: Any = (slice(None), place) if along == 0 else (place, slice(None))
            said = place_of(other.drawn, other.values[place])
            lines.append(_line(found, axis, result, take, label=said, colour=number % INKS))
        marks.append(lines)
    return _plot(found, axis, marks, other.label)


def _line(
    found: Swept, axis: Varied, result: Result, take: Any, label: str = "", colour: int = 0, joined: bool = True
) -> Line:
    order = np.argsort(axis.values, kind="stable")
    errors = None if result.errors is None else result.errors[take][order]
    hrefs = picked(found.hrefs, take)
    return Line(
        axis.values[order],
        result.values[take][order],
        label,
        errors,
        joined=joined and axis.words is None,
        colour=colour,
        hrefs=None if hrefs is None else [hrefs[i] for i in order],
    )


def _plot(found: Swept, axis: Varied, marks: list[list[Line]], legend: str = "") -> Plot:
    lost = _crosses(found, axis)
    note = without_result(int(found.failed.sum()))
    panels = [
        Panel(axis.drawn, result.drawn, (*lines, *lost), note=note)
        for result, lines in zip(found.results, marks, strict=True)
    ]
    title = f"means over {found.averaged}, with their standard errors" if found.averaged else ""
    return Plot(tuple(panels), 1 if len(panels) == 1 else 2, title, legend)


def _crosses(found: Swept, axis: Varied) -> list[Mark]:
    """Points without a result, at the foot of a panel."""
    if not found.failed.any():
        return []
    places = np.nonzero(found.failed)
    x = axis.values[places[found.dims.index(axis.dim)]]
    return [Crosses(x, hrefs=picked(found.hrefs, places), titles=picked(found.reasons, places))]
