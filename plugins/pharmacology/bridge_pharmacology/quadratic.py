"""Two that bind one to one, at equilibrium: the complex, and what is left of either, from their totals."""

from __future__ import annotations

from typing import Any

import numpy as np

from bridge_pharmacology.ports import Array
from bridge_pharmacology.systems.functions import sqrt


def bound(one: Any, other: Any, constant: Any) -> Any:
    """The complex B, the lower root of (one - B)(other - B) = constant B, all in one unit; nothing cancels.

    Of numbers, arrays, or the symbols of rates.
    """
    apart = (one - other) ** 2 + constant * (2 * (one + other) + constant)
    return 2 * one * other / (one + other + constant + sqrt(apart))


def unbound(one: Array, other: Array, constant: Array) -> Array:
    """What is left of `one`, however little it is: one - B, without the difference where that would cancel."""
    root = np.sqrt((one - other) ** 2 + constant * (2 * (one + other) + constant))
    excess = one - other - constant
    return np.asarray(np.where(excess > 0, (excess + root) / 2, 2 * constant * one / (root + np.abs(excess))))
