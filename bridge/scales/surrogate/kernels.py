"""Covariance of two states as a function of their distance in length scales, and its slope.

C. E. Rasmussen and C. K. I. Williams, Gaussian Processes for Machine Learning (MIT Press, 2006), section 4.2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Kernel:
    """A covariance of unit variance, and its derivative, both of the squared distance in length scales."""

    covariance: Callable[[Floats], Floats]
    slope: Callable[[Floats], Floats]


def _matern(squared: Floats) -> Floats:
    r = np.sqrt(squared)
    r *= sqrt(5.0)
    return (1.0 + r * (1.0 + r / 3.0)) * np.exp(-r)


def _matern_slope(squared: Floats) -> Floats:
    r = np.sqrt(5.0 * squared)
    return (-5.0 / 6.0) * (1.0 + r) * np.exp(-r)


def _rough(squared: Floats) -> Floats:
    r = np.sqrt(3.0 * squared)
    return (1.0 + r) * np.exp(-r)


def _rough_slope(squared: Floats) -> Floats:
    return -1.5 * np.exp(-np.sqrt(3.0 * squared))


def _gaussian(squared: Floats) -> Floats:
    return np.exp(-0.5 * squared)


def _gaussian_slope(squared: Floats) -> Floats:
    return -0.5 * np.exp(-0.5 * squared)


#: The roughest first: functions with one derivative, with two, and with all of them.
KERNELS = {
    "matern-3/2": Kernel(_rough, _rough_slope),
    "matern-5/2": Kernel(_matern, _matern_slope),
    "gaussian": Kernel(_gaussian, _gaussian_slope),
}


def squared_distances(a: Floats, b: Floats) -> Floats:
    """Squared distances of all rows of ``a`` from all rows of ``b``."""
    apart = a[:, None, :] - b[None, :, :]
    return np.asarray(np.einsum("ijd,ijd->ij", apart, apart))
