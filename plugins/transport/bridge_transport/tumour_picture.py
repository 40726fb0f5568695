"""Antibody in a tumour as people look at it."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from bridge import Picture

Array = NDArray[np.float64]

BEFORE, AFTER = 1 / 4, 4.0
"""Profiles are drawn at the rise time and at these multiples of it."""

INK = ("#0072b2", "#d55e00", "#009e73")


def draw(
    axes: tuple[Array, Array],
    occupied: tuple[Array, Array],
    means: tuple[Array, Array],
    marked: tuple[int, float, float, float],
) -> Picture:
    """Profiles at three times and the mean over time, at equilibrium (lines) and with kinetics (dots), as a PNG."""
    (time, radius), (now, ratio, amount, off) = axes, marked
    figure = Figure(figsize=(9.6, 4.2), dpi=150, layout="constrained")
    profile, course = figure.subplots(1, 2)
    for colour, multiple in zip(INK, (BEFORE, 1.0, AFTER), strict=True):
        at = min(int(np.searchsorted(time, multiple * time[now] * (1 - 1e-12))), len(time) - 1)
        profile.plot(radius, occupied[0][at], color=colour, label=f"{time[at]:.2g} h")
        profile.plot(radius, occupied[1][at], "o", color=colour, markersize=3)
    profile.set(xlabel="distance from the middle of the capillary (µm)", ylabel="antigen bound (share)")
    profile.set(xlim=(0, radius[-1]), ylim=(0, None))
    profile.legend(frameon=False)
    course.plot(time, means[0], color="black", label="binding at equilibrium")
    course.plot(time[::8], means[1][::8], "o", color="black", markersize=3, label="binding resolved")
    course.axvline(time[now], color=INK[1], linewidth=1)
    course.set(xlabel="time (h)", ylabel="antigen bound, mean (share)", xlim=(0, time[-1]), ylim=(0, None))
    course.legend(frameon=False, loc="lower right")
    figure.suptitle(
        f"time of capture / time of diffusion = {ratio:.2g}; at {time[now]:.2g} h the amount bound is off by "
        f"{100 * amount:.2g} %, its profile by {100 * off:.2g} %",
        fontsize=11,
    )
    return Picture.drawn(figure)
