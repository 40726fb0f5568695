"""The equation of state of Birch and Murnaghan, fitted to energies of volumes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase import units
from numpy.typing import NDArray

Array = NDArray[np.float64]

POINTS = 5
"""Volumes that a fit of four parameters needs, if it is to tell its error."""


@dataclass(frozen=True)
class Fit:
    """Volume (angstrom^3) and energy (eV) of the minimum, bulk modulus (GPa), its derivative, and their errors."""

    volume: float
    energy: float
    modulus: float
    derivative: float
    volume_error: float
    modulus_error: float
    derivative_error: float
    residual: float  # root mean square, eV
    cubic: Array  # coefficients in (V/scale)^(-2/3) - 1
    scale: float

    def pressure(self, volume: Array) -> Array:
        """-dE/dV in GPa."""
        y = (volume / self.scale) ** (-2 / 3)
        slope = np.polynomial.polynomial.polyval(y - 1, np.polynomial.polynomial.polyder(self.cubic))
        return np.asarray(slope * (2 / 3) * y / volume / units.GPa)


def fit(volume: Array, energy: Array, tolerance: float) -> Fit:
    """Fit the third-order equation of state, which is a cubic in V^(-2/3): one linear least-squares problem.

    F. Birch, Phys. Rev. 71, 809 (1947). With f = (V0/V)^(2/3) - 1 it reads E = E0 + (9 V0 B0 / 16) [2 f² + (B' - 4)
    f³]. Errors are those of least squares, brought to (V0, B0, B') by their derivatives. Raises ValueError for fewer
    than five different volumes; ArithmeticError where there is no minimum, where it lies outside the volumes given,
    or where the root mean square residual is more than ``tolerance`` of the span of the energies.
    """
    if len(np.unique(volume)) < POINTS:
        raise ValueError(
            f"an equation of state needs {POINTS} different volumes or more, got {len(np.unique(volume))}."
        )
    scale = float(np.mean(volume))
    powers = np.vander((volume / scale) ** (-2 / 3) - 1, 4, increasing=True)
    cubic: Array = np.asarray(np.linalg.lstsq(powers, energy, rcond=None)[0], dtype=np.float64)
    left = energy - powers @ cubic
    residual = float(np.sqrt(np.mean(left**2)))
    found = _parameters(cubic, scale)
    low, high = float(np.min(volume)), float(np.max(volume))
    if found is None or not low <= found[0] <= high:
        where = "no minimum" if found is None else f"a minimum at {found[0]:.4g} angstrom^3"
        side = "larger" if energy[np.argmax(volume)] < energy[np.argmin(volume)] else "smaller"
        raise ArithmeticError(
            f"the energies have {where}, outside the volumes from {low:.4g} to {high:.4g} angstrom^3: what lies there "
            f"would be extrapolated. Give {side} volumes: start from another cell, or write a larger spread."
        )
    if residual > tolerance * float(np.ptp(energy)):
        raise ArithmeticError(
            f"the energies lie {residual:.3g} eV off a Birch-Murnaghan curve, more than {tolerance:g} of their span of "
            f"{np.ptp(energy):.3g} eV: they are not converged, or not of one phase. Raise tolerance if that is meant."
        )
    spare = len(energy) - 4
    covariance = np.linalg.inv(powers.T @ powers) * float(left @ left) / max(spare, 1)
    slopes = _slopes(cubic, scale)
    errors = np.sqrt(np.einsum("ij,jk,ik->i", slopes, covariance, slopes))
    return Fit(
        *found,
        volume_error=float(errors[0]),
        modulus_error=float(errors[2]),
        derivative_error=float(errors[3]),
        residual=residual,
        cubic=cubic,
        scale=scale,
    )


def _parameters(cubic: Array, scale: float) -> tuple[float, float, float, float] | None:
    """V0, E0, B0 and B' of a cubic in y - 1, y = (V/scale)^(-2/3); None if it has no minimum."""
    _, b, c, d = cubic
    discriminant = c * c - 3 * b * d
    if discriminant <= 0:
        return None
    at = -b / (c + np.sqrt(discriminant))  # the root of b + 2 c x + 3 d x² where the curvature is positive
    y = 1 + at
    if y <= 0:
        return None
    volume = scale * y**-1.5
    second, third = (c + 3 * d * at) * y**2, d * y**3
    return (
        float(volume),
        float(np.polynomial.polynomial.polyval(at, cubic)),
        float(8 * second / (9 * volume) / units.GPa),
        float(4 + 2 * third / second),
    )


def _slopes(cubic: Array, scale: float) -> Array:
    """Derivatives of (V0, E0, B0, B') by the four coefficients, by central differences."""
    rows = []
    for place in range(4):
        step = np.zeros(4)
        step[place] = 1e-6 * max(abs(cubic[2]), 1e-12)
        up, down = _parameters(cubic + step, scale), _parameters(cubic - step, scale)
        if up is None or down is None:
            raise ArithmeticError("the minimum of the energies is so shallow that its errors are not defined.")
        rows.append((np.array(up) - np.array(down)) / (2 * step[place]))
    return np.array(rows).T
