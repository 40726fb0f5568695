"""Steady conduction in a rod, -(k u')' = f, zero at both ends: resolved, on a coarse mesh, and with MsFEM bases."""

from __future__ import annotations

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

Array = NDArray[np.float64]


def profile(position: Array, conductivity: float, period: float, grade: float, length: float) -> Array:
    """Local conductivity: k (2 + sin 2πx/p) (1 + g x/L), whose harmonic mean over a period is √3 k (1 + g x/L)."""
    wave = 2.0 + np.sin(2 * np.pi * position / period)
    return np.asarray(conductivity * wave * (1.0 + grade * position / length))


def solve(links: Array, loads: Array) -> Array:
    """Values at all points, zero at both ends, from conductances between neighbours and the loads of inner points."""
    band = np.empty((2, len(links) - 1))
    band[1] = links[:-1] + links[1:]
    band[0, 1:] = -links[1:-1]
    values = np.zeros(len(links) + 1)
    values[1:-1] = scipy.linalg.solveh_banded(band, loads, overwrite_ab=True, check_finite=False)
    return values


def elements(conductivities: Array, length: float, source: float) -> Array:
    """Linear elements of equal size with one conductivity each: values at their ends."""
    size = length / len(conductivities)
    return solve(conductivities / size, np.full(len(conductivities) - 1, source * size))


def multiscale(conductivities: Array, coarse: int, length: float, source: float) -> Array:
    """MsFEM on `coarse` elements, whose basis functions solve (k φ')' = 0 on the fine mesh: values at coarse points.

    In one dimension such a basis reproduces the fine solution at the coarse points (T. Y. Hou and X.-H. Wu, J. Comput.
    Phys. 134, 169 (1997)): the functions rise in each fine element in proportion to its resistance.
    """
    fine = conductivities.reshape(coarse, -1)
    size = length / fine.size
    resistance = size / fine
    whole = resistance.sum(axis=1)
    rising = np.cumsum(resistance, axis=1) / whole[:, None]  # the basis function of the right end, at fine points
    right = source * size * (rising[:, :-1].sum(axis=1) + 0.5)
    left = source * size * ((1.0 - rising[:, :-1]).sum(axis=1) + 0.5)
    return solve(1.0 / whole, right[:-1] + left[1:])
