"""The energy by term, written plainly in numpy: what the kernel is held against."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bridge_ferroelectric import voigt
from bridge_ferroelectric.lattice import interaction

if TYPE_CHECKING:
    from bridge_ferroelectric.lattice.crystal import Crystal

Array = NDArray[np.float64]


def of(crystal: Crystal, u: Array, strain: Array) -> dict[str, float]:
    """Terms of the enthalpy in eV, for modes (nx, ny, nz, 3) and a homogeneous strain (6,)."""
    h, cells = crystal.hamiltonian, crystal.cells
    x, y, z = np.moveaxis(u**2, -1, 0)
    r = x + y + z
    phase = wavevectors(crystal.shape)
    modes = np.fft.fftn(u, axes=(0, 1, 2)).reshape(-1, 3)
    parts = {
        name: float(np.einsum("ka,kab,kb->", modes.conj(), voigt.tensor(matrix), modes).real / (2 * cells))
        for name, matrix in interaction.quadratic(h, phase).items()
    }
    parts["anharmonic"] = float(
        (
            h.alpha * r**2
            + h.gamma * (x * y + y * z + z * x)
            + h.k1 * r**3
            + h.k2 * (x**2 * (y + z) + y**2 * (z + x) + z**2 * (x + y))
            + h.k3 * x * y * z
            + h.k4 * r**4
        ).sum()
    )
    pairs = voigt.products(u)
    parts["elastic"] = float(cells * 0.5 * strain @ crystal.stiffness @ strain)
    parts["coupling"] = float(cells * strain @ crystal.coupling @ pairs.mean(axis=(0, 1, 2)))
    parts["inhomogeneous"] = inhomogeneous(crystal, np.fft.fftn(pairs, axes=(0, 1, 2)).reshape(-1, 6))
    parts["pressure"] = float(crystal.strain_energy(strain) - parts["elastic"])
    parts["field"] = float(-(u.reshape(-1, 3).sum(axis=0) @ np.array(crystal.force_of_field)))
    return parts


def wavevectors(shape: tuple[int, int, int]) -> Array:
    """All wavevectors times a0, (cells, 3), the Nyquist planes at -π."""
    axes = [2 * np.pi * np.fft.fftfreq(n) for n in shape]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)


def inhomogeneous(crystal: Crystal, products: Array) -> float:
    """Energy -½ Σ y*G y of the relaxed inhomogeneous strain; on Nyquist planes the mean over both signs of π."""
    h = crystal.hamiltonian
    phase = wavevectors(crystal.shape)
    energy = 0.0
    flips = [(1, -1) if n % 2 == 0 else (1,) for n in crystal.shape]
    weight = np.prod([1 / len(f) for f in flips])
    for signs in product(*flips):
        k = np.where(np.isclose(phase, -np.pi), phase * np.array(signs), phase)
        load = np.einsum("kva,vw,kw->ka", voigt.dyads(k), crystal.coupling, products)
        inverse = voigt.tensor(interaction.compliance(h, k))
        energy -= weight * float(np.einsum("ka,kab,kb->", load.conj(), inverse, load).real) / (2 * crystal.cells)
    return energy
