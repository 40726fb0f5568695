"""The chain as people look at it: courses of a population, what doses do, and drug around a capillary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter, NullLocator
from numpy.typing import NDArray

from bridge_pharmacology.report.quantiles import Spread, ribbon

Array = NDArray[np.float64]

BLUE, RED, GREY = "#1f6fb2", "#c8442b", "#6b7280"
DECADES = 4.5
"""A logarithmic axis shows so many powers of ten below its largest value."""


#: "share" is linear, and shows all of 0 to 1.
Axis = Literal["linear", "share", "logarithmic"]


class Course(NamedTuple):
    """A course of the population (patient, time), the typical patient's times and values, and how to draw them."""

    label: str
    time: Array
    values: Array
    typical: tuple[Array, Array] | None
    scale: Axis
    marked: float | None = None


def courses(shown: Sequence[Course]) -> Figure:
    """One panel below the other, over one axis of time: median, 5-95 % ribbon, and the typical patient."""
    figure = Figure(figsize=(6.0, 2.05 * len(shown) + 0.5), dpi=150, layout="constrained")
    panels = figure.subplots(len(shown), 1, sharex=True, squeeze=False)[:, 0]
    for axes, course in zip(panels, shown, strict=True):
        low, median, high = ribbon(course.values)
        axes.fill_between(course.time, low, high, color=BLUE, alpha=0.22, linewidth=0, label="5–95 %")
        axes.plot(course.time, median, color=BLUE, linewidth=1.6, label="median")
        if course.typical is not None:
            axes.plot(*course.typical, color=RED, linewidth=1.2, dashes=(4, 2), label="typical patient")
        if course.marked is not None:
            axes.axhline(course.marked, color=GREY, linewidth=0.8, zorder=0)
        shown_too = [] if course.typical is None else [course.typical[1]]
        _scaled(axes, course.scale, np.concatenate([low, *shown_too]), np.concatenate([high, *shown_too]))
        axes.set_ylabel(course.label)
        _plain(axes)
    end = max(course.time[-1] for course in shown)
    panels[-1].set(xlabel="time (d)", xlim=(0, end))
    panels[-1].xaxis.set_major_locator(FixedLocator(_whole_weeks(end)))
    figure.align_ylabels(panels)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3, frameon=False)
    return figure


def dose_response(
    doses: Array, responses: Sequence[tuple[str, Array, Axis]], population: tuple[float, Sequence[Spread]]
) -> Figure:
    """Responses of the typical patient over the dose (mg/kg, logarithmic), and the population's at its own dose.

    `responses` are a label, a value for each dose, and the kind of its axis; `population` is its dose and
    the spread of each response.
    """
    order = np.argsort(doses)
    figure = Figure(figsize=(7.6, 3.6), dpi=150, layout="constrained")
    panels = figure.subplots(1, len(responses), squeeze=False)[0]
    given, spreads = population
    for axes, (label, values, scale), spread in zip(panels, responses, spreads, strict=True):
        axes.plot(doses[order], values[order], "o-", color=RED, linewidth=1.4, label="typical patient")
        bar = [[spread.median - spread.low], [spread.high - spread.median]]
        axes.errorbar(
            [given * 1.06], [spread.median], bar, fmt="s", color=BLUE, capsize=4, label="population: median, 5–95 %"
        )
        axes.set_xscale("log")
        _scaled(axes, scale, np.append(values, spread.low), np.append(values, spread.high))
        if scale == "logarithmic":
            axes.axhline(1, color=GREY, linewidth=0.8, zorder=0)
        axes.xaxis.set_major_locator(FixedLocator(sorted({*doses.tolist(), given})))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(_short))
        axes.set(xlabel="maintenance dose (mg/kg)", ylabel=label)
        _plain(axes)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=2, frameon=False)
    return figure


def krogh(time: Array, radius: Array, free: Array, occupied: Array) -> Figure:
    """Share of antigen bound over radius and time, and profiles of it and of free drug at four times.

    `time` in d, `radius` in um, `free` (nM) and `occupied` (1) over (radius, time).
    """
    figure = Figure(figsize=(7.6, 6.4), dpi=150, layout="constrained")
    grid = figure.add_gridspec(2, 1, height_ratios=(1.0, 1.1))
    field = figure.add_subplot(grid[0])
    mesh = field.pcolormesh(time, radius, occupied, cmap="viridis", vmin=0, vmax=1, shading="nearest", rasterized=True)
    figure.colorbar(mesh, ax=field, label="antigen bound (share)", pad=0.015)
    field.xaxis.set_major_locator(FixedLocator(_whole_weeks(time[-1])))
    field.set(xlabel="time (d)", ylabel="distance from the\nmiddle of the capillary (µm)")
    profiles = grid[1].subgridspec(1, 2)
    left, right = figure.add_subplot(profiles[0]), figure.add_subplot(profiles[1])
    rows = np.unique(np.searchsorted(time, time[-1] * np.array([0.02, 0.1, 0.4, 1.0])).clip(1, len(time) - 1))
    shades = np.linspace(0.35, 1.0, len(rows))
    for row, shade in zip(rows, shades, strict=True):
        colour = tuple(1 - shade * (1 - part) for part in (0.122, 0.435, 0.698))
        left.plot(radius, free[:, row], color=colour, label=f"{time[row]:.3g} d")
        right.plot(radius, occupied[:, row], color=colour)
    for axes, label in ((left, "free drug in the fluid (nM)"), (right, "antigen bound (share)")):
        axes.set(xlabel="distance (µm)", ylabel=label, xlim=(radius[0], radius[-1]))
        _plain(axes)
    _scaled(left, "logarithmic", free[:, rows].min(axis=1), free[:, rows].max(axis=1))
    right.set_ylim(0, 1.04)
    left.legend(frameon=False, fontsize=9)
    return figure


def _scaled(axes: Axes, scale: Axis, low: Array, high: Array) -> None:
    """The axis of what lies between `low` and `high`; nothing but zeros is drawn linear."""
    top = float(high.max())
    if scale != "logarithmic" or top <= 0:
        axes.set_ylim(0, 1.04 if scale == "share" and top <= 1 else 1.06 * top if top > 0 else 1)
        return
    above = low[low > 0]
    bottom = max(float(above.min()) if above.size else top / 10, top / 10**DECADES)
    axes.set_yscale("log")
    axes.set_ylim(bottom / 1.5, top * 1.5)
    if top < 10**2.5 * bottom:
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.yaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_formatter(FuncFormatter(_short))


def _whole_weeks(end: float) -> list[float]:
    """Ticks at weeks, at most nine of them; below a week at whole days."""
    step = 1.0 if end <= 9 else 7.0 * max(1, int(np.ceil(end / 7 / 8)))
    return [float(tick) for tick in np.arange(0, end + 1e-9, step)]


def _short(value: float, _: object = None) -> str:
    return f"{value:g}"


def _plain(axes: Axes) -> None:
    axes.grid(alpha=0.25, linewidth=0.6)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
