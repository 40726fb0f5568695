"""Free antibody diffusing from a wall into tissue whose cells bind it: finite volumes, implicit in time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_banded

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Layers:
    """A tissue cut into layers parallel to its wall, per area of wall.

    `faces` are distances from the wall (one more than layers), `middles` those of the layers' middles;
    `areas` and `volumes` are relative to the area of the wall.
    """

    faces: Array
    middles: Array
    areas: Array
    volumes: Array


def slab(depth: float, layers: int) -> Layers:
    """Tissue behind a plane wall."""
    faces = _graded(depth, layers)
    return _cut(faces, np.ones_like(faces), faces)


def krogh_cylinder(capillary: float, outer: float, layers: int) -> Layers:
    """Tissue around a capillary, out to half the distance to the next (A. Krogh, J. Physiol. 52, 409, 1919)."""
    faces = _graded(outer - capillary, layers)
    radii = capillary + faces
    return _cut(faces, radii / capillary, (radii**2 - capillary**2) / (2 * capillary))


def sphere(radius: float, layers: int) -> Layers:
    """A sphere of cells in a bath: the wall is its surface."""
    faces = _graded(radius, layers)
    radii = radius - faces
    return _cut(faces, (radii / radius) ** 2, (radius**3 - radii**3) / (3 * radius**2))


def _graded(depth: float, layers: int) -> Array:
    """Faces closer to one another at the wall, where profiles are steepest."""
    return np.asarray(depth * np.linspace(0, 1, layers + 1) ** 1.3)


def _cut(faces: Array, areas: Array, filled: Array) -> Layers:
    return Layers(faces, (faces[1:] + faces[:-1]) / 2, areas, np.diff(filled))


class Cells(Protocol):
    """What the cells do during a step: they carry `bound` from one step to the next."""

    def after(self, free: Array, bound: Array, step: float) -> tuple[Array, Array, Array, Array]:
        """Bound at the end of a step, taken in during it, and the derivatives of both to `free` at its end."""
        ...


class NotConverged(RuntimeError):
    """Newton's method did not find the concentrations at the end of a step."""


def march(
    layers: Layers,
    cells: Cells,
    supplied: Callable[[float, float], float],
    times: Array,
    *,
    diffusivity: float,
    void_fraction: float,
    permeability: float,
) -> tuple[Array, Array, Array, Array]:
    """Free, bound and taken-in antibody (time, layer) at `times`, and what has come through the wall.

    `supplied(start, end)` is the mean concentration on the other side of the wall. Everything starts
    at zero. Each step is implicit Euler's. Its equations are concave and their matrix is an M-matrix, so
    that Newton's method, kept above zero, approaches the solution from below from wherever it starts.
    What a step leaves unbalanced enters the next one, so that it does not add up. Raises NotConverged
    after 100 rounds.
    """
    free, bound, taken, left = (np.zeros(len(layers.volumes)) for _ in range(4))
    came = 0.0
    between = layers.areas[1:-1] * void_fraction * diffusivity / np.diff(layers.middles)
    wall = layers.areas[0] / (1 / permeability + layers.middles[0] / (void_fraction * diffusivity))
    told: list[tuple[Array, Array, Array, float]] = []
    before = 0.0
    for time in times:
        step, outside = float(time - before), supplied(before, float(time))
        start, held, owed = free, bound, left
        for done in range(100):
            bound, taking, bound_slope, taking_slope = cells.after(free, held, step)
            changed = void_fraction * (free - start) + (bound - held) + taking
            change = void_fraction + bound_slope + taking_slope
            left = owed + _unbalanced(layers.volumes * changed, step * between, step * wall, outside, free)
            correction = _newton(layers.volumes * change, step * between, step * wall, left)
            corrected = np.maximum(free + correction, 0.0)
            moved = float(np.abs(corrected - free).max())
            if moved <= (1e-10 if done < 12 else 1e-6) * float(corrected.max()):  # surrogates are rough in last digits
                break
            free = corrected
        else:
            raise NotConverged(
                f"the concentrations after {time:.4g} s were not found: 100 rounds of Newton's method still moved "
                f"them by {moved:.2g} nM. Write more steps, e.g. steps={4 * len(times)}."
            )
        taken = taken + taking
        came += step * wall * (outside - free[0])
        before = float(time)
        told.append((free, bound, taken, came))
    frees, bounds, takens, cames = zip(*told, strict=True)
    return np.array(frees), np.array(bounds), np.array(takens), np.array(cames)


def _unbalanced(gained: Array, between: Array, wall: float, outside: float, free: Array) -> Array:
    """What each layer has gained during a step beyond what came into it."""
    flux = between * (free[:-1] - free[1:])
    gained[:-1] += flux
    gained[1:] -= flux
    gained[0] -= wall * (outside - free[0])
    return gained


def _newton(change: Array, between: Array, wall: float, unbalanced: Array) -> Array:
    """One correction of Newton's method to the free concentrations at the end of a step."""
    banded = np.zeros((3, len(change)))
    banded[0, 1:] = banded[2, :-1] = -between
    banded[1] = change
    banded[1, :-1] += between
    banded[1, 1:] += between
    banded[1, 0] += wall
    return np.asarray(solve_banded((1, 1), banded, -unbalanced))
