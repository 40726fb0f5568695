"""Which states to run first: few, and those that tell most about the others."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bridge.scales.surrogate.kernels import Floats
from bridge.scales.surrogate.known import OUTSIDE

#: Candidates looked at in one round at most.
CANDIDATES = 1500


def spread_out(x: Floats, among: Floats, count: int) -> list[int]:
    """``count`` rows of ``x`` that lie far from one another and from the states ``among``, the farthest first."""
    both = np.vstack([x, among])
    width = np.ptp(both, axis=0)
    scaled = x / np.where(width > 0, width, 1.0)
    if len(among):
        others = among / np.where(width > 0, width, 1.0)
        nearest = np.min([np.linalg.norm(scaled - one, axis=1) for one in others], axis=0)
    else:
        nearest = np.linalg.norm(scaled - (scaled.min(axis=0) + scaled.max(axis=0)) / 2, axis=1)
    chosen: list[int] = []
    for _ in range(min(count, len(x))):
        row = int(np.argmax(nearest))
        distance = np.linalg.norm(scaled - scaled[row], axis=1)
        nearest = distance if not chosen and not len(among) else np.minimum(nearest, distance)
        nearest[[*chosen, row]] = -1.0
        chosen.append(row)
    return chosen


def most_telling(
    x: Floats, urgency: Floats, box: tuple[Floats, Floats], suppose: Callable[[int], Floats], count: int, least: int
) -> list[int]:
    """Rows of ``x`` to run, one after the other that with the greatest ``urgency``.

    Urgency is the bound in tolerances; ``suppose(row)`` tells it anew as if that row had been run. States outside the
    ``box`` of what is known come first, the farthest before the others, for they make it larger. Ends when every row
    is within tolerance (but not before ``least``), or at ``count``.
    """
    low, high = box
    chosen: list[int] = []
    while len(chosen) < min(count, len(x)):
        width = np.where(high > low, high - low, 1.0)
        beyond = (np.maximum(np.maximum(low - x, x - high), 0.0) / width).max(axis=1)
        first = np.where(beyond > np.where(high > low, OUTSIDE, 0.0).min(), 1e6 * (1 + beyond), 0.0)
        rank = np.maximum(urgency, first)
        rank[chosen] = -1.0
        row = int(np.argmax(rank))
        if rank[row] <= 1 and len(chosen) >= least:
            break
        chosen.append(row)
        urgency = suppose(row)
        low, high = np.minimum(low, x[row]), np.maximum(high, x[row])
    return chosen
