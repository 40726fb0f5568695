"""What published ratios of reproduction numbers would need, and what escape from antibodies leaves unexplained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from bridge import Within, model
from bridge_epidemic.ports import Array, Level, Positive, Share, Whole, listed, names
from bridge_epidemic.protection.landscape import (
    AGE,
    EARLIER,
    Ages,
    Earlier,
    MeanLevel,
    OverDraws,
    OverLevel,
    Relative,
    protections,
)
from bridge_epidemic.protection.levels import at_age
from bridge_epidemic.protection.published import HALF_LIFE, HalfLife
from bridge_epidemic.scales import POPULATION

Published = Annotated[Array, "1", ("published",), Positive]
Needed = Annotated[Array, "1", ("published", "earlier", "age"), Share]
Reached = Annotated[Whole, ("published", "earlier", "age"), Within(0, 1)]
Own = Annotated[float, "1", Positive]

#: BA.1 over Delta in Denmark: both ends of K. Ito, C. Piantham, H. Nishiura, Math. Biosci. Eng. 19, 9005 (2022), who
#: estimate generation times, too, and P. R. Hansen, arXiv:2110.00533, who assumes them equal.
PUBLISHED = np.array([1.88, 2.19, 3.15])
NAMES = listed(("Ito et al. 2022, low", "Ito et al. 2022, high", "Hansen 2022"))


@dataclass(frozen=True)
class Conditions:
    """The immune fraction at which escape alone would give each published ratio, and what is left at the run's own.

    `needed` is 1 where not even everybody immune would do, or where no fraction would: `reached` is 0 there.
    `needed_low` and `needed_high` are 95 % over the bootstrap of antibodies, a resample that does not reach it counted
    as 1; `reached_share` is how many resamples do. `unexplained` is published over escape ratio: the factor that
    transmissibility, generation times or anything else must account for.
    """

    published_names: str
    published_ratio: Published
    age: Ages
    earlier_fold: Earlier
    needed: Needed
    reached: Reached
    needed_low: Needed
    needed_high: Needed
    reached_share: Needed
    unexplained: Published
    unexplained_low: Published
    unexplained_high: Published


@model("escape.conditions", scale=POPULATION)
def conditions(
    level: Level,
    reference_protection: OverLevel,
    variant_protection: OverDraws,
    ratio: Own,
    ratio_low: Own,
    ratio_high: Own,
    mean_level: MeanLevel = 0.0,
    half_life: HalfLife = HALF_LIFE,
    age: Ages = AGE,
    earlier_fold: Earlier = EARLIER,
    transmissibility_ratio: Relative = 1.0,
    published_ratio: Published = PUBLISHED,
    published_names: str = NAMES,
) -> Conditions:
    """What immune fraction each published ratio would need, by age of immunity and earlier variant.

    f = (q - 1) / (q P_earlier - P_variant), q the published ratio over that of transmissibility: the ratio of
    `escape.landscape` solved for f. Some fraction nearly always fits; that it does proves nothing. `ratio` with its
    interval is the run's own, of `escape.ratio`. Published ratios of BA.1 are against Delta, of which the antibodies
    say nothing. Raises ValueError for names of another number than ratios.
    """
    known = names(published_names)
    if len(known) != published_ratio.size:
        raise ValueError(
            f"published_names lists {len(known)} names, and there are {published_ratio.size} published ratios. Write a "
            "name for each, one to a line."
        )
    means = at_age(mean_level, age, half_life)
    earlier, variant = protections(level, reference_protection, variant_protection, means, earlier_fold)
    aim = (published_ratio / transmissibility_ratio)[None, :, None, None]
    fraction, reached = needed(aim, earlier[None, None], variant[:, None, None, :])
    resampled = fraction[1:] if len(fraction) > 1 else fraction
    low, high = np.quantile(resampled, (0.025, 0.975), axis=0)
    return Conditions(
        published_names=listed(known),
        published_ratio=published_ratio,
        age=age,
        earlier_fold=earlier_fold,
        needed=fraction[0],
        reached=reached[0].astype(np.int64),
        needed_low=low,
        needed_high=high,
        reached_share=(reached[1:] if len(reached) > 1 else reached).mean(axis=0),
        unexplained=published_ratio / ratio,
        unexplained_low=published_ratio / ratio_high,
        unexplained_high=published_ratio / ratio_low,
    )


def needed(aim: Array, earlier: Array, variant: Array) -> tuple[Array, NDArray[np.bool_]]:
    """The fraction f of (1 - f P_variant) / (1 - f P_earlier) = aim, or 1, and whether there is one from 0 to 1."""
    with np.errstate(divide="ignore", invalid="ignore"):
        fraction = (aim - 1) / (aim * earlier - variant)
    fraction = np.where(aim == 1, 0.0, fraction)
    reached = (fraction >= 0) & (fraction <= 1)
    return np.where(reached, fraction, 1.0), reached
