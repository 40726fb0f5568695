"""Growth rates and reproduction numbers: what one says of the other, given the generation time.

With g the density of the generation time, incidence that grows as exp(r t) has R = 1 / integral of exp(-r a) g(a):
J. Wallinga and M. Lipsitch, Proc. R. Soc. B 274, 599 (2007). R is the number of infections a case causes under the
conditions of the day (instantaneous); r is what a curve of cases shows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from bridge import Within, model
from bridge_epidemic.ports import Array, NotNegative
from bridge_epidemic.scales import POPULATION
from bridge_epidemic.transmission.density import area, checked, discounted
from bridge_epidemic.transmission.staged import transform

Rate = Annotated[float, "1/d", Within(-5, 5)]
Age = Annotated[Array, "d", ("infection_age",), NotNegative]
Density = Annotated[Array, "1/d", ("infection_age",), NotNegative]

#: Growth rates (1/d) are looked for up to here, rising or falling.
GREATEST = 5.0


def doubling(rate: float) -> float:
    """Time (d) in which incidence doubles, negative: halves; infinite where it stays."""
    return math.log(2) / rate if rate else math.inf


def by_gamma(rate: float, mean: float, spread: float) -> float:
    """R of a growth rate (1/d) where the generation time is gamma distributed: (1 + r mean/k)^k, k = (mean/spread)²."""
    shape = (mean / spread) ** 2
    base = 1 + rate * mean / shape
    if base <= 0:
        raise ValueError(f"no R belongs to {rate:g} 1/d: with this generation time incidence falls by less than that.")
    return float(base**shape)


def rate_by_gamma(reproduction_number: float, mean: float, spread: float) -> float:
    """Growth rate (1/d) of R where the generation time is gamma distributed; mean and spread in d."""
    shape = (mean / spread) ** 2
    return float((reproduction_number ** (1 / shape) - 1) * shape / mean)


def by_stages(
    rate: float, latent: float, infectious: float, latent_stages: int = 1, infectious_stages: int = 1
) -> float:
    """R of a growth rate (1/d) in compartments: SIR without a latent stage, SEIR with one; periods in d."""
    found = float(transform(rate, latent, infectious, latent_stages, infectious_stages))
    if not found > 0:
        raise ValueError(f"no R belongs to {rate:g} 1/d: people of these periods are rid of it more slowly than that.")
    return 1 / found


def reproduction_of(rate: float, age: Array, density: Array) -> float:
    """R of a growth rate (1/d), for any density (1/d) of the generation time over ages (d). Raises ValueError."""
    return area(age, density) / discounted(age, density, rate)


def rate_of(reproduction_number: float, age: Array, density: Array) -> float:
    """Growth rate (1/d) of R, for any density of the generation time. Raises ValueError."""
    from scipy.optimize import brentq

    if reproduction_number == 1:
        return 0.0

    def off(rate: float) -> float:
        return math.log(reproduction_of(rate, age, density) / reproduction_number)

    side = 1.0 if reproduction_number > 1 else -1.0
    reached, step = 0.0, 0.01
    while side * off(side * reached) < 0:
        if reached >= GREATEST:
            raise ValueError(
                f"R = {reproduction_number:g} would need a growth rate beyond {side * GREATEST:g} 1/d. "
                "Is the unit of the ages right?"
            )
        further = min(reached + step, GREATEST)
        try:
            off(side * further)
        except ValueError:  # the density ends too early to tell so fast a decline: nearer, while there is room
            step /= 2
            if step < 1e-6:
                raise
        else:
            reached, step = further, 2 * step
    return float(brentq(off, min(0.0, side * reached), max(0.0, side * reached), xtol=1e-14, rtol=1e-12))


@dataclass(frozen=True)
class Distribution:
    """Density of a generation time over ages since infection."""

    infection_age: Age
    generation_density: Density


@dataclass(frozen=True)
class Growth:
    """How fast an epidemic grows; a negative doubling time is a time of halving."""

    growth_rate: Rate
    doubling_time: Annotated[float, "d"]


@dataclass(frozen=True)
class Reproduction:
    """The reproduction number behind a growth rate."""

    reproduction_number: Annotated[float, "1", NotNegative]
    doubling_time: Annotated[float, "d"]


@dataclass(frozen=True)
class Advantage:
    """A variant's reproduction number over the earlier strain's, and over what it would be with the same times."""

    reproduction_ratio: Annotated[float, "1", NotNegative]
    reproduction_ratio_same_times: Annotated[float, "1", NotNegative]
    reproduction_number: Annotated[float, "1", NotNegative]
    variant_reproduction_number: Annotated[float, "1", NotNegative]


@model("transmission.growth", scale=POPULATION, depends=["scipy"])
def growth(
    reproduction_number: Annotated[float, "1", Within(0, 100, strict=True)],
    infection_age: Age,
    generation_density: Density,
) -> Growth:
    """Growth rate and doubling time of an epidemic, from R and the generation time: 1/R = integral exp(-r a) g(a).

    At R = 1 nothing doubles: the doubling time is refused there. Raises ValueError.
    """
    checked(infection_age, generation_density, "the density of the generation time")
    rate = rate_of(reproduction_number, infection_age, generation_density)
    return Growth(growth_rate=rate, doubling_time=_finite(rate))


@model("transmission.reproduction", scale=POPULATION)
def reproduction(growth_rate: Rate, infection_age: Age, generation_density: Density) -> Reproduction:
    """R from the growth rate of an epidemic and the generation time: R = 1 / integral exp(-r a) g(a).

    Raises ValueError where incidence cannot fall so fast, or does not change, for then nothing doubles.
    """
    checked(infection_age, generation_density, "the density of the generation time")
    found = reproduction_of(growth_rate, infection_age, generation_density)
    return Reproduction(reproduction_number=found, doubling_time=_finite(growth_rate))


@model("transmission.advantage", scale=POPULATION)
def advantage(
    selection_coefficient: Rate,
    growth_rate: Rate,
    infection_age: Age,
    generation_density: Density,
    variant: Distribution,
) -> Advantage:
    """What a variant's gain in share says of its reproduction number, which its generation time decides.

    `infection_age` and `generation_density` are the earlier strain's generation time, `variant` holds the variant's.
    The selection coefficient is the variant's growth rate less the earlier strain's: the slope of the logit of its
    share, in natural logarithms per day. R of each comes from its own growth rate and its own generation time. A
    variant with shorter times needs a smaller R for the same gain while its cases grow: that is why BA.1 over Delta in
    Denmark was 3.19 (2.82-3.61) with equal times (K. Ito, C. Piantham and H. Nishiura, J. Med. Virol. 94, 2265, 2022)
    and 1.88-2.19 with times 0.44-0.46 as long (the same, Math. Biosci. Eng. 19, 9005, 2022).
    """
    checked(infection_age, generation_density, "the density of the generation time")
    checked(variant.infection_age, variant.generation_density, "the density of the variant's generation time")
    earlier = reproduction_of(growth_rate, infection_age, generation_density)
    faster = growth_rate + selection_coefficient
    own = reproduction_of(faster, variant.infection_age, variant.generation_density)
    same = reproduction_of(faster, infection_age, generation_density)
    return Advantage(
        reproduction_ratio=own / earlier,
        reproduction_ratio_same_times=same / earlier,
        reproduction_number=earlier,
        variant_reproduction_number=own,
    )


def _finite(rate: float) -> float:
    if not np.isfinite(doubling(rate)):
        raise ValueError("an epidemic with R = 1 neither grows nor falls: it has no doubling time.")
    return doubling(rate)
