"""Axes with known values: listed, evenly spaced, evenly spaced in the logarithm.

An axis knows its size before any value is made, so that too many points are refused for nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from bridge.axes.exact import as_float
from bridge.axes.points import Column, Places, distinct, text_of
from bridge.errors import ContractError

Gives = Literal["number", "text"]
Values = npt.NDArray[Any]

_PRECISE = Context(prec=28)  # eleven digits more than a float, so that it is rounded once
_INTEGERS = 2**63
_EXACT = 2**53  # whole numbers below are floats exactly


@dataclass(frozen=True, eq=False)
class Listed:
    """Values one by one."""

    values: Values
    unit: str | None = None
    texts: tuple[str, ...] | None = None
    origin: Mapping[str, Any] = field(default_factory=dict)
    gives: Gives = "number"

    @property
    def size(self) -> int:
        """Number of places, equal values counted each."""
        return len(self.values)

    def placed(self, name: str) -> tuple[Column, Places]:
        """The column of distinct values, and which of them stands where."""
        values, index = distinct(self.values)
        texts = self.texts
        if texts is not None and len(values) < len(texts):
            first = np.unique(index, return_index=True)[1]
            texts = tuple(texts[i] for i in first)
        return Column(name, values, self.unit, texts, self.origin, self.gives), index


@dataclass(frozen=True)
class Linear:
    """Values at equal distances: low, low + step, …"""

    low: Fraction
    step: Fraction
    size: int
    unit: str | None
    origin: Mapping[str, Any]
    gives: Gives = "number"

    def placed(self, name: str) -> tuple[Column, Places]:
        """The column of values, each rounded once from its fraction, and their places."""
        bottom = math.lcm(self.low.denominator, self.step.denominator)
        start, step = (int(x * bottom) for x in (self.low, self.step))
        span = step * (self.size - 1)
        largest = max(abs(start), abs(start + span), abs(span))
        values: Values
        if self.unit is None:
            if largest >= _INTEGERS:
                raise ContractError(f"{name}: whole numbers of an axis stay below 2^63, got {largest}.")
            values = np.arange(self.size, dtype=np.int64) * step + start
        elif largest < _EXACT and bottom < _EXACT:
            values = (np.arange(self.size, dtype=np.int64) * step + start) / bottom + 0.0
        else:
            ends = (self.low, self.low + self.step * (self.size - 1))
            for end in ends:
                as_float(end, name)
            values = np.array([(start + i * step) / bottom for i in range(self.size)]) + 0.0
        _apart(values, self.unit, name)
        column = Column(name, values, self.unit, None, self.origin, self.gives)
        return column, np.arange(self.size, dtype=np.int32)


@dataclass(frozen=True)
class Logarithmic:
    """Values at equal ratios from low to high, both among them."""

    low: Fraction
    high: Fraction
    size: int
    unit: str
    origin: Mapping[str, Any]
    gives: Gives = "number"

    def placed(self, name: str) -> tuple[Column, Places]:
        """The column of values, exact where they are rational, and their places."""
        ratio, last = self.high / self.low, self.size - 1
        bottom, length = _PRECISE.ln(_decimal(self.low)), _PRECISE.ln(_decimal(ratio))
        exp, fma, step = _PRECISE.exp, _PRECISE.fma, _PRECISE.divide(length, last)
        values = np.array([float(exp(fma(step, i, bottom))) for i in range(self.size)])
        for q in range(1, last + 1):
            root = _root(ratio, q) if last % q == 0 else None
            if root is not None:
                for part in range(q + 1):
                    values[part * (last // q)] = as_float(self.low * root**part, name)
        _apart(values, self.unit, name)
        column = Column(name, values, self.unit, None, {**self.origin, "spacing": "log"}, self.gives)
        return column, np.arange(self.size, dtype=np.int32)


Axis = Listed | Linear | Logarithmic


def _decimal(number: Fraction) -> Decimal:
    return _PRECISE.divide(Decimal(number.numerator), Decimal(number.denominator))


def _root(number: Fraction, q: int) -> Fraction | None:
    """The q-th root of a positive fraction, if it is one itself."""
    top, bottom = _whole_root(number.numerator, q), _whole_root(number.denominator, q)
    return None if top is None or bottom is None else Fraction(top, bottom)


def _whole_root(number: int, q: int) -> int | None:
    if q == 1 or number == 1:
        return number
    if number.bit_length() <= q:
        return None
    near = round(math.exp(math.log(number) / q)) if math.log(number) / q < 50 else 0
    return next((n for n in (near - 1, near, near + 1) if n > 0 and n**q == number), None)


def _apart(values: Values, unit: str | None, name: str) -> None:
    same = np.flatnonzero(values[1:] == values[:-1])
    if len(same):
        raise ContractError(
            f"{name} has {text_of(values[same[0]], unit)} twice: its values are nearer than floating-point numbers. "
            "Take fewer, or ends further apart."
        )
