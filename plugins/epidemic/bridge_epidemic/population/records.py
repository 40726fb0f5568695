"""What a course of an epidemic is made of: strains, immunity, vaccination and interventions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from bridge import Within
from bridge_epidemic.ports import Array, NotNegative, People, Share, Whole


@dataclass(frozen=True)
class Strains:
    """Strains of a virus, and how a course of infection goes.

    `reproduction_number` is the basic one: secondary infections of one case where all are susceptible and contacts
    are as given. Latent and infectious periods are sums of so many exponential stages, the same number for all
    strains; without a latent stage people are infectious at once. `seeds` people are infected on `seed_day`, in
    groups in proportion to who can be infected; `imported` people are infected from outside each day, likewise.
    """

    strains: str
    reproduction_number: Annotated[Array, "1", ("strain",), Within(0, 100)]
    latent_period: Annotated[Array, "d", ("strain",), Within(0, 1000)]
    infectious_period: Annotated[Array, "d", ("strain",), Within(0, 1000, strict=True)]
    latent_stages: Annotated[int, Within(0, 20)]
    infectious_stages: Annotated[int, Within(1, 20)]
    seeds: Annotated[Array, "1", ("strain",), People]
    seed_day: Annotated[Array, "d", ("strain",), NotNegative]
    imported: Annotated[Array, "1/d", ("strain",), NotNegative]


@dataclass(frozen=True)
class Immunity:
    """Classes of people by what they have been through and how long ago, and what that protects from.

    `initial` is the share of people that begin in a class: a column for each group, or one for all groups.
    `susceptibility` is relative to people without immunity, linear in time between rows at `susceptibility_time` and
    constant beyond; `infectiousness` and `severity` of an infection that breaks through are relative, too.
    `waning_rate` leads from a class to `wanes_to` (-1: nowhere), an infection by a strain to class `after` when it is
    over, a vaccination to `vaccinated_to` (-1: is not vaccinated). Classes count from 0, in the order of `classes`.
    """

    classes: str
    initial: Annotated[Array, "1", ("immunity", "cohort"), Share]
    susceptibility_time: Annotated[Array, "d", ("row",)]
    susceptibility: Annotated[Array, "1", ("row", "immunity", "strain"), Within(0, 10)]
    infectiousness: Annotated[Array, "1", ("immunity", "strain"), Within(0, 10)]
    severity: Annotated[Array, "1", ("immunity", "strain"), Share]
    waning_rate: Annotated[Array, "1/d", ("immunity",), NotNegative]
    wanes_to: Annotated[Whole, ("immunity",), Within(-1)]
    after: Annotated[Whole, ("immunity", "strain"), Within(0)]
    vaccinated_to: Annotated[Whole, ("immunity",), Within(-1)]


@dataclass(frozen=True)
class Vaccination:
    """Campaigns of vaccination: so many people a day of each group, from a day to before another."""

    start: Annotated[Array, "d", ("campaign",)]
    end: Annotated[Array, "d", ("campaign",)]
    per_day: Annotated[Array, "1/d", ("campaign", "group"), NotNegative]


@dataclass(frozen=True)
class Interventions:
    """What multiplies contacts from a day to before another; several at a time multiply.

    `factor` has a column for each group, or one for all. C_ij is multiplied by the geometric mean of the factors of
    both groups, so that contacts stay reciprocal.
    """

    start: Annotated[Array, "d", ("intervention",)]
    end: Annotated[Array, "d", ("intervention",)]
    factor: Annotated[Array, "1", ("intervention", "cohort"), Within(0, 10)]


@dataclass(frozen=True)
class Courses:
    """Replicates of an epidemic, a row for each and a column for each day.

    `incidence` counts infections since the row before, `prevalence` those infected at the time, `susceptible` the
    people of each class who are not; `severe` is the expected number of severe infections among the incidence, where
    `severity` says which share. `reproduction` is the effective reproduction number of each strain, by the
    next-generation matrix. `attack` is how many infections there were in each group in all, over its people.
    `error_in_people` is the largest difference between the people counted and those there were at the beginning.
    """

    replicate: Annotated[Whole, ("replicate",), Within(0)]
    time: Annotated[Array, "d", ("time",)]
    incidence: Annotated[Array, "1", ("replicate", "time", "strain"), People]
    prevalence: Annotated[Array, "1", ("replicate", "time", "strain"), People]
    susceptible: Annotated[Array, "1", ("replicate", "time", "immunity"), People]
    severe: Annotated[Array, "1", ("replicate", "time", "strain"), People]
    reproduction: Annotated[Array, "1", ("replicate", "time", "strain"), NotNegative]
    attack: Annotated[Array, "1", ("replicate", "group"), NotNegative]
    extinct: Annotated[Whole, ("replicate", "strain"), Within(0, 1)]
    error_in_people: Annotated[float, "1", NotNegative]
