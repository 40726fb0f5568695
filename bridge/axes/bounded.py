"""Distributions between two ends: even, even in the logarithm, a triangle."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.axes.distributions import Array, Distribution, above_nought, from_nought
from bridge.axes.exact import all_with_units, amount_of, as_float, in_unit
from bridge.errors import ContractError


class _Between(Distribution):
    """What has two ends."""

    def __init__(self, low: Any, high: Any) -> None:
        what = f"{self.name}(low, high)"
        bottom, top = amount_of(low, what), amount_of(high, what)
        all_with_units([bottom, top], what)
        self.unit = bottom.unit
        self.low, self.high = as_float(bottom.number, what), as_float(in_unit(top, self.unit, what), what)
        if not self.low < self.high:
            raise ContractError(f"{what}: {top.text} is not above {bottom.text}. Write the lower end first.")

    @property
    def text(self) -> str:
        """``uniform(800 K, 1000 K)``."""
        return f"{self.name}({self._written(self.low)}, {self._written(self.high)})"

    def to_json(self) -> dict[str, Any]:
        """Name, unit and ends."""
        return {"distribution": self.name, "unit": self.unit, "low": self.low, "high": self.high}


class Uniform(_Between):
    """Equal chances between two ends: ``Uniform("800 K", "1000 K")``."""

    name = "uniform"

    def ppf(self, u: npt.ArrayLike) -> Array:
        """Quantiles."""
        share = np.asarray(u, float)
        return self.low * (1 - share) + self.high * share

    def cdf(self, x: npt.ArrayLike) -> Array:
        """The share at or below ``x``."""
        return np.asarray(np.clip((np.asarray(x, float) - self.low) / (self.high - self.low), 0.0, 1.0))

    @property
    def mean(self) -> float:
        """The middle."""
        return (self.low + self.high) / 2

    @property
    def sd(self) -> float:
        """The length over the root of twelve."""
        return (self.high - self.low) / math.sqrt(12)


class LogUniform(_Between):
    """Equal chances of every decade between two ends: ``LogUniform("1 nm", "1 um")``."""

    name = "loguniform"

    def __init__(self, low: Any, high: Any) -> None:
        super().__init__(low, high)
        from_nought(self.unit, "loguniform(low, high)")
        above_nought(self.low, "loguniform(low, high): the lower end", "its logarithm is taken")
        self._length = math.log(self.high / self.low)

    def ppf(self, u: npt.ArrayLike) -> Array:
        """Quantiles."""
        return np.asarray(np.clip(self.low * np.exp(self._length * np.asarray(u, float)), self.low, self.high))

    def cdf(self, x: npt.ArrayLike) -> Array:
        """The share at or below ``x``."""
        return np.asarray(np.log(np.clip(np.asarray(x, float), self.low, self.high) / self.low) / self._length)

    @property
    def mean(self) -> float:
        """The length over that of the logarithm."""
        return (self.high - self.low) / self._length

    @property
    def sd(self) -> float:
        """From the mean square, half the difference of squares over the logarithm's length."""
        return math.sqrt((self.high - self.low) * (self.high + self.low) / (2 * self._length) - self.mean**2)


class Triangular(Distribution):
    """A triangle from low over its peak ``mode`` to high: ``Triangular("800 K", "900 K", "1200 K")``."""

    name = "triangular"

    def __init__(self, low: Any, mode: Any, high: Any) -> None:
        what = "triangular(low, mode, high)"
        found = [amount_of(value, what) for value in (low, mode, high)]
        all_with_units(found, what)
        self.unit = found[0].unit
        self.low, self.mode, self.high = (as_float(in_unit(a, self.unit, what), what) for a in found)
        if not (self.low <= self.mode <= self.high and self.low < self.high):
            raise ContractError(f"{what}: {', '.join(a.text for a in found)} do not rise. Write the lowest first.")
        self._peak = (self.mode - self.low) / (self.high - self.low)  # the share below the mode

    def ppf(self, u: npt.ArrayLike) -> Array:
        """Quantiles."""
        share, length = np.asarray(u, float), self.high - self.low
        rising = self.low + length * np.sqrt(share * self._peak)
        falling = self.high - length * np.sqrt((1 - share) * (1 - self._peak))
        return np.asarray(np.where(share < self._peak, rising, falling))

    def cdf(self, x: npt.ArrayLike) -> Array:
        """The share at or below ``x``."""
        part = (np.clip(np.asarray(x, float), self.low, self.high) - self.low) / (self.high - self.low)
        rising = part**2 / self._peak if self._peak > 0 else np.zeros_like(part)
        falling = 1 - (1 - part) ** 2 / (1 - self._peak) if self._peak < 1 else np.ones_like(part)
        return np.asarray(np.where(part < self._peak, rising, falling))

    @property
    def mean(self) -> float:
        """The mean of its corners."""
        return (self.low + self.mode + self.high) / 3

    @property
    def sd(self) -> float:
        """From its corners."""
        a, b, c = self.low, self.high, self.mode
        return math.sqrt(((b - a) ** 2 + (c - a) * (c - b)) / 18)

    @property
    def text(self) -> str:
        """``triangular(800 K, 900 K, 1200 K)``."""
        return f"triangular({', '.join(self._written(x) for x in (self.low, self.mode, self.high))})"

    def to_json(self) -> dict[str, Any]:
        """Name, unit and corners."""
        return {
            "distribution": self.name,
            "unit": self.unit,
            "low": self.low,
            "mode": self.mode,
            "high": self.high,
        }
