"""What passes between the scales of a ferroelectric: four records, each with its units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from bridge import Scale, Within

ELECTRONS = Scale("electronic", length="1 angstrom .. 1 nm", time="1 as .. 1 fs")
LATTICE = Scale("atomistic", length="4 angstrom .. 30 nm", time="1 fs .. 10 ns")
CONTINUUM = Scale("continuum", length="1 nm .. 10 um", time="1 ps .. 1 ms")

Positive = Within(0, strict=True)


@dataclass(frozen=True)
class Hamiltonian:
    """Effective Hamiltonian of the local mode u and the strain η of a cubic perovskite, per unit cell.

    W. Zhong, D. Vanderbilt and K. M. Rabe, Phys. Rev. B 52, 6301 (1995); terms of sixth and eighth
    order as in T. Nishimatsu et al., Phys. Rev. B 82, 134106 (2010). `kappa2` is the on-site
    coefficient alone: the curvature of a uniform mode has the short range and the dipoles in it too.
    `j` are j1 … j7 of the short range. `pressure` and `thermal_pressure` (a slope with temperature)
    are what the record was published to be used with.
    """

    name: str
    functional: str
    source: str
    lattice_constant: Annotated[float, "angstrom", Positive]
    mass: Annotated[float, "u", Positive]
    effective_charge: Annotated[float, "e", Positive]
    permittivity: Annotated[float, "1", Within(1)]
    B11: Annotated[float, "eV", Positive]
    B12: Annotated[float, "eV"]
    B44: Annotated[float, "eV", Positive]
    B1xx: Annotated[float, "eV/angstrom^2"]
    B1yy: Annotated[float, "eV/angstrom^2"]
    B4yz: Annotated[float, "eV/angstrom^2"]
    kappa2: Annotated[float, "eV/angstrom^2"]
    alpha: Annotated[float, "eV/angstrom^4"]
    gamma: Annotated[float, "eV/angstrom^4"]
    k1: Annotated[float, "eV/angstrom^6"]
    k2: Annotated[float, "eV/angstrom^6"]
    k3: Annotated[float, "eV/angstrom^6"]
    k4: Annotated[float, "eV/angstrom^8"]
    j: Annotated[NDArray[np.float64], "eV/angstrom^2", ("neighbour=7",)]
    pressure: Annotated[float, "GPa"]
    thermal_pressure: Annotated[float, "GPa/K"]


@dataclass(frozen=True)
class LatticeState:
    """Where a lattice run stands: enough to go on exactly where it stopped.

    `displacement` is the local mode u of each cell, `strain` the homogeneous strain (Voigt, engineering
    shear: η4 = 2 e_yz). `steps` counts those taken since the seed, so that a run of 2n steps and two of
    n draw the same random numbers.
    """

    displacement: Annotated[NDArray[np.float64], "angstrom", ("x", "y", "z", "component=3")]
    velocity: Annotated[NDArray[np.float64], "angstrom/ps", ("x", "y", "z", "component=3")]
    strain: Annotated[NDArray[np.float64], "1", ("voigt=6",)]
    steps: Annotated[int, Within(0)]


@dataclass(frozen=True)
class Landau:
    """Free energy density of a ferroelectric against its cubic phase, per reference volume.

    Stress-free coefficients: α(T) = value + slope (T - reference). f = α1 ΣPi² + α11 ΣPi⁴ +
    α12 ΣPi²Pj² + α111 ΣPi⁶ + α112 ΣPi⁴(Pj²+Pk²) + α123 Px²Py²Pz². Electrostriction e_xx = Q11 Px² +
    Q12 (Py² + Pz²), engineering shear 2 e_yz = Q44 Py Pz; stiffness C in Voigt's notation. With strain as
    the variable, the quartic coefficients are those of the clamped crystal: stress-free + ½ q·S·q, q = C·Q.
    """

    name: str
    source: str
    reference_temperature: Annotated[float, "K", Positive]
    alpha1: Annotated[float, "J*m/C^2"]
    alpha1_slope: Annotated[float, "J*m/C^2/K"]
    alpha11: Annotated[float, "J*m^5/C^4"]
    alpha11_slope: Annotated[float, "J*m^5/C^4/K"]
    alpha12: Annotated[float, "J*m^5/C^4"]
    alpha12_slope: Annotated[float, "J*m^5/C^4/K"]
    alpha111: Annotated[float, "J*m^9/C^6"]
    alpha111_slope: Annotated[float, "J*m^9/C^6/K"]
    alpha112: Annotated[float, "J*m^9/C^6"]
    alpha123: Annotated[float, "J*m^9/C^6"]
    Q11: Annotated[float, "m^4/C^2"]
    Q12: Annotated[float, "m^4/C^2"]
    Q44: Annotated[float, "m^4/C^2"]
    C11: Annotated[float, "GPa", Positive]
    C12: Annotated[float, "GPa"]
    C44: Annotated[float, "GPa", Positive]


@dataclass(frozen=True)
class Gradient:
    """Gradient energy ½ G11 ΣPi,i² + G12 ΣPi,iPj,j + ½ G44 Σ(Pi,j + Pj,i)²: cubic symmetry, per pair i < j."""

    G11: Annotated[float, "J*m^3/C^2", Positive]
    G12: Annotated[float, "J*m^3/C^2"]
    G44: Annotated[float, "J*m^3/C^2", Positive]
