"""Protection by neutralisation level: a logistic of log10 titre, averaged over the people who share a mean level.

D. S. Khoury et al., Nat. Med. 27, 1205 (2021): P(n) = 1 / (1 + exp(-k (n - n50))), n normal about a mean level. All
levels and the steepness k are in log10 of titre over the mean titre of convalescents.
"""

from __future__ import annotations

from math import ceil, isfinite, pi, sqrt, tau

import numpy as np
from numpy.typing import ArrayLike

from bridge_epidemic.ports import Array

#: So many natural logarithms below one the error of the mean stays, and so many spreads the sum goes to either side.
SMALL = 28.0
REACH = 8.0
#: Numbers that are held at a time; more levels are summed node by node.
AT_ONCE = 20_000


def logistic(level: ArrayLike, steepness: float, half_level: float) -> Array:
    """Protection at levels themselves; no level at all is -inf, and protects from nothing."""
    half = 0.5 * steepness * (np.asarray(level, np.float64) - half_level)
    protection: Array = 0.5 + 0.5 * np.tanh(half)
    return protection


def nodes(steepness: float, spread: float) -> tuple[Array, Array]:
    """Standard deviations from the mean, and weights that sum to one, for a mean that is good to 1e-11.

    Trapezium: the error falls as exp(a² / 2 - 2 pi a / h) for every a up to where the logistic has its pole, pi / (k
    spread) off the real axis (L. N. Trefethen, J. A. C. Weideman, SIAM Rev. 56, 385, 2014).
    """
    strip = min(pi / (steepness * spread), 6.0)
    count = ceil(REACH / (tau * strip / (SMALL + strip**2 / 2)))
    z = np.linspace(-REACH, REACH, 2 * count + 1)
    weight = np.exp(-0.5 * z**2)
    return z, weight / weight.sum()


def refused(steepness: float, half_level: float, spread: float) -> None:
    """Raise ValueError for a logistic that is none."""
    if not (isfinite(steepness) and steepness > 0):
        raise ValueError(f"steepness is {steepness:g} per log10 of titre; it must be above 0. Write steepness=3.0.")
    if not isfinite(half_level):
        raise ValueError(f"half_level is {half_level:g}; it must be a log10 of titre. Write half_level=-0.695.")
    if not 0 <= spread * steepness <= 1000:
        raise ValueError(f"spread is {spread:g} log10 of titre; it must be 0 or more, and below {1000 / steepness:g}.")


def mean_protection(level: ArrayLike, steepness: float, half_level: float, spread: float) -> Array:
    """Protection of people with levels normal about `level`, of any shape, with a standard deviation of `spread`.

    `steepness` is per log10 of titre. Good to 1e-10; no level at all (-inf) protects from nothing. Raises ValueError
    for a steepness of 0 or below, and for a negative spread.
    """
    refused(steepness, half_level, spread)
    if spread == 0:
        return logistic(level, steepness, half_level)
    # 1/2 + 1/2 tanh(x/2) is the logistic without overflow, and numpy's tanh is quicker than its exp and a division.
    half = 0.5 * steepness * (np.asarray(level, np.float64) - half_level)
    z, weight = nodes(steepness, spread)
    away = 0.5 * steepness * spread * z
    if half.size * z.size <= AT_ONCE:
        mean = np.tanh(half[..., None] + away) @ weight
    else:
        mean, scratch = np.zeros_like(half), np.empty_like(half)
        for there, share in zip(away, weight, strict=True):
            np.add(half, there, out=scratch)
            mean += share * np.tanh(scratch, out=scratch)
    protection: Array = np.clip(0.5 + 0.5 * mean, 0.0, 1.0)
    return protection


def level_of(protection: ArrayLike, steepness: float, half_level: float, spread: float) -> Array:
    """The mean level at which people are protected so far on average: the inverse of `mean_protection`, to 1e-9.

    Raises ValueError for a protection that no level has: 0 and below, 1 and above.
    """
    refused(steepness, half_level, spread)
    wanted = np.asarray(protection, np.float64)
    if not ((wanted > 0) & (wanted < 1)).all():
        worst = wanted[~((wanted > 0) & (wanted < 1))].flat[0]
        raise ValueError(f"No level protects a share of {worst:g}; it must lie between 0 and 1, and be neither.")
    aim = np.log(wanted) - np.log1p(-wanted)
    wide = sqrt(1 + pi / 8 * (steepness * spread) ** 2)
    found = half_level + aim * wide / steepness
    low, high = np.full_like(found, -np.inf), np.full_like(found, np.inf)
    for _ in range(100):
        reached = mean_protection(found, steepness, half_level, spread)
        below = reached < wanted
        low, high = np.where(below, found, low), np.where(below, high, found)
        step = 1e-4 / steepness
        slope = mean_protection(found + step, steepness, half_level, spread)
        slope = (slope - mean_protection(found - step, steepness, half_level, spread)) / (2 * step)
        with np.errstate(divide="ignore", invalid="ignore"):
            move = (wanted - reached) / slope
        # A step of Newton's outside of what is known, or of a slope lost in rounding, halves the bracket instead.
        between = np.where(np.isfinite(low + high), 0.5 * (low + high), found + np.where(below, 1, -1) / steepness)
        newton = found + np.clip(move, -2 * wide / steepness, 2 * wide / steepness)
        after = np.where(np.isfinite(newton) & (newton > low) & (newton < high), newton, between)
        if np.all(np.abs(after - found) <= 1e-12 * (1 + np.abs(found))):
            break
        found = after
    return found
