"""Images of hard disks and spheres in a periodic box."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from bridge_transport import packing_kernel

Array = NDArray[np.float64]


def diameter_of(fraction: float, count: int, dimensions: int) -> float:
    """Diameter of `count` equal particles that fill a fraction of the unit box."""
    if dimensions == 2:
        return math.sqrt(4 * fraction / (math.pi * count))
    return (6 * fraction / (math.pi * count)) ** (1 / 3)


def lattice(count: int, dimensions: int) -> Array:
    """All sites of the coarsest square or cubic lattice of the unit box that has room for `count`."""
    per_side = math.ceil(round(count ** (1 / dimensions), 9))
    line = (np.arange(per_side) + 0.5) / per_side
    return np.stack(np.meshgrid(*[line] * dimensions, indexing="ij"), axis=-1).reshape(-1, dimensions)


def equilibrium(count: int, fraction: float, dimensions: int, sweeps: int, seed: int) -> Array:
    """Centres (particle, axis) of hard particles in equilibrium. Raises ValueError if the lattice has no room.

    They start on a lattice and move at random; `sweeps` moves each, with a reach that is adapted to about half of the
    moves being accepted during the first third.
    """
    sites, diameter = lattice(count, dimensions), diameter_of(fraction, count, dimensions)
    spacing = round(len(sites) ** (-1 / dimensions), 12)
    if diameter > spacing:
        most = fraction * (spacing / diameter) ** dimensions
        per_side = round(len(sites) ** (1 / dimensions))
        raise ValueError(
            f"{count} particles that fill {fraction:g} of the box do not fit on the lattice they start from, expected "
            f"at most {most:.4f} of this many. Write a smaller volume fraction, or a full lattice of "
            f"{per_side**dimensions} particles, which holds {most * len(sites) / count:.4f}."
        )
    generator = np.random.default_rng(seed)
    centres = sites[generator.permutation(len(sites))[:count]].copy()
    reach, done, block = 0.5 * spacing, 0, 20
    while done < sweeps:
        moves = min(block, sweeps - done)
        accepted = packing_kernel.shake(centres, diameter, reach, moves, generator.random((moves, count, dimensions)))
        done += moves
        if done < sweeps / 3:
            reach = min(0.5, reach * (1.2 if accepted > 0.5 * moves * count else 0.8))
    return centres


def image(centres: Array, diameter: float, voxels: int) -> NDArray[np.int64]:
    """Phase 1 where the centre of a voxel lies in a particle, else 0, over (x, y, z); disks are one voxel thick."""
    dimensions = centres.shape[1]
    line = (np.arange(voxels) + 0.5) / voxels
    inside = np.zeros((voxels,) * dimensions, dtype=bool)
    for centre in centres:
        squares = []
        for d in range(dimensions):
            apart = np.abs(line - centre[d])
            squares.append(np.expand_dims(np.minimum(apart, 1.0 - apart) ** 2, tuple({*range(dimensions)} - {d})))
        inside |= sum(squares[1:], squares[0]) < diameter**2 / 4
    return inside.astype(np.int64).reshape((voxels,) * dimensions + (1,) * (3 - dimensions))
