"""Quasi-Newton descent whose steps are no longer than the scale of the problem allows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Misfit = Callable[[Array], tuple[float, Array]]

SUFFICIENT = 1e-4
"""Part of the decrease along the tangent that a step must reach: L. Armijo, Pacific J. Math. 16, 1 (1966)."""


@dataclass(frozen=True)
class Descent:
    """Where a descent went: one row of `path` and one entry of `misfit` a step, the start among them."""

    path: Array
    misfit: Array
    calls: int


def descend(misfit: Misfit, start: Array, *, largest_step: float, resolution: float, steps: int) -> Descent:
    """Go down by BFGS from `start` until a step is shorter than `resolution`; no step is longer than `largest_step`.

    `misfit` gives value and gradient. Lengths are Euclidean, in the unit of the parameters. A step that does not go
    down far enough is halved; one along which the gradient does not grow tells nothing of the curvature and is left out
    of the update. J. Nocedal and S. J. Wright, Numerical Optimization (2nd ed., Springer, 2006), chapter 6. Raises
    ArithmeticError if `steps` do not suffice.
    """
    here = np.array(start, dtype=np.float64)
    value, slope = misfit(here)
    inverse: Array = np.eye(here.size)
    path, values, calls, measured = [here], [value], 1, False
    for _ in range(steps):
        step = -inverse @ slope
        if slope @ step >= 0:
            step, inverse, measured = -slope, np.eye(here.size), False
        length = float(np.linalg.norm(step))
        step *= min(1.0, largest_step / length) if length else 1.0
        while True:
            if np.linalg.norm(step) < resolution:
                return Descent(np.array(path), np.array(values), calls)
            new_value, new_slope = misfit(here + step)
            calls += 1
            if new_value <= value + SUFFICIENT * float(slope @ step):
                break
            step = step / 2
        turned = new_slope - slope
        bend = float(turned @ step)
        if bend > 0:
            if not measured:
                inverse, measured = np.eye(here.size) * bend / float(turned @ turned), True
            left = np.eye(here.size) - np.outer(step, turned) / bend
            inverse = left @ inverse @ left.T + np.outer(step, step) / bend
        here, value, slope = here + step, new_value, new_slope
        path.append(here)
        values.append(value)
    raise ArithmeticError(
        f"the descent still moves by {np.linalg.norm(step):.3g} after {steps} steps, and ends below {resolution:.3g}. "
        f"Write steps={2 * steps}, or a coarser resolution."
    )
