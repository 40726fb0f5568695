"""Viral loads as people look at them: on a logarithmic axis, over days since infection."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, NullLocator

from bridge_epidemic.ports import Array

BLUE, RED, GREY = "#1f6fb2", "#c8442b", "#6b7280"
#: A load is drawn down to so many decades below the highest peak, or to where it began where that is higher.
DECADES = 12


def loads(time: Array, load: Array, reference_time: Array, reference: Array, limit: float, unit: str) -> Figure:
    """A course and, dashed, one without antibody; a line at the limit. `unit` stands on the axis."""
    figure = Figure(figsize=(6.0, 3.6), dpi=150, layout="constrained")
    axes = figure.subplots()
    highest = max(float(load.max()), float(reference.max()) if reference.size else 0.0, 10 * limit)
    lowest = min([limit / 100 if limit else highest, _first(load), _first(reference) if reference.size else highest])
    lowest = max(lowest / 10, highest * 10.0**-DECADES)
    if reference.size:
        axes.plot(reference_time, reference, color=GREY, linewidth=1.4, dashes=(4, 2), label="without neutralisation")
    axes.plot(time, load, color=BLUE, linewidth=1.8, label="with neutralisation" if reference.size else "load")
    if limit:
        axes.axhline(limit, color=RED, linewidth=0.8, linestyle=":")
        axes.annotate(
            "limit", (1, limit), xycoords=("axes fraction", "data"), xytext=(-4, 3), textcoords="offset points",
            ha="right", va="bottom", color=RED, fontsize=8,
        )  # fmt: skip
    axes.set_yscale("log")
    axes.set(xlabel="time since infection (d)", ylabel=f"viral load ({unit})", xlim=(0, float(time[-1])))
    axes.set_ylim(lowest, highest * 5)
    axes.yaxis.set_major_locator(LogLocator(numticks=8))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(axis="y", color="#e5e7eb", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    if reference.size:
        figure.legend(loc="outside upper center", ncols=2, frameon=False)
    return figure


def _first(load: Array) -> float:
    """The least load of note: the lowest one before the peak."""
    rising = load[: int(load.argmax()) + 1]
    return float(rising[rising > 0].min()) if (rising > 0).any() else float("inf")
