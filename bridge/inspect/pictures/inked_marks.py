"""The marks of a panel in matplotlib's ink."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bridge.inspect.pictures import shades
from bridge.inspect.pictures.frames import Frame, colours_of, edges
from bridge.inspect.pictures.plot import Band, Bars, Cells, Crosses, Floats, Line, Mark, Panel, Rule
from bridge.inspect.pictures.svg_marks import MARKED
from bridge.inspect.pictures.ticks import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: The colour of words and edges, and those of lines, on white paper.
INK = "#20242a"
COLOURS = tuple(INK if colour == "currentColor" else colour for colour in shades.COLOURS)
_SIGNS = ("o", "s", "^", "D", "v", "P", "X")
#: Size of numbers beyond which matplotlib's own reckoning overflows; their places are given as parts of the axis.
_FAR = 1e150
#: Cells that have their number written in them, and are crossed out where they are missing.
_FEW = 400


@dataclass(frozen=True)
class Ground:
    """What a panel is drawn on."""

    axes: Axes
    panel: Panel
    frames: tuple[Frame, Frame]

    def across(self, values: Any) -> Floats:
        """Numbers as matplotlib is given them; NaN outside of the axis."""
        return _given(self.frames[0], values)

    def up(self, values: Any) -> Floats:
        """Numbers as matplotlib is given them; NaN outside of the axis."""
        return _given(self.frames[1], values)

    def ends(self, values: Any, across: bool = False) -> Floats:
        """Ends of bars and bands, held inside of the axis; on a logarithmic one, nought is its foot."""
        frame = self.frames[0 if across else 1]
        part = frame.at(values)
        part = np.where(np.isnan(part) & np.isfinite(values), 0.0, part)
        held = np.where(part < 0, frame.low, np.where(part > 1, frame.high, values))
        return _given(frame, np.where(np.isnan(part), np.nan, np.where(part == 0, frame.low, held)))


def hidden(frame: Frame) -> bool:
    """Whether an axis is too far from one for matplotlib, and is told of in parts of its length."""
    size = max(abs(frame.low), abs(frame.high))
    smallest = min(abs(frame.low), abs(frame.high)) if frame.axis.log else size
    return size > _FAR or smallest < 1 / _FAR


def _given(frame: Frame, values: Any) -> Floats:
    part = frame.at(values)
    inside = (part > -1e-9) & (part < 1 + 1e-9)
    return np.where(inside, part if hidden(frame) else np.asarray(values, float), np.nan)


def drawn(mark: Mark, ground: Ground) -> None:
    """One mark on its panel."""
    if isinstance(mark, Line):
        _line(mark, ground)
    elif isinstance(mark, Band):
        _band(mark, ground)
    elif isinstance(mark, Cells):
        _cells(mark, ground)
    elif isinstance(mark, Bars):
        _bars(mark, ground)
    elif isinstance(mark, Crosses):
        _crosses(mark, ground)
    else:
        _rule(mark, ground)


def _line(line: Line, ground: Ground) -> None:
    colour, x, y = COLOURS[line.colour % len(COLOURS)], ground.across(line.x), ground.up(line.y)
    many = int(np.isfinite(x + y).sum())
    marked = not line.joined or (line.marked and many <= MARKED)
    style: dict[str, Any] = {"color": colour, "linewidth": 1.4}
    style["linestyle"] = ("--" if line.dashed else "-") if line.joined else "none"
    style["marker"] = _SIGNS[line.colour % len(_SIGNS)] if marked else ""
    style["markersize"] = 5 if many < 200 else 3 if many < 1500 else 1.6
    if line.hollow:
        style |= {"markerfacecolor": "white", "zorder": 4}
    if many >= 100 and not line.joined:
        style |= {"alpha": 0.5, "markeredgewidth": 0}
    if line.errors is not None:
        low, high = ground.ends(line.y - line.errors), ground.ends(line.y + line.errors)
        around = np.maximum(np.stack([y - low, high - y]), 0.0)
        ground.axes.errorbar(x, y, yerr=around, fmt="none", ecolor=colour, elinewidth=1, capsize=2)
    ground.axes.plot(x, y, **style)


def _band(band: Band, ground: Ground) -> None:
    x, low, high = ground.across(band.x), ground.ends(band.low), ground.ends(band.high)
    ground.axes.fill_between(x, low, high, color=COLOURS[band.colour % len(COLOURS)], alpha=0.22, linewidth=0)


def _crosses(crosses: Crosses, ground: Ground) -> None:
    x = ground.across(crosses.x)
    y = np.full(x.shape, 0.03) if crosses.y is None else ground.up(crosses.y)
    there = np.isfinite(x) & np.isfinite(y)
    if not there.any():  # no marks, and yet without clipping they would take all the room
        return
    style: Any = {"color": COLOURS[shades.WRONG], "markersize": 6, "clip_on": False}
    style |= {"transform": ground.axes.get_xaxis_transform()} if crosses.y is None else {}
    ground.axes.plot(x[there], y[there], "x", **style)


def _rule(rule: Rule, ground: Ground) -> None:
    style: Any = {"color": INK, "linewidth": 0.7, "linestyle": ":"}
    if rule.horizontal:
        ground.axes.axhline(float(ground.up(rule.at)), **style)
    else:
        ground.axes.axvline(float(ground.across(rule.at)), **style)


def _bars(bars: Bars, ground: Ground) -> None:
    colour = COLOURS[bars.colour % len(COLOURS)]
    alpha: Any = {"alpha": 0.3} if bars.pale else {}
    nought, middle = float(ground.ends(0.0, across=True)), ground.ends(bars.values, across=True)
    ground.axes.barh(bars.places, middle - nought, bars.thick, nought, color=colour, linewidth=0, **alpha)
    if bars.errors is not None:
        low, high = (ground.ends(bars.values + sign * bars.errors, across=True) for sign in (-1, 1))
        around = np.maximum(np.stack([middle - low, high - middle]), 0.0)
        ground.axes.errorbar(middle, bars.places, xerr=around, fmt="none", ecolor=INK, elinewidth=1, capsize=2)


def _cells(cells: Cells, ground: Ground) -> None:
    from matplotlib.colors import ListedColormap

    if not cells.values.size:
        return
    shown = shades.shading(cells)
    shade = np.ma.masked_invalid(shown.of(cells.values))
    x = ground.ends(edges(cells.x, ground.frames[0].axis.log), across=True)
    y = ground.ends(edges(cells.y, ground.frames[1].axis.log))
    inks = ListedColormap(shades.colours(np.linspace(0, 1, 256)) / 255)
    mesh = ground.axes.pcolormesh(x, y, shade, cmap=inks, vmin=0, vmax=1, shading="flat")
    frame = colours_of(cells)
    if shade.count():
        bar = ground.axes.figure.colorbar(mesh, ax=ground.axes)
        bar.set_ticks(frame.at(frame.ticks.places).tolist(), labels=frame.ticks.labels)
        bar.ax.set_title(frame.ticks.corner, fontsize="small", loc="left")
        bar.outline.set_visible(False)
    if cells.contours and min(shade.shape) > 2 and shade.count() > 2:
        _contours(cells, ground, shade, frame)
    if shade.size > _FEW:
        return
    for row, column in zip(*np.nonzero(np.ma.getmaskarray(shade)), strict=True):
        ground.axes.plot(x[column : column + 2], y[row : row + 2], color=INK, alpha=0.45, linewidth=0.7)
    if cells.written:
        _write(cells, ground, shade)


def _write(cells: Cells, ground: Ground, shade: Any) -> None:
    for (row, column), light in np.ndenumerate(shade.filled(np.nan)):
        if np.isfinite(light):
            ink = "white" if light < 0.6 else INK
            x, y = float(ground.across(cells.x[column])), float(ground.up(cells.y[row]))
            said = number(cells.values[row, column], 3)
            ground.axes.text(x, y, said, ha="center", va="center", fontsize=8, color=ink)


def _contours(cells: Cells, ground: Ground, shade: Any, frame: Frame) -> None:
    """Lines of equal value at the ticks of the colour bar, with their numbers."""
    inside = [(at, label) for at, label in zip(frame.at(frame.ticks.places), frame.ticks.labels, strict=True)]
    levels = {float(at): label for at, label in inside if shade.min() < at < shade.max()}
    if levels:
        style: Any = {"colors": "white", "linewidths": 0.7, "linestyles": "solid"}
        lines = ground.axes.contour(ground.across(cells.x), ground.up(cells.y), shade, levels=sorted(levels), **style)
        ground.axes.clabel(lines, fmt=levels, fontsize=8)


def sign(what: str, colour: int) -> Any:
    """What stands in a legend for a mark."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    ink = COLOURS[colour % len(COLOURS)]
    if what in ("band", "bar", "pale"):
        return Patch(color=ink, alpha={"band": 0.22, "bar": 1.0, "pale": 0.3}[what], linewidth=0)
    style: Any = "none" if what == "point" else "--" if what.startswith("dashed") else "-"
    marker = "" if what.endswith("bare") else _SIGNS[colour % len(_SIGNS)]
    return Line2D([], [], color=ink, linestyle=style, marker=marker, markersize=5, linewidth=1.4)
