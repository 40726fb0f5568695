"""Results over two axes: maps of coloured cells, with their numbers where these are few, else with contours."""

from __future__ import annotations

from typing import Any

import numpy as np

from bridge.inspect.pictures.drawing import over_decades, without_result
from bridge.inspect.pictures.plot import Axis, Cells, Crosses, Floats, Mark, Panel, Plot
from bridge.inspect.pictures.swept import Result, Swept, Varied, picked
from bridge.inspect.pictures.telling import place_of
from bridge.inspect.pictures.ticks import MOST

#: Cells that have their number written in them.
WRITTEN = 100


def over_plane(found: Swept) -> Plot:
    """A map for every result: the second axis across, the first one up."""
    up, across = (_sides(axis) for axis in found.axes)
    panels = [_panel(found, result, up, across) for result in found.results]
    title = f"means over {found.averaged}" if found.averaged else ""
    return Plot(tuple(panels), 1 if len(panels) == 1 else 2, title)


def _sides(varied: Varied) -> tuple[Axis, Floats, Any]:
    """An axis, the places of its cells in rising order, and which value each is; equal values are told as words."""
    order = np.argsort(varied.values, kind="stable")
    values = varied.values[order]
    if varied.words is None and np.all(np.diff(values) > 0):
        at = tuple(values.tolist()) if len(values) <= MOST else None
        return Axis(varied.label, varied.log, at=at), values, order
    words = tuple(place_of(varied.drawn, value) for value in values)
    return Axis(varied.label, words=words), np.arange(len(values), dtype=float), order


def _panel(found: Swept, result: Result, up: tuple[Axis, Floats, Any], across: tuple[Axis, Floats, Any]) -> Panel:
    take = np.ix_(up[2], across[2])
    values, failed = result.values[take], found.failed[take]
    written = values.size <= WRITTEN
    numbers = up[0].words is None and across[0].words is None
    marks: list[Mark] = [
        Cells(
            across[1],
            up[1],
            values,
            result.label,
            over_decades(values),
            picked(found.hrefs, take),
            written=written,
            contours=numbers and not written,
        )
    ]
    rows, columns = np.nonzero(failed)
    if len(rows):
        there = up[2][rows], across[2][columns]
        hrefs, reasons = picked(found.hrefs, there), picked(found.reasons, there)
        marks.append(Crosses(across[1][columns], up[1][rows], hrefs, reasons))
    return Panel(across[0], up[0], tuple(marks), note=without_result(len(rows)))
