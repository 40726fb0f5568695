"""Separation of scales: how much faster, or smaller, the fine scale is than the coarse one, and whether that is enough.

A verdict is the ratio of a fine time (or length) to a coarse one against a limit, with the error that the limit
stands for. What two models declare of their scales is compared by ``declared``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from bridge.errors import ContractError
from bridge.scale import Scale
from bridge.units import Q, compatible, exact, is_quantity

#: What a limit stands for where nothing else is said: averaging over the fine scale is right to this order.
FIRST_ORDER = "a relative error of the first order in the ratio"
#: Ranges whose ends differ by less adjoin.
ADJOIN = 0.01
_NAME = re.compile(r"[A-Za-z0-9][\w./+ -]{0,63}", re.ASCII)
_BASE = {"time": "s", "length": "m"}


@dataclass(frozen=True)
class Estimate:
    """A time or a length with its unit, how it was computed, and its standard error where it has one."""

    value: float
    unit: str
    how: str = "given"
    standard_error: float | None = None

    @property
    def quantity(self) -> Any:
        """Value and unit as a pint quantity."""
        return Q(self.value, self.unit)

    def __str__(self) -> str:
        spread = f" ± {self.standard_error:.2g}" if self.standard_error else ""
        return f"{self.value:.4g}{spread} {self.unit}"

    def document(self) -> dict[str, Any]:
        """The estimate in JSON, which has no infinity."""
        told: dict[str, Any] = {"value": _finite(self.value), "unit": self.unit, "how": self.how}
        return told | ({"standard_error": self.standard_error} if self.standard_error else {})


@dataclass(frozen=True)
class Verdict:
    """Whether two scales are apart: ``ratio`` is fine over coarse, ``ok`` that it is at most ``limit``.

    ``error`` says what the limit stands for; ``at`` where in the model's run it was judged, ``checks`` how often, this
    being the worst of them; ``accepted`` that a violation was overridden by name.
    """

    name: str
    what: str
    fine: Estimate
    coarse: Estimate
    ratio: float
    limit: float
    error: str
    at: str = ""
    checks: int = 1
    accepted: bool = False
    standard_error: float | None = None

    @property
    def ok(self) -> bool:
        """Whether the scales are apart."""
        return self.ratio <= self.limit

    def __str__(self) -> str:
        spread = f" ± {self.standard_error:.2g}" if self.standard_error else ""
        at = f" at {self.at}" if self.at else ""
        fate = "separated" if self.ok else "not separated, accepted by name" if self.accepted else "not separated"
        return (
            f"{self.name}: {fate}{at}: {self.what}s {self.fine} / {self.coarse} = {self.ratio:.3g}{spread}, "
            f"limit {self.limit:g}, which stands for {self.error}"
        )

    def document(self) -> dict[str, Any]:
        """The verdict in JSON, as stores and records of runs hold it."""
        told: dict[str, Any] = {
            "name": self.name,
            "what": self.what,
            "fine": self.fine.document(),
            "coarse": self.coarse.document(),
            "ratio": _finite(self.ratio),
            "limit": self.limit,
            "ok": self.ok,
            "error": self.error,
            "checks": self.checks,
        }
        told |= {"at": self.at} if self.at else {}
        told |= {"accepted": True} if self.accepted else {}
        return told | ({"standard_error": self.standard_error} if self.standard_error else {})


def verdict_from(document: Mapping[str, Any]) -> Verdict:
    """Read a verdict back from its JSON."""
    known = {name: value for name, value in document.items() if name != "ok"}
    for scale in ("fine", "coarse"):
        known[scale] = Estimate(**{**document[scale], "value": float(document[scale]["value"])})
    return Verdict(**{**known, "ratio": float(document["ratio"])})


def separation(
    name: str, fine: Any, coarse: Any, *, limit: float, error: str | float = FIRST_ORDER, what: str | None = None
) -> Verdict:
    """Judge whether ``fine`` is at most ``limit`` times ``coarse``: two times, or two lengths.

    Each is text with its unit (``"3 ns"``), a quantity, or an Estimate. Of arrays, the pair with the largest ratio
    counts. ``error`` says what the limit stands for, in words or as the constant c of a relative error c · ratio;
    ``what`` ("time" or "length") holds the caller to it. Raises ContractError.
    """
    if not _NAME.fullmatch(name):
        raise ContractError(
            f"{name!r} does not name a pair of scales. Write e.g. 'diffusion/binding': letters, digits and './+-_ ', "
            "at most 64."
        )
    if isinstance(limit, bool) or not (isinstance(limit, (int, float)) and 0 < limit < math.inf):
        raise ContractError(f"{name}: limit={limit!r} is no positive number. Write the largest ratio, e.g. limit=0.1.")
    pair = _worst(name, _read(name, "fine", fine), _read(name, "coarse", coarse))
    found = _dimension(name, pair, what)
    small, large = pair
    of_fine = Q(small.value, small.unit).to(large.unit).magnitude
    ratio = float(of_fine / large.value)
    relative = [e.standard_error / e.value for e in pair if e.standard_error and 0 < e.value < math.inf]
    spread = ratio * math.hypot(*relative) if relative else None
    return Verdict(name, found, small, large, ratio, float(limit), _worded(error, ratio, limit), standard_error=spread)


def _worded(error: str | float, ratio: float, limit: float) -> str:
    if isinstance(error, str):
        return error
    here, there = (f"{100 * error * of:.2g} %" for of in (ratio, limit))
    return f"a relative error of about {error:g} × the ratio: {here} here, {there} at the limit"


def _read(name: str, which: str, given: Any) -> tuple[Any, str, str, float | None]:
    """Magnitudes, unit, how it was found and its standard error. Raises ContractError."""
    if isinstance(given, Estimate):
        return given.value, given.unit, given.how, given.standard_error
    if is_quantity(given):
        return given.magnitude, f"{given.units:~}", "given", None
    if isinstance(given, str):
        read = exact(given)
        if read is not None:
            return float(read[0]), read[1], "given", None
    raise ContractError(
        f"{name}: {which}={given!r} has no unit. Write text such as {which}='3 ns', a quantity such as "
        f"{which}=Q(3.0, 'ns'), or what relaxation_time or correlation_length found."
    )


def _worst(
    name: str, fine: tuple[Any, str, str, float | None], coarse: tuple[Any, str, str, float | None]
) -> tuple[Estimate, Estimate]:
    """The pair with the largest ratio. Raises ContractError for what is no time or length of anything."""
    import numpy as np

    try:
        small, large = np.broadcast_arrays(np.asarray(fine[0], float), np.asarray(coarse[0], float))
    except ValueError:
        raise ContractError(
            f"{name}: fine has shape {np.shape(fine[0])} and coarse {np.shape(coarse[0])}: give one of them as a "
            "single value, or both at the same places."
        ) from None
    for which, values, fits in (
        ("fine", small, (small >= 0) & (small < math.inf)),
        ("coarse", large, large > 0),
    ):
        if not small.size or not fits.all():
            first = float(values[~fits].flat[0]) if small.size else math.nan
            raise ContractError(
                f"{name}: {which} is {first:g}, and must be "
                f"{'finite and not negative' if which == 'fine' else 'more than zero'}: it is a time or a length."
            )
    at = int(np.argmax(small / large))
    return Estimate(float(small.flat[at]), *fine[1:]), Estimate(float(large.flat[at]), *coarse[1:])


def _dimension(name: str, pair: tuple[Estimate, Estimate], what: str | None) -> str:
    if what is not None and what not in _BASE:
        raise ContractError(f"{name}: what={what!r} is neither 'time' nor 'length'. Leave it out to have it found.")
    found = [next((w for w, unit in _BASE.items() if compatible(one.unit, unit)), None) for one in pair]
    if None in found or found[0] != found[1]:
        raise ContractError(
            f"{name}: fine is in {pair[0].unit} and coarse in {pair[1].unit}: both must be times, or both lengths."
        )
    if what is not None and found[0] != what:
        raise ContractError(f"{name}: fine and coarse are {found[0]}s, and {what}s were asked for.")
    return str(found[0])


def _finite(value: float) -> float | str:
    return value if math.isfinite(value) else str(value)


# Declared


@dataclass(frozen=True)
class Declared:
    """What two models declare of one dimension: ``gap`` is the smallest coarse size over the largest fine one."""

    what: str
    fine: str
    coarse: str
    gap: float
    relation: str

    def __str__(self) -> str:
        by = f" 1:{self.gap:.3g}" if self.relation == "apart" else ""
        return f"{self.what}s {'the other way round' if self.relation == 'reversed' else self.relation}{by}"

    def document(self) -> dict[str, Any]:
        """What is declared, in JSON."""
        return {"what": self.what, "fine": self.fine, "coarse": self.coarse, "gap": self.gap, "relation": self.relation}


def declared(fine: Scale, coarse: Scale) -> tuple[Declared, ...]:
    """Compare the ranges that two models declare, lengths and times, as far as both declare them.

    A relation is "apart", "adjoin" (one ends where the other begins), "overlap", or "reversed" (fine is the coarser).
    """
    found = []
    for what, texts, ranges in (
        ("length", (fine.length, coarse.length), (fine.meters, coarse.meters)),
        ("time", (fine.time, coarse.time), (fine.seconds, coarse.seconds)),
    ):
        small, large = ranges
        if small and large:
            gap = float(f"{large[0] / small[1]:.12g}")  # ends are floats in base units
            meeting = "reversed" if large[1] < small[0] else "overlap"
            relation = "adjoin" if abs(gap - 1) < ADJOIN else "apart" if gap > 1 else meeting
            found.append(Declared(what, str(texts[0]), str(texts[1]), gap, relation))
    return tuple(found)


def worse(one: Verdict, other: Verdict) -> Verdict:
    """The verdict of two on one pair that has the larger ratio to its limit; both are counted."""
    worst = other if other.ratio / other.limit > one.ratio / one.limit else one
    return replace(worst, checks=one.checks + other.checks, accepted=one.accepted or other.accepted)


def in_unit(value: Any, unit: str | None, name: str, what: str) -> tuple[Fraction, str]:
    """Exact magnitude and unit of a step: text, a quantity, or a bare number in ``unit``. Raises ContractError."""
    base = _BASE[what]
    bare = isinstance(value, (int, float)) and not isinstance(value, bool)
    read = exact(Q(float(value), unit) if bare and unit is not None else None if bare else value)
    if read is None:
        raise ContractError(f"{name}={value!r} has no unit. Write {name}='0.1 {base}', or unit='{base}' with it.")
    if not compatible(read[1], base):
        raise ContractError(f"{name}={value!s} is no {what}. Write e.g. {name}='0.1 {base}'.")
    if not read[0] > 0:
        raise ContractError(f"{name}={value!s} is not more than zero.")
    return read[0], unit if bare and unit else f"{value.units:~}" if is_quantity(value) else read[1]
