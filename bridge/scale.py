"""Scales: where a model lives in length and time, and which way a wire between two of them runs."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

from bridge.errors import DeclarationError

FINE_TO_COARSE = "fine → coarse"
COARSE_TO_FINE = "coarse → fine"
WITHIN = "within a scale"


@dataclass(frozen=True)
class Scale:
    """A named range of lengths and times: ``Scale("mesoscopic", length="1 nm .. 1 um", time="1 ns .. 1 ms")``.

    Either range may be left out where it has no meaning (an organism has a length; an equation
    of state has no time). Raises DeclarationError if a range is not two quantities in order.
    """

    name: str
    length: str | None = None
    time: str | None = None

    @functools.cached_property
    def meters(self) -> tuple[float, float] | None:
        """Smallest and largest length in metres."""
        return _range(self, "length", "m")

    @functools.cached_property
    def seconds(self) -> tuple[float, float] | None:
        """Shortest and longest time in seconds."""
        return _range(self, "time", "s")

    def __str__(self) -> str:
        ranges = [r for r in (self.length, self.time) if r]
        return f"{self.name} ({'; '.join(ranges)})" if ranges else self.name


def _range(scale: Scale, which: str, unit: str) -> tuple[float, float] | None:
    from bridge.errors import ContractError
    from bridge.units import Q, compatible, split

    text: str | None = getattr(scale, which)
    if text is None:
        return None
    try:
        low, high = (split(end) for end in text.split(".."))
        fits = compatible(low[1], unit) and compatible(high[1], unit)
    except (AttributeError, ValueError, ContractError, DeclarationError):
        fits = False
    if fits:
        try:
            ends = tuple(float(Q(float(number), given).to(unit).magnitude) for number, given in (low, high))
        except OverflowError:
            ends = (0.0, 0.0)
        if 0 < ends[0] <= ends[1]:
            return ends[0], ends[1]
    raise DeclarationError(
        f"scale {scale.name!r}: {which}={text!r} is not a range of {which}; write e.g. "
        f"{which}='1 {'nm .. 1 um' if which == 'length' else 'ns .. 1 ms'}'."
    )


def direction(source: Scale, target: Scale) -> str:
    """Say which way a wire runs, from the middle (geometric mean) of the two ranges.

    Lengths decide; where either side has none, or both agree, times do. Middles within
    1 % of each other are one scale.
    """
    if source.name == target.name:
        return WITHIN
    for here, there in ((source.meters, target.meters), (source.seconds, target.seconds)):
        if here and there:
            step = math.log(there[0] * there[1]) - math.log(here[0] * here[1])
            if abs(step) > 0.02:
                return FINE_TO_COARSE if step > 0 else COARSE_TO_FINE
    return WITHIN
