"""Vibrations of a crystal with one defect, and what transition-state theory makes of them."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
from ase import Atoms, units
from numpy.typing import NDArray

Array = NDArray[np.float64]

CUBIC_GROUP = [
    np.array(signs)[:, None] * np.eye(3)[list(axes)]
    for axes in permutations(range(3))
    for signs in product((1.0, -1.0), repeat=3)
]
"""The 48 rotations and reflections of a cube; each maps a cubic cell onto itself."""

THZ = 1e-3 / units.fs
"""One terahertz in ase's unit of frequency."""


def symmetries(atoms: Atoms, centre: Array, tolerance: float = 0.01) -> list[tuple[Array, NDArray[np.intp]]]:
    """Point symmetries of a cubic periodic cell about `centre`, each with the permutation of the atoms.

    `tolerance` is in angstrom: above the noise of a relaxed geometry, far below a displacement that
    breaks a symmetry.
    """
    edge = atoms.cell.lengths()[0]
    home = (atoms.positions - centre) / edge
    found = []
    for operation in CUBIC_GROUP:
        apart = (home @ operation.T)[:, None] - home[None]
        apart -= np.round(apart)
        distance = np.linalg.norm(apart, axis=2) * edge
        image = distance.argmin(axis=1)
        if distance.min(axis=1).max() < tolerance:
            found.append((operation, image))
    return found


def force_constants(atoms: Atoms, centre: Array, step: float) -> Array:
    """Second derivatives of the energy, from central differences of forces, of shape (3N, 3N) in eV/angstrom^2.

    Only one atom of each symmetry class about `centre` is displaced; a symmetry R that carries atom
    i to i' and j to j' carries the block H(i, j) to R H(i, j) R^T. A vacancy in 107 atoms then takes
    54 force calls instead of 642, its saddle 144. `step` is in angstrom.
    """
    count = len(atoms)
    blocks = np.full((count, count, 3, 3), np.nan)
    operations = symmetries(atoms, centre)
    moved = atoms.copy()
    moved.calc = atoms.calc
    for atom in range(count):
        if not np.isnan(blocks[atom, 0, 0, 0]):
            continue
        rows = np.empty((count, 3, 3))
        for axis in range(3):
            moved.positions[atom, axis] += step
            forward = moved.get_forces()
            moved.positions[atom, axis] -= 2 * step
            rows[:, axis] = (moved.get_forces() - forward) / (2 * step)
            moved.positions[atom, axis] += step
        for operation, image in operations:
            blocks[image[atom], image] = operation @ rows @ operation.T
    hessian = blocks.transpose(0, 2, 1, 3).reshape(3 * count, 3 * count)
    return np.asarray((hessian + hessian.T) / 2)


def frequencies(atoms: Atoms, centre: Array, *, step: float = 0.01, unstable: int = 0) -> Array:
    """Frequencies in THz of the stable modes of a periodic cell of one element, ascending, without translations.

    Raises ArithmeticError unless exactly `unstable` modes have a negative force constant: 0 at a
    minimum, 1 at a saddle point.
    """
    hessian = force_constants(atoms, centre, step)
    stiffness = np.linalg.eigvalsh(hessian / atoms.get_masses()[0])
    modes = np.delete(stiffness, np.argsort(np.abs(stiffness))[:3])
    negative = int((modes < 0).sum())
    if negative != unstable:
        raise ArithmeticError(
            f"found {negative} unstable modes where {unstable} belong: the geometry is not converged. Lower fmax."
        )
    return np.asarray(np.sqrt(modes[unstable:]) / (2 * np.pi) / THZ)


def attempt_frequency(minimum: Array, saddle: Array) -> float:
    """Harmonic prefactor of a rate: the product of N frequencies over that of N - 1 at the saddle.

    G. H. Vineyard, J. Phys. Chem. Solids 3, 121 (1957).
    """
    return float(np.exp(np.log(minimum).sum() - np.log(saddle).sum()))


def formation_entropy(defect: Array, perfect: Array) -> float:
    """Vibrational entropy of forming a defect at constant cell, in units of k_B, classical and harmonic.

    The atoms of the defective cell are weighed against as many modes of the perfect crystal at its
    mean log frequency: Y. Mishin, M. R. Sørensen and A. F. Voter, Phil. Mag. A 81, 2591 (2001).
    """
    return float(len(defect) * np.log(perfect).mean() - np.log(defect).sum())
