"""A prophylaxis as people look at it: the antibody and what it protects from, and the wave with and without it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from bridge_epidemic.ports import Array
from bridge_epidemic.prophylaxis.records import Plasma, Protected, Wave
from bridge_epidemic.report.drawing import GREY, above, calendar, colour, days, plain, plainly, quantiles, sheet

SHARES = (0.05, 0.5, 0.95)
DECADES = 4.0
"""A logarithmic axis shows so many powers of ten below its largest value."""


def antibody(plasma: Plasma, named: Sequence[tuple[str, Protected]]) -> Figure:
    """Concentrations of patients over the protection from each strain, with its interval."""
    figure = sheet(7.6, 5.4)
    top, below = figure.subplots(2, 1, sharex=True, height_ratios=(1.0, 1.3))
    low, middle, high = quantiles(plasma.concentration, SHARES)
    top.fill_between(plasma.time, low, high, color=GREY, alpha=0.25, linewidth=0, label="90 % of patients")
    top.plot(plasma.time, middle, color="black", linewidth=1.6, label="median")
    largest = float(high.max())
    if largest > 0:
        top.set_yscale("log")
        least = float(low[low > 0].min()) if (low > 0).any() else largest / 10
        top.set_ylim(max(least / 1.3, largest / 10**DECADES), largest * 1.5)
        top.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        top.yaxis.set_minor_formatter(NullFormatter())
        plainly(top, "y")
    top.set_ylabel("antibody in plasma\n(mg/L)")
    top.legend(frameon=False, fontsize=9, loc="lower right", ncols=2)
    for rank, (name, course) in enumerate(named):
        ends = course.mean_protection_low, course.mean_protection_high
        below.fill_between(course.time, *ends, color=colour(rank), alpha=0.2, linewidth=0)
        below.plot(course.time, course.mean_protection, color=colour(rank), linewidth=1.7, label=f"from {name}")
    below.axhline(0.5, color=GREY, linewidth=0.8, zorder=0)
    below.set(
        ylabel="protection from infection\n(mean of patients)", ylim=(0, 1), xlabel="time after the first dose (d)"
    )
    below.set_xlim(plasma.time[0], plasma.time[-1])
    for axes in (top, below):
        plain(axes)
    above(figure, below, len(named))
    figure.align_ylabels([top, below])
    return figure


def waves(
    strains: Sequence[str],
    pairs: tuple[Wave, Wave],
    expected: tuple[Wave, Wave],
    people: float,
    start_date: str,
) -> Figure:
    """Infections a day of each strain, of the treated people's run beside the other one's, on one scale.

    `pairs` are replicates with and without the antibody, `expected` their deterministic courses.
    """
    figure = sheet(7.6, 3.9)
    panels = figure.subplots(1, 2, sharey=True)
    scale = 1e5 / people
    for axes, wave, mean, title in zip(
        panels, pairs[::-1], expected[::-1], ("without the antibody", "with it"), strict=True
    ):
        along = days(start_date, wave.time) if start_date else wave.time
        for rank, name in enumerate(strains):
            low, middle, high = quantiles(scale * wave.incidence[:, :, rank])
            axes.fill_between(along, low, high, color=colour(rank), alpha=0.25, linewidth=0)
            axes.plot(along, middle, color=colour(rank), linewidth=1.6, label=name)
            last = "deterministic" if rank == len(strains) - 1 else None
            at = days(start_date, mean.time) if start_date else mean.time
            drawn = scale * mean.incidence[0, :, rank]
            axes.plot(at, drawn, color="black", linewidth=0.9, dashes=(3, 2), label=last)
        axes.set_title(title, fontsize=10)
        plain(axes)
        if start_date:
            calendar(axes, days(start_date, wave.time))
        else:
            axes.set(xlabel="time (d)", xlim=(along[0], along[-1]))
    panels[0].set(ylabel="infections a day\nper 100,000 people", ylim=(0, None))
    above(figure, panels[0], len(strains) + 1)
    return figure


def shown(values: Array) -> str:
    """A count of people in words: whole below a thousand, else three digits."""
    value = float(np.round(values))
    if abs(value) < 1000:
        return f"{value:.0f}"
    digits = int(np.floor(np.log10(abs(value)))) - 2
    return f"{round(value, -digits):,.0f}"
