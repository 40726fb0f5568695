"""Estimates from somebody's table, as a stage: what individuals differ by, and how well it all is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from bridge import File, Picture, Within, model
from bridge_pharmacology.ports import Array, NotNegative, Positive
from bridge_pharmacology.scales import POPULATION

PER_PARAMETER = ("parameter",)
#: No file at all.
NONE = File(b"", "text/plain")


@dataclass(frozen=True)
class EstimatesFound:
    """Numbers of the table in its own units, which `units` names beside `parameters`.

    `covariance` is that of the logarithms of the estimates, `drawn` are draws from it. `effects` names the parameters
    that differ between individuals and `variance` is their variance matrix: both fit `population.random_effects` and
    the models that make individuals.
    """

    parameters: str
    units: str
    estimate: Annotated[Array, "1", PER_PARAMETER, Positive]
    relative_error: Annotated[Array, "1", PER_PARAMETER, NotNegative]
    covariance: Annotated[Array, "1", ("parameter", "other_parameter")]
    drawn: Annotated[Array, "1", ("draw", "parameter"), Positive]
    effects: str
    variance: Annotated[Array, "1", ("effect", "other_effect")]
    variation: Annotated[Array, "1", ("effect",), NotNegative]
    picture: Picture


@model("population.estimates", scale=POPULATION, depends=["matplotlib"])
def estimates(
    table: File,
    covariance: File = NONE,
    names: str = "",
    units: str = "",
    effects: str = "",
    *,
    draws: Annotated[int, Within(1, 1_000_000)] = 1,
    seed: int = 1,
) -> EstimatesFound:
    """Typical values, their covariance, and the variance between individuals, from a table of estimates.

    The table is comma-separated text (see `bridge_pharmacology.population.estimates`): parameter, estimate, unit; rse,
    se or covariances; cv or variances. Or it is NONMEM's .ext file, beside it the .cov file as `covariance`: then
    `names` and `units` say, separated by commas, what each THETA is, and `effects` which of them each ETA moves.
    `draws` sets of parameters are drawn from what is not known of the estimates, lognormal.

    Typical values are literals of a flow: ``estimates.read(path).literals()`` gives them with their units. Raises
    ValueError for a table that cannot be read, naming line and column.
    """
    from bridge_pharmacology.population import estimates as tables
    from bridge_pharmacology.population import forest, nonmem, variability

    if nonmem.is_ext(table.content):
        found = nonmem.read(table.content, covariance.content, names=names, units=units, effects=effects)
    elif names or units or effects or covariance.content:
        raise ValueError(
            "names, units, effects and covariance belong to NONMEM's .ext file, which begins with TABLE NO.; a table "
            "of comma-separated text says all of this itself. Leave them out."
        )
    else:
        found = tables.read(table.content)
    spread = variability.coefficient_of_variation(np.diagonal(found.log_variance))
    picture = forest.estimates(found.parameters, found.units, found.estimate, found.relative_error, spread)
    return EstimatesFound(
        parameters=", ".join(found.parameters),
        units=", ".join(found.units),
        estimate=found.estimate,
        relative_error=found.relative_error,
        covariance=found.covariance,
        drawn=found.drawn(draws, seed),
        effects=", ".join(found.effects),
        variance=found.variance,
        variation=variability.coefficient_of_variation(np.diagonal(found.variance)),
        picture=picture,
    )
