"""A branch of coarse fixed points over a parameter, followed also around the folds where it turns back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bridge.coupling.fixed import Calls, FixedPoint, NoFixedPoint, fixed_point, solve
from bridge.coupling.stepper import CoarseStepper
from bridge.errors import ContractError

Array = NDArray[np.float64]

SHORTEST = 2**-6
"""How much of an arc length is tried, by halving, before a branch is given up."""

FARTHEST = 1.5
"""Arc lengths between one point of a branch and the next beyond which the next is taken to be on another one."""


@dataclass(frozen=True)
class Branch:
    """Fixed points in the order in which they were found along the branch, each with its `parameter`.

    `slopes` are the changes of the parameter along the branch, per arc length: zero where it turns back.
    """

    parameter: Array
    points: tuple[FixedPoint, ...]
    slopes: Array

    @property
    def states(self) -> Array:
        """Coarse states, one a row."""
        return np.array([point.state for point in self.points])

    @property
    def stable(self) -> NDArray[np.bool_]:
        """Which of the points are stable."""
        return np.array([point.stable for point in self.points])

    @property
    def folds(self) -> Array:
        """Values of the parameter at which the branch turns back, by Hermite's cubic between two points."""
        ways = np.diff(self.states.reshape(len(self.points), -1), axis=0)
        chords = np.sqrt((ways**2).mean(axis=1) + np.diff(self.parameter) ** 2)
        found = []
        for i in np.flatnonzero(self.slopes[:-1] * self.slopes[1:] < 0):
            low, high = self.parameter[i : i + 2]
            begin, end = chords[i] * self.slopes[i : i + 2]
            cubic = np.polynomial.Polynomial(
                [low, begin, 3 * (high - low) - 2 * begin - end, 2 * (low - high) + begin + end]
            )
            turns = np.asarray(cubic.deriv().roots(), dtype=np.complex128)
            found += [float(cubic(t.real)) for t in turns if abs(t.imag) < 1e-12 and 0 <= t.real <= 1][:1]
        return np.array(found)


def branch(
    family: Callable[[float], CoarseStepper],
    guess: ArrayLike,
    parameter: float,
    *,
    arc: float,
    count: int,
    within: tuple[float, float] = (-np.inf, np.inf),
    tolerance: float = 1e-8,
    difference: float | None = None,
    modes: int = 6,
    steps: int = 50,
) -> Branch:
    """Follow fixed points of ``family(parameter)`` by pseudo-arclength, from a guess at the first value.

    ``arc`` is the length of a step along the branch, the state counted by its root mean square and the parameter as it
    is; its sign is the direction in which the parameter goes first. At most ``count`` points are found, fewer if
    the parameter leaves ``within``. The other settings are those of ``fixed_point``. H. B. Keller, in Applications of
    Bifurcation Theory, ed. P. Rabinowitz (Academic Press, 1977), 359. Raises NoFixedPoint where the branch is lost.
    """
    if arc == 0 or count < 2:
        raise ContractError(f"branch was given arc={arc!r} and count={count!r}. Write arc=0.1 and count=20, say.")
    settings = {"tolerance": tolerance, "difference": difference, "steps": steps}

    def at(value: float, near: ArrayLike) -> FixedPoint:
        return fixed_point(family(value), near, modes=modes, **settings)  # type: ignore[arg-type]

    points, parameters, slopes = [at(float(parameter), guess)], [float(parameter)], []
    shape, size = points[0].state.shape, points[0].state.size
    weight = np.append(np.full(size, 1 / size), 1.0)
    forward = np.append(np.zeros(size), np.sign(arc))

    def change(both: Array) -> Array:
        return Calls(family(float(both[-1]))).change(both[:-1].reshape(shape)).ravel()

    def corrected(guessed: Array) -> Array:
        def equation(both: Array) -> Array:
            return np.append(change(both), float(weight * forward @ (both - guessed)))

        return solve(equation, guessed, tolerance, difference, steps, f"the predicted point at {guessed[-1]:.4g}")

    while True:
        last = np.append(points[-1].state.ravel(), parameters[-1])
        forward = _tangent(change, last, weight, forward, difference)
        slopes.append(float(forward[-1]))
        if len(points) == count or not within[0] <= parameters[-1] <= within[1]:
            return Branch(np.array(parameters), tuple(points), np.array(slopes))
        found = _onwards(corrected, last, forward, weight, abs(arc))
        parameters.append(float(found[-1]))
        points.append(at(parameters[-1], found[:-1].reshape(shape)))


def _onwards(corrected: Callable[[Array], Array], last: Array, forward: Array, weight: Array, arc: float) -> Array:
    """The next point of the branch, an arc length away or, where that fails, a half or a quarter of one."""
    length = arc
    while True:
        try:
            found = corrected(last + length * forward)
            far = float(np.sqrt(weight @ (found - last) ** 2)) / length
            if far < FARTHEST:
                return found
            lost = NoFixedPoint(
                f"beyond the value {last[-1]:.4g} of the parameter the next point was found {far:.3g} arc lengths "
                "away, as if on another branch. Write a smaller arc."
            )
        except NoFixedPoint as error:
            lost = error
        length /= 2
        if length < SHORTEST * arc:
            raise lost


def _tangent(
    change: Callable[[Array], Array], here: Array, weight: Array, before: Array, difference: float | None
) -> Array:
    """Direction of the branch at one of its points, onwards from the direction before: what changes nothing."""
    from scipy.sparse.linalg import LinearOperator, lgmres

    step = (difference or float(np.finfo(np.float64).eps) ** (1 / 3)) * max(1.0, float(np.abs(here).max()))

    def product(direction: Array) -> Array:
        length = float(np.linalg.norm(direction)) or 1.0
        ahead, behind = (change(here + sign * step / length * direction) for sign in (1, -1))
        return np.append((ahead - behind) * (length / (2 * step)), weight * before @ direction)

    size = here.size
    operator = LinearOperator((size, size), matvec=lambda v: product(v.ravel()), dtype=np.float64)
    found, failed = lgmres(operator, np.append(np.zeros(size - 1), 1.0), rtol=1e-6, atol=0.0, maxiter=20 * size)
    if failed:
        raise NoFixedPoint(
            f"the branch has no one direction at the value {here[-1]:.4g} of the parameter: another branch may cross "
            "it there, or the fine model is too noisy. Start beyond that value, or write a larger difference."
        )
    return np.asarray(found / np.sqrt(weight @ found**2))
