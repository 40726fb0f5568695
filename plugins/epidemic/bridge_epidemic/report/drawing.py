"""Sheets, colours and axes that the pictures of the report share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Told apart by people who do not see colours alike (M. Okabe and K. Ito, 2008), the earlier strain first.
STRAINS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
GREY = "#6b7280"


def sheet(width: float, height: float) -> Figure:
    """An empty figure, in inches."""
    return Figure(figsize=(width, height), dpi=150, layout="constrained")


def plain(axes: Axes) -> None:
    """A light grid, and no frame above and to the right."""
    axes.grid(alpha=0.25, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)


def colour(rank: int) -> str:
    """Of a strain, or of another thing that is counted from 0."""
    return STRAINS[rank % len(STRAINS)]


def days(start_date: str, time: Array) -> NDArray[np.datetime64]:
    """The calendar's instants of `time` in days after the beginning of an ISO date."""
    return np.datetime64(start_date, "s") + np.round(time * 86400).astype("timedelta64[s]")


def calendar(axes: Axes, dates: NDArray[np.datetime64]) -> None:
    """Months and years along the bottom, as short as they can be said."""
    locator = AutoDateLocator(minticks=4, maxticks=9)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    axes.set_xlim(dates[0], dates[-1])


def above(figure: Figure, axes: Axes, columns: int) -> None:
    """The legend of one panel, above all of them."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=columns, frameon=False)


def plainly(axes: Axes, which: str = "x") -> None:
    """Ticks of a logarithmic axis as 0.01, 1, 100 and not as powers."""
    (axes.xaxis if which == "x" else axes.yaxis).set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def quantiles(values: Array, shares: Sequence[float] = (0.025, 0.5, 0.975)) -> Array:
    """Percentiles over the first axis, linear between replicates, and without those that are nan."""
    if not np.isnan(values).any():
        return np.asarray(np.quantile(values, shares, axis=0))
    found = np.full((len(shares), *values.shape[1:]), np.nan)
    some = ~np.isnan(values).all(axis=0)
    found[:, some] = np.nanquantile(values[:, some], shares, axis=0)
    return found
