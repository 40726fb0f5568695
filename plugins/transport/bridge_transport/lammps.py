"""Viscosity of a Lennard-Jones fluid by LAMMPS, in the place of this plugin's own molecular dynamics."""

from __future__ import annotations

from typing import Annotated

from bridge import Within, model
from bridge_transport.lennard_jones import ARGON, MOLECULAR, Fluid, Sheared, summary


@model("fluid.lammps", scale=MOLECULAR, depends=["lammps", "mpich"])
def lammps(
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
    """Viscosity of a Lennard-Jones fluid in steady shear, by LAMMPS.

    The fluid, the start and the series of `fluid.sllod`, with a Nosé–Hoover thermostat on peculiar velocities (damping
    time 0.5) in the place of Gauss's. Velocities are those of the laboratory in a box that is sheared (`fix deform …
    remap v`), for which the SLLOD equations of a plane flow are Newton's: `fix nvt` on `compute temp/deform`. LAMMPS's
    own `fix nvt/sllod` is not used: up to the version of July 2025 it takes the flow off twice, and is 4 % too
    viscous at a shear rate of one (see the README). One process, in a folder of its own.

    A. P. Thompson et al., Comput. Phys. Commun. 271, 108171 (2022). Raises ValueError as `fluid.sllod`, and
    RuntimeError where LAMMPS is not installed or fails.
    """
    from bridge_transport import lammps_run  # late: see the package

    fluid = Fluid.of(diameter, well_depth, molar_mass)
    state = fluid.state(density, temperature, shear_rate)
    state.check_length(steps)
    rows, slabs = lammps_run.run(state, particles, steps, relaxation, seed)
    return summary(fluid, state, particles, rows, slabs, lammps_run.degrees(particles))
