"""Flow between two plates with a viscosity that answers for many shear rates at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_banded

Array = NDArray[np.float64]

FARTHEST = 2.0
"""What the logarithm of a shear rate changes in one iteration at most: fine models do not answer for everything."""


@dataclass(frozen=True)
class Grid:
    """Equidistant positions from the middle (0) to a wall, and the midpoints between them."""

    half_width: float
    points: int

    @property
    def spacing(self) -> float:
        """Distance of two positions."""
        return self.half_width / self.points

    @property
    def position(self) -> Array:
        """Where velocities are."""
        return np.linspace(0.0, self.half_width, self.points + 1)

    @property
    def between(self) -> Array:
        """Where shear rates are."""
        return (np.arange(self.points) + 0.5) * self.spacing

    def velocity(self, rate: Array) -> Array:
        """Velocities with the given shear rates, nought at the wall."""
        return np.append(np.cumsum(rate[::-1])[::-1] * self.spacing, 0.0)

    def flow_rate(self, velocity: Array) -> float:
        """Per width of the whole channel, by the trapezoidal rule."""
        return float(2 * self.spacing * (velocity.sum() - 0.5 * (velocity[0] + velocity[-1])))


@dataclass
class Law:
    """The closure, never asked below the lowest shear rate."""

    viscosity: Any
    lowest: float
    asked: int = 0
    plateau: float = field(init=False)

    def __post_init__(self) -> None:
        self.plateau = float(self(np.array([self.lowest]))[0])

    def __call__(self, rate: Array) -> Array:
        """Viscosities."""
        self.asked += len(rate)
        return np.asarray(self.viscosity.map({"shear_rate": np.maximum(rate, self.lowest)}), dtype=float)


@dataclass(frozen=True)
class Steady:
    """Shear rates at which the fluid bears given stresses."""

    rate: Array
    viscosity: Array
    imbalance: float


def steady(law: Law, stress: Array, accuracy: float, relaxation: float, iterations: int) -> Steady:
    """Solve η(γ) γ = τ at every point. Raises RuntimeError if it takes more than so many iterations."""
    rate = stress / law.plateau
    slope = np.zeros_like(rate)  # of log η over log γ: -1 < slope where more stress shears faster
    before: tuple[Array, Array] | None = None
    for _ in range(iterations):
        viscosity = law(rate)
        residual = np.log(viscosity * rate / stress)
        if np.abs(residual).max() <= accuracy:
            return Steady(rate, viscosity, float(np.abs(np.expm1(residual)).max()))
        if before is not None:
            step = np.log(rate / before[0])
            far = (
                np.abs(step) > 10 * accuracy
            )  # nearer, a difference of answers says more of their noise than of the law
            new = np.log(viscosity / before[1])[far] / step[far]
            slope[far] = np.clip(new, -0.9, 2.0)
        before = rate, viscosity
        rate = rate * np.exp(-relaxation * np.clip(residual / (1 + slope), -FARTHEST, FARTHEST))
    worst = int(np.argmax(np.abs(residual)))
    raise RuntimeError(
        f"after {iterations} iterations the stress of the fluid at a shear rate of {rate[worst]:.3g} 1/s is still "
        f"{np.expm1(residual[worst]):+.1%} off the {stress[worst]:.4g} Pa that the flow needs (accuracy={accuracy:g}). "
        "Write a smaller relaxation, more iterations or a larger accuracy, or a tolerance in the closure if answers "
        "are noisy."
    )


def from_rest(
    law: Law, grid: Grid, gradient: float, density: float, time: Array, accuracy: float, iterations: int
) -> tuple[Array, Array]:
    """Velocities at every time, of shape (time, position), and what the wall has taken of momentum by then.

    Backward differences of second order, the first step of first. Raises RuntimeError if a step does not settle.
    """
    step, count = float(time[1] - time[0]), grid.points
    velocity = np.zeros((len(time), count + 1))
    wall = np.zeros(len(time))
    mass = np.full(count, density * grid.spacing)
    mass[0] /= 2  # half of the fluid round the middle is on the other side
    push = gradient * mass / density
    viscosity = np.full(count, law.plateau)
    for now in range(1, len(time)):
        weight, past = 1.0, velocity[now - 1, :-1]
        if now > 1:
            weight, past = 1.5, 2 * velocity[now - 1, :-1] - 0.5 * velocity[now - 2, :-1]
        for _ in range(iterations):
            drag = viscosity / grid.spacing
            bands = np.zeros((3, count))
            bands[1] = weight * mass / step + drag
            bands[1, 1:] += drag[:-1]
            bands[0, 1:] = bands[2, :-1] = -drag[:-1]
            velocity[now, :-1] = solve_banded((1, 1), bands, mass * past / step + push)
            rate = -np.diff(velocity[now]) / grid.spacing
            used, viscosity = viscosity, law(rate)
            if np.abs(np.log(viscosity / used)).max() <= accuracy:
                break
        else:
            raise RuntimeError(
                f"after {iterations} iterations viscosities at {time[now]:.4g} s still change by "
                f"{np.abs(viscosity / used - 1).max():.1%} (accuracy={accuracy:g}). Write more steps or iterations, a "
                "larger accuracy, or a tolerance in the closure if answers are noisy."
            )
        taken = step * (used[-1] * rate[-1] + 0.5 * gradient * grid.spacing)  # the fluid next to the wall stands still
        wall[now] = wall[0] + taken if now == 1 else (4 * wall[now - 1] - wall[now - 2] + 2 * taken) / 3
    return velocity, wall


def parabola(position: Array, half_width: float, gradient_over_viscosity: float) -> Array:
    """Velocity of a Newtonian fluid."""
    return 0.5 * gradient_over_viscosity * (half_width**2 - position**2)
