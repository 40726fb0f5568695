"""Landau's free energy at one temperature: a polynomial of sixth order in the polarization, of cubic symmetry."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bridge_ferroelectric.interfaces import Landau
from bridge_ferroelectric.phases import NAMES

Array = NDArray[np.float64]

ORDER = {"alpha1": 2, "alpha11": 4, "alpha12": 4, "alpha111": 6, "alpha112": 6, "alpha123": 6}
"""Order of each coefficient's invariant; their values are `invariants`."""


def invariants(polarization: Array) -> dict[str, Array]:
    """What multiplies each coefficient, (…,) of P (…, 3)."""
    s = polarization**2
    a, b, c = s[..., 0], s[..., 1], s[..., 2]
    total = a + b + c
    pairs = a * b + b * c + c * a
    return {
        "alpha1": total,
        "alpha11": a**2 + b**2 + c**2,
        "alpha12": pairs,
        "alpha111": a**3 + b**3 + c**3,
        "alpha112": pairs * total - 3 * a * b * c,
        "alpha123": a * b * c,
    }


@dataclass(frozen=True)
class Polynomial:
    """f = α1 ΣPi² + α11 ΣPi⁴ + α12 ΣPi²Pj² + α111 ΣPi⁶ + α112 ΣPi⁴(Pj²+Pk²) + α123 Px²Py²Pz², in SI units."""

    alpha1: float
    alpha11: float
    alpha12: float
    alpha111: float
    alpha112: float
    alpha123: float

    def value(self, polarization: Array) -> Array:
        """Energy density in J/m³ of P in C/m², (…, 3)."""
        terms = [getattr(self, name) * value for name, value in invariants(polarization).items()]
        return np.asarray(sum(terms))

    def slope(self, polarization: Array) -> Array:
        """∂f/∂P in V/m, (…, 3)."""
        return 2 * polarization * self._by_square(polarization**2)

    def curvature(self, polarization: Array) -> Array:
        """∂²f/∂P∂P in J m/C², (…, 3, 3)."""
        s = polarization**2
        second = np.empty((*s.shape, 3))
        for i in range(3):
            j, k = (i + 1) % 3, (i + 2) % 3
            others = s[..., j] + s[..., k]
            second[..., i, i] = 2 * self.alpha11 + 6 * self.alpha111 * s[..., i] + 2 * self.alpha112 * others
            mixed = self.alpha12 + 2 * self.alpha112 * (s[..., i] + s[..., j]) + self.alpha123 * s[..., k]
            second[..., i, j] = second[..., j, i] = mixed
        outer = polarization[..., :, None] * polarization[..., None, :]
        return 4 * outer * second + 2 * self._by_square(s)[..., None] * np.eye(3)

    def _by_square(self, s: Array) -> Array:
        """∂f/∂(Pi²)."""
        others = s.sum(-1, keepdims=True) - s
        squares = (s**2).sum(-1, keepdims=True) - s**2
        product = np.roll(s, 1, -1) * np.roll(s, -1, -1)
        return (
            self.alpha1
            + 2 * self.alpha11 * s
            + self.alpha12 * others
            + 3 * self.alpha111 * s**2
            + self.alpha112 * (2 * s * others + squares)
            + self.alpha123 * product
        )

    def along(self, direction: Array) -> tuple[float, float, float]:
        """a, b, c of f = a p² + b p⁴ + c p⁶ along a unit vector."""
        sums = {2: 0.0, 4: 0.0, 6: 0.0}
        for name, value in invariants(direction).items():
            sums[ORDER[name]] += getattr(self, name) * float(value)
        return sums[2], sums[4], sums[6]

    def spontaneous(self, direction: Array) -> float:
        """|P| in C/m² of the minimum along a unit vector: p² is the larger root of a + 2b p² + 3c p⁴; 0 without one."""
        a, b, c = self.along(direction)
        root = b * b - 3 * a * c
        if root <= 0 or (square := (-b + np.sqrt(root)) / (3 * c)) <= 0:
            return 0.0
        return float(np.sqrt(square))

    def clamped(self, coupling: Array) -> Polynomial:
        """The polynomial at zero strain: + ½ y·M·y, M = Qᵀ C Q being `coupling` between the products y of P."""
        return replace(
            self,
            alpha11=self.alpha11 + coupling[0, 0] / 2,
            alpha12=self.alpha12 + coupling[0, 1] + coupling[3, 3] / 2,
        )

    def falling(self) -> list[tuple[str, str, float]]:
        """Sums of the sixth order that are not positive, so that f has no lower bound: name, direction, value."""
        sums = {
            "α111": self.alpha111,
            "α111 + α112": self.alpha111 + self.alpha112,
            "3 α111 + 6 α112 + α123": 3 * self.alpha111 + 6 * self.alpha112 + self.alpha123,
        }
        return [(name, way, sums[name]) for name, way in zip(sums, NAMES, strict=True) if not sums[name] > 0]


def at(landau: Landau, temperature: float) -> Polynomial:
    """The stress-free coefficients at a temperature in K."""
    t = temperature - landau.reference_temperature
    return Polynomial(
        landau.alpha1 + landau.alpha1_slope * t,
        landau.alpha11 + landau.alpha11_slope * t,
        landau.alpha12 + landau.alpha12_slope * t,
        landau.alpha111 + landau.alpha111_slope * t,
        landau.alpha112,
        landau.alpha123,
    )


def bounded(landau: Landau, temperature: float) -> Polynomial:
    """The same; raises ValueError where f has no lower bound."""
    found = at(landau, temperature)
    for name, _, number in found.falling():
        raise ValueError(
            f"the free energy {landau.name!r} has no lower bound at {temperature:g} K: {name} = {number:.3g} "
            "J m⁹/C⁶ must be positive. Choose a temperature nearer to those it was made for."
        )
    return found
