"""From the total curvature of the soft mode to the on-site one, and an effective Hamiltonian of two sources."""

from __future__ import annotations

import dataclasses
from math import pi
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bridge_ferroelectric import voigt
from bridge_ferroelectric.interfaces import Hamiltonian
from bridge_ferroelectric.phases import PHASES

COULOMB = 14.39964547842567
"""e²/(4πε0) in eV Å (CODATA 2018)."""


def short_range(j: NDArray[np.float64]) -> float:
    """κ of the short range for a uniform mode: ½ Σ_R J_zz(R) = 2j1 + j2 + 4j3 + 2j4 + 4j6, eV/Å².

    Of six first neighbours four lie across the mode (j1) and two along it (j2), of twelve second ones eight
    have a component along it (j3) and four have not (j4); all eight third ones give j6; j5 and j7 cancel.
    """
    j1, j2, j3, j4, _, j6, _ = j
    return float(2 * j1 + j2 + 4 * j3 + 2 * j4 + 4 * j6)


def dipole(effective_charge: float, permittivity: float, lattice_constant: float) -> float:
    """κ of the dipoles for a uniform mode without a macroscopic field, eV/Å².

    The Lorentz field 4πP/3 of a cubic lattice: -(2π/3) Z*² e²/(4πε0 ε∞ a0³), charges in e.
    """
    return -2 * pi / 3 * COULOMB * effective_charge**2 / (permittivity * lattice_constant**3)


def total(h: Hamiltonian) -> float:
    """Total κ of a uniform transverse mode: on-site, short range and dipoles, eV/Å²."""
    return h.kappa2 + short_range(h.j) + dipole(h.effective_charge, h.permittivity, h.lattice_constant)


def with_onsite(
    onsite: dict[str, float], intersite: Hamiltonian, name: str, functional: str, source: str
) -> Hamiltonian:
    """The Hamiltonian whose uniform mode has the total κ of `onsite`, with everything between cells of another.

    `onsite` holds lattice_constant, B11 … B4yz, kappa, alpha, gamma; κ2 = κ - short range - dipoles at the
    lattice constant of `onsite`. Terms of sixth and eighth order are zero: the record's belong to other wells.
    """
    terms: dict[str, Any] = dict(onsite)
    kappa = terms.pop("kappa")
    edge = terms["lattice_constant"]
    between = short_range(intersite.j) + dipole(intersite.effective_charge, intersite.permittivity, edge)
    return dataclasses.replace(
        intersite,
        name=name,
        functional=functional,
        source=source,
        **terms,
        kappa2=kappa - between,
        k1=0.0,
        k2=0.0,
        k3=0.0,
        k4=0.0,
    )


def bounded(onsite: dict[str, float]) -> None:
    """Raise ArithmeticError where the quartic term of a free cell is not positive: the energy has no minimum.

    Strain follows the mode at η = -B⁻¹ b u², b = ½ C y, and lowers the quartic by ½ b·B⁻¹·b.
    """
    elastic = voigt.cubic(onsite["B11"], onsite["B12"], onsite["B44"])
    coupling = voigt.cubic(onsite["B1xx"] / 2, onsite["B1yy"] / 2, onsite["B4yz"])
    if np.linalg.eigvalsh(elastic)[0] <= 0:
        raise ArithmeticError(
            f"B11, B12, B44 = {onsite['B11']:g}, {onsite['B12']:g}, {onsite['B44']:g} eV: the cubic crystal is not "
            "elastically stable."
        )
    for direction in PHASES.values():
        unit = np.array(direction) / np.linalg.norm(direction)
        force = coupling @ voigt.products(unit)
        clamped = onsite["alpha"] + onsite["gamma"] * (1 - (unit**4).sum()) / 2
        free = clamped - force @ np.linalg.solve(elastic, force) / 2
        if free <= 0:
            raise ArithmeticError(
                f"the energy has no minimum along {direction}: its quartic term is {clamped:.2f} eV/Å⁴ in a fixed cell "
                f"and {free:.2f} in a free one, where it must be positive: α, γ and B1xx, B1yy, B4yz do not fit."
            )


def doubts(material: str, functional: str, record: Hamiltonian) -> str:
    """What speaks against putting a record beside on-site terms; empty if nothing does."""
    found = []
    if functional != record.functional:
        found.append(f"the on-site terms are of {functional}, Z*, ε∞ and j of {record.functional}")
    if not record.name.startswith(material):
        found.append(f"the on-site terms are those of {material}, Z*, ε∞, j and the mass those of {record.name}")
    return f"{'; '.join(found)}. Functionals alone differ by more than 100 K in the transition." if found else ""
