"""Gaussian fields on periodic lattices: the one family whose block means are known exactly at every scale.

The action is ½ Σ (m² φ² + κ Σ (φ(x + e) − φ(x))²); its propagator, the variance of a Fourier mode, is
G(q) = 1 / (m² + 4 κ Σ sin²(q/2)). Block means keep the field Gaussian and change its couplings.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from bridge.errors import ContractError
from bridge.scales.fields import Floats, finite, magnitudes
from bridge.scales.transfer import Shape, divides, whole


@dataclass(frozen=True)
class GaussianField:
    """A Gaussian field on a periodic lattice, with squared mass m² and stiffness κ in lattice units."""

    shape: Shape
    mass_squared: float
    stiffness: float = 1.0

    def __post_init__(self) -> None:
        for size in self.shape:
            whole(size, "a size of the lattice", "GaussianField((64, 64), 0.01)")
        if not (0 < self.mass_squared < math.inf and 0 <= self.stiffness < math.inf):
            raise ContractError(
                f"a Gaussian field has a squared mass above nought and a stiffness of at least nought, got "
                f"{self.mass_squared} and {self.stiffness}. Write GaussianField((64, 64), mass_squared=0.01)."
            )

    def propagator(self) -> Floats:
        """Variance of every Fourier mode, in the order of `numpy.fft.fftn`: 1 / (m² + 4 κ Σ sin²(q/2))."""
        angles = np.meshgrid(*(2 * np.pi * np.fft.fftfreq(size) for size in self.shape), indexing="ij", sparse=True)
        return np.asarray(1.0 / self._precision(angles))

    def draw(self, rng: np.random.Generator) -> Floats:
        """One field drawn from the law, all modes at once."""
        white = np.fft.fftn(rng.normal(size=self.shape))
        return np.asarray(np.fft.ifftn(white * np.sqrt(self.propagator())).real)

    @property
    def condition(self) -> float:
        """Condition number of the law as a whole: that of its precision, (m² + 4 d κ) / m² on even lattices."""
        found = self.propagator()
        return float(found.max() / found.min())

    def blocked_propagator(self, factor: int) -> Floats:
        """Propagator of the block means on the coarse lattice, exactly: a sum over the modes that look alike."""
        divides(self.shape, dict.fromkeys(range(len(self.shape)), factor), f"block means of {factor}")
        found = self.propagator()
        for axis, size in enumerate(self.shape):
            angle = np.asarray(2 * np.pi * np.fft.fftfreq(size), np.float64)
            window = _window(angle, factor) ** 2 / factor
            shape = [1] * found.ndim
            shape[axis] = size
            weighed = np.moveaxis(found * window.reshape(shape), axis, 0)
            summed = weighed.reshape(factor, size // factor, *weighed.shape[1:]).sum(axis=0)
            found = np.moveaxis(summed, 0, axis)
        return found

    def _precision(self, angles: Any) -> Any:
        return self.mass_squared + 4 * self.stiffness * sum(np.sin(angle / 2) ** 2 for angle in angles)


@dataclass(frozen=True)
class Couplings:
    """Squared mass and stiffness of a field, read off its precision as k → 0: 1/G(k) = m² + κ k² + …"""

    mass_squared: float
    stiffness: float


def renormalized(field: GaussianField, factor: int) -> Couplings:
    """Couplings of the means of blocks of ``factor`` points a side, as k → 0, in units of the coarse lattice.

    m²' = L^d m²; κ' = L^(d−2) [κ + m² (L² − 1)/12 − m⁴ Σ 1/(4 s (m² + 4 κ s))] with s = sin²(πn/L), n = 1 … L − 1:
    the window of the block, and what the modes that look alike on the coarse lattice take away. For m² ≪ κ the
    last term is small and κ' / (L^(d−2) κ) = 1 + (L² − 1) m² / 12 κ.
    """
    whole(factor, "factor", "renormalized(field, 2)")
    dimension, mass, stiffness = len(field.shape), field.mass_squared, field.stiffness
    lookalikes = [math.sin(math.pi * n / factor) ** 2 for n in range(1, factor)]
    taken = mass**2 * math.fsum(1 / (4 * s * (mass + 4 * stiffness * s)) for s in lookalikes)
    window = mass * (factor**2 - 1) / 12
    return Couplings(factor**dimension * mass, float(factor) ** (dimension - 2) * (stiffness + window - taken))


def measured_propagator(samples: Any) -> Floats:
    """Variance of every Fourier mode of drawn fields; the first axis counts the samples."""
    values, _ = magnitudes(samples, "samples")
    if values.ndim < 2 or len(values) < 2:
        raise ContractError(f"samples has shape {values.shape}: the first axis counts fields, two at least.")
    finite(values, "samples", "Leave out the fields that are not whole.")
    points = math.prod(values.shape[1:])
    modes = np.fft.fftn(values, axes=range(1, values.ndim))
    return np.asarray((np.abs(modes) ** 2).mean(axis=0) / points)


def couplings(propagator: Any) -> Couplings:
    """Couplings of a propagator on a periodic lattice, from its mode k = 0 and the lowest along every axis.

    The stiffness is (1/G(k) − 1/G(0)) / (4 sin²(k/2)), its mean over axes, exact where neighbours alone are coupled.
    Raises ContractError for an axis with less than two points.
    """
    found = np.asarray(propagator, float)
    if found.ndim == 0 or min(found.shape) < 2:
        raise ContractError(f"a propagator of shape {found.shape} has no lowest mode along every axis.")
    zero = 1 / found[(0,) * found.ndim]
    stiffness = []
    for axis, size in enumerate(found.shape):
        lowest = found[tuple(int(i == axis) for i in range(found.ndim))]
        stiffness.append((1 / lowest - zero) / (4 * math.sin(math.pi / size) ** 2))
    return Couplings(float(zero), float(np.mean(stiffness)))


def _window(angle: Floats, factor: int) -> Floats:
    """Fourier transform of a block mean, sin(L q/2) / (L sin(q/2)), without its phase."""
    half = np.sin(angle / 2)
    return np.asarray(np.divide(np.sin(factor * angle / 2), factor * half, out=np.ones_like(half), where=half != 0))
