"""Generation times of compartments: latent and infectious periods that are sums of exponential stages."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from bridge_epidemic.ports import Array


def staged_moments(latent: Any, infectious: Any, latent_stages: int, infectious_stages: int) -> tuple[Any, Any]:
    """Mean and spread (standard deviation) of the time from an infection to those it causes, in the unit given.

    An infection is passed on at a constant rate during the infectious period D of n stages, so that its age since
    the beginning of that has the density P(D > a)/E(D): mean E(D²)/2E(D) = I (n+1)/2n, second moment E(D³)/3E(D).
    Å. Svensson, Math. Biosci. 208, 300 (2007).
    """
    m, n = latent_stages, infectious_stages
    mean = latent + infectious * (n + 1) / (2 * n)
    variance = infectious**2 * _spread_of_infectious(n)
    if m:
        variance = variance + latent**2 / m
    return mean, np.sqrt(variance)


def _spread_of_infectious(n: int) -> float:
    """Variance of the age at which an infection is passed on, over the squared infectious period of n stages."""
    return (1 + 1 / n) * (1 + 5 / n) / 12


def possible_spreads(mean: float, latent_stages: int, infectious_stages: int) -> tuple[float, float]:
    """The least and the greatest spread (d) that periods of so many stages can have with this mean (d)."""
    m, n = latent_stages, infectious_stages
    a, b = (n + 1) / (2 * n), _spread_of_infectious(n)
    only_infectious = math.sqrt(b) / a
    if not m:
        return mean * only_infectious, mean * only_infectious
    return mean / math.sqrt(m + a * a / b), mean * max(only_infectious, 1 / math.sqrt(m))


def matching_periods(
    mean: float, spread: float, latent_stages: int, infectious_stages: int
) -> list[tuple[float, float]]:
    """Every pair of latent and infectious periods (d) with this generation time, the longer infectious period first.

    With I the infectious period, a = (n+1)/2n and b = (1+1/n)(1+5/n)/12, mean and variance say
    (a²/m + b) I² - 2 a mean/m I + mean²/m - spread² = 0. There are two such pairs, one, or none.
    """
    m, n = latent_stages, infectious_stages
    a, b = (n + 1) / (2 * n), _spread_of_infectious(n)
    if not m:
        fits = math.isclose(spread, mean * math.sqrt(b) / a, rel_tol=1e-6)
        return [(0.0, mean / a)] if fits else []
    least, _ = possible_spreads(mean, m, n)
    if math.isclose(spread, least, rel_tol=1e-9):
        spread = least
    leading, half = a * a / m + b, a * mean / m
    discriminant = half * half - leading * (mean * mean / m - spread * spread)
    if discriminant < -1e-12 * half * half:
        return []
    root = math.sqrt(max(discriminant, 0.0))
    found = sorted({(half + root) / leading, (half - root) / leading}, reverse=True)
    return [(max(mean - a * i, 0.0), i) for i in found if i > 0 and mean - a * i > -1e-9 * mean]


def transform(rate: Any, latent: float, infectious: float, latent_stages: int, infectious_stages: int) -> Any:
    """The moment-generating function of the generation time at -`rate` (1/d): E exp(-rate T).

    R = r (1 + r L/m)^m / ((1 - (1 + r I/n)^-n)/I) is its inverse: H. J. Wearing, P. Rohani and M. J. Keeling,
    PLoS Med. 2, e174 (2005). NaN where the integral does not exist.
    """
    r = np.asarray(rate, dtype=np.float64)
    m, n = latent_stages, infectious_stages
    with np.errstate(divide="ignore", invalid="ignore"):
        base = 1 + r * infectious / n
        logs = -n * np.log(np.where(base > 0, base, np.nan))
        passed = np.where(np.abs(r * infectious) < 1e-9, 1.0, -np.expm1(logs) / (r * infectious))
        waited = (1 + r * latent / m) if m else np.ones_like(r)
        return np.where(waited > 0, passed / np.where(waited > 0, waited, np.nan) ** max(m, 1), np.nan)


def staged_density(age: Array, latent: float, infectious: float, latent_stages: int, infectious_stages: int) -> Array:
    """Density (1/d) of the generation time at ages (d) since infection, by phases.

    The infectious person at age a is in latent stage i or infectious stage j; the density is the chance to be
    infectious over the mean infectious period. Uniformised, so that no rate is too stiff and equal rates need no limit.
    """
    from scipy.stats import poisson

    m, n = latent_stages, infectious_stages
    rates = np.array(([m / latent] * m if m else []) + [n / infectious] * n)
    fastest = rates.max()
    on = rates / fastest
    ages = np.asarray(age, dtype=np.float64)
    terms = int(poisson.isf(1e-14, fastest * ages.max())) + 2
    state = np.zeros(m + n)
    state[0] = 1.0
    infectious_after = np.empty(terms)
    for k in range(terms):
        infectious_after[k] = state[m:].sum()
        moved = state * on
        state = state - moved
        state[1:] += moved[:-1]
    steps = np.arange(terms)
    return np.array([poisson.pmf(steps, fastest * a) @ infectious_after for a in ages]) / infectious
