"""The walk of a vacancy over the fcc lattice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from bridge import Scale, StandardErrorOf, Within, model
from bridge_creep import constants

BOLTZMANN = constants.k / constants.e
"""Boltzmann's constant in eV/K."""

TRACER_CORRELATION = 0.78146
"""An atom that has swapped with a vacancy is likely to swap back: fcc, K. Compaan and Y. Haven,
Trans. Faraday Soc. 52, 786 (1956)."""

NEIGHBOURS = np.array(
    [[x, y, 0] for x in (1, -1) for y in (1, -1)]
    + [[x, 0, z] for x in (1, -1) for z in (1, -1)]
    + [[0, y, z] for y in (1, -1) for z in (1, -1)],
    dtype=np.int64,
)
"""The twelve jumps of fcc, in units of half the lattice constant."""


@dataclass(frozen=True)
class Diffusion:
    """How far vacancies walk, and how fast they carry the atoms.

    `diffusivity` is the product of concentration and diffusivity of vacancies, the one that moves
    matter in creep; `tracer_diffusivity`, smaller by the correlation factor, is what an experiment
    with a radioactive isotope measures.
    """

    vacancy_diffusivity: Annotated[float, "m^2/s", Within(0)]
    vacancy_diffusivity_error: Annotated[float, "m^2/s", Within(0), StandardErrorOf("vacancy_diffusivity")]
    vacancy_concentration: Annotated[float, "1", Within(0, 1)]
    diffusivity: Annotated[float, "m^2/s", Within(0)]
    diffusivity_error: Annotated[float, "m^2/s", Within(0), StandardErrorOf("diffusivity")]
    tracer_diffusivity: Annotated[float, "m^2/s", Within(0)]
    time: Annotated[NDArray[np.float64], "s", ("time",)]
    mean_square_displacement: Annotated[NDArray[np.float64], "angstrom^2", ("time",)]
    displacement: Annotated[NDArray[np.float64], "angstrom", ("walker", "xyz=3")]


@model("kmc.random_walk", scale=Scale("mesoscopic", length="1 nm .. 1 um", time="1 ns .. 1 ms"))
def random_walk(
    barrier: Annotated[float, "eV", Within(0, strict=True)],
    jump_length: Annotated[float, "angstrom", Within(0, strict=True)],
    attempt_frequency: Annotated[float, "THz", Within(0, strict=True)],
    formation_energy: Annotated[float, "eV", Within(0, strict=True)],
    temperature: Annotated[float, "K", Within(200, 1500)],
    formation_entropy: Annotated[float, "k_B"] = 0.0,
    *,
    walkers: Annotated[int, Within(2)] = 256,
    jumps: Annotated[int, Within(1)] = 10_000,
    observations: Annotated[int, Within(1)] = 50,
    seed: Annotated[int, Within(0)] = 0,
) -> Diffusion:
    """Diffusivity of vacancies and of atoms in fcc, by kinetic Monte Carlo walks.

    Vacancies walk alone. Each of the twelve jumps has the rate Γ = ν exp(-barrier / kT). By the
    residence-time algorithm a vacancy waits an exponential time of mean 1/12Γ, then takes any of them.
    All `walkers` walk for the same time, that of `jumps` jumps on average, and are looked at
    `observations` times at equal intervals. Increments over different intervals are independent, so
    that a walker's diffusivity is its mean square increment over six intervals; the result is the mean
    over walkers, its error the standard error of that mean. The closed form is Γ a^2, a being the
    lattice constant. Equilibrium concentration of vacancies: exp(S/k - E/kT). `displacement` is where
    walkers end, `mean_square_displacement` the mean over walkers since the start.

    Algorithm: A. B. Bortz, M. H. Kalos and J. L. Lebowitz, J. Comput. Phys. 17, 10 (1975). Vacancies
    and tracers: H. Mehrer, Diffusion in Solids (Springer, 2007), chapters 5 to 8.
    """
    from bridge_creep import walk_kernel  # late: see the package

    thermal = BOLTZMANN * temperature
    rate = 12 * attempt_frequency * 1e12 * np.exp(-barrier / thermal)
    interval = jumps / observations  # in mean waiting times: the walk itself knows no units
    seeds = np.random.SeedSequence(seed).generate_state(4 * walkers, np.uint64).reshape(walkers, 4)
    trail = walk_kernel.walk(seeds, NEIGHBOURS, interval, observations) * (jump_length / np.sqrt(2))

    increments = np.diff(trail, axis=1, prepend=0.0)
    square = (increments**2).sum(axis=2).mean(axis=1)
    per_walker = square * 1e-20 * rate / (6 * interval)
    vacancies = float(np.exp(formation_entropy - formation_energy / thermal))
    mean = float(per_walker.mean())
    error = float(per_walker.std(ddof=1) / np.sqrt(walkers))
    return Diffusion(
        vacancy_diffusivity=mean,
        vacancy_diffusivity_error=error,
        vacancy_concentration=vacancies,
        diffusivity=vacancies * mean,
        diffusivity_error=vacancies * error,
        tracer_diffusivity=TRACER_CORRELATION * vacancies * mean,
        time=interval / rate * np.arange(1, observations + 1),
        mean_square_displacement=(trail**2).sum(axis=2).mean(axis=0),
        displacement=trail[:, -1],
    )
