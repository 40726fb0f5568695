"""The distorted perovskite cells whose energies, forces and stresses decide an effective Hamiltonian."""

from __future__ import annotations

import re

import numpy as np
from ase import Atoms
from ase.data import chemical_symbols
from numpy.typing import NDArray

from bridge_ferroelectric import voigt

Vector = NDArray[np.float64]

ATOMS = ("A", "B", "O∥", "O⊥", "O⊥")
"""Sites in the order used everywhere, named for a mode along z: the O of the B–O bond along z is O∥."""

SITES = np.array([[0, 0, 0], [0.5, 0.5, 0.5], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]], dtype=float)
"""Fractional positions of A, B, O∥, O⊥ (two of them) in the cubic cell."""

GUESS = {"BaTiO3": 3.95, "PbTiO3": 3.89, "KNbO3": 3.95, "SrTiO3": 3.86}
"""Edge about which E(a) is sampled with the local density approximation, angstrom."""

LARGER = {"LDA": 1.0, "PBE": 1.02, "PBEsol": 1.0085, "Wu-Cohen": 1.0085}
"""How much larger a functional's edge is than that of the local density approximation."""

EDGES = np.arange(-3, 4) * 0.005
"""Relative edges of the seven volumes."""

STRETCHES = (-0.01, 0.01)
SHEARS = (0.02,)
DISPLACEMENTS = (0.02, 0.04)
"""Angstrom; two of them, so that the cubic part of a force is told from the linear one."""

AMPLITUDES = {(0, 0, 1): (0.05, 0.10, 0.15), (0, 1, 1): (0.10, 0.15), (1, 1, 1): (0.10, 0.15)}
"""|u| in angstrom of the frozen modes, by direction."""

ALONG = ((2, 3, 4), (3, 2, 4), (4, 3, 2))
"""For a mode along z, y, x: which oxygen sites are O∥, O⊥, O⊥."""


def species(material: str) -> tuple[str, str]:
    """A and B of a formula ABO3. Raises ValueError for any other."""
    found = re.fullmatch(r"([A-Z][a-z]?)([A-Z][a-z]?)O3", material)
    if not found or not {found[1], found[2]} <= set(chemical_symbols):
        raise ValueError(f"{material!r} is no perovskite oxide ABO3. Write material='BaTiO3'.")
    return found[1], found[2]


def known_edge(material: str, functional: str) -> float:
    """Edge in angstrom about which E(a) is sampled. Raises ValueError for a perovskite that has none here."""
    if material not in GUESS:
        raise ValueError(
            f"no lattice constant is known of {material}. Write guess='3.9 angstrom', near its minimum of E(a)."
        )
    return GUESS[material] * LARGER[functional]


def cell(material: str, edge: float, strain: Vector | None = None) -> Atoms:
    """Perovskite cell of edge `edge` in angstrom under a strain in Voigt's notation (engineering shear).

    Raises ValueError for a formula that is no perovskite oxide's.
    """
    deformation = np.eye(3) if strain is None else np.eye(3) + voigt.strain_tensor(strain)
    atoms = Atoms([*species(material), "O", "O", "O"], cell=edge * deformation, pbc=True)
    atoms.set_scaled_positions(SITES)
    return atoms


def pattern(eigenvector: Vector) -> Vector:
    """Displacements (direction, atom, component) for a unit mode along x, y and z: three orthonormal patterns.

    `eigenvector` is that of the mode along z, over A, B, O∥, O⊥, O⊥.
    """
    patterns = np.zeros((3, 5, 3))
    for axis, oxygens in zip((2, 1, 0), ALONG, strict=True):
        patterns[axis, [0, 1, *oxygens], axis] = eigenvector
    return patterns


def volumes(material: str, guess: float) -> list[Atoms]:
    """Cubic cells for E(a)."""
    return [cell(material, round(guess * (1 + edge), 4)) for edge in EDGES]


def strains(material: str, edge: float) -> list[Atoms]:
    """The cubic reference, two uniaxial strains (B11, B12) and a shear (B44), atoms at their ideal sites."""
    uniaxial = [cell(material, edge, np.array([0, 0, s, 0, 0, 0])) for s in STRETCHES]
    sheared = [cell(material, edge, np.array([0, 0, 0, s, 0, 0])) for s in SHEARS]
    return [cell(material, edge), *uniaxial, *sheared]


def displacements(material: str, edge: float) -> list[Atoms]:
    """One atom moved along z, for each of A, B, O∥, O⊥: rows of the force-constant matrix at Γ."""
    moved = []
    for atom in range(4):
        for size in DISPLACEMENTS:
            atoms = cell(material, edge)
            atoms.positions[atom, 2] += size
            moved.append(atoms)
    return moved


def modes(material: str, edge: float, eigenvector: Vector) -> list[Atoms]:
    """The soft mode frozen in along 001, 011 and 111: atom i moves by u ξ_i."""
    frozen = []
    for direction, amplitudes in AMPLITUDES.items():
        unit = np.array(direction) / np.linalg.norm(direction)
        for amplitude in amplitudes:
            atoms = cell(material, edge)
            atoms.positions += amplitude * np.einsum("d,dac->ac", unit, pattern(eigenvector))
            frozen.append(atoms)
    return frozen
