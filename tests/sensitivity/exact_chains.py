"""Functions whose Sobol indices are known exactly, each as a chain of three models, one a scale; and noisy models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from prefect import flow

from bridge import Scale, StandardErrorOf, model, runner, stage

ATOMISTIC = Scale("atomistic", length="1 angstrom .. 10 nm")
MESOSCOPIC = Scale("mesoscopic", length="10 nm .. 1 um")
CONTINUUM = Scale("continuum", length="1 um .. 1 m")


@dataclass(frozen=True)
class Part:
    """What goes up to the next scale."""

    value: float


@dataclass(frozen=True)
class Force:
    """What comes of a chain."""

    force: Annotated[float, "mN"]


# Ishigami's function: sin x1 + 7 sin^2 x2 + 0.1 x3^4 sin x1, T. Ishigami and T. Homma, Proc. ISUMA '90, 398 (1990).


@model("exact.well", scale=ATOMISTIC)
def well(x3: Annotated[float, "nm"]) -> Part:
    """The factor 1 + 0.1 x3^4."""
    return Part(1 + 0.1 * x3**4)


@model("exact.wave", scale=MESOSCOPIC)
def wave(factor: float, x1: Annotated[float, "rad"]) -> Part:
    """A wave of that height."""
    return Part(factor * float(np.sin(x1)))


@model("exact.sum", scale=CONTINUUM)
def total(wave: float, x2: Annotated[float, "rad"]) -> Force:
    """The wave and another."""
    return Force(wave + 7 * float(np.sin(x2)) ** 2)


@flow(task_runner=runner(), validate_parameters=False)
def ishigami(x1: str = "0 rad", x2: str = "0 rad", x3: str = "0 nm"):
    """Ishigami's function, from fine to coarse."""
    low = stage(well).submit(x3=x3)
    middle = stage(wave).submit(factor=low.value, x1=x1)
    return stage(total).submit(wave=middle.value, x2=x2)


# Sobol's g-function: the product of (|4x - 2| + a) / (1 + a), two factors a scale.

A = {"x1": 0.5, "x2": 3.0, "x3": 0.0, "x4": 9.0, "x5": 1.0, "x6": 99.0}


def _g(x: float, name: str) -> float:
    return (abs(4 * x - 2) + A[name]) / (1 + A[name])


@model("exact.g_fine", scale=ATOMISTIC)
def g_fine(x1: float, x2: float) -> Part:
    """The first two factors."""
    return Part(_g(x1, "x1") * _g(x2, "x2"))


@model("exact.g_middle", scale=MESOSCOPIC)
def g_middle(before: float, x3: float, x4: float) -> Part:
    """Two more."""
    return Part(before * _g(x3, "x3") * _g(x4, "x4"))


@model("exact.g_coarse", scale=CONTINUUM)
def g_coarse(before: float, x5: float, x6: float) -> Force:
    """The last two."""
    return Force(before * _g(x5, "x5") * _g(x6, "x6"))


@flow(task_runner=runner(), validate_parameters=False)
def g_function(x1: float = 0.5, x2: float = 0.5, x3: float = 0.5, x4: float = 0.5, x5: float = 0.5, x6: float = 0.5):
    """Sobol's g-function, from fine to coarse."""
    fine = stage(g_fine).submit(x1=x1, x2=x2)
    middle = stage(g_middle).submit(before=fine.value, x3=x3, x4=x4)
    return stage(g_coarse).submit(before=middle.value, x5=x5, x6=x6)


# Noise


@dataclass(frozen=True)
class Mean:
    """A mean of few draws, with its standard error."""

    mean: Annotated[float, "K"]
    error: Annotated[float, "mK", StandardErrorOf("mean")]


@model("exact.measured", scale=MESOSCOPIC)
def measured(x: Annotated[float, "K"], *, draws: int = 16, seed: int = 0) -> Mean:
    """A mean over draws of variance 16 about x; which draws depends on x as much as on the seed."""
    if x > 1003.9:
        raise ValueError("too hot")
    rng = np.random.default_rng([seed, *np.frombuffer(np.float64(x).tobytes(), np.uint32)])
    drawn = rng.normal(x, 4.0, draws)
    return Mean(float(drawn.mean()), float(drawn.std(ddof=1) / np.sqrt(draws)) * 1000)


@flow(task_runner=runner(), validate_parameters=False)
def noisy(x: str = "300 K", seed: int = 0):
    """One noisy model."""
    return stage(measured).submit(x=x, seed=seed)


@model("exact.plain", scale=MESOSCOPIC)
def plain(x: Annotated[float, "K"]) -> Mean:
    """The number itself."""
    return Mean(x, 0.0)


@flow(task_runner=runner(), validate_parameters=False)
def chosen(x: str = "300 K", method: str = "plain", unused: float = 0.0):
    """One of two models, by name."""
    return stage({"plain": plain, "noisy": measured}[str(method)], name="walk").submit(x=x)
