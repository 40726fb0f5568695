"""Random effects of virtual patients: how far each one's parameters lie from the typical ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from bridge import Within, model
from bridge_pharmacology.population import variability
from bridge_pharmacology.ports import Array
from bridge_pharmacology.scales import POPULATION

#: The default of a matrix that is not given.
NONE = np.zeros((0, 0))
NO_VARIATION = np.zeros(0)


@dataclass(frozen=True)
class Effects:
    """`eta`, natural logarithms of individual over typical parameters, and the variance they were drawn from."""

    eta: Annotated[Array, "1", ("individual", "effect"), Within(-50, 50)]
    variance: Annotated[Array, "1", ("effect", "other_effect")]


@model("population.random_effects", scale=POPULATION)
def random_effects(
    coefficients_of_variation: Annotated[Array, "1", ("parameter",), Within(0, 10)] = NO_VARIATION,
    correlation: Annotated[Array, "1", ("row", "column"), Within(-1, 1)] = NONE,
    variance: Annotated[Array, "1", ("effect", "other_effect")] = NONE,
    patients: Annotated[int, Within(1, 10_000_000)] = 200,
    *,
    first: Annotated[int, Within(0, 100_000_000)] = 0,
    seed: int = 1,
) -> Effects:
    """Multivariate normal effects eta of lognormal parameters, one row for each individual.

    The variance matrix is given as `variance`, or by coefficients of variation, omega² = ln(1 + CV²), and the
    `correlation` of the logarithms (none: uncorrelated). An effect of no variance stays 0. Individuals are the rows
    `first` … first + patients of one table of standard normal numbers: cohorts are slices of one population.

    Raises ValueError where both or none are given, sizes differ, or the matrix is not positive definite.
    """
    given = coefficients_of_variation
    if bool(given.size) == bool(variance.size):
        raise ValueError(
            "population.random_effects takes coefficients_of_variation (and a correlation) or a variance matrix, got "
            f"{'both' if given.size else 'none of them'}. Write coefficients_of_variation='0.43, 0.29'."
        )
    if correlation.size and variance.size:
        raise ValueError("a variance matrix holds its covariances: leave correlation out.")
    if given.size:
        spread = np.sqrt(variability.log_variance(given))
        variance = variability.covariance(spread, correlation if correlation.size else None)
    lower = variability.factor(variance)
    eta = variability.deviates(patients, len(variance), first=first, seed=seed) @ lower.T
    return Effects(eta=eta, variance=variance)
