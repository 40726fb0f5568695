"""Flow between two plates, of a fluid whose viscosity is asked for where it is needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Protocol

import numpy as np
from numpy.typing import NDArray

from bridge import Picture, Scale, Within, model

Array = NDArray[np.float64]
Positive = Within(0, strict=True)

CHANNEL = Scale("channel", length="5 nm .. 1 cm", time="10 ps .. 1 h")


class Viscosity(Protocol):
    """The law of flow: the viscosity of a fluid in shear, at one temperature and density."""

    def __call__(self, shear_rate: Annotated[float, "1/s"]) -> Annotated[float, "Pa*s", Positive]:
        """Viscosity at one shear rate."""
        ...

    def map(self, states: Mapping[str, Array]) -> Array:
        """Viscosities at n shear rates."""
        ...


@dataclass(frozen=True)
class Poiseuille:
    """Steady flow from the middle of the channel (`position` nought) to a wall, and per width of the channel.

    Shear rate, stress and viscosity belong to `between`, the midpoints of positions. `imbalance` is by what share
    the stress of the fluid differs at most from the one that the pressure gradient needs; `asked` counts the states for
    which the viscosity was asked, `newtonian_share` the part of the points whose shear rate is below the lowest asked.
    """

    position: Annotated[Array, "nm", ("position",)]
    velocity: Annotated[Array, "m/s", ("position",)]
    between: Annotated[Array, "nm", ("between",)]
    shear_rate: Annotated[Array, "1/s", ("between",), Within(0)]
    shear_stress: Annotated[Array, "Pa", ("between",), Within(0)]
    viscosity: Annotated[Array, "Pa*s", ("between",), Positive]
    flow_rate: Annotated[float, "m^2/s", Within(0)]
    wall_stress: Annotated[float, "Pa", Within(0)]
    imbalance: Annotated[float, "1", Within(0)]
    newtonian_share: Annotated[float, "1", Within(0, 1)]
    asked: Annotated[int, Within(0)]
    picture: Picture


@model("channel.macro", scale=CHANNEL, depends=["matplotlib"])
def macro(
    viscosity: Viscosity,
    pressure_gradient: Annotated[float, "Pa/m", Positive],
    half_width: Annotated[float, "m", Positive],
    lowest_shear_rate: Annotated[float, "1/s", Positive],
    *,
    points: Annotated[int, Within(2, 10_000)] = 16,
    accuracy: Annotated[float, "1", Within(1e-13, 0.1)] = 1e-3,
    relaxation: Annotated[float, "1", Within(0, 1, strict=True)] = 0.9,
    iterations: Annotated[int, Within(1)] = 50,
) -> Poiseuille:
    """Steady flow between two plates, driven by a pressure gradient, whose viscosity is asked for.

    The momentum balance 0 = G - dτ/dy fixes the stress at every height y over the middle, τ = G y; what is left is the
    shear rate γ with η(γ) γ = τ at each of `points` midpoints, found for all of them at once by Newton's method
    in log γ with slopes from the answers themselves, under-relaxed; then the velocity, nought at the walls. Below
    `lowest_shear_rate` the fluid counts as Newtonian: nothing is asked there that a fine model could not measure.
    Iterations end where stresses agree to `accuracy`; answers that are noisy from one shear rate to the next, as those
    of molecular dynamics without a surrogate between, never agree better than their noise. Temperature and density,
    which the closure fixes, are the same everywhere: heat is taken away as fast as it arises. Velocities of a Newtonian
    fluid are exact at every position; otherwise velocity and flow rate are second order in the distance of points.

    R. B. Bird, R. C. Armstrong and O. Hassager, Dynamics of Polymeric Liquids, vol. 1, 2nd ed. (Wiley, 1987), section
    4.2. Raises RuntimeError if stresses do not come to agree.
    """
    from bridge_transport import channel_flow, channel_picture  # late: see the package

    grid = channel_flow.Grid(half_width, points)
    law = channel_flow.Law(viscosity, lowest_shear_rate)
    found = channel_flow.steady(law, pressure_gradient * grid.between, accuracy, relaxation, iterations)
    velocity = grid.velocity(found.rate)
    flow_rate = grid.flow_rate(velocity)
    newtonian = channel_flow.parabola(grid.position, half_width, pressure_gradient / law.plateau)
    drawn = channel_picture.steady(grid, velocity, newtonian, found, lowest_shear_rate)
    return Poiseuille(
        position=grid.position * 1e9,
        velocity=velocity,
        between=grid.between * 1e9,
        shear_rate=found.rate,
        shear_stress=found.viscosity * found.rate,
        viscosity=found.viscosity,
        flow_rate=flow_rate,
        wall_stress=pressure_gradient * half_width,
        imbalance=found.imbalance,
        newtonian_share=float((found.rate < lowest_shear_rate).mean()),
        asked=law.asked,
        picture=drawn,
    )


@dataclass(frozen=True)
class StartUp:
    """Flow from rest, over time and from the middle of the channel to a wall; `flow_rate` is per width.

    `momentum` is the fluid's per area of wall; it equals what the pressure gradient has `pushed` less what the wall has
    `dragged`.
    """

    time: Annotated[Array, "ns", ("time",)]
    position: Annotated[Array, "nm", ("position",)]
    velocity: Annotated[Array, "m/s", ("time", "position")]
    flow_rate: Annotated[Array, "m^2/s", ("time",)]
    momentum: Annotated[Array, "Pa*s", ("time",)]
    pushed: Annotated[Array, "Pa*s", ("time",)]
    dragged: Annotated[Array, "Pa*s", ("time",)]
    asked: Annotated[int, Within(0)]
    picture: Picture


@model("channel.startup", scale=CHANNEL, depends=["matplotlib"])
def startup(
    viscosity: Viscosity,
    pressure_gradient: Annotated[float, "Pa/m", Positive],
    half_width: Annotated[float, "m", Positive],
    density: Annotated[float, "kg/m^3", Positive],
    lowest_shear_rate: Annotated[float, "1/s", Positive],
    duration: Annotated[float, "s", Positive],
    *,
    points: Annotated[int, Within(2, 10_000)] = 16,
    steps: Annotated[int, Within(1, 100_000)] = 40,
    accuracy: Annotated[float, "1", Within(1e-13, 0.1)] = 1e-3,
    iterations: Annotated[int, Within(1)] = 50,
) -> StartUp:
    """Flow between two plates from rest, under a pressure gradient, whose viscosity is asked for.

    ρ ∂u/∂t = G + ∂/∂y (η(γ) ∂u/∂y) on the points of `channel.macro`, to whose flow it tends, by backward
    differences of second order in time. The viscosity follows the stress without delay: the time in which the
    fluid's molecules forget has to be shorter than a step. Iterations of a step end where viscosities change by less
    than `accuracy`. Raises RuntimeError if they do not.
    """
    from bridge_transport import channel_flow, channel_picture  # late: see the package

    grid = channel_flow.Grid(half_width, points)
    law = channel_flow.Law(viscosity, lowest_shear_rate)
    time = np.linspace(0.0, duration, steps + 1)
    velocity, dragged = channel_flow.from_rest(law, grid, pressure_gradient, density, time, accuracy, iterations)
    flow_rate = np.array([grid.flow_rate(one) for one in velocity])
    drawn = channel_picture.from_rest(grid, time, velocity, flow_rate)
    return StartUp(
        time=time * 1e9,
        position=grid.position * 1e9,
        velocity=velocity,
        flow_rate=flow_rate,
        momentum=0.5 * density * flow_rate,
        pushed=pressure_gradient * half_width * time,
        dragged=dragged,
        asked=law.asked,
        picture=drawn,
    )
