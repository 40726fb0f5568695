"""Viscosity of a Lennard-Jones fluid by molecular dynamics under shear."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from bridge import Within, model
from bridge_transport.lennard_jones import ARGON, CUTOFF, MOLECULAR, SLABS, Fluid, Sheared, State, summary

MELTING = 2.0
"""Temperature, in units of the well depth, at which the lattice that particles begin on is forgotten."""


@model("fluid.sllod", scale=MOLECULAR)
def sllod(
    density: Annotated[float, "kg/m^3", Within(0, strict=True)],
    temperature: Annotated[float, "K", Within(0, strict=True)],
    shear_rate: Annotated[float, "1/s", Within(0, strict=True)],
    diameter: Annotated[float, "angstrom", Within(0, strict=True)] = ARGON[0],
    well_depth: Annotated[float, "K", Within(0, strict=True)] = ARGON[1],
    molar_mass: Annotated[float, "g/mol", Within(0, strict=True)] = ARGON[2],
    *,
    particles: Annotated[int, Within(32)] = 500,
    steps: Annotated[int, Within(20)] = 20_000,
    relaxation: Annotated[int, Within(0)] = 3000,
    seed: Annotated[int, Within(0)] = 0,
) -> Sheared:
    """Viscosity of a Lennard-Jones fluid in steady shear, by the SLLOD equations.

    Particles in a cube with Lees–Edwards boundaries, dr/dt = v + γ y x̂, dv/dt = F - γ v_y x̂ - α v with α such
    that the kinetic energy is constant, v being peculiar velocities; the viscosity is -⟨P_xy⟩/γ. The potential is cut
    at 2.5 diameters, with nothing added for what is beyond. They begin on the sites of an fcc lattice, melt in 1500
    steps at twice the well depth, are sheared for `relaxation` steps and then observed for `steps`, of 0.005 units of
    time each (less where it is hotter than the well is deep). Without other particles it is argon.

    D. J. Evans and G. P. Morriss, Statistical Mechanics of Nonequilibrium Liquids, 2nd ed. (Cambridge, 2008),
    chapter 6. Raises ValueError where the state, the box or the series cannot hold a fluid in shear.
    """
    from bridge_transport import sllod_kernel  # late: see the package

    fluid = Fluid.of(diameter, well_depth, molar_mass)
    state = fluid.state(density, temperature, shear_rate)
    state.check_length(steps)
    edge = state.edge(particles)
    position, velocity = start(state, particles, np.random.default_rng(seed))
    slabs = np.zeros((SLABS, 2))
    degrees = 3 * particles - 4  # the momentum and the kinetic energy of all are fixed

    def flow(kelvin: float, steps: int, strain: float, collected: np.ndarray) -> tuple[float, np.ndarray]:
        velocity[:] *= np.sqrt(kelvin * degrees / (velocity**2).sum())
        step = State(state.density, kelvin, state.shear_rate).step
        return sllod_kernel.shear(
            position, velocity, edge, state.shear_rate, strain, step, steps, CUTOFF, True, collected
        )

    strain, _ = flow(max(MELTING, state.temperature), 1500, 0.0, np.zeros_like(slabs))
    strain, _ = flow(state.temperature, relaxation, strain, np.zeros_like(slabs))
    _, rows = flow(state.temperature, steps, strain, slabs)
    return summary(fluid, state, particles, rows, slabs, degrees)


def start(state: State, particles: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Positions on sites of an fcc lattice, some of them empty, and random velocities without a common motion."""
    edge = state.edge(particles)
    along = int(np.ceil((particles / 4) ** (1 / 3) - 1e-9))
    corners = np.stack(np.meshgrid(*[np.arange(along)] * 3, indexing="ij"), axis=-1).reshape(-1, 1, 3)
    sites = (corners + 0.5 * np.array([[0, 0, 0], [1, 1, 0], [1, 0, 1], [0, 1, 1]])).reshape(-1, 3)
    taken = np.sort(random.choice(len(sites), particles, replace=False))
    velocity = random.normal(size=(particles, 3))
    return (sites[taken] / along - 0.5) * edge, velocity - velocity.mean(axis=0)
