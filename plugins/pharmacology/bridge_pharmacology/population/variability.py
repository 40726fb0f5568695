"""Between-subject variability: variances of logarithms, their factors, and one table of random numbers for all cohorts.

A parameter of an individual is its typical value times exp(eta), eta normal with variance omega². The coefficient of
variation CV of such a parameter is sqrt(exp(omega²) - 1), and its mean lies exp(omega²/2) above its median.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def log_variance(coefficient_of_variation: Array) -> Array:
    """omega² of a lognormal parameter from its coefficient of variation: ln(1 + CV²)."""
    return np.log1p(np.square(coefficient_of_variation))


def coefficient_of_variation(log_variance: Array) -> Array:
    """Coefficient of variation of a lognormal parameter from its omega²."""
    return np.sqrt(np.expm1(log_variance))


def covariance(standard_deviation: Array, correlation: Array | None = None) -> Array:
    """Variance matrix from standard deviations (effect,) and correlations (effect, effect); none: uncorrelated.

    Raises ValueError for correlations of another size, beyond ±1, or not 1 on the diagonal.
    """
    size = standard_deviation.size
    if correlation is None:
        return np.diag(np.square(standard_deviation))
    if correlation.shape != (size, size):
        raise ValueError(
            f"correlations are given as {correlation.shape[0]} x {correlation.shape[1]}, and there are {size} effects. "
            f"Write a matrix of {size} x {size}, its diagonal 1."
        )
    if np.abs(np.diagonal(correlation) - 1).max(initial=0.0) > 1e-12 or np.abs(correlation).max(initial=0.0) > 1:
        raise ValueError(
            "a correlation matrix has 1 on its diagonal and nothing beyond ±1, got a diagonal of "
            f"{np.diagonal(correlation).tolist()} and a largest element of {np.abs(correlation).max():g}. "
            "Write variances as variance=…"
        )
    return np.asarray(np.outer(standard_deviation, standard_deviation) * correlation)


def factor(variance: Array) -> Array:
    """Lower triangular L with L Lᵀ = variance (effect, effect); an effect of no variance has a row of zeros.

    Effects may be combinations of one another, as those are that were estimated from fewer individuals. Raises
    ValueError for a matrix that is not symmetric, or has a negative eigenvalue.
    """
    if variance.ndim != 2 or variance.shape[0] != variance.shape[1]:
        raise ValueError(f"a variance matrix is square, got {' x '.join(map(str, variance.shape))}.")
    scale = np.abs(variance).max(initial=0.0)
    if np.abs(variance - variance.T).max(initial=0.0) > 1e-9 * scale:
        row, column = np.unravel_index(int(np.abs(variance - variance.T).argmax()), variance.shape)
        raise ValueError(
            f"a variance matrix is symmetric: element [{row}, {column}] is {variance[row, column]:g} and "
            f"[{column}, {row}] is {variance[column, row]:g}."
        )
    varying = np.diagonal(variance) > 0
    if np.any(np.diagonal(variance) < 0) or np.any(variance[~varying]):
        bad = int(np.flatnonzero(~varying & ((np.diagonal(variance) < 0) | np.any(variance != 0, axis=1)))[0])
        raise ValueError(
            f"effect {bad} has the variance {variance[bad, bad]:g} and covariances with others. A variance is "
            "positive; one of 0 has no covariances."
        )
    inner = variance[np.ix_(varying, varying)]
    found = np.zeros_like(variance)
    if not inner.size:
        return found
    values, vectors = np.linalg.eigh(inner)
    if values[0] < -1e-9 * scale:
        raise ValueError(
            f"the variance matrix is not positive definite: its smallest eigenvalue is {values[0]:.3g}. "
            "Some correlations contradict one another; make them smaller."
        )
    if values[0] > 1e-12 * scale:
        lower = np.linalg.cholesky(inner)
    else:
        lower = np.linalg.qr((vectors * np.sqrt(np.maximum(values, 0.0))).T)[1].T
        lower = lower * np.where(np.diagonal(lower) < 0, -1.0, 1.0)
    found[np.ix_(varying, varying)] = lower
    return found


def deviates(patients: int, effects: int, *, first: int = 0, seed: int) -> Array:
    """Rows first..first+patients of one table of standard normal numbers, shape (patients, effects).

    The table is that of ``numpy.random.default_rng(seed).standard_normal((…, effects))``, whose rows do not depend on
    how many there are: cohorts that follow one another are slices of one population.
    """
    table = np.random.default_rng(seed).standard_normal((first + patients, effects))
    return table[first:]
