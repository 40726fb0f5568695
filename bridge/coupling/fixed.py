"""Fixed points of a coarse map and their stability, without the coarse equation: Newton's method and Krylov spaces.

C. T. Kelley, I. G. Kevrekidis and L. Qiao, arXiv:math/0404374 (2004): Newton-Krylov solvers for time-steppers. With
healing, both sides of the equation are healed, so that what the lift got wrong cancels: C. Marschler, J. Sieber,
R. Berkemer, A. Kawamoto and J. Starke, SIAM J. Appl. Dyn. Syst. 13, 1202 (2014).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bridge.coupling.stepper import CoarseStepper
from bridge.errors import BridgeError, ContractError

Array = NDArray[np.float64]

DENSE = 24
"""Coarse states of up to so many numbers have their Jacobian column by column; of larger ones Arnoldi's method looks
for the largest multipliers alone."""


class NoFixedPoint(BridgeError):
    """Newton's method found no fixed point from the guess it was given."""


@dataclass(frozen=True)
class FixedPoint:
    """A coarse state that stays, and what small deviations from it do.

    `multipliers` are the factors by which deviations change over the stepper's time, the largest first, and
    `eigenvalues` their logarithms over that time. It is `stable` if all multipliers are inside the unit circle.
    `residual` is the largest change that a component still has; `calls` counts lifts.
    """

    state: Array
    residual: float
    multipliers: NDArray[np.complex128]
    eigenvalues: NDArray[np.complex128]
    stable: bool
    calls: int


def fixed_point(
    stepper: CoarseStepper,
    guess: ArrayLike,
    *,
    tolerance: float = 1e-8,
    difference: float | None = None,
    modes: int = 6,
    steps: int = 50,
) -> FixedPoint:
    """Find a coarse state that the stepper does not move, stable or not, from a guess near it.

    ``tolerance`` bounds the change of each component. ``difference`` is the change of the state over which derivatives
    are taken, relative to its size where that is above one: by default what suits a smooth fine model; a noisy one
    needs more than its noise (1e-2). ``modes`` is how many multipliers are computed of a large state. Raises
    NoFixedPoint if Newton's method does not arrive in ``steps``.
    """
    calls = Calls(stepper)
    start = np.asarray(guess, dtype=np.float64)
    found = solve(calls.change, start, tolerance, difference, steps, f"the guess {_short(start)}")
    healed, after = calls.pair(found)
    multipliers = _multipliers(calls, found, difference, modes)
    with np.errstate(divide="ignore"):  # a multiplier of zero: gone at once
        eigenvalues = np.asarray(np.log(multipliers) / stepper.time, dtype=np.complex128)
    return FixedPoint(
        state=healed,
        residual=float(np.abs(after - healed).max()),
        multipliers=multipliers,
        eigenvalues=eigenvalues,
        stable=bool(np.abs(multipliers).max() < 1),
        calls=calls.count,
    )


class Calls:
    """The coarse map as a function of one state, its calls counted. The random numbers are the same in all of them."""

    def __init__(self, stepper: CoarseStepper) -> None:
        self.stepper, self.count = stepper, 0

    def pair(self, state: Array) -> tuple[Array, Array]:
        """The state after healing, and after healing and a step."""
        self.count += 1
        healed, after = self.stepper.path(state, 1)
        return np.asarray(healed), np.asarray(after)

    def change(self, state: Array) -> Array:
        """What a step changes in the healed state; zero at a fixed point."""
        healed, after = self.pair(state)
        return after - healed


def solve(
    equation: Callable[[Array], Array],
    guess: Array,
    tolerance: float,
    difference: float | None,
    steps: int,
    where: str,
) -> Array:
    """Root of an equation by Newton-Krylov with LGMRES. Raises NoFixedPoint."""
    from scipy.optimize import NoConvergence, newton_krylov

    if not tolerance > 0:
        raise ContractError(f"the tolerance is {tolerance!r} and is to be above zero. Write tolerance=1e-8.")
    worst = f"{float(np.abs(equation(guess)).max()):.3g}"
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            root = newton_krylov(
                equation, guess, method="lgmres", f_tol=tolerance, rdiff=difference, maxiter=steps, line_search="armijo"
            )
    except NoConvergence as last:
        left = float(np.abs(equation(np.asarray(last.args[0], dtype=np.float64))).max())
        reason = f"is left with a change of {left:.3g} after {steps} steps"
    except (ValueError, ArithmeticError, BridgeError) as error:
        reason = f"ended: {error}"
    else:
        return np.asarray(root, dtype=np.float64)
    raise NoFixedPoint(
        f"from {where}, where a step changes {worst}, Newton's method {reason}, and was to reach {tolerance:g}. "
        "Write a nearer guess; of a noisy fine model, also difference=1e-2, a larger tolerance or more members."
    ) from None


def _multipliers(calls: Calls, state: Array, difference: float | None, modes: int) -> NDArray[np.complex128]:
    """Largest eigenvalues of the step's Jacobian; with healing, of the step relative to the healing."""
    size = state.size
    change = (difference or float(np.finfo(np.float64).eps) ** (1 / 3)) * max(1.0, float(np.abs(state).max()))

    def along(direction: Array) -> tuple[Array, Array]:
        length = float(np.linalg.norm(direction)) or 1.0
        step = (change / length) * direction.reshape(state.shape)
        ahead, behind = calls.pair(state + step), calls.pair(state - step)
        return tuple((a - b).ravel() * (length / (2 * change)) for a, b in zip(ahead, behind, strict=True))  # type: ignore[return-value]

    if size <= DENSE or calls.stepper.heal or modes >= size - 1:
        columns = [along(unit) for unit in np.eye(size)]
        healing, stepping = (np.stack(side, axis=1) for side in zip(*columns, strict=True))
        try:
            found = np.linalg.eigvals(np.linalg.solve(healing, stepping) if calls.stepper.heal else stepping)
        except np.linalg.LinAlgError:
            raise NoFixedPoint(
                f"healing for {calls.stepper.heal:g} wipes out a component of the coarse state, which then has no "
                "multiplier. Write a shorter heal, or a transfer without that component."
            ) from None
    else:
        found = _arnoldi(lambda direction: along(direction)[1], size, modes)
    return np.asarray(found[np.argsort(-np.abs(found), kind="stable")], dtype=np.complex128)


def _arnoldi(product: Callable[[Array], Array], size: int, modes: int) -> Any:
    from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigs

    operator = LinearOperator((size, size), matvec=lambda v: product(np.real(v).ravel()), dtype=np.float64)
    begin = np.random.default_rng(0).standard_normal(size)  # ARPACK's own would differ from run to run
    try:
        return eigs(operator, k=modes, which="LM", v0=begin, tol=1e-6, return_eigenvectors=False)
    except ArpackNoConvergence:
        raise NoFixedPoint(
            f"the {modes} largest multipliers of the fixed point did not converge. Write fewer modes, or a larger "
            "difference if the fine model is noisy."
        ) from None


def _short(state: Array) -> str:
    return np.array2string(state.ravel()[:4], precision=4) + (" and more" if state.size > 4 else "")
