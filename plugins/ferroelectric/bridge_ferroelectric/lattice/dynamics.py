"""Molecular dynamics of the local modes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bridge_ferroelectric.constants import BOLTZMANN
from bridge_ferroelectric.lattice import kernel, philox
from bridge_ferroelectric.lattice.crystal import Crystal

Array = NDArray[np.float64]

INTERVAL = 5
"""The thermostat acts on every fifth step: it is slow by comparison, and a sum of squares costs time."""


@dataclass(frozen=True)
class Trajectory:
    """A run, step by step, and where it ended.

    `mean` (steps, 3) is the site mean of u in Å, `strain` (steps, 6) the homogeneous strain, `force` (steps, 3) the
    site mean of the force in eV/Å (only of a run at fixed mean, otherwise zero), `potential` and `kinetic` (steps,)
    energies per cell in eV: the potential at the step, the kinetic half a step after it. `u`, `v` (nx, ny, nz, 3) and
    `steps` are what the next run goes on with; `v` in Å/ps is half a step behind `u`, as leapfrog has it.
    """

    u: Array
    v: Array
    steps: int
    mean: Array
    strain: Array
    force: Array
    potential: Array
    kinetic: Array

    @property
    def temperature(self) -> Array:
        """Kinetic temperature of each step, K."""
        return self.kinetic / (1.5 * BOLTZMANN)


def run(
    crystal: Crystal,
    u: Array,
    v: Array,
    *,
    temperature: float,
    steps: int,
    timestep: float = 2.0,
    relaxation: float = 100.0,
    seed: int = 0,
    first_step: int = 0,
    fixed_mean: bool = False,
    watch: Callable[[int, Array], None] | None = None,
    every: int = 100,
) -> Trajectory:
    """Leapfrog in the canonical ensemble, from modes `u` and velocities `v` (nx, ny, nz, 3) in Å and Å/ps.

    `timestep` and `relaxation`, the time in which the kinetic energy returns to its mean, are in fs; relaxation=0
    leaves the thermostat out. Velocities are rescaled stochastically (`philox.rescaling`). `first_step` counts
    the steps since `seed` was sown: a run of 2n steps and two of n are equal bit for bit. `fixed_mean` keeps the
    site mean of u and records the mean force that this takes away. `watch(step, modes)` sees the modes
    (3, nx, ny, nz), not to be changed nor kept, after every `every` steps. Raises ArithmeticError when the run blows
    up.
    """
    scene, speed = crystal.planes(u), crystal.planes(v)
    flat, fast = scene.reshape(3, -1), speed.reshape(3, -1)
    z, poly, field = crystal.fields, crystal.polynomial, crystal.force_of_field
    step = timestep * 1e-3
    kick = step / crystal.mass
    freedom = 3.0 * crystal.cells - (3.0 if fixed_mean else 0.0)
    target = 0.5 * freedom * BOLTZMANN * temperature
    decay = np.exp(-INTERVAL * timestep / relaxation) if relaxation > 0 else 1.0
    record = np.zeros((steps, 20))
    force = np.empty_like(flat)
    kernel.fill(scene, z)
    for n in range(steps):
        row, scale = record[n], 1.0
        strained, rest = crystal.transform(row)
        if relaxation > 0 and (first_step + n) % INTERVAL == 0:
            kinetic = 0.5 * crystal.mass * kernel.square(fast)
            scale = philox.rescaling(seed, first_step + n, kinetic, target, freedom, decay)
        if fixed_mean:
            energy = kernel.forces(scene, z, poly, strained, field, force.reshape(scene.shape))
            square, row[15:18] = kernel.push(flat, fast, force, scale, kick, step)
            kernel.fill(scene, z)
        else:
            energy, square = kernel.leap(scene, speed, z, poly, strained, field, scale, kick, step)
        row[18] = (energy + rest) / crystal.cells
        row[19] = 0.5 * crystal.mass * square / crystal.cells
        if not abs(row[18]) < 1e6:
            raise ArithmeticError(
                f"the run at {temperature:g} K blew up in step {first_step + n}: its energy is {row[18]:.3g} eV per "
                f"cell. Write a timestep below {timestep:g} fs."
            )
        if watch is not None and (n + 1) % every == 0:
            watch(first_step + n + 1, scene.reshape(3, *crystal.shape))
    return Trajectory(
        u=crystal.sites(scene),
        v=crystal.sites(speed),
        steps=first_step + steps,
        mean=record[:, 0:3],
        strain=record[:, 9:15],
        force=record[:, 15:18],
        potential=record[:, 18],
        kinetic=record[:, 19],
    )


def maxwell(crystal: Crystal, temperature: float, seed: int, fixed_mean: bool = False) -> Array:
    """Velocities (nx, ny, nz, 3) in Å/ps, drawn at a temperature."""
    width = np.sqrt(BOLTZMANN * temperature / crystal.mass)
    v = np.random.Generator(np.random.Philox(seed)).normal(0.0, width, (*crystal.shape, 3))
    return v - v.mean(axis=(0, 1, 2)) if fixed_mean else v


def error(series: Array, blocks: int = 10) -> Array:
    """Standard error of the mean over axis 0, from the means of `blocks` stretches; zero below 2 per block."""
    length = len(series) // blocks
    if length < 2:
        return np.zeros(series.shape[1:])
    means = series[len(series) - blocks * length :].reshape(blocks, length, *series.shape[1:]).mean(axis=1)
    return np.asarray(means.std(axis=0, ddof=1) / np.sqrt(blocks))
