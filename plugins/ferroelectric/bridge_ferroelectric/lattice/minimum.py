"""Configurations at rest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from bridge_ferroelectric.lattice.crystal import Crystal

Array = NDArray[np.float64]


def relax(crystal: Crystal, u: Array, *, tolerance: float = 1e-6, steps: int = 3000) -> tuple[Array, Array, float]:
    """Modes (nx, ny, nz, 3), strain and enthalpy (eV) of the minimum next to `u`, at 0 K.

    By limited-memory BFGS, the homogeneous strain relaxed for each configuration, until the largest force is
    below `tolerance` in eV/Å. Raises RuntimeError when it is not after `steps` iterations.
    """

    def downhill(flat: Array) -> tuple[float, Array]:
        energy, force, _ = crystal.evaluate(flat.reshape(*crystal.shape, 3))
        return energy, -force.ravel()

    found = minimize(
        downhill,
        np.asarray(u, dtype=float).ravel(),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": steps, "maxfun": 4 * steps, "gtol": tolerance, "ftol": 1e-16, "maxcor": 20},
    )
    largest = float(np.abs(found.jac).max())
    if not largest < 10 * tolerance:
        raise RuntimeError(
            f"the lattice is not at rest after {found.nit} steps: a force of {largest:.2g} eV/Å is left, "
            f"{tolerance:g} was asked. Write a larger number of steps, or start nearer to a minimum."
        )
    modes = found.x.reshape(*crystal.shape, 3)
    return modes, crystal.relaxed_strain(modes), float(found.fun)
