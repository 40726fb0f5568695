"""Amounts of time and memory, as stage options and cluster files write them."""

from __future__ import annotations

import math
import re
from typing import Any

_TIMES = {
    "ms": 1e-3,
    "s": 1.0,
    "sec": 1.0,
    "second": 1.0,
    "min": 60.0,
    "minute": 60.0,
    "h": 3600.0,
    "hour": 3600.0,
    "d": 86400.0,
    "day": 86400.0,
}
_SIZES = {"b": 1} | {
    f"{prefix}{suffix}": base**power
    for power, prefix in enumerate("kmgt", start=1)
    for suffix, base in (("b", 1000), ("ib", 1024))
}
_AMOUNT = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*([A-Za-z]+)\s*")


def seconds(value: Any) -> float:
    """Seconds of a positive number, or of text such as ``"10 min"`` or ``"1.5 h"``. Raises ValueError."""
    if isinstance(value, str):
        number, unit = _parted(value)
        value = number * _named(_TIMES, unit.removesuffix("s") if len(unit) > 2 else unit)
    return _positive(value)


def byte_count(value: Any) -> int:
    """Bytes of a positive number, or of text such as ``"4 GB"`` or ``"512 MiB"``. Raises ValueError."""
    if isinstance(value, str):
        number, unit = _parted(value)
        value = number * _named(_SIZES, unit.lower())
    return math.ceil(_positive(value))


def size(count: float) -> str:
    """Bytes as ``byte_count`` reads them: ``4 GB``, ``512 MB``."""
    for unit, power in (("TB", 12), ("GB", 9), ("MB", 6), ("kB", 3)):
        if count >= 10**power:
            return f"{count / 10**power:.4g} {unit}"
    return f"{count:g} B"


def _parted(text: str) -> tuple[float, str]:
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise ValueError("it is no number with a unit")
    return float(found[1]), found[2]


def _named(units: dict[str, Any], unit: str) -> float:
    if unit not in units:
        raise ValueError(f"{unit!r} is no unit of it: {', '.join(units)}")
    return float(units[unit])


def _positive(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value <= 0:
        raise ValueError("it is no positive number")
    return float(value)
