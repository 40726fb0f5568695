"""Gradient coefficients from how much a cubic crystal's polarization fluctuates at long wavelength."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bridge_ferroelectric.constants import BOLTZMANN_SI

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Branch:
    """A family of transverse modes that cubic symmetry makes alike: wavevectors (n, 3) in 2π/L, polarization (n, 3)."""

    wavevectors: Array
    polarizations: Array


def axis_branch() -> Branch:
    """k ∥ ⟨100⟩, P ⊥ k: stiffness 2α1 + G44 k²."""
    pairs = [(i, j) for i in range(3) for j in range(3) if i != j]
    return Branch(np.array([np.eye(3)[i] for i, _ in pairs]), np.array([np.eye(3)[j] for _, j in pairs]))


def diagonal_branch() -> Branch:
    """k ∥ ⟨110⟩, P ∥ ⟨1-10⟩ in the same plane: stiffness 2α1 + ½ (G11 - G12) k².

    There Px,y + Py,x = 0 and Px,x = -Py,y = kP/2, so that ½ G11 (Px,x² + Py,y²) + G12 Px,x Py,y is
    ½ · ½ (G11 - G12) k²P².
    """
    waves, polar = [], []
    for i, j in ((0, 1), (1, 2), (0, 2)):
        for sign in (1.0, -1.0):
            k, p = np.zeros(3), np.zeros(3)
            k[i], k[j], p[i], p[j] = 1.0, sign, 1.0, -sign
            waves.append(k)
            polar.append(p / np.sqrt(2))
    return Branch(np.array(waves), np.array(polar))


def upright_branch() -> Branch:
    """k ∥ ⟨110⟩, P along the third axis: stiffness 2α1 + G44 k², as along ⟨100⟩."""
    waves = diagonal_branch().wavevectors
    return Branch(waves, np.array([np.eye(3)[int(np.argmin(np.abs(k)))] for k in waves]))


def amplitudes(transform: NDArray[np.complex128], branch: Branch, harmonic: int) -> NDArray[np.complex128]:
    """n·u(k), (modes,), at `harmonic` × k of a branch, from u(k) = (1/N) Σ u(r) exp(-ik·r), (3, nx, ny, nz)."""
    x, y, z = (harmonic * branch.wavevectors).astype(int).T
    return np.asarray(np.einsum("an,na->n", transform[:, x, y, z], branch.polarizations))


def stiffness(square: Array, volume: float, temperature: float) -> tuple[float, float]:
    """kT/(V⟨|P_k|²⟩) in J m/C² and its standard error, from |P_k|² of (blocks, modes) in (C/m²)².

    The free energy of one pair ±k, ½ V A (|P_k|² + |P_-k|²), has two real degrees of freedom: ⟨|P_k|²⟩ = kT/(VA).
    Blocks and equivalent modes are taken as independent; the error is that of their mean.
    """
    mean = square.mean()
    modes = square.mean(axis=0)
    error = modes.std(ddof=1) / np.sqrt(square.shape[1])
    blocks = square.mean(axis=1)
    error = max(error, blocks.std(ddof=1) / np.sqrt(square.shape[0]))
    value = BOLTZMANN_SI * temperature / (volume * mean)
    return float(value), float(value * error / mean)
