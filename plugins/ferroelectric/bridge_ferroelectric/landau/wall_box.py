"""Periodic boxes of two walls, and the lattice planes along them."""

from __future__ import annotations

from math import gcd

import numpy as np
from numpy.typing import NDArray

from bridge_ferroelectric.wall_kinds import Wall


def box(wall: Wall, planes: int, parallel: int) -> tuple[int, int, int]:
    """Cells of a periodic box holding `planes` lattice planes between a wall and its repeat.

    Every edge that the normal leans on holds a whole number of periods of planes.
    """
    return tuple(planes // gcd(planes, h) if h else parallel for h in np.abs(wall.normal))  # type: ignore[return-value]


def plane_index(wall: Wall, cells: tuple[int, int, int], planes: int) -> NDArray[np.int64]:
    """Which plane n·r, modulo `planes`, each cell (x, y, z) lies on."""
    grid = np.indices(cells)
    return np.tensordot(np.array(wall.normal), grid, axes=1) % planes


def spacing(wall: Wall, lattice_constant: float) -> float:
    """Distance of neighbouring planes."""
    return float(lattice_constant / np.linalg.norm(wall.normal))


def area(wall: Wall, cells: tuple[int, int, int], planes: int, lattice_constant: float) -> float:
    """Area of ONE of the two walls of the box, in the square of the lattice constant's unit."""
    volume = float(np.prod(cells)) * lattice_constant**3
    return volume / (planes * spacing(wall, lattice_constant))


def pattern(planes: int) -> NDArray[np.bool_]:
    """Which planes belong to the first domain: one half, in one piece."""
    return np.arange(planes) < planes // 2
