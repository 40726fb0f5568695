"""Domain walls of a perovskite that carry no charge and no misfit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LatticeWallKind = Literal[
    "180", "180{110}", "90", "O180{001}", "O180{1-10}", "O90", "O120", "R180{1-10}", "R180{-211}", "R109", "R71",
]  # fmt: skip
"""Walls of the tetragonal, orthorhombic (O) and rhombohedral (R) phase: angle between the polarizations, plane."""

WallKind = Literal[LatticeWallKind, "O60"]
"""The same, and one that fits no lattice."""


@dataclass(frozen=True)
class Wall:
    """A wall: the phase, its normal in Miller indices, and the polarization axes of its two domains.

    The normal is None where it is irrational: it depends on the electrostriction.
    """

    phase: str
    normal: tuple[float, float, float] | None
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
#: I. Rychetsky and J. Hlinka, Phys. Rev. B 81, 144125 (2010), whose names these are.
WALLS = {
    "180": Wall("tetragonal", (1, 0, 0), (0, 0, 1), (0, 0, -1)),
    "180{110}": Wall("tetragonal", (1, 1, 0), (0, 0, 1), (0, 0, -1)),
    "90": Wall("tetragonal", (1, 1, 0), (1, 0, 0), (0, 1, 0)),
    "O180{001}": Wall("orthorhombic", (1, 0, 0), (0, 1, 1), (0, -1, -1)),
    "O180{1-10}": Wall("orthorhombic", (1, -1, 0), (1, 1, 0), (-1, -1, 0)),
    "O90": Wall("orthorhombic", (1, 0, 0), (1, 1, 0), (1, -1, 0)),
    "O60": Wall("orthorhombic", None, (1, 0, 1), (1, 1, 0)),
    "O120": Wall("orthorhombic", (0, 1, -1), (1, 1, 0), (-1, 0, -1)),
    "R180{1-10}": Wall("rhombohedral", (1, -1, 0), (1, 1, 1), (-1, -1, -1)),
    "R180{-211}": Wall("rhombohedral", (1, 1, -2), (1, 1, 1), (-1, -1, -1)),
    "R109": Wall("rhombohedral", (1, 0, 0), (1, 1, 1), (1, -1, -1)),
    "R71": Wall("rhombohedral", (1, 1, 0), (1, 1, 1), (1, 1, -1)),
}
