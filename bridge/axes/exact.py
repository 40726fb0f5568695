"""Amounts as they are written, kept as fractions until the last moment: ``700 K`` of a grid is exactly ``700 K``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from bridge.errors import ContractError, DeclarationError
from bridge.literals import split
from bridge.units import compatible, exact, is_quantity, reason_why_not, to_root, unit_of

_WHOLE = re.compile(r"\s*[+-]?\d+\s*")


@dataclass(frozen=True)
class Amount:
    """An exact number and its unit, with the text that said so."""

    number: Fraction
    unit: str  # "" for a pure number
    text: str

    @property
    def whole(self) -> bool:
        """Whether it was written as a whole number, without unit and point."""
        return self.unit == "" and _WHOLE.fullmatch(self.text) is not None


def amount_in(text: str) -> Amount | None:
    """The amount a text tells; None for a text that is no number with a unit we know."""
    try:
        number, unit = split(text)
        unit_of(unit)
    except (ContractError, DeclarationError):
        return None
    return Amount(number, "" if unit == "1" else unit, text.strip())


def starts_with_number(text: str) -> bool:
    """Whether a text begins as a quantity does, whatever follows."""
    try:
        split(text)
    except ContractError:
        return False
    return True


def amount_of(value: Any, what: str) -> Amount:
    """The amount that a text, a pint quantity or a number is. Raises ContractError, which ``what`` begins."""
    if isinstance(value, str):
        try:
            number, unit = split(value)
            unit_of(unit)
        except (ContractError, DeclarationError) as reason:
            raise ContractError(f"{what}: {reason}") from None
        return Amount(number, "" if unit == "1" else unit, value.strip())
    if is_quantity(value):
        found = exact(value)
        if found is None:
            raise ContractError(f"{what}: {value} is no single quantity.")
        unit = unit_text(value.units)
        return Amount(found[0], unit, f"{float(value.magnitude)!r} {unit}".strip())
    try:
        number = Fraction(repr(float(value)))
    except (TypeError, ValueError, OverflowError):
        raise ContractError(f"{what}: {value!r} is no finite number or quantity, such as '900 K'.") from None
    return Amount(number, "", repr(value))


def unit_text(unit: Any) -> str:
    """A pint unit as people write it, if that reads back as the same unit: ``K``, ``m**2/s``."""
    long = str(unit)
    short = f"{unit:~C}"
    try:
        found = short if unit_of(short) == unit_of(long) else long
    except DeclarationError:
        found = long
    return "" if found == "dimensionless" else found


def all_with_units(amounts: Sequence[Amount], what: str) -> None:
    """Refuse amounts of which some have a unit and others have none. Raises ContractError."""
    unit = next((a.unit for a in amounts if a.unit), "")
    bare = next((a for a in amounts if not a.unit), None)
    if bare is not None and unit_of(unit) != unit_of(""):
        raise ContractError(f"{what}: {bare.text!r} has no unit. Write '{bare.text} {unit}'.")


def in_unit(amount: Amount, unit: str, what: str) -> Fraction:
    """The number of an amount in another unit, exactly. Raises ContractError for one of another dimension."""
    if amount.unit == unit:
        return amount.number
    _same_dimension(amount, unit, what)
    if unit_of(amount.unit) == unit_of(unit):
        return amount.number
    (here, zero_here), (there, zero_there) = to_root(amount.unit), to_root(unit)
    return (amount.number * here + zero_here - zero_there) / there


def width_in(amount: Amount, unit: str, what: str) -> Fraction:
    """The same for a width: ``2 degC`` of a difference are 2 K, wherever the scale begins."""
    if amount.unit == unit:
        return amount.number
    _same_dimension(amount, unit, what)
    return amount.number * to_root(amount.unit)[0] / to_root(unit)[0]


def _same_dimension(amount: Amount, unit: str, what: str) -> None:
    if amount.unit == "" and unit_of(unit) != unit_of(""):
        raise ContractError(f"{what}: {amount.text!r} has no unit. Write '{amount.text} {unit}'.")
    if unit == "" and unit_of(amount.unit) != unit_of(""):
        raise ContractError(f"{what}: {amount.text!r} has a unit and another value has none. Write units to all.")
    if not compatible(amount.unit, unit):
        raise ContractError(
            f"{what}: {amount.text!r} is not in {unit or 'pure numbers'}: {reason_why_not(amount.unit, unit)}"
        )


def has_zero_elsewhere(unit: str) -> bool:
    """Whether a unit counts from a zero of its own, as degrees Celsius do, so that ratios mean nothing."""
    return unit != "" and unit_of(unit) != unit_of("") and to_root(unit)[1] != 0


def as_float(number: Fraction, what: str) -> float:
    """The nearest floating-point number. Raises ContractError where there is none."""
    try:
        return float(number) + 0.0
    except OverflowError:
        raise ContractError(f"{what}: a value is out of the range of floating-point numbers, 1.8e308.") from None
