"""The wave as people look at it: incidence and reproduction numbers on the calendar, and who takes over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator
from numpy.typing import NDArray

from bridge_epidemic.report.drawing import GREY, Array, above, calendar, colour, days, plain, quantiles, sheet

#: Shares that have a tick on a logit axis, as odds are read.
TICKS = (0.0001, 0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999)

LEAST = 20.0
"""A share of fewer new infections a day is noise, and is not drawn."""


class Wave(NamedTuple):
    """Replicates of an epidemic: `incidence` a day and `reproduction` over (replicate, time, strain), from a date."""

    start_date: str
    strains: Sequence[str]
    people: float
    time: Array
    incidence: Array
    reproduction: Array
    expected: Array | None = None
    """Incidence of the deterministic course (time, strain), where there is one."""


class Seen(NamedTuple):
    """Observed cases at days after the same date, and the reproduction number estimated from them, or nothing."""

    time: Array
    cases: Array
    estimated_time: Array
    estimated: tuple[Array, Array, Array]


NOTHING = Seen(np.zeros(0), np.zeros(0), np.zeros(0), (np.zeros(0),) * 3)


def incidence(wave: Wave, seen: Seen = NOTHING) -> Figure:
    """Infections a day of each strain with their 95 % of replicates, over the reproduction numbers."""
    figure = sheet(7.6, 6.2)
    top, below = figure.subplots(2, 1, sharex=True, height_ratios=(1.5, 1.0))
    dates = days(wave.start_date, wave.time)
    scale = 1e5 / wave.people
    for rank, name in enumerate(wave.strains):
        _ribbon(top, dates, scale * wave.incidence[:, :, rank], rank, name)
        if wave.expected is not None:
            said = "deterministic" if rank == len(wave.strains) - 1 else None
            top.plot(dates, scale * wave.expected[:, rank], color="black", linewidth=0.9, dashes=(3, 2), label=said)
        _ribbon(below, dates, wave.reproduction[:, :, rank], rank, name)
    if seen.cases.size:
        at = days(wave.start_date, seen.time)
        top.plot(at, scale * seen.cases, ".", color="black", markersize=3.5, label="observed cases")
    if seen.estimated_time.size:
        at = days(wave.start_date, seen.estimated_time)
        low, middle, high = seen.estimated
        below.fill_between(at, low, high, color="black", alpha=0.16, linewidth=0)
        below.plot(at, middle, color="black", linewidth=1.1, label="from cases")
    below.axhline(1, color=GREY, linewidth=0.8, zorder=0)
    top.set(ylabel="infections a day\nper 100,000 people", ylim=(0, None))
    below.set(ylabel="effective reproduction\nnumber", ylim=(0, None))
    for axes in (top, below):
        plain(axes)
    calendar(below, dates)
    figure.align_ylabels([top, below])
    above(figure, top, len(wave.strains) + 2)
    if seen.estimated_time.size:
        below.legend(*_only(below, "from cases"), frameon=False, fontsize=9, loc="upper right")
    return figure


def share(wave: Wave, counted: tuple[Array, Array] | None = None) -> Figure:
    """Share of the last strain among new infections on a logit axis, where a constant advantage is a straight line.

    Days on which the median replicate has fewer than `LEAST` new infections are left out. `counted` are days after the
    date and observed shares.
    """
    figure = sheet(7.6, 3.6)
    axes = figure.subplots()
    dates = days(wave.start_date, wave.time)
    last = colour(len(wave.strains) - 1)
    few = np.median(wave.incidence.sum(axis=-1), axis=0) < LEAST
    course = quantiles(shares(wave.incidence))
    course[:, few] = np.nan
    expected = None if wave.expected is None else np.where(few, np.nan, shares(wave.expected))
    low_share = _decade(course if expected is None else expected)
    low, middle, high = _inside(course, low_share)
    axes.fill_between(dates, low, high, color=last, alpha=0.25, linewidth=0, label="95 % of replicates")
    axes.plot(dates, middle, color=last, linewidth=1.7, label=f"{wave.strains[-1]}, median of replicates")
    if expected is not None:
        axes.plot(
            dates, _inside(expected, low_share), color="black", linewidth=0.9, dashes=(3, 2), label="deterministic"
        )
    if counted is not None and counted[0].size:
        at = days(wave.start_date, counted[0])
        axes.plot(at, _inside(counted[1], low_share), "o", color="black", markersize=3.5, label="observed")
    logit(axes, low_share)
    axes.set_ylabel("share of new infections")
    calendar(axes, dates)
    plain(axes)
    axes.legend(frameon=False, fontsize=9, loc="lower right")
    return figure


def shares(infections: Array) -> Array:
    """Share of the last strain (..., strain), nan where nobody was infected."""
    total = infections.sum(axis=-1)
    found: Array = np.divide(infections[..., -1], total, out=np.full(total.shape, np.nan), where=total > 0)
    return found


def _decade(values: Array) -> float:
    """The power of ten below what is shown of the shares, and of what is left of them: a logit axis is symmetric."""
    odds = np.minimum(values, 1 - values)[(values > 0) & (values < 1)]
    return float(10 ** np.floor(np.log10(max(np.min(odds, initial=0.1), 1e-4))))


def logit(axes: Axes, low: float) -> None:
    """A logit axis from `low` to 1 - `low`, with percentages as ticks."""
    axes.set_yscale("logit")
    axes.yaxis.set_major_locator(FixedLocator([tick for tick in TICKS if low * 0.99 <= tick <= 1 - low * 0.99]))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g} %"))
    axes.set_ylim(low, 1 - low)


def _inside(values: Array, low: float) -> Array:
    """What a logit axis can show: 0 and 1 are on none."""
    return np.clip(values, low / 10, 1 - low / 10)


def _ribbon(axes: Axes, dates: NDArray[np.datetime64], values: Array, rank: int, name: str) -> None:
    low, middle, high = quantiles(values)
    axes.fill_between(dates, low, high, color=colour(rank), alpha=0.25, linewidth=0)
    axes.plot(dates, middle, color=colour(rank), linewidth=1.6, label=name)


def _only(axes: Axes, label: str) -> tuple[list[object], list[str]]:
    handles, labels = axes.get_legend_handles_labels()
    return [handles[labels.index(label)]], [label]
