"""Symmetric matrices as six numbers, in Voigt's order xx, yy, zz, yz, zx, xy, and products of a vector's components.

A strain has engineering shear, e4 = 2 e_yz; a stress and the products y = (x², y², z², yz, zx, xy) have none.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

PAIRS = ((0, 0), (1, 1), (2, 2), (1, 2), (2, 0), (0, 1))
"""Components of the matrix that the six stand for."""

TWICE = np.array([1.0, 1, 1, 2, 2, 2])
"""How often each of the six stands in the matrix; by as much engineering shear is larger than the component."""


def products(vector: Array) -> Array:
    """The six products y of vectors, (…, 3) → (…, 6)."""
    return np.stack([vector[..., a] * vector[..., b] for a, b in PAIRS], axis=-1)


def slope(vector: Array) -> Array:
    """Their derivative ∂y/∂v, (…, 3) → (…, 6, 3)."""
    return dyads(vector) * (2 / TWICE)[:, None]


def curvature(six: Array) -> Array:
    """The second derivative of six·y, (…, 6) → (…, 3, 3)."""
    return tensor(six * (2 / TWICE))


def dyads(normal: Array) -> Array:
    """The matrices N with the strain sym(n ⊗ a) = N·a, (…, 3) → (…, 6, 3)."""
    rows = np.zeros((*normal.shape[:-1], 6, 3))
    for i, (a, b) in enumerate(PAIRS):
        rows[..., i, a] = normal[..., b]
        rows[..., i, b] = normal[..., a]
    return rows


def tensor(six: Array) -> Array:
    """The matrices of a stress, (…, 6) → (…, 3, 3)."""
    matrix = np.empty((*six.shape[:-1], 3, 3))
    for i, (a, b) in enumerate(PAIRS):
        matrix[..., a, b] = matrix[..., b, a] = six[..., i]
    return matrix


def strain_tensor(strain: Array) -> Array:
    """The matrices of a strain, (…, 6) → (…, 3, 3)."""
    return tensor(strain / TWICE)


def components(matrix: Array) -> Array:
    """The six of symmetric matrices, (…, 3, 3) → (…, 6); a strain's without engineering shear."""
    return np.stack([matrix[..., a, b] for a, b in PAIRS], axis=-1)


def turned(six: Array, axes: Array) -> Array:
    """A stress (…, 6) along other axes, the rows of `axes`."""
    return components(axes @ tensor(six) @ axes.T)


def turned_strain(strain: Array, axes: Array) -> Array:
    """A strain (…, 6) along other axes, the rows of `axes`."""
    return turned(strain / TWICE, axes) * TWICE


def cubic(c11: float, c12: float, c44: float) -> Array:
    """The matrix (6, 6) of cubic symmetry."""
    matrix = np.diag([c11] * 3 + [c44] * 3).astype(float)
    matrix[:3, :3] += c12 * (1 - np.eye(3))
    return matrix
