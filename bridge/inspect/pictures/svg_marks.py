"""The marks of a panel as SVG: lines thinned to what a screen can show, points that say and lead somewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from bridge.inspect.pictures.frames import Frame
from bridge.inspect.pictures.plot import Band, Bars, Cells, Crosses, Floats, Line, Mark, Panel, Rule
from bridge.inspect.pictures.shades import WRONG
from bridge.inspect.pictures.svg_words import coloured, leading, short
from bridge.inspect.pictures.telling import place_of, point
from bridge.inspect.pictures.ticks import number

#: Points of a joined line that are marked one by one, and points that say their numbers to the pointer.
MARKED, SAYING = 60, 240
_SHAPES = (
    "M{x} {y}m-{r} 0a{r} {r} 0 1 0 {d} 0a{r} {r} 0 1 0-{d} 0z",
    "M{x} {y}m-{r}-{r}h{d}v{d}h-{d}z",
    "M{x} {y}m0-{w}l{w} {d}h-{e}z",
    "M{x} {y}m0-{w}l{w} {w}-{w} {w}-{w}-{w}z",
    "M{x} {y}m0 {w}l{w}-{d}h-{e}z",
    "M{x} {y}m-{w} 0h{e}m-{w}-{w}v{e}",
    "M{x} {y}m-{r}-{r}l{d} {d}m0-{d}l-{d} {d}",
)


@dataclass(frozen=True)
class Inside:
    """The inside of a panel: its frames, and where it lies on the page."""

    panel: Panel
    frames: tuple[Frame, Frame]
    left: float
    top: float
    width: float
    height: float

    def across(self, values: Any) -> Floats:
        """Places on the page from left to right; NaN outside of the panel's own range."""
        part = self.frames[0].at(values)
        return np.asarray(self.left + self.width * np.where(_on(part), part, np.nan))

    def up(self, values: Any) -> Floats:
        """Places on the page from top to bottom."""
        part = self.frames[1].at(values)
        return np.asarray(self.top + self.height * (1 - np.where(_on(part), part, np.nan)))

    @property
    def bottom(self) -> float:
        """Where the panel ends below."""
        return self.top + self.height


def _on(part: Floats) -> Any:
    return (part > -1e-9) & (part < 1 + 1e-9)


def drawn(mark: Mark, inside: Inside) -> Iterator[str]:
    """One mark in its panel."""
    if isinstance(mark, Line):
        yield coloured(mark.colour, "".join(_line(mark, inside)))
    elif isinstance(mark, Band):
        yield coloured(mark.colour, _band(mark, inside))
    elif isinstance(mark, Cells):
        from bridge.inspect.pictures.svg_cells import cells_of

        yield from cells_of(mark, inside)
    elif isinstance(mark, Bars):
        yield coloured(mark.colour, "".join(_bars(mark, inside)))
        yield _intervals(mark, inside)
    elif isinstance(mark, Crosses):
        yield coloured(WRONG, "".join(_crosses(mark, inside)))
    else:
        yield _rule(mark, inside)


# Lines and points


def shape_of(colour: int, x: float, y: float, radius: float) -> str:
    """The sign of a colour, for eyes that tell colours badly: circle, square, triangle and so on."""
    sizes = {"r": radius, "d": 2 * radius, "w": 1.25 * radius, "e": 2.5 * radius}
    words = {name: short(size) for name, size in sizes.items()}
    return _SHAPES[colour % len(_SHAPES)].format(x=short(x), y=short(y), **words)


def sign_looks(colour: int, hollow: bool = False) -> str:
    """How a sign is filled: the last two are strokes."""
    if hollow or colour % len(_SHAPES) >= 5:
        return 'fill="none" stroke="currentColor" stroke-width="1.4"'
    return 'fill="currentColor" stroke="currentColor" stroke-width="0.5"'


def _line(line: Line, inside: Inside) -> Iterator[str]:
    x, y = inside.across(line.x), inside.up(line.y)
    if line.joined:
        dash = ' stroke-dasharray="5 4"' if line.dashed else ""
        looks = f'fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round"{dash}'
        yield f'<path d="{path_of(x, y)}" {looks} stroke-linejoin="round"/>'
    if line.errors is not None:
        yield f'<path d="{_whiskers(line, inside, x)}" fill="none" stroke="currentColor" stroke-width="1"/>'
    there = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    leads = line.hrefs is not None
    if not len(there) or (line.joined and not leads and (not line.marked or len(there) > MARKED)):
        return
    yield from _points(line, inside, (x, y), there)


def _points(line: Line, inside: Inside, at: tuple[Floats, Floats], there: Any) -> Iterator[str]:
    many = len(there)
    radius = 3.2 if many < 200 else 2.2 if many < 1500 else 1.4
    looks = sign_looks(line.colour, line.hollow)
    looks += ' fill-opacity="0.5"' if many >= 100 and not line.joined else ""
    if many > SAYING and line.hrefs is None and line.titles is None:
        d = "".join(shape_of(line.colour, at[0][i], at[1][i], radius) for i in _apart(*at, there))
        yield f'<path d="{d}" {looks}/>'
        return
    for i in there.tolist():
        d = shape_of(line.colour, at[0][i], at[1][i], radius)
        href = line.hrefs[i] if line.hrefs is not None else None
        yield leading(href, point(line, inside.panel, i), f'<path d="{d}" {looks}/>')


def _apart(x: Floats, y: Floats, there: Any) -> list[int]:
    """Points without those that lie on another one."""
    place = np.stack([np.round(x[there] * 2), np.round(y[there] * 2)])
    _, first = np.unique(place, axis=1, return_index=True)
    return list(there[np.sort(first)])


def path_of(x: Floats, y: Floats) -> str:
    """A line through points; of those in one column of pixels the first, lowest, highest and last. Gaps stay open."""
    there = np.isfinite(x) & np.isfinite(y)
    stretch = np.cumsum(np.diff(there.astype(int), prepend=0) == 1)[there]
    x, y = x[there], y[there]
    if not x.size:
        return ""
    column = np.floor(x)
    run = np.cumsum((np.diff(column, prepend=column[0]) != 0) | (np.diff(stretch, prepend=stretch[0]) != 0))
    starts = np.flatnonzero(np.diff(run, prepend=-1))
    ends = np.append(starts[1:], run.size) - 1
    sorted_ = np.lexsort((y, run))
    kept = np.unique(np.concatenate([starts, ends, sorted_[starts], sorted_[ends]]))
    parts, before = [], -1
    for i in kept.tolist():
        begins = stretch[i] != before
        alone = begins and (i + 1 == len(stretch) or stretch[i + 1] != stretch[i])
        parts.append(f"{'M' if begins else 'L'}{short(x[i])} {short(y[i])}{'h0' if alone else ''}")
        before = stretch[i]
    return "".join(parts)


def _whiskers(line: Line, inside: Inside, x: Floats) -> str:
    """Error bars, cut off where the panel ends."""
    frame = inside.frames[1]
    with np.errstate(all="ignore"):
        ends = [frame.at(line.y + sign * line.errors) for sign in (-1, 1)]
    ends[0] = np.where(np.isnan(ends[0]) & np.isfinite(line.errors), 0.0, ends[0])  # below nought on a logarithm
    low, high = (inside.bottom - inside.height * np.clip(end, 0, 1) for end in ends)
    seen = np.flatnonzero(np.isfinite(x) & np.isfinite(inside.up(line.y)) & np.isfinite(low) & np.isfinite(high))
    way = "M{} {}h6m-3 0V{}m-3 0h6"
    return "".join(way.format(*map(short, (x[i] - 3, low[i], high[i]))) for i in seen.tolist() if line.errors[i] > 0)


def _band(band: Band, inside: Inside) -> str:
    x = inside.across(band.x)
    ends = [inside.frames[1].at(values) for values in (band.low, band.high)]
    ends[0] = np.where(np.isnan(ends[0]) & np.isfinite(band.low), 0.0, ends[0])
    low, high = (inside.bottom - inside.height * np.clip(end, 0, 1) for end in ends)
    there = np.isfinite(x) & np.isfinite(low) & np.isfinite(high)
    parts = []
    for piece in np.split(np.arange(x.size), np.flatnonzero(np.diff(there.astype(int))) + 1):
        if piece.size and there[piece[0]]:
            upper, lower = path_of(x[piece], high[piece]), path_of(x[piece][::-1], low[piece][::-1])
            parts.append(f"{upper.removesuffix('h0')}L{lower[1:].removesuffix('h0')}z")
    return f'<path d="{"".join(parts)}" fill="currentColor" fill-opacity="0.22" stroke="none"/>'


def _crosses(crosses: Crosses, inside: Inside) -> Iterator[str]:
    x = inside.across(crosses.x)
    y = np.full(x.shape, inside.bottom - 7) if crosses.y is None else inside.up(crosses.y)
    there = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    shape = "M{} {}m-3.5-3.5l7 7m0-7l-7 7"
    looks = 'fill="none" stroke="currentColor" stroke-width="1.6"'
    if crosses.hrefs is None and crosses.titles is None:
        d = "".join(shape.format(short(x[i]), short(y[i])) for i in _apart(x, y, there))
        yield f'<path d="{d}" {looks}/>' if d else ""
        return
    for i in there.tolist():
        title = crosses.titles[i] if crosses.titles is not None else "no result"
        href = crosses.hrefs[i] if crosses.hrefs is not None else None
        yield leading(href, title, f'<path d="{shape.format(short(x[i]), short(y[i]))}" {looks}/>')


def _rule(rule: Rule, inside: Inside) -> str:
    at = float(inside.up(rule.at) if rule.horizontal else inside.across(rule.at))
    if not np.isfinite(at):
        return ""
    way = f"M{short(inside.left)} {short(at)}h{short(inside.width)}"
    if not rule.horizontal:
        way = f"M{short(at)} {short(inside.top)}v{short(inside.height)}"
    return f'<path d="{way}" fill="none" stroke="currentColor" stroke-opacity="0.7" stroke-dasharray="2 3"/>'


def _bars(bars: Bars, inside: Inside) -> Iterator[str]:
    nought = float(inside.left + inside.width * np.clip(inside.frames[0].at(0.0), 0, 1))
    looks = 'fill="currentColor" stroke="currentColor" stroke-width="1"' + (' fill-opacity="0.3"' if bars.pale else "")
    for i, (place, value) in enumerate(zip(bars.places.tolist(), bars.values.tolist(), strict=True)):
        end = float(inside.left + inside.width * np.clip(inside.frames[0].at(value), 0, 1))
        upper, lower = (float(inside.up(place + sign * bars.thick / 2)) for sign in (1, -1))
        if not all(map(np.isfinite, (end, upper, lower))):
            continue
        place_at, size = f'x="{short(min(nought, end))}" y="{short(upper)}"', f'width="{short(abs(end - nought))}"'
        inner = f'<rect {place_at} {size} height="{short(lower - upper)}" {looks}/>'
        error = float(bars.errors[i]) if bars.errors is not None else np.nan
        said = f"{bars.label}: " if bars.label else ""
        said += f"{place_of(inside.panel.y, place)} {number(value)}" + (f" ± {number(error, 2)}" if error > 0 else "")
        yield leading(None, said, inner)


def _intervals(bars: Bars, inside: Inside) -> str:
    """Error bars of bars, in the ink of the page."""
    if bars.errors is None:
        return ""
    ends = [
        inside.left + inside.width * np.clip(inside.frames[0].at(bars.values + sign * bars.errors), 0, 1)
        for sign in (-1, 1)
    ]
    middle = inside.up(bars.places)
    seen = np.flatnonzero(np.isfinite(ends[0]) & np.isfinite(ends[1]) & np.isfinite(middle) & (bars.errors > 0))
    way = "".join(f"M{short(ends[0][i])} {short(middle[i] - 3)}v6m0-3H{short(ends[1][i])}m0-3v6" for i in seen.tolist())
    return f'<path d="{way}" fill="none" stroke="currentColor" stroke-width="1"/>' if way else ""
