"""Transient heat in a slab of composite, whose flux a finer model is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from bridge import Picture, Scale, Within, model

Array = NDArray[np.float64]
Temperature = Annotated[float, "K", Within(1, 4000)]


class Flux(Protocol):
    """The law of conduction: heat flux for a gradient at a temperature."""

    def __call__(
        self, gradient: Annotated[float, "K/m"], temperature: Annotated[float, "K"]
    ) -> Annotated[float, "W/m^2"]:
        """Flux at one state."""
        ...

    def map(self, states: Mapping[str, Array]) -> Array:
        """Fluxes at n states."""
        ...


@dataclass(frozen=True)
class Heat:
    """Temperature over time and depth, and the balance of heat per area of the slab.

    `stored` is what the slab holds beyond its start; it equals `entered` less `left` at every time.
    `asked` counts the states for which the flux was asked.
    """

    time: Annotated[Array, "s", ("time",)]
    position: Annotated[Array, "m", ("position",)]
    temperature: Annotated[Array, "K", ("time", "position")]
    stored: Annotated[Array, "J/m^2", ("time",)]
    entered: Annotated[Array, "J/m^2", ("time",)]
    left: Annotated[Array, "J/m^2", ("time",)]
    asked: Annotated[int, Within(0)]
    picture: Picture


@model(
    "heat.macro",
    scale=Scale("component", length="1 mm .. 1 m", time="0.1 s .. 1 h"),
    depends=["matplotlib"],
)
def macro(
    flux: Flux,
    length: Annotated[float, "m", Within(0, strict=True)],
    duration: Annotated[float, "s", Within(0, strict=True)],
    heat_capacity: Annotated[float, "J/m^3/K", Within(0, strict=True)],
    initial_temperature: Temperature = 300.0,
    front_temperature: Temperature = 800.0,
    rise_time: Annotated[float, "s", Within(0)] = 0.0,
    back: Literal["flux", "temperature"] = "flux",
    back_flux: Annotated[float, "W/m^2"] = 0.0,
    back_temperature: Temperature = 300.0,
    *,
    law: Literal["fourier", "any"] = "fourier",
    cells: Annotated[int, Within(2, 100_000)] = 40,
    steps: Annotated[int, Within(1, 100_000)] = 40,
    accuracy: Annotated[float, "1", Within(1e-13, 1e-2)] = 1e-6,
) -> Heat:
    """Temperature of a slab heated at its front, whose flux law is asked for.

    Finite volumes for C ∂T/∂t = -∂q/∂x with q(∂T/∂x, T) from the closure `flux`, asked for all faces at once in every
    iteration of every step: how often does not depend on how fine the microstructure is. Volumetric heat capacities of
    phases mix by volume. The front face goes from the initial to `front_temperature` linearly during `rise_time`;
    through the back leaves `back_flux` (none: insulated), or it is held at `back_temperature`. Second order in the
    cells and, by an L-stable implicit method, in the steps, which grow as the square of their number; energy is
    conserved to rounding. Iterations end at changes of `accuracy` times the range of temperatures.

    By ``law="fourier"`` flux is proportional to the gradient at each temperature: it is asked for at one gradient, the
    range of temperatures over the length, so that a surrogate's relative tolerance holds for the conductivity. By
    ``"any"`` it is asked for at each face's own gradient, and the tolerance is of the largest flux, be it that of the
    first instant: write a small one, or a `rise_time`.

    Raises ArithmeticError where iterations do not end, or the closure lets heat flow up the gradient. Method:
    W. E and B. Engquist, Commun. Math. Sci. 1, 87 (2003).
    """
    from bridge_transport import drawing, heat_march  # late: see the package

    held = back == "temperature"
    spacing = length / cells
    span = max(abs(front_temperature - initial_temperature), held * abs(back_temperature - initial_temperature), 1.0)

    def front(time: float) -> float:
        part = min(time / rise_time, 1.0) if rise_time else 1.0
        return initial_temperature + part * (front_temperature - initial_temperature)

    def asked(gradient: Array, temperature: Array) -> Array:
        if law == "any":
            return flux.map({"gradient": gradient, "temperature": temperature})
        typical = np.full(len(temperature), -span / length)
        return flux.map({"gradient": typical, "temperature": temperature}) * (gradient / typical)

    slab = heat_march.Slab(
        asked, spacing, heat_capacity, front, back_temperature if held else back_flux, held, accuracy, span
    )
    times = duration * (np.arange(steps + 1) / steps) ** 2
    history, entered, left = heat_march.march(slab, np.full(cells, initial_temperature), times)
    position = spacing * (np.arange(cells) + 0.5)
    title = f"{length * 1e3:g} mm, front at {front_temperature:g} K"
    return Heat(
        time=times,
        position=position,
        temperature=history,
        stored=heat_capacity * spacing * (history - initial_temperature).sum(axis=1),
        entered=entered,
        left=left,
        asked=slab.asked,
        picture=drawing.temperatures(times, position, history, title),
    )
