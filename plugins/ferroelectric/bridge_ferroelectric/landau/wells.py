"""The polar phases that runs start from: wells of the uniform mode, which must be there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bridge_ferroelectric.interfaces import Hamiltonian
from bridge_ferroelectric.lattice import wells

Array = NDArray[np.float64]


def well(hamiltonian: Hamiltonian, direction: Array, pressure: float) -> wells.Well:
    """The well along a direction. Raises ArithmeticError where there is none, ValueError without a lower bound."""
    uniform = wells.Uniform(hamiltonian, pressure)
    wells.bounded(uniform)
    n = np.asarray(direction, float) / np.linalg.norm(direction)
    found = wells.well(uniform, n)
    if found.size == 0:
        raise ArithmeticError(
            f"{hamiltonian.name} has no well along {n.round(3).tolist()} at {pressure:g} GPa: the curvature at u = 0 "
            f"is {uniform.curvature:.3g} eV/Å². There is no ferroelectric phase to take further: check κ2, α and the "
            "B's of the record, or write a lower (more negative) pressure."
        )
    return found
