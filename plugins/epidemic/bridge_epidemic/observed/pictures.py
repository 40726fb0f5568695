"""What was observed as people look at it: cases under their reproduction number, and a variant's share."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bridge_epidemic.ports import Array
from bridge_epidemic.report.drawing import GREY, calendar, colour, days, plain, sheet
from bridge_epidemic.report.wave_pictures import logit

Band = tuple[Array, Array, Array]


def reproduction(time: Array, cases: Array, ends: Array, band: Band, start_date: str) -> Figure:
    """Cases by day over the reproduction number with its 95 % interval, from the first whole window on."""
    figure = sheet(7.6, 5.0)
    top, below = figure.subplots(2, 1, sharex=True, height_ratios=(1.0, 1.3))
    at, when = _places(time, start_date), _places(ends, start_date)
    top.bar(at, cases, width=np.timedelta64(1, "D") if start_date else 1.0, color=GREY, alpha=0.55, linewidth=0)
    top.set(ylabel="cases a day", ylim=(0, max(1.05 * float(cases.max()), 1)))
    low, middle, high = band
    below.fill_between(when, low, high, color=colour(0), alpha=0.25, linewidth=0, label="95 % interval")
    below.plot(when, middle, color=colour(0), linewidth=1.7, label="median")
    below.axhline(1, color="black", linewidth=0.8, zorder=0)
    # Where hardly any cases are left the interval is the prior's, which would hide all else.
    top_of = max(1.15 * float(np.quantile(high, 0.95)), 1.5 * float(np.quantile(middle, 0.95)), 2.0)
    below.set(ylabel="reproduction number", ylim=(0, min(top_of, 1.05 * max(float(high.max()), 1.9))))
    below.legend(frameon=False, fontsize=9, loc="upper right")
    _along(below, at, start_date)
    for axes in (top, below):
        plain(axes)
    figure.align_ylabels([top, below])
    return figure


def selection(
    sampled: tuple[Array, Array, Array, Array, Array],
    fitted: tuple[Array, Array, Array, Array],
    variant: str,
    other: str,
    start_date: str,
) -> Figure:
    """Shares with their intervals on a logit axis, where a constant advantage is a straight line.

    `sampled` are times, shares, both ends of intervals, and counts; `fitted` times, and the line with both ends.
    """
    figure = sheet(7.6, 3.8)
    axes = figure.subplots()
    time, share, low, high, counted = sampled
    grid, below, line, above = fitted
    odds = np.minimum(share, 1 - share)[(share > 0) & (share < 1)]
    least = min(float(np.min(odds, initial=0.05)), float(np.minimum(line, 1 - line).min()))
    floor = float(np.clip(10 ** np.floor(np.log10(least)), 1e-4, 0.01))
    shown = [np.clip(values, floor / 3, 1 - floor / 3) for values in (share, low, high, below, line, above)]
    when = _places(grid, start_date)
    axes.fill_between(when, shown[3], shown[5], color=colour(1), alpha=0.25, linewidth=0, label="95 % interval")
    axes.plot(when, shown[4], color=colour(1), linewidth=1.7, label="logistic regression")
    at = _places(time, start_date)
    axes.vlines(at, shown[1], shown[2], color="black", linewidth=0.7, alpha=0.5)
    size = 6 + 30 * counted / counted.max()
    axes.scatter(at, shown[0], s=size, color="black", linewidth=0, zorder=3, label="sequences")
    logit(axes, floor)
    axes.set_ylabel(f"share of {variant}\namong {variant} and {other}")
    _along(axes, at, start_date)
    plain(axes)
    axes.legend(frameon=False, fontsize=9, loc="upper left" if line[-1] >= line[0] else "upper right")
    return figure


def _places(time: Array, start_date: str) -> Any:
    """Where times stand: on the calendar from a date, else at days."""
    return days(start_date, time) if start_date else time


def _along(axes: Axes, at: Any, start_date: str) -> None:
    """Dates or days along the bottom, half a day to either side."""
    half = np.timedelta64(12, "h") if start_date else 0.5
    if start_date:
        calendar(axes, at)
    else:
        axes.set_xlabel("time (d)")
    axes.set_xlim(at[0] - half, at[-1] + half)
