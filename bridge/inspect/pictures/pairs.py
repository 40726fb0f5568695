"""Results of samples and of more than two axes: every output against every input, a dot a point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bridge.inspect.pictures.drawing import COLOURS, INK, WRONG, Floats, figure, over_decades, tidy
from bridge.inspect.pictures.swept import Axis, Swept

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Inputs and outputs that one picture has room for, and points that are drawn of many.
_INPUTS, _OUTPUTS, _POINTS = 6, 4, 4000
#: Stretches of an input over which a median is drawn, and points that each needs.
_STRETCHES, _EACH = 12, 8


def pairs(found: Swept) -> Figure:
    """A panel for every pair of an output and an input, with the median over stretches of the input."""
    axes, results = found.axes[:_INPUTS], found.results[:_OUTPUTS]
    made = figure(2.6 * len(axes) + 0.8, 2.3 * len(results) + 0.6)
    panels: Any = made.subplots(len(results), len(axes), squeeze=False, sharex="col", sharey="row")
    failed = found.failed.ravel()
    shown = _some(len(failed))
    for row, result in enumerate(results):
        y = result.values.ravel()
        for column, axis in enumerate(axes):
            panel: Axes = panels[row, column]
            x = _along(axis, found)
            _cloud(panel, axis, x[shown], y[shown], failed[shown])
            if axis.words is None:
                _median(panel, axis, x, y)
            if over_decades(y):
                panel.set_yscale("log")
            if row == len(results) - 1:
                panel.set_xlabel(axis.label)
            if column == 0:
                panel.set_ylabel(result.label)
            tidy(panel)
    said = [f"× {int(failed.sum()):,} of {len(failed):,} points without a result"] if failed.any() else []
    left = len(found.axes) - len(axes), len(found.results) - len(results)
    said += [f"and {left[0]} more inputs"] * (left[0] > 0) + [f"and {left[1]} more outputs"] * (left[1] > 0)
    if said:
        made.suptitle(", ".join(said), fontsize="medium", color=WRONG if failed.any() else INK)
    return made


def _some(count: int) -> Any:
    """Numbers of the points to draw: all, or as many as can be told apart, evenly."""
    return np.arange(count) if count <= _POINTS else np.linspace(0, count - 1, _POINTS).astype(int)


def _along(axis: Axis, found: Swept) -> Floats:
    """The value of an axis at every point."""
    sizes = found.failed.shape
    place = found.dims.index(axis.dim)
    shape = [1] * len(sizes)
    shape[place] = sizes[place]
    return np.broadcast_to(axis.values.reshape(shape), sizes).ravel()


def _cloud(panel: Axes, axis: Axis, x: Floats, y: Floats, failed: Any) -> None:
    size = 14.0 if len(x) < 200 else 6.0 if len(x) < 1500 else 2.0
    jitter = np.zeros(len(x))
    if axis.words is not None:  # names: side by side, so that dots do not hide one another
        jitter = np.random.default_rng(0).uniform(-0.15, 0.15, len(x))
        panel.set_xticks(range(len(axis.words)), axis.words)
    panel.scatter(x + jitter, y, s=size, color=COLOURS[0], alpha=0.5, linewidths=0)
    if failed.any():
        low = np.full(int(failed.sum()), 0.02)
        panel.plot(x[failed], low, "x", color=WRONG, markersize=4, transform=panel.get_xaxis_transform(), clip_on=False)
    if axis.log:
        panel.set_xscale("log")


def _median(panel: Axes, axis: Axis, x: Floats, y: Floats) -> None:
    """The median output over stretches that hold equally many points; nothing for few points or few values."""
    there = np.isfinite(y)
    x, y = x[there], y[there]
    count = min(_STRETCHES, len(x) // _EACH)
    if count < 3 or len(np.unique(x)) < 2 * count:
        return
    parts = np.array_split(np.argsort(x, kind="stable"), count)
    middle = [float(np.median(x[part])) for part in parts]
    panel.plot(middle, [float(np.median(y[part])) for part in parts], color=INK, linewidth=1.5)
