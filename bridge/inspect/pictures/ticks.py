"""Where the ticks of an axis stand and what they say: round numbers, exactly, and no two alike.

All is reckoned in decimal numbers, so that a tick is as round as its label, from 1e-320 to 1e308.
"""

from __future__ import annotations

import decimal
import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

#: Ticks of an axis at most, and at least.
MOST, LEAST = 9, 3
_ROUND = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
_POWERS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_EXACT = decimal.Context(prec=60)
#: Decimals of a label beyond which what all ticks have in common is said once.
_LONG = 5


@dataclass(frozen=True)
class Ticks:
    """Places with their labels; ``corner`` is what all labels leave out: ``× 10⁻⁹``."""

    places: tuple[float, ...]
    labels: tuple[str, ...]
    corner: str = ""


def linear(low: float, high: float, most: int = 7) -> Ticks:
    """Three to ``most`` (six or more) multiples of 1, 2, 2.5 or 5 times a power of ten, from low to high."""
    with decimal.localcontext(_EXACT):
        first, last = Decimal(repr(float(low))), Decimal(repr(float(high)))
        step = _step(first, last, max(most, 6))
        start = (first / step).to_integral_value(decimal.ROUND_CEILING)
        end = (last / step).to_integral_value(decimal.ROUND_FLOOR)
        places = [(start + i) * step for i in range(int(end - start) + 1)]
        labels, corner = _labels(places, step)
        return Ticks(tuple(map(float, places)), labels, corner)


def _step(first: Decimal, last: Decimal, most: int) -> Decimal:
    exponent = ((last - first) / most).adjusted()
    steps = [round_.scaleb(exponent) for round_ in (*_ROUND, Decimal(20), Decimal(50))]
    for step in steps:
        count = (last / step).to_integral_value(decimal.ROUND_FLOOR) - (first / step).to_integral_value(
            decimal.ROUND_CEILING
        )
        if count < most:
            return step
    return steps[-1]


def _labels(places: Sequence[Decimal], step: Decimal) -> tuple[tuple[str, ...], str]:
    """Ticks as short as they can be told apart, and what is left out of all of them."""
    power = max((place.adjusted() for place in places if place), default=0)
    factor = power if power >= 5 or power <= -4 else 0
    decimals = _decimals(step, factor)
    if decimals > _LONG:
        common = places[0]
        rest, corner = _labels([place - common for place in places], step)
        return rest, f"{corner} + {_plain(common)}".strip()
    labels = tuple(_signed(f"{place.scaleb(-factor):.{decimals}f}") for place in places)
    return labels, f"× {_power(10, factor)}" if factor else ""


def _decimals(step: Decimal, factor: int) -> int:
    return max(0, -int(step.scaleb(-factor).normalize().as_tuple().exponent))


def logarithmic(low: float, high: float, most: int = MOST, base: int = 10) -> Ticks:
    """Powers of the base, or simple parts of decades, or, within less than one, round numbers; low is above nought."""
    bottom, top = _log(low, base), _log(high, base)
    powers = range(int(np.ceil(bottom - 1e-9)), int(np.floor(top + 1e-9)) + 1)
    if len(powers) >= LEAST:
        every = -(-len(powers) // most)
        shown = [power for power in powers if power % every == 0]
        return _of_powers(shown, base, low, high)
    if base == 10:
        for parts in ((1, 2, 5), (1, 3), (1, 2, 3, 5)):
            places = _parts(parts, low, high)
            if LEAST <= len(places) <= min(most, 7):
                return Ticks(tuple(map(float, places)), _told(places))
    return linear(low, high, most)


def _log(value: float, base: int) -> float:
    return float(np.log10(value) if base == 10 else np.log2(value) if base == 2 else np.log(value) / np.log(base))


def _of_powers(powers: Iterable[int], base: int, low: float, high: float) -> Ticks:
    places = [(power, float(Decimal(base) ** power)) for power in powers]
    there = [(power, place) for power, place in places if low * (1 - 1e-9) <= place <= high * (1 + 1e-9)]
    plain = all(1e-3 <= place < 1e5 for _, place in there)
    labels = tuple(_plain(Decimal(repr(place))) if plain else _power(base, power) for power, place in there)
    return Ticks(tuple(place for _, place in there), labels)


def _parts(parts: Sequence[int], low: float, high: float) -> list[Decimal]:
    first, last = Decimal(repr(float(low))), Decimal(repr(float(high)))
    decades = range(first.adjusted(), last.adjusted() + 1)
    return [place for d in decades for n in parts if first <= (place := Decimal(n).scaleb(d)) <= last]


def _told(places: Sequence[Decimal]) -> tuple[str, ...]:
    """Labels of ticks that have no step in common: plain where they are near one, else with their power of ten."""
    if all(Decimal("1e-3") <= place < Decimal(100_000) for place in places):
        return tuple(_plain(place) for place in places)
    return tuple(_with_power(place) for place in places)


def _with_power(place: Decimal) -> str:
    part = _plain(place.scaleb(-place.adjusted()))
    return _power(10, place.adjusted()) if part == "1" else f"{part} × {_power(10, place.adjusted())}"


def of_places(places: Sequence[float]) -> Ticks:
    """Ticks at given places, each with its own number."""
    return Ticks(tuple(map(float, places)), tuple(number(place) for place in places))


@functools.lru_cache(maxsize=4096)
def number(value: float, digits: int = 4) -> str:
    """A number as people read it: ``0.25``, ``1200``, ``3.2 × 10⁻⁹``."""
    if not np.isfinite(value):
        return str(value)
    exact = Decimal(f"{float(value):.{digits - 1}e}")
    if not exact:
        return "0"
    if -4 < exact.adjusted() < 6:
        return _plain(exact)
    part = _plain(exact.scaleb(-exact.adjusted()))
    return f"{part} × {_power(10, exact.adjusted())}"


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return _signed(text.rstrip("0").rstrip(".") if "." in text else text)


def _signed(text: str) -> str:
    nothing = not text.strip("-0.")
    return text.lstrip("-") if nothing else text.replace("-", "−")


def _power(base: int, exponent: int) -> str:
    return f"{base}{str(exponent).translate(_POWERS)}"
