"""Results that were computed elsewhere, as an engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from ase import Atoms
from numpy.typing import NDArray

from bridge import File, Resolved, Within, model
from bridge_ase.ports import ATOMISTIC
from bridge_ase.stated import energy_unit, length_unit, stress_unit

Cells = Annotated[NDArray[np.float64], "angstrom", ("structure", "vector=3", "xyz=3")]
Energies = Annotated[NDArray[np.float64], "eV", ("structure",)]
Stresses = Annotated[NDArray[np.float64], "GPa", ("structure", "voigt=6")]


@dataclass(frozen=True)
class Dataset:
    """A set of structures of one composition, each with its cell, energy, forces and stress."""

    cell: Cells
    volume: Annotated[NDArray[np.float64], "angstrom^3", ("structure",), Within(0, strict=True)]
    energy: Energies
    stress: Stresses
    pressure: Annotated[NDArray[np.float64], "GPa", ("structure",)]
    largest_force: Annotated[NDArray[np.float64], "eV/angstrom", ("structure",), Within(0)]
    structures: int
    atoms_each: int
    formula: str
    nearest_to_rest: Atoms


@model("ase.dataset", scale=ATOMISTIC, depends=["ase"])
def dataset(
    file: File,
    energy_unit: Annotated[str, Resolved(energy_unit)] = "file",
    length_unit: Annotated[str, Resolved(length_unit)] = "file",
    stress_unit: Annotated[str, Resolved(stress_unit)] = "file",
    positive_stress: Literal["file", "tension", "compression"] = "file",
) -> Dataset:
    """Energies, forces and stresses of a user's own set of results.

    `file` is extended XYZ, or a database of ASE (SQLite or JSON). Its numbers are in the units written here, or in
    those that the file states under the same names (in the comment line of extended XYZ, in metadata or key-value
    pairs of a database); files that ASE wrote from its calculators are in eV, angstrom and eV/angstrom^3, tension
    positive. Forces are in energy by length. Stress leaves in the order xx, yy, zz, yz, xz, xy, positive for tension;
    VASP's `in kB` is positive for compression, and ordered xx, yy, zz, xy, yz, zx where it is not ASE that read it.
    `nearest_to_rest` is the structure of the least stress.

    Raises ValueError for a unit that nobody states, two that differ, and structures of another composition, without a
    periodic cell, or without energy, forces or stress.
    """
    from bridge_ase import reading, stated  # late: see the package

    structures, in_file = reading.read(file.content)
    given = {
        "energy_unit": energy_unit,
        "length_unit": length_unit,
        "stress_unit": stress_unit,
        "positive_stress": positive_stress,
    }
    unit = stated.units(given, in_file)
    results = [atoms.calc.results for atoms in structures]
    cells = np.array([atoms.cell[:] for atoms in structures]) * unit.length
    stress = np.array([_voigt(one["stress"]) for one in results]) * unit.stress
    forces = [np.linalg.norm(one["forces"], axis=1).max() for one in results]
    rest = structures[int(np.abs(stress).max(axis=1).argmin())]
    plain = Atoms(rest.numbers, rest.positions * unit.length, cell=rest.cell[:] * unit.length, pbc=True)
    return Dataset(
        cell=cells,
        volume=np.abs(np.linalg.det(cells)),
        energy=np.array([float(one["energy"]) for one in results]) * unit.energy,
        stress=stress,
        pressure=-stress[:, :3].mean(axis=1),
        largest_force=np.array(forces) * unit.energy / unit.length,
        structures=len(structures),
        atoms_each=len(rest),
        formula=rest.get_chemical_formula(),
        nearest_to_rest=plain,
    )


def _voigt(stress: object) -> NDArray[np.float64]:
    """Six components, of six or of a symmetric matrix. Raises ValueError."""
    found = np.asarray(stress, dtype=float)
    if found.size == 9:
        found = found.reshape(3, 3)
        if np.abs(found - found.T).max() > 1e-6 * max(np.abs(found).max(), 1e-12):
            raise ValueError(f"a stress is not symmetric: {found.tolist()}.")
        return found[(0, 1, 2, 1, 0, 0), (0, 1, 2, 2, 2, 1)]
    if found.shape != (6,):
        raise ValueError(f"a stress has 6 components, or is a matrix of 3 by 3: got {found.shape}.")
    return found
