"""Units of a table, which does not say them."""

from __future__ import annotations

from collections.abc import Callable

from bridge import Q
from bridge_pharmacology.ports import Array

Convert = Callable[[Array], Array]


def conversions(unit: str, ours: str, name: str) -> tuple[Convert, Convert]:
    """What takes numbers in a table's unit to ours, and back; exact where one is a whole multiple of the other.

    Raises ValueError where the unit is missing, or of something else.
    """
    if not unit:
        raise ValueError(f"A table does not say its units, and {name} is needed: write {name}='{ours}', or its own.")
    try:
        more = _whole(float(Q(1.0, unit).to(ours).magnitude))
        less = _whole(float(Q(1.0, ours).to(unit).magnitude))
    except Exception as reason:
        raise ValueError(f"{name} is {unit!r}, expected a unit such as {ours!r}: {reason}") from None
    if more >= 1:
        return (lambda x: x * more), (lambda x: x / more)
    return (lambda x: x / less), (lambda x: x * less)


def _whole(factor: float) -> float:
    """The whole number that a factor is but for rounding."""
    return round(factor) if abs(factor - round(factor)) < 1e-12 * factor else factor
