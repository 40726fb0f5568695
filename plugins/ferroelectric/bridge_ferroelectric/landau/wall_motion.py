"""Domain walls at a temperature: the difference of two molecular dynamics runs, with walls and without."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bridge_ferroelectric import voigt
from bridge_ferroelectric.constants import IN_J_PER_M2
from bridge_ferroelectric.interfaces import Hamiltonian
from bridge_ferroelectric.landau import settling, wall_box, wall_profile, wells
from bridge_ferroelectric.landau.settling import Schedule
from bridge_ferroelectric.lattice import crystal, dynamics
from bridge_ferroelectric.lattice import wells as phases
from bridge_ferroelectric.phases import DIRECTIONS, PHASES
from bridge_ferroelectric.wall_kinds import WALLS, Wall

Array = NDArray[np.float64]

BLOCKS = 8
EVERY = 20
"""Steps between two looks at the planes."""

CUBIC = 0.25
"""Mean mode, against the well at 0 K, below which a crystal is taken as cubic."""

LEFT = 0.6
"""Least share of the single domain's polarization that each domain must have kept at the end."""


@dataclass(frozen=True)
class Moving:
    """Planes (plane, 3 of u in wall axes + 6 of its products), strain, energy of one wall and its error in J/m².

    `single` is the mean mode of the run without walls, in wall axes.
    """

    planes: Array
    strain: Array
    energy: float
    error: float
    single: Array


def run(
    hamiltonian: Hamiltonian,
    kind: str,
    temperature: float,
    pressure: float,
    planes: int,
    parallel: int,
    schedule: Schedule,
) -> Moving:
    """Internal energy of a wall, `planes` from its repeat in a box of `parallel` cells along it.

    Raises ArithmeticError where the phase or the walls did not last.
    """
    wall = WALLS[kind]
    well = wells.well(hamiltonian, np.array(wall.first, float), pressure)
    cells = wall_box.box(wall, planes, parallel)
    where = wall_box.plane_index(wall, cells, planes)
    box = crystal.Crystal(hamiltonian, cells, pressure)
    domains = np.where(wall_box.pattern(planes)[:, None], *(well.size * wall.domains))
    seeds = np.random.SeedSequence(schedule.seed).generate_state(2, np.uint64) >> np.uint64(1)
    with_walls, samples = _run(box, wall, domains[where], where, temperature, schedule, int(seeds[0]))
    start = np.broadcast_to(well.size * wall.domains[0], (*cells, 3)).copy()
    without, uniform = _run(box, wall, start, where, temperature, schedule, int(seeds[1]))
    single = uniform.mean(axis=(0, 1))[:3]
    _demand_phase(hamiltonian.name, kind, wall, well, temperature, single)
    _demand_walls(kind, temperature, cells, samples, single)
    both = 2 * wall_box.area(wall, cells, planes, hamiltonian.lattice_constant)
    energies = [part.potential * box.cells / both * IN_J_PER_M2 for part in (with_walls, without)]
    errors = [float(dynamics.error(series, BLOCKS)) for series in energies]
    two = np.array([len(wall_profile.crossings(sample[:, 1])) == 2 for sample in samples])
    return Moving(
        wall_profile.aligned(samples[two]),
        with_walls.strain.mean(axis=0),
        float(energies[0].mean() - energies[1].mean()),
        float(np.hypot(*errors)),
        single,
    )


def _run(
    box: crystal.Crystal,
    wall: Wall,
    u: Array,
    where: NDArray[np.int64],
    temperature: float,
    schedule: Schedule,
    seed: int,
) -> tuple[dynamics.Trajectory, Array]:
    """A settled run, and what its planes were (sample, plane, 9)."""
    label, count = where.ravel(), int(where.max()) + 1
    per_plane = len(label) / count
    looks: list[Array] = []

    def look(step: int, modes: Array) -> None:
        flat = modes.reshape(3, -1)
        rows = [*(wall.axes @ flat), *voigt.products(flat.T).T]
        looks.append(np.stack([np.bincount(label, row, count) for row in rows], axis=1) / per_plane)

    settings = {"temperature": temperature, "timestep": schedule.timestep, "seed": seed}
    v = dynamics.maxwell(box, temperature, seed)
    warm = settling.settle(box, u, v, steps=schedule.equilibrate, **settings)
    sampled = dynamics.run(
        box, warm.u, warm.v, steps=schedule.sample, first_step=warm.steps, watch=look, every=EVERY, **settings
    )
    return sampled, np.array(looks)


def _demand_phase(name: str, kind: str, wall: Wall, well: phases.Well, temperature: float, single: Array) -> None:
    """Refuse a temperature at which a single domain does not keep the direction it began with."""
    mean = single @ wall.axes
    size = float(np.linalg.norm(mean))
    polar = size > CUBIC * well.size
    if polar and float(mean @ wall.domains[0]) > np.cos(np.radians(15)) * size:
        return
    order = np.sort(np.abs(mean)) / size
    found = list(PHASES)[int(np.argmax(DIRECTIONS @ order))] if polar else "cubic"
    raise ArithmeticError(
        f"{name} has no wall {kind!r} at {temperature:g} K: a single {wall.phase} domain that began along "
        f"{list(wall.first)} ended {found}, with a mean mode {mean.round(4).tolist()} Å. Ask for a temperature at "
        "which it is stable (see ferroelectric.ladder), or for a wall of the phase that it has."
    )


def _demand_walls(kind: str, temperature: float, cells: tuple[int, ...], samples: Array, single: Array) -> None:
    """Refuse a run at the end of which the two walls are not there."""
    last = wall_profile.crossings(samples[-max(1, len(samples) // 20) :].mean(axis=0)[:, 1])
    text = f"at {temperature:g} K a box of {' × '.join(map(str, cells))} cells that began with two walls {kind!r}"
    advice = "Small cross-sections lose their walls: raise cells_parallel and cells_normal, or lower the temperature."
    if len(last) != 2:
        raise ArithmeticError(f"{text} ended with {len(last)}. {advice}")
    profile = samples[-max(1, len(samples) // 4) :].mean(axis=0)[:, 1]
    kept = min(profile.max(), -profile.min()) / abs(single[1])
    if kept < LEFT:
        raise ArithmeticError(f"{text} ended with domains of {kept:.0%} of the single domain's polarization. {advice}")
