"""What all pictures share: labels with units, and which numbers are drawn on a logarithmic axis."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from bridge.inspect.pictures.plot import Floats as Floats
from bridge.store.view import pretty

_MICRO = re.compile(
    r"\b(?:u(?=(?:m|s|g|l|L|N|J|W|V|A|K|C|T|F|S|Pa|eV|mol|M)(?![A-Za-z_]))|micro(?=meter|metre|second|gram|mol))"
)
#: Units whose sign everybody reads: what a port declares by name.
_SIGNS = {"angstrom": "Å", "degC": "°C", "delta_degC": "°C", "degF": "°F", "ohm": "Ω", "percent": "%"}
_NAMED = re.compile(rf"\b(?:{'|'.join(_SIGNS)})(?![A-Za-z_])")

_TIMES = re.compile(r"\s*(?<!\*)\*(?!\*)\s*")


def unit_words(unit: str | None) -> str:
    """A unit as all pages and pictures write it: ``µm²/s``, ``eV/Å³``."""
    said = _NAMED.sub(lambda found: _SIGNS[found[0]], _TIMES.sub("·", pretty(unit or "")))
    return _MICRO.sub("µ", said)


def label(name: str, unit: str | None) -> str:
    """A quantity for people: ``strain rate (1/s)``."""
    said = unit_words(unit)
    return spoken(name) + (f" ({said})" if said else "")


def without_result(count: int) -> str:
    """What a panel says of points that have no result."""
    return f"× {count:,} without a result" if count else ""


def spoken(name: str) -> str:
    """A name with spaces: ``strain rate``."""
    return name.replace("_", " ")


def over_decades(values: Any) -> bool:
    """Whether numbers are to be drawn on a logarithmic scale: all above nought, over two decades or more."""
    found = np.asarray(values, float)
    found = found[np.isfinite(found)]
    return bool(found.size and found.min() > 0 and found.max() >= 100 * found.min())


def spaced_by_ratio(values: Any) -> bool:
    """Whether the values of an axis are evenly spaced in the logarithm, and not as numbers."""
    found = np.unique(np.asarray(values, float))
    if found.size < 3 or found[0] <= 0:
        return over_decades(values)
    steps, ratios = np.diff(found), np.diff(np.log(found))
    return bool(np.ptp(ratios) < np.ptp(steps) / steps.mean() * ratios.mean() and found[-1] >= 4 * found[0])
