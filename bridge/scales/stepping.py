"""Steps of two scales: a whole number of fine steps in a coarse one, and times that do not drift.

Adding up a float step goes astray: of couplings that compare accumulated times some coarse steps get 99 fine ones and
some 100. Here times are products of a count and an exact step.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from bridge.errors import ContractError
from bridge.scales.separation import in_unit
from bridge.units import Conversion

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Two computed floats that differ by this much from a whole ratio have one: their own rounding, and no more.
ROUNDING = 1e-12
_MOST = 2**53


@dataclass(frozen=True)
class Steps:
    """``ratio`` fine steps make one coarse step, exactly; both steps are in ``unit``."""

    ratio: int
    coarse_step: float
    unit: str
    asked: float

    @classmethod
    def derived(cls, coarse_step: Any, fine_step: Any, *, unit: str | None = None) -> Steps:
        """The smallest whole ratio whose fine step is no larger than asked. Raises ContractError."""
        if all(isinstance(step, (str, int, float)) for step in (coarse_step, fine_step)):
            return _remembered(coarse_step, fine_step, unit)
        return cls._derived(coarse_step, fine_step, unit)

    @classmethod
    def _derived(cls, coarse_step: Any, fine_step: Any, unit: str | None) -> Steps:
        coarse, written = in_unit(coarse_step, unit, "coarse_step", "time")
        fine, there = in_unit(fine_step, unit, "fine_step", "time")
        slope, _ = Conversion(there, written)._terms
        asked = fine * slope
        wanted = coarse / asked
        if wanted < 1 - ROUNDING:
            raise ContractError(
                f"the fine step {float(fine):g} {there} is longer than the coarse step {float(coarse):g} {written}: it "
                "must fit into it at least once. Were they exchanged?"
            )
        if wanted > _MOST:
            raise ContractError(
                f"{float(wanted):.3g} fine steps of {float(fine):g} {there} in a coarse step of "
                f"{float(coarse):g} {written} cannot be counted in floats: put a scale between them."
            )
        nearest = max(1, round(wanted))
        ratio = nearest if abs(wanted - nearest) <= ROUNDING * nearest else math.ceil(wanted)
        return cls(ratio, float(coarse), written, float(asked))

    @property
    def fine_step(self) -> float:
        """The fine step as it is taken: the coarse one divided by the ratio."""
        return float(self._exact)

    @property
    def _exact(self) -> Fraction:
        return Fraction(self.coarse_step) / self.ratio

    def time(self, fine: int, coarse: int = 0) -> float:
        """Time after so many fine (and coarse) steps: one product, rounded once, so that no error accumulates."""
        return float(self._exact * (fine + coarse * self.ratio))

    def times(self, count: int) -> NDArray[np.float64]:
        """Times of ``count`` fine steps, the first of them 0; every ``ratio``-th is a coarse one to the bit."""
        import numpy as np

        whole, rest = np.divmod(np.arange(count), self.ratio)
        return np.asarray((whole + rest / self.ratio) * self.coarse_step, dtype=np.float64)

    def __str__(self) -> str:
        return f"{self.ratio} fine steps of {self.fine_step:g} {self.unit} in a coarse one of {self.coarse_step:g}"

    def document(self) -> dict[str, Any]:
        """The steps in JSON."""
        return {
            "ratio": self.ratio,
            "coarse_step": self.coarse_step,
            "fine_step": self.fine_step,
            "unit": self.unit,
            "asked": self.asked,
        }


def steps_from(document: Mapping[str, Any]) -> Steps:
    """Read steps back from their JSON."""
    return Steps(document["ratio"], document["coarse_step"], document["unit"], document["asked"])


@functools.lru_cache(maxsize=256, typed=True)
def _remembered(coarse_step: str | float, fine_step: str | float, unit: str | None) -> Steps:
    """The steps of a fine model that is called again and again with the same ones."""
    return Steps._derived(coarse_step, fine_step, unit)
