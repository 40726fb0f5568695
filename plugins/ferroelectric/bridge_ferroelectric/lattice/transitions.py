"""Where the phases of a temperature ladder change, cooling and heating."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bridge_ferroelectric.phases import PHASES

Array = NDArray[np.float64]

NAMES = tuple(f"{hot}–{cold}" for hot, cold in pairwise(("cubic", *PHASES)))


def legs(temperature: Array) -> tuple[Array, Array]:
    """Indices of the rungs of the cooling leg and of the heating one; the turning point belongs to both.

    Raises ValueError unless the ladder goes down, up, or down and up again.
    """
    change = np.sign(np.diff(temperature))
    turn = int(np.argmin(temperature))
    if (change[:turn] != -1).any() or (change[turn:] != 1).any():
        raise ValueError(
            f"the ladder goes {', '.join(f'{t:g}' for t in temperature)} K. Give the rungs in the order in which they "
            "ran: down, up, or down and then up."
        )
    return np.arange(turn + 1), np.arange(turn, len(temperature))


def find(temperature: Array, count: Array, leg: Array) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Temperature, half step and presence of the three transitions on one leg.

    `count` says how many components are spontaneous at each rung. A transition lies between the last rung with
    fewer and the first with at least 1, 2, 3 components, seen from the hot end; one that the leg does not cross
    is absent, with temperature and half step 0.
    """
    hot = leg[np.argsort(temperature[leg])[::-1]]
    middle, half, present = np.zeros(3), np.zeros(3), np.zeros(3, dtype=bool)
    for n in range(3):
        cold = count[hot] >= n + 1
        first = int(cold.argmax())
        if cold.any() and first > 0:
            above, below = temperature[hot[first - 1]], temperature[hot[first]]
            middle[n], half[n], present[n] = (above + below) / 2, (above - below) / 2, True
    return middle, half, present


def window(temperature: Array, inside: NDArray[np.bool_]) -> Array:
    """Coldest and hottest temperature of which all rungs lie inside, (2,); zeros if there is none."""
    both = [t for t in np.unique(temperature) if inside[temperature == t].all()]
    return np.array([both[0], both[-1]]) if both else np.zeros(2)


def listed(kelvin: Array) -> str:
    """The three transitions in words; 0 K stands for one that is not there."""
    return ", ".join(
        f"{t:.0f} K ({name})" if t > 0 else f"none ({name})" for t, name in zip(kelvin, NAMES, strict=True)
    )


def between(cooling: Array, heating: Array) -> str:
    """The window in which both ways are tetragonal, in words."""
    low, high = max(cooling[1], heating[1]), min((t for t in (cooling[0], heating[0]) if t > 0), default=0.0)
    return (
        f" between {low:.0f} and {high:.0f} K"
        if low < high
        else " at which the ladder is tetragonal, or another pressure"
    )
