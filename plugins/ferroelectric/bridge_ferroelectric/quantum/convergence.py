"""How the fit moves with k-points and cutoff: the ladder of a file that holds several series."""

from __future__ import annotations

import numpy as np
from ase import Atoms

from bridge_ferroelectric.quantum import fit, reading
from bridge_ferroelectric.quantum.fit import Fit

Setting = tuple[float, int]
"""Cutoff in eV and number of points along an edge of the mesh."""


def ladder(structures: list[Atoms], material: str, functional: str) -> dict[Setting, Fit]:
    """Fit every series of one functional that is complete. Series that say no settings are not compared."""
    fits = {}
    for name, cutoff, kpoints in reading.settings(structures):
        if name != functional:
            continue
        try:
            fits[cutoff, kpoints] = fit.fit(reading.series(structures, name, cutoff, kpoints), material)
        except ValueError:  # incomplete: the asked series is fitted by itself and says so
            continue
    return fits


def uncertainty(chosen: Fit, at: Setting, fits: dict[Setting, Fit]) -> tuple[float, str]:
    """± of the total κ in eV/Å², and what it is made of.

    The standard error of the fit (terms of sixth order that it leaves out), half the difference between the
    frozen mode and the force constants, the step from the next coarser mesh of the same cutoff (an upper bound),
    and the largest step between two cutoffs of one mesh, added in squares.
    """
    kappa = chosen.onsite["kappa"]
    parts = {"fit": chosen.errors["kappa"], "force constants": abs(chosen.eigenvalue - chosen.curvature) / 2}
    coarser = [k for (c, k) in fits if c == at[0] and k < at[1]]
    if coarser:
        parts["mesh"] = abs(fits[at[0], max(coarser)].onsite["kappa"] - kappa)
    steps = [
        abs(one.onsite["kappa"] - other.onsite["kappa"])
        for (cutoff, mesh), one in fits.items()
        for (higher, same), other in fits.items()
        if same == mesh and higher > cutoff
    ]
    if steps:
        parts["cutoff"] = max(steps)
    said = ", ".join(f"{name} {value:.3f}" for name, value in parts.items())
    return float(np.sqrt(sum(value**2 for value in parts.values()))), said
