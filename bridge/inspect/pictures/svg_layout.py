"""Where everything on a page goes: panels in rows and columns, with room around them for what their axes say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bridge.inspect.pictures.frames import Frame, colours_of
from bridge.inspect.pictures.plot import Cells, Panel, Plot
from bridge.inspect.pictures.svg_cells import bar_width
from bridge.inspect.pictures.svg_legend import entries, rows_of
from bridge.inspect.pictures.svg_marks import Inside
from bridge.inspect.pictures.svg_words import LEADING, long

#: Height of a slanting word over its length, and pixels of the longest word at an axis.
SLANT, LONGEST_WORD = 0.5, 150.0


@dataclass(frozen=True)
class Margins:
    """Room around the inside of a panel."""

    left: float
    right: float
    top: float
    bottom: float


def laid(
    plot: Plot, frames: list[tuple[Frame, Frame]], columns: int, wide: float, top: float, shared: bool
) -> Iterator[tuple[Inside, Margins]]:
    """The insides of all panels, row by row, with what stands around each."""
    sides = [_sides(panel, frames[n], outer_of(plot, n, columns)) for n, panel in enumerate(plot.panels)]
    left = [max(one[0] for one in sides[c::columns]) for c in range(columns)]
    right = [max(one[1] for one in sides[c::columns]) for c in range(columns)]
    inner = max((wide - sum(left) - sum(right)) / columns, 50.0)
    for start in range(0, len(plot.panels), columns):
        row = range(start, min(start + columns, len(plot.panels)))
        edges = []
        for c, n in enumerate(row):
            above = _above(
                plot.panels[n],
                frames[n],
                0 if shared else rows_of(entries(plot.panels[n]), plot.legend, inner + right[c] - 4),
            )
            below = _below(plot.panels[n], frames[n][0], outer_of(plot, n, columns)[1], inner)
            edges.append((above, below))
        above, below = max(one[0] for one in edges), max(one[1] for one in edges)
        high = max(plot.panels[n].height or min(max(0.66 * inner, 110.0), 300.0) for n in row)
        for c, n in enumerate(row):
            x = sum(left[: c + 1]) + sum(right[:c]) + c * inner
            margins = Margins(left[c], right[c], above, below)
            yield Inside(plot.panels[n], frames[n], x, top + above, inner, high), margins
        top += above + high + below


def outer_of(plot: Plot, number: int, columns: int) -> tuple[bool, bool]:
    """Whether a panel tells its numbers at the left, and below: of shared axes only the outermost do."""
    if not plot.shared:
        return True, True
    return number % columns == 0, number + columns >= len(plot.panels)


def _sides(panel: Panel, frames: tuple[Frame, Frame], outer: tuple[bool, bool]) -> tuple[float, float]:
    labels = [min(long(label), LONGEST_WORD) for label in frames[1].ticks.labels] if outer[0] else []
    left = 10.0 + (max(labels, default=0) + 8 if labels else 0) + (LEADING if panel.y.label and outer[0] else 0)
    cells = [mark for mark in panel.marks if isinstance(mark, Cells)]
    last = long(frames[0].ticks.labels[-1]) / 2 if frames[0].ticks.labels and panel.x.words is None else 0
    return left, max(14.0, min(last, 40.0), *(bar_width(one) + 6 for one in cells))


def _above(panel: Panel, frames: tuple[Frame, Frame], rows: int) -> float:
    maps = [mark for mark in panel.marks if isinstance(mark, Cells)]
    corner = any(frame.ticks.corner for frame in (frames[1], *map(colours_of, maps)))
    return 6.0 + LEADING * (bool(title_of(panel)) + bool(panel.note) + rows + corner)


def _below(panel: Panel, frame: Frame, outer: bool, inner: float) -> float:
    if not outer:
        return 10.0
    slanting = slants(frame, inner)
    labels = max((min(long(label), LONGEST_WORD) for label in frame.ticks.labels), default=0)
    ticks = labels * SLANT + 18 if slanting else LEADING + 5
    return ticks + (LEADING if panel.x.label or frame.ticks.corner else 0) + 4


def slants(frame: Frame, inner: float) -> bool:
    """Whether the names of an axis need more room than they have lying."""
    words = frame.axis.words or ()
    return bool(words) and len(words) * max(min(long(word), LONGEST_WORD) + 12 for word in words) > inner


def title_of(panel: Panel) -> str:
    """What stands above a panel: its title, or what its map is of."""
    return panel.title or next((mark.label for mark in panel.marks if isinstance(mark, Cells)), "")
