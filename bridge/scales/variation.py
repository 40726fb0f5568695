"""How fast a coarse state changes, and over which length: its slow time and its gradient length.

Both compare the largest value to the largest slope, so that they are the shortest that the trajectory or field has as a
whole, and zero crossings count for nothing: of a sin(2πx/λ) the gradient length is λ/2π.
"""

from __future__ import annotations

import math
from typing import Any

from bridge.errors import ContractError
from bridge.scales.relaxation import in_array
from bridge.scales.separation import Estimate, in_unit


def slow_time(trajectory: Any, dt: Any, unit: str | None = None) -> Estimate:
    """The time in which a trajectory changes by its own size, where it changes fastest: max |u| / max |du/dt|.

    ``trajectory`` has time as its last axis, other axes are places or components. ``dt`` is text, a quantity, or a
    number in ``unit``. What does not change has an infinite one. Raises ContractError.
    """
    import numpy as np

    step, unit = in_unit(dt, unit, "dt", "time")
    values = in_array(trajectory, "trajectory")
    _enough(values.shape[-1:], "trajectory", "times")
    slope = np.abs(np.gradient(values, float(step), axis=-1, edge_order=2)).max()
    return Estimate(_ratio(np.abs(values).max(), slope), unit, "largest |u| over largest |du/dt|")


def gradient_length(field: Any, spacing: Any, unit: str | None = None, *, periodic: bool = False) -> Estimate:
    """The length over which a field changes by its own size, where it is steepest: max |u| / max |∇u|.

    ``spacing`` is that of its points along every axis: text, a quantity, or a number in ``unit``. A ``periodic`` field
    goes on beyond its end at its beginning. A uniform field has an infinite one. Raises ContractError.
    """
    import numpy as np

    step, unit = in_unit(spacing, unit, "spacing", "length")
    values = in_array(field, "field")
    _enough(values.shape, "field", "points along each axis")
    squares = np.zeros(values.shape)
    for axis in range(values.ndim):
        if periodic:
            slope = (np.roll(values, -1, axis) - np.roll(values, 1, axis)) / (2 * float(step))
        else:
            slope = np.gradient(values, float(step), axis=axis, edge_order=2)
        squares += slope**2
    return Estimate(_ratio(np.abs(values).max(), np.sqrt(squares.max())), unit, "largest |u| over largest |∇u|")


def _enough(sizes: tuple[int, ...], thing: str, of: str) -> None:
    if min(sizes) < 3:
        raise ContractError(f"a slope needs 3 {of}, and the {thing} has {min(sizes)}.")


def _ratio(largest: Any, slope: Any) -> float:
    """Size over slope; what is zero everywhere does not change either."""
    return float(largest / slope) if slope > 0 else math.inf
