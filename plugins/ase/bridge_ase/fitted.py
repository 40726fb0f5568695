"""Elastic constants by least squares, from strains and stresses that somebody else chose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bridge_ase import deformed
from bridge_ase.stiffness import named

Array = NDArray[np.float64]

RANK = 1e-3
"""A direction of strain counts as there if it has this part of the largest singular value of all strains."""


@dataclass(frozen=True)
class Fitted:
    """Elastic constants and the stress at no strain (GPa), with what is left of the stresses (root mean square)."""

    stiffness: Array
    residual: float
    asymmetry: float
    at_rest: Array
    reference: int
    used: int


def elastic(cell: Array, stress: Array, reference: int, largest: float, tolerance: float, off: float) -> Fitted:
    """Fit S = S0 + C E over structures with strains E up to ``largest``. Raises as `ase.dataset_elastic` says."""
    if reference >= len(cell):
        raise ValueError(f"reference={reference}: there are {len(cell)} structures, the first is 0.")
    rest = int(np.abs(stress).max(axis=1).argmin()) if reference < 0 else reference
    gradient = deformed.gradients(cell, cell[rest])
    strain = deformed.lagrangian(gradient)
    used = np.abs(strain).max(axis=1) <= largest
    strain, answer = strain[used], deformed.second_piola(stress[used], gradient[used])
    _spans(strain, int(used.sum()), largest)
    columns = np.column_stack([np.ones(len(strain)), strain])
    found, *_ = np.linalg.lstsq(columns, answer, rcond=None)
    at_rest, constants = found[0], found[1:].T
    if np.trace(constants) < 0:
        raise ValueError(
            "stress falls where strain rises: it has the sign of pressure. Write positive_stress='compression' where "
            "the set is read (or 'tension', if that was written)."
        )
    if np.abs(at_rest).max() > off:
        raise ValueError(
            f"structure {rest}, the reference, is under a stress of {at_rest[np.abs(at_rest).argmax()]:.3g} GPa, more "
            f"than {off:g}: elastic constants are those of a crystal at rest. Write the number of one at rest, "
            "reference=…, or allow it: stress_tolerance='… GPa'."
        )
    residual = float(np.sqrt(np.mean((answer - columns @ found) ** 2)))
    span = float(np.abs(answer - at_rest).max())
    if residual > tolerance * span:
        raise ArithmeticError(
            f"the stresses are {residual:.3g} GPa off a linear answer, more than {tolerance:g} of the largest, "
            f"{span:.3g} GPa: not converged, not relaxed alike, or strained too far. Write a smaller largest_strain."
        )
    asymmetry = float(np.abs(constants - constants.T).max())
    return Fitted((constants + constants.T) / 2, residual, asymmetry, at_rest, rest, int(used.sum()))


def _spans(strain: Array, count: int, largest: float) -> None:
    """Check that all six strains can be told apart. Raises ValueError, with those that are missing."""
    centred = strain - strain.mean(axis=0) if count else np.zeros((1, 6))
    _, sizes, directions = np.linalg.svd(centred, full_matrices=True)
    sizes = np.concatenate([sizes, np.zeros(6 - len(sizes))])
    missing = [named(directions[i]) for i in range(6) if sizes[i] <= RANK * max(sizes[0], 1e-12)]
    if missing:
        raise ValueError(
            f"{count} structures with strains up to {largest:g} do not tell all elastic constants: nothing is strained "
            f"along {'; '.join(missing)} (in the order xx, yy, zz, yz, xz, xy). Add structures strained so."
        )
