"""Elasticity of a cubic crystal with electrostriction, in the notation of `voigt`.

A. G. Khachaturyan, Theory of Structural Transformations in Solids (Wiley, 1983), chapter 8.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bridge_ferroelectric import voigt
from bridge_ferroelectric.interfaces import Landau

Array = NDArray[np.float64]


def stiffness(landau: Landau) -> Array:
    """C in Pa, (6, 6). Raises ValueError unless it is positive definite (Born's conditions)."""
    c = voigt.cubic(landau.C11 * 1e9, landau.C12 * 1e9, landau.C44 * 1e9)
    if np.linalg.eigvalsh(c).min() <= 0:
        raise ValueError(
            f"C11, C12, C44 = {landau.C11:g}, {landau.C12:g}, {landau.C44:g} GPa are no stable crystal: "
            "C11 > |C12|, C11 + 2 C12 > 0 and C44 > 0 are asked for."
        )
    return c


def electrostriction(landau: Landau) -> Array:
    """Q in m⁴/C², (6, 6): the free strain is Q·y."""
    return voigt.cubic(landau.Q11, landau.Q12, landau.Q44)


def coupling(landau: Landau) -> Array:
    """Electrostrictive stress coefficients q = C·Q in J m/C², (6, 6)."""
    return stiffness(landau) @ electrostriction(landau)


def layered(c: Array, normal: Array) -> Array:
    """Stiffness B (6, 6) of strains that vary along one direction only: C − C N (NᵀCN)⁻¹ Nᵀ C.

    The strain sym(n ⊗ a) that compatibility leaves free has relaxed until σ·n = 0, so that a layer of free strain
    e0 in a matrix of strain e stores ½ (e − e0)·B·(e − e0).
    """
    n = voigt.dyads(np.asarray(normal, float))
    half = c @ n
    return c - half @ np.linalg.solve(n.T @ half, half.T)


def relaxation(c: Array, normal: Array) -> Array:
    """The matrix (6, 6) from the misfit e0 − e of a layer to the strain sym(n ⊗ a) that it takes on."""
    n = voigt.dyads(np.asarray(normal, float))
    return n @ np.linalg.solve(n.T @ c @ n, n.T @ c)


def compatible_normals(difference: Array) -> list[Array]:
    """Unit normals of the planes along which two strains fit, of a difference in Voigt's notation.

    Two exist where the middle eigenvalue vanishes, J. Fousek and V. Janovec, J. Appl. Phys. 40, 135 (1969);
    none otherwise.
    """
    values, vectors = np.linalg.eigh(voigt.strain_tensor(difference))
    if abs(values[1]) > 1e-9 * np.abs(values).max() or values[0] > 0 or values[2] < 0:
        return []
    low, high = np.sqrt(-values[0]) * vectors[:, 0], np.sqrt(values[2]) * vectors[:, 2]
    return [n / np.linalg.norm(n) for n in (low + high, low - high)]
