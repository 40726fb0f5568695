"""What is done against an epidemic: vaccination, and what keeps people apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from bridge import Within, model
from bridge_epidemic.contacts.contacts import Contacts
from bridge_epidemic.population.records import Interventions, Vaccination
from bridge_epidemic.ports import Array, Share
from bridge_epidemic.scales import POPULATION

NO_DAYS = np.zeros(0)
NO_VALUES = np.zeros((0, 1))

#: Factors on contacts, as in `Interventions`.
LARGEST = 10.0


@dataclass(frozen=True)
class Campaigns:
    """Campaigns of vaccination, and doses in all by group."""

    vaccination: Vaccination
    doses: Annotated[Array, "1", ("group",), Within(0)]


@dataclass(frozen=True)
class Measures:
    """Interventions."""

    interventions: Interventions


@model("epidemic.vaccination", scale=POPULATION)
def vaccination(
    contacts: Contacts,
    campaigns: str = "",
    start_date: str = "",
    start: Annotated[Array, "d", ("campaign",)] = NO_DAYS,
    end: Annotated[Array, "d", ("campaign",)] = NO_DAYS,
    coverage: Annotated[Array, "1", ("campaign", "group|1"), Share] = NO_VALUES,
) -> Campaigns:
    """Campaigns that offer vaccination to a share of each group, as many people on every day.

    `campaigns` is a text, such as "2021-12-01 .. 2022-03-01: 0.5; day 120 .. 150: 20%": from the beginning of a day to
    the beginning of another, and the share of every group in all. `start`, `end` and `coverage` say the same in
    numbers, for each group or one for all; both may be given. Doses are for people of all classes that can be
    vaccinated. Raises ValueError for what is no period, dates without `start_date`, what begins before day 0, and
    arrays that do not fit.
    """
    at, until, share = _together(
        campaigns, start_date, (start, end, coverage), contacts.population.size, "coverage", 1.0
    )
    if (at < 0).any():
        raise ValueError(
            f"A campaign begins on day {at.min():g}, before the course does, which gives no doses then. Write what is "
            "left of it from day 0 on, and those who had their doses before into a class of immunity."
        )
    per_day = share * contacts.population / (until - at)[:, None]
    return Campaigns(Vaccination(at, until, per_day), (per_day * (until - at)[:, None]).sum(axis=0))


@model("epidemic.interventions", scale=POPULATION)
def interventions(
    measures: str = "",
    start_date: str = "",
    start: Annotated[Array, "d", ("intervention",)] = NO_DAYS,
    end: Annotated[Array, "d", ("intervention",)] = NO_DAYS,
    factor: Annotated[Array, "1", ("intervention", "group|1"), Within(0, LARGEST)] = NO_VALUES,
) -> Measures:
    """Periods in which contacts are multiplied by a factor; where several overlap, by each of them.

    `measures` is a text, such as "2021-12-01 .. 2022-01-15: 0.6; day 60 .. 80: 80%": from the beginning of a day to the
    beginning of another, for all groups. `start`, `end` and `factor` say the same in numbers, for each group or one for
    all; both may be given. Between groups with different factors, their geometric mean counts.
    Raises ValueError for what is no period, dates without `start_date`, and arrays that do not fit.
    """
    groups = factor.shape[1] if factor.size else 1
    at, until, factors = _together(measures, start_date, (start, end, factor), groups, "factor", LARGEST)
    return Measures(Interventions(at, until, factors))


def _together(
    text: str, start_date: str, arrays: tuple[Array, Array, Array], groups: int, what: str, largest: float
) -> tuple[Array, Array, Array]:
    """Periods of a text and of arrays in one: first days, days after the last, and values by group."""
    from bridge_epidemic.population.periods import periods

    start, end, values = arrays
    if not start.size == end.size == values.shape[0]:
        raise ValueError(
            f"There are {start.size} in start, {end.size} in end and {values.shape[0]} in {what}. Give one of each."
        )
    if values.size and values.shape[1] not in (1, groups):
        raise ValueError(
            f"{what} is given for {values.shape[1]} groups; there are {groups}. Give each, or one for all."
        )
    if (end <= start).any():
        k = int(np.argmax(end <= start))
        raise ValueError(f"What begins on day {start[k]:g} ends on day {end[k]:g}. Write a later end.")
    at, until, value = periods(text, start_date, what, largest)
    wide = [np.broadcast_to(part, (len(part), groups)) for part in (value[:, None], values) if len(part)]
    return (
        np.concatenate([at, start]),
        np.concatenate([until, end]),
        np.concatenate(wide) if wide else np.zeros((0, groups)),
    )
