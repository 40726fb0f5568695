"""Round-off of a solver, told apart from a wrong answer."""

from __future__ import annotations

import numpy as np

from bridge_pharmacology.ports import Array


def without_round_off(values: Array, largest: Array | float, what: str) -> Array:
    """`values` with negative ones set to 0 where they are at most a millionth of `largest`.

    Raises ArithmeticError for any other negative value: that is no round-off.
    """
    low = values < -1e-6 * np.asarray(largest)
    if low.any():
        raise ArithmeticError(
            f"{what} came out at {values[low].min():.3g}, which is below zero by more than round-off."
        )
    return np.maximum(values, 0.0)


def unbalanced(came: Array, held: Array) -> float:
    """What is missing of what `came` (patient, time), relative to the most that had come to each patient: the worst.

    0 where nothing came.
    """
    most = np.abs(came).max(axis=1, initial=0.0)
    apart = np.abs(came - held).max(axis=1, initial=0.0)
    return float(np.divide(apart, most, out=np.zeros_like(apart), where=most > 0).max(initial=0.0))
