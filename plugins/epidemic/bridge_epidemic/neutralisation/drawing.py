"""Apparent changes of binding as people look at them: distributions with what censoring leaves open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator, PercentFormatter

from bridge_epidemic.neutralisation.censoring import most_likely
from bridge_epidemic.ports import Array
from bridge_epidemic.report.drawing import GREY, colour, plain, sheet


class Changes(NamedTuple):
    """Ends of apparent changes [kcal/mol] of a source's antibodies, one of them infinite where it is censored."""

    source: str
    low: Array
    high: Array


def distributions(shown: Sequence[Changes], energy: float, title: str) -> Figure:
    """Share of antibodies whose change is at most so large, a panel a source; `energy` is RT in kcal/mol.

    The band holds whatever the censored changes are, the line is the most likely distribution, as far as it is told.
    """
    finite = np.concatenate([each[np.isfinite(each)] for _, *ends in shown for each in ends] + [np.zeros(1)])
    left, right = finite.min() - 0.3, finite.max() + 0.3
    decade = energy * np.log(10)
    figure = sheet(4.0 * len(shown) + 0.4, 3.9)
    for rank, (axes, (source, low, high)) in enumerate(
        zip(figure.subplots(1, len(shown), sharey=True, squeeze=False)[0], shown, strict=True)
    ):
        at = np.unique(np.concatenate([low, high, [left, right]]))
        at = at[(at >= left) & (at <= right)]
        most, least = ((np.searchsorted(np.sort(each), at, side="right") / each.size) for each in (low, high))
        start, end, mass = most_likely(low, high)
        told = np.isfinite(end)
        x = np.concatenate([[left], np.where(np.isfinite(start), end, left)[told]])
        y = np.concatenate([[0.0], np.cumsum(mass)[told]])
        axes.fill_between(at, least, most, step="post", color=colour(rank), alpha=0.2, linewidth=0, label="possible")
        axes.step(x, y, where="post", color=colour(rank), linewidth=1.8, label="most likely")
        axes.axvline(0, color=GREY, linewidth=0.9, dashes=(4, 3))
        axes.set(xlim=(left, right), ylim=(0, 1.02))
        axes.set_xlabel("apparent ΔΔG, kcal/mol")
        axes.set_title(f"{source}\n{np.isinf(high).mean():.0%} known from below only", fontsize=10)
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        plain(axes)
        folds = axes.secondary_xaxis(
            "top", functions=(lambda change: change / decade, lambda decades: decades * decade)
        )
        folds.xaxis.set_major_locator(FixedLocator(list(range(-8, 9, 2))))
        folds.xaxis.set_minor_locator(NullLocator())
        folds.xaxis.set_major_formatter(lambda value, _: f"{10.0**value:g}")
        folds.set_xlabel("IC50 over that against the reference", fontsize=8)
        folds.tick_params(labelsize=8)
        axes.legend(loc="upper left", frameon=False, fontsize=8)
    figure.axes[0].set_ylabel("antibodies that lose at most so much")
    figure.suptitle(title, fontsize=11)
    return figure
