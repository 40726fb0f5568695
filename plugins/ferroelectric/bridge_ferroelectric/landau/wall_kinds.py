"""Domain walls of a perovskite that carry no charge and no misfit, on planes of the lattice."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Wall:
    """A wall: the phase, its normal in Miller indices, and the polarization axes of its two domains."""

    phase: str
    normal: tuple[int, int, int]
    first: tuple[int, int, int]
    second: tuple[int, int, int]

    @property
    def axes(self) -> Array:
        """Rows of unit vectors r, s, t: the normal, what switches, and r × s, the direction of Bloch walls."""
        r = np.array(self.normal) / np.linalg.norm(self.normal)
        s = np.subtract(self.first, self.second) / np.linalg.norm(np.subtract(self.first, self.second))
        return np.stack([r, s, np.cross(r, s)])

    @property
    def domains(self) -> Array:
        """Unit vectors of the polarization (2, 3)."""
        pair = np.array([self.first, self.second], float)
        return pair / np.linalg.norm(pair, axis=1, keepdims=True)


#: Charge: (P1 - P2)·n = 0. Misfit: the difference of the spontaneous strains is a shear on the plane. P. Marton,
#: I. Rychetsky and J. Hlinka, Phys. Rev. B 81, 144125 (2010), whose names these are; O60 has an irrational normal,
#: fits no lattice and is not here.
WALLS = {
    "180": Wall("tetragonal", (1, 0, 0), (0, 0, 1), (0, 0, -1)),
    "180{110}": Wall("tetragonal", (1, 1, 0), (0, 0, 1), (0, 0, -1)),
    "90": Wall("tetragonal", (1, 1, 0), (1, 0, 0), (0, 1, 0)),
    "O180{001}": Wall("orthorhombic", (1, 0, 0), (0, 1, 1), (0, -1, -1)),
    "O180{1-10}": Wall("orthorhombic", (1, -1, 0), (1, 1, 0), (-1, -1, 0)),
    "O90": Wall("orthorhombic", (1, 0, 0), (1, 1, 0), (1, -1, 0)),
    "O120": Wall("orthorhombic", (0, 1, -1), (1, 1, 0), (-1, 0, -1)),
    "R180{1-10}": Wall("rhombohedral", (1, -1, 0), (1, 1, 1), (-1, -1, -1)),
    "R180{-211}": Wall("rhombohedral", (1, 1, -2), (1, 1, 1), (-1, -1, -1)),
    "R109": Wall("rhombohedral", (1, 0, 0), (1, 1, 1), (1, -1, -1)),
    "R71": Wall("rhombohedral", (1, 1, 0), (1, 1, 1), (1, 1, -1)),
}


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
