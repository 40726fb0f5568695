"""Boxes in layers from left to right, each as close as its neighbours let it be to what it is wired to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

GAP = 26.0  # between boxes of a layer
LANE = 12.0  # beside a wire that passes through a layer
APART = 5.0  # wires of one lane
SWEEPS = 24


@dataclass
class Slot:
    """A place in a layer: a box, or the lane of wires that pass through."""

    key: str
    layer: int
    height: float
    box: bool
    y: float = 0.0  # of its upper side


@dataclass(frozen=True)
class Step:
    """A way from a slot to one in the next layer; its ends are heights within the two slots."""

    source: str
    target: str
    leaves: float
    enters: float
    weight: float


@dataclass
class Layout:
    """Where everything is, and through which lanes each pair of boxes is wired."""

    slots: dict[str, Slot]
    layers: list[list[str]]
    ways: dict[tuple[str, str], list[str]]

    @property
    def height(self) -> float:
        """Lower side of the lowest slot."""
        return max(slot.y + slot.height for slot in self.slots.values())


def arrange(heights: dict[str, float], wires: dict[tuple[str, str], list[tuple[float, float]]]) -> Layout:
    """Place boxes of given heights; ``wires`` has, for each pair, where its wires leave and enter.

    What leaves one box shares its lanes through the layers it passes, and parts only before it arrives.
    """
    layer = layers_of(heights, wires)
    slots = {key: Slot(key, layer[key], height, True) for key, height in heights.items()}
    ways: dict[tuple[str, str], list[str]] = {}
    steps: dict[tuple[str, str], Step] = {}
    for (source, target), ends in wires.items():
        lanes = [f"{source} @ {at}" for at in range(layer[source] + 1, layer[target])]
        for at, lane in enumerate(lanes, layer[source] + 1):
            passing = {
                end[0]
                for (origin, aim), several in wires.items()
                for end in several
                if origin == source and layer[aim] > at
            }
            slots[lane] = Slot(lane, at, APART * len(passing), False)
        ways[source, target] = lanes
        leaves, enters = (float(np.mean([end[i] for end in ends])) for i in (0, 1))
        chain = [source, *lanes, target]
        for i, (here, there) in enumerate(pairwise(chain)):
            first = leaves if i == 0 else slots[here].height / 2
            last = enters if i == len(lanes) else slots[there].height / 2
            inside = (not slots[here].box) + (not slots[there].box)
            steps[here, there] = Step(here, there, first, last, (1.0, 2.0, 8.0)[inside])  # long wires are straight
    layers = _ordered(slots, list(steps.values()))
    _placed(slots, layers, list(steps.values()))
    return Layout(slots, layers, ways)


def layers_of(keys: Iterable[str], wires: Iterable[tuple[str, str]]) -> dict[str, int]:
    """As far to the right as what a box feeds lets it be."""
    distance = dict.fromkeys(keys, 0)
    for _ in distance:
        for source, target in wires:
            distance[source] = max(distance[source], distance[target] + 1)
    last = max(distance.values())
    return {key: last - far for key, far in distance.items()}


def _ordered(slots: dict[str, Slot], steps: list[Step]) -> list[list[str]]:
    """Order within layers by the mean of the neighbours' places, keeping what crosses least."""
    layers: list[list[str]] = [[] for _ in range(1 + max(slot.layer for slot in slots.values()))]
    for slot in slots.values():
        layers[slot.layer].append(slot.key)
    before: dict[str, list[Step]] = {key: [] for key in slots}
    after: dict[str, list[Step]] = {key: [] for key in slots}
    for step in steps:
        before[step.target].append(step)
        after[step.source].append(step)
    best, fewest = [list(layer) for layer in layers], _crossings(layers, after)
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        for layer in layers[1:] if forward else layers[-2::-1]:
            place = {key: i / max(1, len(one) - 1) for one in layers for i, key in enumerate(one)}

            def mean(key: str, place: dict[str, float] = place, forward: bool = forward) -> float:
                near = [s.source for s in before[key]] if forward else [s.target for s in after[key]]
                return float(np.mean([place[one] for one in near])) if near else place[key]

            layer.sort(key=mean)
        now = _crossings(layers, after)
        if now < fewest:
            best, fewest = [list(layer) for layer in layers], now
    return best


def _crossings(layers: list[list[str]], after: dict[str, list[Step]]) -> int:
    total = 0
    place = {key: i for layer in layers for i, key in enumerate(layer)}
    for layer in layers:
        ends = [place[step.target] for key in layer for step in sorted(after[key], key=lambda s: place[s.target])]
        total += sum(ends[i] > ends[j] for i in range(len(ends)) for j in range(i + 1, len(ends)))
    return total


def _placed(slots: dict[str, Slot], layers: list[list[str]], steps: list[Step]) -> None:
    """Let every slot move to where its wires are level, keeping order and distance."""
    for layer in layers:
        y = 0.0
        for key in layer:
            slots[key].y = y
            y += slots[key].height + GAP
    near: dict[str, list[tuple[str, float, float, int]]] = {key: [] for key in slots}
    for step in steps:
        near[step.target].append((step.source, step.leaves - step.enters, step.weight, -1))
        near[step.source].append((step.target, step.enters - step.leaves, step.weight, 1))
    for sweep in range(3 * SWEEPS):
        sides = ((-1,), (1,), (-1, 1))[sweep % 3] if sweep < 2 * SWEEPS else (-1, 1)
        for layer in layers if sweep % 2 == 0 else layers[::-1]:
            wanted, weights = [], []
            for key in layer:
                pulls = [(slots[other].y + shift, weight) for other, shift, weight, side in near[key] if side in sides]
                total = sum(weight for _, weight in pulls)
                wanted.append(sum(y * w for y, w in pulls) / total if total else slots[key].y)
                weights.append(total or 0.1)
            for key, y in zip(layer, _spread(wanted, weights, [slots[key] for key in layer]), strict=True):
                slots[key].y = y
    top = min(slot.y for slot in slots.values())
    for slot in slots.values():
        slot.y -= top


def _spread(wanted: Sequence[float], weights: Sequence[float], slots: Sequence[Slot]) -> list[float]:
    """The nearest places (least squares) that keep order and distance: pooled neighbours move together."""
    offsets, y = [], 0.0
    for here, there in zip(slots, [*slots[1:], None], strict=True):
        offsets.append(y)
        y += here.height + (GAP if here.box and (there is None or there.box) else LANE)
    pools: list[list[float]] = []  # mean, weight, how many
    for want, weight, offset in zip(wanted, weights, offsets, strict=True):
        pools.append([want - offset, weight, 1])
        while len(pools) > 1 and pools[-2][0] >= pools[-1][0]:
            mean, heavy, many = pools.pop()
            last = pools[-1]
            total = last[1] + heavy
            pools[-1] = [(last[0] * last[1] + mean * heavy) / total, total, last[2] + many]
    means = [mean for mean, _, many in pools for _ in range(int(many))]
    return [mean + offset for mean, offset in zip(means, offsets, strict=True)]
