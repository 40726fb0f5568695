"""Wires of a chain on the plane: curves from side to side of boxes, arrows, and words where there is room."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bridge.inspect.pictures.scale_chain import ASKS, DOWN, UP, WITHIN, Bundle, Graph
from bridge.inspect.pictures.scale_layout import BOX, RIGHT, WIDTH, Plane, Spot
from bridge.inspect.pictures.svg_words import escaped, fitted, long, short

Point = tuple[float, float]
Rect = tuple[float, float, float, float]
#: Class and colour of a wire by its way, width, and dashes; colours as pages have them.
LOOKS = {
    UP: ("c0", "#0072b2", 1.7, ""),
    DOWN: ("c1", "#d55e00", 1.7, ' stroke-dasharray="7 3"'),
    WITHIN: ("way", "#59636e", 1.2, ""),
    ASKS: ("c2", "#008a66", 1.3, ""),
}
SAID = 220.0  # pixels of a label, as if it had letters as large as all others
_SMALL = 0.86
_ALONG = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82)
_ARROW, _BULGE = 7.0, 44.0
_SIDES = {"right": (1.0, 0.0), "left": (-1.0, 0.0), "top": (0.0, -1.0), "bottom": (0.0, 1.0)}


@dataclass(frozen=True)
class Curve:
    """A wire's four points, and by which sides it leaves and enters."""

    bundle: Bundle
    sides: tuple[str, str]
    points: tuple[Point, Point, Point, Point] = ((0.0, 0.0),) * 4

    def at(self, t: float) -> Point:
        """A point of the curve, from 0 to 1."""
        a, b, c, d = self.points
        p, q, r, s = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
        return p * a[0] + q * b[0] + r * c[0] + s * d[0], p * a[1] + q * b[1] + r * c[1] + s * d[1]


def curves(graph: Graph, plane: Plane) -> list[Curve]:
    """Every bundle as a curve; what meets at one side of a box is spread over it in the order of where it is from."""
    found = [Curve(b, _sides(plane.spots[b.source], plane.spots[b.target])) for b in graph.bundles]
    meeting: dict[tuple[str, str], list[tuple[float, int, int]]] = {}
    for number, curve in enumerate(found):
        ends = (curve.bundle.source, curve.bundle.target)
        for end in (0, 1):
            far = plane.spots[ends[1 - end]].middle
            along = far[1] if curve.sides[end] in ("left", "right") else far[0]
            meeting.setdefault((ends[end], curve.sides[end]), []).append((along, number, end))
    places: dict[tuple[int, int], Point] = {}
    for (key, side), several in meeting.items():
        for i, (_, number, end) in enumerate(sorted(several)):
            places[number, end] = _on(plane.spots[key], side, (i + 1) / (len(several) + 1))
    return [replace(curve, points=_bent(curve.sides, places[i, 0], places[i, 1])) for i, curve in enumerate(found)]


def _sides(source: Spot, target: Spot) -> tuple[str, str]:
    if target.x >= source.x + source.width + 12:
        return "right", "left"
    if target.x + target.width <= source.x - 12:
        return "left", "right"
    if abs(target.y - source.y) > 1.8 * BOX and abs(target.middle[0] - source.middle[0]) < 40:
        inside = max(source.x + source.width, target.x + target.width) + _BULGE < WIDTH - RIGHT
        return ("right", "right") if inside else ("left", "left")  # around what stands between
    return ("bottom", "top") if target.y > source.y else ("top", "bottom")


def _on(spot: Spot, side: str, part: float) -> Point:
    part = 0.12 + 0.76 * part
    if side in ("left", "right"):
        return spot.x + (spot.width if side == "right" else 0.0), spot.y + part * BOX
    return spot.x + part * spot.width, spot.y + (BOX if side == "bottom" else 0.0)


def _bent(sides: tuple[str, str], start: Point, end: Point) -> tuple[Point, Point, Point, Point]:
    """A curve that leaves and enters at right angles to the sides; it ends where its arrow begins."""
    out, into = _SIDES[sides[0]], _SIDES[sides[1]]
    last = (end[0] + into[0] * _ARROW, end[1] + into[1] * _ARROW)
    axis = 0 if out[0] else 1
    along, beside = abs(last[axis] - start[axis]), abs(last[1 - axis] - start[1 - axis])
    bend = min(180.0, max(22.0, 0.45 * along + 0.12 * beside))
    if sides[0] == sides[1]:
        bend = min(_BULGE, 24.0 + 0.1 * beside)
    elif beside < along:
        bend = min(bend, 0.5 * along)
    first = (start[0] + out[0] * bend, start[1] + out[1] * bend)
    return start, first, (last[0] + into[0] * bend, last[1] + into[1] * bend), last


def drawn(curve: Curve) -> str:
    """A curve with its arrow; a closure is a double line."""
    kind, colour, width, dash = LOOKS[curve.bundle.way]
    lines: list[Sequence[Point]] = [curve.points]
    if curve.bundle.way == ASKS:
        (x, y), (to, down) = curve.points[0], curve.points[3]
        size = math.hypot(to - x, down - y) or 1.0
        aside = (2.0 * (y - down) / size, 2.0 * (to - x) / size)
        lines = [_shifted(curve.points, aside), _shifted(curve.points, (-aside[0], -aside[1]))]
    paths = "".join(f'<path d="{_path(line)}" fill="none" stroke="currentColor"{dash}/>' for line in lines)
    title = escaped("\n".join(wire[2] for wire in curve.bundle.wires))
    ends = _arrow(curve.points[3], curve.sides[1])
    return (
        f'<g class="{kind}" color="{colour}" stroke-width="{width:g}"><title>{title}</title>'
        f'<path d="{_path(curve.points)}" fill="none" stroke="transparent" stroke-width="9"/>{paths}{ends}</g>'
    )


def _shifted(points: Iterable[Point], by: Point) -> tuple[Point, ...]:
    return tuple((x + by[0], y + by[1]) for x, y in points)


def _path(points: Sequence[Point]) -> str:
    start, first, second, end = (f"{short(x)},{short(y)}" for x, y in points)
    return f"M{start} C{first} {second} {end}"


def _arrow(end: Point, side: str) -> str:
    x, y = _SIDES[side]
    tip = (end[0] - x * _ARROW, end[1] - y * _ARROW)
    wings = [(end[0] + y * 3.6, end[1] + x * 3.6), (end[0] - y * 3.6, end[1] - x * 3.6)]
    spelled = " ".join(f"{short(a)},{short(b)}" for a, b in (tip, *wings))
    return f'<polygon points="{spelled}" fill="currentColor" stroke="none"/>'


def labels(found: Sequence[Curve], taken: list[Rect]) -> tuple[list[str], int]:
    """What wires carry, where it meets neither boxes nor other words; and how many had no room.

    Wires between scales come first.
    """
    shapes, left = [], 0
    for curve in sorted(found, key=lambda one: (one.bundle.way == WITHIN, len(one.bundle.wires) == 0)):
        words = fitted(curve.bundle.label, SAID)
        width = _SMALL * long(words) + 6
        for t in _ALONG:
            x, y = curve.at(t)
            rect = (x - width / 2, y - 9, x + width / 2, y + 7)
            if not any(_meet(rect, other) for other in taken):
                taken.append(rect)
                kind, colour, _, _ = LOOKS[curve.bundle.way]
                shapes.append(
                    f'<text class="halo {kind}" color="{colour}" x="{short(x)}" y="{short(y + 3)}" '
                    f'text-anchor="middle" font-size="11" fill="currentColor" stroke="#fff" stroke-width="4" '
                    f'stroke-linejoin="round" paint-order="stroke">{escaped(words)}</text>'
                )
                break
        else:
            left += 1
    return shapes, left


def _meet(a: Rect, b: Rect) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
