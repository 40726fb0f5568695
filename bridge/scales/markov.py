"""Relaxation times of a Markov model: from its matrix, or from discrete trajectories counted into one.

The gap between the slowest time and the next is itself a separation of scales: beyond it a state is a basin.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from bridge.errors import ContractError
from bridge.scales.separation import Estimate, in_unit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: How far rows of a matrix may be from their sum, and an eigenvalue from that of the stationary state.
ROUNDING = 1e-9


def relaxation_times(matrix: Any, lag: Any, unit: str | None = None, *, count: int = 5) -> list[Estimate]:
    """Relaxation times of a Markov model, the slowest first.

    ``matrix`` holds transition probabilities from row to column within ``lag`` (rows sum to one), or rates (rows sum
    to zero), where ``lag`` is the time unit of the rates: "1 s" for rates per second. Raises ContractError.
    """
    import numpy as np

    step, unit = in_unit(lag, unit, "lag", "time")
    values = np.asarray(getattr(matrix, "magnitude", matrix), dtype=np.float64)
    if values.ndim != 2 or values.shape[0] != values.shape[1] or not np.isfinite(values).all():
        raise ContractError(f"a Markov model's matrix is square and finite, got one of shape {values.shape}.")
    sums, largest = values.sum(axis=1), max(1.0, float(np.abs(values).max()))
    rates = bool(np.abs(sums).max() <= ROUNDING * largest * len(values))
    off = values - np.diag(np.diag(values)) if rates else values
    if not (rates or np.abs(sums - 1).max() <= ROUNDING * len(values)) or off.min() < -ROUNDING * largest:
        raise ContractError(
            f"rows of a transition matrix sum to 1, those of a rate matrix to 0, and no probability is negative: here "
            f"they sum to {sums.min():.6g} … {sums.max():.6g}. Is it transposed?"
        )
    eigenvalues = np.linalg.eigvals(values)
    decay = -eigenvalues.real if rates else -np.log(np.maximum(np.abs(eigenvalues), 1e-300))
    decay.sort()
    if len(decay) > 1 and decay[1] <= ROUNDING * largest:
        raise ContractError(
            "the Markov model falls into parts between which it never goes: it has no slowest time. Take the part that "
            "is meant, or longer trajectories."
        )
    how = f"eigenvalues of a {'rate' if rates else 'transition'} matrix of {len(values)} states"
    return [Estimate(float(step) / float(d), unit, how) for d in decay[1 : count + 1]]


def transition_matrix(states: Any, lag: int) -> NDArray[np.float64]:
    """Transition probabilities within ``lag`` steps of discrete trajectories, in detailed balance.

    ``states`` holds whole numbers from 0, time as its last axis. Transitions are counted in a sliding window and to and
    fro alike, which presumes that the trajectories are in equilibrium. Raises ContractError for a state never visited.
    """
    import numpy as np

    visited = np.asarray(states)
    if visited.dtype.kind not in "iu" or visited.ndim == 0 or visited.min(initial=0) < 0:
        raise ContractError("states are whole numbers from 0, time as the last axis: np.digitize makes them of values.")
    if type(lag) is not int or not 1 <= lag < visited.shape[-1]:
        raise ContractError(f"lag={lag!r} must be a number of steps from 1 to {visited.shape[-1] - 1}.")
    size = int(visited.max()) + 1
    pairs = visited[..., :-lag].astype(np.int64) * size + visited[..., lag:]
    counts = np.bincount(pairs.ravel(), minlength=size * size).reshape(size, size)
    both = (counts + counts.T).astype(np.float64)
    rows = both.sum(axis=1)
    if not rows.all():
        raise ContractError(
            f"state {int(np.flatnonzero(rows == 0)[0])} of {size} is never visited: number the visited ones from 0 "
            "(np.unique(states, return_inverse=True))."
        )
    return np.asarray(both / rows[:, None])


def spectral_gap(times: list[Estimate]) -> float:
    """How many times slower the slowest process is than the next; infinite where there is no other."""
    if not times:
        raise ContractError("a Markov model of one state has no relaxation time, and no gap.")
    return times[0].value / times[1].value if len(times) > 1 else math.inf
