"""The misfit over velocity at every rung, with the ways the inversions took, as people look at it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from bridge import Picture

Array = NDArray[np.float64]

LADDER, ALONE = "#0072b2", "#d55e00"


def draw(
    frequency: Array, velocity: Array, misfit: Array, stops: Sequence[float], alone: float, truth: float
) -> Picture:
    """The ways as a PNG, the same bytes for the same numbers: one panel a rung, low frequency on top."""
    rungs = frequency.size
    figure = Figure(figsize=(7.2, 1.2 + 2.1 * rungs), dpi=150, layout="constrained")
    panels = figure.subplots(rungs, 1, sharex=True, squeeze=False)[:, 0]
    order = np.argsort(velocity)
    for rung, axes in enumerate(panels):
        over = velocity[order], misfit[rung][order]
        axes.plot(*over, color="#555555", linewidth=1.2)
        axes.axvline(truth, color="black", linewidth=0.8, linestyle=":", label="true velocity")
        way(axes, over, stops[rung], stops[rung + 1], LADDER, "down the ladder")
        if rung == rungs - 1:
            way(axes, over, stops[0], alone, ALONE, f"{frequency[-1]:g} Hz alone")
        axes.set_ylabel(f"misfit at {frequency[rung]:g} Hz")
        axes.set_ylim(bottom=-0.08 * misfit[rung].max())
    panels[0].set_title("Which velocity an inversion ends at")
    panels[-1].set_xlabel("velocity of the slab (m/s)")
    shown = dict(zip(*reversed(panels[-1].get_legend_handles_labels()), strict=True))
    figure.legend(shown.values(), shown.keys(), loc="outside lower center", ncols=3, frameon=False)
    return Picture.drawn(figure)


def way(axes: Axes, over: tuple[Array, Array], begin: float, end: float, ink: str, name: str) -> None:
    """An open circle where an inversion began, a filled one where it ended, and the curve between them."""
    at = np.linspace(begin, end, 200)
    axes.plot(at, np.interp(at, *over), color=ink, linewidth=2.2, label=name)
    axes.plot(begin, np.interp(begin, *over), "o", ms=8, mfc="white", mec=ink, mew=1.8, zorder=4)
    axes.plot(end, np.interp(end, *over), "o", ms=8, color=ink, mec="white", zorder=5)
