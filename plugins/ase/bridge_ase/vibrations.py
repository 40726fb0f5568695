"""Force constants of a cell by displacements, and the modes they make."""

from __future__ import annotations

import warnings

import numpy as np
from ase import Atoms, units
from numpy.typing import NDArray

from bridge_ase.resting import largest_force
from bridge_ase.running import Make

Array = NDArray[np.float64]

THZ = 1e-3 / units.fs
"""One terahertz in ase's unit of frequency."""

SOFT = 0.05
"""THz below which a negative force constant is taken for the noise of a flat direction, not named as a mode."""


def force_constants(atoms: Atoms, make: Make, step: float) -> tuple[Array, float]:
    """Second derivatives of the energy, symmetric, of shape (3N, 3N) in eV/angstrom², and the largest force at rest."""
    moved = atoms.copy()
    moved.set_constraint()
    moved.calc = make()
    rest = largest_force(moved)
    rows = []
    for atom in range(len(moved)):
        for axis in range(3):
            home = moved.positions[atom, axis]
            forces = []
            for sign in (1, -1):
                moved.positions[atom, axis] = home + sign * step
                forces.append(np.array(moved.get_forces(), dtype=float).ravel())
            moved.positions[atom, axis] = home
            rows.append((forces[1] - forces[0]) / (2 * step))
    found = np.array(rows)
    return (found + found.T) / 2, rest


def acoustic_residual(hessian: Array) -> float:
    """The largest force on an atom by unit length of a rigid shift of all, in eV/angstrom²."""
    count = len(hessian) // 3
    return float(np.abs(hessian.reshape(count, 3, count, 3).sum(axis=2)).max())


def modes(hessian: Array, masses: Array) -> tuple[Array, Array]:
    """Frequencies (THz, imaginary ones negative), ascending, and shapes (mode, atom, xyz) without translations."""
    count = len(masses)
    root = np.repeat(np.sqrt(masses), 3)
    shift = (root[:, None] * np.tile(np.eye(3), (count, 1))) / np.sqrt(masses.sum())
    rest = np.linalg.qr(shift, mode="complete")[0][:, 3:]  # everything orthogonal to the translations
    values, vectors = np.linalg.eigh(rest.T @ (hessian / np.outer(root, root)) @ rest)
    found = np.sign(values) * np.sqrt(np.abs(values)) / (2 * np.pi) / THZ
    shapes = ((rest @ vectors) / root[:, None]).T.reshape(-1, count, 3)
    lengths = np.linalg.norm(shapes, axis=(1, 2))
    flat = shapes.reshape(len(shapes), -1)
    largest = flat[np.arange(len(flat)), np.abs(flat).argmax(axis=1)]  # a mode has no sign: this component is positive
    return found, shapes / (lengths * np.sign(largest))[:, None, None]


def imaginary(frequencies: Array, shapes: Array, atoms: Atoms) -> int:
    """How many modes are imaginary; a warning names them and the atoms that carry half of each."""
    found = np.flatnonzero(frequencies < -SOFT)
    said = []
    for mode in found:
        weight = (shapes[mode] ** 2).sum(axis=1)
        most = np.argsort(weight)[::-1]
        carriers = most[: int(np.searchsorted(np.cumsum(weight[most]), 0.5)) + 1][:6]
        of = ", ".join(f"{atoms.symbols[i]} {i}" for i in carriers)
        said.append(f"{-frequencies[mode]:.3g}i THz, carried by {of}")
    if said:
        warnings.warn(
            f"{len(said)} of {len(frequencies)} modes are imaginary, so this is no minimum: {'; '.join(said[:6])}"
            + ("; …" if len(said) > 6 else "."),
            stacklevel=2,
        )
    return len(said)


def zero_point(frequencies: Array) -> float:
    """Half a quantum of every stable mode, in eV."""
    stable = frequencies[frequencies > 0]
    return float(0.5 * (stable * THZ * 2 * np.pi).sum() * units._hbar * units.J * units.s)
