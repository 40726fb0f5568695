"""Atoms brought to rest: positions, and the cell around them under a pressure."""

from __future__ import annotations

from typing import Any

import numpy as np
from ase import Atoms, units
from ase.filters import FrechetCellFilter
from ase.optimize import BFGS


def settle(optimiser: Any, fmax: float, steps: int, what: str) -> None:
    """Relax, or raise RuntimeError."""
    if not optimiser.run(fmax=fmax, steps=steps):
        raise RuntimeError(
            f"{what} did not relax to {fmax} eV/angstrom in {steps} steps. Write steps={2 * steps} or a larger fmax."
        )


def largest_force(atoms: Atoms) -> float:
    """Length of the longest force on an atom, in eV/angstrom."""
    return float(np.linalg.norm(atoms.get_forces(), axis=1).max())


def relax(atoms: Atoms, fmax: float, steps: int, what: str) -> int:
    """Bring the positions to rest in their cell; the number of steps. Raises RuntimeError."""
    if largest_force(atoms) <= fmax:
        return 0
    optimiser = BFGS(atoms, logfile=None)
    settle(optimiser, fmax, steps, what)
    return int(optimiser.nsteps)


def relax_cell(atoms: Atoms, pressure: float, fmax: float, off: float, steps: int) -> int:
    """Bring positions and cell to rest under a pressure (GPa), stress within ``off`` GPa. Raises RuntimeError.

    The cell is a variable of the optimiser by its virial, which says little of stress in a large cell: the goal is
    tightened until the stress itself is what was asked.
    """
    filtered: Any = FrechetCellFilter(atoms, scalar_pressure=pressure * units.GPa)
    optimiser, goal = BFGS(filtered, logfile=None), fmax
    target = -pressure * np.array([1.0, 1, 1, 0, 0, 0])
    while True:
        left = steps - int(optimiser.nsteps)
        if left < 1 or not optimiser.run(fmax=goal, steps=left):
            raise RuntimeError(
                f"the cell did not relax to {fmax} eV/angstrom and {off} GPa in {steps} steps. Write steps={2 * steps} "
                "or a larger fmax."
            )
        apart = float(np.abs(atoms.get_stress() / units.GPa - target).max())
        if apart <= off and largest_force(atoms) <= fmax:
            return int(optimiser.nsteps)
        goal *= 0.3


def need_cell(atoms: Atoms, what: str) -> None:
    """Refuse atoms without a cell that repeats in all three directions. Raises ValueError."""
    if not atoms.pbc.all() or abs(atoms.cell.volume) < 1e-6:
        raise ValueError(
            f"{what} needs a crystal: atoms with a cell that repeats in all three directions (pbc=True), got "
            f"{atoms.get_chemical_formula()} with pbc={atoms.pbc.tolist()}."
        )
