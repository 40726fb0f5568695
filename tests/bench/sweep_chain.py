"""The trivial chain that sweeps are measured with: a = 2 x, then b = a + y."""

from __future__ import annotations

from dataclasses import dataclass

from prefect import flow

from bridge import Scale, model, runner, stage


@dataclass(frozen=True)
class Doubled:
    """Twice a number."""

    a: float


@dataclass(frozen=True)
class Total:
    """A sum."""

    b: float


@model("bench.double", scale=Scale("fine"))
def double(x: float) -> Doubled:
    """Twice as much."""
    return Doubled(x * 2)


@model("bench.plus", scale=Scale("coarse"))
def plus(a: float, y: float) -> Total:
    """A sum of two."""
    return Total(a + y)


@flow(task_runner=runner())
def sweep_chain(x: float = 0.0, y: float = 1.0):
    """Two stages."""
    first = stage(double).submit(x=x)
    return stage(plus).submit(a=first.a, y=y)
