"""Results of samples and of more than two axes: every output against every input, a dot a point."""

from __future__ import annotations

from typing import Any

import numpy as np

from bridge.errors import UnknownName, did_you_mean
from bridge.inspect.pictures.drawing import without_result
from bridge.inspect.pictures.plot import Crosses, Floats, Line, Mark, Panel, Plot
from bridge.inspect.pictures.swept import Result, Swept, Varied, picked

#: Inputs and outputs that one picture has room for, and points that are drawn of many: of those that lead somewhere
#: fewer, for each is a link of its own.
_INPUTS, _OUTPUTS, _POINTS, _LEADING = 6, 4, 4000, 500
#: Stretches of an input over which a median is drawn, and points that each needs.
_STRETCHES, _EACH = 12, 8
#: The ink of a median: that of the words.
_MEDIAN = 6


def pairs(found: Swept) -> Plot:
    """A panel for every pair of an output and an input, with the median over stretches of the input."""
    axes, results = found.axes[:_INPUTS], found.results[:_OUTPUTS]
    failed = found.failed.ravel()
    shown = _some(len(failed), _LEADING if found.hrefs is not None else _POINTS)
    panels = [_panel(found, axis, result, shown) for result in results for axis in axes]
    said = [f"× {int(failed.sum()):,} of {len(failed):,} points without a result"] if failed.any() else []
    left = len(found.axes) - len(axes), len(found.results) - len(results)
    said += [f"{len(shown):,} of {len(failed):,} points are drawn"] * (len(shown) < len(failed))
    said += [f"and {left[0]} more inputs"] * (left[0] > 0) + [f"and {left[1]} more outputs"] * (left[1] > 0)
    return Plot(tuple(panels), len(axes), ", ".join(said), shared=True)


def against(found: Swept, across: str, up: str) -> Plot:
    """One output against another, or against an input, a dot a point. Raises UnknownName."""
    x, y = _named(found, across), _named(found, up)
    at, values = _along(x, found) if isinstance(x, Varied) else x.values.ravel(), y.values.ravel()
    if isinstance(y, Varied):
        values = _along(y, found)
    shown = _some(len(values), _POINTS)
    line = Line(
        at[shown], values[shown], joined=False, hrefs=picked(found.hrefs, np.unravel_index(shown, found.failed.shape))
    )
    note = without_result(int(found.failed.sum()))
    return Plot((Panel(x.drawn, y.drawn, (line,), note=note),))


def _named(found: Swept, name: str) -> Varied | Result:
    known: dict[str, Varied | Result] = {one.name: one for one in found.axes}
    known |= {one.name: one for one in found.results}
    if name not in known:
        raise UnknownName(f"the sweep has no input and no number {name!r}. {did_you_mean(name, known)}")
    return known[name]


def _some(count: int, most: int) -> Any:
    """Numbers of the points to draw: all, or as many as can be told apart, evenly."""
    return np.arange(count) if count <= most else np.linspace(0, count - 1, most).astype(int)


def _along(axis: Varied, found: Swept) -> Floats:
    """The value of an axis at every point."""
    sizes = found.failed.shape
    place = found.dims.index(axis.dim)
    shape = [1] * len(sizes)
    shape[place] = sizes[place]
    return np.broadcast_to(axis.values.reshape(shape), sizes).ravel()


def _panel(found: Swept, axis: Varied, result: Result, shown: Any) -> Panel:
    x, y, failed = _along(axis, found), result.values.ravel(), found.failed.ravel()
    places = np.unravel_index(shown, found.failed.shape)
    at = x[shown]
    if axis.words is not None:  # names: side by side, so that dots do not hide one another
        at = at + np.random.default_rng(0).uniform(-0.15, 0.15, len(at))
    marks: list[Mark] = [Line(at, y[shown], joined=False, hrefs=picked(found.hrefs, places))]
    lost = shown[failed[shown]]
    if len(lost):
        there = np.unravel_index(lost, found.failed.shape)
        marks.append(Crosses(x[lost], hrefs=picked(found.hrefs, there), titles=picked(found.reasons, there)))
    if axis.words is None:
        marks += _median(x, y)
    return Panel(axis.drawn, result.drawn, tuple(marks), height=150)


def _median(x: Floats, y: Floats) -> list[Mark]:
    """The median output over stretches that hold equally many points; nothing for few points or few values."""
    there = np.isfinite(y)
    x, y = x[there], y[there]
    count = min(_STRETCHES, len(x) // _EACH)
    if count < 3 or len(np.unique(x)) < 2 * count:
        return []
    parts = np.array_split(np.argsort(x, kind="stable"), count)
    middle = [float(np.median(x[part])) for part in parts]
    return [Line(middle, [float(np.median(y[part])) for part in parts], marked=False, colour=_MEDIAN)]
