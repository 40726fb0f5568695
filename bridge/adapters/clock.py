"""Steps of one length in a duration: a whole number of them, and times that are products rounded once."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from bridge.errors import ContractError, DeclarationError, ValueRefused
from bridge.units import compatible, exact

#: Two computed floats that differ by this much from a whole ratio have one: their own rounding, and no more.
ROUNDING = Fraction(1, 10**12)


def written(text: str, at: str) -> tuple[float, str]:
    """A time step as it is written, ``"0.1 s"``: number and unit. Raises DeclarationError."""
    try:
        found = exact(text)
        fits = found is not None and compatible(found[1], "s") and found[0] > 0
    except (ContractError, DeclarationError):
        found, fits = None, False
    if found is None or not fits:
        raise DeclarationError(
            f"{at}: time_step={text!r} is no time and none of its inputs. Write time_step='0.1 s', or the name of an "
            "input in a unit of time."
        )
    return float(found[0]), found[1]


def whole(duration: float, step: float, unit: str, at: str) -> int:
    """How many steps a duration has. Raises ValueRefused where that is no whole number."""
    if not step > 0:
        raise ValueRefused(f"{at}: its time step is {step:g} {unit}, which is to be above zero.")
    ratio = Fraction(repr(duration)) / Fraction(repr(step))
    count = round(ratio)
    if abs(ratio - count) > ROUNDING * max(1, count):
        fits = [float(n * Fraction(repr(step))) for n in (int(ratio), int(ratio) + 1)]
        raise ValueRefused(
            f"{at}.duration is {duration:g} {unit}, which is {float(ratio):g} steps of {step:g} {unit}: it has to be a "
            f"whole number of them. Write duration='{fits[0]!r} {unit}' or '{fits[1]!r} {unit}'."
        )
    return count


def times(count: int, every: int, step: float) -> NDArray[np.float64]:
    """Times of the steps 0, every, 2 every, … up to ``count``: one product each, so that no error adds up."""
    exactly = Fraction(repr(step))
    return np.array([float(n * exactly) for n in range(0, count + 1, every)])
