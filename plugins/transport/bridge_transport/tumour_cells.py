"""The two ways in which cells of a tissue answer a step of diffusion: at equilibrium, or by their kinetics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Asked(Protocol):
    """A closure that answers one free concentration, or many at once."""

    def __call__(self, *, concentration: float) -> Any:
        """A record with bound and uptake."""
        ...

    def map(self, states: Mapping[str, Array]) -> Any:
        """A record of arrays."""
        ...


class Equilibrium:
    """Cells that are always as steady as the fine model says they become at the concentration around them.

    Derivatives are quotients of the last two answers of each layer: they fit what the closure answers, be it the fine
    model or a surrogate of it, and cost no further calls.
    """

    def __init__(self, binding: Asked, layers: int, *, beginning: float) -> None:
        """Ask bare cells, and cells at the small concentration `beginning`, for what the first quotient takes."""
        self.binding = binding
        bare, touched = (binding(concentration=c) for c in (0.0, beginning))
        self.free = np.zeros(layers)
        self.answers = np.tile([[bare.bound], [bare.uptake]], layers)
        slopes = [[(touched.bound - bare.bound) / beginning], [(touched.uptake - bare.uptake) / beginning]]
        self.slopes = np.tile(slopes, layers)

    def after(self, free: Array, bound: Array, step: float) -> tuple[Array, Array, Array, Array]:
        """Bound, taken in, and both derivatives: the step's length counts for the uptake only."""
        local = self.binding.map({"concentration": free})
        answers = np.maximum([local.bound, local.uptake], 0.0)  # a surrogate may be below by its tolerance
        moved = np.abs(free - self.free) > 1e-9 * free.max()
        with np.errstate(divide="ignore", invalid="ignore"):
            slopes = (answers - self.answers) / (free - self.free)
        self.slopes = np.where(moved, np.maximum(slopes, 0.0), self.slopes)
        self.free, self.answers = free, answers
        return answers[0], step * answers[1], self.slopes[0], step * self.slopes[1]


@dataclass(frozen=True)
class Kinetic:
    """Cells that bind at finite rates: implicit Euler of the law in `bridge_transport.tumour_binding`."""

    antigen: float
    on_rate: float
    off_rate: float
    internalisation: float

    def after(self, free: Array, bound: Array, step: float) -> tuple[Array, Array, Array, Array]:
        """Bound, taken in, and both derivatives, the bound antibody eliminated from the step's equations."""
        captured = step * self.on_rate * free
        slowed = 1 + captured + step * (self.off_rate + self.internalisation)
        after = (bound + captured * self.antigen) / slowed
        slope = step * self.on_rate * (self.antigen - after) / slowed
        inside = step * self.internalisation
        return after, inside * after, slope, inside * slope
