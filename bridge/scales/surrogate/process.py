"""A Gaussian process conditioned on known answers: their interpolant, and how far from it a function can be.

The interpolant s has the least norm of all functions through the answers, and for every f of the kernel's space

    |f(x) − s(x)| ≤ P(x) (‖f‖² − ‖s‖²)^½,

where P, the power function, depends on states and not on answers (M. Golomb and H. F. Weinberger, in On Numerical
Approximation (1959); H. Wendland, Scattered Data Approximation (Cambridge, 2005), chapter 11). ‖f‖ is not known: see
:meth:`Process.reach`. Noise of variance v adds v to the diagonal, and P becomes the posterior standard deviation.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from bridge.scales.surrogate.kernels import KERNELS, Floats, squared_distances

#: Rows predicted at a time, so that memory stays bounded.
ROWS = 4096
#: How the norm of what is not known yet is estimated: see :meth:`Process.reach`. On smooth random functions of 1 to 4
#: inputs the largest factor needed on the root mean square was 3.8 with 40 answers or more, and 5.2 with 13 in 3-D.
LEAST, LEFT_OUT, FEW = 2.4, 2.4, 3.0
#: Medians by which an answer told by all others must be off to be called unusual.
UNUSUAL = 2.0


@dataclass(frozen=True)
class Factor:
    """The factorised covariance of the known states, with noise; outputs without noise share one."""

    half: Floats  # (n, n): its product with a covariance is as long as what the data take off the variance
    ones: Floats  # (n,): inverse times one
    total: float
    trace: float  # of the inverse times the noise
    projected: Floats  # the inverse, less what the constant mean takes off


@dataclass(frozen=True)
class Ahead:
    """Covariance of candidates given the data, updated as if some of them had been run."""

    covariances: list[Floats]  # (n + 1, m) of each factor: roots of what is known
    signs: Floats
    doubt: Floats  # (m, k)


class Process:
    """Conditioned on ``y`` (n, k) at ``x`` (n, d). ``noise`` (n, k) is in variances of the outputs."""

    def __init__(self, x: Floats, y: Floats, kernel: str, lengths: Floats, nugget: float, noise: Floats | None) -> None:
        self.covariance = KERNELS[kernel].covariance
        self.inverse_lengths = 1.0 / lengths
        self.scaled = x * self.inverse_lengths
        n, k = y.shape
        among = self.covariance(squared_distances(self.scaled, self.scaled))
        if noise is None:
            self.factors = [factorise(among, np.full(n, nugget))]
            self.of_output = np.zeros(k, int)
        else:
            self.factors = [factorise(among, nugget + noise[:, j]) for j in range(k)]
            self.of_output = np.arange(k)
        self.mean = np.empty(k)
        self.weights = np.empty((n, k))
        self.norm = np.empty(k)
        self.freedom = np.empty(k)
        for j in range(k):
            factor = self.factors[self.of_output[j]]
            self.mean[j] = float(factor.ones @ y[:, j]) / factor.total
            centred = y[:, j] - self.mean[j]
            self.weights[:, j] = factor.projected @ centred
            self.norm[j] = np.sqrt(max(float(centred @ self.weights[:, j]), 0.0))
            self.freedom[j] = max(n - 1 - factor.trace, 1.0)
        self.n = n
        self.doubt = self._doubt()
        self._doubts = self.doubt.tolist()
        self._means, self._units = self.mean.tolist(), np.ones(x.shape[1])
        self._stacked = [
            np.vstack([factor.half, factor.ones, self.weights.T[self.of_output == i]])
            for i, factor in enumerate(self.factors)
        ]

    @property
    def deviation(self) -> Floats:
        """Standard deviation of each output about its mean, as the answers have it."""
        return np.asarray(self.norm / np.sqrt(max(self.n - 1, 1)))

    def reach(self) -> Floats:
        """Estimate of (‖f‖² − ‖s‖²)^½ of each output: what answers never asked for would add to the norm.

        A known answer adds ‖s‖ (n − 1)^-½, root mean square. What the answers add when each is told by all others is
        known one by one; ``LEFT_OUT`` times the largest, but no less than ``LEAST`` times the root mean square, is
        taken for the rest, and more where answers are few for the number of length scales to be found from them. An
        estimate, for held-out runs to test.
        """
        errors, power = self.left_out()
        largest = np.abs(errors / power).max(axis=0)
        few = 1.0 + FEW * self.scaled.shape[1] ** 2 / (self.freedom + 1.0)
        return np.asarray(np.maximum(LEAST * self.deviation, LEFT_OUT * largest) * few)

    def _doubt(self) -> Floats:
        """By how much more than usual the function strays from its interpolant near each known state (n, k).

        One where an answer, told by all others, is off by no more than twice the median. Near a kink it is not, and a
        process that is the same everywhere would spread over all states what is amiss at one place.
        """
        errors, power = self.left_out()
        strays = np.abs(errors / power)
        usual = np.maximum(np.median(strays, axis=0), 1e-3 * strays.max(axis=0, initial=0.0))
        return np.asarray(np.maximum(1.0, strays / np.where(usual > 0, UNUSUAL * usual, np.inf)))

    def predict(self, x: Floats) -> tuple[Floats, Floats]:
        """Means and powers at the rows of ``x``: (m, k) each. The power is larger where the function strays."""
        values, power = np.empty((len(x), len(self.mean))), np.empty((len(x), len(self.mean)))
        for first in range(0, len(x), ROWS):
            part = slice(first, first + ROWS)
            near = self.covariance(squared_distances(self.scaled, x[part] * self.inverse_lengths))
            values[part] = near.T @ self.weights + self.mean
            each = np.array([self._variance(factor, near) for factor in self.factors])
            power[part] = np.sqrt(each[self.of_output]).T * self.doubt[near.argmax(axis=0)]
        return values, power

    @staticmethod
    def _variance(factor: Factor, near: Floats) -> Floats:
        taken = factor.half @ near
        left = 1.0 - np.einsum("im,im->m", taken, taken) + (1.0 - factor.ones @ near) ** 2 / factor.total
        return np.asarray(np.maximum(left, 0.0))

    def one(self, x: Floats) -> tuple[list[float], list[float]]:
        """Mean and power of each output at one state, by the shortest way: one product of a matrix and a vector."""
        apart = self.scaled - x * self.inverse_lengths
        near = self.covariance((apart * apart) @ self._units)
        doubt = self._doubts[near.argmax()]
        values: list[float] = []
        powers: list[float] = []
        for factor, stacked in zip(self.factors, self._stacked, strict=True):
            found = stacked @ near
            taken = found[: self.n]
            rest, *told = found[self.n :].tolist()
            left = 1.0 - float(taken @ taken) + (1.0 - rest) ** 2 / factor.total
            values += told
            powers += [sqrt(max(left, 0.0))] * len(told)
        means = [value + mean for value, mean in zip(values, self._means, strict=True)]
        return means, [power * more for power, more in zip(powers, doubt, strict=True)]

    def means(self, x: Floats) -> Floats:
        """Means alone at the rows of ``x`` (m, k)."""
        parts = [x[first : first + ROWS] * self.inverse_lengths for first in range(0, len(x), ROWS)]
        near = [self.covariance(squared_distances(part, self.scaled)) for part in parts]
        return np.asarray(np.vstack([one @ self.weights for one in near]) + self.mean)

    def mean_of_one(self, x: Floats) -> list[float]:
        """Means alone at one state."""
        apart = self.scaled - x * self.inverse_lengths
        near = self.covariance((apart * apart) @ self._units)
        found: list[float] = (near @ self.weights + self.mean).tolist()
        return found

    def left_out(self) -> tuple[Floats, Floats]:
        """Error and power of every known answer, told by all others: (n, k) each."""
        sharpness = np.array([np.diag(f.projected) for f in self.factors])[self.of_output].T
        return np.asarray(self.weights / sharpness), np.asarray(sharpness**-0.5)

    def ahead(self, x: Floats) -> Ahead:
        """What is known at candidate states, to be added to by :meth:`suppose`."""
        near = self.covariance(squared_distances(self.scaled, x * self.inverse_lengths))
        roots = [np.vstack([f.half @ near, (1.0 - f.ones @ near) / np.sqrt(f.total)]) for f in self.factors]
        return Ahead(roots, np.append(np.ones(self.n), -1.0), self.doubt[near.argmax(axis=0)])

    def suppose(self, ahead: Ahead, x: Floats, row: int, noise: Floats | None) -> tuple[Ahead, Floats]:
        """Powers (m, k) at the candidates if that in ``row`` had been run."""
        prior = self.covariance(squared_distances(x[row : row + 1] * self.inverse_lengths, x * self.inverse_lengths))[0]
        roots, power = [], np.empty((len(self.factors), len(x)))
        for i, root in enumerate(ahead.covariances):
            shared = prior - (ahead.signs * root[:, row]) @ root
            own = max(shared[row], 0.0) + (1e-12 if noise is None else noise[i])
            roots.append(np.vstack([root, shared / np.sqrt(own)]))
            signs = np.append(ahead.signs, 1.0)
            power[i] = np.sqrt(np.maximum(1.0 - signs @ (roots[-1] ** 2), 0.0))
        return Ahead(roots, np.append(ahead.signs, 1.0), ahead.doubt), power[self.of_output].T * ahead.doubt


def factorise(among: Floats, noise: Floats) -> Factor:
    """Of a covariance with noise on its diagonal; where rounding makes it indefinite, with as much more as it takes."""
    from scipy.linalg import cholesky, solve_triangular

    n = len(among)
    extra = 0.0
    while True:
        try:
            lower = cholesky(among + np.diag(noise + extra), lower=True)
            break
        except np.linalg.LinAlgError:
            extra = max(10 * extra, 1e-12)
    half = solve_triangular(lower, np.eye(n), lower=True)
    inverse = half.T @ half
    ones = inverse.sum(axis=1)
    total = float(ones.sum())
    trace = float(np.diag(inverse) @ noise)
    return Factor(half, ones, total, trace, inverse - np.outer(ones, ones) / total)
