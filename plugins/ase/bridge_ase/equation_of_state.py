"""Energy of a crystal against its volume."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from ase import Atoms
from numpy.typing import NDArray

from bridge import StandardErrorOf, Within, model
from bridge_ase.ports import ATOMISTIC, Calculator, Fmax, Keywords, Steps, known_keywords

Tolerance = Annotated[float, "1", Within(0, 1, strict=True)]


@dataclass(frozen=True)
class EquationOfState:
    """What a Birch-Murnaghan curve says of a crystal, and the points it was fitted to."""

    equilibrium_volume: Annotated[float, "angstrom^3", Within(0, strict=True)]
    equilibrium_volume_error: Annotated[float, "angstrom^3", Within(0), StandardErrorOf("equilibrium_volume")]
    equilibrium_energy: Annotated[float, "eV"]
    bulk_modulus: Annotated[float, "GPa", Within(0, strict=True)]
    bulk_modulus_error: Annotated[float, "GPa", Within(0), StandardErrorOf("bulk_modulus")]
    pressure_derivative: Annotated[float, "1"]
    pressure_derivative_error: Annotated[float, "1", Within(0), StandardErrorOf("pressure_derivative")]
    residual: Annotated[float, "eV", Within(0)]
    volume: Annotated[NDArray[np.float64], "angstrom^3", ("point",)]
    energy: Annotated[NDArray[np.float64], "eV", ("point",)]
    atoms: Atoms


@model("ase.equation_of_state", scale=ATOMISTIC, depends=["ase"], check=known_keywords)
def equation_of_state(
    atoms: Atoms,
    calculator: Calculator,
    keywords: Keywords = "{}",
    *,
    spread: Annotated[float, "1", Within(0.005, 0.5)] = 0.06,
    points: Annotated[int, Within(5, 101)] = 9,
    tolerance: Tolerance = 0.02,
    fmax: Fmax = 0.005,
    steps: Steps = 500,
) -> EquationOfState:
    """Equilibrium volume, bulk modulus and its derivative of a crystal.

    The cell is scaled, its shape kept, to `points` volumes from 1 - `spread` to 1 + `spread` times its own; atoms
    relax in each to forces below `fmax`. Energies are fitted by the third-order equation of F. Birch, Phys. Rev. 71,
    809 (1947): E = E0 + (9 V0 B0 / 16) [2 f² + (B' - 4) f³], f = (V0/V)^(2/3) - 1. Quantities are those of the cell
    given, not of an atom; `atoms` is it at the equilibrium volume.

    Raises ArithmeticError where the minimum is outside the volumes, or the curve is off the energies by more than
    `tolerance` of their span; RuntimeError when a relaxation takes more than `steps` steps.
    """
    from bridge_ase import birch_murnaghan, resting, running  # late: see the package

    resting.need_cell(atoms, "an equation of state")
    given = float(atoms.cell.volume)
    volumes = given * np.linspace(1 - spread, 1 + spread, points)
    with running.calculators(calculator, keywords, atoms.get_chemical_symbols(), needs=["forces"]) as make:
        scaled, energies = [], []
        for volume in volumes:
            one = atoms.copy()
            one.set_cell(atoms.cell * (volume / given) ** (1 / 3), scale_atoms=True)
            one.calc = make()
            resting.relax(one, fmax, steps, f"the cell of {volume:.4g} angstrom^3")
            energies.append(float(one.get_potential_energy()))
            scaled.append(one.copy())
    found = birch_murnaghan.fit(volumes, np.array(energies), tolerance)
    nearest = scaled[int(np.abs(volumes - found.volume).argmin())]
    nearest.set_cell(nearest.cell * (found.volume / nearest.cell.volume) ** (1 / 3), scale_atoms=True)
    return EquationOfState(
        equilibrium_volume=found.volume,
        equilibrium_volume_error=found.volume_error,
        equilibrium_energy=found.energy,
        bulk_modulus=found.modulus,
        bulk_modulus_error=found.modulus_error,
        pressure_derivative=found.derivative,
        pressure_derivative_error=found.derivative_error,
        residual=found.residual,
        volume=volumes,
        energy=np.array(energies),
        atoms=nearest,
    )
