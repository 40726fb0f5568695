"""Results over two axes of numbers: filled maps with labelled contours; over names: tables of coloured cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bridge.inspect.pictures.drawing import INK, WRONG, figure, lost, over_decades
from bridge.inspect.pictures.swept import Axis, Result, Swept

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Colour map that is seen by all eyes, and printed in grey, in order.
_COLOURS = "viridis"
#: Cells that have their number written in them.
_WRITTEN = 100


def over_plane(found: Swept) -> Figure:
    """A map for every result: the second axis across, the first one up."""
    count = len(found.results)
    columns = 1 if count == 1 else 2
    rows = -(-count // columns)
    made = figure(5.8 * columns, 4.4 * rows)
    for number, result in enumerate(found.results):
        axes = made.add_subplot(rows, columns, number + 1)
        up, across = found.axes
        if up.words or across.words:
            _cells(made, axes, up, across, result)
        else:
            _contours(made, axes, up, across, result)
        _lost(axes, up, across, found.failed)
        axes.set_xlabel(across.label)
        axes.set_ylabel(up.label)
        axes.set_title(result.label, fontsize="medium", color=INK)
    if found.averaged:
        made.suptitle(f"means over {found.averaged}", fontsize="medium", color=INK)
    return made


def _contours(made: Figure, axes: Axes, up: Axis, across: Axis, result: Result) -> None:
    order = np.argsort(up.values), np.argsort(across.values)
    x, y = across.values[order[1]], up.values[order[0]]
    z = np.ma.masked_invalid(result.values[np.ix_(*order)])
    decades = over_decades(z.compressed())
    shown = np.ma.log10(z) if decades else z
    axes.set_xscale("log" if across.log else "linear")
    axes.set_yscale("log" if up.log else "linear")
    if z.count() < 3 or np.ptp(z.compressed()) == 0:
        axes.pcolormesh(x, y, z, cmap=_COLOURS, shading="nearest")
        return
    levels = _levels(float(shown.min()), float(shown.max()), decades)
    filled = axes.contourf(x, y, shown, levels=levels, cmap=_COLOURS)
    every = max(1, len(levels) // 6)
    lines = axes.contour(x, y, shown, levels=levels[::every], colors="white", linewidths=0.7, linestyles="solid")
    axes.clabel(lines, fmt=_power if decades else _plain, fontsize=8)
    bar = made.colorbar(filled, ax=axes)
    if decades:
        bar.set_ticks(levels[::every], labels=[_power(level) for level in levels[::every]])
    bar.outline.set_visible(False)


def _levels(low: float, high: float, decades: bool) -> Any:
    from matplotlib.ticker import MaxNLocator

    if decades and high - low >= 4:
        return np.arange(np.floor(low), np.ceil(high) + 1)
    return MaxNLocator(nbins=12).tick_values(low, high)


def _power(exponent: float) -> str:
    if exponent == round(exponent):
        return f"$10^{{{exponent:.0f}}}$"
    whole = int(np.floor(exponent))
    return f"${10 ** (exponent - whole):.1f}\\!\\times\\!10^{{{whole}}}$"


def _plain(value: float) -> str:
    return f"{value:.4g}"


def _cells(made: Figure, axes: Axes, up: Axis, across: Axis, result: Result) -> None:
    from matplotlib.colors import LogNorm

    order = np.argsort(up.values), np.argsort(across.values)
    z: Any = np.ma.masked_invalid(result.values[np.ix_(*order)])
    norm = LogNorm() if over_decades(z.compressed()) else None
    mesh = axes.pcolormesh(np.arange(z.shape[1]), np.arange(z.shape[0]), z, cmap=_COLOURS, norm=norm, shading="nearest")
    for axis, places, ticks in ((across, order[1], axes.set_xticks), (up, order[0], axes.set_yticks)):
        texts = [axis.words[int(axis.values[i])] if axis.words else f"{axis.values[i]:.4g}" for i in places]
        every = max(1, len(texts) // 12)
        ticks(np.arange(len(texts))[::every], texts[::every])
    if z.size <= _WRITTEN:
        shade = np.ma.filled(mesh.norm(z), np.nan)
        for (row, column), light in np.ndenumerate(shade):
            if np.isfinite(light):
                ink = "white" if light < 0.6 else INK
                axes.text(column, row, f"{z[row, column]:.3g}", ha="center", va="center", fontsize=8, color=ink)
    made.colorbar(mesh, ax=axes).outline.set_visible(False)


def _lost(axes: Axes, up: Axis, across: Axis, failed: Any) -> None:
    """Crosses where a point has no result."""
    rows, columns = np.nonzero(failed)
    if not len(rows):
        return
    named = bool(up.words or across.words)
    rank = [np.argsort(np.argsort(axis.values)) for axis in (up, across)]
    y = rank[0][rows] if named else up.values[rows]
    x = rank[1][columns] if named else across.values[columns]
    axes.plot(x, y, "x", color=WRONG, markersize=6, clip_on=False)
    lost(axes, len(rows))
