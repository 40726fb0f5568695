"""Quantiles of numbers of which some are only known to be above, or below, a limit of their own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bridge_epidemic.ports import Array, Whole

#: Steps of expectation and maximisation at most, and the change of a mass that ends them before: where many numbers
#: are censored from both sides, what has no mass loses it slowly, some 1e-4 being left.
STEPS = 2000
STILL = 1e-10

#: The probabilities that are told.
PROBABILITY = np.array([0.1, 0.25, 0.5, 0.75, 0.9])


@dataclass(frozen=True)
class Quantiles:
    """Quantiles, one for each probability asked for.

    `value` is the estimate; where `bound` is 1 it is a lower bound, where -1 an upper bound. `lowest` and `highest`
    hold whatever the censored numbers are; where `open` is 1 there is no highest, where -1 no lowest, and the array
    repeats the other one there.
    """

    value: Array
    bound: Whole
    lowest: Array
    highest: Array
    open: Whole


def quantiles(low: Array, high: Array, probability: Array) -> Quantiles:
    """Quantiles of numbers, each known to lie from `low` to `high`: equal ends, or one end infinite.

    The estimate is the distribution that makes the data most likely (B. W. Turnbull, J. R. Stat. Soc. B 38, 290, 1976;
    Kaplan and Meier's, where only high ends are infinite): it takes the limits to be independent of what they hide.
    `lowest` and `highest` take nothing: they put every censored number at either of its ends. A quantile is the
    smallest number with at least its probability at or below it. One of
    its two ends is always finite.
    """
    place = np.maximum(np.ceil(probability * low.size - 1e-9).astype(np.int64) - 1, 0)
    least, most = np.sort(low)[place], np.sort(high)[place]
    start, end, mass = most_likely(low, high)
    at = np.minimum(np.searchsorted(np.cumsum(mass), probability - 1e-7), mass.size - 1)
    left, right = start[at], end[at]
    bound = np.where(np.isinf(right), 1, np.where(np.isinf(left), -1, 0))
    both = np.isfinite(left) & np.isfinite(right)
    middle = np.where(both, 0.5 * (np.where(both, left, 0) + np.where(both, right, 0)), 0.0)
    # Where nothing but a bound can be told, it is one that holds whatever the censored numbers are.
    value = np.where(bound == 1, least, np.where(bound == -1, most, middle))
    unlimited = np.where(np.isinf(most), 1, np.where(np.isinf(least), -1, 0))
    return Quantiles(
        value,
        bound.astype(np.int64),
        np.where(np.isinf(least), most, least),
        np.where(np.isinf(most), least, most),
        unlimited.astype(np.int64),
    )


def logarithms(measured: Array, lower_limit: float, upper_limit: float) -> tuple[Array, Array]:
    """Ends between which the logarithm of a number lies that was measured between two limits."""
    above, below = measured >= upper_limit, measured <= lower_limit
    least = np.where(below, -np.inf, np.log(measured))
    most = np.where(above, np.inf, np.log(np.maximum(measured, lower_limit)))
    return least, most


def most_likely(low: Array, high: Array) -> tuple[Array, Array, Array]:
    """Ends and masses of the intervals that carry the most likely distribution, in ascending order.

    An interval carries mass if it begins at a low end, ends at a high one, and holds no other end inside (Turnbull's
    innermost intervals). A number censored above its limit lies strictly above it, one censored below lies below or
    at it.
    """
    # Ends in order: of equal ones, high ends below come before exact ones, and these before low ends above.
    ends = np.concatenate([low, high])
    exact = low == high
    rank = np.concatenate([np.where(exact, 0, 2), np.ones(low.size)])
    is_low = np.repeat([True, False], low.size)
    order = np.lexsort((rank, ends))
    sequence = is_low[order]
    inner = np.flatnonzero(sequence[:-1] & ~sequence[1:])
    start, end = ends[order][inner], ends[order][inner + 1]
    position = np.empty(ends.size, dtype=np.int64)
    position[order] = np.arange(ends.size)
    first = np.searchsorted(inner, position[: low.size])
    beyond = np.searchsorted(inner + 1, position[low.size :], side="right")
    mass = np.full(inner.size, 1 / inner.size)
    for _ in range(STEPS):
        total = np.concatenate([[0.0], np.cumsum(mass)])
        weight = 1 / (total[beyond] - total[first])
        change = np.bincount(first, weight, inner.size + 1) - np.bincount(beyond, weight, inner.size + 1)
        new = mass * np.cumsum(change)[:-1] / low.size
        moved = np.abs(new - mass).max()
        mass = new
        if moved < STILL:
            break
    return start, end, mass / mass.sum()
