"""Steady heat in a rod whose conductivity varies on two scales: asked for, resolved, and by multiscale elements.

The rod has the conductivity k (2 + sin 2πx/p) (1 + g x/L) of period p and grade g, a source of heat, and both ends at
the temperature from which its own is counted. Homogenized, it conducts √3 k (1 + g x/L): closed forms to test against.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Protocol

import numpy as np
from numpy.typing import NDArray

from bridge import Within, model
from bridge_transport.composites import COMPONENT, MICROSTRUCTURE, Conducting

Array = NDArray[np.float64]
Length = Annotated[float, "m", Within(0, strict=True)]
Source = Annotated[float, "W/m^3"]
Grade = Annotated[float, "1", Within(0, 100)]


class PlacedFlux(Protocol):
    """The law of conduction where the material depends on the place."""

    def __call__(self, gradient: Annotated[float, "K/m"], position: Annotated[float, "m"]) -> Annotated[float, "W/m^2"]:
        """Flux at one place."""
        ...

    def map(self, states: Mapping[str, Array]) -> Array:
        """Fluxes at n places."""
        ...


@dataclass(frozen=True)
class Profile:
    """Temperature above that of the ends, along the rod."""

    position: Annotated[Array, "m", ("position",)]
    temperature: Annotated[Array, "K", ("position",)]


@dataclass(frozen=True)
class PlacedAnswer:
    """Flux through the window, and the conductivity that it means."""

    flux: Annotated[float, "W/m^2"]
    conductivity: Conducting


@model("rod.macro", scale=COMPONENT)
def macro(
    flux: PlacedFlux, length: Length, source: Source, *, elements: Annotated[int, Within(2, 1_000_000)] = 32
) -> Profile:
    """Temperature of a rod by coarse elements that ask for their conductivities.

    The heterogeneous multiscale method: linear elements, each of which asks the closure once, in its middle, for the
    flux of 1 K/m there, so that the number of questions does not depend on the period. The error is of order two in the
    size of elements: A. Abdulle, W. E, B. Engquist and E. Vanden-Eijnden, Acta Numerica 21, 1 (2012). Raises ValueError
    if heat flows up the gradient.
    """
    from bridge_transport import rod_solver  # late: see the package

    middles = length * (np.arange(elements) + 0.5) / elements
    found = -np.asarray(flux.map({"gradient": np.ones(elements), "position": middles}))
    if not (found > 0).all():
        i = int(np.argmin(found))
        raise ValueError(
            f"the closure flux answered {-found[i]:g} W/m^2 to a gradient of 1 K/m at {middles[i]:g} m, expected a "
            "negative number: heat flows down the gradient. Let the fine model return -k·gradient."
        )
    return Profile(np.linspace(0, length, elements + 1), rod_solver.elements(found, length, source))


@model("rod.cell", scale=MICROSTRUCTURE)
def cell(
    gradient: Annotated[float, "K/m"],
    position: Annotated[float, "m"],
    conductivity: Conducting,
    period: Length,
    length: Length,
    grade: Grade = 1.0,
    *,
    window: Annotated[float, "1", Within(0, strict=True)] = 1.0,
    samples: Annotated[int, Within(4, 100_000)] = 64,
) -> PlacedAnswer:
    """Heat flux through a short window of the rod around a position.

    The window is `window` periods long, with `samples` finite volumes a period, in series: the flux is minus the
    gradient times their harmonic mean. A window of a whole number of periods is free of the resonance error; for any
    other that error is of order one over the window (T. Y. Hou, X.-H. Wu and Z. Cai, Math. Comput. 68, 913 (1999)).
    """
    from bridge_transport import rod_solver  # late: see the package

    count = max(1, round(window * samples))
    where = position + window * period * ((np.arange(count) + 0.5) / count - 0.5)
    found = float(1.0 / np.mean(1.0 / rod_solver.profile(where, conductivity, period, grade, length)))
    return PlacedAnswer(flux=-found * gradient, conductivity=found)


@model("rod.resolved", scale=COMPONENT)
def resolved(
    conductivity: Conducting,
    period: Length,
    length: Length,
    source: Source,
    grade: Grade = 1.0,
    *,
    per_period: Annotated[int, Within(2, 1000)] = 16,
    observations: Annotated[int, Within(2, 100_000)] = 33,
) -> Profile:
    """Temperature of the rod with every period resolved.

    Seen at `observations` equally spaced points. Linear elements, `per_period` in a period: the cost grows as length
    over period.
    """
    from bridge_transport import rod_solver  # late: see the package

    count = fine_elements(length, period, per_period, 1)
    middles = length * (np.arange(count) + 0.5) / count
    values = rod_solver.elements(rod_solver.profile(middles, conductivity, period, grade, length), length, source)
    seen = np.linspace(0, length, observations)
    return Profile(seen, np.interp(seen, np.linspace(0, length, count + 1), values))


@model("rod.msfem", scale=COMPONENT)
def msfem(
    conductivity: Conducting,
    period: Length,
    length: Length,
    source: Source,
    grade: Grade = 1.0,
    *,
    elements: Annotated[int, Within(2, 1_000_000)] = 32,
    per_period: Annotated[int, Within(2, 1000)] = 16,
) -> Profile:
    """Temperature of the rod by multiscale finite elements, exact at their ends.

    The basis functions carry the fine conductivity, on the mesh of `rod.resolved`; the result at the ends of coarse
    elements equals the resolved one to rounding.
    """
    from bridge_transport import rod_solver  # late: see the package

    count = fine_elements(length, period, per_period, elements)
    middles = length * (np.arange(count) + 0.5) / count
    local = rod_solver.profile(middles, conductivity, period, grade, length)
    return Profile(np.linspace(0, length, elements + 1), rod_solver.multiscale(local, elements, length, source))


def fine_elements(length: float, period: float, per_period: int, coarse: int) -> int:
    """Fine elements of the rod, so many a period or more, the same number in every coarse one. Raises ValueError."""
    count = coarse * int(np.ceil(length / period * per_period / coarse - 1e-9))
    if count > 50_000_000:
        raise ValueError(
            f"{length / period:g} periods of {per_period} elements are {count:.3g} unknowns, expected at most 5e7. "
            "Write a smaller per_period, or use rod.macro, whose cost does not depend on the period."
        )
    return count
