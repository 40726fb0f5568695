"""Inputs with which each model of this plugin runs in a few seconds: copper by effective medium theory."""

from __future__ import annotations

import io
from typing import Any

import ase.io
import numpy as np
from ase.build import bulk
from ase.calculators.emt import EMT
from ase.calculators.singlepoint import SinglePointCalculator
from ase.units import GPa

from bridge import File, Q

EDGE = 3.58982587  # angstrom: where EMT has its least energy
CU = bulk("Cu", "fcc", EDGE)
CUBE = bulk("Cu", "fcc", EDGE, cubic=True)


def strained(strains: np.ndarray) -> list[Any]:
    """Copper at strains (xx, yy, zz, yz, xz, xy; engineering shears), with its results."""
    found = []
    for xx, yy, zz, yz, xz, xy in strains:
        atoms = CU.copy()
        strain = np.array([[xx, xy / 2, xz / 2], [xy / 2, yy, yz / 2], [xz / 2, yz / 2, zz]])
        atoms.set_cell(CU.cell[:] @ (np.eye(3) + strain), scale_atoms=True)
        atoms.calc = EMT()
        results = {"energy": atoms.get_potential_energy(), "forces": atoms.get_forces(), "stress": atoms.get_stress()}
        atoms.calc = SinglePointCalculator(atoms, **results)
        found.append(atoms)
    return found


def extxyz(structures: list[Any]) -> File:
    """Structures with their results as a file of extended XYZ."""
    text = io.StringIO()
    ase.io.write(text, structures, format="extxyz")
    return File(text.getvalue().encode(), "chemical/x-extxyz")


VOLUMES = np.outer(np.linspace(-0.02, 0.02, 7), [1.0, 1, 1, 0, 0, 0])
SHEARS = np.vstack([np.zeros(6), 0.005 * np.eye(6), -0.005 * np.eye(6)])
ASE_UNITS = {
    "energy_unit": "eV",
    "length_unit": "angstrom",
    "stress_unit": "eV/angstrom^3",
    "positive_stress": "tension",
}


def arrays(structures: list[Any]) -> dict[str, Any]:
    """Cells, energies and stresses of structures, as ports take them."""
    return {
        "cell": Q(np.array([atoms.cell[:] for atoms in structures]), "angstrom"),
        "energy": Q(np.array([atoms.get_potential_energy() for atoms in structures]), "eV"),
        "stress": Q(np.array([atoms.get_stress() / GPa for atoms in structures]), "GPa"),
    }


INPUTS: dict[str, dict[str, Any]] = {
    "ase.crystal": {"formula": "Cu", "structure": "fcc", "lattice_constant": "3.6 angstrom", "cell": "cubic"},
    "ase.energy": {"atoms": CUBE, "calculator": "emt"},
    "ase.stress": {"atoms": CU, "calculator": "emt"},
    "ase.relaxed": {"atoms": CUBE, "calculator": "lj", "keywords": '{"sigma": 2.3}'},
    "ase.relaxed_cell": {"atoms": bulk("Cu", "fcc", 3.6), "calculator": "emt"},
    "ase.equation_of_state": {"atoms": CU, "calculator": "emt"},
    "ase.elastic": {"atoms": CU, "calculator": "emt"},
    "ase.phonons": {"atoms": CUBE, "calculator": "emt"},
    "ase.vacancy": {"element": "Cu", "repeat": 2, "images": 3},
    "ase.dataset": {"file": extxyz(strained(VOLUMES)), **ASE_UNITS},
    "ase.dataset_equation_of_state": arrays(strained(VOLUMES)),
    "ase.dataset_elastic": {n: v for n, v in arrays(strained(SHEARS)).items() if n != "energy"},
}
