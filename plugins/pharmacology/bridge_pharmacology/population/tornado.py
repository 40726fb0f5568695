"""Which parameter moves a result most, one at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from bridge import Picture, model
from bridge_pharmacology.ports import Array
from bridge_pharmacology.scales import POPULATION

PER_PARAMETER = ("parameter",)


@dataclass(frozen=True)
class Tornado:
    """Parameters from the strongest to the weakest, by the larger of both changes."""

    order: str
    reach: Annotated[Array, "1", PER_PARAMETER]
    picture: Picture


@model("population.tornado", scale=POPULATION, depends=["matplotlib"])
def tornado(
    parameters: str,
    base: Annotated[float, "1"],
    lower: Annotated[Array, "1", PER_PARAMETER],
    upper: Annotated[Array, "1", PER_PARAMETER],
    *,
    title: str = "effect",
) -> Tornado:
    """A result at the typical values, and with each of the `parameters` alone at its lower and its upper end.

    `parameters` are names with commas between. Raises ValueError where their number is not that of the results.
    """
    from bridge_pharmacology.population import forest

    names = [name.strip() for name in parameters.split(",") if name.strip()]
    if len(names) != lower.size or not names:
        raise ValueError(f"{len(names)} parameters are named, and there are results of {lower.size}: name each.")
    reach = np.maximum(np.abs(lower - base), np.abs(upper - base))
    order = np.argsort(-reach, kind="stable")
    return Tornado(
        order=", ".join(names[k] for k in order),
        reach=reach[order],
        picture=forest.tornado(names, lower, upper, base, title, "1"),
    )
