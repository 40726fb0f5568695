"""A crystal, a vacancy in it and the jump of a neighbour into that vacancy, each at rest by EMT."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from ase import Atoms
from ase.build import bulk
from ase.calculators.emt import EMT
from ase.mep import NEB
from ase.optimize import BFGS, FIRE
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar


def lattice_constant(element: str) -> float:
    """Edge of the cubic fcc cell of least energy, in angstrom."""
    start = bulk(element, "fcc").cell.cellpar()[0] * np.sqrt(2)

    def energy(edge: float) -> float:
        atoms = bulk(element, "fcc", edge)
        atoms.calc = EMT()
        return float(atoms.get_potential_energy())

    found = minimize_scalar(energy, bounds=(0.9 * start, 1.1 * start), method="bounded", options={"xatol": 1e-6})
    return float(found.x)


def crystal(element: str, edge: float, repeat: int) -> Atoms:
    """A perfect cubic cell of 4 `repeat`^3 atoms, with its calculator."""
    atoms = bulk(element, "fcc", edge, cubic=True) * (repeat, repeat, repeat)
    atoms.calc = EMT()
    return atoms


def jump(perfect: Atoms, neighbour: NDArray[np.float64], *, images: int, fmax: float, steps: int) -> list[Atoms]:
    """Images along the jump of the atom at `neighbour` into the vacancy left by atom 0, ends included."""
    vacant = perfect.copy()
    del vacant[0]
    jumper = int(np.linalg.norm(vacant.positions - neighbour, axis=1).argmin())
    filled = vacant.copy()
    filled.positions[jumper] = perfect.positions[0]

    band = [vacant, *(vacant.copy() for _ in range(images)), filled]
    for image in band:
        image.calc = EMT()
    for end in (vacant, filled):
        settle(BFGS(end, logfile=None), fmax, steps, "the vacancy")
    elastic = NEB(band, climb=True, method="improvedtangent")
    elastic.interpolate()
    settle(FIRE(elastic, logfile=None), fmax, steps, "the jump")
    return band


def settle(optimiser: BFGS | FIRE, fmax: float, steps: int, what: str) -> None:
    """Relax, or raise RuntimeError."""
    if not optimiser.run(fmax=fmax, steps=steps):
        raise RuntimeError(
            f"{what} did not relax to {fmax} eV/angstrom in {steps} steps. Write steps={2 * steps} or a larger fmax."
        )


def travelled(band: list[Atoms]) -> NDArray[np.float64]:
    """Distance along the band from its first image, over all coordinates, in angstrom."""
    legs = [np.linalg.norm(b.positions - a.positions) for a, b in pairwise(band)]
    return np.concatenate([[0.0], np.cumsum(legs)])
