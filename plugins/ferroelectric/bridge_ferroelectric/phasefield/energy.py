"""The phases that Landau's free energy has at one temperature."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bridge_ferroelectric import polynomial, voigt
from bridge_ferroelectric.interfaces import Landau
from bridge_ferroelectric.phasefield import elastic
from bridge_ferroelectric.phases import PHASES

Array = NDArray[np.float64]


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

    Symmetry keeps f stationary across its direction. `stable`: the curvature there is positive in every direction.
    """
    f = polynomial.bounded(landau, temperature)
    n = np.array(PHASES[phase][::-1], float)  # [100], [110]: in the plane of a box of two dimensions
    n /= np.linalg.norm(n)
    size = f.spontaneous(n)
    if size == 0:
        return None
    p = size * n
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
    if polynomial.bounded(landau, temperature).alpha1 > 0:
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
