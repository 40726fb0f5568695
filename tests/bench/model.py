"""A model that costs nothing."""

from __future__ import annotations

from dataclasses import dataclass

from bridge import Scale, model


@dataclass(frozen=True)
class Number:
    """One number."""

    value: float


@model("bench.add", scale=Scale("bench"))
def add(value: float, salt: float) -> Number:
    """Add two numbers."""
    return Number(value + salt)
