"""Maps as SVG: few cells one by one, each with its number and its way on; many as runs of one shade, to stay light."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from bridge.inspect.pictures.frames import colours_of, edges
from bridge.inspect.pictures.plot import Cells, Floats
from bridge.inspect.pictures.shades import colours, shading, spelled
from bridge.inspect.pictures.svg_words import leading, long, short, text
from bridge.inspect.pictures.telling import cell
from bridge.inspect.pictures.ticks import number

if TYPE_CHECKING:
    from bridge.inspect.pictures.svg_marks import Inside

#: Cells that are drawn, and say their number, one by one; of more, runs of one shade are.
ALONE = 2500
#: Shades of a map of many cells, and of a colour bar.
_SHADES = 64
#: Width of a colour bar, and from the panel to it.
BAR, APART = 13.0, 12.0


def cells_of(cells: Cells, inside: Inside) -> Iterator[str]:
    """The cells of a map, those that are missing crossed out by a stroke where they are few."""
    across = _clipped(inside.left, inside.width, inside.frames[0].at(edges(cells.x, inside.frames[0].axis.log)))
    down = _clipped(inside.bottom, -inside.height, inside.frames[1].at(edges(cells.y, inside.frames[1].axis.log)))
    shades = shading(cells).of(cells.values)
    if cells.hrefs is None and cells.values.size > ALONE:
        yield from _runs(shades, across, down)
        return
    across, down = (np.round(edge, 1).tolist() for edge in (across, down))  # a cell ends where the next one begins
    inks = colours(shades)
    for row, column in np.ndindex(*cells.values.shape):
        left, right, low, high = across[column], across[column + 1], down[row], down[row + 1]
        box = f'x="{short(left)}" y="{short(high)}" width="{short(right - left)}" height="{short(low - high)}"'
        place = row * cells.x.size + column
        if np.isfinite(shades[row, column]):
            inner = f'<rect {box} fill="{spelled(inks[row, column])}" shape-rendering="crispEdges"/>'
            inner += _written(cells, (row, column), float(shades[row, column]), (left, right, low, high))
        else:
            way = f"M{short(left)} {short(low)}L{short(right)} {short(high)}"
            inner = f'<rect {box} fill="none" pointer-events="all"/>'
            inner += f'<path d="{way}" stroke="currentColor" stroke-opacity="0.45"/>'
        href = cells.hrefs[place] if cells.hrefs is not None else None
        yield leading(href, cell(cells, inside.panel, row, column), inner)


def _clipped(start: float, length: float, parts: Floats) -> list[float]:
    found: list[float] = (start + length * np.clip(np.nan_to_num(parts), 0, 1)).tolist()
    return found


def _written(cells: Cells, place: tuple[int, int], shade: float, box: tuple[float, float, float, float]) -> str:
    """The number of a cell, where it fits."""
    if not cells.written:
        return ""
    said = number(cells.values[place], 3)
    left, right, low, high = box
    if long(said) > right - left - 2 or low - high < 14:
        return ""
    ink = "#ffffff" if shade < 0.6 else "#20242a"
    return text((left + right) / 2, (low + high) / 2 + 4.5, said, "middle").replace("currentColor", ink)


def _runs(shades: Floats, across: list[float], down: list[float]) -> Iterator[str]:
    """A path a shade, of lying runs of cells: boxes whose edges are one another's, so that no seams show."""
    there = np.isfinite(shades)
    steps = np.where(there, np.round(np.nan_to_num(shades) * (_SHADES - 1)), -1).astype(int)
    inks = colours(np.arange(_SHADES) / (_SHADES - 1))
    rows, starts, ends, levels = _found(steps)
    x, y, placed = _units(across, down)
    yield f'<g transform="{placed}" shape-rendering="crispEdges">'
    for level in range(_SHADES):
        mine = np.flatnonzero(levels == level)
        if mine.size:
            left, width = x[starts[mine]], x[ends[mine]] - x[starts[mine]]
            low, height = y[rows[mine]], y[rows[mine] + 1] - y[rows[mine]]
            boxes = zip(left.tolist(), low.tolist(), width.tolist(), height.tolist(), strict=True)
            d = "".join(f"M{a} {b}h{w}v{h}h{-w}" for a, b, w, h in boxes)
            yield f'<path d="{d}" fill="{spelled(inks[level])}"/>'
    yield "</g>"


def _units(across: list[float], down: list[float]) -> tuple[Any, Any, str]:
    """Whole numbers to write the edges of cells with, and how these lie on the page: cells where all are as large."""
    steps = np.diff(across), np.diff(down)
    if all(np.allclose(step, step[0], rtol=1e-6) for step in steps):
        sizes = f"scale({steps[0].mean():.6g} {steps[1].mean():.6g})"
        return np.arange(len(across)), np.arange(len(down)), f"translate({short(across[0])} {short(down[0])}) {sizes}"
    x, y = (np.round(10 * np.array(edge)).astype(int) for edge in (across, down))
    return x, y, "scale(0.1)"


def _found(steps: Any) -> tuple[Any, Any, Any, Any]:
    """Runs of equal steps in each row: rows, first columns, columns after the last, steps."""
    new = np.ones(steps.shape, bool)
    new[:, 1:] = np.diff(steps, axis=1) != 0
    rows, starts = np.nonzero(new)
    ends = np.append(starts[1:], 0)
    ends = np.where(ends == 0, steps.shape[1], ends)
    return rows, starts, ends, steps[rows, starts]


def bar_width(cells: Cells) -> float:
    """How much room to the right of a panel its colour bar needs."""
    ticks = colours_of(cells).ticks
    return APART + BAR + 6 + max([long(label) for label in ticks.labels] + [long(ticks.corner) - BAR])


def bar(cells: Cells, inside: Inside) -> Iterator[str]:
    """The colour bar beside a map, with its numbers; none where there are none."""
    if not np.isfinite(cells.values).any():
        return
    frame = colours_of(cells)
    left = inside.left + inside.width + APART
    step = inside.height / _SHADES
    for i, ink in enumerate(colours(np.arange(_SHADES) / (_SHADES - 1))):
        top = inside.bottom - (i + 1) * step
        box = f'x="{short(left)}" y="{short(top)}" width="{short(BAR)}" height="{short(step + 0.5)}"'
        yield f'<rect {box} fill="{spelled(ink)}" shape-rendering="crispEdges"/>'
    for place, label in zip(frame.at(frame.ticks.places).tolist(), frame.ticks.labels, strict=True):
        height = inside.bottom - place * inside.height
        yield f'<path d="M{short(left + BAR)} {short(height)}h4" stroke="currentColor"/>'
        yield text(left + BAR + 6, height + 4.5, label)
    if frame.ticks.corner:
        yield text(left, inside.top - 5, frame.ticks.corner)
