"""The ratio of two viruses' effective reproduction numbers, over the immunity that people may have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from bridge import Picture, Within, model
from bridge_epidemic.ports import Array, Level, NotNegative, Positive, Share
from bridge_epidemic.protection.levels import at_age, interval, tabulated
from bridge_epidemic.protection.published import HALF_LIFE, HalfLife
from bridge_epidemic.scales import POPULATION

Fractions = Annotated[Array, "1", ("fraction",), Share]
Ages = Annotated[Array, "d", ("age",), NotNegative]
Earlier = Annotated[Array, "1", ("earlier",), Positive]
OverLevel = Annotated[Array, "1", ("level",), Share]
OverDraws = Annotated[Array, "1", ("draw", "level"), Share]
MeanLevel = Annotated[float, "1", Within(-20, 10)]
Relative = Annotated[float, "1", Within(0, 100, strict=True)]
Ratios = Annotated[Array, "1", ("earlier", "age", "fraction"), Positive]

FRACTION = np.linspace(0.0, 1.0, 101)
AGE = np.array([0.0, 30.0, 90.0, 180.0])
EARLIER = np.array([1.0, 2.0, 3.9])


@dataclass(frozen=True)
class Landscape:
    """Ratio of reproduction numbers, variant over earlier variant, with 95 % over the bootstrap of antibodies."""

    immune_fraction: Fractions
    age: Ages
    earlier_fold: Earlier
    ratio: Ratios
    ratio_low: Ratios
    ratio_high: Ratios
    picture: Picture


@dataclass(frozen=True)
class Ratio:
    """The ratio for one immune fraction, age of immunity and earlier variant, and the protections behind it."""

    ratio: Annotated[float, "1", Positive]
    ratio_low: Annotated[float, "1", Positive]
    ratio_high: Annotated[float, "1", Positive]
    earlier_protection: Annotated[float, "1", Share]
    escape_protection: Annotated[float, "1", Share]


def susceptible_ratio(fraction: Array, earlier: Array, variant: Array) -> Array:
    """[(1 - f) + f (1 - P_variant)] / [(1 - f) + f (1 - P_earlier)], for arrays that broadcast. Raises ValueError."""
    left = 1 - fraction * earlier
    if (left <= 0).any():
        raise ValueError(
            "Nobody is susceptible to the earlier variant: a ratio of reproduction numbers is not defined."
        )
    ratio: Array = (1 - fraction * variant) / left
    return ratio


def protections(
    level: Array, reference: Array, variant: Array, means: Array, earlier_fold: Array
) -> tuple[Array, Array]:
    """Protection from the earlier variant (earlier, mean) and from the variant (draw, mean), at mean levels."""
    earlier = tabulated(means[None, :] - np.log10(earlier_fold)[:, None], level, reference)
    return earlier, tabulated(means, level, variant)


@model("escape.landscape", scale=POPULATION, depends=["matplotlib"])
def landscape(
    level: Level,
    reference_protection: OverLevel,
    variant_protection: OverDraws,
    mean_level: MeanLevel = 0.0,
    half_life: HalfLife = HALF_LIFE,
    immune_fraction: Fractions = FRACTION,
    age: Ages = AGE,
    earlier_fold: Earlier = EARLIER,
    transmissibility_ratio: Relative = 1.0,
) -> Landscape:
    """What escape does to the effective reproduction number, over immune fraction, age of immunity, earlier variant.

    R_variant / R_earlier = transmissibility ratio x [(1 - f) + f (1 - P_variant)] / [(1 - f) + f (1 - P_earlier)]:
    protection acts on susceptibility, and one mixing population has a fraction f with immunity of one age. Their mean
    level is `mean_level` less log10(2) for each half-life; the earlier variant needs `earlier_fold` times the titre.
    Beyond the levels that are tabulated, protection is what it is at their ends. Raises ValueError for levels that are
    not even, and where nobody is susceptible to the earlier variant.
    """
    from bridge_epidemic.report.escape_pictures import landscape as drawn

    means = at_age(mean_level, age, half_life)
    earlier, variant = protections(level, reference_protection, variant_protection, means, earlier_fold)
    draws = susceptible_ratio(immune_fraction, earlier[None, :, :, None], variant[:, None, :, None])
    middle, low, high = interval(transmissibility_ratio * draws)
    figure = drawn(immune_fraction, age, earlier_fold, (low, middle, high))
    return Landscape(immune_fraction, age, earlier_fold, middle, low, high, Picture.drawn(figure))


@model("escape.ratio", scale=POPULATION)
def ratio(
    level: Level,
    reference_protection: OverLevel,
    variant_protection: OverDraws,
    mean_level: MeanLevel = 0.0,
    half_life: HalfLife = HALF_LIFE,
    immune_fraction: Annotated[float, "1", Share] = 0.7,
    age: Annotated[float, "d", NotNegative] = 0.0,
    earlier_fold: Annotated[float, "1", Positive] = 1.0,
    transmissibility_ratio: Relative = 1.0,
) -> Ratio:
    """One number of `escape.landscape`: the ratio of effective reproduction numbers, with 95 % over antibodies.

    Raises ValueError for levels that are not even, and where nobody is susceptible to the earlier variant.
    """
    means = at_age(mean_level, np.array([age]), half_life)
    earlier, variant = protections(level, reference_protection, variant_protection, means, np.array([earlier_fold]))
    draws = susceptible_ratio(np.asarray(immune_fraction), earlier, variant)[:, 0]
    middle, low, high = (float(value) for value in interval(transmissibility_ratio * draws))
    return Ratio(middle, low, high, float(earlier[0, 0]), float(variant[0, 0]))
