"""Lattice constant and soft mode of a cubic perovskite, from energies and forces of a few cells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


def equation_of_state(edge: Vector, energy: Vector) -> tuple[float, float, float]:
    """Edge of the minimum of E(a), its standard error, and the bulk modulus in eV/Å³.

    Third-order Birch–Murnaghan: a cubic polynomial in a⁻² by least squares (F. Birch, Phys. Rev. 71, 809
    (1947)). `edge` in angstrom, `energy` in eV, both (n,), n ≥ 5. Raises ArithmeticError unless E″ > 0
    at a minimum inside the sampled range.
    """
    if len(edge) < 5:
        raise ArithmeticError(f"E(a) wants five cubic cells or more of different edges, got {len(edge)}.")
    order = np.argsort(edge)
    edge, energy = np.asarray(edge, float)[order], np.asarray(energy, float)[order]
    middle = edge.mean()
    x = (middle / edge) ** 2 - 1
    basis = np.vander(x, 4, increasing=True)
    coefficient, *_ = np.linalg.lstsq(basis, energy, rcond=None)
    slope = np.polynomial.Polynomial(coefficient).deriv()
    minima = [
        float(r.real) for r in np.asarray(slope.roots(), complex) if abs(r.imag) < 1e-9 and slope.deriv()(r.real) > 0
    ]
    inside = [r for r in minima if x.min() < r < x.max()]
    if not inside:
        lowest = edge[energy.argmin()]
        raise ArithmeticError(
            f"E(a) has no minimum with positive curvature inside the sampled {edge[0]:.4f} to {edge[-1]:.4f} Å; the "
            f"lowest energy is at {lowest:.4f} Å. Write guess='{lowest:.2f} angstrom', or sample further cells."
        )
    best = middle / np.sqrt(1 + inside[0])
    covariance = np.linalg.inv(basis.T @ basis) * np.sum((basis @ coefficient - energy) ** 2) / max(1, len(x) - 4)
    gradient = np.array([0, 1, 2 * inside[0], 3 * inside[0] ** 2])
    curvature = slope.deriv()(inside[0])
    error = np.sqrt(gradient @ covariance @ gradient) / curvature * abs(-best / 2 / (1 + inside[0]))
    second = curvature * (2 * (1 + inside[0]) / best) ** 2  # d²E/da² where dE/dx = 0
    return float(best), float(error), float(second / (9 * best))


def matrix(displacement: Vector, forces: Vector) -> Vector:
    """Force constants at Γ along z, eV/Å², (5, 5) over A, B, O∥, O⊥, O⊥.

    `displacement` (n, 5) holds the z displacements in angstrom of n cells, one atom moved in each, `forces`
    (n, 5) the z forces in eV/Å. A force is odd in the displacement: F = -Φ x + c x³ by least squares. The
    second O⊥ follows from the first by the fourfold axis; Φ is made symmetric.
    """
    rows = np.zeros((5, 5))
    for atom in range(4):
        moved = np.abs(displacement[:, atom]) > 0
        x = displacement[moved, atom]
        terms = np.column_stack([x, x**3]) if len(np.unique(np.abs(x))) > 1 else x[:, None]
        rows[atom] = -np.linalg.lstsq(terms, forces[moved], rcond=None)[0][0]
    rows[4] = rows[3, [0, 1, 2, 4, 3]]
    return (rows + rows.T) / 2


def soft_mode(constants: Vector) -> tuple[float, Vector]:
    """Lowest eigenvalue of the force constants in eV/Å² and its eigenvector (5,).

    Uniform translations are projected out. The eigenvector is of unit length with B positive.
    """
    rest = np.eye(5) - np.full((5, 5), 0.2)
    values, vectors = np.linalg.eigh(rest @ constants @ rest + 1e3 * np.full((5, 5), 0.2))
    mode = vectors[:, 0] * np.sign(vectors[1, 0])
    return float(values[0]), mode
