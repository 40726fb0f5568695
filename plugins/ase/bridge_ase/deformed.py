"""Deformations between the cells of one crystal."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

ISOTROPIC = 1e-4
"""Strain by which a cell may differ from a scaled copy and still count as one."""


def gradients(cells: Array, reference: Array) -> Array:
    """Deformation gradients F, of shape (n, 3, 3): a row vector of the reference x becomes x Fᵀ."""
    return np.asarray((np.linalg.inv(reference) @ cells).transpose(0, 2, 1))


def lagrangian(deformation: Array) -> Array:
    """Strains (FᵀF - 1)/2, which no rotation changes, of shape (n, 6), shears doubled."""
    strain = (deformation.transpose(0, 2, 1) @ deformation - np.eye(3)) / 2
    return np.asarray(_voigt(strain) * np.array([1.0, 1, 1, 2, 2, 2]))


def second_piola(stress: Array, deformation: Array) -> Array:
    """Stress det F F⁻¹ σ F⁻ᵀ that does work on those strains, of shape (n, 6), in the unit of ``stress``."""
    inverse = np.linalg.inv(deformation)
    whole = stress[:, [[0, 5, 4], [5, 1, 3], [4, 3, 2]]]
    return _voigt(np.linalg.det(deformation)[:, None, None] * (inverse @ whole @ inverse.transpose(0, 2, 1)))


def scaled(cells: Array, reference: Array) -> NDArray[np.bool_]:
    """Which cells are the reference made larger or smaller, and perhaps turned."""
    metric = cells @ cells.transpose(0, 2, 1)
    known = reference @ reference.T
    volume = np.abs(np.linalg.det(cells) / np.linalg.det(reference))
    apart = metric / volume[:, None, None] ** (2 / 3) - known
    return np.asarray(np.abs(apart).max(axis=(1, 2)) < 2 * ISOTROPIC * np.abs(known).max())


def _voigt(matrices: Array) -> Array:
    return matrices[:, (0, 1, 2, 1, 0, 0), (0, 1, 2, 2, 2, 1)]
