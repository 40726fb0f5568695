"""What a burst of micro steps shows of the modes in it, and how far one may leap before one of them grows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bridge.errors import BridgeError

Array = NDArray[np.float64]

ROUNDING = 1e4 * np.finfo(np.float64).eps
"""Differences of coarse states below this part of the states themselves are rounding, not modes."""

MOST_INNER = 100
"""Where the search for a sufficient number of inner steps ends."""


class UnstableLeap(BridgeError):
    """A leap would amplify a mode that the fine model damps."""


def decay(path: Array, noise: float = 0.0) -> Array:
    """Factors by which the modes in a burst change in one micro step, from its coarse states, one a row.

    Differences of successive states follow the linearised step, so that the step's action on the space they span has
    its eigenvalues (dynamic mode decomposition: P. J. Schmid, J. Fluid Mech. 656, 5 (2010)). Directions below
    ``noise``, the standard error of one state, or below rounding are left out; there may be none left.
    """
    rows = path.reshape(len(path), -1)
    change = np.diff(rows, axis=0).T
    if change.shape[1] < 2:
        return np.empty(0, dtype=np.complex128)
    first, second = change[:, :-1], change[:, 1:]
    left, sizes, right = np.linalg.svd(first, full_matrices=False)
    floor = ROUNDING * float(np.abs(rows).max()) + 4 * noise * np.sqrt(change.size)
    kept = sizes > floor
    if not kept.any():
        return np.empty(0, dtype=np.complex128)
    step = left[:, kept].T @ second @ right[kept].T / sizes[kept]
    return np.asarray(np.linalg.eigvals(step))


def amplification(factor: complex, inner: int, leap: int, order: int) -> float:
    """How much a mode that changes by ``factor`` in a micro step grows over a burst and a leap, per leap.

    First order: factor^inner ((leap + 1) factor - leap). The second order has the slope of the burst before in it, and
    its growth is the larger root of a quadratic.
    """
    slope = factor**inner * (factor - 1)
    burst = factor ** (inner + 1)
    if order == 1:
        return float(abs(burst + leap * slope))
    weight = (leap + 1) / (2 * (leap + inner + 1))
    return float(np.abs(np.roots([1.0, -(burst + (1 + weight) * leap * slope), weight * leap * slope])).max())


def _unstable(factors: Array, inner: int, leap: int, order: int) -> list[complex]:
    """The decaying modes that a leap would amplify; what grows by itself may grow."""
    return [f for f in factors if abs(f) <= 1 and amplification(f, inner, leap, order) > 1 + 1e-9]


def stable_leap(factors: Array, inner: int, order: int, wanted: int) -> int:
    """The longest leap, of at most ``wanted`` micro steps, that amplifies none of the modes; none is 0."""
    leap = wanted
    while leap and _unstable(factors, inner, leap, order):
        leap = int(leap * 0.9)
    while leap < wanted and not _unstable(factors, inner, leap + 1, order):
        leap += 1
    return leap


def refuse_unstable(factors: Array, inner: int, leap: int, order: int) -> None:
    """Raise UnstableLeap for a leap that amplifies a mode, naming the longest stable leap and enough inner steps."""
    bad = _unstable(factors, inner, leap, order)
    if not bad:
        return
    worst = max(bad, key=lambda f: amplification(f, inner, leap, order))
    shown = f"{worst.real:.3g}" if abs(worst.imag) < 1e-12 else f"{worst:.3g} (of size {abs(worst):.3g})"
    possible = stable_leap(factors, inner, order, leap)
    enough = next((k for k in range(inner + 1, MOST_INNER) if not _unstable(factors, k, leap, order)), None)
    ways = [f"leap={possible}"] if possible else []
    ways += [f"inner={enough}"] if enough is not None else []
    raise UnstableLeap(
        f"a leap of {leap} micro steps after {inner} inner ones makes a mode grow "
        f"{amplification(worst, inner, leap, order):.3g} times, which the fine model multiplies by {shown} in each "
        f"micro step. Write {' or '.join(ways) or 'a shorter micro step'}."
    )
