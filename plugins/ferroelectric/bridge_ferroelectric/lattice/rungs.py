"""One temperature of the lattice: equilibrate, sample, and what the samples say."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bridge_ferroelectric import voigt
from bridge_ferroelectric.constants import BOLTZMANN, PERMITTIVITY
from bridge_ferroelectric.interfaces import LatticeState
from bridge_ferroelectric.lattice import crystal, dynamics
from bridge_ferroelectric.phases import PHASES

Array = NDArray[np.float64]

NAMES = ("cubic", *PHASES)
"""Phases by the number of spontaneous components."""

PROBE = 100
"""Steps without thermostat that show whether a time step conserves the energy."""

SAFETY = 1.5
"""They are this much longer: what drifts within nanoseconds at one time step, drifts at once at the next."""

DRIFT = 0.02
"""Largest drift of the energy per cell in that time, in units of kT."""


def disorder(of: Any, temperature: float, cells: int, spread: float, seed: int) -> LatticeState:
    """Random modes of a standard deviation in Å and Maxwell's velocities, on cells³."""
    lattice = crystal.Crystal(of, (cells, cells, cells))
    u = np.random.Generator(np.random.Philox([seed, 1])).normal(0.0, spread, (*lattice.shape, 3))
    v = dynamics.maxwell(lattice, temperature, seed)
    return LatticeState(u, v, lattice.relaxed_strain(u), 0)


def rung(
    of: Any,
    start: LatticeState,
    temperature: float,
    pressure: float,
    field: Array,
    *,
    equilibrate: int,
    sample: int,
    timestep: float,
    relaxation: float,
    seed: int,
) -> tuple[LatticeState, dynamics.Trajectory]:
    """Run at one temperature (K) and pressure (GPa); times in fs, `field` in kV/cm. Returns the end and the samples.

    Raises ArithmeticError for a time step that does not conserve the energy.
    """
    lattice = crystal.Crystal(of, start.displacement.shape[:3], pressure, field)
    steady(lattice, start, temperature, timestep)
    settings = {"temperature": temperature, "timestep": timestep, "relaxation": relaxation, "seed": seed}
    u, v, first = start.displacement, start.velocity, start.steps
    if equilibrate:
        warm = dynamics.run(lattice, u, v, steps=equilibrate, first_step=first, **settings)
        u, v, first = warm.u, warm.v, warm.steps
    ran = dynamics.run(lattice, u, v, steps=sample, first_step=first, **settings)
    return LatticeState(ran.u, ran.v, lattice.relaxed_strain(ran.u), ran.steps), ran


def steady(lattice: crystal.Crystal, start: LatticeState, temperature: float, timestep: float) -> None:
    """Raise ArithmeticError, with a time step that would do, where the energy drifts without thermostat."""
    if conserves(lattice, start, temperature, timestep):
        return
    shorter = timestep
    while shorter > 0.05:
        shorter *= 0.8
        if conserves(lattice, start, temperature, shorter):
            raise ArithmeticError(
                f"a time step of {timestep:g} fs is too large: without thermostat the energy drifts by more than "
                f"{DRIFT:g} kT a cell in {PROBE} steps half as long again. "
                f"Write timestep='{np.floor(10 * shorter) / 10:g} fs' or less."
            )
    raise ArithmeticError(
        f"no time step conserves the energy of this lattice at {temperature:g} K, which starts with modes of up to "
        f"{np.abs(start.displacement).max():.3g} Å. Start from ferroelectric.disorder."
    )


def conserves(lattice: crystal.Crystal, start: LatticeState, temperature: float, timestep: float) -> bool:
    """Whether the energy of a short run without thermostat, with steps half as long again, stays where it is."""
    u, v = start.displacement, start.velocity
    try:
        ran = dynamics.run(
            lattice, u, v, temperature=temperature, steps=PROBE, timestep=SAFETY * timestep, relaxation=0
        )
    except ArithmeticError:
        return False
    total = ran.potential[1:] + 0.5 * (ran.kinetic[1:] + ran.kinetic[:-1])
    quarter = len(total) // 4
    drift = abs(total[-quarter:].mean() - total[1 : quarter + 1].mean())
    return bool(drift < DRIFT * BOLTZMANN * max(temperature, ran.temperature.mean()))


def susceptibility(of: Any, mean: Array, temperature: float, cells: int) -> Array:
    """Static dielectric susceptibility (3, 3) from the fluctuations of the mean mode (steps, 3).

    χ = V ⟨ΔP ΔP⟩ / (ε0 kT), V the volume of the whole crystal, with the conducting boundary: M. Neumann,
    Mol. Phys. 50, 841 (1983). Electrons (ε∞ - 1) are not in it.
    """
    moment = of.effective_charge * (mean - mean.mean(axis=0))
    spread = cells * moment.T @ moment / len(moment)
    return np.asarray(spread / (of.lattice_constant**3 * PERMITTIVITY * BOLTZMANN * temperature))


def volume(strain: Array) -> Array:
    """Volume of a cell over that of the cubic reference, for strains (…, 6)."""
    return np.asarray(np.linalg.det(np.eye(3) + voigt.strain_tensor(strain)))
