"""Flow between two plates as people look at it."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from bridge import Picture
from bridge_transport.channel_flow import Grid, Steady

Array = NDArray[np.float64]

INK, ACCENT, GREY = "#0b5394", "#d55e00", "#777777"


def steady(grid: Grid, velocity: Array, newtonian: Array, found: Steady, lowest: float) -> Picture:
    """The profile beside the parabola of the plateau's viscosity, and the viscosity over shear rate."""
    figure = Figure(figsize=(9.0, 4.0), dpi=150, layout="constrained")
    left, right = figure.subplots(1, 2)
    _across(left, grid, velocity, INK, "with the viscosity asked for")
    _across(left, grid, newtonian, GREY, "Newtonian", "--")
    left.legend(frameon=False, fontsize=8, loc="upper right")
    left.set_xlim(left=0, right=1.4 * max(velocity.max(), newtonian.max()))
    shown = found.rate >= lowest
    right.plot(found.rate[shown], found.viscosity[shown] * 1e3, "o", ms=4, color=INK)
    right.plot(
        found.rate[~shown], found.viscosity[~shown] * 1e3, "o", ms=4, mfc="white", mec=INK, label="taken as Newtonian"
    )
    right.axvline(lowest, color=GREY, lw=0.8, ls=":", label="lowest shear rate asked for")
    right.set(
        xscale="log", ylim=(0, 1.2e3 * found.viscosity.max()), xlabel="shear rate (1/s)", ylabel="viscosity (mPa s)"
    )
    right.legend(frameon=False, loc="lower left")
    return Picture.drawn(figure)


def from_rest(grid: Grid, time: Array, velocity: Array, flow_rate: Array) -> Picture:
    """Profiles at a few times, and the flow rate over time."""
    figure = Figure(figsize=(9.0, 4.0), dpi=150, layout="constrained")
    left, right = figure.subplots(1, 2)
    chosen = np.unique(np.round(np.geomspace(1, len(time) - 1, 6)).astype(int))
    right.plot(time * 1e9, flow_rate, color=GREY, zorder=1)
    for place, now in enumerate(chosen):
        shade = str(0.75 * (1 - (place + 1) / len(chosen)))
        _across(left, grid, velocity[now], shade, "")
        right.plot(time[now] * 1e9, flow_rate[now], "o", color=shade, label=f"{time[now] * 1e9:.3g} ns")
    left.set_xlim(left=0)
    right.legend(frameon=False, loc="lower right", title="profiles at")
    right.set(xlim=(0, 1.03 * time[-1] * 1e9), ylim=(0, None), xlabel="time (ns)", ylabel="flow rate (m²/s)")
    return Picture.drawn(figure)


def _across(axes: Axes, grid: Grid, velocity: Array, color: str, label: str, style: str = "-") -> None:
    """A profile from wall to wall."""
    height = np.concatenate((-grid.position[:0:-1], grid.position)) * 1e9
    axes.plot(np.concatenate((velocity[:0:-1], velocity)), height, style, color=color, label=label)
    axes.set(xlabel="velocity (m/s)", ylabel="height (nm)", ylim=(height[0], height[-1]))
