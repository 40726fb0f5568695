"""Estimates with their intervals, as people look at them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter
from numpy.typing import NDArray

from bridge import Picture
from bridge_pharmacology.population.drawing import BLUE, GREY, ORANGE, number, plain, sheet

Array = NDArray[np.float64]

#: A 95 % interval of a normal estimate.
Z = 1.959963984540054
#: More rows than this are drawn without their numbers.
NUMBERED = 40


def individuals(
    names: Sequence[str], individuals: Sequence[str], logs: Array, errors: Array, typical: Array
) -> Picture:
    """A panel for each parameter: every individual's estimate with its 95 % interval, over the median.

    `logs` and `errors` have shape (individual, parameter); all is drawn relative to the median.
    """
    rows = len(individuals)
    figure = sheet(1.0 + 2.6 * len(names), 1.6 + 0.2 * min(rows, NUMBERED))
    panels = np.atleast_1d(figure.subplots(1, len(names), sharey=True))
    at = np.arange(rows, dtype=np.float64)
    for axes, name, log, error, middle in zip(panels, names, logs.T, errors.T, typical, strict=True):
        relative = np.exp(log) / middle
        _intervals(axes, at, relative, error, BLUE)
        axes.axvline(1.0, color=GREY, linewidth=1, zorder=0)
        shown = relative * np.exp(np.clip(Z * error, 0, 3)), relative * np.exp(-np.clip(Z * error, 0, 3))
        _ratios(axes, min(shown[1].min(), 0.5), max(shown[0].max(), 2.0))
        axes.set(title=said(name), xlabel="relative to the median")
    panels[0].set(ylim=(rows - 0.4, -0.6))
    if rows <= NUMBERED:
        panels[0].set_yticks(at, list(individuals))
    return Picture.drawn(figure)


def pooled(names: Sequence[str], error: Array, by_individual: Array) -> Picture:
    """How well each parameter of a pooled fit is known: 95 % intervals by the curvature and by individuals."""
    figure = sheet(6.4, 1.8 + 0.5 * len(names))
    axes = figure.add_subplot()
    at, ones = np.arange(len(names), dtype=np.float64), np.ones(len(names))
    _intervals(axes, at - np.float64(0.12), ones, error, GREY, "as if records were independent")
    _intervals(axes, at + np.float64(0.12), ones, by_individual, BLUE, "with individuals as the units")
    axes.axvline(1.0, color=GREY, linewidth=1, zorder=0)
    most = float(np.exp(np.clip(Z * np.maximum(error, by_individual), 0, 3)).max())
    _ratios(axes, min(1 / most, 0.8), max(most, 1.25))
    axes.set(xlabel="relative to the estimate, 95 % intervals", ylim=(len(names) - 0.5, -0.5))
    axes.set_yticks(at, [said(name) for name in names])
    figure.legend(loc="outside upper center", ncols=2, frameon=False)
    return Picture.drawn(figure)


def estimates(names: Sequence[str], units: Sequence[str], estimate: Array, error: Array, variation: Array) -> Picture:
    """A table of estimates: 95 % intervals about each one, and how individuals differ behind them."""
    figure = sheet(7.2, 1.7 + 0.5 * len(names))
    axes = figure.add_subplot()
    at, ones = np.arange(len(names), dtype=np.float64), np.ones(len(names))
    spread = np.sqrt(np.log1p(variation**2))
    low, high = np.exp(-Z * spread), np.exp(Z * spread)
    axes.barh(at, high - low, left=low, height=0.55, color=BLUE, alpha=0.18, label="95 % of individuals")
    _intervals(axes, at, ones, error, ORANGE, "95 % interval of the typical value")
    axes.axvline(1.0, color=GREY, linewidth=1, zorder=0)
    most = float(np.exp(np.clip(Z * np.maximum(error, spread), 0, 4)).max())
    _ratios(axes, min(1 / most, 0.8), max(most, 1.25))
    axes.set(xlabel="relative to the typical value", ylim=(len(names) - 0.4, -0.6))
    told = zip(names, estimate, units, strict=True)
    axes.set_yticks(at, [f"{said(n)}\n{number(v)}{'' if u == '1' else ' ' + u}" for n, v, u in told])
    figure.legend(loc="outside upper center", ncols=2, frameon=False)
    return Picture.drawn(figure)


def tornado(names: Sequence[str], lower: Array, upper: Array, base: float, title: str, unit: str) -> Picture:
    """What each parameter does to one number, at its lower and its upper end: the strongest on top."""
    order = np.argsort(-np.maximum(np.abs(lower - base), np.abs(upper - base)), kind="stable")
    figure = sheet(7.2, 1.6 + 0.42 * len(names))
    axes = figure.add_subplot()
    at = np.arange(len(names), dtype=np.float64)
    axes.barh(at, lower[order] - base, left=base, height=0.6, color=BLUE, label="parameter at its lower end")
    axes.barh(at, upper[order] - base, left=base, height=0.6, color=ORANGE, label="at its upper end")
    axes.axvline(base, color="black", linewidth=1)
    axes.set_yticks(at, [said(names[k]) for k in order])
    axes.set(xlabel=title + ("" if unit == "1" else f" ({unit})"), ylim=(len(names) - 0.4, -0.6))
    plain(axes)
    figure.legend(loc="outside upper center", ncols=2, frameon=False)
    return Picture.drawn(figure)


def said(name: str) -> str:
    """A parameter's name as people write it."""
    return name.replace("_", " ")


def _intervals(axes: Axes, at: Array, middle: Array, error: Array, ink: str, label: str | None = None) -> None:
    reach = np.exp(Z * error)
    sides = np.stack([middle - middle / reach, middle * reach - middle])
    axes.errorbar(middle, at, xerr=sides, fmt="o", color=ink, markersize=4, linewidth=1.4, label=label)


def _ratios(axes: Axes, low: float, high: float) -> None:
    """A logarithmic axis of ratios with a handful of plain numbers."""
    axes.set(xscale="log", xlim=(low / 1.08, high * 1.08))
    choice = np.array([0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 0.8, 1, 1.25, 2, 5, 10, 20, 50, 100])
    inside = choice[(choice >= low / 1.08) & (choice <= high * 1.08)]
    if high / low > 4:
        inside = inside[~np.isin(inside, (0.8, 1.25))]
    if inside.size >= 2:
        axes.set_xticks(inside)
    else:
        axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.tick_params(which="minor", length=0)
    plain(axes)
