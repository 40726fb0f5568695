"""Fields as people give them: plain arrays and quantities, taken apart into magnitudes and unit, and put together."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pint

from bridge.errors import ContractError, ValueRefused
from bridge.kinds.base import first_bad
from bridge.units import Q, exact, is_quantity, unit_of

#: Magnitudes of a field: real or complex, in double precision.
Values = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]


def magnitudes(field: Any, at: str) -> tuple[Values, pint.Unit | None]:
    """Take a field apart: magnitudes in double precision, and the unit (None for a plain array).

    ``at`` names the field in messages. Raises ContractError for what is no array of numbers.
    """
    unit = unit_of(str(field.units)) if is_quantity(field) else None
    values = np.asarray(field.magnitude if is_quantity(field) else field)
    if values.dtype.kind not in "iufc":
        raise ContractError(
            f"{at} is an array of numbers, got {type(field).__name__} of {values.dtype}. "
            "Write a numpy array, or Q(array, 'K') with its unit."
        )
    return np.asarray(values, np.complex128 if values.dtype.kind == "c" else np.float64), unit


def joined(values: Values, unit: pint.Unit | None) -> Any:
    """Give magnitudes their unit back; a plain array stays one."""
    return values if unit is None else Q(values, str(unit))


def finite(values: Values, at: str, instead: str) -> None:
    """Refuse what is not finite; ``instead`` says what to do about it. Raises ValueRefused."""
    bad = ~np.isfinite(values)
    if bad.any():
        where, value = first_bad(bad, values)
        raise ValueRefused(f"{at}{where} is {value}, and {int(bad.sum())} of {bad.size} are not finite. {instead}")


def unmixed(one: pint.Unit | None, other: pint.Unit | None, what: str) -> None:
    """Refuse a bare number beside a quantity. Raises ContractError."""
    if (one is None) != (other is None):
        named = one if other is None else other
        raise ContractError(f"{what}: one is in {named}, the other a bare number. Write both with a unit, or neither.")


def converted(values: Values, source: pint.Unit | None, target: pint.Unit | None, what: str) -> Values:
    """Express magnitudes in another unit. Raises ContractError where the units do not fit."""
    unmixed(source, target, what)
    if source is None or target is None or source == target:
        return values
    if source.dimensionality != target.dimensionality:
        raise ContractError(f"{what}: {source} does not convert to {target}. Give both in units of one dimension.")
    return np.asarray(Q(values, str(source)).to(target).magnitude)


def linear(unit: pint.Unit | None, what: str) -> None:
    """Refuse units whose zero is a convention, such as degC, where squares are taken. Raises ContractError."""
    if unit is not None and float(Q(0.0, str(unit)).to_root_units().magnitude) != 0.0:
        raise ContractError(f"{what} depends on where {unit} has its zero. Convert the field first: field.to('K').")


def spaced(spacing: Any) -> tuple[float, pint.Unit | None]:
    """Read a grid spacing: a number, ``"2 um"`` or a quantity. Raises ContractError unless it is positive."""
    if isinstance(spacing, (int, float, np.integer, np.floating)) and not isinstance(spacing, bool):
        value, unit = float(spacing), None
    else:
        found = exact(spacing)
        if found is None:
            raise ContractError(f"spacing is one number for all axes, got {spacing!r}. Write spacing='2 um' or 0.5.")
        value, unit = float(found[0]), unit_of(found[1])
    if not (np.isfinite(value) and value > 0):
        raise ContractError(f"spacing is {spacing}, and cells have a side above nought. Write spacing='2 um' or 0.5.")
    return value, unit
