"""What escape does to protection, and what that does to transmission, as people look at it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, PercentFormatter

from bridge_epidemic.report.drawing import GREY, Array, above, colour, plain, plainly, sheet


class Curves(NamedTuple):
    """Protection over `level` (log10 of titre over the convalescent mean) against both variants, and the draws."""

    outcome: str
    level: Array
    reference: Array
    variant: Array  # (draw, level), all antibodies first


def protection(
    curves: Sequence[Curves], variants: Sequence[str], fresh: float, fold: float, waned: float | None = None
) -> Figure:
    """Protection against titre, a panel for each outcome: the persons' mean levels, and the fold that says the same.

    The first panel has an arrow from the mean titre of `fresh` immunity to that titre over `fold`. `waned` is the mean
    level at another age of immunity.
    """
    figure = sheet(4.0 * len(curves) + 0.4, 3.7)
    panels = figure.subplots(1, len(curves), sharey=True, squeeze=False)[0]
    for axes, shown in zip(panels, curves, strict=True):
        titre = 10**shown.level
        low, high = np.quantile(shown.variant[1:], (0.025, 0.975), axis=0) if len(shown.variant) > 1 else ([], [])
        axes.plot(titre, shown.reference, color=colour(0), linewidth=1.8, label=f"against {variants[0]}")
        axes.plot(titre, shown.variant[0], color=colour(1), linewidth=1.8, label=f"against {variants[1]}")
        if len(shown.variant) > 1:
            axes.fill_between(titre, low, high, color=colour(1), alpha=0.22, linewidth=0, label="95 %, over antibodies")
        axes.axvline(10**fresh, color=GREY, linewidth=0.9, dashes=(4, 3), label="mean titre, fresh")
        if waned is not None:
            axes.axvline(10**waned, color=GREY, linewidth=0.9, dashes=(1, 2), label="mean titre, waned")
        axes.set_xscale("log")
        axes.set(xlim=(1e-2, 1e1), ylim=(0, 1.02), title=shown.outcome)
        axes.set_xlabel("titre before escape\n(convalescent mean = 1)")
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        plainly(axes)
        plain(axes)
    panels[0].set_ylabel("protection")
    _arrow(panels[0], curves[0], fresh, fold)
    above(figure, panels[0], 5 if len(curves) > 1 and waned is None else 3)
    return figure


def _arrow(axes: Axes, shown: Curves, now: float, fold: float) -> None:
    """From the persons' titre along the variant's protection to the titre at which the reference's is the same."""
    height = float(np.interp(now, shown.level, shown.variant[0]))
    axes.annotate(
        "",
        (10**now / fold, height),
        (10**now, height),
        arrowprops={"arrowstyle": "->", "color": "black", "linewidth": 1.2, "shrinkA": 0, "shrinkB": 0},
    )
    axes.annotate(
        f"÷ {fold:.3g}",
        (10**now / np.sqrt(fold), height),
        (0, 5),
        textcoords="offset points",
        ha="center",
        fontsize=10,
    )


class Published(NamedTuple):
    """A published ratio of reproduction numbers, and its name."""

    name: str
    low: float
    high: float


def landscape(
    fraction: Array,
    age: Array,
    earlier: Array,
    ratio: tuple[Array, Array, Array],
    marked: tuple[float, float, float] | None = None,
    published: Sequence[Published] = (),
) -> Figure:
    """Ratio of reproduction numbers over the immune fraction: a panel for each earlier variant, a line for each age.

    `ratio` are low, middle and high over (earlier, age, fraction); `marked` is a run's own fraction, fold of the
    earlier variant, and ratio: a dot, where a panel is of that fold.
    """
    figure = sheet(2.7 * len(earlier) + 0.9, 4.0)
    panels = figure.subplots(1, len(earlier), sharey=True, squeeze=False)[0]
    shades = np.linspace(1.0, 0.35, len(age))
    low, middle, high = ratio
    for row, (axes, fold) in enumerate(zip(panels, earlier, strict=True)):
        for known in published:
            if known.high > known.low:
                axes.axhspan(known.low, known.high, color=GREY, alpha=0.18, linewidth=0)
            else:
                axes.axhline(known.low, color=GREY, linewidth=1.0, dashes=(2, 2))
        for column, (days, shade) in enumerate(zip(age, shades, strict=True)):
            tone = tuple(1 - shade * (1 - part) for part in (0.835, 0.369, 0.0))
            axes.plot(fraction, middle[row, column], color=tone, linewidth=1.6, label=f"immune {days:g} d ago")
            axes.fill_between(fraction, low[row, column], high[row, column], color=tone, alpha=0.18, linewidth=0)
        if marked is not None and np.isclose(fold, marked[1], rtol=1e-6):
            axes.plot(marked[0], marked[2], "o", color="black", markersize=5, label="this run", zorder=5)
        axes.set(xlim=(0, 1), title=f"earlier variant: fold {fold:g}", xlabel="immune fraction")
        axes.title.set_fontsize(11)
        axes.xaxis.set_major_locator(FixedLocator([0.2, 0.4, 0.6, 0.8]))
        axes.xaxis.set_major_formatter(PercentFormatter(1.0))
        plain(axes)
    panels[0].set_ylim(min(0.9, 0.95 * float(np.nanmin(low))), _top(high, published))
    panels[0].set_ylabel("ratio of reproduction numbers")
    for known in published:
        where = (known.low + known.high) / 2
        if where < panels[0].get_ylim()[1]:
            place = "center" if known.high > known.low else "bottom"
            panels[-1].text(0.02, where, known.name, fontsize=8, color=GREY, va=place)
    marks = next((axes for axes in panels if "this run" in axes.get_legend_handles_labels()[1]), panels[0])
    above(figure, marks, min(len(age) + 1, 5))
    return figure


def _top(high: Array, published: Sequence[Published]) -> float:
    """Where the axis ends: above what people compare, not at the pole of everybody immune."""
    compared = max([1.25 * known.high for known in published], default=0.0)
    return float(min(np.nanmax(high) * 1.05, max(compared, 4.0)))
