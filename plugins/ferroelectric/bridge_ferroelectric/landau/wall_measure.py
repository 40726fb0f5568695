"""What `ferroelectric.wall` returns, at rest and at a temperature."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bridge_ferroelectric import voigt
from bridge_ferroelectric.interfaces import Hamiltonian
from bridge_ferroelectric.landau import wall_box, wall_motion, wall_picture, wall_profile, wall_rest
from bridge_ferroelectric.landau.settling import Schedule
from bridge_ferroelectric.lattice import crystal
from bridge_ferroelectric.wall_kinds import WALLS

Array = NDArray[np.float64]

MILLI = 1e3


def at_rest(hamiltonian: Hamiltonian, kind: str, pressure: float, planes: int, bloch: float) -> dict[str, Any]:
    """The outputs of `ferroelectric.wall` at 0 K."""
    wall = WALLS[kind]
    rest, alone, well = wall_rest.relax(wall_rest.Start(hamiltonian, kind, pressure, planes, bloch))
    columns = np.concatenate([rest.modes @ wall.axes.T, voigt.products(rest.modes)], axis=1)
    state = "a minimum" if well.curvature > 0 else f"a saddle ({well.curvature:.3g} eV/Å²), held by the wall's symmetry"
    return {
        "energy": MILLI * rest.energy,
        "energy_error": 0.0,
        "meaning": "energy",
        "remark": f"at 0 K and {pressure:g} GPa, {planes} planes, wall {rest.centre}; two walls far apart have "
        f"{MILLI * alone.energy:.2f} mJ/m² each; uniform, the {wall.phase} phase is {state}",
        **_profile(hamiltonian, kind, pressure, wall_profile.aligned(columns[None]), rest.strain, 0.0),
    }


def moving(
    hamiltonian: Hamiltonian,
    kind: str,
    temperature: float,
    pressure: float,
    planes: int,
    parallel: int,
    schedule: Schedule,
) -> dict[str, Any]:
    """The outputs of `ferroelectric.wall` above 0 K."""
    wall = WALLS[kind]
    found = wall_motion.run(hamiltonian, kind, temperature, pressure, planes, parallel, schedule)
    size = float(np.linalg.norm(found.single)) * _per_mode(hamiltonian)
    return {
        "energy": MILLI * found.energy,
        "energy_error": MILLI * found.error,
        "meaning": "internal energy",
        "remark": f"at {temperature:g} K, difference of two runs of {schedule.sample} steps: an internal energy, "
        f"σ - T dσ/dT; two walls at the end; a single {wall.phase} domain has {size:.3f} C/m²",
        **_profile(hamiltonian, kind, pressure, found.planes, found.strain, temperature),
    }


def _per_mode(hamiltonian: Hamiltonian) -> float:
    """C/m² of a mode of 1 Å."""
    return float(crystal.Crystal(hamiltonian, (1, 1, 1)).polarization(np.array([1.0]))[0])


def _profile(
    hamiltonian: Hamiltonian, kind: str, pressure: float, planes: Array, homogeneous: Array, temperature: float
) -> dict[str, Any]:
    """Profiles of planes (plane, 9), modes in wall axes and products, around a box of two walls."""
    wall = WALLS[kind]
    box = crystal.Crystal(hamiltonian, (1, 1, 1), pressure)
    spacing = wall_box.spacing(wall, hamiltonian.lattice_constant) / 10
    polarization = box.polarization(planes[:, :3])
    strain = voigt.turned_strain(wall_profile.strain(box, wall, homogeneous, planes[:, 3:]), wall.axes)
    position = spacing * (np.arange(len(planes)) + 0.5)
    quarter = len(planes) // 4
    cuts = wall_profile.crossings(polarization[:, 1])
    inside = np.array([(int(cut) + quarter + 1) % len(planes) for cut in cuts])
    domain = polarization[inside].mean(axis=0)
    near = np.unique([(cut + i) % len(planes) for cut in cuts for i in range(-2, 4)])
    title = f"{hamiltonian.name}: wall {kind} at {temperature:g} K"
    return {
        "width": wall_profile.width(polarization[:, 1], spacing),
        "spontaneous_polarization": float(np.linalg.norm(polarization[inside], axis=1).mean()),
        "bloch_component": float(np.abs(polarization[near, 2] - domain[2]).max()),
        "neel_component": float(np.abs(polarization[near, 0] - domain[0]).max()),
        "axes": wall.axes,
        "position": position,
        "polarization": polarization,
        "strain": strain,
        "picture": wall_picture.draw(position, polarization, strain, title),
    }
