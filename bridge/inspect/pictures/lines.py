"""Results over one axis, or over two of which one has few values: lines with error bars, or points over names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bridge.inspect.pictures.drawing import COLOURS, INK, MARKS, WRONG, figure, lost, over_decades, tidy
from bridge.inspect.pictures.swept import Axis, Result, Swept

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Points of a line that are marked one by one.
_MARKED = 60
#: Words of an axis that are as long as this are written slanting.
_LONG = 24


def over_one(found: Swept, drawn: bool = False) -> Figure:
    """A panel for every result over the one axis; ``drawn`` samples are no line."""
    made, panels = _panels(found)
    axis = found.axes[0]
    for axes, result in zip(panels, found.results, strict=True):
        _line(axes, axis, result.values, result.errors, found.failed, COLOURS[0], MARKS[0], not drawn)
        _dress(axes, axis, result, found)
    return made


def over_two(found: Swept, along: int) -> Figure:
    """A panel for every result over the axis ``along``, a line for every value of the other one."""
    made, panels = _panels(found)
    axis, other = found.axes[along], found.axes[1 - along]
    for axes, result in zip(panels, found.results, strict=True):
        for number, place in enumerate(np.argsort(other.values, kind="stable").tolist()):
            take: Any = (slice(None), place) if along == 0 else (place, slice(None))
            errors = None if result.errors is None else result.errors[take]
            colour, mark = COLOURS[number % len(COLOURS)], MARKS[number % len(MARKS)]
            line = _line(axes, axis, result.values[take], errors, found.failed[take], colour, mark, True)
            line.set_label(_said(other, place))
        _dress(axes, axis, result, found)
    handles, labels = panels[0].get_legend_handles_labels()
    made.legend(handles, labels, title=other.label, loc="outside right upper", frameon=False)
    return made


def _said(axis: Axis, place: int) -> str:
    value = axis.values[place]
    return axis.words[int(value)] if axis.words else f"{value:.6g}"


def _panels(found: Swept) -> tuple[Figure, list[Axes]]:
    count = len(found.results)
    columns = 1 if count == 1 else 2
    rows = -(-count // columns)
    made = figure(5.6 * columns, 3.6 * rows + 0.3)
    panels = [made.add_subplot(rows, columns, i + 1) for i in range(count)]
    if found.averaged:
        made.suptitle(f"means over {found.averaged}, with their standard errors", fontsize="medium", color=INK)
    return made, panels


def _line(axes: Axes, axis: Axis, values: Any, errors: Any, failed: Any, colour: str, mark: str, joined: bool) -> Any:
    order = np.argsort(axis.values, kind="stable")
    x, y = axis.values[order], values[order]
    style: dict[str, Any] = {"color": colour, "markersize": 4}
    style["linestyle"] = "-" if joined and axis.words is None else "none"
    style["marker"] = mark if len(x) <= _MARKED or style["linestyle"] == "none" else ""
    line: Any
    if errors is None:
        (line,) = axes.plot(x, y, **style)
    else:
        line = axes.errorbar(x, y, yerr=errors[order], capsize=2, elinewidth=1, **style)
    there = x[failed[order]]
    if len(there):
        low = np.full(len(there), 0.03)
        across = axes.get_xaxis_transform()
        axes.plot(there, low, "x", color=WRONG, transform=across, markersize=6, clip_on=False)
    return line


def _dress(axes: Axes, axis: Axis, result: Result, found: Swept) -> None:
    axes.set_xlabel(axis.label)
    axes.set_ylabel(result.label)
    if axis.log:
        axes.set_xscale("log")
    if over_decades(result.values):
        axes.set_yscale("log")
    if axis.words:
        slanting = sum(map(len, axis.words)) > _LONG
        axes.set_xticks(
            range(len(axis.words)), axis.words, rotation=30 if slanting else 0, ha="right" if slanting else "center"
        )
        axes.set_xlim(-0.5, len(axis.words) - 0.5)
    lost(axes, int(found.failed.sum()))
    tidy(axes)
