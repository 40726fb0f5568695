"""Immunity of people in classes: none, drug, or as the user says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from bridge import Within, model
from bridge_epidemic.population.records import Immunity, Strains
from bridge_epidemic.population.sera_immunity import SEVERE
from bridge_epidemic.ports import Array, NotNegative, Share, Time, Whole, listed, names
from bridge_epidemic.scales import POPULATION

ONE, NOTHING = np.ones((1, 1)), np.zeros(1)
NOWHERE = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class ImmunityClasses:
    """Classes of immunity."""

    immunity: Immunity


@dataclass(frozen=True)
class VariantCurve:
    """Mean protection from the second of two strains, at instants of its own; none where it is empty."""

    time: Time
    mean_protection: Annotated[Array, "1", ("time",), Share]


SAME = VariantCurve(np.zeros(0), np.zeros(0))


@model("immunity.naive", scale=POPULATION)
def naive(
    strains: Strains,
    cross_protection: Annotated[float, "1", Share] = 1.0,
    severe_fraction: Annotated[float, "1", Share] = SEVERE,
) -> ImmunityClasses:
    """Nobody is immune at the beginning; who recovers stays immune to the strain he had.

    From the other strains he is protected by `cross_protection`; after a second infection, by another strain, from all
    of them. `severe_fraction` of all infected fall severely ill (H. Salje et al., Science 369, 208, 2020). Nobody can
    be vaccinated.
    """
    called = names(strains.strains)
    count = len(called)
    several = cross_protection < 1 and count > 1
    classes = ["naive", *(f"recovered from {name}" for name in called), *(["recovered from several"] * several)]
    susceptibility = np.zeros((len(classes), count))
    susceptibility[0] = 1
    susceptibility[1 : count + 1] = (1 - cross_protection) * (1 - np.eye(count))
    after = np.full((len(classes), count), len(classes) - 1)
    after[0] = np.arange(1, count + 1)
    after[np.arange(1, count + 1), np.arange(count)] = np.arange(1, count + 1)
    if not several:
        after[1:] = np.arange(1, len(classes))[:, None]
    return ImmunityClasses(
        _classes(classes, np.eye(len(classes))[:, :1], np.zeros(1), susceptibility[None], after, severe_fraction)
    )


@model("immunity.treated", scale=POPULATION)
def treated(
    strains: Strains,
    treated_fraction: Annotated[Array, "1", ("group|1",), Share],
    time: Time,
    mean_protection: Annotated[Array, "1", ("time",), Share],
    variant: VariantCurve = SAME,
    severe_fraction: Annotated[float, "1", Share] = SEVERE,
) -> ImmunityClasses:
    """A share of the people have a drug in them that protects from infection, more or less as time goes on.

    Susceptibility of the treated is 1 - mean_protection(t), the mean over patients, the same for each of them; it is
    that of the last time from then on, so let courses of the drug be as long as those of the epidemic. It is the same
    for all strains, unless `variant`, at the same times, says what protects from the second of two.
    Who recovers is immune to all strains. Nobody has immunity else. `severe_fraction` of the infected fall severely
    ill (H. Salje et al., Science 369, 208, 2020), treated or not.
    Raises ValueError for times that do not rise, and for a second curve of another length or without a second strain.
    """
    count = len(names(strains.strains))
    if time.size == 0 or (np.diff(time) <= 0).any():
        raise ValueError("time must have one instant at least, and rise from each to the next. Sort the times.")
    curves = np.repeat(mean_protection[:, None], count, axis=1)
    if variant.time.size:
        if count != 2:
            raise ValueError(
                f"variant is protection from the second of two strains, and there are {count}. Leave it out, or take "
                "epidemic.two_strains."
            )
        if not np.array_equal(variant.time, time):
            raise ValueError(
                f"variant has {variant.time.size} times up to {variant.time[-1]:g} d, and time {time.size} up to "
                f"{time[-1]:g} d. Give both courses at the same times."
            )
        curves[:, 1] = variant.mean_protection
    susceptibility = np.zeros((time.size, 3, count))
    susceptibility[:, 0] = 1
    susceptibility[:, 1] = 1 - curves
    shares = np.stack([1 - treated_fraction, treated_fraction, np.zeros_like(treated_fraction)])
    after = np.full((3, count), 2)
    classes = ["untreated", "treated", "recovered"]
    return ImmunityClasses(_classes(classes, shares, time, susceptibility, after, severe_fraction))


@model("immunity.table", scale=POPULATION)
def table(
    classes: str,
    initial: Annotated[Array, "1", ("immunity", "group|1"), Share],
    susceptibility: Annotated[Array, "1", ("row", "immunity", "strain"), Within(0, 10)],
    after: Annotated[Whole, ("immunity", "strain"), Within(0)],
    susceptibility_time: Annotated[Array, "d", ("row",)] = NOTHING,
    infectiousness: Annotated[Array, "1", ("immunity|1", "strain|1"), Within(0, 10)] = ONE,
    severity: Annotated[Array, "1", ("immunity|1", "strain|1"), Share] = ONE * SEVERE,
    waning_rate: Annotated[Array, "1/d", ("immunity|1",), NotNegative] = NOTHING,
    wanes_to: Annotated[Whole, ("waning",), Within(-1)] = NOWHERE,
    vaccinated_to: Annotated[Whole, ("vaccination",), Within(-1)] = NOWHERE,
) -> ImmunityClasses:
    """Classes of immunity as the user says, named with commas between, or one to a line.

    `initial` is the share of each group, or of all, in each class, `after` the class that an infection by each strain
    leads to, `wanes_to` and `vaccinated_to` likewise; classes count from 0, and -1, or nothing at all, is none.
    `susceptibility` is linear in time between rows. One number may stand for all classes or strains, where it is a rate
    or a share.
    Raises ValueError for shares that do not sum to one, classes that there are not, and waning without an aim.
    """
    called = names(classes.replace(",", "\n"))
    count, strains = after.shape
    if len(called) != count or len(set(called)) != count:
        raise ValueError(f"classes names {len(called)}, {', '.join(called)}; `after` has {count} rows. Name each once.")
    away = np.abs(initial.sum(axis=0) - 1)
    if away.max() > 1e-9:
        g = int(away.argmax())
        raise ValueError(
            f"Shares in the classes sum to {initial[:, g].sum():.9g} in group {g}. Write shares that sum to 1."
        )
    if (np.diff(susceptibility_time) <= 0).any():
        raise ValueError("susceptibility_time must rise from row to row. Sort the rows.")
    rate = np.broadcast_to(waning_rate, (count,)).copy()
    to, vaccinated = (part if part.size else np.full(count, -1) for part in (wanes_to, vaccinated_to))
    for name, places in (("after", after), ("wanes_to", to), ("vaccinated_to", vaccinated)):
        if len(places) != count:
            raise ValueError(f"{name} has {len(places)} numbers; there are {count} classes. Give one for each.")
        if places.max(initial=0) >= count:
            raise ValueError(f"{name} has the class {places.max()}; there are {count}, which count from 0.")
    aimless = (rate > 0) & ((to < 0) | (to == np.arange(count)))
    if aimless.any():
        k = int(aimless.argmax())
        raise ValueError(f"The class {called[k]!r} wanes, to itself or nowhere. Write another class in wanes_to.")
    infectious, severe = (np.broadcast_to(part, (count, strains)).copy() for part in (infectiousness, severity))
    return ImmunityClasses(
        Immunity(
            classes=listed(called),
            initial=initial,
            susceptibility_time=susceptibility_time,
            susceptibility=susceptibility,
            infectiousness=infectious,
            severity=severe,
            waning_rate=rate,
            wanes_to=to,
            after=after,
            vaccinated_to=vaccinated,
        )
    )


def _classes(
    classes: list[str], initial: Array, time: Array, susceptibility: Array, after: Whole, severe_fraction: float
) -> Immunity:
    """Classes that neither wane nor are vaccinated."""
    shape = susceptibility.shape[1:]
    return Immunity(
        classes=listed(classes),
        initial=initial,
        susceptibility_time=time,
        susceptibility=susceptibility,
        infectiousness=np.ones(shape),
        severity=np.full(shape, severe_fraction),
        waning_rate=np.zeros(shape[0]),
        wanes_to=np.full(shape[0], -1),
        after=after.astype(np.int64),
        vaccinated_to=np.full(shape[0], -1),
    )
