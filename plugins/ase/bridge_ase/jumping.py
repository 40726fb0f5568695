"""A crystal, a vacancy in it and the jump of a neighbour into that vacancy, each at rest."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from ase import Atoms
from ase.build import bulk
from ase.mep import NEB
from ase.optimize import BFGS, FIRE
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from bridge_ase.resting import settle
from bridge_ase.running import Make

SEARCHED = 0.1
"""How far from the tabulated lattice constant, relative to it, the least energy is looked for."""


def lattice_constant(element: str, make: Make) -> float:
    """Edge of the cubic fcc cell of least energy, in angstrom. Raises ValueError where the search finds none."""
    start = bulk(element, "fcc").cell.cellpar()[0] * np.sqrt(2)

    def energy(edge: float) -> float:
        atoms = bulk(element, "fcc", edge)
        atoms.calc = make()
        return float(atoms.get_potential_energy())

    low, high = (1 - SEARCHED) * start, (1 + SEARCHED) * start
    found = minimize_scalar(energy, bounds=(low, high), method="bounded", options={"xatol": 1e-6})
    if min(found.x - low, high - found.x) < 1e-3 * start:
        raise ValueError(
            f"fcc {element} has no least energy between {low:.3f} and {high:.3f} angstrom, 10 % around its tabulated "
            "lattice constant, with this calculator. Write keywords that are meant for it."
        )
    return float(found.x)


def crystal(element: str, edge: float, repeat: int, make: Make) -> Atoms:
    """A perfect cubic cell of 4 `repeat`^3 atoms, with its calculator."""
    atoms: Atoms = bulk(element, "fcc", edge, cubic=True) * (repeat, repeat, repeat)
    atoms.calc = make()
    return atoms


def jump(
    perfect: Atoms, neighbour: NDArray[np.float64], make: Make, *, images: int, fmax: float, steps: int
) -> list[Atoms]:
    """Images along the jump of the atom at `neighbour` into the vacancy left by atom 0, ends included."""
    vacant = perfect.copy()
    del vacant[0]
    jumper = int(np.linalg.norm(vacant.positions - neighbour, axis=1).argmin())
    filled = vacant.copy()
    filled.positions[jumper] = perfect.positions[0]

    band = [vacant, *(vacant.copy() for _ in range(images)), filled]
    for image in band:
        image.calc = make()
    for end in (vacant, filled):
        settle(BFGS(end, logfile=None), fmax, steps, "the vacancy")
    elastic = NEB(band, climb=True, method="improvedtangent")
    elastic.interpolate()
    settle(FIRE(elastic, logfile=None), fmax, steps, "the jump")
    return band


def travelled(band: list[Atoms]) -> NDArray[np.float64]:
    """Distance along the band from its first image, over all coordinates, in angstrom."""
    legs = [np.linalg.norm(b.positions - a.positions) for a, b in pairwise(band)]
    return np.concatenate([[0.0], np.cumsum(legs)])
