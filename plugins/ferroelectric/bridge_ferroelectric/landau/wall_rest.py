"""Domain walls at rest: the least energy of two walls in a periodic box at 0 K."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from bridge_ferroelectric import voigt
from bridge_ferroelectric.constants import IN_J_PER_M2, PERMITTIVITY
from bridge_ferroelectric.interfaces import Hamiltonian
from bridge_ferroelectric.landau import wall_box, wall_profile, wells
from bridge_ferroelectric.lattice import crystal
from bridge_ferroelectric.lattice import wells as phases
from bridge_ferroelectric.wall_kinds import WALLS, Wall

Array = NDArray[np.float64]

TOLERANCE = 1e-7
"""Largest force at rest, eV/Å a plane and cell."""

STEP = 0.01
"""Length in Å of the first step of a relaxation: L-BFGS takes one of 1, however near the start is to a minimum."""

FAR, NEAR = 0.05, 0.4
"""How far from its well, relatively, a domain may be: of walls far apart, and of walls that pull at one box."""


@dataclass(frozen=True)
class Rest:
    """Mode of each plane (plane, 3) in Å at rest, the homogeneous strain, and the energy of one wall in J/m²."""

    modes: Array
    strain: Array
    energy: float
    centre: str


@dataclass(frozen=True)
class Start:
    """What a wall at rest begins from: its box, its well, and a Bloch component in Å at the two walls."""

    hamiltonian: Hamiltonian
    kind: str
    pressure: float
    planes: int
    bloch: float

    @property
    def wall(self) -> Wall:
        """Its geometry."""
        return WALLS[self.kind]


def relax(start: Start) -> tuple[Rest, Rest, phases.Well]:
    """A wall in a box free of stress, the same wall with another infinitely far away, and the well of its domains.

    In a box free of stress the walls, whose own strain is that of a smaller mode, pull at the domains between them:
    its energy lies below that of walls far apart by a term in 1/planes. Those far apart have the domains' strain in
    their plane and no field in the domains: D along the normal is their P, which adds V (P̄r - Pr)²/2ε0ε∞ to the energy
    at a mean field of zero. The lower of walls that start between planes and on a plane is taken. Modes are alike over
    each plane; a component that neither the domains nor any force has stays zero, unless `bloch` is not: then the wall
    at rest is given that much of it, and relaxes again. Raises ArithmeticError where a domain does not stay what it
    is, or the relaxation does not end.
    """
    well = wells.well(start.hamiltonian, np.array(start.wall.first, float), start.pressure)
    alone = min((_relax(start, well, on, well.strain) for on in (False, True)), key=lambda rest: rest.energy)
    _demand_domains(start, well, alone.modes, FAR, single=True)
    boxed = min((_relax(start, well, on, None) for on in (False, True)), key=lambda rest: rest.energy)
    _demand_domains(start, well, boxed.modes, NEAR, single=False)
    return boxed, alone, well


def _relax(start: Start, well: phases.Well, on: bool, in_plane: Array | None) -> Rest:
    """From walls on a plane of B sites or between two; with the in-plane part of a strain held, or free of stress."""
    wall, planes = start.wall, start.planes
    cells = wall_box.box(wall, planes, 1)
    where = wall_box.plane_index(wall, cells, planes)
    box = crystal.Crystal(start.hamiltonian, cells, start.pressure)
    modes = np.where(wall_box.pattern(planes)[:, None], *(well.size * wall.domains)) @ wall.axes.T
    at_walls = [0, planes // 2]
    if on:
        modes[at_walls] = modes.mean(axis=0)
    per_plane = box.cells / planes
    normal = well.size * float(wall.domains[0] @ wall.axes[0])
    h = start.hamiltonian
    depolarizing = h.effective_charge**2 / (PERMITTIVITY * h.permittivity * box.volume)

    def evaluate(profile: Array) -> tuple[float, Array, Array]:
        u = profile @ wall.axes
        mean = voigt.products(u).mean(axis=0)
        strain = None if in_plane is None else wall_profile.balanced(box, wall, in_plane, mean)
        energy, force, eta = box.evaluate(u[where], strain)
        on_planes = np.stack([np.bincount(where.ravel(), force[..., c].ravel(), planes) for c in range(3)], axis=1)
        slope = -(on_planes @ wall.axes.T) / per_plane
        energy /= per_plane
        if in_plane is not None:
            charge = profile[:, 0].mean() - normal
            energy += 0.5 * planes * depolarizing * charge**2
            slope[:, 0] += depolarizing * charge
        return energy, slope, eta

    def minimum(profile: Array, free: NDArray[np.bool_]) -> Array:
        def cost(flat: Array) -> tuple[float, Array]:
            trial = np.zeros_like(profile)
            trial[:, free] = STEP * flat.reshape(planes, -1)
            energy, slope, _ = evaluate(trial)
            return energy, STEP * slope[:, free].ravel()

        options = {"maxiter": 5000, "maxfun": 20000, "gtol": STEP * TOLERANCE, "ftol": 0.0, "maxcor": 30}
        done = minimize(cost, profile[:, free].ravel() / STEP, jac=True, method="L-BFGS-B", options=options)
        left = float(np.abs(done.jac).max()) / STEP
        if left > 1e3 * TOLERANCE:
            raise ArithmeticError(
                f"the wall {start.kind!r} of {h.name} did not come to rest in {done.nit} steps: the largest force left "
                f"is {left:.1e} eV/Å ({done.message})."
            )
        result = np.zeros_like(profile)
        result[:, free] = STEP * done.x.reshape(planes, -1)
        return result

    gradient = evaluate(modes)[1]
    driven = np.abs(gradient).max(axis=0) > 1e-9 * np.abs(gradient).max()
    rest = minimum(modes, driven | (np.abs(modes).max(axis=0) > 1e-12))
    if start.bloch > 0:
        rest[at_walls, 2] += start.bloch
        rest = minimum(rest, np.ones(3, bool))
    energy, _, strain = evaluate(rest)
    both = 2 * wall_box.area(wall, cells, planes, start.hamiltonian.lattice_constant)
    single = box.energy(np.broadcast_to(well.size * wall.domains[0], (*cells, 3)))
    excess = (energy * per_plane - single) / both * IN_J_PER_M2
    return Rest(rest @ wall.axes, strain, excess, "on a plane of B sites" if on else "between planes of B sites")


def _demand_domains(start: Start, well: phases.Well, modes: Array, tolerance: float, single: bool) -> None:
    """Refuse a box whose domains, half-way between the walls, are no longer those asked."""
    wall, planes, name = start.wall, start.planes, start.hamiltonian.name
    ends = modes[[planes // 4, planes - 1 - planes // 4]]
    asked, stable = well.size * wall.domains, well.curvature > 0
    if (np.linalg.norm(ends - asked, axis=1) < tolerance * well.size).all():
        return
    if stable and not single:
        raise ArithmeticError(
            f"the two walls {start.kind!r} of {name} unite in a box of {planes} planes: domains that began with u = "
            f"{asked.round(4).tolist()} Å ended with {ends.round(4).tolist()} Å. Write cells_normal={2 * planes}."
        )
    reason = (
        f"its domains do not stay beside it in a box of {planes} planes"
        if stable
        else f"the {wall.phase} phase is no minimum there (least curvature {well.curvature:.3g} eV/Å²)"
    )
    raise ArithmeticError(
        f"{name} has no wall {start.kind!r} at 0 K: {reason}. Domains that began with u = {asked.round(4).tolist()} Å "
        f"ended with {ends.round(4).tolist()} Å. Ask for a wall of the phase that ferroelectric.phases finds lowest, "
        "for a temperature at which this phase is stable, or for more cells_normal."
    )
