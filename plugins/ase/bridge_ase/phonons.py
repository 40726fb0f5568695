"""Vibrations of the atoms of a cell, the same in every cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from ase import Atoms
from numpy.typing import NDArray

from bridge import Within, model
from bridge_ase.ports import ATOMISTIC, Calculator, Fmax, Keywords, known_keywords


@dataclass(frozen=True)
class Phonons:
    """Frequencies at Γ, without the three translations; an imaginary frequency is written as negative."""

    frequencies: Annotated[NDArray[np.float64], "THz", ("mode",)]
    imaginary: Annotated[int, Within(0)]
    softest_mode: Annotated[NDArray[np.float64], "1", ("atom", "xyz=3")]
    acoustic_residual: Annotated[float, "eV/angstrom^2", Within(0)]
    force_constants: Annotated[NDArray[np.float64], "eV/angstrom^2", ("moved", "answering")]
    zero_point_energy: Annotated[float, "eV", Within(0)]


@model("ase.phonons", scale=ATOMISTIC, depends=["ase"], check=known_keywords)
def phonons(
    atoms: Atoms,
    calculator: Calculator,
    keywords: Keywords = "{}",
    *,
    displacement: Annotated[float, "angstrom", Within(1e-4, 0.2)] = 0.01,
    tolerance: Annotated[float, "1", Within(0, 1, strict=True)] = 0.02,
    fmax: Fmax = 0.01,
) -> Phonons:
    """Frequencies of the vibrations of a cell at Γ, by finite displacements.

    Force constants are central differences of forces by `displacement`, 6 N calculations. A rigid shift must cost
    nothing: `acoustic_residual` is the largest sum over atoms of a row of them, and the 3 N - 3 modes are those
    orthogonal to the translations. All atoms of the cell move as they like, their images along with them: a supercell
    adds the waves that fit into it. `softest_mode` is the displacement of each atom in the lowest mode, of length
    one over the cell. A mode whose force constant is negative is imaginary, written as a negative frequency; a
    warning names it and the atoms that carry it. The electric field of polar vibrations (LO-TO) is left out.

    Raises ValueError for one atom alone and where a force is longer than `fmax`: the atoms are not at rest;
    ArithmeticError where `acoustic_residual` is more than `tolerance` of the largest force constant.
    """
    from bridge_ase import running, vibrations  # late: see the package

    if len(atoms) < 2:
        raise ValueError("one atom in a cell has translations alone at Γ. Write a supercell, such as repeat=2.")
    with running.calculators(calculator, keywords, atoms.get_chemical_symbols(), needs=["forces"]) as make:
        hessian, rest = vibrations.force_constants(atoms, make, displacement)
    if rest > fmax:
        raise ValueError(
            f"a force of {rest:.3g} eV/angstrom is left on an atom, more than {fmax:g}: vibrations are about a rest. "
            "Take the atoms of ase.relaxed."
        )
    residual = vibrations.acoustic_residual(hessian)
    if residual > tolerance * np.abs(hessian).max():
        raise ArithmeticError(
            f"a rigid shift costs {residual:.3g} eV/angstrom^2, more than {tolerance:g} of the largest force constant: "
            "the forces are not converged. Converge the calculator, or write a larger displacement."
        )
    found, shapes = vibrations.modes(hessian, atoms.get_masses())
    return Phonons(
        frequencies=found,
        imaginary=vibrations.imaginary(found, shapes, atoms),
        softest_mode=shapes[0],
        acoustic_residual=residual,
        force_constants=hessian,
        zero_point_energy=vibrations.zero_point(found),
    )
