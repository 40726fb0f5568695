"""Elastic constants of a crystal at rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from ase import Atoms
from numpy.typing import NDArray

from bridge import Within, model
from bridge_ase.ports import ATOMISTIC, Calculator, Fmax, Keywords, Steps, Stress, known_keywords
from bridge_ase.stiffness import Averages, Matrix


@dataclass(frozen=True)
class Elastic:
    """Elastic constants, how far to trust them, and the moduli of a polycrystal."""

    stiffness: Matrix
    strain_error: Annotated[float, "GPa", Within(0)]
    asymmetry: Annotated[float, "GPa", Within(0)]
    stress_at_rest: Annotated[NDArray[np.float64], "GPa", ("voigt=6",)]
    averages: Averages
    bulk_modulus: Annotated[float, "GPa", Within(0, strict=True)]
    shear_modulus: Annotated[float, "GPa", Within(0, strict=True)]


@model("ase.elastic", scale=ATOMISTIC, depends=["ase"], check=known_keywords)
def elastic(
    atoms: Atoms,
    calculator: Calculator,
    keywords: Keywords = "{}",
    *,
    strain: Annotated[float, "1", Within(1e-5, 0.05)] = 0.005,
    tolerance: Annotated[float, "1", Within(0, 1, strict=True)] = 0.05,
    stress_tolerance: Annotated[float, "GPa", Within(0, strict=True)] = 0.1,
    fmax: Fmax = 0.001,
    steps: Steps = 500,
    stress: Stress = "calculator",
) -> Elastic:
    """The 36 elastic constants of a crystal at rest, from the stress of small strains.

    C_ij = ∂σ_i/∂ε_j in the order xx, yy, zz, yz, xz, xy, with engineering shears, by central differences at `strain`
    and half of it; the two are extrapolated, and `strain_error` is what that still changed. Positions relax to
    forces below `fmax` in every strained cell (24 and the crystal itself), so these are constants of slow
    deformation. The matrix is symmetric by the mean of C_ij and C_ji, of which `asymmetry` is the largest difference;
    no symmetry of the crystal is imposed. `averages` are Voigt's, Reuss's and Hill's moduli, of which Hill's are given
    beside it.

    Raises ValueError for atoms without a periodic cell, under more stress than `stress_tolerance`, or with a
    calculator that has no stress, unless `stress` is numerical; ArithmeticError where `strain_error` or `asymmetry`
    is more than `tolerance` of the largest constant, or the crystal is not stable (Born); RuntimeError when a
    relaxation takes more than `steps` steps.
    """
    from bridge_ase import resting, running, stiffness, strained  # late: see the package

    resting.need_cell(atoms, "a matrix of elastic constants")
    needs = ["forces", "stress"]
    with running.calculators(calculator, keywords, atoms.get_chemical_symbols(), needs=needs, stress=stress) as make:
        found = strained.answer(atoms, make, strain, fmax, steps, stress_tolerance)
    allowed = tolerance * float(np.abs(found.stiffness).max())
    for what, value in (("strain_error", found.strain_error), ("asymmetry", found.asymmetry)):
        if value > allowed:
            raise ArithmeticError(
                f"the elastic constants have a {what} of {value:.3g} GPa, more than {tolerance:g} of the largest: the "
                "stress is not converged, or not linear. Converge the calculator and fmax, or write another strain."
            )
    mean = stiffness.averages(found.stiffness)
    return Elastic(
        stiffness=found.stiffness,
        strain_error=found.strain_error,
        asymmetry=found.asymmetry,
        stress_at_rest=found.at_rest,
        averages=mean,
        bulk_modulus=mean.bulk_modulus,
        shear_modulus=mean.shear_modulus,
    )
