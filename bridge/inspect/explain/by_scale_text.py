"""How two fields agree scale by scale, as people read it: small scales against large."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from bridge.scales.by_scale import Comparison
from bridge.store.view import pretty

Floats = npt.NDArray[np.float64]
#: Part of the energy of all that varies below which a scale has too little to be compared with.
_LITTLE = 1e-5
#: Part of a field's energy below which a difference is one of rounding: (1e-12)².
_ROUNDING = 1e-24
#: Relative error up to which two fields agree at a scale.
_AGREE = 0.1
#: How many times larger errors must be on one side of a scale than on the other to be told apart by it.
_TOLD = 2.5
#: Part of the squared difference from which that of the means is worth a word.
_MEANS = 0.1


def lengths(found: Comparison) -> list[str]:
    """The length of each scale, in cells or in its unit."""
    length = found.length
    unit = f"{length.units:~C}" if hasattr(length, "units") else None
    plain = np.asarray(getattr(length, "magnitude", length), float)
    return [f"{x:.4g} {pretty(unit)}" if unit else f"{x:.4g} cell{'s' * (x != 1)}" for x in plain.tolist()]


def sentence(found: Comparison) -> str:
    """Small scales against large: at which length agreement ends. The means, coarser than all, stand aside."""
    error, energy, other = (
        np.asarray(getattr(x, "magnitude", x), float) for x in (found.error, found.other_energy, found.energy)
    )
    if not error.sum():
        return "The two are equal at every scale."
    if not energy.sum():
        return "A is nought everywhere, so that no relative error can be told."
    if error.sum() < _ROUNDING * energy.sum():
        return "The two are apart by rounding alone, at every scale."
    varied = np.maximum(energy, other)[:-1]
    there = np.flatnonzero((varied > _LITTLE * varied.sum()) & (varied > _ROUNDING * energy.sum()))
    if not there.size:
        return f"Neither varies: their means differ by {percent(_pooled(error, energy))} of A."
    cut = _where_agreement_ends(_relative(error[there], energy[there]))
    cut = _where_errors_change(error[there], energy[there]) if cut is None else cut
    means = _of_means(error, lengths(found)[-1])
    if cut is None:
        whole = percent(_pooled(error[there], energy[there]))
        return f"Small scales and large agree alike: they differ by {whole}.{means}"
    at = int(there[cut])
    said, fine, coarse = lengths(found)[at], _pooled(error[:at], energy[:at]), _pooled(error[at:-1], energy[at:-1])
    part = f"{_share(error[:at].sum() / error.sum())} of the squared difference is finer than {said}.{means}"
    if fine > coarse:
        return f"From {said} on the two {_agree(coarse)}; finer than that {_fails(fine)}. {part}"
    return f"Finer than {said} the two {_agree(fine)}; from there on {_fails(coarse)}. {part}"


def _of_means(error: Floats, coarsest: str) -> str:
    """What of the difference is that of the means, where it is worth a word."""
    part = float(error[-1] / error.sum())
    return f" {_share(part)} of it is in the means over {coarsest}." if part >= _MEANS else ""


def _relative(error: Floats, energy: Floats) -> Floats:
    return np.asarray([_pooled(*pair) for pair in zip(error[:, None], energy[:, None], strict=True)])


def _where_agreement_ends(relative: Floats) -> int | None:
    """The scale at which errors go from below a tenth to above it, or the other way, if they do so once."""
    agree = relative <= _AGREE
    changes = np.flatnonzero(agree[1:] != agree[:-1])
    return int(changes[0]) + 1 if len(changes) == 1 else None


def _where_errors_change(error: Floats, energy: Floats) -> int | None:
    """The scale on whose two sides errors differ most, if they differ much."""
    best, at = _TOLD, None
    for cut in range(1, len(error)):
        fine, coarse = _pooled(error[:cut], energy[:cut]), _pooled(error[cut:], energy[cut:])
        ratio = max(fine, 1e-300) / max(coarse, 1e-300)
        if max(ratio, 1 / ratio) > best:
            best, at = max(ratio, 1 / ratio), cut
    return at


def _fails(part: float) -> str:
    if not part < 1e3:
        return "A has next to nothing"
    return f"they differ by {part:.2g} times A" if part >= 1 else f"they differ by {percent(part)}"


def _agree(part: float) -> str:
    if part**2 < _ROUNDING:
        return "agree but for rounding"
    return f"agree to {percent(part)}" if part <= 2 * _AGREE else f"differ by {percent(part)}"


def _share(part: float) -> str:
    """A part of a whole at the beginning of a sentence."""
    if part >= 0.995:
        return "Nearly all"
    return percent(part) if part >= 0.005 else "Hardly any"


def _pooled(error: Floats, energy: Floats) -> float:
    """The relative error of several scales together."""
    below = float(energy.sum())
    return float(np.sqrt(error.sum() / below)) if below else math.inf


def percent(part: float) -> str:
    """A part of one for people, with two digits and without powers of ten."""
    if part >= 10:
        return f"{part:.2g} times" if part < 1e4 else "more than 10,000 times"
    if part >= 0.1 or not part:
        return f"{100 * part:.0f} %"
    if part < 1e-7:
        return "under 0.00001 %"
    digits = 1 - math.floor(math.log10(100 * part))
    return f"{100 * part:.{digits}f}".rstrip("0").rstrip(".") + " %"
