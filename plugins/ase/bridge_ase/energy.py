"""Energy, forces and stress of atoms as they are given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from ase import Atoms
from numpy.typing import NDArray

from bridge import Within, model
from bridge_ase.ports import ATOMISTIC, Calculator, Keywords, Stress, known_keywords

Voigt = Annotated[NDArray[np.float64], "GPa", ("voigt=6",)]


@dataclass(frozen=True)
class Energy:
    """Energy of atoms, and the force on each."""

    energy: Annotated[float, "eV"]
    energy_per_atom: Annotated[float, "eV"]
    forces: Annotated[NDArray[np.float64], "eV/angstrom", ("atom", "xyz=3")]
    largest_force: Annotated[float, "eV/angstrom", Within(0)]


@dataclass(frozen=True)
class Stressed:
    """Stress of a crystal, in the order xx, yy, zz, yz, xz, xy, positive where it pulls."""

    stress: Voigt
    pressure: Annotated[float, "GPa"]
    energy: Annotated[float, "eV"]
    volume: Annotated[float, "angstrom^3", Within(0, strict=True)]


@model("ase.energy", scale=ATOMISTIC, depends=["ase"], check=known_keywords)
def energy(atoms: Atoms, calculator: Calculator, keywords: Keywords = "{}") -> Energy:
    """Potential energy of atoms and the force on each, nothing moved.

    The zero of energy is the calculator's own; electrons with a temperature are extrapolated to none where the
    calculator does so. Raises ValueError for what the calculator does not know, RuntimeError where it fails.
    """
    from bridge_ase import resting, running  # late: see the package

    with running.calculators(calculator, keywords, atoms.get_chemical_symbols(), needs=["forces"]) as make:
        atoms = atoms.copy()
        atoms.calc = make()
        found = float(atoms.get_potential_energy())
        forces = np.array(atoms.get_forces(), dtype=float)
        return Energy(found, found / len(atoms), forces, resting.largest_force(atoms))


@model("ase.stress", scale=ATOMISTIC, depends=["ase"], check=known_keywords)
def stress(
    atoms: Atoms, calculator: Calculator, keywords: Keywords = "{}", *, stress: Stress = "calculator"
) -> Stressed:
    """Stress of a crystal, nothing moved: the change of energy with strain, by volume.

    σ_i = ∂E/∂ε_i / V with engineering strains in the order xx, yy, zz, yz, xz, xy; positive where the crystal would
    rather be smaller, as ASE has it. `pressure` is minus a third of its trace. Raises ValueError for atoms without a
    periodic cell and for a calculator without stress, unless `stress` is numerical: central differences of the
    energy by strains of 1e-4.
    """
    from ase import units

    from bridge_ase import resting, running  # late: see the package

    resting.need_cell(atoms, "stress")
    needs = ["stress"] if stress == "calculator" else []
    with running.calculators(calculator, keywords, atoms.get_chemical_symbols(), needs=needs, stress=stress) as make:
        atoms = atoms.copy()
        atoms.calc = make()
        found = np.array(atoms.get_stress(), dtype=float) / units.GPa
        return Stressed(found, float(-found[:3].mean()), float(atoms.get_potential_energy()), float(atoms.cell.volume))
