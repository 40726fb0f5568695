"""Distributions of uncertain parameters: quantiles, means and standard deviations, in a unit.

A quantile function is all that samplers need: uniform numbers go in, values come out. Closed forms after Johnson,
Kotz and Balakrishnan, Continuous Univariate Distributions (1994, 1995).
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from bridge.axes.exact import Amount, amount_of, as_float, has_zero_elsewhere, in_unit, width_in
from bridge.axes.points import text_of
from bridge.errors import ContractError

Array = npt.NDArray[np.float64]


class Distribution(ABC):
    """What is known of a parameter that is not known exactly."""

    name: ClassVar[str]
    unit: str  # "" for a pure number

    @abstractmethod
    def ppf(self, u: npt.ArrayLike) -> Array:
        """Quantiles: the value below which lies the share ``u`` of the distribution."""

    @abstractmethod
    def cdf(self, x: npt.ArrayLike) -> Array:
        """The share of the distribution at or below ``x``."""

    @property
    @abstractmethod
    def mean(self) -> float:
        """Expected value."""

    @property
    @abstractmethod
    def sd(self) -> float:
        """Standard deviation."""

    @property
    @abstractmethod
    def text(self) -> str:
        """How it is written: reading it gives an equal distribution."""

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """Everything, as JSON; ``distribution_from`` brings it back."""

    def within(self, low: Any, high: Any) -> Distribution:
        """The same distribution, cut off below ``low`` and above ``high``."""
        from bridge.axes.truncated import Truncated

        return Truncated(self, low, high)

    def _written(self, value: float) -> str:
        return text_of(value, self.unit or None)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Distribution) and self.to_json() == other.to_json()

    def __hash__(self) -> int:
        return hash((self.name, self.unit, self.mean))

    def __repr__(self) -> str:
        return f"<{self.name}: {self.text}>"


class Normal(Distribution):
    """A normal distribution: ``Normal("900 K", "10 K")``; also the half width in percent of the mean, ``"1 %"``."""

    name = "normal"

    def __init__(self, mean: Any, sd: Any) -> None:
        what = "normal(mean, standard deviation)"
        centre, width = amount_of(mean, what), amount_of(sd, what)
        self.unit = centre.unit
        self._mean, self._sd = as_float(centre.number, what), as_float(_deviation(centre, width, what), what)
        above_nought(self._sd, f"{what}: the standard deviation", "a fixed value is written alone")

    def ppf(self, u: npt.ArrayLike) -> Array:
        """Quantiles, by the inverse of the error function."""
        from scipy.special import ndtri

        return np.asarray(self._mean + self._sd * ndtri(u))

    def cdf(self, x: npt.ArrayLike) -> Array:
        """The share at or below ``x``."""
        from scipy.special import ndtr

        return np.asarray(ndtr((np.asarray(x, float) - self._mean) / self._sd))

    @property
    def mean(self) -> float:
        """Its centre."""
        return self._mean

    @property
    def sd(self) -> float:
        """Its width."""
        return self._sd

    @property
    def text(self) -> str:
        """``900 K ± 10 K``."""
        return f"{self._written(self._mean)} ± {self._written(self._sd)}"

    def to_json(self) -> dict[str, Any]:
        """Name, unit and numbers."""
        return {"distribution": self.name, "unit": self.unit, "mean": self._mean, "sd": self._sd}


class LogNormal(Distribution):
    """A normal distribution of the logarithm, by the median and the standard deviation ``sigma`` of the logarithm.

    ``LogNormal("1e-5 m^2/s", 0.3)``, or by its own mean and standard deviation: ``LogNormal(mean=…, sd=…)``.
    """

    name = "lognormal"

    def __init__(self, median: Any = None, sigma: Any = None, *, mean: Any = None, sd: Any = None) -> None:
        what = "lognormal(median=…, sigma=…)"
        if (median is None) != (sigma is None) or (mean is None) != (sd is None) or (median is None) == (mean is None):
            raise ContractError(f"{what} takes median and sigma, or mean=… and sd=…, both of them. Write one pair.")
        if median is not None:
            centre = amount_of(median, what)
            self._median = as_float(centre.number, what)
            self.sigma = as_float(in_unit(amount_of(sigma, what), "", f"{what}: sigma is a pure number"), what)
        else:
            centre, width = amount_of(mean, what), amount_of(sd, what)
            middle = as_float(centre.number, what)
            above_nought(middle, f"{what}: the mean", "its logarithm is taken")
            ratio = as_float(_deviation(centre, width, what), what) / middle
            self.sigma = math.sqrt(math.log1p(ratio**2)) if ratio > 0 else 0.0
            self._median = middle / math.sqrt(1 + ratio**2)
        self.unit = centre.unit
        from_nought(self.unit, what)
        above_nought(self._median, f"{what}: the median", "its logarithm is taken")
        above_nought(self.sigma, f"{what}: the width", "a fixed value is written alone")

    def ppf(self, u: npt.ArrayLike) -> Array:
        """Quantiles."""
        from scipy.special import ndtri

        return np.asarray(self._median * np.exp(self.sigma * ndtri(u)))

    def cdf(self, x: npt.ArrayLike) -> Array:
        """The share at or below ``x``."""
        from scipy.special import ndtr

        with np.errstate(divide="ignore"):
            logarithm = np.log(np.maximum(np.asarray(x, float), 0.0) / self._median)
        return np.asarray(ndtr(logarithm / self.sigma))

    @property
    def mean(self) -> float:
        """exp(mu + sigma^2 / 2)."""
        return self._median * math.exp(self.sigma**2 / 2)

    @property
    def sd(self) -> float:
        """The mean times the root of exp(sigma^2) - 1."""
        return self.mean * math.sqrt(math.expm1(self.sigma**2))

    @property
    def text(self) -> str:
        """``lognormal(median=1e-05 m^2/s, sigma=0.3)``."""
        return f"lognormal(median={self._written(self._median)}, sigma={text_of(self.sigma)})"

    def to_json(self) -> dict[str, Any]:
        """Name, unit and numbers."""
        return {"distribution": self.name, "unit": self.unit, "median": self._median, "sigma": self.sigma}


def _deviation(centre: Amount, width: Amount, what: str) -> Any:
    """A width beside a centre, in its unit: a difference, or percent of the centre."""
    if width.unit in ("%", "percent") and centre.unit not in ("%", "percent"):
        if centre.unit == "":
            raise ContractError(
                f"{what}: {width.text} of a pure number may be a share of it or a hundredth of one. "
                f"Write the number: {float(abs(centre.number) * width.number / 100):g}, "
                f"or {float(width.number / 100):g}."
            )
        from_nought(centre.unit, f"{what}: {width.text} of {centre.text}")
        return abs(centre.number) * width.number / 100
    return width_in(width, centre.unit, what)


def above_nought(value: float, what: str, why: str) -> None:
    """Refuse what is not above nought. Raises ContractError."""
    if not 0 < value < math.inf:
        raise ContractError(f"{what} is {value:g}, and must be above nought: {why}.")


def from_nought(unit: str, what: str) -> None:
    """Refuse units such as degC where ratios are taken. Raises ContractError."""
    if has_zero_elsewhere(unit):
        raise ContractError(f"{what}: ratios mean nothing in {unit}, which does not count from nought. Write it in K.")
