"""Pictures as SVG for pages: nothing from outside, no script and no style, words and lines in the colour of the page.

Its letters are 13 units high, so that a picture of one column can still be read on a phone 360 pixels wide.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bridge.inspect.pictures.frames import frames_of, nothing_in
from bridge.inspect.pictures.plot import Cells, Plot
from bridge.inspect.pictures.svg_cells import bar
from bridge.inspect.pictures.svg_layout import LONGEST_WORD, Margins, laid, outer_of, slants, title_of
from bridge.inspect.pictures.svg_legend import Entry, entries, legend, rows_of
from bridge.inspect.pictures.svg_marks import Inside, drawn
from bridge.inspect.pictures.svg_words import LEADING, SIZE, escaped, fitted, long, short, text

#: Background of a picture that stands alone, and the colour of its words.
PAPER = "#ffffff"
_TEXT = "#20242a"
#: Width of a picture of one column, of two, and of a column of more.
_ONE, _TWO, _MORE = 420.0, 840.0, 250.0
_FAINT = ' stroke="currentColor" stroke-opacity="0.15"'


def svg(plot: Plot, width: float | None = None, *, paper: str | None = None) -> str:
    """The picture as an ``svg`` element, ``width`` CSS pixels wide; on ``paper`` it brings its own background."""
    columns = min(plot.columns, len(plot.panels))
    wide = float(width or (_ONE if columns == 1 else _TWO if columns == 2 else _MORE * columns))
    everywhere = [entries(panel) for panel in plot.panels]
    shared = everywhere[0] if len(everywhere) > 1 and len(set(everywhere)) == 1 else ()
    shapes: list[str] = []
    top = 6.0
    if plot.title:
        shapes.append(text(8, top + SIZE, fitted(plot.title, wide - 16), "start", ' font-weight="600"'))
        top += LEADING + 4
    if shared:
        shapes += legend(shared, plot.legend, 8.0, top, wide - 16)
        top += LEADING * rows_of(shared, plot.legend, wide - 16) + 2
    bottom = top
    for number, (inside, margins) in enumerate(laid(plot, frames_of(plot), columns, wide, top, bool(shared))):
        named = () if shared else everywhere[number]
        shapes += _panel(plot, inside, margins, outer_of(plot, number, columns), named)
        bottom = max(bottom, inside.bottom + margins.bottom)
    return _document(plot, shapes, wide, bottom + 4, paper)


def _document(plot: Plot, shapes: list[str], wide: float, high: float, paper: str | None) -> str:
    leads = any(getattr(mark, "hrefs", None) for panel in plot.panels for mark in panel.marks)
    ground = f'<rect width="100%" height="100%" fill="{paper}"/>' if paper else ""
    own = f' color="{_TEXT}"' if paper else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="plot" role="{"group" if leads else "img"}" '
        f'aria-label="{escaped(plot.alt)}" viewBox="0 0 {short(wide)} {short(high)}" width="{short(wide)}" '
        f'height="{short(high)}" font-family="system-ui, Helvetica, Arial, sans-serif" font-size="{SIZE:g}"{own}>'
        f"{ground}{''.join(shapes)}</svg>"
    )


def _panel(
    plot: Plot, inside: Inside, margins: Margins, outer: tuple[bool, bool], named: Sequence[Entry]
) -> Iterator[str]:
    panel = inside.panel
    y = inside.top - margins.top + 4
    room = inside.width + margins.right - 4
    if title_of(panel):
        yield text(inside.left, y + SIZE, fitted(title_of(panel), room))
        y += LEADING
    if panel.note:
        yield text(inside.left + inside.width, y + SIZE, fitted(panel.note, inside.width + margins.left), "end")
        y += LEADING
    yield from legend(named, plot.legend, inside.left, y, room)
    yield from _across(inside, margins, outer[1])
    yield from _upwards(inside, margins, outer[0])
    for mark in panel.marks:
        yield from drawn(mark, inside)
        if isinstance(mark, Cells):
            yield from bar(mark, inside)
    edges = f"M{short(inside.left)} {short(inside.top)}V{short(inside.bottom)}H{short(inside.left + inside.width)}"
    yield f'<path d="{edges}" fill="none" stroke="currentColor" stroke-opacity="0.7"/>'
    if nothing_in(panel, inside.frames):
        yield text(inside.left + inside.width / 2, inside.top + inside.height / 2, "no numbers", "middle")


def _across(inside: Inside, margins: Margins, told: bool) -> Iterator[str]:
    """Ticks below, and what they are of."""
    frame = inside.frames[0]
    slanting = slants(frame, inside.width)
    every = 1 if slanting else _every([long(label) for label in frame.ticks.labels], inside.width)
    if not any(isinstance(mark, Cells) for mark in inside.panel.marks) and frame.axis.words is None:
        lines = "".join(
            f"M{short(x)} {short(inside.top)}v{short(inside.height)}" for x in inside.across(frame.ticks.places)
        )
        yield f'<path d="{lines}" fill="none"{_FAINT}/>'
    if not told:
        return
    y = inside.bottom
    for n, (x, label) in enumerate(zip(inside.across(frame.ticks.places).tolist(), frame.ticks.labels, strict=True)):
        yield f'<path d="M{short(x)} {short(y)}v4" stroke="currentColor" stroke-opacity="0.7"/>'
        said = fitted(label, LONGEST_WORD)
        if slanting:
            turned = f' transform="rotate(-30 {short(x)} {short(y + 16)})"'
            yield text(x + 4, y + 16, said, "end", turned)
        elif n % every == 0:
            yield text(x, y + LEADING + 1, said, "middle")
    y += margins.bottom - 9
    if frame.axis.label:
        yield text(inside.left + inside.width / 2, y, fitted(frame.axis.label, inside.width + margins.left), "middle")
    if frame.ticks.corner:
        yield text(inside.left + inside.width + margins.right - 4, y, frame.ticks.corner, "end")


def _every(widths: Sequence[float], room: float) -> int:
    """Every how many-th label there is room for."""
    return max(1, -(-int(sum(widths) + 12 * len(widths)) // max(int(room), 1)))


def _upwards(inside: Inside, margins: Margins, told: bool) -> Iterator[str]:
    """Ticks at the left, and what they are of."""
    frame = inside.frames[1]
    heights = inside.up(frame.ticks.places).tolist()
    if not any(isinstance(mark, Cells) for mark in inside.panel.marks) and frame.axis.words is None:
        lines = "".join(f"M{short(inside.left)} {short(y)}h{short(inside.width)}" for y in heights)
        yield f'<path d="{lines}" fill="none"{_FAINT}/>'
    if not told:
        return
    every = max(1, -(-int(LEADING * len(heights)) // max(int(inside.height), 1)))
    for n, (y, label) in enumerate(zip(heights, frame.ticks.labels, strict=True)):
        yield f'<path d="M{short(inside.left)} {short(y)}h-4" stroke="currentColor" stroke-opacity="0.7"/>'
        if n % every == 0:
            yield text(inside.left - 7, y + 4.5, fitted(label, LONGEST_WORD), "end")
    if frame.ticks.corner:
        yield text(inside.left - margins.left + 4, inside.top - 6, frame.ticks.corner)
    if frame.axis.label:
        x, y = inside.left - margins.left + SIZE + 1, inside.top + inside.height / 2
        said = fitted(frame.axis.label, inside.height + margins.top + margins.bottom)
        yield text(x, y, said, "middle", f' transform="rotate(-90 {short(x)} {short(y)})"')
