"""Distributions that are cut off."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.axes.distributions import Array, Distribution
from bridge.axes.empirical import Empirical
from bridge.axes.exact import amount_of, as_float, in_unit
from bridge.errors import ContractError


class Truncated(Distribution):
    """A distribution without what lies below ``low`` and above ``high``, its chances raised alike to fill one."""

    name = "truncated"

    def __init__(self, of: Distribution, low: Any, high: Any) -> None:
        what = f"{of.text} in [low, high]"
        bottom, top = amount_of(low, what), amount_of(high, what)
        self.of, self.unit = of, of.unit
        self.low, self.high = (as_float(in_unit(a, of.unit, what), what) for a in (bottom, top))
        if not self.low < self.high:
            raise ContractError(f"{what}: {top.text} is not above {bottom.text}. Write the lower end first.")
        below = math.nextafter(self.low, -math.inf)  # a value at the very end is inside
        self._from, self._to = float(of.cdf(below)), float(of.cdf(self.high))
        if not self._to > self._from:
            raise ContractError(f"{of.text} has nothing in [{bottom.text}, {top.text}]. Write other ends.")

    def ppf(self, u: npt.ArrayLike) -> Array:
        """Quantiles: those of the whole, of the shares between the ends."""
        share = np.asarray(u, float)
        return np.clip(self.of.ppf(self._from * (1 - share) + self._to * share), self.low, self.high)

    def cdf(self, x: npt.ArrayLike) -> Array:
        """The share at or below ``x``."""
        return np.clip((self.of.cdf(x) - self._from) / (self._to - self._from), 0.0, 1.0)

    @functools.cached_property
    def _moments(self) -> tuple[float, float]:
        """Mean and standard deviation: those of the values left, or the integrals of quantiles over their shares."""
        if isinstance(self.of, Empirical):
            left = self.of.values[(self.of.values >= self.low) & (self.of.values <= self.high)]
            return float(np.mean(left)), float(np.std(left))
        from scipy.integrate import quad

        middle, lower, upper = (float(self.ppf(u)) for u in (0.5, 0.1, 0.9))
        scale = upper - lower  # of the order of the standard deviation, whatever the ends are
        offset = _integral(quad, lambda u: (float(self.ppf(u)) - middle) / scale)
        spread = _integral(quad, lambda u: ((float(self.ppf(u)) - middle) / scale - offset) ** 2)
        return middle + scale * offset, scale * math.sqrt(spread)

    @property
    def mean(self) -> float:
        """Expected value, by quadrature."""
        return self._moments[0]

    @property
    def sd(self) -> float:
        """Standard deviation, by quadrature."""
        return self._moments[1]

    @property
    def text(self) -> str:
        """``900 K ± 10 K in [850 K, 950 K]``."""
        return f"{self.of.text} in [{self._written(self.low)}, {self._written(self.high)}]"

    def to_json(self) -> dict[str, Any]:
        """What is cut off, and where."""
        return {
            "distribution": self.name,
            "unit": self.unit,
            "of": self.of.to_json(),
            "low": self.low,
            "high": self.high,
        }


def _integral(quad: Callable[..., Any], of: Callable[[float], float]) -> float:
    """The integral from nought to one, each half by itself, for both ends are steep."""
    return float(sum(quad(of, *half, limit=200, epsabs=1e-10)[0] for half in ((0.0, 0.5), (0.5, 1.0))))
