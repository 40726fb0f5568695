"""Flows whose models judge the separation of their scales."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from prefect import flow

from bridge import Q, Scale, Watch, model, runner, separated, stage, steps


@dataclass(frozen=True)
class Uptake:
    uptake: Annotated[float, "1/s"]


@model("separating.tissue", scale=Scale("tissue", length="10 um .. 1 mm", time="1 min .. 1 day"))
def tissue(binding: Annotated[float, "s"], diffusion: Annotated[float, "s"] = 1000.0, *, tag: str) -> Uptake:
    """Uptake where binding is in equilibrium with diffusion."""
    separated(
        "diffusion/binding", fine=Q(binding, "s"), coarse=Q(diffusion, "s"), limit=0.1, error="first order in the ratio"
    )
    steps(Q(diffusion, "s"), Q(binding, "s"), name="binding steps")
    return Uptake(1 / (diffusion + round(binding)))


@dataclass(frozen=True)
class Dose:
    dose: Annotated[float, "1"]


@model("separating.organ", scale=Scale("organ", length="1 cm .. 1 m"))
def organ(uptake: Annotated[float, "1/s"], *, tag: str) -> Dose:
    """A dose from an uptake."""
    return Dose(uptake * 3600)


@model("separating.cooling", scale=Scale("continuum", time="1 s .. 1 h"))
def cooling(*, tag: str, limit: float = 0.1) -> Dose:
    """A slow time that shrinks while the model runs."""
    watch = Watch("fast/slow", limit=limit, every=10)
    for step in range(100):
        watch(fine="1 s", coarse=Q(np.array([200.0, 100.0]) - step, "s"))
    return Dose(1.0)


@flow(task_runner=runner())
def dosing(tag: str, binding: str = "1 s", allow: str = "", retries: int = 0):
    options = {"accept": allow} if allow else {}
    first = stage(tissue, retries=retries, **options).submit(binding=binding, tag=tag)
    return stage(organ).submit(uptake=first.uptake, tag=tag)


@flow(task_runner=runner())
def cools(tag: str, limit: float = 0.1):
    return stage(cooling).submit(tag=tag, limit=limit)
