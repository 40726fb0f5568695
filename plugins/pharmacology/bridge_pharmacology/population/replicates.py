"""The same trial again and again: everybody's doses for each replicate of the individuals."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated

import numpy as np

from bridge import Within, model
from bridge_pharmacology.dosing.doses import Doses
from bridge_pharmacology.ports import PER_INDIVIDUAL, Array, constant
from bridge_pharmacology.scales import POPULATION

#: Dosed individuals of all replicates together.
MOST = 10_000_000


@dataclass(frozen=True)
class Replicates:
    """A trial of `patients` individuals, who are the trial's own over and over.

    Individual number k of replicate r is number r · `each` + k.
    """

    doses: Doses
    body_weight: Annotated[Array, "kg", ("individual",), Within(0.5, 500)]
    patients: int
    each: int


@model("population.replicates", scale=POPULATION)
def replicates(
    doses: Doses,
    body_weight: Annotated[Array, "kg", PER_INDIVIDUAL, Within(0.5, 500)] = constant(70.0),
    count: Annotated[int, Within(1, 100_000)] = 100,
) -> Replicates:
    """Doses of `count` copies of a trial, one copy after another, with body weights beside them.

    Raises ValueError for body weights of another number of individuals, and for more than ten million.
    """
    each = int(doses.individual.max()) + 1 if doses.individual.size else 1
    if body_weight.size not in (1, each):
        raise ValueError(f"body_weight is given for {body_weight.size} individuals, and {each} are dosed.")
    if each * count > MOST:
        raise ValueError(f"{count} replicates of {each} individuals are more than {MOST}. Write a smaller count.")
    tiled = {field.name: np.tile(getattr(doses, field.name), count) for field in fields(Doses)}
    tiled["individual"] = tiled["individual"] + each * np.repeat(np.arange(count), doses.individual.size)
    weights = np.tile(np.broadcast_to(body_weight, (each,)), count)
    return Replicates(Doses(**tiled), weights, each * count, each)
