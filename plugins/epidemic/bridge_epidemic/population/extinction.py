"""Whether an outbreak dies out by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, expm1
from typing import Annotated

from bridge import Within, model
from bridge_epidemic.ports import Share
from bridge_epidemic.scales import POPULATION


@dataclass(frozen=True)
class Extinction:
    """Probabilities that an outbreak dies out: from so many cases, from one, and from one in continuous time."""

    extinction: Annotated[float, "1", Share]
    from_one: Annotated[float, "1", Share]
    in_continuous_time: Annotated[float, "1", Share]


def least_root(generating: Callable[[float], tuple[float, float]]) -> float:
    """The least q >= 0 with q = G(q), for a generating function that gives G and its slope.

    Newton's method from 0: G - q is convex, so that no iterate passes the root.
    """
    q = 0.0
    for _ in range(200):
        value, slope = generating(q)
        if slope >= 1 or value <= q:
            break
        q += (value - q) / (1 - slope)
    return min(q, 1.0)


def in_steps(reproduction_number: float, leaving: float, stages: int) -> Callable[[float], tuple[float, float]]:
    """Cases that one case infects, G = (p e / (1 - (1 - p) e))^n with e = exp(R0 p/n (q - 1)).

    Each of n stages is left with probability p, `leaving`, at the end of a step.
    """
    rate = reproduction_number * leaving / stages

    def generating(q: float) -> tuple[float, float]:
        infected = exp(rate * (q - 1))
        rest = 1 - (1 - leaving) * infected
        stage = leaving * infected / rest
        return stage**stages, stages * stage ** (stages - 1) * rate * leaving * infected / rest**2

    return generating


def in_time(reproduction_number: float, stages: int) -> Callable[[float], tuple[float, float]]:
    """The same in continuous time, G = (1 + R0 (1 - q) / n)^-n."""

    def generating(q: float) -> tuple[float, float]:
        base = 1 + reproduction_number * (1 - q) / stages
        return base**-stages, reproduction_number * base ** (-stages - 1)

    return generating


@model("epidemic.extinction", scale=POPULATION)
def extinction(
    reproduction_number: Annotated[float, "1", Within(0, 100)],
    infectious_period: Annotated[float, "d", Within(0, 1000, strict=True)] = 5.0,
    infectious_stages: Annotated[int, Within(1, 20)] = 1,
    cases: Annotated[int, Within(0, 1_000_000)] = 1,
    *,
    step: Annotated[float, "d", Within(0, 1, strict=True)] = 0.25,
) -> Extinction:
    """Probability that all descendants of some cases die out, among many people who can all be infected.

    With one infectious stage q = exp(l (q - 1)) (1 - s + s q), s = exp(-dt/tau), l = R0 (1 - s): the branching process
    of `epidemic.chain_binomial` at its step. In continuous time it is 1/R0, or with n stages the least root of
    q = (n / (n + R0 (1 - q)))^n. Latent stages change nothing. With several groups `reproduction_number` alone does
    not decide, and this holds for groups that mix at random.
    Raises ValueError for a step longer than half of a stage.

    Equations: T. E. Harris, The Theory of Branching Processes (Springer, 1963), I.6; discrete steps: L. J. S. Allen
    and A. M. Burgin, Math. Biosci. 163, 1 (2000).
    """
    dwell = infectious_period / infectious_stages
    if step > dwell / 2:
        raise ValueError(
            f"A step of {step:g} d is too long for infectious stages of {dwell:.4g} d. Write step='{dwell / 2:.4g} d' "
            "at most."
        )
    if reproduction_number <= 1:
        return Extinction(1.0, 1.0, 1.0)
    one = least_root(in_steps(reproduction_number, -expm1(-step / dwell), infectious_stages))
    return Extinction(one**cases, one, least_root(in_time(reproduction_number, infectious_stages)))
