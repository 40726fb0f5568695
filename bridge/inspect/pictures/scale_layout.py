"""Where boxes stand on the plane of lengths and times: at their scale, moved just as far as they must."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bridge.inspect.pictures.scale_axes import LogAxis, decades_of
from bridge.inspect.pictures.scale_chain import ASKS, Box, Graph, Place
from bridge.inspect.pictures.svg_words import long

WIDTH, LEFT, RIGHT, TOP, FOOT = 1160.0, 88.0, 16.0, 10.0, 44.0
BOX, HEAD, ROW, APART = 38.0, 18.0, 13.0, 16.0
LANE, LONE = 52.0, 150.0  # between columns; of a scale that has the whole width
NARROW, WIDE = 104.0, 212.0  # of a box
LOW, HIGH, EACH = 250.0, 520.0, 15.0  # of the plane, which grows with the boxes in it
BOLD, SMALL = 1.1, 0.86  # letters of names, and of what stands below them
ROWS = 5  # of a column of boxes at one scale
_PUSHES, _GROWTHS, _STEPS = 300, 40, 24


@dataclass
class Spot:
    """Where a box is: its left and upper side, and how large it is."""

    box: Box
    width: float
    x: float = 0.0
    y: float = 0.0

    @property
    def middle(self) -> tuple[float, float]:
        """Its middle."""
        return self.x + self.width / 2, self.y + BOX / 2


@dataclass
class Block:
    """All boxes of a scale, or of scales with the same ranges, in columns.

    ``aim`` is where the scale is, ``x`` and ``y`` where the block's middle is.
    """

    place: Place
    columns: list[list[Spot]]
    lane: float = LANE
    field: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    aim: tuple[float, float] = (0.0, 0.0)
    x: float = 0.0
    y: float = 0.0

    @functools.cached_property
    def name(self) -> str:
        """What its scale is called, by all who have its ranges."""
        return " · ".join(dict.fromkeys(spot.box.place.name for column in self.columns for spot in column))

    @functools.cached_property
    def width(self) -> float:
        """From the left side to the right."""
        return sum(self.breadths) + self.lane * (len(self.columns) - 1)

    @functools.cached_property
    def height(self) -> float:
        """From the words above it to the lowest box."""
        rows = max(map(len, self.columns))
        return HEAD + rows * BOX + (rows - 1) * ROW

    @functools.cached_property
    def breadths(self) -> list[float]:
        """Widths of its columns."""
        return [max(spot.width for spot in column) for column in self.columns]

    @property
    def corner(self) -> tuple[float, float]:
        """Its left and upper side."""
        return self.x - self.width / 2, self.y - self.height / 2

    def settle(self) -> None:
        """Give every box its place within."""
        x, top = self.corner
        for column, breadth in zip(self.columns, self.breadths, strict=True):
            high = len(column) * BOX + (len(column) - 1) * ROW
            y = top + HEAD + (self.height - HEAD - high) / 2
            for spot in column:
                spot.x, spot.y, spot.width = x, y, breadth
                y += BOX + ROW
            x += breadth + self.lane


@dataclass
class Plane:
    """The whole drawing: axes (None where nobody gives a length or time), blocks, and rails for what has none."""

    across: LogAxis | None
    upward: LogAxis | None
    blocks: list[Block]
    left: float  # side of the plane, right of the rail for what has no length
    floor: float  # its lower side, above the rail for what has no time
    bottom: float  # lower side of everything but the axis
    spots: dict[str, Spot] = field(default_factory=dict)


def plane_of(graph: Graph) -> Plane:
    """Lay out a graph. Boxes of a scale stand together in the order of the flow."""
    blocks = _blocks(graph)
    lengths = decades_of(b.place.meters for b in blocks if b.place.meters)
    times = decades_of(b.place.seconds for b in blocks if b.place.seconds)
    free, fixed = [b for b in blocks if b.place.seconds], [b for b in blocks if not b.place.seconds]
    high = max(min(HIGH, LOW + EACH * len(graph.boxes)), max((b.height for b in free), default=0) + 40) if times else 0
    rail = max((b.height for b in fixed), default=0) + 24 if fixed else 0.0
    for _ in range(_GROWTHS):
        plane = _placed(blocks, lengths, times, high, rail)
        crowded = _nudged(blocks)
        if not crowded:
            break
        high += 50 if any(b.place.seconds for b in crowded) else 0
        rail += 40 if any(not b.place.seconds for b in crowded) else 0
    for block in blocks:
        block.settle()
    plane.spots = {spot.box.key: spot for block in blocks for column in block.columns for spot in column}
    return plane


def _blocks(graph: Graph) -> list[Block]:
    """Boxes by their scale, each scale in columns."""
    order = {key: i for i, key in enumerate(graph.boxes)}
    ends = [(b.source, b.target) for b in graph.bundles if b.way != ASKS and order[b.source] < order[b.target]]
    rank = _ranks(order, ends)
    groups: dict[tuple[str, str, str], list[Box]] = {}
    for key in sorted(order, key=lambda key: (rank[key], order[key])):
        place = graph.boxes[key].place
        ranges = (place.length, place.time)
        groups.setdefault((*ranges, "" if any(ranges) else place.name), []).append(graph.boxes[key])
    share = {1: 0.97, 2: 0.56, 3: 0.5}.get(len(groups), 0.48)
    columns = [_columns(boxes, rank, share) for boxes in groups.values()]
    return [Block(found[0][0].box.place, found, _lane(found) if len(columns) == 1 else LANE) for found in columns]


def _lane(columns: Sequence[Sequence[Spot]]) -> float:
    """Room between the columns of the only scale, which has the whole width."""
    room = WIDTH - LEFT - RIGHT - 20 - sum(max(spot.width for spot in column) for column in columns)
    return max(LANE, min(LONE, room / max(1, len(columns) - 1)))


def _ranks(order: Iterable[str], ends: Sequence[tuple[str, str]]) -> dict[str, int]:
    """How many steps of the flow come before each box, which all lead forward in its order."""
    rank = dict.fromkeys(order, 0)
    leads: dict[str, list[str]] = {}
    for source, target in ends:
        leads.setdefault(source, []).append(target)
    for key in rank:
        for target in leads.get(key, ()):
            rank[target] = max(rank[target], rank[key] + 1)
    return rank


def _columns(boxes: Sequence[Box], rank: dict[str, int], share: float) -> list[list[Spot]]:
    """A column for each step of the flow if that is neither wide nor high, else columns filled one after the other."""
    spots = [Spot(box, _width(box)) for box in boxes]
    widest = max(spot.width for spot in spots)
    most = max(1, int((share * (WIDTH - LEFT - RIGHT) + LANE) / (widest + LANE)))
    steps: dict[int, list[Spot]] = {}
    for spot in spots:
        steps.setdefault(rank[spot.box.key], []).append(spot)
    if len(steps) <= most and all(len(step) <= ROWS for step in steps.values()):
        return list(steps.values())
    rows = max(math.ceil(len(spots) / most), min(ROWS, math.ceil(math.sqrt(len(spots)))))
    return [spots[i : i + rows] for i in range(0, len(spots), rows)]


def _width(box: Box) -> float:
    return min(WIDE, max(NARROW, BOLD * long(box.title) + 18, SMALL * long(box.below) + 18))


def _placed(
    blocks: Sequence[Block],
    lengths: tuple[float, float] | None,
    times: tuple[float, float] | None,
    high: float,
    rail: float,
) -> Plane:
    """Axes for a plane so high, with every block where its scale is."""
    apart = [b for b in blocks if lengths and not b.place.meters]
    left = LEFT + (max(b.width for b in apart) + 24 if apart else 0)
    right, floor = WIDTH - RIGHT, TOP + high
    across = LogAxis(*lengths, left, right) if lengths else None
    upward = LogAxis(*times, floor, TOP) if times else None
    for block in blocks:
        meters, seconds = block.place.meters, block.place.seconds
        sides = (LEFT, left) if block in apart else (left, right)
        levels = (TOP, floor) if seconds else (floor, floor + rail)
        block.field = (*sides, *levels)
        x = across.middle(meters) if across and meters else sum(sides) / 2
        y = upward.middle(seconds) if upward and seconds else sum(levels) / 2
        block.aim = (x, y)
        block.x, block.y = _within(block, x, y)
    return Plane(across, upward, list(blocks), left, floor, floor + rail)


def _within(block: Block, x: float, y: float) -> tuple[float, float]:
    """The nearest place for a block's middle inside of its field."""
    left, right, top, low = block.field
    half, tall = block.width / 2 + 6, block.height / 2 + 5
    x = (left + right) / 2 if right - left < 2 * half else min(max(x, left + half), right - half)
    y = (top + low) / 2 if low - top < 2 * tall else min(max(y, top + tall), low - tall)
    return x, y


def _nudged(blocks: Sequence[Block]) -> list[Block]:
    """Push blocks apart, then each back as far as there is room; those that still overlap come back."""
    for _ in range(_PUSHES):
        pairs = [(a, b) for i, a in enumerate(blocks) for b in blocks[i + 1 :] if _overlap(a, b)]
        if not pairs:
            break
        for a, b in pairs:
            _push(a, b)
    crowded = [one for pair in pairs for one in pair] if pairs else []
    if crowded:
        return crowded
    for block in sorted(blocks, key=lambda b: -_far(b)):
        _return(block, [other for other in blocks if other is not block])
    return []


def _overlap(a: Block, b: Block) -> tuple[float, float] | None:
    """How far two blocks reach into one another, with the room that they keep; None if they do not."""
    x = (a.width + b.width) / 2 + 2 * APART - abs(a.x - b.x)
    y = (a.height + b.height) / 2 + APART - abs(a.y - b.y)
    return (x, y) if x > 0.01 and y > 0.01 else None


def _push(a: Block, b: Block) -> None:
    """Move two blocks apart by the shorter way; if one cannot, the other goes on."""
    found = _overlap(a, b)
    if found is None:
        return
    x, y = found
    for one, sign in ((a, -1.0), (b, 1.0)):
        if y <= x:
            down = math.copysign(1.0, (b.aim[1] - a.aim[1]) or (b.y - a.y) or 1.0) * sign
            one.x, one.y = _within(one, one.x, one.y + down * (y / 2 + 0.5))
        else:
            along = math.copysign(1.0, (b.aim[0] - a.aim[0]) or (b.x - a.x) or 1.0) * sign
            one.x, one.y = _within(one, one.x + along * (x / 2 + 0.5), one.y)


def _return(block: Block, others: Iterable[Block]) -> None:
    """Move a block towards where its scale is, in steps, as long as it meets nobody."""
    home = _within(block, *block.aim)
    for axis in (0, 1):
        for _ in range(_STEPS):
            x, y = block.x, block.y
            step = [(home[0] - x) / 6, 0.0] if axis == 0 else [0.0, (home[1] - y) / 6]
            block.x, block.y = x + step[0], y + step[1]
            if any(_overlap(block, other) for other in others):
                block.x, block.y = x, y
                break


def _far(block: Block) -> float:
    return math.hypot(block.x - block.aim[0], block.y - block.aim[1])
