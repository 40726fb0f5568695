"""Quantities as text, without knowing any unit: ``900 K`` parted into number and unit, times written for people."""

from __future__ import annotations

import re
from fractions import Fraction

from bridge.errors import ContractError

_NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*?)\s*", re.DOTALL)
_LIMIT = 200  # characters of a text literal; nobody's quantity is longer


def split(text: str) -> tuple[Fraction, str]:
    """Part a text literal into its exact number and its unit. Raises ContractError."""
    found = _NUMBER.fullmatch(text) if len(text) <= _LIMIT else None
    if found is None:
        raise ContractError(f"{text[:80]!r} is not a quantity: write a number and its unit, such as '900 K'.")
    number, unit = found.groups()
    exponent = re.search(r"[eE]([+-]?\d+)", number)
    if exponent and abs(int(exponent[1])) > 400:
        raise ContractError(f"{text!r} is out of the range of a floating-point number.")
    return Fraction(number), unit


def duration(seconds: float | None) -> str:
    """A time for people: ``0.15 ms``, ``2.4 s``, ``3 min 20 s``, ``2 h 5 min``."""
    if seconds is None:
        return ""
    if seconds < 0.1:
        return f"{seconds * 1000:.2g} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    if seconds < 3600:
        return f"{int(seconds // 60)} min {int(seconds % 60)} s"
    return f"{int(seconds // 3600)} h {int(seconds % 3600 // 60)} min"
