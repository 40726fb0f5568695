"""Immunity of two strains' hosts, from what sera say of protection and from how long ago it was raised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log10
from typing import Annotated

import numpy as np

from bridge import Within, model
from bridge_epidemic.population.records import Immunity, Strains
from bridge_epidemic.ports import Array, Level, NotNegative, Positive, Share, listed, names
from bridge_epidemic.scales import POPULATION

#: Hospital, of all infected, in France in 2020.
SEVERE = 0.029
#: Half are protected from severe disease at 3 % of the convalescents' mean titre, from infection at 20.2 %.
HALF, SEVERE_HALF = log10(0.202), log10(0.03)

#: Immune at the beginning, as most of the landscape is read at.
IMMUNE = np.array([0.7])

LogLevel = Within(-20, 10)
Age = Annotated[float, "d", Within(0, 36525)]


@dataclass(frozen=True)
class SeraImmunity:
    """Classes of immunity, and how susceptible people are to both strains at the beginning.

    `initial_susceptibility` is the mean over people of the first group; its second number over its first is the ratio
    of the strains' reproduction numbers that escape alone makes there. `ladder_age` are the steps of age, and
    `ladder_protection` what those who were immune at the beginning, or vaccinated, are protected from at each.
    """

    immunity: Immunity
    initial_susceptibility: Annotated[Array, "1", ("strain",), Share]
    ladder_age: Annotated[Array, "d", ("ladder",), NotNegative]
    ladder_protection: Annotated[Array, "1", ("ladder", "strain"), Share]


@model("immunity.sera", scale=POPULATION)
def sera(
    strains: Strains,
    level: Level,
    reference_protection: Annotated[Array, "1", ("level",), Share],
    variant_protection: Annotated[Array, "1", ("draw", "level"), Share],
    half_life: Annotated[float, "d", Positive],
    cross_fold: Annotated[float, "1", Within(1e-6, 1e9)],
    immune_fraction: Annotated[Array, "1", ("group|1",), Share] = IMMUNE,
    age: Age = 0.0,
    earlier_fold: Annotated[float, "1", Within(1e-6, 1e9)] = 1.0,
    mean_level: Annotated[float, "1", LogLevel] = 0.0,
    infection_level: Annotated[float, "1", LogLevel] = 0.0,
    half_protective_level: Annotated[float, "1", LogLevel] = HALF,
    severe_half_protective_level: Annotated[float, "1", LogLevel] = SEVERE_HALF,
    severe_fraction: Annotated[float, "1", Share] = SEVERE,
    *,
    draw: Annotated[int, Within(0)] = 0,
    ladder_step: Annotated[float, "d", Within(1, 3650)] = 60.0,
    longest: Age = 360.0,
) -> SeraImmunity:
    """Hosts of an earlier strain and a variant: naive, immune to the reference virus for so long, or recovered.

    Protection acts on susceptibility: s = 1 - VE(mu), with mu = mean level - a log10(2) / half_life at age a. At day 0,
    `immune_fraction` of the people have immunity to the reference virus of the age `age`. Against the earlier strain it
    is that of the reference at mu - log10(earlier_fold), against the variant that of the sera (row `draw` of
    `variant_protection`; 0 is all antibodies). People move from a step of age to the next at the rate of one a step, so
    that the mean age is right; from `longest` on protection stays. An infection that breaks through is as infectious
    as any other. Vaccination gives the naive and the immune fresh immunity, and the recovered their first step again.

    Assumptions, not data: who recovers has `infection_level` against the strain that infected him (0 is the
    convalescents' mean, by its definition), and `cross_fold` times less against the other one, both ways alike. Who
    was infected by both, or by the variant after immunity to the reference, recalls what he had: he has that level
    against both strains from the latest infection on. All of it wanes as immunity from vaccination does.
    Severe: P(severe | infected) = severe_fraction (1 - VE severe) / (1 - VE infection), VE severe being the same curve
    with half protected at `severe_half_protective_level`, by the fold that infection says.

    Levels and waning: D. S. Khoury et al., Nat. Med. 27, 1205 (2021). severe_fraction: 2.9 % of those infected went to
    hospital, H. Salje et al., Science 369, 208 (2020), mean of all ages in France in spring 2020.
    Raises ValueError for another number of strains than two, for levels that the curves do not hold, and for steps in
    which protection falls by more than 0.15.
    """
    from bridge_epidemic.population import waning

    called = names(strains.strains)
    if len(called) != 2:
        raise ValueError(
            f"Sera are of an earlier strain and a variant; there are {len(called)} strains: {', '.join(called)}. Take "
            "epidemic.two_strains, or immunity.table for others."
        )
    if draw >= variant_protection.shape[0]:
        raise ValueError(f"draw is {draw}, and variant_protection has {variant_protection.shape[0]} rows, from 0.")
    curves = waning.Curves(
        level, reference_protection, variant_protection[draw], half_protective_level - severe_half_protective_level
    )
    curves.refuse_beyond(mean_level - min(0.0, log10(earlier_fold)), "The highest level of the immune")
    curves.refuse_beyond(infection_level - min(0.0, log10(cross_fold)), "The highest level of the recovered")
    if longest < age + ladder_step:
        raise ValueError(
            f"longest is {longest:g} d, and immunity of {age:g} d wanes on in steps of {ladder_step:g} d. Write "
            f"longest='{age + 6 * ladder_step:g} d', or more."
        )
    immune_age, recovered_age = (waning.ages(at, ladder_step, longest) for at in (age, 0.0))
    per_day = log10(2) / half_life
    immune = mean_level - immune_age * per_day
    recovered = infection_level - recovered_age * per_day
    own, other = curves.from_fold(recovered, 1.0), curves.from_fold(recovered, cross_fold)
    # Each is (infection or severe, age, strain).
    ladders = (
        np.stack([curves.from_fold(immune, earlier_fold), curves.from_variant(immune)], axis=-1),
        np.stack([own, other], axis=-1),
        np.stack([other, own], axis=-1),
        np.stack([own, own], axis=-1),
    )
    steps = (immune_age, recovered_age, recovered_age, recovered_age)
    for ladder, ages in zip(ladders, steps, strict=True):
        waning.refuse_coarse(ladder[0], ages, ladder_step)
    immunity = _classes(called, steps, ladders, severe_fraction)
    initial = np.zeros((immunity.waning_rate.size, immune_fraction.size))
    initial[0], initial[1 + int(np.argmin(np.abs(immune_age - age)))] = 1 - immune_fraction, immune_fraction
    immunity = replace(immunity, initial=initial)
    return SeraImmunity(immunity, initial[:, 0] @ immunity.susceptibility[0], immune_age, ladders[0][0])


def _classes(
    strains: Sequence[str], steps: Sequence[Array], ladders: Sequence[Array], severe_fraction: float
) -> Immunity:
    """The naive, then a class for each step of age of the immune, and of those recovered from each strain or both."""
    from bridge_epidemic.population import waning

    begin, rate, to = waning.chained(steps, 1)
    infection, severe = np.concatenate([np.zeros((2, 1, 2)), *ladders], axis=1)
    count = len(infection)
    labels = ("immune", *(f"recovered from {name}" for name in strains), "recovered from both")
    ladder_names = [f"{label}, {age:g} d" for label, ages in zip(labels, steps, strict=True) for age in ages]
    lengths = [1, *(len(ages) for ages in steps)]
    immune, first, second, both = begin[:4]
    return Immunity(
        classes=listed(["naive", *ladder_names]),
        initial=np.eye(count)[:, :1],
        susceptibility_time=np.zeros(1),
        susceptibility=np.clip(1 - infection, 0.0, 1.0)[None],
        infectiousness=np.ones((count, 2)),
        severity=waning.severity(infection, severe, severe_fraction),
        waning_rate=np.append(0.0, rate),
        wanes_to=np.append(-1, to),
        # Of the naive, the immune, and those recovered from the first, the second, and both.
        after=np.repeat([[first, second], [first, both], [first, both], [both, second], [both, both]], lengths, axis=0),
        vaccinated_to=np.repeat([immune, immune, first, second, both], lengths),
    )
