"""Pictures in matplotlib's ink: figures for notebooks, PNG and PDF for files, by the same description as on pages."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge.errors import BridgeError, ContractError
from bridge.inspect.pictures.frames import Frame, frames_of, nothing_in
from bridge.inspect.pictures.inked_marks import INK, Ground, drawn, hidden, sign
from bridge.inspect.pictures.plot import Cells, Plot
from bridge.inspect.pictures.svg import PAPER, svg
from bridge.inspect.pictures.svg_layout import LONGEST_WORD, outer_of, slants, title_of
from bridge.inspect.pictures.svg_legend import Entry, entries
from bridge.inspect.pictures.svg_words import cut, fitted, long

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INSTALL = (
    "pictures as .png and .pdf are drawn by matplotlib, which is not installed: pip install 'scalebridge[pictures]'. "
    "A picture as .svg needs nothing."
)
_DPI = 150
#: Inches of a panel, alone or beside one, and beside more; and what stands around its inside.
_WIDE, _NARROW, _AROUND = 5.2, 2.7, 0.75
_PIXELS = 96.0  # of CSS to an inch
_LONGEST_NAME = 340.0  # of a line, in CSS pixels
#: What each kind of file says of itself: nothing that changes from day to day.
_ABOUT: dict[str, dict[str, None]] = {"png": {"Software": None}, "pdf": {"CreationDate": None, "Producer": None}}


def figure(plot: Plot) -> Figure:
    """The picture as a matplotlib Figure, drawn by no screen. Raises ContractError where matplotlib is missing."""
    columns = min(plot.columns, len(plot.panels))
    each = _WIDE if columns < 3 else _NARROW
    rows = [plot.panels[n : n + columns] for n in range(0, len(plot.panels), columns)]
    highs = [max((panel.height or min(0.62 * each * _PIXELS, 300)) / _PIXELS for panel in row) for row in rows]
    made = _sheet(each * columns, sum(highs) + _AROUND * len(rows) + 0.3 * bool(plot.title))
    grid = made.add_gridspec(len(rows), columns, height_ratios=[high + _AROUND / 2 for high in highs])
    everywhere = [entries(panel) for panel in plot.panels]
    shared = len(set(everywhere)) == 1
    for number, frames in enumerate(frames_of(plot)):
        axes = made.add_subplot(grid[number // columns, number % columns])
        _panel(plot, number, axes, frames)
        if everywhere[number] and not shared:
            _legend(axes, everywhere[number], plot.legend, loc="best", fontsize="small")
    if shared and everywhere[0]:
        room = each * columns * _PIXELS
        widest = max(min(long(cut(one[2])), _LONGEST_NAME) + 60 for one in everywhere[0])
        named = max(1, min(len(everywhere[0]), int(room / widest)))
        _legend(made, everywhere[0], plot.legend, loc="outside lower center", ncols=named)
    if plot.title:
        made.suptitle(plainly(plot.title), fontsize="medium", color=INK)
    return made


def saved(plot: Plot, path: Path) -> Path:
    """Write a picture as .svg, .png or .pdf, the same bytes for the same numbers.

    Raises ContractError for another kind of file, and for want of matplotlib; BridgeError where it cannot be written.
    """
    kind = path.suffix.lower().removeprefix(".")
    if kind not in ("svg", *_ABOUT):
        raise ContractError(f"a picture is written as .svg, .png or .pdf, not as {path.name!r}. Write {path.stem}.svg.")
    inked = figure(plot) if kind != "svg" else None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if inked is None:
            path.write_text(svg(plot, paper=PAPER), encoding="utf-8")
        else:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", r"Glyph|Matplotlib currently does not support")  # letters of names
                inked.savefig(path, format=kind, metadata=_ABOUT[kind])
    except OSError as reason:
        raise BridgeError(f"cannot write the picture {str(path)!r}: {reason.strerror}.") from None
    return path


def plainly(words: str, room: float = 420.0) -> str:
    """A text that matplotlib takes as it stands, cut to so many pixels: a dollar sign begins no formula."""
    return fitted(words, room).replace("$", r"\$")


def _sheet(width: float, height: float) -> Figure:
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise ContractError(INSTALL) from None
    made = Figure(figsize=(width, height), dpi=_DPI, layout="constrained")
    FigureCanvasAgg(made)
    return made


def _panel(plot: Plot, number: int, axes: Axes, frames: tuple[Frame, Frame]) -> None:
    panel = plot.panels[number]
    columns = min(plot.columns, len(plot.panels))
    room = (_WIDE if columns < 3 else _NARROW) * _PIXELS - 60
    filled = any(isinstance(mark, Cells) for mark in panel.marks)
    ground = Ground(axes, panel, frames)
    for across, frame, told in zip((True, False), frames, outer_of(plot, number, columns)[::-1], strict=True):
        _axis(axes, frame, across, told, grid=not filled and frame.axis.words is None, room=room)
    for mark in panel.marks:
        drawn(mark, ground)
    if panel.note:
        axes.set_title(plainly(panel.note, room), loc="right", fontsize="small", color=INK)
    if title_of(panel):
        axes.set_title(
            plainly(title_of(panel), room) + "\n" * bool(panel.note), loc="left", fontsize="medium", color=INK
        )
    if nothing_in(panel, frames):
        axes.text(0.5, 0.5, "no numbers", transform=axes.transAxes, ha="center", color=INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=INK)


def _axis(axes: Axes, frame: Frame, across: bool, told: bool, grid: bool, room: float) -> None:
    """Limits, ticks and label of one axis, as the page has them."""
    far = hidden(frame)
    axis: Any = axes.xaxis if across else axes.yaxis
    if frame.axis.log and not far:
        (axes.set_xscale if across else axes.set_yscale)("log", base=frame.axis.base)
    (axes.set_xlim if across else axes.set_ylim)((0.0, 1.0) if far else (frame.low, frame.high))
    places = frame.at(frame.ticks.places).tolist() if far else list(frame.ticks.places)
    labels = [plainly(said, LONGEST_WORD) if told else "" for said in frame.ticks.labels]
    slanting: Any = {"rotation": 30, "ha": "right", "rotation_mode": "anchor"}
    axis.set_ticks(places, labels, **(slanting if across and slants(frame, room) else {}))
    axis.set_ticks([], minor=True)
    if grid:
        axis.grid(True, color=INK, alpha=0.15, linewidth=0.6)
        axes.set_axisbelow(True)
    if told and frame.axis.label:
        axis.set_label_text(plainly(frame.axis.label, room if across else room / 2), color=INK)
    if told and frame.ticks.corner:
        x, y, end = (1.01, 0.0, "left") if across else (-0.01, 1.01, "right")
        style: Any = {"ha": end, "va": "bottom", "fontsize": "small", "transform": axes.transAxes}
        axes.text(x, y, frame.ticks.corner, **style)


def _legend(where: Any, shown: Sequence[Entry], title: str, **place: Any) -> None:
    names = [plainly(f" {name[1:]}" if name.startswith("_") else name, _LONGEST_NAME) for _, _, name in shown]
    handles = [sign(what, colour) for what, colour, _ in shown]
    where.legend(handles, names, title=plainly(title) or None, frameon=False, **place)
