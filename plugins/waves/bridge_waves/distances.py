"""How far one distribution on a line is from another, and how wide the basin of a misfit is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def wasserstein_squared(time: Array, one: Array, other: Array) -> float:
    """Least mean square way, in s^2, over which the mass of `one` is carried to become that of `other`.

    Both are densities over cells around equally spaced times, each scaled to a mass of one. On a line the best plan
    keeps the order, so that W2^2 is the integral of the squared difference of the quantiles (C. Villani, Topics in
    Optimal Transportation (AMS, 2003), theorem 2.18); it is exact for densities constant on each cell. Squared
    seismograms are such densities. A seismogram made positive by adding a constant is one too, but gains little:
    the mass of the constant fills every gap, and none has far to go. Raises ValueError for a negative density or one
    without mass.
    """
    edges = np.concatenate([time - (time[1] - time[0]) / 2, [time[-1] + (time[1] - time[0]) / 2]])
    below, beside = _cumulative(one, "one"), _cumulative(other, "other")
    levels = np.union1d(below, beside)
    low, width = levels[:-1], np.diff(levels)
    # between two levels both quantiles are straight: two points inside say all, where the levels themselves may jump
    early, late = (
        _quantiles(low + part * width, below, edges) - _quantiles(low + part * width, beside, edges)
        for part in (0.25, 0.75)
    )
    return float(width @ (((early + late) / 2) ** 2 + (late - early) ** 2 / 3))


def _cumulative(density: Array, name: str) -> Array:
    mass = density.sum()
    if density.min() < 0 or not mass > 0:
        raise ValueError(
            f"density {name!r} has a smallest value of {density.min():g} and a mass of {mass:g}; a density is nowhere "
            "negative and has mass. Square the seismogram."
        )
    total = np.concatenate([[0.0], np.cumsum(density / mass)])
    return np.asarray(total / total[-1])


def _quantiles(levels: Array, total: Array, edges: Array) -> Array:
    """Where a cumulative mass, straight between edges, reaches levels below one; empty cells are passed over."""
    last = int(np.searchsorted(total, 1.0, side="left")) - 1
    cell = np.minimum(np.searchsorted(total, levels, side="right") - 1, last)
    part = (levels - total[cell]) / (total[cell + 1] - total[cell])
    return np.asarray(edges[cell] + part * (edges[cell + 1] - edges[cell]))


def half_width(shift: Array, misfit: Array) -> float:
    """Distance from the least misfit to the nearest maximum beside it, between samples by a parabola.

    A descent that starts nearer arrives; one that starts beyond is led away. Raises ValueError if `misfit`
    has no maximum: its basin is wider than the range.
    """
    top = np.flatnonzero((misfit[1:-1] > misfit[:-2]) & (misfit[1:-1] >= misfit[2:])) + 1
    if not top.size:
        raise ValueError(
            f"the misfit has no maximum between {shift[0]:g} and {shift[-1]:g}: its basin is wider. Give a wider range."
        )
    bottom = int(misfit.argmin())
    nearest = int(top[np.abs(shift[top] - shift[bottom]).argmin()])
    return abs(_extremum(shift, misfit, nearest) - _extremum(shift, misfit, bottom))


def _extremum(shift: Array, misfit: Array, at: int) -> float:
    """Where the parabola through a sample and its two neighbours turns."""
    if not 0 < at < misfit.size - 1:
        return float(shift[at])
    before, here, after = misfit[at - 1 : at + 2]
    bend = before - 2 * here + after
    return float(shift[at] + (shift[at + 1] - shift[at]) * (before - after) / (2 * bend)) if bend else float(shift[at])
