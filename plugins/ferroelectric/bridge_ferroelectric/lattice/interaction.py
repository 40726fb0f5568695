"""What is quadratic in the modes: springs and dipoles, and elasticity, each as a matrix per wavevector."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfc

from bridge_ferroelectric import voigt
from bridge_ferroelectric.constants import COULOMB

Array = NDArray[np.float64]

REACH = 3
"""Ewald sums over -3 … 3 cells each way: the first term left out is 1e-17 of the whole."""

OCTANT = tuple(product(range(-REACH, REACH + 1), repeat=3))


def dipoles(phase: Array) -> Array:
    """Dipole–dipole matrix of a simple cubic lattice of unit spacing, for unit charges, (point, 6).

    `phase` holds wavevectors times the spacing, (point, 3). Ewald's sum with the conducting (tinfoil)
    boundary: the term of zero wavevector is left out. M. P. Allen and D. J. Tildesley, Computer
    Simulation of Liquids (Oxford, 1989), section 5.5.2; splitting parameter √π, for which both sums
    fall off alike.
    """
    split = np.sqrt(np.pi)
    cells = np.array([c for c in OCTANT if c != (0, 0, 0)], dtype=float)
    r = np.linalg.norm(cells, axis=1)
    gauss = 2 * split / np.sqrt(np.pi) * np.exp(-((split * r) ** 2))
    near = erfc(split * r) / r**3 + gauss / r**2
    far = 3 * erfc(split * r) / r**5 + gauss * (2 * split**2 / r**2 + 3 / r**4)
    field = np.outer(near, [1, 1, 1, 0, 0, 0]) - voigt.products(cells) * far[:, None]
    matrix: Array = np.einsum("kr,rv->kv", np.cos(np.einsum("kc,rc->kr", phase, cells)), field)
    matrix[:, :3] -= 4 * split**3 / (3 * np.sqrt(np.pi))
    for cell in OCTANT:
        wave = phase + 2 * np.pi * np.array(cell)
        square = (wave**2).sum(axis=1)
        some = square > 1e-12
        weight = np.zeros_like(square)
        weight[some] = 4 * np.pi * np.exp(-square[some] / (4 * split**2)) / square[some]
        matrix += voigt.products(wave) * weight[:, None]
    return matrix


def springs(phase: Array, j: Array) -> Array:
    """Short-range matrix of three shells of neighbours, (point, 6), from j1 … j7.

    W. Zhong, D. Vanderbilt and K. M. Rabe, Phys. Rev. B 52, 6301 (1995), equation (9) and figure 1.
    """
    matrix = np.zeros((len(phase), 6))
    for cell in product((-1, 0, 1), repeat=3):
        shell = sum(map(abs, cell))
        if shell == 0:
            continue
        cosine = np.cos((phase * cell).sum(axis=1))
        along = {1: (j[0], j[1]), 2: (j[3], j[2]), 3: (j[5], j[5])}[shell]
        across = {1: 0.0, 2: j[4], 3: j[6]}[shell]
        for i, (a, b) in enumerate(voigt.PAIRS):
            matrix[:, i] += cosine * (along[abs(cell[a])] if a == b else across * cell[a] * cell[b])
    return matrix


def quadratic(of: Any, phase: Array) -> dict[str, Array]:
    """Matrices Φ(k) of E = ½ Σ u Φ u, in eV/Å², by term: on-site, springs, dipoles."""
    onsite = np.zeros((len(phase), 6))
    onsite[:, :3] = 2 * of.kappa2
    charge = COULOMB * of.effective_charge**2 / (of.permittivity * of.lattice_constant**3)
    return {"onsite": onsite, "springs": springs(phase, np.asarray(of.j)), "dipoles": charge * dipoles(phase)}


def compliance(of: Any, phase: Array) -> Array:
    """Inverse of the acoustic force constants, (point, 6) in 1/eV; zero at zero wavevector.

    The long-wave form in the whole zone, K_ii = B11 k_i² + B44 (k² - k_i²), K_ij = (B12 + B44) k_i k_j, as
    in T. Nishimatsu et al., Phys. Rev. B 78, 104104 (2008).
    """
    square = (phase**2).sum(axis=1)
    matrix = (of.B12 + of.B44) * phase[:, :, None] * phase[:, None, :]
    for i in range(3):
        matrix[:, i, i] = of.B11 * phase[:, i] ** 2 + of.B44 * (square - phase[:, i] ** 2)
    some = square > 1e-12
    inverse = np.zeros_like(matrix)
    inverse[some] = np.linalg.inv(matrix[some])
    return voigt.components(inverse)


def stiffness(of: Any) -> Array:
    """Elastic energy per cell ½ η·B·η, (6, 6) in eV."""
    return voigt.cubic(of.B11, of.B12, of.B44)


def coupling(of: Any) -> Array:
    """Coupling per cell η·C·y, y = (ux², uy², uz², uyuz, uzux, uxuy), (6, 6) in eV/Å²."""
    return voigt.cubic(of.B1xx / 2, of.B1yy / 2, of.B4yz)
