"""Generation times: published, from an infectious course, and as stages of compartments."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np

from bridge import Within, model
from bridge_epidemic.ports import Array, NotNegative, Positive, Time
from bridge_epidemic.scales import PERSON
from bridge_epidemic.transmission.density import area, checked, gamma_density, lognormal_density, moments
from bridge_epidemic.transmission.growth import Age, Density
from bridge_epidemic.transmission.staged import matching_periods, possible_spreads

Days = Annotated[float, "d", Within(0, 1000, strict=True)]


@dataclass(frozen=True)
class GenerationTime:
    """Time from a person's infection to the infections that person causes: mean, standard deviation and density."""

    generation_time: Days
    generation_time_spread: Annotated[float, "d", NotNegative]
    infection_age: Age
    generation_density: Density


@dataclass(frozen=True)
class FromInfectiousness(GenerationTime):
    """A generation time from a course, with what the course transmits beside that of a reference."""

    transmitted: Annotated[float, "d", Positive]
    relative_transmissibility: Annotated[float, "1", NotNegative]


@dataclass(frozen=True)
class Stages:
    """Periods of compartments, and the generation time that they have in steps of the given length."""

    latent_period: Annotated[float, "d", Within(0, 1000)]
    infectious_period: Days
    latent_stages: Annotated[int, Within(0, 20)]
    infectious_stages: Annotated[int, Within(1, 20)]
    stepped_generation_time: Days
    stepped_generation_time_spread: Annotated[float, "d", NotNegative]


@dataclass(frozen=True)
class Reference:
    """A course of infectiousness that another is compared with."""

    time: Time
    infectiousness: Annotated[Array, "1", ("time",), NotNegative]


NO_REFERENCE = Reference(np.zeros(0), np.zeros(0))


@model("transmission.gamma_generation_time", scale=PERSON, depends=["scipy"])
def gamma_generation_time(generation_time: Days = 5.20, generation_time_spread: Days = 1.72) -> GenerationTime:
    """A gamma distribution of the generation time, from its mean and standard deviation.

    Default: SARS-CoV-2 in Singapore, January and February 2020, 5.20 d (3.78-6.78) and 1.72 d (0.91-3.93): T. Ganyani
    et al., Euro Surveill. 25(17), 2000257 (2020). Others for the strains of 2020: 3.95 and 1.51 d in Tianjin (the
    same); 5.9 and 4.8 d in British households (W. S. Hart et al., eLife 11, e70767, 2022). For BA.1 see
    `transmission.lognormal_generation_time`.

    Raises ValueError where the spread is above the mean: such a density has no end at age 0.
    """
    if generation_time_spread > generation_time:
        raise ValueError(
            f"a gamma distribution with mean {generation_time:g} d and spread {generation_time_spread:g} d is infinite "
            "at age 0. Take transmission.lognormal_generation_time, or a smaller spread."
        )
    ages, values = gamma_density(generation_time, generation_time_spread)
    return GenerationTime(generation_time, generation_time_spread, ages, values)


@model("transmission.lognormal_generation_time", scale=PERSON, depends=["scipy"])
def lognormal_generation_time(generation_time: Days = 2.97, generation_time_spread: Days = 1.48) -> GenerationTime:
    """A lognormal distribution of the generation time, from its mean and standard deviation.

    Default: BA.1 in Dutch households, December 2021, 3.0 d (2.7-3.2): S. W. Park et al., Proc. Natl Acad. Sci. USA 120,
    e2221887120 (2023); its spread follows from the estimates in the authors' repository, log-mean 0.979 and
    log-deviation 0.471. Delta in the same households: 3.85 and 2.16 d (1.211 and 0.524).
    """
    ages, values = lognormal_density(generation_time, generation_time_spread)
    return GenerationTime(generation_time, generation_time_spread, ages, values)


@model("transmission.generation_time", scale=PERSON)
def generation_time(
    time: Time,
    infectiousness: Annotated[Array, "1", ("time",), NotNegative],
    reference: Reference = NO_REFERENCE,
) -> FromInfectiousness:
    """Generation time of a course of infectiousness, and how much it transmits beside a reference.

    With contacts at a constant rate, infections at age a are proportional to infectiousness, so its density is
    infectiousness over its area. People who stay at home once ill transmit earlier than that. The ratio of areas to
    that of the reference course, of the same relation between load and infectiousness, is `relative_transmissibility`
    (1 without a reference): of a breakthrough infection beside one without antibody it is the `infectiousness` of an
    immunity class. Protection from infection is not in it and belongs to susceptibility: antibody counts once in each.
    An infection that runs more slowly is infectious for longer: its ratio may be near 1 or above with a lower peak.

    Raises ValueError where time does not rise from the infection, or infectiousness has not ended with it.
    """
    checked(time, infectiousness, "infectiousness")
    _ended(time, infectiousness, "infectiousness")
    mean, spread = moments(time, infectiousness)
    transmitted = area(time, infectiousness)
    ratio = 1.0
    if reference.time.size:
        checked(reference.time, reference.infectiousness, "the reference's infectiousness")
        _ended(reference.time, reference.infectiousness, "the reference's infectiousness")
        ratio = transmitted / area(reference.time, reference.infectiousness)
    return FromInfectiousness(
        generation_time=mean,
        generation_time_spread=spread,
        infection_age=time,
        generation_density=infectiousness / transmitted,
        transmitted=transmitted,
        relative_transmissibility=ratio,
    )


def _ended(time: Array, infectiousness: Array, what: str) -> None:
    if infectiousness[-1] > 0.01 * infectiousness.max():
        raise ValueError(
            f"{what} is still {infectiousness[-1] / infectiousness.max():.2g} of its peak at the end, {time[-1]:g} d. "
            "Give a longer course (duration)."
        )


@model("transmission.stages", scale=PERSON)
def stages(
    generation_time: Days,
    generation_time_spread: Days,
    latent_stages: Annotated[int, Within(0, 20)] = 1,
    infectious_stages: Annotated[int, Within(1, 20)] = 1,
    longer: Literal["infectious", "latent"] = "infectious",
    *,
    step: Annotated[float, "d", Within(0, 10)] = 0.0,
) -> Stages:
    """Latent and infectious periods whose compartments have this generation time, by mean and spread.

    m latent stages of mean L/m and n infectious ones of I/n have mean L + I (n+1)/2n and variance
    L²/m + I² (1+1/n)(1+5/n)/12 (Å. Svensson, Math. Biosci. 208, 300, 2007). Two pairs of periods may do: `longer` says
    which is the longer one; where only one pair does, it is taken. A latent stage and an infectious one cannot have a
    spread below 0.71 or above 1 of the mean: more stages are narrower.

    In steps a stage is left with chance 1 - exp(-dt/τ) and so lasts dt/(1 - exp(-dt/τ)), half a step more than τ: an
    epidemic in steps of `step` has a generation time longer by about (m + (n+1)/2) dt/2. With a `step`, periods are
    shortened so that the mean in steps is the one asked for; `stepped_generation_time_spread` is what the spread then
    is. `step` 0 leaves periods as in continuous time.

    Raises ValueError where no such periods exist, with the spreads that do, or a stage would be shorter than a step.
    """
    found = matching_periods(generation_time, generation_time_spread, latent_stages, infectious_stages)
    if not found:
        least, greatest = possible_spreads(generation_time, latent_stages, infectious_stages)
        raise ValueError(
            f"{latent_stages} latent and {infectious_stages} infectious stages with a mean of {generation_time:g} d "
            f"have a spread of {least:.4g} to {greatest:.4g} d, and {generation_time_spread:g} d is asked for. "
            + (
                _enough(generation_time, generation_time_spread)
                if generation_time_spread < least
                else "Give fewer stages."
            )
        )
    latent, infectious = found[0 if longer == "infectious" or len(found) == 1 else -1]
    lasting = [latent / latent_stages if latent_stages else 0.0, infectious / infectious_stages]
    if step:
        shortest = min(value for value in lasting if value > 0)
        if shortest <= step:
            raise ValueError(
                f"a stage of {shortest:.3g} d cannot be left in steps of {step:g} d. "
                "Give a shorter step, or fewer stages."
            )
        latent = latent_stages * _before_steps(lasting[0], step) if latent else 0.0
        infectious = infectious_stages * _before_steps(lasting[1], step)
    mean, spread = stepped_moments(latent, infectious, latent_stages, infectious_stages, step)
    return Stages(
        latent_period=latent,
        infectious_period=infectious,
        latent_stages=latent_stages if latent else 0,
        infectious_stages=infectious_stages,
        stepped_generation_time=mean,
        stepped_generation_time_spread=spread,
    )


def _enough(mean: float, spread: float) -> str:
    """How many stages of each kind are narrow enough, as something to do next."""
    for number in range(1, 21):
        if matching_periods(mean, spread, number, number):
            return f"Give more stages: latent_stages={number} and infectious_stages={number} would do."
    return "20 stages of each kind would not be narrow enough."


def _before_steps(lasting: float, step: float) -> float:
    """The mean dwell time (d) of a stage in continuous time that lasts `lasting` (d) on average in steps."""
    return -step / math.log1p(-step / lasting)


def stepped_moments(
    latent: float, infectious: float, latent_stages: int, infectious_stages: int, step: float
) -> tuple[float, float]:
    """Mean and spread (d) of the generation time in steps of `step` (d), 0: in continuous time.

    A stage takes a geometric number of steps, mean 1/p with p = 1 - exp(-dt/τ); an infection is passed on in each step
    of the infectious period alike, and counted at the end of it.
    """
    from bridge_epidemic.transmission.staged import staged_moments

    m, n = latent_stages if latent else 0, infectious_stages
    if not step:
        mean, spread = staged_moments(latent, infectious, m, n)
        return float(mean), float(spread)
    out = -math.expm1(-step * n / infectious)
    first, second, third = _negative_binomial_moments(n, out)
    steps = (second / first + 1) / 2
    square = (2 * third + 3 * second + first) / (6 * first)
    variance = square - steps**2
    if m:
        through = -math.expm1(-step * m / latent)
        steps += m / through
        variance += m * (1 - through) / through**2
    return steps * step, step * math.sqrt(max(variance, 0.0))


def _negative_binomial_moments(n: int, p: float) -> tuple[float, float, float]:
    """First three raw moments of the sum of n geometric numbers 1, 2, … with chance p."""
    mean, variance = n / p, n * (1 - p) / p**2
    third = n * (1 - p) * (2 - p) / p**3
    return mean, variance + mean**2, third + 3 * mean * variance + mean**3
