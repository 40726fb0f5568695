"""A coarse model that does nothing but ask and look at the clock, and a fine one that costs nothing."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Protocol

import numpy as np
from bridge_transport.reaction_diffusion import Reaction
from numpy.typing import NDArray

from bridge import Scale, model

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Doubled:
    """Twice a number."""

    double: float


@model("bench.double", scale=Scale("fine"))
def double(x: float) -> Doubled:
    """Twice a number."""
    return Doubled(2 * x)


class Double(Protocol):
    """What the coarse model asks."""

    def __call__(self, x: float) -> float:
        """One."""
        ...

    def map(self, states: Mapping[str, Array]) -> Array:
        """Many."""
        ...


@dataclass(frozen=True)
class Took:
    """Seconds of each question, or of a batch; where it began, and where the next one may."""

    seconds: Annotated[Array, "s", ("question",)]
    first: float
    following: float


@model("bench.batch", scale=Scale("coarse"))
def batch(double: Double, first: float, attempt: int, *, questions: int = 1000) -> Took:
    """Ask so many questions at once, from `first` on; `attempt` only tells artifacts apart."""
    states = first + np.arange(questions, dtype=np.float64)
    begun = time.perf_counter()
    answers = double.map({"x": states})
    took = time.perf_counter() - begun
    if not np.allclose(answers, 2 * states, rtol=0.05):  # a surrogate's tolerance is 1 %
        raise AssertionError("wrong answers")
    return Took(np.array([took]), first, first + questions)


@model("bench.singles", scale=Scale("coarse"))
def singles(double: Double, first: float, *, questions: int = 1000) -> Took:
    """Learn from a batch, then ask one question after another between its ends."""
    double.map({"x": first + np.linspace(0.0, 100.0, 12)})
    took = []
    for x in first + np.random.default_rng(0).uniform(0.0, 100.0, questions):
        begun = time.perf_counter()
        answer = double(x=float(x))
        took.append(time.perf_counter() - begun)
        if not abs(answer - 2 * x) < 0.05 * abs(2 * x):
            raise AssertionError("wrong answer")
    return Took(np.array(took), first, first + questions)


@model("bench.trips", scale=Scale("coarse"))
def trips(reaction: Reaction, first: float, *, questions: int = 50) -> Took:
    """Ask for the reaction of a line of 101 places, another one each time."""
    line = np.full(101, 1e-20)
    line[[25, 50, 75]] = 2.0 + 1e-9 * first
    took = []
    for _ in range(questions):
        begun = time.perf_counter()
        line = np.array(reaction(concentration=line))
        took.append(time.perf_counter() - begun)
    return Took(np.array(took), first, first + questions)
