"""Elasticity of a cubic crystal with electrostriction, in Voigt's notation with engineering shear (e4 = 2 e_yz).

A. G. Khachaturyan, Theory of Structural Transformations in Solids (Wiley, 1983), chapter 8. The order of the
six is xx, yy, zz, yz, zx, xy; of the products of P, y = (Px², Py², Pz², PyPz, PzPx, PxPy).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bridge_ferroelectric.interfaces import Landau

Array = NDArray[np.float64]


def products(polarization: Array) -> Array:
    """The six products y of P (…, 3) → (…, 6)."""
    p = polarization
    mixed = [p[..., i] * p[..., j] for i, j in ((1, 2), (2, 0), (0, 1))]
    return np.concatenate([p**2, np.stack(mixed, -1)], -1)


def by_polarization(polarization: Array) -> Array:
    """∂y/∂P, (…, 6, 3)."""
    p = polarization
    slope = np.zeros((*p.shape[:-1], 6, 3))
    for i, (j, k) in enumerate(((1, 2), (2, 0), (0, 1))):
        slope[..., i, i] = 2 * p[..., i]
        slope[..., 3 + i, j] = p[..., k]
        slope[..., 3 + i, k] = p[..., j]
    return slope


def _cubic(c11: float, c12: float, c44: float) -> Array:
    matrix = np.diag([c11 - c12] * 3 + [c44] * 3).astype(float)
    matrix[:3, :3] += c12
    return matrix


def stiffness(landau: Landau) -> Array:
    """C in Pa, (6, 6). Raises ValueError unless it is positive definite (Born's conditions)."""
    c = _cubic(landau.C11 * 1e9, landau.C12 * 1e9, landau.C44 * 1e9)
    if np.linalg.eigvalsh(c).min() <= 0:
        raise ValueError(
            f"C11, C12, C44 = {landau.C11:g}, {landau.C12:g}, {landau.C44:g} GPa are no stable crystal: "
            "C11 > |C12|, C11 + 2 C12 > 0 and C44 > 0 are asked for."
        )
    return c


def electrostriction(landau: Landau) -> Array:
    """Q in m⁴/C², (6, 6): the free strain is Q·y."""
    return _cubic(landau.Q11, landau.Q12, landau.Q44)


def coupling(landau: Landau) -> Array:
    """Electrostrictive stress coefficients q = C·Q in J m/C², (6, 6)."""
    return stiffness(landau) @ electrostriction(landau)


def dyads(normal: Array) -> Array:
    """The matrix N (6, 3) with sym(n ⊗ a) = N·a."""
    x, y, z = normal
    return np.array([[x, 0, 0], [0, y, 0], [0, 0, z], [0, z, y], [z, 0, x], [y, x, 0]], float)


def layered(c: Array, normal: Array) -> Array:
    """Stiffness B (6, 6) of strains that vary along one direction only: C − C N (NᵀCN)⁻¹ Nᵀ C.

    The strain sym(n ⊗ a) that compatibility leaves free has relaxed until σ·n = 0, so that a layer of free strain
    e0 in a matrix of strain e stores ½ (e − e0)·B·(e − e0).
    """
    n = dyads(np.asarray(normal, float))
    half = c @ n
    return c - half @ np.linalg.solve(n.T @ half, half.T)


def relaxation(c: Array, normal: Array) -> Array:
    """The matrix (6, 6) from the misfit e0 − e of a layer to the strain sym(n ⊗ a) that it takes on."""
    n = dyads(np.asarray(normal, float))
    return n @ np.linalg.solve(n.T @ c @ n, n.T @ c)


def tensor(voigt: Array, shear: float = 1.0) -> Array:
    """(…, 6) → (…, 3, 3); `shear` is ½ for a strain."""
    xx, yy, zz, yz, zx, xy = np.moveaxis(voigt * np.array([1, 1, 1, shear, shear, shear]), -1, 0)
    return np.moveaxis(np.array([[xx, xy, zx], [xy, yy, yz], [zx, yz, zz]]), (0, 1), (-2, -1))


def turned(voigt: Array, axes: Array, shear: float = 1.0) -> Array:
    """Components along other axes, the rows of `axes`; `shear` is ½ for a strain."""
    t = axes @ tensor(voigt, shear) @ axes.T
    six = np.stack([t[..., 0, 0], t[..., 1, 1], t[..., 2, 2], t[..., 1, 2], t[..., 2, 0], t[..., 0, 1]], -1)
    return six / np.array([1, 1, 1, shear, shear, shear])


def compatible_normals(difference: Array) -> list[Array]:
    """Unit normals of the planes along which two strains fit, of a difference in Voigt's notation.

    Two exist where the middle eigenvalue vanishes, J. Fousek and V. Janovec, J. Appl. Phys. 40, 135 (1969);
    none otherwise.
    """
    values, vectors = np.linalg.eigh(tensor(difference, 0.5))
    if abs(values[1]) > 1e-9 * np.abs(values).max() or values[0] > 0 or values[2] < 0:
        return []
    low, high = np.sqrt(-values[0]) * vectors[:, 0], np.sqrt(values[2]) * vectors[:, 2]
    return [n / np.linalg.norm(n) for n in (low + high, low - high)]
