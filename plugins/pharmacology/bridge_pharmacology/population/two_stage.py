"""Two stages: everybody is fitted alone, and what the individuals have in common is told from their estimates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bridge_pharmacology.population import variability
from bridge_pharmacology.population.fitting import ErrorModel, Fit, NotFitted, Series, Structure, fit
from bridge_pharmacology.systems.failing import OnFailure

Array = NDArray[np.float64]

#: Rounds of expectation and maximisation: a variance near 0 is approached slowly.
MOST = 2000


@dataclass(frozen=True)
class TwoStage:
    """Individual fits and their statistics over individuals.

    `estimate` is the median over individuals of each fitted parameter, which one estimate that is hardly known does not
    pull, and `covariance` that of the logarithms of the medians; `mean` is the geometric mean. `log_variance` is the
    variance matrix of the logarithms between individuals, that of the individual estimates themselves included, and
    `variation` its coefficients of variation, with their standard errors for normal logarithms. `corrected` is the
    variance matrix without the errors of the individual estimates (`global_two_stage`). `residual` is the pooled
    standard deviation of the residuals.
    """

    names: tuple[str, ...]
    individual: NDArray[np.int64]
    fits: tuple[Fit, ...]
    estimate: Array
    covariance: Array
    mean: Array
    log_variance: Array
    variation: Array
    variation_error: Array
    corrected: Array
    residual: float
    left_out: str

    @property
    def relative_error(self) -> Array:
        """Relative standard errors of the medians."""
        return np.sqrt(np.diagonal(self.covariance))


def two_stage(
    structure: Structure,
    series: Sequence[Series],
    start: Mapping[str, float],
    *,
    fixed: Sequence[str] = (),
    error: ErrorModel = "additive",
    starts: int = 8,
    seed: int = 1,
    on_failure: OnFailure = "stop",
) -> TwoStage:
    """Fit every series alone, beginning at the pooled fit of all; medians and variances of the estimates.

    The standard and the global two-stage method: J.-L. Steimer, A. Mallet, J.-L. Golmard and J.-F. Boisvieux, Drug
    Metab. Rev. 15, 265 (1984).

    Raises NotFitted, naming every individual whose fit failed, unless `on_failure` is "leave out"; and where fewer
    than two are left.
    """
    begin = dict(start)
    try:
        first = fit(structure, series, start, fixed=fixed, error=error, starts=starts, seed=seed)
        begin |= dict(zip(first.names, first.estimate.tolist(), strict=True))
    except NotFitted:
        pass  # individuals may know what their mixture does not
    fits, who, failed = [], [], []
    for one in series:
        try:
            fits.append(fit(structure, [one], begin, fixed=fixed, error=error, starts=starts, seed=seed))
            who.append(one.individual)
        except NotFitted as reason:
            failed.append(f"{one.name}: {reason}")
    left_out = "; ".join(failed)
    if failed and on_failure != "leave out":
        raise NotFitted(
            f'{left_out}. To go on with the others, say on_failure="leave out"; or write fixed=… for a '
            "parameter that the records do not know."
        )
    if len(fits) < 2:
        raise NotFitted(f"{left_out}. A variance between individuals takes two that are fitted, here is {len(fits)}.")
    return summarised(fits, np.array(who, dtype=np.int64), left_out)


def summarised(fits: Sequence[Fit], individual: NDArray[np.int64], left_out: str = "") -> TwoStage:
    """Statistics of the logarithms of individual estimates; all fits have the same names."""
    count = len(fits)
    logs = np.log([one.estimate for one in fits])
    variance = np.atleast_2d(np.cov(logs, rowvar=False, ddof=1))
    spread = np.diagonal(variance)
    variation = variability.coefficient_of_variation(spread)
    # The variance of a sample variance is 2 ω⁴/(n - 1), and d CV/d ω² = (1 + CV²)/(2 CV).
    # Medians of n normal variables of the correlation r have the covariance s t arcsin(r) / n.
    scale = np.sqrt(np.maximum(np.outer(spread, spread), 1e-300))
    covariance = scale * np.arcsin(np.clip(variance / scale, -1, 1)) / count
    slope = (1 + variation**2) / (2 * np.maximum(variation, 1e-300))
    return TwoStage(
        names=fits[0].names,
        individual=individual,
        fits=tuple(fits),
        estimate=np.exp(np.median(logs, axis=0)),
        covariance=covariance,
        mean=np.exp(logs.mean(axis=0)),
        log_variance=variance,
        variation=variation,
        variation_error=slope * spread * np.sqrt(2 / (count - 1)),
        corrected=global_two_stage(logs, np.array([one.covariance for one in fits]))[1],
        residual=float(np.sqrt(np.mean([one.residual**2 for one in fits]))),
        left_out=left_out,
    )


def of_reference(found: TwoStage, explained: Mapping[str, Array]) -> TwoStage:
    """The same with what a covariate explains taken out of each individual's estimates.

    `explained` has, by parameter and individual, the factor that is divided by.
    """
    fits = [
        replace(
            one, estimate=one.estimate / np.array([explained[n][who] if n in explained else 1.0 for n in found.names])
        )
        for who, one in zip(found.individual.tolist(), found.fits, strict=True)
    ]
    return summarised(fits, found.individual, found.left_out)


def global_two_stage(logs: Array, errors: Array) -> tuple[Array, Array]:
    """Mean and variance between individuals of estimates (individual, parameter) that are not known alike.

    `errors` are the covariances of the individual estimates, (individual, parameter, parameter). The likelihood of
    normal logarithms is maximised by expectation and maximisation, until nothing changes by more than 1e-7 of the
    largest variance: Steimer et al. (1984), the global two-stage method.
    """
    mean, variance = logs.mean(axis=0), np.atleast_2d(np.cov(logs, rowvar=False, ddof=0))
    scale = max(float(np.abs(variance).max()), 1e-300)
    for _ in range(MOST):
        gain = variance @ np.linalg.pinv(variance + errors, hermitian=True)
        drawn = mean + np.einsum("ijk,ik->ij", gain, logs - mean)
        left = variance - gain @ variance
        before = variance
        mean = drawn.mean(axis=0)
        away = drawn - mean
        variance = left.mean(axis=0) + away.T @ away / len(logs)
        variance = (variance + variance.T) / 2
        if np.abs(variance - before).max() <= 1e-7 * scale:
            break
    return mean, variance
