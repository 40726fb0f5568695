"""Atoms at rest, in their cell or with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from ase import Atoms
from numpy.typing import NDArray

from bridge import Within, model
from bridge_ase.ports import ATOMISTIC, Calculator, Fmax, Keywords, Steps, Stress, known_keywords


@dataclass(frozen=True)
class Relaxed:
    """Atoms at rest in their cell."""

    atoms: Atoms
    energy: Annotated[float, "eV"]
    largest_force: Annotated[float, "eV/angstrom", Within(0)]
    largest_displacement: Annotated[float, "angstrom", Within(0)]
    steps_taken: int


@dataclass(frozen=True)
class RelaxedCell:
    """A crystal at rest under a pressure."""

    atoms: Atoms
    energy: Annotated[float, "eV"]
    volume: Annotated[float, "angstrom^3", Within(0, strict=True)]
    lengths: Annotated[NDArray[np.float64], "angstrom", ("cell=3",)]
    angles: Annotated[NDArray[np.float64], "deg", ("cell=3",)]
    stress: Annotated[NDArray[np.float64], "GPa", ("voigt=6",)]
    largest_force: Annotated[float, "eV/angstrom", Within(0)]
    steps_taken: int


@model("ase.relaxed", scale=ATOMISTIC, depends=["ase"], check=known_keywords)
def relaxed(
    atoms: Atoms, calculator: Calculator, keywords: Keywords = "{}", *, fmax: Fmax = 0.005, steps: Steps = 500
) -> Relaxed:
    """Atoms at rest in the cell they are given in.

    Positions follow the forces (BFGS) until none is longer than `fmax`; the minimum is the one downhill. Constraints
    of the atoms are kept. Raises RuntimeError when that takes more than `steps` steps.
    """
    from bridge_ase import resting, running  # late: see the package

    with running.calculators(calculator, keywords, atoms.get_chemical_symbols(), needs=["forces"]) as make:
        moved = atoms.copy()
        moved.calc = make()
        taken = resting.relax(moved, fmax, steps, atoms.get_chemical_formula())
        far = float(np.linalg.norm(moved.positions - atoms.positions, axis=1).max())
        return Relaxed(moved.copy(), float(moved.get_potential_energy()), resting.largest_force(moved), far, taken)


@model("ase.relaxed_cell", scale=ATOMISTIC, depends=["ase"], check=known_keywords)
def relaxed_cell(
    atoms: Atoms,
    calculator: Calculator,
    keywords: Keywords = "{}",
    pressure: Annotated[float, "GPa", Within(-50, 1000)] = 0.0,
    *,
    fmax: Fmax = 0.005,
    stress_tolerance: Annotated[float, "GPa", Within(0, strict=True)] = 0.01,
    steps: Steps = 500,
    stress: Stress = "calculator",
) -> RelaxedCell:
    """A crystal at rest under a pressure: its positions and its cell.

    Positions and the logarithm of the deformation of the cell follow forces and stress (BFGS) until no force is
    longer than `fmax` and no component of stress further than `stress_tolerance` from that of the pressure. The
    basis of a plane-wave calculator is that of the cell it is told of last: relax twice where the volume changes
    much. Raises RuntimeError when that takes more than `steps` steps, ValueError for atoms without a periodic cell
    or a calculator without stress, unless `stress` is numerical.
    """
    from ase import units

    from bridge_ase import resting, running  # late: see the package

    resting.need_cell(atoms, "the relaxation of a cell")
    needs = ["forces", "stress"]
    with running.calculators(calculator, keywords, atoms.get_chemical_symbols(), needs=needs, stress=stress) as make:
        moved = atoms.copy()
        moved.calc = make()
        taken = resting.relax_cell(moved, pressure, fmax, stress_tolerance, steps)
        return RelaxedCell(
            atoms=moved.copy(),
            energy=float(moved.get_potential_energy()),
            volume=float(moved.cell.volume),
            lengths=np.array(moved.cell.lengths()),
            angles=np.array(moved.cell.angles()),
            stress=np.array(moved.get_stress(), dtype=float) / units.GPa,
            largest_force=resting.largest_force(moved),
            steps_taken=taken,
        )
