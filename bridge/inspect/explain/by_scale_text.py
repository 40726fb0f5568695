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
#: Relative error up to which two fields agree at a scale.
_AGREE = 0.1
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
    if not error.sum():
        return "The two are equal at every scale."
    if not energy.sum():
        return "A is nought everywhere, so that no relative error can be told."
    if error.sum() < _ROUNDING * energy.sum():
        return "The two are apart by rounding alone, at every scale."
    there = np.flatnonzero(energy > _NOTHING * energy.sum())
    cut = _where_agreement_ends(found.relative[there]) or _where_errors_change(error[there], energy[there])
    if cut is None:
        whole = percent(_pooled(error, energy))
        return f"Small scales and large agree alike: the difference is {whole} of A."
    at = int(there[cut])
    said, fine, coarse = lengths(found)[at], _pooled(error[:at], energy[:at]), _pooled(error[at:], energy[at:])
    part = f"{percent(error[:at].sum() / error.sum())} of the squared difference is finer than {said}."
    if fine > coarse:
        return f"From {said} on the two agree {_to(coarse)}; finer than that {_fails(fine)}. {part}"
    return f"Finer than {said} the two agree {_to(fine)}; from there on {_fails(coarse)}. {part}"


def _where_agreement_ends(relative: Floats) -> int | None:
    """The scale at which errors go from below a tenth to above it, or the other way, if they do so once."""
    agree = relative <= _AGREE
    changes = np.flatnonzero(agree[1:] != agree[:-1])
    return int(changes[0]) + 1 if len(changes) == 1 else None


def _where_errors_change(error: Floats, energy: Floats) -> int | None:
    """The scale on whose two sides errors differ most, if they differ much; the mean of all stands aside."""
    best, at, last = _TOLD, None, max(2, len(error) - 1)
    for cut in range(1, min(last, len(error))):
        fine, coarse = _pooled(error[:cut], energy[:cut]), _pooled(error[cut:last], energy[cut:last])
        ratio = max(fine, 1e-300) / max(coarse, 1e-300)
        if max(ratio, 1 / ratio) > best:
            best, at = max(ratio, 1 / ratio), cut
    return at


def _fails(part: float) -> str:
    return "they have nothing in common" if part >= 1 else f"they differ by {percent(part)}"


def _to(part: float) -> str:
    return f"to {percent(part)}" if part**2 >= _ROUNDING else "but for rounding"


def _pooled(error: Floats, energy: Floats) -> float:
    """The relative error of several scales together."""
    below = float(energy.sum())
    return float(np.sqrt(error.sum() / below)) if below else math.inf


def percent(part: float) -> str:
    """A part of one for people."""
    if 0.1 <= part < 10:
        return f"{100 * part:.0f} %"
    if not part or 1e-5 <= part < 10:
        return f"{100 * part:.2g} %"
    return f"{part:.2g} times" if part >= 10 else f"{100 * part:.1e} %"
