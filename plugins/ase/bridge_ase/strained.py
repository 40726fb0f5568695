"""A crystal strained a little in six ways, and the stress with which it answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase import Atoms, units
from numpy.typing import NDArray

from bridge_ase.resting import relax
from bridge_ase.running import Make
from bridge_ase.stiffness import VOIGT, matrix


@dataclass(frozen=True)
class Answer:
    """Elastic constants (GPa, symmetric), what they still depend on the strain, and what they lack of symmetry."""

    stiffness: NDArray[np.float64]
    strain_error: float
    asymmetry: float
    at_rest: NDArray[np.float64]  # stress of the crystal itself, GPa


def answer(atoms: Atoms, make: Make, strain: float, fmax: float, steps: int, off: float) -> Answer:
    """Elastic constants by central differences of stress, by two strains, the error of second order taken out.

    Positions relax in every strained cell. Raises ValueError where the crystal itself is under more stress than
    ``off`` GPa: then what is measured is not the second derivative of its energy.
    """
    whole = atoms.copy()
    whole.calc = make()
    relax(whole, fmax, steps, "the crystal")
    at_rest = np.array(whole.get_stress(), dtype=float) / units.GPa
    if np.abs(at_rest).max() > off:
        raise ValueError(
            f"the crystal is under a stress of {at_rest[np.abs(at_rest).argmax()]:.3g} GPa, more than {off:g}: elastic "
            "constants are those of a crystal at rest. Take the atoms of ase.relaxed_cell, or allow it: "
            "stress_tolerance='… GPa'."
        )
    wide, narrow = (_differences(whole, make, size, fmax, steps) for size in (strain, strain / 2))
    found = (4 * narrow - wide) / 3  # Richardson
    return Answer(
        stiffness=(found + found.T) / 2,
        strain_error=float(np.abs(found - narrow).max()),
        asymmetry=float(np.abs(found - found.T).max()),
        at_rest=at_rest,
    )


def _differences(atoms: Atoms, make: Make, strain: float, fmax: float, steps: int) -> NDArray[np.float64]:
    columns = []
    for place, name in enumerate(VOIGT):
        stress = []
        for sign in (1, -1):
            one = atoms.copy()
            deformation = np.eye(3) + matrix(sign * strain * np.eye(6)[place])
            one.set_cell(atoms.cell[:] @ deformation, scale_atoms=True)
            one.calc = make()
            relax(one, fmax, steps, f"the crystal strained along {name}")
            stress.append(np.array(one.get_stress(), dtype=float) / units.GPa)
        columns.append((stress[0] - stress[1]) / (2 * strain))
    return np.array(columns).T
