"""Reaction and diffusion on a line, as in MUSCLE3's published example: each step of diffusion asks for a reaction.

The macro model is explicit diffusion, the micro model explicit first-order reaction with a hundred times smaller
steps. Their steps are counted, never added up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Protocol

import numpy as np
from numpy.typing import NDArray

from bridge import Scale, Within, model, steps

Array = NDArray[np.float64]
Line = Annotated[Array, "1", ("x",)]
Positive = Within(0, strict=True)

MACRO_STEP, MICRO_STEP = 2.469136e-6, 2.469136e-8
"""Steps of the published example in s."""


@dataclass(frozen=True)
class Reacted:
    """The concentrations after a reaction, and how many steps that took."""

    reaction: Line
    steps: int


@model("reaction.micro", scale=Scale("reaction", length="1 nm .. 1 cm", time="10 ns .. 1 us"))
def micro(
    concentration: Line,
    duration: Annotated[float, "s", Positive] = MACRO_STEP,
    rate: Annotated[float, "1/s"] = -4.05e4,
    *,
    step: Annotated[float, "s", Positive] = MICRO_STEP,
) -> Reacted:
    """Exponential reaction at every place: U' = rate U, by explicit Euler's steps of `step` or a little less.

    The number of steps is the smallest whole one that makes up `duration`. Equations and numbers: the
    reaction–diffusion example of MUSCLE3 (L. E. Veen and A. G. Hoekstra, ICCS 2020, LNCS 12142, 425), which adds up
    its time and takes 99 or 100 steps by turns.
    """
    counted = steps(duration, step, name="reaction", unit="s")
    fine = counted.fine_step
    after = concentration.copy()
    for _ in range(counted.ratio):
        after += rate * after * fine
    return Reacted(reaction=after, steps=counted.ratio)


class Reaction(Protocol):
    """The closure port: what a line of concentrations becomes during one step of diffusion."""

    def __call__(self, concentration: Line) -> Line:
        """The whole line at once."""
        ...

    def map(self, states: Mapping[str, Array]) -> Array:
        """Many lines at once: (state, x) to (state, x)."""
        ...


@dataclass(frozen=True)
class Spread:
    """Concentrations over time and place, the first row being the beginning."""

    time: Annotated[Array, "s", ("time",)]
    x: Annotated[Array, "m", ("x",)]
    concentration: Annotated[Array, "1", ("time", "x")]


@model("reaction.macro", scale=Scale("diffusion", length="1 cm .. 1 m", time="1 us .. 1 ms"))
def macro(
    reaction: Reaction,
    duration: Annotated[float, "s", Positive] = 1.234568e-4,
    length: Annotated[float, "m", Positive] = 1.01,
    spacing: Annotated[float, "m", Positive] = 0.01,
    diffusivity: Annotated[float, "m^2/s", Within(0)] = 4.05e-2,
    *,
    step: Annotated[float, "s", Positive] = MACRO_STEP,
) -> Spread:
    """Diffusion of three peaks along a line that react between its steps.

    Every step replaces the line by what the reaction makes of it, then adds diffusivity ∇²U step, the
    ends following their neighbours. The peaks of 2 are at a quarter, half and three quarters of the
    places. Equations and numbers: the reaction–diffusion example of MUSCLE3 (L. E. Veen and A. G.
    Hoekstra, ICCS 2020, LNCS 12142, 425).

    Raises ValueError where explicit diffusion is unstable, diffusivity step / spacing² > 1/2.
    """
    counted = steps(duration, step, name="diffusion", unit="s")
    places = round(length / spacing)
    if places < 4:
        raise ValueError(f"{length:g} m at {spacing:g} m are {places} places. Write a spacing of at most length/4.")
    fine = counted.fine_step
    courant = diffusivity * fine / spacing**2
    if courant > 0.5:
        raise ValueError(
            f"explicit diffusion is unstable: diffusivity step / spacing² is {courant:.3g}, above 1/2. "
            f"Write step='{0.4 * spacing**2 / diffusivity:.2g} s' or a coarser spacing."
        )
    line = np.full(places, 1e-20)
    line[[places // 4, places // 2, 3 * places // 4]] = 2.0
    lines = [line]
    for _ in range(counted.ratio):
        line = np.array(reaction(concentration=line))
        change = np.zeros_like(line)
        change[1:-1] = diffusivity * ((line[:-2] + line[2:] - 2.0 * line[1:-1]) / spacing**2) * fine
        change[0], change[-1] = change[1], change[-2]
        line = line + change
        lines.append(line)
    x = spacing * np.arange(places, dtype=np.float64)
    return Spread(time=counted.times(counted.ratio + 1), x=x, concentration=np.array(lines))
