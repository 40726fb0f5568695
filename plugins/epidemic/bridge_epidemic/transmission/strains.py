"""Strains of a virus that circulate together: how infectious they are, for how long, and when they arrive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from bridge import Within, model
from bridge_epidemic.population.records import Strains
from bridge_epidemic.ports import Array, NotNegative, People, listed
from bridge_epidemic.scales import POPULATION
from bridge_epidemic.transmission.staged import staged_moments

PER_STRAIN = ("strain|1",)
Period = Within(0, 1000)
LatentStages = Annotated[int, Within(0, 20)]
InfectiousStages = Annotated[int, Within(1, 20)]

#: SARS-CoV-2 of 2020: a mean generation time of 5.9 d with a spread of 4.8 d, by one latent and one infectious stage.
LATENT, INFECTIOUS = np.array([1.27]), np.array([4.63])
SEEDS, NONE = np.array([100.0]), np.zeros(1)
#: Summary of 29 studies of the SARS-CoV-2 of 2020.
BASIC = 2.87


@dataclass(frozen=True)
class Circulating:
    """Strains as a course of an epidemic takes them, and the mean and spread of the generation time of each."""

    strains: Strains
    generation_time: Annotated[Array, "d", ("strain",), NotNegative]
    generation_time_spread: Annotated[Array, "d", ("strain",), NotNegative]


@model("epidemic.two_strains", scale=POPULATION)
def two_strains(
    names: str = "D614G, BA.1",
    reproduction_number: Annotated[float, "1", Within(0, 100)] = BASIC,
    transmissibility_ratio: Annotated[float, "1", Within(0, 100)] = 1.0,
    latent_period: Annotated[Array, "d", PER_STRAIN, Period] = LATENT,
    infectious_period: Annotated[Array, "d", PER_STRAIN, Within(0, 1000, strict=True)] = INFECTIOUS,
    latent_stages: LatentStages = 1,
    infectious_stages: InfectiousStages = 1,
    seeds: Annotated[Array, "1", PER_STRAIN, People] = SEEDS,
    seed_day: Annotated[Array, "d", PER_STRAIN, NotNegative] = NONE,
    imported: Annotated[Array, "1/d", PER_STRAIN, NotNegative] = NONE,
) -> Circulating:
    """An earlier strain and a variant that is so many times as transmissible where nobody is immune.

    `reproduction_number` is the earlier strain's basic one; the variant's is `transmissibility_ratio` times that. What
    else tells them apart is what immunity does to them, and that is said elsewhere. Periods, seeds, their day and
    imported infections are one number for both, or two with a comma between.

    Defaults: basic reproduction number 2.87 (2.39-3.44) of the SARS-CoV-2 of 2020, M. A. Billah, M. M. Miah and
    M. N. Khan, PLoS ONE 15, e0242128 (2020); periods of 1.27 and 4.63 d, one stage each, have the generation time of
    5.9 d (5.2-7.0) and spread of 4.8 d (4.0-6.3) of British households in 2020, W. S. Hart et al., eLife 11, e70767
    (2022). Both strains have them, so that nothing but escape and the ratio differs; a variant with a shorter
    generation time needs periods of its own (`transmission.stages`).

    Raises ValueError where not two names are given, or latent stages and latent periods contradict.
    """
    named = _named(names)
    if len(named) != 2:
        raise ValueError(
            f"epidemic.two_strains takes two names with a comma between, got {names!r}: {len(named)}. "
            "Write names='D614G, BA.1', or take epidemic.strains for another number."
        )
    basic = reproduction_number * np.array([1.0, transmissibility_ratio])
    return _circulating(
        named, basic, latent_period, infectious_period, (latent_stages, infectious_stages), seeds, seed_day, imported
    )


@model("epidemic.strains", scale=POPULATION)
def strains(
    names: str,
    reproduction_number: Annotated[Array, "1", PER_STRAIN, Within(0, 100)],
    latent_period: Annotated[Array, "d", PER_STRAIN, Period] = LATENT,
    infectious_period: Annotated[Array, "d", PER_STRAIN, Within(0, 1000, strict=True)] = INFECTIOUS,
    latent_stages: LatentStages = 1,
    infectious_stages: InfectiousStages = 1,
    seeds: Annotated[Array, "1", PER_STRAIN, People] = SEEDS,
    seed_day: Annotated[Array, "d", PER_STRAIN, NotNegative] = NONE,
    imported: Annotated[Array, "1/d", PER_STRAIN, NotNegative] = NONE,
) -> Circulating:
    """Any number of strains, by their basic reproduction numbers, periods and arrivals.

    `names` have commas between. Every other list has one number for each strain, in that order, or one for all.
    Defaults of the periods: see `epidemic.two_strains`.

    Raises ValueError where a list is of another length, or latent stages and latent periods contradict.
    """
    return _circulating(
        _named(names),
        reproduction_number,
        latent_period,
        infectious_period,
        (latent_stages, infectious_stages),
        seeds,
        seed_day,
        imported,
    )


def _named(text: str) -> list[str]:
    found = [name.strip() for name in text.split(",") if name.strip()]
    for name in found:
        if found.count(name) > 1:
            raise ValueError(
                f"strain {name!r} is written {found.count(name)} times. Give each strain a name of its own."
            )
        if "\n" in name:
            raise ValueError(f"{name!r} has a line break in it. Write names with commas between: 'D614G, BA.1'.")
    if not found:
        raise ValueError("no strain is named. Write names='D614G, BA.1'.")
    return found


def _circulating(
    named: list[str],
    basic: Array,
    latent: Array,
    infectious: Array,
    stages: tuple[int, int],
    seeds: Array,
    seed_day: Array,
    imported: Array,
) -> Circulating:
    given = {
        "reproduction_number": basic,
        "latent_period": latent,
        "infectious_period": infectious,
        "seeds": seeds,
        "seed_day": seed_day,
        "imported": imported,
    }
    each = {name: _each(value, len(named), name) for name, value in given.items()}
    if stages[0] and (each["latent_period"] <= 0).any():
        raise ValueError(
            f"latent_stages is {stages[0]}, and a latent period is 0 d. Write latent_stages=0 with latent_period='0 d',"
            " or a latent period for every strain."
        )
    if not stages[0] and (each["latent_period"] > 0).any():
        raise ValueError(
            f"latent_stages is 0, and a latent period is {each['latent_period'].max():g} d. "
            "Write latent_period='0 d', or latent_stages=1."
        )
    whole = each["seeds"] != np.round(each["seeds"])
    if whole.any():
        raise ValueError(f"{each['seeds'][whole][0]:g} people cannot be infected: seeds are whole numbers.")
    mean, spread = staged_moments(each["latent_period"], each["infectious_period"], *stages)
    return Circulating(
        strains=Strains(strains=listed(named), latent_stages=stages[0], infectious_stages=stages[1], **each),
        generation_time=mean,
        generation_time_spread=spread,
    )


def _each(values: Array, strains: int, name: str) -> Array:
    if values.size not in (1, strains):
        raise ValueError(f"{name} has {values.size} numbers for {strains} strains. Give one for each, or one for all.")
    return np.broadcast_to(values, (strains,)).copy()
