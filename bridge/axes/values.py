"""One parameter as it was given: a text, or a value of Python's."""

from __future__ import annotations

import enum
import types
import typing
from fractions import Fraction
from typing import Any

import numpy as np

from bridge.axes.distributions import Distribution
from bridge.axes.grids import Axis, Linear, Listed, Logarithmic
from bridge.axes.listed import listed_array, listed_objects
from bridge.axes.text import Fixed, Range, read_text
from bridge.axes.uncertain import Fetch
from bridge.errors import ContractError
from bridge.units import is_quantity

Value = Axis | Range | Distribution | Fixed

_PLAIN = {"bool": bool, "int": int, "float": float, "str": str}


def read_value(name: str, value: Any, annotation: type | None = None, fetch: Fetch | None = None) -> Value:
    """Read one parameter: a text, or a value of Python's. Raises ContractError."""
    if isinstance(value, (Distribution, Fixed, Range, Linear, Listed, Logarithmic)):
        return value
    if isinstance(value, enum.Enum):
        return Fixed(value)
    if isinstance(value, str):
        return read_text(value, name, annotation, fetch)
    if isinstance(value, range):
        return _ranged(value, name, annotation)
    if isinstance(value, (list, tuple)):
        if not value:
            raise ContractError(f"{name} is an empty axis. Write one value at least: {name}=['600 K', '900 K'].")
        return listed_objects(value, name, annotation, {})
    if isinstance(value, np.ndarray) or (is_quantity(value) and np.ndim(value.magnitude) > 0):
        return Fixed(value.item()) if np.ndim(value) == 0 else listed_array(value, name, annotation, {})
    if isinstance(value, (set, frozenset)) or (hasattr(value, "__next__") and hasattr(value, "__iter__")):
        raise ContractError(f"{name} is a {type(value).__name__}, whose values have no order. Write a list.")
    return Fixed(value)


def _ranged(value: range, name: str, annotation: type | None) -> Axis:
    if len(value) == 0:
        raise ContractError(f"{name}={value!r} is an empty axis. Write one value at least, such as range(10).")
    unit = "" if annotation is float else None
    gives: Any = "text" if annotation is str else "number"
    return Linear(Fraction(value.start), Fraction(value.step), len(value), unit, {"grid": repr(value)}, gives)


def plain(annotation: Any) -> type | None:
    """The type of a parameter that its reading depends on; None where it does not."""
    if isinstance(annotation, str):
        return _PLAIN.get(annotation)
    origin = typing.get_origin(annotation)
    if origin is typing.Literal and all(isinstance(choice, str) for choice in typing.get_args(annotation)):
        return enum.Enum  # a choice among texts
    if origin is typing.Annotated:
        return plain(typing.get_args(annotation)[0])
    if origin in (typing.Union, types.UnionType):
        rest = [plain(a) for a in typing.get_args(annotation) if a is not type(None)]
        return rest[0] if len(rest) == 1 else None
    return annotation if isinstance(annotation, type) else None
