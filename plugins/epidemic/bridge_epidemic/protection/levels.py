"""Mean levels of neutralisation: how they wane, and protection between those it was tabulated at."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from bridge_epidemic.ports import Array


def at_age(level: ArrayLike, age: ArrayLike, half_life: float) -> Array:
    """Mean levels when immunity is so many days old; titres halve in `half_life` days."""
    waned: Array = np.asarray(level, np.float64) - np.asarray(age, np.float64) * np.log10(2) / half_life
    return waned


def tabulated(at: ArrayLike, level: Array, protection: Array) -> Array:
    """Protection at any levels, from a table over evenly spaced ones (its last axis), by cubics through four of them.

    Axes of `at` take the place of the table's last one. Beyond the table it is what it is at its ends. Raises
    ValueError for levels that are not even.
    """
    step = np.diff(level)
    if level.size < 4 or not (step[0] > 0 and np.allclose(step, step[0], rtol=1e-6, atol=0)):
        raise ValueError("level must rise by even steps and have four elements or more; give those of protection.sera.")
    place = np.clip((np.asarray(at, np.float64) - level[0]) / step[0], 0, level.size - 1)
    first = np.clip(np.floor(place).astype(np.int64) - 1, 0, level.size - 4)
    x = place - first
    # Lagrange's weights of the nodes 0, 1, 2, 3
    weights = (
        -(x - 1) * (x - 2) * (x - 3) / 6,
        x * (x - 2) * (x - 3) / 2,
        -x * (x - 1) * (x - 3) / 2,
        x * (x - 1) * (x - 2) / 6,
    )
    found: Array = np.clip(sum(weight * protection[..., first + i] for i, weight in enumerate(weights)), 0.0, 1.0)
    return found


def interval(draws: Array) -> tuple[Array, Array, Array]:
    """The first row, and the 2.5 % and 97.5 % quantiles of the others; a row alone is all three."""
    if len(draws) == 1:
        return draws[0], draws[0], draws[0]
    low, high = np.quantile(draws[1:], (0.025, 0.975), axis=0)
    return draws[0], low, high
