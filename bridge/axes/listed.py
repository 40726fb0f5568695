"""Lists of values, written one by one: numbers, quantities, truth values, texts."""

from __future__ import annotations

import enum
import numbers
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from bridge.axes.exact import (
    Amount,
    all_with_units,
    amount_in,
    amount_of,
    as_float,
    in_unit,
    starts_with_number,
    unit_text,
)
from bridge.axes.grids import Gives, Listed
from bridge.errors import ContractError
from bridge.units import is_quantity

_TEXT = 40  # characters of a value that are kept as they were written
_NO_NUMBER = {"nan", "inf", "+inf", "-inf", "infinity", "none", "null", "n/a", "na", "-"}
_BOOL = {"true": True, "false": False}


def listed_texts(items: Sequence[str], name: str, annotation: type | None, origin: Mapping[str, Any]) -> Listed:
    """Values from texts: truth values where the flow takes them, else amounts if they are, else texts.

    Raises ContractError for units that do not fit and for amounts among which one cannot be read.
    """
    if annotation is bool:
        wrong = next((item for item in items if item.lower() not in _BOOL), None)
        if wrong is not None:
            raise ContractError(f"{name} is true or false, got {wrong!r}. Write {name}='true, false'.")
        return Listed(np.array([_BOOL[item.lower()] for item in items]), None, None, origin)
    choices = isinstance(annotation, type) and issubclass(annotation, enum.Enum)
    amounts = [] if choices else [amount_in(item) for item in items]
    if any(amount is not None for amount in amounts):
        refuse_no_number(items, name)
        if None not in amounts:
            return _measured([a for a in amounts if a is not None], name, annotation, origin)
        if all(starts_with_number(item) for item in items):
            odd = items[amounts.index(None)]
            try:
                amount_of(odd, name)
            except ContractError as reason:
                raise ContractError(f"{reason} {_as_texts(name, items)}") from None
    return verbatim(items, origin)


def _measured(amounts: Sequence[Amount], name: str, annotation: type | None, origin: Mapping[str, Any]) -> Listed:
    try:
        return listed_amounts(amounts, name, annotation, origin)
    except ContractError as reason:
        raise ContractError(f"{reason} {_as_texts(name, [a.text for a in amounts])}") from None


def _as_texts(name: str, items: Sequence[str]) -> str:
    quoted = ", ".join(f'"{item}"' for item in items[:2]) + (", …" if len(items) > 2 else "")
    return f"If these are texts, write a JSON list: {name}='[{quoted}]'."


def refuse_no_number(items: Sequence[str], name: str) -> None:
    """Refuse what stands for no value among numbers. Raises ContractError."""
    odd = next((item for item in items if item.strip().lower() in _NO_NUMBER), None)
    if odd is not None:
        raise ContractError(f"{name} has {odd!r} among its values: every value is a finite number. Take it out.")


def listed_amounts(amounts: Sequence[Amount], name: str, annotation: type | None, origin: Mapping[str, Any]) -> Listed:
    """Values from amounts, in the unit of the first."""
    gives: Gives = "text" if annotation is str else "number"
    if annotation is not float and all(a.whole for a in amounts):
        return Listed(_int64([int(a.number) for a in amounts], name), None, None, origin, gives)
    all_with_units(amounts, name)
    unit = amounts[0].unit
    exactly = [in_unit(a, unit, name) for a in amounts]
    values = np.array([as_float(number, name) for number in exactly])
    kept = all(
        Fraction(repr(float(value))) == number and len(a.text) <= _TEXT
        for value, number, a in zip(values, exactly, amounts, strict=True)
    )
    return Listed(values, unit, tuple(a.text for a in amounts) if kept else None, origin, gives)


def verbatim(items: Sequence[str], origin: Mapping[str, Any]) -> Listed:
    """Texts that mean nothing but themselves."""
    values = np.empty(len(items), object)
    values[:] = [str(item) for item in items]
    return Listed(values, None, None, origin)


def listed_objects(items: Sequence[Any], name: str, annotation: type | None, origin: Mapping[str, Any]) -> Listed:
    """Values from a list of Python's: texts, numbers, truth values, quantities or members of an Enum."""
    if all(isinstance(item, enum.Enum) for item in items):
        return verbatim([_member(item, name) for item in items], origin)
    if all(isinstance(item, str) for item in items):
        return listed_texts([item.strip() for item in items], name, annotation, origin)
    if all(isinstance(item, (bool, np.bool_)) for item in items):
        return Listed(np.array(items, bool), None, None, origin)
    if any(isinstance(item, (bool, np.bool_, enum.Enum)) for item in items):
        raise ContractError(f"{name} has values of several kinds: {_kinds(items)}. Write one kind.")
    if all(isinstance(item, numbers.Integral) for item in items) and annotation is not float:
        gives: Gives = "text" if annotation is str else "number"
        return Listed(_int64([int(item) for item in items], name), None, None, origin, gives)
    for item in items:
        if not (isinstance(item, (str, numbers.Real)) or is_quantity(item)):
            raise ContractError(
                f"{name} has a value of type {type(item).__name__}: an axis has texts, numbers, truth values, "
                "quantities such as Q(900, 'K') or members of an Enum."
            )
    amounts = [amount_of(item, name) for item in items]
    found = listed_amounts(amounts, name, annotation, origin)
    return Listed(found.values, found.unit, None, origin, found.gives)


def listed_array(values: Any, name: str, annotation: type | None, origin: Mapping[str, Any]) -> Listed:
    """Values from a numpy array or an array with a unit, of one dimension."""
    unit: str | None = None
    if is_quantity(values):
        unit, values = unit_text(values.units), np.asarray(values.magnitude, float)
    array = np.asarray(values)
    if array.ndim != 1 or array.size == 0:
        raise ContractError(f"{name} has shape {array.shape}: an axis is an array of one dimension, not empty.")
    gives: Gives = "text" if annotation is str else "number"
    kind = array.dtype.kind
    if kind in "US":
        return verbatim([str(item) for item in array.astype(str)], origin)
    if kind == "O":
        return listed_objects(list(array), name, annotation, origin)
    if kind == "b":
        return Listed(array.astype(bool), None, None, origin)
    if kind in "iu" and unit is None and annotation is not float:
        if kind == "u" and int(array.max()) >= 2**63:
            _int64([int(array.max())], name)
        return Listed(array.astype(np.int64), None, None, origin, gives)
    if kind not in "iuf":
        raise ContractError(f"{name} is an array of {array.dtype}: an axis has real numbers, truth values or texts.")
    floats = array.astype(np.float64) + 0.0
    if not np.all(np.isfinite(floats)):
        bad = int(np.flatnonzero(~np.isfinite(floats))[0])
        raise ContractError(f"{name} is {floats[bad]} at place {bad}: every value is a finite number. Take it out.")
    return Listed(floats, unit or "", None, origin, gives)


def _int64(found: list[int], name: str) -> Any:
    wrong = next((n for n in found if not -(2**63) <= n < 2**63), None)
    if wrong is not None:
        raise ContractError(f"{name}: whole numbers of an axis stay below 2^63, got {wrong}.")
    return np.array(found, np.int64)


def _member(item: enum.Enum, name: str) -> str:
    if not isinstance(item.value, str):
        raise ContractError(f"{name}: {item!r} stands for {item.value!r}; members of an axis stand for texts.")
    return item.value


def _kinds(items: Sequence[Any]) -> str:
    return ", ".join(sorted({type(item).__name__ for item in items}))
