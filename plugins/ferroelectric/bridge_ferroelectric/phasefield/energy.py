"""Landau's free energy at one temperature: its value, slope and curvature, and the phases it has."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bridge_ferroelectric import voigt
from bridge_ferroelectric.interfaces import Landau
from bridge_ferroelectric.phasefield import elastic
from bridge_ferroelectric.phases import PHASES

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Polynomial:
    """f = α1 ΣPi² + α11 ΣPi⁴ + α12 ΣPi²Pj² + α111 ΣPi⁶ + α112 ΣPi⁴(Pj²+Pk²) + α123 Px²Py²Pz², in SI units."""

    a1: float
    a11: float
    a12: float
    a111: float
    a112: float
    a123: float

    def value(self, polarization: Array) -> Array:
        """Energy density in J/m³ of P in C/m², (…, 3)."""
        s = polarization**2
        total, fourth, sixth = s.sum(-1), (s**2).sum(-1), (s**3).sum(-1)
        triple = s[..., 0] * s[..., 1] * s[..., 2]
        pairs = (total**2 - fourth) / 2
        return (
            self.a1 * total
            + self.a11 * fourth
            + self.a12 * pairs
            + self.a111 * sixth
            + self.a112 * (total * fourth - sixth)
            + self.a123 * triple
        )

    def slope(self, polarization: Array) -> Array:
        """∂f/∂P in V/m, (…, 3)."""
        return 2 * polarization * self._by_square(polarization**2)

    def curvature(self, polarization: Array) -> Array:
        """∂²f/∂P∂P in J m/C², (…, 3, 3)."""
        s = polarization**2
        second = np.empty((*s.shape, 3))
        for i in range(3):
            j, k = (i + 1) % 3, (i + 2) % 3
            second[..., i, i] = 2 * self.a11 + 6 * self.a111 * s[..., i] + 2 * self.a112 * (s[..., j] + s[..., k])
            mixed = self.a12 + 2 * self.a112 * (s[..., i] + s[..., j]) + self.a123 * s[..., k]
            second[..., i, j] = second[..., j, i] = mixed
        outer = polarization[..., :, None] * polarization[..., None, :]
        return 4 * outer * second + 2 * self._by_square(s)[..., None] * np.eye(3)

    def _by_square(self, s: Array) -> Array:
        """∂f/∂(Pi²)."""
        others = s.sum(-1, keepdims=True) - s
        squares = (s**2).sum(-1, keepdims=True) - s**2
        product = np.roll(s, 1, -1) * np.roll(s, -1, -1)
        return (
            self.a1
            + 2 * self.a11 * s
            + self.a12 * others
            + 3 * self.a111 * s**2
            + self.a112 * (2 * s * others + squares)
            + self.a123 * product
        )

    def clamped(self, coupling: Array) -> Polynomial:
        """The polynomial at zero strain: + ½ y·M·y, M = Qᵀ C Q being `coupling` between the products y of P."""
        return replace(
            self,
            a11=self.a11 + coupling[0, 0] / 2,
            a12=self.a12 + coupling[0, 1] + coupling[3, 3] / 2,
        )


def polynomial(landau: Landau, temperature: float) -> Polynomial:
    """Stress-free coefficients at a temperature in K. Raises ValueError where f has no lower bound."""
    t = temperature - landau.reference_temperature
    found = Polynomial(
        landau.alpha1 + landau.alpha1_slope * t,
        landau.alpha11 + landau.alpha11_slope * t,
        landau.alpha12 + landau.alpha12_slope * t,
        landau.alpha111 + landau.alpha111_slope * t,
        landau.alpha112,
        landau.alpha123,
    )
    sixth = {
        "α111": found.a111,
        "α111 + α112": found.a111 + found.a112,
        "3 α111 + 6 α112 + α123": 3 * found.a111 + 6 * found.a112 + found.a123,
    }
    for name, number in sixth.items():
        if not number > 0:
            raise ValueError(
                f"the free energy {landau.name!r} has no lower bound at {temperature:g} K: {name} = {number:.3g} "
                "J m⁹/C⁶ must be positive. Choose a temperature nearer to those it was made for."
            )
    return found


@dataclass(frozen=True)
class State:
    """One ferroelectric phase: a variant's polarization in C/m², its free strain (Voigt) and free energy in J/m³."""

    phase: str
    polarization: Array
    strain: Array
    energy: float
    stable: bool

    @property
    def size(self) -> float:
        """|P| in C/m²."""
        return float(np.linalg.norm(self.polarization))


def state(landau: Landau, temperature: float, phase: str) -> State | None:
    """The stationary point of a phase away from P = 0; None where there is none.

    f is a p² + b p⁴ + c p⁶ along its direction, which symmetry keeps stationary; p² is the larger root of
    a + 2b p² + 3c p⁴. `stable`: the curvature there is positive in every direction.
    """
    f = polynomial(landau, temperature)
    n = np.array(PHASES[phase][::-1], float)  # [100], [110]: in the plane of a box of two dimensions
    n /= np.linalg.norm(n)
    s = n**2
    fourth, sixth = (s**2).sum(), (s**3).sum()
    a, b = f.a1, f.a11 * fourth + f.a12 * (1 - fourth) / 2
    c = f.a111 * sixth + f.a112 * (fourth - sixth) + f.a123 * s.prod()
    discriminant = b * b - 3 * a * c
    if discriminant <= 0:
        return None
    square = (-b + np.sqrt(discriminant)) / (3 * c)
    if square <= 0:
        return None
    p = np.sqrt(square) * n
    strain = elastic.electrostriction(landau) @ voigt.products(p)
    return State(phase, p, strain, float(f.value(p)), bool(np.linalg.eigvalsh(f.curvature(p)).min() > 0))


def require(landau: Landau, temperature: float, phase: str) -> State:
    """The state of a phase that is a minimum at this temperature. Raises ValueError, saying which phases are."""
    found = state(landau, temperature, phase)
    if found is None or not found.stable:
        why = "has no polarization" if found is None else "is unstable"
        raise ValueError(
            f"the {phase} phase of {landau.name!r} {why} at {temperature:g} K; {present(landau, temperature)}. "
            f"{_where(landau, temperature, phase)}"
        )
    return found


def stable_states(landau: Landau, temperature: float) -> list[State]:
    """The ferroelectric phases that are minima, lowest free energy first."""
    found = (state(landau, temperature, phase) for phase in PHASES)
    return sorted((s for s in found if s is not None and s.stable), key=lambda s: s.energy)


def present(landau: Landau, temperature: float) -> str:
    """A clause about the phases that are minima."""
    names = [s.phase for s in stable_states(landau, temperature)]
    if polynomial(landau, temperature).a1 > 0:
        names.append("cubic")
    return f"minima there: {', '.join(names)}" if names else "it has no minimum of high symmetry there"


def _where(landau: Landau, temperature: float, phase: str) -> str:
    """At which temperatures within 300 K the phase is a minimum, to a kelvin."""
    inside = []
    for t in np.arange(max(1.0, round(temperature) - 300.0), temperature + 301.0):
        try:
            here = state(landau, t, phase)
        except ValueError:
            continue
        if here is not None and here.stable:
            inside.append(t)
    if not inside:
        return "It is a minimum nowhere within 300 K: choose another wall, or other coefficients."
    return f"It is one from {min(inside):g} K to {max(inside):g} K: choose a temperature in between."
