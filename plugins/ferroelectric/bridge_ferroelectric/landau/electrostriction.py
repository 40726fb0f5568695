"""Electrostriction and elastic constants: how the strain follows the polarization."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bridge_ferroelectric.constants import IN_GPA
from bridge_ferroelectric.interfaces import Hamiltonian

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Electrostriction:
    """Q11, Q12, Q44 in m⁴/C² with errors, the strain at P = 0 of each temperature, and the scatter about the law."""

    Q: Array
    error: Array
    offset: Array
    scatter: float


def regress(polarization: Array, strain: Array, group: NDArray[np.int64]) -> Electrostriction:
    """Least squares of η_xx = η0(T) + Q11 Px² + Q12 (Py² + Pz²), η_yz = Q44 Py Pz (engineering shear).

    polarization (points, 3) in C/m², strain (points, 6); `group` (points,) numbers the temperatures, each of which
    has its own η0: thermal expansion and pressure. Raises ArithmeticError where the points do not fix all of them.
    """
    square = polarization**2
    groups = int(group.max()) + 1
    rows, right = [], []
    for i in range(3):
        intercept = np.eye(groups)[group]
        others = square.sum(axis=1) - square[:, i]
        rows.append(np.column_stack([square[:, i], others, np.zeros(len(square)), intercept]))
        right.append(strain[:, i])
        product = polarization[:, (i + 1) % 3] * polarization[:, (i + 2) % 3]
        rows.append(np.column_stack([np.zeros((len(square), 2)), product, np.zeros((len(square), groups))]))
        right.append(strain[:, 3 + i])
    matrix, target = np.concatenate(rows), np.concatenate(right)
    length = np.linalg.norm(matrix, axis=0)
    if np.linalg.matrix_rank(matrix / np.where(length > 0, length, 1.0), tol=1e-8) < matrix.shape[1]:
        raise ArithmeticError(
            "the strains do not determine Q11, Q12 and Q44: give points along [001], [011] and [111]."
        )
    solution, *_ = np.linalg.lstsq(matrix / length, target, rcond=None)
    residual = target - matrix / length @ solution
    scatter = float(np.sqrt(residual @ residual / (len(target) - matrix.shape[1])))
    covariance = np.linalg.inv((matrix / length).T @ (matrix / length)) * scatter**2
    values, errors = solution / length, np.sqrt(np.diag(covariance)) / length
    return Electrostriction(values[:3], errors[:3], values[3:], scatter)


def stiffness(hamiltonian: Hamiltonian) -> tuple[float, float, float]:
    """C11, C12, C44 in GPa: B/a0³."""
    volume = hamiltonian.lattice_constant**3
    return tuple(B / volume * IN_GPA for B in (hamiltonian.B11, hamiltonian.B12, hamiltonian.B44))  # type: ignore[return-value]
