"""How two fields agree scale by scale, as people read it: small scales against large."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from bridge.scales.by_scale import Comparison
from bridge.store.view import pretty

Floats = npt.NDArray[np.float64]
#: Part of a field's energy below which a scale has nothing to be compared with.
_NOTHING = 1e-12
#: Part of it below which a difference is one of rounding: (1e-12)².
_ROUNDING = 1e-24
#: How many times larger errors must be on one side of a scale than on the other to be told apart by it.
_TOLD = 2.5


def lengths(found: Comparison) -> list[str]:
    """The length of each scale, in cells or in its unit."""
    length = found.length
    unit = f"{length.units:~C}" if hasattr(length, "units") else None
    plain = np.asarray(getattr(length, "magnitude", length), float)
    return [f"{x:.4g} {pretty(unit)}" if unit else f"{x:.4g} cell{'s' * (x != 1)}" for x in plain.tolist()]


def sentence(found: Comparison) -> str:
    """Small scales against large: at which length agreement ends."""
    error, energy = (np.asarray(getattr(x, "magnitude", x), float) for x in (found.error, found.other_energy))
    said = lengths(found)
    if not error.sum():
        return "The two are equal at every scale."
    if not energy.sum():
        return "A is nought everywhere, so that no relative error can be told."
    if error.sum() < _ROUNDING * energy.sum():
        return "The two are apart by rounding alone, at every scale."
    there = np.flatnonzero(energy > _NOTHING * energy.sum())
    best, at = 1.0, None
    for cut in there[1:].tolist():
        fine, coarse = _pooled(error, energy, 0, cut), _pooled(error, energy, cut, len(error))
        ratio = max(fine, 1e-300) / max(coarse, 1e-300)
        if max(ratio, 1 / ratio) > best and energy[:cut].sum() > _NOTHING * energy.sum():
            best, at = max(ratio, 1 / ratio), cut
    if at is None or best < _TOLD:
        whole = percent(_pooled(error, energy, 0, len(error)))
        return f"Small scales and large agree alike: the difference is {whole} of A."
    fine, coarse = _pooled(error, energy, 0, at), _pooled(error, energy, at, len(error))
    share = error[:at].sum() / error.sum()
    part = f"{percent(share)} of the squared difference is finer than {said[at]}."
    if fine > coarse:
        fails = "they have nothing in common" if fine >= 1 else f"they differ by {percent(fine)}"
        return f"From {said[at]} on the two agree {_to(coarse)}; finer than that {fails}. {part}"
    fails = "they have nothing in common" if coarse >= 1 else f"they differ by {percent(coarse)}"
    return f"Finer than {said[at]} the two agree {_to(fine)}; from there on {fails}. {part}"


def _to(part: float) -> str:
    return f"to {percent(part)}" if part**2 >= _ROUNDING else "but for rounding"


def _pooled(error: Floats, energy: Floats, start: int, stop: int) -> float:
    below = float(energy[start:stop].sum())
    return float(np.sqrt(error[start:stop].sum() / below)) if below else math.inf


def percent(part: float) -> str:
    """A part of one for people."""
    if 0.1 <= part < 10:
        return f"{100 * part:.0f} %"
    if not part or 1e-5 <= part < 10:
        return f"{100 * part:.2g} %"
    return f"{part:.2g} times" if part >= 10 else f"{100 * part:.1e} %"
