"""What the lines, bars and bands of a picture are called: signs in their colours, row by row."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.inspect.pictures.plot import Band, Bars, Line, Panel
from bridge.inspect.pictures.svg_marks import MARKED, shape_of, sign_looks
from bridge.inspect.pictures.svg_words import LEADING, coloured, fitted, long, short, text

#: What a mark is (line or dashed, bare or not, point, band, bar, pale), its colour and its name.
Entry = tuple[str, int, str]
_SIGN, _APART, _LONGEST = 26.0, 16.0, 340.0


def entries(panel: Panel) -> tuple[Entry, ...]:
    """The marks of a panel that have a name."""
    found = [
        (_what(mark), mark.colour, mark.label)
        for mark in panel.marks
        if isinstance(mark, (Line, Band, Bars)) and mark.label
    ]
    return tuple(dict.fromkeys(found))


def _what(mark: Line | Band | Bars) -> str:
    if isinstance(mark, Band):
        return "band"
    if isinstance(mark, Bars):
        return "pale" if mark.pale else "bar"
    if not mark.joined:
        return "point"
    signs = mark.marked and (len(mark.x) <= MARKED or mark.hrefs is not None)
    return ("dashed" if mark.dashed else "line") + ("" if signs else " bare")


def rows_of(shown: Sequence[Entry], title: str, room: float) -> int:
    """How many rows a legend takes."""
    return _placed(shown, title, room)[-1][2] + 1 if shown else 0


def legend(shown: Sequence[Entry], title: str, left: float, top: float, room: float) -> list[str]:
    """A legend whose first row begins at ``left`` and ``top``."""
    shapes = [text(left, top + 12, _said(title, room), "start", ' fill-opacity="0.8"')] if title and shown else []
    for (what, colour, name), x, row in _placed(shown, title, room):
        middle = top + row * LEADING + 8
        shapes.append(coloured(colour, _sign(what, colour, left + x, middle)))
        shapes.append(text(left + x + _SIGN, middle + 4.5, _said(name, room - _SIGN)))
    return shapes


def _placed(shown: Sequence[Entry], title: str, room: float) -> list[tuple[Entry, float, int]]:
    """Entries with how far right they begin, and in which row."""
    found: list[tuple[Entry, float, int]] = []
    x, row = (long(_said(title, room)) + _APART if title else 0.0), 0
    for entry in shown:
        width = _SIGN + long(_said(entry[2], room - _SIGN))
        if x and x + width > room:
            x, row = 0.0, row + 1
        found.append((entry, x, row))
        x += width + _APART
    return found


def _said(words: str, room: float) -> str:
    return fitted(words, min(room, _LONGEST))


def _sign(what: str, colour: int, x: float, y: float) -> str:
    if what in ("band", "bar", "pale"):
        opacity = {"band": "0.22", "bar": "1", "pale": "0.3"}[what]
        edge = "none" if what == "band" else "currentColor"
        box = f'x="{short(x)}" y="{short(y - 5)}" width="20" height="10"'
        return f'<rect {box} fill="currentColor" fill-opacity="{opacity}" stroke="{edge}"/>'
    dash = ' stroke-dasharray="5 4"' if what.startswith("dashed") else ""
    looks = f'stroke="currentColor" stroke-width="1.6"{dash}'
    way = "" if what == "point" else f'<path d="M{short(x)} {short(y)}h20" {looks}/>'
    if what.endswith("bare"):
        return way
    return f'{way}<path d="{shape_of(colour, x + 10, y, 3.2)}" {sign_looks(colour)}/>'
