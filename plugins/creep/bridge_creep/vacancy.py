"""A vacancy in an fcc metal, atom by atom."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Literal, get_args

import numpy as np
from ase import Atoms
from ase.build import bulk
from ase.calculators.emt import EMT
from ase.mep import NEB
from ase.optimize import BFGS, FIRE
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from bridge import Scale, Within, model
from bridge_creep import modes

Metal = Literal["Al", "Cu", "Ag", "Au", "Ni", "Pd", "Pt"]
"""The fcc metals that the effective medium theory of ase has parameters for."""


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


@model("vacancy.emt", scale=Scale("atomistic", length="1 angstrom .. 10 nm", time="1 fs .. 1 ns"), depends=["ase"])
def emt(
    element: Metal,
    *,
    repeat: Annotated[int, Within(2, 6)] = 3,
    images: Annotated[int, Within(3, 15)] = 5,
    fmax: Annotated[float, "eV/angstrom", Within(0, strict=True)] = 0.005,
    steps: Annotated[int, Within(1)] = 500,
) -> Vacancy:
    """Energies, entropy and attempt frequency of a vacancy in an fcc metal, by effective medium theory.

    The lattice constant minimises the energy at 0 K. The vacancy sits in a cubic cell of `repeat`^3
    unit cells of four atoms, whose edge stays fixed while positions relax to forces below `fmax`.
    A climbing-image nudged elastic band of `images` moving images finds the saddle point of the
    jump of a neighbour into it. The attempt frequency is Vineyard's ratio over all modes of the
    cell, the formation entropy that of the same modes against the perfect crystal: both classical,
    harmonic, at the lattice constant of 0 K. `path` is the distance travelled in the space of all
    coordinates, `energy_profile` the energy above the vacancy at rest, ends included.

    Raises ValueError for an element without parameters, RuntimeError when a relaxation takes more
    than `steps` steps, ArithmeticError when the geometries found are not a minimum and a first-order
    saddle.

    EMT: K. W. Jacobsen, P. Stoltze and J. K. Nørskov, Surf. Sci. 366, 394 (1996). Band: G. Henkelman,
    B. P. Uberuaga and H. Jónsson, J. Chem. Phys. 113, 9901 (2000).
    """
    if element not in get_args(Metal):
        raise ValueError(
            f"no EMT parameters for {element!r}, only for {', '.join(get_args(Metal))}. Write element='Cu'."
        )
    edge = lattice_constant(element)
    perfect = bulk(element, "fcc", edge, cubic=True) * (repeat, repeat, repeat)
    perfect.calc = EMT()
    site, neighbour = perfect.positions[0].copy(), np.array([0.5, 0.5, 0.0]) * edge
    band = jump(perfect, neighbour, images=images, fmax=fmax, steps=steps)
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
        path=travelled(band),
        energy_profile=energy - energy[0],
        vacancy=band[0].copy(),
        saddle=band[top].copy(),
    )


def lattice_constant(element: str) -> float:
    """Edge of the cubic fcc cell of least energy, in angstrom."""
    start = bulk(element, "fcc").cell.cellpar()[0] * np.sqrt(2)

    def energy(edge: float) -> float:
        atoms = bulk(element, "fcc", edge)
        atoms.calc = EMT()
        return float(atoms.get_potential_energy())

    found = minimize_scalar(energy, bounds=(0.9 * start, 1.1 * start), method="bounded", options={"xatol": 1e-6})
    return float(found.x)


def jump(perfect: Atoms, neighbour: NDArray[np.float64], *, images: int, fmax: float, steps: int) -> list[Atoms]:
    """Images along the jump of the atom at `neighbour` into the vacancy left by atom 0, ends included."""
    vacant = perfect.copy()
    del vacant[0]
    jumper = int(np.linalg.norm(vacant.positions - neighbour, axis=1).argmin())
    filled = vacant.copy()
    filled.positions[jumper] = perfect.positions[0]

    band = [vacant, *(vacant.copy() for _ in range(images)), filled]
    for image in band:
        image.calc = EMT()
    for end in (vacant, filled):
        settle(BFGS(end, logfile=None), fmax, steps, "the vacancy")
    elastic = NEB(band, climb=True, method="improvedtangent")
    elastic.interpolate()
    settle(FIRE(elastic, logfile=None), fmax, steps, "the jump")
    return band


def settle(optimiser: BFGS | FIRE, fmax: float, steps: int, what: str) -> None:
    """Relax, or raise RuntimeError."""
    if not optimiser.run(fmax=fmax, steps=steps):
        raise RuntimeError(
            f"{what} did not relax to {fmax} eV/angstrom in {steps} steps. Write steps={2 * steps} or a larger fmax."
        )


def travelled(band: list[Atoms]) -> NDArray[np.float64]:
    """Distance along the band from its first image, over all coordinates, in angstrom."""
    legs = [np.linalg.norm(b.positions - a.positions) for a, b in pairwise(band)]
    return np.concatenate([[0.0], np.cumsum(legs)])
