"""A coarse stepper: a step of a coarse state, whose equation nobody has, by a short run of a fine model.

C. W. Gear, I. G. Kevrekidis et al., Commun. Math. Sci. 1, 715 (2003): equation-free multiscale computation.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bridge.errors import ContractError, ValueRefused
from bridge.units import is_quantity

Array = NDArray[np.float64]


class Pair(Protocol):
    """What a stepper asks of a transfer: `bridge.scales.transfer.Transfer` has it, and so may anything else."""

    def restrict(self, fine: Any, /) -> Any:
        """The coarse state of a fine one."""

    def lift(self, coarse: Any, rng: np.random.Generator, /) -> Any:
        """A fine state of this coarse one."""


class _Same:
    """The fine state is the coarse one."""

    def restrict(self, fine: Any, /) -> Any:
        return fine

    def lift(self, coarse: Any, rng: np.random.Generator, /) -> Any:
        return coarse


@dataclass
class Count:
    """Runs of the fine model so far, and the time it was run for, summed over all members."""

    runs: int = 0
    time: float = 0.0


@dataclass(frozen=True)
class CoarseStepper:
    """The coarse map: lift, run the fine model for `heal` and then `time`, restrict. Made by ``coarse_stepper``.

    Calling it takes a coarse state to the one after `duration`, the sum of both. `count` says what it has cost.
    """

    transfer: Pair
    fine: Callable[..., Any]
    time: float
    heal: float = 0.0
    members: int = 1
    seed: int | None = None
    count: Count = field(default_factory=Count, compare=False)

    @property
    def duration(self) -> float:
        """Time from a coarse state to the next."""
        return self.heal + self.time

    def __call__(self, coarse: ArrayLike, draw: int = 0) -> Array:
        """The coarse state after `duration`. ``draw`` chooses other random numbers of the same seed."""
        return np.asarray(self.path(coarse, 1, draw)[-1])

    def path(self, coarse: ArrayLike, steps: int, draw: int = 0) -> Array:
        """Coarse states after healing and after each of ``steps`` runs of `time`, from one lift: steps + 1 rows.

        Equal states, seeds and draws give equal paths. Raises ContractError for a quantity, and ValueRefused if a
        restricted state has another shape than the coarse one or is not finite.
        """
        if is_quantity(coarse):
            raise ContractError(
                f"a coarse stepper takes states as magnitudes, got a quantity in {coarse.units}. "  # type: ignore[union-attr]
                "Write state.to('K').magnitude, say, with the unit that the fine model has."
            )
        start = np.asarray(coarse, dtype=np.float64)
        total = np.zeros((steps + 1, *start.shape))
        for member in range(self.members):
            rng = np.random.default_rng((self.seed or 0, draw, member))
            state = self.transfer.lift(start.copy(), rng)
            if self.heal:
                state = self._run(state, self.heal, rng)
            for step in range(steps + 1):
                if step:
                    state = self._run(state, self.time, rng)
                total[step] += self._restricted(state, start)
        return np.asarray(total / self.members)

    def _run(self, state: Any, duration: float, rng: np.random.Generator) -> Any:
        self.count.runs += 1
        self.count.time += duration
        return self.fine(state, duration) if self.seed is None else self.fine(state, duration, rng)

    def _restricted(self, state: Any, start: Array) -> Array:
        restricted = np.asarray(self.transfer.restrict(state), dtype=np.float64)
        if restricted.shape != start.shape:
            raise ValueRefused(
                f"restrict gave a coarse state of shape {restricted.shape}, lift was given one of {start.shape}. "
                "Give a transfer whose restrict(lift(coarse)) is coarse: bridge.testing.check_transfer tests it."
            )
        if not np.isfinite(restricted).all():
            raise ValueRefused(
                f"the fine model left the finite numbers from the coarse state {_short(start)}. "
                "Give it a shorter time step, or start from a state it was made for."
            )
        return restricted


def coarse_stepper(
    transfer: Pair | None,
    fine: Callable[..., Any],
    *,
    time: float,
    heal: float = 0.0,
    members: int = 1,
    seed: int | None = None,
) -> CoarseStepper:
    """Make the coarse map of a fine model: lift, run a little, restrict.

    ``transfer`` lifts and restricts; None says that the fine state is the coarse one. ``fine(state, duration)`` returns
    the fine state after ``duration``; with a ``seed`` it is stochastic and called as ``fine(state, duration, rng)``,
    its numpy Generator being the only source of chance. States are arrays of magnitudes, times in any one unit.
    ``heal`` is run before anything is looked at, so that what the lift got wrong dies out; it counts as time. Of a
    stochastic model the coarse state is the mean over ``members`` lifts.

    Raises ContractError for what cannot be meant, such as several members of a model without chance.
    """
    pair: Pair = _Same() if transfer is None else transfer
    for verb in ("restrict", "lift"):
        if not callable(getattr(pair, verb, None)):
            raise ContractError(
                f"coarse_stepper takes a transfer, with restrict and lift, got {transfer!r}. Write block_mean(4), say, "
                "or Transfer.of(restrict=…, lift=…)."
            )
    _positive("time", time)
    if heal < 0:
        raise ContractError(f"coarse_stepper was given heal={heal!r}, a time that is not below zero. Write heal=0.")
    if not isinstance(members, int) or members < 1:
        raise ContractError(f"coarse_stepper was given members={members!r}, a number of lifts. Write members=100.")
    chance = seed is not None or bool(getattr(pair, "random", False))
    if members > 1 and not chance:
        raise ContractError(
            f"coarse_stepper averages {members} members, which are all alike: neither the lift nor the fine model "
            "draws random numbers. Write seed=0 with a fine(state, duration, rng), or leave members out."
        )
    _takes(fine, 2 if seed is None else 3)
    return CoarseStepper(pair, fine, float(time), float(heal), members, seed)


def _positive(name: str, value: float) -> float:
    if not value > 0:
        raise ContractError(f"coarse_stepper was given {name}={value!r}, which is to be above zero. Write {name}=0.1.")
    return float(value)


def _takes(fine: Any, count: int) -> None:
    """Refuse a fine model that cannot be called with so many arguments. Raises ContractError."""
    write = "fine(state, duration)" if count == 2 else "fine(state, duration, rng)"
    if not callable(fine):
        raise ContractError(f"coarse_stepper takes a fine model as a function, got {fine!r}. Write {write}.")
    try:
        signature = inspect.signature(fine)
    except (TypeError, ValueError):
        return  # a compiled function says nothing of itself
    try:
        signature.bind(*range(count))
    except TypeError:
        about = "without a seed" if count == 2 else "with a seed"
        raise ContractError(
            f"the fine model takes {signature}, and {about} is called as {write}. "
            + ("Write seed=0 if it draws random numbers." if count == 2 else "Leave seed out if it draws none.")
        ) from None


def _short(state: Array) -> str:
    return np.array2string(state.ravel()[:4], precision=4) + (" and more" if state.size > 4 else "")
