"""Length scales and noise of a Gaussian process from its own data, also where these are few.

Restricted likelihood, for the constant mean is not known either (H. D. Patterson and R. Thompson, Biometrika 58, 545
(1971)), with the variance of each output profiled out, and a wide lognormal prior on length scales: with as many
answers as inputs the likelihood alone takes a function for a plane.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bridge.scales.surrogate.kernels import KERNELS, Floats

#: Length scales in widths of the data: middle and spread (of the logarithm) of the prior, and limits.
MIDDLE, SPREAD, SHORTEST, LONGEST = 0.5, 1.0, 0.01, 10.0
#: Noise variance in variances of the function: middle and spread (of the logarithm) of the prior.
QUIET, UNSURE = 1e-2, 2.0
#: Answers from which the search goes on where the last one ended, instead of beginning anew as well.
SETTLED = 16
#: Limits of the noise variance in variances of the function.
QUIETEST, LOUDEST = 1e-8, 1e2
#: Rows that length scales are taken from at most: the cost grows with the third power.
ROWS = 300


@dataclass(frozen=True)
class Fit:
    """What was found: the kernel, length scales in widths of the data, and what held-out answers say of it."""

    kernel: str
    lengths: Floats  # (d,)
    noise: Floats  # (k,) noise variance of each output in variances of the function
    evidence: float  # log posterior of the parameters
    held_out: float  # sum of the log densities of every answer, told by the others


def varying(y: Floats) -> npt.NDArray[np.bool_]:
    """Which outputs vary by more than rounding: (k,) of (n, k)."""
    return np.asarray(np.ptp(y, axis=0) > 1e-12 * np.abs(y).max(axis=0, initial=0.0))


class Likelihood:
    """The likelihood of data with one kernel. ``x`` in widths of the data, ``y`` standardised.

    ``shape`` (n, k) tells how noise varies from answer to answer, ``ratio`` (k,) how large it is in variances of the
    function: a number, or NaN where it is to be found.
    """

    def __init__(self, x: Floats, y: Floats, kernel: str, ratio: Floats, shape: Floats) -> None:
        self.kernel = KERNELS[kernel]
        self.x, self.y, self.ratio, self.shape = x, y, ratio, shape
        self.n, self.d = x.shape
        apart = x[:, None, :] - x[None, :, :]
        self.squares = np.ascontiguousarray(np.moveaxis(apart * apart, 2, 0))  # (d, n, n)
        self.free = np.isnan(ratio)
        self.middle = np.log(MIDDLE * np.sqrt(self.d))

    def start(self) -> Floats:
        """Parameters in the middle of the prior."""
        return np.concatenate([np.full(self.d, self.middle), np.full(int(self.free.sum()), np.log(QUIET))])

    def limits(self) -> list[tuple[float, float]]:
        """Of every parameter."""
        lengths = [(float(np.log(SHORTEST)), float(np.log(LONGEST)))] * self.d
        return lengths + [(float(np.log(QUIETEST)), float(np.log(LOUDEST)))] * int(self.free.sum())

    def ratios(self, theta: Floats) -> Floats:
        """Noise of every output."""
        ratio = self.ratio.copy()
        ratio[self.free] = np.exp(theta[self.d :])
        return ratio

    def _factors(self, theta: Floats, covariance: Floats) -> Iterator[tuple[Floats, Floats, float, float]]:
        """Of each output: the projected inverse Q, Q y, y Q y and the logarithm of the determinants."""
        from scipy.linalg import lapack

        found: tuple[Floats, float] | None = None
        for j, ratio in enumerate(self.ratios(theta)):
            if found is None or self.shape.shape[1] > 1:
                lower, failed = lapack.dpotrf(covariance + np.diag(ratio * self.shape[:, j]), lower=1)
                if failed:
                    raise np.linalg.LinAlgError("not positive definite")
                inverse, _ = lapack.dpotri(lower, lower=1)
                inverse = np.tril(inverse) + np.tril(inverse, -1).T
                ones = inverse.sum(axis=1)
                determinants = 2.0 * float(np.log(np.diag(lower)).sum()) + float(np.log(ones.sum()))
                found = inverse - np.outer(ones, ones) / ones.sum(), determinants
            projected, determinants = found
            weights = projected @ self.y[:, j]
            yield projected, weights, float(self.y[:, j] @ weights), determinants

    def loss(self, theta: Floats) -> tuple[float, Floats]:
        """Minus the log posterior, and its gradient."""
        lengths = np.exp(theta[: self.d])
        squared = np.tensordot(lengths**-2, self.squares, axes=1)
        total, gradient = 0.0, np.zeros_like(theta)
        weight = np.zeros((self.n, self.n))
        of_noise = self.d
        try:
            for j, (projected, weights, norm, determinants) in enumerate(
                self._factors(theta, self.kernel.covariance(squared))
            ):
                variance = max(norm, 1e-300) / (self.n - 1)
                total += 0.5 * ((self.n - 1) * float(np.log(variance)) + determinants)
                sensitivity = projected - np.outer(weights, weights) / variance
                weight += sensitivity
                if self.free[j]:
                    level = float(np.exp(theta[of_noise]))
                    gradient[of_noise] = 0.5 * level * float(np.diag(sensitivity) @ self.shape[:, j])
                    of_noise += 1
        except np.linalg.LinAlgError:
            return 1e12, np.zeros_like(theta)
        weight *= self.kernel.slope(squared)
        for axis in range(self.d):
            gradient[axis] = -float(np.vdot(weight, self.squares[axis])) / lengths[axis] ** 2
        off = (theta[: self.d] - self.middle) / SPREAD
        gradient[: self.d] += off / SPREAD
        louder = (theta[self.d :] - np.log(QUIET)) / UNSURE
        gradient[self.d :] += louder / UNSURE
        return total + 0.5 * float(off @ off + louder @ louder), gradient

    def held_out(self, theta: Floats) -> float:
        """Sum of the log densities of every answer as the others tell it."""
        squared = np.tensordot(np.exp(-2 * theta[: self.d]), self.squares, axes=1)
        total = 0.0
        try:
            for projected, weights, norm, _ in self._factors(theta, self.kernel.covariance(squared)):
                sharpness = np.maximum(np.diag(projected), 1e-300)
                variance = max(norm, 1e-300) / (self.n - 1)
                total += 0.5 * float(np.sum(np.log(sharpness / variance) - weights**2 / sharpness / variance))
        except np.linalg.LinAlgError:
            return -np.inf
        return total

    def best(self, before: Floats | None) -> tuple[Floats, float]:
        """The most probable parameters from the middle of the prior and from those found before, and their loss."""
        from scipy.optimize import minimize

        starts = [self.start()] if before is None else [before] if self.n >= SETTLED else [self.start(), before]
        found = [
            minimize(self.loss, s, jac=True, method="L-BFGS-B", bounds=self.limits(), options={"maxiter": 40})
            for s in starts
        ]
        least = min(found, key=lambda one: float(one.fun))
        return np.asarray(least.x), float(least.fun)


def fit(x: Floats, y: Floats, kernel: str, ratio: Floats, shape: Floats, before: Floats | None = None) -> Fit:
    """The most probable length scales and noise of one kernel; ``x`` in widths of the data.

    ``ratio`` and ``shape`` as of :class:`Likelihood`, for the outputs as given: those that do not vary are left out.
    """
    d = x.shape[1]
    varies = varying(y)
    noise = np.nan_to_num(ratio, nan=QUIETEST)
    if not varies.any():
        return Fit(kernel, np.full(d, MIDDLE * np.sqrt(d)), noise, 0.0, 0.0)
    moving = y[:, varies]
    moving = (moving - moving.mean(axis=0)) / moving.std(axis=0)
    likelihood = Likelihood(x, moving, kernel, ratio[varies], shape[:, varies] if shape.shape[1] > 1 else shape)
    start = (
        None if before is None else np.concatenate([np.log(before), np.full(int(likelihood.free.sum()), np.log(QUIET))])
    )
    theta, loss = likelihood.best(start)
    noise[varies] = likelihood.ratios(theta)
    return Fit(kernel, np.exp(theta[:d]), noise, -loss, likelihood.held_out(theta))
