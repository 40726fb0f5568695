"""Projective integration: a few micro steps of a coarse stepper, then a leap along the slope they end with.

C. W. Gear and I. G. Kevrekidis, SIAM J. Sci. Comput. 24, 1091 (2003). Time is counted in micro steps, as an integer:
nothing accumulates, and the ratio of coarse to fine steps is exact.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bridge.coupling.stability import UnstableLeap, decay, refuse_unstable, stable_leap
from bridge.coupling.stepper import CoarseStepper
from bridge.errors import ContractError

__all__ = ["Projection", "UnstableLeap", "project"]

Array = NDArray[np.float64]

SAFETY, SLOWEST_GROWTH, FASTEST_GROWTH = 0.9, 0.2, 3.0
"""How much of the leap that an error estimate allows is taken, and how far one leap may differ from the one before."""


@dataclass(frozen=True)
class Projection:
    """Where a projective integration went, and what it cost.

    `times` and `states` are those at the end of every burst of micro steps and at the end of all; `leaps` are in micro
    steps, those that were kept. `micro_steps` were run, those of rejected leaps among them, where `direct_steps` would
    have been needed without leaps. `errors` are the embedded estimates of the kept leaps (there is none for a last leap
    that no burst follows); `decays` the slowest and fastest factor per micro step that the bursts showed.
    """

    times: Array
    states: Array
    leaps: tuple[int, ...]
    errors: tuple[float, ...]
    rejected: int
    micro_steps: int
    direct_steps: int
    decays: tuple[float, float] | None

    @property
    def saving(self) -> float:
        """How many times fewer micro steps were run than a direct integration takes."""
        return self.direct_steps / self.micro_steps

    def __str__(self) -> str:
        worst = f", largest estimated error of a leap {max(self.errors):.2g}" if self.errors else ""
        return (
            f"{self.micro_steps} micro steps instead of {self.direct_steps} ({self.saving:.1f} times fewer), "
            f"{len(self.leaps)} leaps, {self.rejected} rejected{worst}"
        )


@dataclass
class _Burst:
    """Micro steps from one lift: where they end, the slope per micro step there, and when the slope was measured."""

    end: int
    state: Array
    slope: Array
    path: Array

    @property
    def middle(self) -> float:
        return self.end - 0.5


def project(
    stepper: CoarseStepper,
    start: ArrayLike,
    duration: float,
    *,
    inner: int = 2,
    leap: int | None = None,
    tolerance: ArrayLike | None = None,
    order: int = 1,
    noise: float = 0.0,
) -> Projection:
    """Integrate a coarse state over ``duration`` by bursts of micro steps and leaps between them.

    A micro step is the stepper's `time`. A burst has ``inner`` steps in which fast modes die out, after the stepper's
    healing, and one more that gives the slope. ``leap`` is how many micro steps are leapt over: always as many, or,
    with a ``tolerance``, at first. Then every leap is as long as its error allows: the estimate is the change of slope
    from the burst before it to the burst after it, and a leap whose error is above ``tolerance`` (in the unit of the
    coarse state, a number or one for each component) is taken back and made shorter. ``order`` 1 leaps along the slope
    (projective forward Euler), 2 adds the curvature from the burst before. ``noise`` is the standard error of one
    coarse state of a stochastic stepper: what decays below it is not taken for a mode.

    Raises ContractError for what cannot be meant, UnstableLeap where a leap would amplify a mode whose decay the burst
    shows; with a tolerance, leaps are kept inside that limit instead.
    """
    if leap is None and tolerance is None:
        raise ContractError(
            "project needs the length of its leaps or what bounds their error. Write leap=50, in micro steps, or "
            "tolerance=1e-3, in the unit of the coarse state."
        )
    _check(inner, leap, order)
    plan = _Plan(
        stepper, _steps("duration", duration, stepper.time), _steps("heal", stepper.heal, stepper.time), inner, noise
    )
    here = np.asarray(start, dtype=np.float64)
    if tolerance is None:
        assert leap is not None  # one of the two is there: see above
        return plan.result(*_fixed(plan, here, leap, order))
    bound = np.asarray(tolerance, dtype=np.float64)
    if not (bound > 0).all():
        raise ContractError(f"project was given tolerance={tolerance!r}, which is to be above zero. Write 1e-3, say.")
    return plan.result(*_controlled(plan, here, leap or 1, bound, order))


class _Plan:
    """Bursts of one integration, and what they cost."""

    def __init__(self, stepper: CoarseStepper, total: int, heal: int, inner: int, noise: float) -> None:
        self.stepper, self.total, self.inner, self.noise = stepper, total, inner, noise
        self.burst_steps = heal + inner + 1
        self.micro = 0
        self.drawn = 0
        self.rates: list[complex] = []
        self.ends: list[tuple[int, Array]] = []

    def burst(self, at: int, state: Array) -> _Burst:
        path = self.stepper.path(state, self.inner + 1, draw=self._draw())
        self.micro += self.burst_steps
        return _Burst(at + self.burst_steps, path[-1], path[-1] - path[-2], path)

    def decays(self, burst: _Burst) -> Array:
        """Factors by which modes change in a micro step, as the burst shows them."""
        found = decay(burst.path, self.noise)
        self.rates.extend(found)
        return found

    def finish(self, at: int, state: Array) -> None:
        """Run what is left without a leap."""
        left = self.total - at
        if left:
            path = replace(self.stepper, heal=0.0).path(state, left, draw=self._draw())
            self.micro += left
            state = path[-1]
        self.ends.append((self.total, state))

    def _draw(self) -> int:
        self.drawn += 1
        return self.drawn - 1

    def result(self, leaps: list[int], errors: list[float], rejected: int) -> Projection:
        sizes = [abs(rate) for rate in self.rates]
        return Projection(
            times=np.array([at for at, _ in self.ends]) * self.stepper.time,
            states=np.array([state for _, state in self.ends]),
            leaps=tuple(leaps),
            errors=tuple(errors),
            rejected=rejected,
            micro_steps=self.micro,
            direct_steps=self.total,
            decays=(max(sizes), min(sizes)) if sizes else None,
        )


def _fixed(plan: _Plan, state: Array, leap: int, order: int) -> tuple[list[int], list[float], int]:
    """Leaps of one length; each is refused that a burst shows to be unstable."""
    at = 0
    before: _Burst | None = None
    older: _Burst | None = None
    leaps: list[int] = []
    errors: list[float] = []
    while plan.total - at > plan.burst_steps:
        burst = plan.burst(at, state)
        plan.ends.append((burst.end, burst.state))
        refuse_unstable(plan.decays(burst), plan.inner, leap, order)
        if before is not None:
            errors.append(float(np.abs(_error(before, burst, leaps[-1], order, older)).max()))
        length = min(leap, plan.total - burst.end)
        older = before
        state, at = _leapt(burst, before, length, order), burst.end + length
        leaps.append(length)
        before = burst
    plan.finish(at, state)
    return leaps, errors, 0


def _controlled(plan: _Plan, state: Array, first: int, bound: Array, order: int) -> tuple[list[int], list[float], int]:
    """Leaps as long as their error allows, each followed by a burst that says so."""
    leaps: list[int] = []
    errors: list[float] = []
    rejected, leap = 0, first
    if plan.total <= 2 * plan.burst_steps:
        plan.finish(0, state)
        return leaps, errors, rejected
    burst = plan.burst(0, state)
    before: _Burst | None = None
    plan.ends.append((burst.end, burst.state))
    while (room := plan.total - burst.end - plan.burst_steps) >= 0:
        stable = stable_leap(plan.decays(burst), plan.inner, order, leap)
        length = min(stable, room)
        after = plan.burst(burst.end + length, _leapt(burst, before, length, order))
        error = _error(burst, after, length, order, before) if length else np.zeros(())
        ratio = float((np.abs(error) / bound).max())
        factor = SAFETY * ratio ** (-1 / (order + 1)) if ratio else FASTEST_GROWTH
        longer = length * min(max(factor, SLOWEST_GROWTH), FASTEST_GROWTH)
        if ratio > 1:
            rejected += 1
            leap = min(int(longer), length - 1)  # none at all is micro steps only, and always right
            continue
        if length:
            leaps.append(length)
            errors.append(float(np.abs(error).max()))
        leap = max(int(longer), 1)
        burst, before = after, burst
        plan.ends.append((burst.end, burst.state))
    plan.finish(burst.end, burst.state)
    return leaps, errors, rejected


def _bend(burst: _Burst, before: _Burst) -> Array:
    """Second derivative per micro step squared, from the slopes of two bursts."""
    return np.asarray((burst.slope - before.slope) / (burst.middle - before.middle))


def _leapt(burst: _Burst, before: _Burst | None, leap: int, order: int) -> Array:
    """The state after a leap; the curvature counts from where the slope was measured, half a step before the end."""
    state = burst.state + leap * burst.slope
    if order == 2 and before is not None:
        state = state + leap * (leap + 1) / 2 * _bend(burst, before)
    return np.asarray(state)


def _error(burst: _Burst, after: _Burst, leap: int, order: int, before: _Burst | None) -> Array:
    """What a leap neglected: the curvature, or for the second order what the curvature has changed by."""
    bend = _bend(after, burst)
    if order == 2 and before is not None:
        bend = bend - _bend(burst, before)
    return np.asarray(leap * (leap + 1) / 2 * bend)


def _steps(name: str, time: float, step: float) -> int:
    """Whole micro steps in a time. Raises ContractError if they are not whole."""
    count = round(time / step)
    if count < 0 or abs(count * step - time) > 1e-9 * max(abs(time), step) or (name == "duration" and count < 1):
        near = max(count, 1 if name == "duration" else 0) * step
        raise ContractError(
            f"project: {name} is {time:g}, which is no whole number of micro steps of {step:g}. Write {name}={near:g}."
        )
    return count


def _check(inner: int, leap: int | None, order: int) -> None:
    for name, value, least in (("inner", inner, 1), ("leap", leap, 1), ("order", order, 1)):
        if value is not None and (not isinstance(value, int) or value < least):
            raise ContractError(
                f"project was given {name}={value!r}, which is a whole number of at least {least}. Write {name}=2."
            )
    if order > 2:
        raise ContractError(f"project was given order={order}; it has orders 1 and 2. Write order=2.")
