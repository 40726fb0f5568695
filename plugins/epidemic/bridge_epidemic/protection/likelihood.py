"""How likely a table of trials is under a logistic of protection, and which logistic makes it likeliest."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq, minimize, minimize_scalar
from scipy.special import xlog1py, xlogy

from bridge_epidemic.ports import Array
from bridge_epidemic.protection.logistic import mean_protection
from bridge_epidemic.protection.trials import Trials

#: Half of the 95 % quantile of chi-square with one degree of freedom.
DROP_95 = 1.920729
#: ln k is looked for between these, and an interval so far from the best.
WIDEST = 6.0


class Fitted(NamedTuple):
    """Best estimates of (ln k, n50), their covariance by the observed information, and profile intervals."""

    best: Array
    covariance: Array
    low: Array
    high: Array


def efficacies(at: Array, given: Trials) -> Array:
    """Protection of each study's vaccinated people, for (ln k, n50)."""
    return mean_protection(given.level, float(np.exp(at[0])), float(at[1]), given.spread)


def baseline(risk_ratio: Array, given: Trials) -> Array:
    """The risk of controls that is likeliest at a ratio of risks: the lesser root of a quadratic, never above 1.

    It makes (infected) / p = (well controls) / (1 - p) + r (well vaccinated) / (1 - r p).
    """
    infected = given.infected_controls + given.infected_vaccinated
    well_controls = given.controls - given.infected_controls
    well_vaccinated = given.vaccinated - given.infected_vaccinated
    a = risk_ratio * (infected + well_controls + well_vaccinated)
    b = infected * (1 + risk_ratio) + well_controls + risk_ratio * well_vaccinated
    root = np.sqrt(np.maximum(b**2 - 4 * a * infected, 0.0))
    return np.minimum(2 * infected / (b + root), 1.0)


def surprise(at: Array, given: Trials) -> float:
    """Minus the logarithm of the likelihood without its constant, at the likeliest risk of each study's controls.

    Infections are binomial in both arms, with p among controls and (1 - protection) p among the vaccinated.
    """
    if abs(at[0]) > WIDEST:
        return float("inf")
    ratio = 1 - efficacies(at, given)
    p = baseline(ratio, given)
    cases = xlogy(given.infected_controls, p) + xlogy(given.infected_vaccinated, ratio * p)
    well = xlog1py(given.controls - given.infected_controls, -p)
    well = well + xlog1py(given.vaccinated - given.infected_vaccinated, -ratio * p)
    return float(-(cases + well).sum())


def fitted(given: Trials) -> Fitted:
    """The likeliest logistic. Raises ValueError where the table does not tell one."""
    start = np.array([np.log(3.0), float(np.median(given.level)) - 0.5])
    found = minimize(surprise, start, (given,), method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-10})
    best = np.asarray(found.x)
    information = _information(best, given)
    if not (found.success and np.isfinite(information).all() and _definite(information)):
        raise ValueError(
            f"The table tells no steepness and half-protective level: the likelihood has no summit (at k = "
            f"{np.exp(best[0]):.3g}, n50 = {best[1]:.3g}). Give studies of different efficacy and titre."
        )
    covariance = np.linalg.inv(information).astype(np.float64)
    ends = [[_end(best, covariance, which, side, given) for which in (0, 1)] for side in (-1, 1)]
    return Fitted(best, covariance, np.array(ends[0]), np.array(ends[1]))


def _definite(information: Array) -> bool:
    """Whether a summit is steep in every direction, and not by rounding."""
    least, most = np.linalg.eigvalsh(information)
    return bool(least > 1e-5 * most > 0)


def _information(best: Array, given: Trials, step: float = 1e-3) -> Array:
    """Second derivatives of `surprise`, by central differences."""
    unit = step * np.eye(2)
    second = np.empty((2, 2))
    for i in range(2):
        for j in range(2):
            corners = [(a, b, surprise(best + a * unit[i] + b * unit[j], given)) for a in (1, -1) for b in (1, -1)]
            second[i, j] = sum(a * b * value for a, b, value in corners) / (4 * step**2)
    return second


def _end(best: Array, covariance: Array, which: int, side: int, given: Trials) -> float:
    """Where the profile likelihood of one parameter has fallen as far as a 95 % interval reaches."""
    least = surprise(best, given)
    other = 1 - which
    slope = covariance[other, which] / covariance[which, which]

    def fallen(away: float) -> float:
        def at(y: float) -> float:
            point = np.empty(2)
            point[which], point[other] = best[which] + side * away, y
            return surprise(point, given)

        guess = best[other] + slope * side * away
        width = 3 * float(np.sqrt(covariance[other, other]))
        found = minimize_scalar(at, bracket=(guess - width / 10, guess + width / 10), options={"xtol": 1e-8})
        return float(found.fun) - least - DROP_95

    reach = 2 * float(np.sqrt(covariance[which, which]))
    while fallen(reach) < 0:
        reach *= 1.5
        if reach > WIDEST:
            raise ValueError(f"The table does not bound {('the steepness', 'the half-protective level')[which]}.")
    return float(best[which] + side * brentq(fallen, 0.0, reach, xtol=1e-6))
