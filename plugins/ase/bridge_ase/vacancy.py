"""A vacancy in an fcc crystal, atom by atom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, get_args

import numpy as np
from ase import Atoms
from numpy.typing import NDArray

from bridge import Within, model
from bridge_ase.ports import ATOMISTIC, Calculator, Fmax, Keywords, Steps, known_keywords

Fcc = Literal[
    "Al", "Cu", "Ag", "Au", "Ni", "Pd", "Pt", "Rh", "Ir", "Pb",
    "Ca", "Sr", "Ac", "Th", "Ce", "Yb", "Ne", "Ar", "Kr", "Xe",
]  # fmt: skip
"""The elements that ASE has an fcc lattice constant of."""


@dataclass(frozen=True)
class Vacancy:
    """What the scales above need to know of a vacancy, and the two geometries it was taken from."""

    lattice_constant: Annotated[float, "angstrom", Within(0, strict=True)]
    atomic_volume: Annotated[float, "angstrom^3", Within(0, strict=True)]
    formation_energy: Annotated[float, "eV", Within(0, strict=True)]
    formation_entropy: Annotated[float, "k_B"]
    migration_energy: Annotated[float, "eV", Within(0, strict=True)]
    jump_length: Annotated[float, "angstrom", Within(0, strict=True)]
    attempt_frequency: Annotated[float, "THz", Within(0, strict=True)]
    path: Annotated[NDArray[np.float64], "angstrom", ("path",)]
    energy_profile: Annotated[NDArray[np.float64], "eV", ("path",)]
    vacancy: Atoms
    saddle: Atoms


@model("ase.vacancy", scale=ATOMISTIC, depends=["ase"], check=known_keywords)
def vacancy(
    element: Fcc,
    calculator: Calculator = "emt",
    keywords: Keywords = "{}",
    *,
    repeat: Annotated[int, Within(2, 6)] = 3,
    images: Annotated[int, Within(3, 15)] = 5,
    fmax: Fmax = 0.005,
    steps: Steps = 500,
) -> Vacancy:
    """Energies, entropy and attempt frequency of a vacancy in an fcc crystal.

    The lattice constant minimises the energy at 0 K. The vacancy sits in a cubic cell of `repeat`^3
    unit cells of four atoms, whose edge stays fixed while positions relax to forces below `fmax`.
    A climbing-image nudged elastic band of `images` moving images finds the saddle point of the
    jump of a neighbour into it. The attempt frequency is Vineyard's ratio over all modes of the
    cell, the formation entropy that of the same modes against the perfect crystal: both classical,
    harmonic, at the lattice constant of 0 K. `path` is the distance travelled in the space of all
    coordinates, `energy_profile` the energy above the vacancy at rest, ends included.

    Raises ValueError for an element that the calculator has no parameters for, or whose least energy
    is not near the tabulated lattice constant, RuntimeError when a relaxation takes more than `steps`
    steps, ArithmeticError when the geometries found are not a minimum and a first-order saddle.

    Band: G. Henkelman, B. P. Uberuaga and H. Jónsson, J. Chem. Phys. 113, 9901 (2000).
    """
    from bridge_ase import jumping, modes, running  # late: see the package

    if element not in get_args(Fcc):
        raise ValueError(f"{element!r} is not among the fcc elements {', '.join(get_args(Fcc))}. Write element='Cu'.")
    with running.calculators(calculator, keywords, [element], needs=["forces"]) as make:
        edge = jumping.lattice_constant(element, make)
        perfect = jumping.crystal(element, edge, repeat, make)
        site, neighbour = perfect.positions[0].copy(), np.array([0.5, 0.5, 0.0]) * edge
        band = jumping.jump(perfect, neighbour, make, images=images, fmax=fmax, steps=steps)
        energy = np.array([image.get_potential_energy() for image in band])
        top = int(energy.argmax())

        crystal_modes = modes.frequencies(perfect, site)
        vacancy_modes = modes.frequencies(band[0], site)
        saddle_modes = modes.frequencies(band[top], (site + neighbour) / 2, unstable=1)
        return Vacancy(
            lattice_constant=edge,
            atomic_volume=edge**3 / 4,
            formation_energy=energy[0] - perfect.get_potential_energy() * len(band[0]) / len(perfect),
            formation_entropy=modes.formation_entropy(vacancy_modes, crystal_modes),
            migration_energy=energy[top] - energy[0],
            jump_length=edge / np.sqrt(2),
            attempt_frequency=modes.attempt_frequency(vacancy_modes, saddle_modes),
            path=jumping.travelled(band),
            energy_profile=energy - energy[0],
            vacancy=band[0].copy(),
            saddle=band[top].copy(),
        )
