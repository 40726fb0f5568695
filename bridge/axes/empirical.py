"""Values that were computed or measured, drawn again as they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.axes.distributions import Array, Distribution
from bridge.errors import ContractError


class Empirical(Distribution):
    """Every one of some values with the same chance; quantiles are values, nothing is made up between them.

    ``source`` says where they are: ``20261121-101500-123abc.md.energies``.
    """

    name = "empirical"

    def __init__(self, values: npt.ArrayLike, unit: str = "", source: str = "") -> None:
        found = np.sort(np.asarray(values, np.float64).reshape(-1))
        if len(found) < 2 or not np.all(np.isfinite(found)) or found[0] == found[-1]:
            raise ContractError(
                f"empirical({source}) needs two different finite values at least, got {len(found)}"
                f"{'' if len(found) < 2 else ', all equal or some not finite'}."
            )
        self.values, self.unit, self.source = found, "" if unit == "1" else unit, source

    def ppf(self, u: npt.ArrayLike) -> Array:
        """Quantiles: the smallest value with at least the share ``u`` at or below it."""
        count = len(self.values)
        place = np.ceil(np.asarray(u, float) * count).astype(np.int64) - 1
        return np.asarray(self.values[np.clip(place, 0, count - 1)])

    def cdf(self, x: npt.ArrayLike) -> Array:
        """The share of the values at or below ``x``."""
        return np.asarray(np.searchsorted(self.values, x, side="right") / len(self.values))

    @property
    def mean(self) -> float:
        """Mean of the values."""
        return float(np.mean(self.values))

    @property
    def sd(self) -> float:
        """Standard deviation of the values themselves, which are the whole distribution."""
        return float(np.std(self.values))

    @property
    def text(self) -> str:
        """``empirical(RUN.stage.port)``."""
        return f"empirical({self.source})"

    def to_json(self) -> dict[str, Any]:
        """Source, unit and every value."""
        return {
            "distribution": self.name,
            "unit": self.unit,
            "source": self.source,
            "values": self.values.tolist(),
        }
