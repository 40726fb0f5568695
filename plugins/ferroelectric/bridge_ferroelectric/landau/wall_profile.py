"""Profiles across walls: their axes, their width, and the strain that equilibrium gives them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bridge_ferroelectric import voigt
from bridge_ferroelectric.lattice import crystal
from bridge_ferroelectric.wall_kinds import Wall

Array = NDArray[np.float64]

STEEPEST = 0.9995
"""|P|/Ps of a plane beside a wall that is taken as that of a tanh, at most: the wall is then a quarter plane wide."""


def _shapes(box: crystal.Crystal, n: Array) -> tuple[Array, Array]:
    """Strains (3, 6) of sym(n w) for unit vectors w, which alone may vary along n, and their stiffness (3, 3)."""
    shapes = voigt.dyads(n).T
    return shapes, shapes @ box.stiffness @ shapes.T


def strain(box: crystal.Crystal, wall: Wall, homogeneous: Array, y: Array) -> Array:
    """Strain of each plane (plane, 6), from the homogeneous one and the planes' mean products y (plane, 6).

    The stress on planes, (B (η + sym(n w)) + C y)·n, is the same on all, and the mean of w is zero.
    """
    shapes, acoustic = _shapes(box, wall.axes[0])
    load = (y - y.mean(axis=0)) @ box.coupling.T @ shapes.T
    return homogeneous - np.linalg.solve(acoustic, load.T).T @ shapes


def balanced(box: crystal.Crystal, wall: Wall, in_plane: Array, mean: Array) -> Array:
    """Homogeneous strain (6,) with the in-plane part of `in_plane`, free of stress on the planes, for a mean y (6,)."""
    shapes, acoustic = _shapes(box, wall.axes[0])
    load = shapes @ (box.stiffness @ in_plane + box.coupling @ mean + box.push)
    return np.asarray(in_plane - np.linalg.solve(acoustic, load) @ shapes)


def crossings(switching: Array) -> NDArray[np.int64]:
    """Planes after which the switching component changes sign, around the periodic box."""
    positive = switching > 0
    return np.nonzero(positive != np.roll(positive, -1))[0]


def width(switching: Array, spacing: float) -> float:
    """2 Ps/slope of the tanh through the planes on either side of each wall, the mean of all walls.

    P = Ps tanh(2 (x - c)/w) at x and x + d gives w = 2 d/(artanh(P(x + d)/Ps) - artanh(P(x)/Ps)); Ps is the mean
    of |P| half-way between the walls.
    """
    planes = len(switching)
    cuts = crossings(switching)
    middles = [(int(cut) + planes // 4 + 1) % planes for cut in cuts]
    size = float(np.abs(switching[middles]).mean())
    share = np.clip(switching / size, -STEEPEST, STEEPEST)
    steep = [abs(np.arctanh(share[(cut + 1) % planes]) - np.arctanh(share[cut])) for cut in cuts]
    return float(np.mean([2 * spacing / s for s in steep]))


def aligned(samples: Array) -> Array:
    """Mean profile (plane, …) of samples (sample, plane, …) in wall axes, each wall shifted to the same place.

    Walls wander, by whole planes, for they are narrower than two. Around each crossing of component 1, what switches,
    half a box is cut out; the means of rising and of falling walls are put together again as a box with walls a
    quarter and three quarters through it.
    """
    planes = samples.shape[1]
    half = planes // 2
    rising, falling = [], []
    for profile in samples:
        for cut in crossings(profile[:, 1]):
            window = profile[(int(cut) + 1 - half // 2 + np.arange(half)) % planes]
            (rising if profile[int(cut), 1] <= 0 else falling).append(window)
    return np.concatenate([np.mean(rising, axis=0), np.mean(falling, axis=0)])
