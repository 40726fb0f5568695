"""A chain drawn by scale: length across, time up, each stage where its scale is, wires with quantity and unit.

What has no length or no time stands on a rail that says so. The drawing needs no stylesheet; a page may give it
other colours by the classes of its parts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from bridge.inspect.pictures.scale_axes import length_ticks, time_ticks
from bridge.inspect.pictures.scale_chain import ASKS, DOWN, UP, WITHIN, Graph
from bridge.inspect.pictures.scale_layout import (
    BOLD,
    BOX,
    FOOT,
    HEAD,
    LEFT,
    RIGHT,
    SMALL,
    WIDTH,
    Block,
    Plane,
    Spot,
    plane_of,
)
from bridge.inspect.pictures.scale_wires import LOOKS, Rect, curves, drawn, labels
from bridge.inspect.pictures.svg_words import SIZE, cut, escaped, fitted, legible, long, short

#: What each way of a wire is called.
WAYS = {UP: "fine → coarse", DOWN: "coarse → fine", WITHIN: "within a scale", ASKS: "closure: asks while it runs"}
#: Bundles that the words of a picture name one by one.
TOLD = 60
_QUIET = 'class="quiet" fill="#59636e"'
_LEGEND = 30.0


def svg(graph: Graph) -> str:
    """Draw a chain."""
    if not graph.boxes:
        return ""
    plane = plane_of(graph)
    found = curves(graph, plane)
    taken: list[Rect] = [(s.x - 2, s.y - 1, s.x + s.width + 2, s.y + BOX + 1) for s in plane.spots.values()] + [
        (b.corner[0], b.corner[1], b.corner[0] + _head_width(b), b.corner[1] + HEAD) for b in plane.blocks
    ]
    words, left = labels(found, taken)
    height = plane.bottom + FOOT + _LEGEND
    shapes = [
        *_ground(plane),
        *(shape for block in plane.blocks for shape in _scale(plane, block)),
        *map(drawn, found),
        *(shape for block in plane.blocks for shape in _named(block)),
        *(shape for spot in plane.spots.values() for shape in _box(spot)),
        *words,
        *_legend(graph, height - 12, left),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="plot graph" role="group" aria-label="{escaped(told(graph))}" '
        f'viewBox="0 0 {WIDTH:g} {short(height)}" width="{WIDTH:g}" height="{short(height)}" color="#20242a" '
        f'font-family="system-ui, sans-serif" font-size="{SIZE:g}">' + "\n".join(shapes) + "</svg>"
    )


def told(graph: Graph) -> str:
    """The chain in words: which stages stand at which scale, and what goes from one to another."""
    places: dict[str, list[str]] = {}
    for box in graph.boxes.values():
        places.setdefault(str(box.place), []).append(box.title)
    stages = sum(len(box.members) for box in graph.boxes.values())
    words = [f"Chain of {stages} stage{'s' * (stages != 1)} by scale."]
    words += [f"{place}: {', '.join(titles)}." for place, titles in places.items()]
    for bundle in graph.bundles[:TOLD]:
        source, target = (graph.boxes[key].title for key in (bundle.source, bundle.target))
        if bundle.way == ASKS:
            words.append(f"{source} asks {target} while it runs.")
            continue
        what = dict.fromkeys(f"{name}{f' in {unit}' if unit else ''}" for name, unit, _ in bundle.wires)
        words.append(f"{source} gives {target} {', '.join(what)} ({WAYS[bundle.way]}).")
    more = len(graph.bundles) - TOLD
    return legible(" ".join([*words, *([f"And {more} more."] if more > 0 else [])]))


def _ground(plane: Plane) -> Iterator[str]:
    """Axes, their decades, and rails."""
    right, bottom = WIDTH - RIGHT, plane.bottom
    top = min(b.field[2] for b in plane.blocks)
    yield f'<g {_QUIET} font-size="12" stroke-width="1">'
    if plane.across:
        for x in plane.across.decades:
            yield _line(x, top, x, bottom, 0.09)
        for x, words in length_ticks(plane.across, 78):
            yield _line(x, bottom, x, bottom + 5, 0.8) + _text(x, bottom + 18, words, "middle")
        middle = (plane.across.start + plane.across.end) / 2
        yield _text(middle, bottom + 36, "length", "middle") + _line(plane.left, bottom, right, bottom, 0.6)
    else:
        words = "no stage has a length" if plane.upward else "no stage has a length or a time: in the order of the flow"
        yield _text((LEFT + right) / 2, bottom + 20, words, "middle")
    if plane.upward:
        for y in plane.upward.decades:
            yield _line(plane.left, y, right, y, 0.09)
        for y, words in time_ticks(plane.upward, 24):
            yield _line(LEFT - 5, y, LEFT, y, 0.8) + _text(LEFT - 9, y + 4, words, "end")
        yield _line(LEFT, top, LEFT, plane.floor, 0.6)
        at = short((top + plane.floor) / 2)
        yield f'<text x="11" y="{at}" text-anchor="middle" transform="rotate(-90 11 {at})">time</text>'
    if plane.bottom > plane.floor and (plane.upward or plane.across):
        if plane.upward:
            yield _line(LEFT, plane.floor, right, plane.floor, 0.35, dashed=True)
            middle = (plane.floor + bottom) / 2
            yield _text(LEFT - 9, middle - 4, "no time", "end") + _text(LEFT - 9, middle + 11, "given", "end")
        else:
            yield _text(right, bottom + 36, "no stage has a time", "end")
    if plane.across and plane.left > LEFT:
        yield _line(plane.left, top, plane.left, bottom, 0.35, dashed=True)
        yield _text(LEFT + 5, top + 13, "no length given", "start")
    yield "</g>"


def _scale(plane: Plane, block: Block) -> Iterator[str]:
    """The ranges of a scale as a faint rectangle, and a line from its middle to where its boxes had to go."""
    meters, seconds = block.place.meters, block.place.seconds
    left, right, top, low = block.field
    if plane.across and meters:
        left, right = plane.across.at(meters[0]), plane.across.at(meters[1])
    if plane.upward and seconds:
        low, top = plane.upward.at(seconds[0]), plane.upward.at(seconds[1])
    if (meters and plane.across) or (seconds and plane.upward):
        inset = 0.0 if seconds else 5.0
        yield (
            f'<rect class="extent" x="{short(left)}" y="{short(top + inset)}" width="{short(max(2.0, right - left))}" '
            f'height="{short(max(2.0, low - top - 2 * inset))}" rx="5" fill="currentColor" fill-opacity="0.05" '
            f'stroke="currentColor" stroke-opacity="0.22"><title>{escaped(str(block.place))}</title></rect>'
        )
    x, y = block.aim
    aside = (max(0.0, abs(x - block.x) - block.width / 2), max(0.0, abs(y - block.y) - block.height / 2))
    if sum(aside) > 4 and ((meters and plane.across) or (seconds and plane.upward)):
        near = (
            min(max(x, block.x - block.width / 2), block.x + block.width / 2),
            min(max(y, block.y - block.height / 2), block.y + block.height / 2),
        )
        yield (
            f'<g {_QUIET}><path d="M{short(near[0])},{short(near[1])} L{short(x)},{short(y)}" fill="none" '
            f'stroke="currentColor" stroke-opacity="0.55" stroke-dasharray="2 3"/>'
            f'<circle cx="{short(x)}" cy="{short(y)}" r="3" fill="currentColor" fill-opacity="0.7"/></g>'
        )


def _named(block: Block) -> Iterator[str]:
    """The name of a scale above its boxes."""
    x, y = block.corner
    words = fitted(block.name, max(block.width - 4, 90))
    yield (
        f'<text class="halo quiet" x="{short(x + 2)}" y="{short(y + 12)}" font-size="12" font-weight="600" '
        f'fill="#59636e" stroke="#fff" stroke-width="4" stroke-linejoin="round" paint-order="stroke">'
        f"{escaped(words)}</text>"
    )


def _head_width(block: Block) -> float:
    return min(long(block.name), max(block.width - 4, 90))


def _box(spot: Spot) -> Iterator[str]:
    """A stage: its name, below it its model, state and time; dashed where it was found and not computed."""
    box, x, y, width = spot.box, spot.x, spot.y, spot.width
    wrong = box.state in ("failed", "damaged")
    dash = ' stroke-dasharray="5 3"' if box.state == "found" else ""
    kind = "box wrong" if wrong else "box asked" if box.asked else "box"
    pen = "#b3261e" if wrong else "#008a66" if box.asked else "#20242a"
    inner = (
        f'<rect x="{short(x)}" y="{short(y)}" width="{short(width)}" height="{BOX:g}" rx="{19 if box.asked else 5}" '
        f'fill="#fff" stroke="currentColor" stroke-width="{1.8 if wrong else 1.2}"{dash}/>'
    )
    if len(box.members) > 1:
        inner = (
            f'<rect x="{short(x + 4)}" y="{short(y - 4)}" width="{short(width)}" height="{BOX:g}" rx="5" fill="#fff" '
            f'stroke="currentColor" stroke-width="1.2"/>{inner}'
        )
    middle = short(x + width / 2)
    inner += (
        f'<text x="{middle}" y="{short(y + 16)}" text-anchor="middle" font-weight="600" fill="currentColor">'
        f"{escaped(fitted(box.title, (width - 12) / BOLD))}</text>"
        f'<text x="{middle}" y="{short(y + 30)}" text-anchor="middle" font-size="11" {_QUIET}>'
        f"{escaped(fitted(box.below, (width - 12) / SMALL))}</text>"
    )
    title = f"<title>{escaped(cut(box.told, 600))}</title>"
    shape = f'<g class="{kind}" color="{pen}">{title}{inner}</g>'
    yield f'<a href="{escaped(box.href)}">{shape}</a>' if box.href else shape


def _legend(graph: Graph, y: float, left: int) -> Iterator[str]:
    """What the lines mean, of those that are there."""
    ways = Counter(bundle.way for bundle in graph.bundles)
    x = LEFT
    for way, words in WAYS.items():
        if not ways[way]:
            continue
        kind, colour, width, dash = LOOKS[way]
        pen = f'stroke="currentColor" stroke-width="{width:g}"{dash}'
        for shift in (-2, 2) if way == ASKS else (0,):
            yield (
                f'<path class="{kind}" color="{colour}" d="M{short(x)},{short(y - 4 + shift)} h26" fill="none" {pen}/>'
            )
        yield f'<text x="{short(x + 32)}" y="{short(y)}" font-size="12" {_QUIET}>{escaped(words)}</text>'
        x += 32 + long(words) + 26
    if any(box.state == "found" for box in graph.boxes.values()):
        yield (
            f'<rect x="{short(x)}" y="{short(y - 10)}" width="22" height="12" rx="3" fill="none" '
            f'stroke="currentColor" stroke-dasharray="5 3"/>'
            f'<text x="{short(x + 28)}" y="{short(y)}" font-size="12" {_QUIET}>↺ found in the store</text>'
        )
        x += 28 + long("↺ found in the store") + 26
    if left:
        words = f"{left} wire{'s' * (left > 1)} without words here: point at them, or see the list"
        yield f'<text x="{WIDTH - RIGHT:g}" y="{short(y)}" text-anchor="end" font-size="12" {_QUIET}>{words}</text>'


def _line(x: float, y: float, to: float, down: float, opacity: float, dashed: bool = False) -> str:
    dash = ' stroke-dasharray="4 4"' if dashed else ""
    return (
        f'<path d="M{short(x)},{short(y)} L{short(to)},{short(down)}" stroke="currentColor" '
        f'stroke-opacity="{opacity:g}"{dash}/>'
    )


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{short(x)}" y="{short(y)}" text-anchor="{anchor}">{escaped(words)}</text>'
