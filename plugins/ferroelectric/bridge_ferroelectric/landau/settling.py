"""How long a run is, and its first stretch, after which its time step is known to do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bridge_ferroelectric.interfaces import LatticeState
from bridge_ferroelectric.lattice import crystal, dynamics, rungs

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Schedule:
    """Steps to settle and to average, time step in fs, seed."""

    equilibrate: int
    sample: int
    timestep: float
    seed: int


def settle(
    box: crystal.Crystal, u: Array, v: Array, *, temperature: float, steps: int, timestep: float, seed: int,
    fixed_mean: bool = False,
) -> dynamics.Trajectory:  # fmt: skip
    """Run from modes and velocities (nx, ny, nz, 3) until settled.

    Raises ArithmeticError, with a time step that would do, where the energy does not stay without a thermostat.
    """
    try:
        run = dynamics.run(
            box, u, v, temperature=temperature, steps=steps, timestep=timestep, seed=seed, fixed_mean=fixed_mean
        )
    except ArithmeticError:
        rungs.steady(box, LatticeState(u, v, box.relaxed_strain(u), 0), temperature, timestep)
        raise
    rungs.steady(box, LatticeState(run.u, run.v, run.strain[-1], run.steps), temperature, timestep)
    return run
