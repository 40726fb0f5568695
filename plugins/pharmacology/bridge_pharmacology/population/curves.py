"""Courses of populations as people look at them: ribbons, every patient's line, and records over simulations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from bridge import Picture
from bridge_pharmacology.population.drawing import BLUE, GREY, ORANGE, clock, plain, sheet

Array = NDArray[np.float64]

#: More lines than this are thinned out, evenly, before they are drawn.
LINES = 200
#: Share of a cell's width and height that a small panel takes.
WIDE, HIGH = 0.84, 0.74


def spaghetti(time: Array, courses: Array, levels: Array, curves: Array, title: str, logarithmic: bool) -> Picture:
    """Every patient's course (patient, time) with the percentiles of all, the middle one in ink.

    `curves` has shape (percentile, time), `levels` its percentages.
    """
    figure = sheet()
    axes = figure.add_subplot()
    scale, unit = clock(float(time[-1]))
    hours = time * scale
    some = np.unique(np.linspace(0, len(courses) - 1, min(len(courses), LINES)).round().astype(int))
    faint = float(np.clip(12 / len(some), 0.08, 0.5))
    for course in courses[some]:
        axes.plot(hours, course, color=GREY, linewidth=0.6, alpha=faint)
    middle = int(np.argmin(np.abs(levels - 50)))
    apart = sorted({abs(level - 50) for level in levels.tolist()}, reverse=True)
    for k, (level, curve) in enumerate(zip(levels, curves, strict=True)):
        if k == middle:
            label = "median" if level == 50 else f"{level:g} %"
            axes.plot(hours, curve, color="black", linewidth=2, label=label)
        else:
            style = ("--", ":", "-.")[apart.index(abs(level - 50)) % 3]
            axes.plot(hours, curve, color=BLUE, linewidth=1.3, linestyle=style, label=f"{level:g} %")
    axes.set(xlabel=f"time ({unit})", ylabel=title, xlim=(hours[0], hours[-1]))
    _from_below(axes, courses, logarithmic)
    plain(axes)
    shown = "" if len(some) == len(courses) else f", {len(some)} of them drawn"
    axes.set_title(f"{len(courses)} patient{'s' * (len(courses) > 1)}{shown}", fontsize=10, loc="left")
    figure.legend(loc="outside lower center", ncols=min(len(levels), 6), frameon=False)
    return Picture.drawn(figure)


def predictive_check(
    records: tuple[Array, Array],
    bins: Array,
    observed: Array,
    simulated: Array,
    levels: Array,
    title: str,
    logarithmic: bool,
) -> Picture:
    """Observed records and their percentiles by bins of time, over intervals of those that were simulated.

    `records` are times and values; `bins` the middles of the bins (bin,); `observed` has shape (percentile, bin) and
    `simulated` (3, percentile, bin): lower end, median and upper end.
    """
    figure = sheet()
    axes = figure.add_subplot()
    scale, unit = clock(float(records[0].max()))
    hours = bins * scale
    middle = int(np.argmin(np.abs(levels - 50)))
    for k, level in enumerate(levels):
        ink = ORANGE if k == middle else BLUE
        name = "median" if level == 50 else f"{level:g} %"
        label = f"simulated {name}, interval" if k in (middle, 0) else None
        if k == 0 and len(levels) == 3:
            label = f"simulated {levels[0]:g} % and {levels[-1]:g} %, interval"
        axes.fill_between(hours, simulated[0, k], simulated[2, k], color=ink, alpha=0.22, linewidth=0, label=label)
        axes.plot(hours, simulated[1, k], color=ink, linewidth=0.8, alpha=0.7)
        style = "-" if k == middle else "--"
        said = f"observed {name}" if len(levels) <= 3 else None
        axes.plot(hours, observed[k], style, color="black", linewidth=1.5, label=said)
    axes.plot(records[0] * scale, records[1], "o", color=GREY, markersize=2.6, alpha=0.7, label="records", zorder=1)
    axes.set(xlabel=f"time ({unit})", ylabel=title, xlim=(0, float(records[0].max()) * scale * 1.02))
    _from_below(axes, records[1], logarithmic)
    plain(axes)
    figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    return Picture.drawn(figure)


def fitted(panels: Sequence[tuple[str, Array, Array, Array, Array]], title: str) -> Picture:
    """A small panel for each individual: its records, and the curve that was fitted to them, all on one scale.

    Each is its name, times and values of records, times and values of the curve; at most 40 are drawn. Panels are
    cells of a single pair of axes: forty pairs take ten seconds to lay out.
    """
    panels = panels[:40]
    columns = int(np.ceil(np.sqrt(len(panels) * 1.5)))
    rows = int(np.ceil(len(panels) / columns))
    figure = sheet(1.5 * columns + 0.9, 1.2 * rows + 0.9)
    axes = figure.add_subplot()
    scale, unit = clock(max(float(panel[3][-1]) for panel in panels))
    last = max(float(panel[3][-1]) for panel in panels)
    most = _rounded(max(float(max(panel[2].max(), panel[4].max())) for panel in panels))
    for k, (name, time, value, at, curve) in enumerate(panels):
        left, foot = k % columns, -(k // columns)
        axes.plot(left + WIDE * at / last, foot + HIGH * curve / most, color=BLUE, linewidth=1.2)
        axes.plot(left + WIDE * time / last, foot + HIGH * value / most, "o", color="black", markersize=2.5)
        axes.plot([left, left, left + WIDE], [foot + HIGH, foot, foot], color=GREY, linewidth=0.8)
        axes.text(left + WIDE / 2, foot + HIGH, name, ha="center", va="bottom", size=7.5)
    for row in range(rows):
        for part in (0.0, 1.0):
            axes.text(-0.03, -row + HIGH * part, f"{most * part:g}", ha="right", va="center", size=7)
    for column in range(columns):
        foot = -((len(panels) - 1 - column) // columns)  # the lowest panel of the column
        for part in (0.0, 1.0):
            told = f"{last * scale * part:.3g}"
            axes.text(column + WIDE * part, foot - 0.04, told, ha="center", va="top", size=7)
    axes.set(xlim=(-0.15, columns - 0.1), ylim=(0.8 - rows, 1.0), xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    axes.set_xlabel(f"time ({unit})", fontsize=9)
    axes.set_ylabel(title, fontsize=9)
    return Picture.drawn(figure)


def _rounded(value: float) -> float:
    """The next number above of which one digit, or half of one, is enough."""
    if value <= 0:
        return 1.0
    step = 10.0 ** np.floor(np.log10(value)) / 2
    return float(np.ceil(value / step * (1 - 1e-12)) * step)


def _from_below(axes: Axes, values: Array, logarithmic: bool) -> None:
    """A logarithmic axis over what is above a ten-thousandth of the largest, or one that begins at 0."""
    if logarithmic and values.max() > 0:
        low = values[values > 1e-4 * values.max()].min()
        axes.set(yscale="log", ylim=(low / 1.5, None))
    else:
        axes.set_ylim(bottom=min(0.0, float(values.min())))
