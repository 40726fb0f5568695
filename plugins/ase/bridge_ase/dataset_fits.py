"""What a set of results says of a crystal: its equation of state and its elastic constants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from bridge import StandardErrorOf, Within, model
from bridge_ase.dataset import Cells, Energies, Stresses
from bridge_ase.ports import ATOMISTIC
from bridge_ase.stiffness import Averages, Matrix


@dataclass(frozen=True)
class FittedState:
    """What a Birch-Murnaghan curve says of a set of results, and how its stresses agree."""

    equilibrium_volume: Annotated[float, "angstrom^3", Within(0, strict=True)]
    equilibrium_volume_error: Annotated[float, "angstrom^3", Within(0), StandardErrorOf("equilibrium_volume")]
    equilibrium_energy: Annotated[float, "eV"]
    bulk_modulus: Annotated[float, "GPa", Within(0, strict=True)]
    bulk_modulus_error: Annotated[float, "GPa", Within(0), StandardErrorOf("bulk_modulus")]
    pressure_derivative: Annotated[float, "1"]
    pressure_derivative_error: Annotated[float, "1", Within(0), StandardErrorOf("pressure_derivative")]
    residual: Annotated[float, "eV", Within(0)]
    pressure_residual: Annotated[float, "GPa", Within(0)]
    structures_used: int


@dataclass(frozen=True)
class FittedElastic:
    """Elastic constants of a set of results, how well they fit, and the moduli of a polycrystal."""

    stiffness: Matrix
    residual: Annotated[float, "GPa", Within(0)]
    asymmetry: Annotated[float, "GPa", Within(0)]
    stress_at_rest: Annotated[NDArray[np.float64], "GPa", ("voigt=6",)]
    reference: int
    structures_used: int
    averages: Averages
    bulk_modulus: Annotated[float, "GPa", Within(0, strict=True)]
    shear_modulus: Annotated[float, "GPa", Within(0, strict=True)]


@model("ase.dataset_equation_of_state", scale=ATOMISTIC)
def dataset_equation_of_state(
    cell: Cells,
    energy: Energies,
    stress: Stresses,
    *,
    tolerance: Annotated[float, "1", Within(0, 1, strict=True)] = 0.02,
    pressure_tolerance: Annotated[float, "1", Within(0, 1, strict=True)] = 0.1,
) -> FittedState:
    """Equilibrium volume and bulk modulus of a set of results.

    Of the cells given, those are used that are the one of least stress made larger or smaller. Their energies are
    fitted as by `ase.equation_of_state`; `pressure_residual` is the root mean square by which -tr σ/3 differs from
    -dE/dV of the fit. A wrong sign or unit of stress shows there: energy and stress of one calculation agree.

    Raises ValueError where the stresses agree better with the other sign, or fewer than five volumes are there;
    ArithmeticError where the energies are off the curve by more than `tolerance` of their span, or the pressures by
    more than `pressure_tolerance` of theirs.
    """
    from bridge_ase import birch_murnaghan, deformed  # late: see the package

    rest = int(np.abs(stress).max(axis=1).argmin())
    used = deformed.scaled(cell, cell[rest])
    volume = np.abs(np.linalg.det(cell[used]))
    pressure = -stress[used, :3].mean(axis=1)
    found = birch_murnaghan.fit(volume, energy[used], tolerance)
    expected = found.pressure(volume)
    apart, turned = (float(np.sqrt(np.mean((sign * pressure - expected) ** 2))) for sign in (1, -1))
    if turned < apart:
        raise ValueError(
            "the stresses have the sign of pressure: energies rise where they should fall. Write "
            "positive_stress='compression' where the set is read (or 'tension', if that was written)."
        )
    if apart > pressure_tolerance * float(np.ptp(expected)):
        raise ArithmeticError(
            f"the stresses are {apart:.3g} GPa off the slope of the energies, more than {pressure_tolerance:g} of its "
            f"span of {np.ptp(expected):.3g} GPa: a unit is wrong, or they are not converged (Pulay stress). Mend "
            "stress_unit or energy_unit, or raise pressure_tolerance."
        )
    return FittedState(
        equilibrium_volume=found.volume,
        equilibrium_volume_error=found.volume_error,
        equilibrium_energy=found.energy,
        bulk_modulus=found.modulus,
        bulk_modulus_error=found.modulus_error,
        pressure_derivative=found.derivative,
        pressure_derivative_error=found.derivative_error,
        residual=found.residual,
        pressure_residual=apart,
        structures_used=int(used.sum()),
    )


@model("ase.dataset_elastic", scale=ATOMISTIC)
def dataset_elastic(
    cell: Cells,
    stress: Stresses,
    *,
    reference: Annotated[int, Within(-1)] = -1,
    largest_strain: Annotated[float, "1", Within(0, 0.2, strict=True)] = 0.02,
    tolerance: Annotated[float, "1", Within(0, 1, strict=True)] = 0.05,
    stress_tolerance: Annotated[float, "GPa", Within(0, strict=True)] = 0.1,
) -> FittedElastic:
    """The 36 elastic constants of a set of results, from its strains and stresses.

    Least squares of stress against strain. Strains are Lagrangian, (FᵀF - 1)/2, of each cell against that of
    `reference` (-1: the one of least stress), so that a cell may be turned; stresses are the second of Piola and
    Kirchhoff, det F F⁻¹ σ F⁻ᵀ, which answer to them. Used are structures with strains up to `largest_strain`. All 36
    are fitted, and the stress at no strain; the matrix is symmetric by the mean of C_ij and C_ji. Whether the atoms
    were relaxed in each cell is for the set to say: its `largest_force` does.

    Raises ValueError where the strains do not span all six (with those that are missing), where the reference is
    under more stress than `stress_tolerance`, or the sign of stress is that of pressure; ArithmeticError where the
    root mean square residual is more than `tolerance` of the largest stress, or the crystal is not stable.
    """
    from bridge_ase import fitted, stiffness  # late: see the package

    found = fitted.elastic(cell, stress, reference, largest_strain, tolerance, stress_tolerance)
    mean = stiffness.averages(found.stiffness)
    return FittedElastic(
        stiffness=found.stiffness,
        residual=found.residual,
        asymmetry=found.asymmetry,
        stress_at_rest=found.at_rest,
        reference=found.reference,
        structures_used=found.used,
        averages=mean,
        bulk_modulus=mean.bulk_modulus,
        shear_modulus=mean.shear_modulus,
    )
