"""Molecular dynamics at fixed mean mode: the slope of the free energy along three directions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bridge_ferroelectric.constants import IN_V_PER_M
from bridge_ferroelectric.interfaces import Hamiltonian
from bridge_ferroelectric.landau import separation, settling, wells
from bridge_ferroelectric.landau.settling import Schedule
from bridge_ferroelectric.lattice import crystal, dynamics
from bridge_ferroelectric.phases import DIRECTIONS

Array = NDArray[np.float64]

FLOOR = 5e-4
"""Least error of a mean force, eV/Å: below it the polynomial misfits by more than the statistics."""

BLOCKS = 8
"""Stretches of a run whose means give its error."""


def scan(
    hamiltonian: Hamiltonian, temperature: float, pressure: float, fractions: Array, cells: int, schedule: Schedule
) -> dict[str, Array]:
    """The arrays of `ferroelectric.constrained` on cells³; |ū| falls over `fractions` of the tetragonal well at 0 K."""
    sizes = fractions * wells.well(hamiltonian, DIRECTIONS[0], pressure).size
    lattice = crystal.Crystal(hamiltonian, (cells,) * 3, pressure)
    found = [_direction(lattice, d, sizes, temperature, schedule) for d in range(3)]
    force, force_error, strain, distortion_error, volume_error = (np.stack(part) for part in zip(*found, strict=True))
    displacement = sizes[None, :, None] * DIRECTIONS[:, None, :]
    charge = hamiltonian.effective_charge
    return {
        "displacement": displacement,
        "force": force,
        "force_error": force_error,
        "polarization": lattice.polarization(displacement),
        "field": -force / charge * IN_V_PER_M,
        "field_error": force_error / charge * IN_V_PER_M,
        "strain": strain,
        "distortion_error": distortion_error,
        "volume_error": volume_error,
    }


def _direction(
    lattice: crystal.Crystal, d: int, sizes: Array, temperature: float, schedule: Schedule
) -> tuple[Array, ...]:
    """Mean force (amplitude, 3), its error along the direction, strain (amplitude, 6), errors of distortion, volume."""
    seed = int(np.random.SeedSequence([schedule.seed, d]).generate_state(1, np.uint64)[0] >> 1)
    u = np.zeros((*lattice.shape, 3))
    v = dynamics.maxwell(lattice, temperature, seed, fixed_mean=True)
    taken, force, force_error, strain, distortion_error, volume_error = 0, [], [], [], [], []
    for number, size in enumerate(sizes):
        u = u + (size * DIRECTIONS[d] - u.mean(axis=(0, 1, 2)))
        settings = {"temperature": temperature, "timestep": schedule.timestep, "seed": seed, "fixed_mean": True}
        steps = schedule.equilibrate + schedule.sample
        if number == 0:
            run = settling.settle(lattice, u, v, steps=steps, **settings)
        else:
            run = dynamics.run(lattice, u, v, steps=steps, first_step=taken, **settings)
        u, v, taken = run.u, run.v, run.steps
        pull, shape = run.force[schedule.equilibrate :], run.strain[schedule.equilibrate :]
        force.append(pull.mean(axis=0))
        force_error.append(max(FLOOR, float(dynamics.error(pull @ DIRECTIONS[d], BLOCKS))))
        strain.append(shape.mean(axis=0))
        series = separation.distortion(np.broadcast_to(shape, (3, *shape.shape)))[d]
        distortion_error.append(float(dynamics.error(series, BLOCKS)))
        volume_error.append(float(dynamics.error(separation.volume(shape), BLOCKS)))
    return tuple(map(np.array, (force, force_error, strain, distortion_error, volume_error)))
