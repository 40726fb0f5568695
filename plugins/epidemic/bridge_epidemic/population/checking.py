"""What is refused before an epidemic is computed, with what to write instead."""

from __future__ import annotations

from math import ceil

import numpy as np

from bridge_epidemic.contacts.contacts import Contacts
from bridge_epidemic.contacts.reciprocity import checked as reciprocal
from bridge_epidemic.population.records import Immunity, Interventions, Strains, Vaccination
from bridge_epidemic.ports import Array, names

#: Shares of the people of a group must sum to one within this.
WHOLE = 1e-9


def checked(
    contacts: Contacts,
    strains: Strains,
    immunity: Immunity,
    vaccination: Vaccination,
    interventions: Interventions,
    duration: float,
    step: float,
) -> None:
    """Raise ValueError where the parts of an epidemic do not fit together, or do not fit the step."""
    reciprocal(contacts)
    if not contacts.contacts.any():
        raise ValueError("Nobody meets anybody: all contacts are 0. Give contacts between some of the groups.")
    if contacts.population.min() <= 0.5:  # which is rounded to nobody
        at = int(contacts.population.argmin())
        raise ValueError(
            f"The group {names(contacts.groups)[at]!r} has {contacts.population[at]:g} people. Leave it out, or merge "
            "it with another."
        )
    fitting(contacts, strains, immunity)
    _strains(contacts, strains, duration)
    _step(strains, immunity, step)
    _times(duration, step)
    _vaccination(contacts, immunity, vaccination, duration)
    _interventions(contacts, interventions)


def _times(duration: float, step: float) -> None:
    """Rows are days: a step goes into a day, and a course is whole days."""
    if step > 1 or abs(1 / step - round(1 / step)) > 1e-9 / step:
        better = 1 / max(1, ceil(1 / step))
        raise ValueError(
            f"A step of {step:g} d does not go into a day a whole number of times. Write step='{better:g} d'."
        )
    if duration < 1 or abs(duration - round(duration)) > 1e-9:
        raise ValueError(
            f"A duration of {duration:g} d is no whole number of days, and there is a row for every day. Write "
            f"duration='{max(1, ceil(duration))} d'."
        )


def _strains(contacts: Contacts, strains: Strains, duration: float) -> None:
    """Stages that last, and seeds that are people and come before the end."""
    people = contacts.population.sum()
    for name, latent, seeds, day in zip(
        named(strains.strains, strains.reproduction_number.size, "strain"),
        strains.latent_period,
        strains.seeds,
        strains.seed_day,
        strict=True,
    ):
        if (latent > 0) != (strains.latent_stages > 0):
            raise ValueError(
                f"The latent period of strain {name!r} is {latent:g} d, with {strains.latent_stages} latent stages. "
                "Write latent_stages=0 and a latent period of 0 for people who are infectious at once, or give both."
            )
        if seeds > people:
            raise ValueError(f"Strain {name!r} has {seeds:g} seeds, and there are {people:g} people. Write fewer.")
        if seeds > 0 and day > duration:
            raise ValueError(
                f"Strain {name!r} is seeded on day {day:g}, after the end on day {duration:g}. Write a longer "
                "duration, an earlier day, or no seeds."
            )


def _step(strains: Strains, immunity: Immunity, step: float) -> None:
    """A step of at most half of the shortest time that anybody stays anywhere."""
    stays = []
    for name, latent, infectious in zip(
        names(strains.strains), strains.latent_period, strains.infectious_period, strict=True
    ):
        stays.append((infectious / strains.infectious_stages, f"an infectious stage of strain {name!r}"))
        if strains.latent_stages:
            stays.append((latent / strains.latent_stages, f"a latent stage of strain {name!r}"))
    for name, rate in zip(names(immunity.classes), immunity.waning_rate, strict=True):
        if rate > 0:
            stays.append((1 / rate, f"class {name!r}"))
    shortest, where = min(stays)
    if step > shortest / 2 * (1 + 1e-12):
        raise ValueError(
            f"A step of {step:g} d is too long: {where} lasts {shortest:.4g} d on average, and a step may be half of "
            f"that, {shortest / 2:.4g} d. Write step='{1 / ceil(2 / shortest - 1e-12):.10g} d'."
        )


def fitting(contacts: Contacts, strains: Strains, immunity: Immunity) -> None:
    """Raise ValueError for classes that do not exist, and shares that are not those of all people of each group."""
    classes, variants, groups = immunity.waning_rate.size, strains.reproduction_number.size, contacts.population.size
    called = named(immunity.classes, classes, "class")
    for name, field, sizes in (
        ("susceptibility", immunity.susceptibility, (immunity.susceptibility_time.size, classes, variants)),
        ("infectiousness", immunity.infectiousness, (classes, variants)),
        ("severity", immunity.severity, (classes, variants)),
        ("after", immunity.after, (classes, variants)),
        ("wanes_to", immunity.wanes_to, (classes,)),
        ("vaccinated_to", immunity.vaccinated_to, (classes,)),
    ):
        if field.shape != sizes:
            raise ValueError(f"{name} has the sizes {field.shape}; {sizes} were expected (classes: {classes}).")
    if immunity.initial.shape not in ((classes, groups), (classes, 1)):
        raise ValueError(
            f"initial has the sizes {immunity.initial.shape}. Give a row for each of {classes} classes, and a column "
            f"for each of {groups} groups or one for all."
        )
    _shares(contacts, immunity.initial)
    if immunity.susceptibility_time.size == 0 or (np.diff(immunity.susceptibility_time) <= 0).any():
        raise ValueError("susceptibility_time must have a row at least, and rise from row to row. Sort the rows.")
    for port, array, least in (
        ("wanes_to", immunity.wanes_to, -1),
        ("vaccinated_to", immunity.vaccinated_to, -1),
        ("after", immunity.after, 0),
    ):
        if array.min() < least or array.max() >= classes:
            wrong = array.ravel()[np.argmax((array.ravel() < least) | (array.ravel() >= classes))]
            raise ValueError(f"{port} names class {wrong}; there are classes {least} to {classes - 1}.")
    for k, name in enumerate(called):
        if immunity.waning_rate[k] > 0 and immunity.wanes_to[k] in (-1, k):
            into = "nowhere" if immunity.wanes_to[k] < 0 else "into itself"
            raise ValueError(
                f"Class {name!r} wanes {into}, at {immunity.waning_rate[k]:g} a day. Give another class in wanes_to, "
                "or a waning_rate of 0."
            )


def _shares(contacts: Contacts, initial: Array) -> None:
    """Every group is shared out among the classes, no more and no less."""
    totals = initial.sum(axis=0)
    at = int(np.abs(totals - 1).argmax())
    if abs(totals[at] - 1) > WHOLE:
        where = "every group" if totals.size == 1 else f"group {names(contacts.groups)[at]!r}"
        raise ValueError(
            f"The shares of {where} in the classes sum to {totals[at]:.10g}, and must sum to 1. Check `initial`."
        )


def _vaccination(contacts: Contacts, immunity: Immunity, vaccination: Vaccination, duration: float) -> None:
    """Campaigns that end after they began, for people who are there and can be vaccinated."""
    if not vaccination.per_day.any():
        return
    if (vaccination.end <= vaccination.start).any():
        raise ValueError("A campaign ends before it begins. Write its end after its start.")
    if vaccination.per_day.shape[1] != contacts.population.size:
        raise ValueError(
            f"per_day has {vaccination.per_day.shape[1]} columns for {contacts.population.size} groups. Give one each."
        )
    if (immunity.vaccinated_to < 0).all():
        raise ValueError("There is a campaign, and no class that can be vaccinated. Give classes in vaccinated_to.")
    days = np.clip(vaccination.end, 0, duration) - np.clip(vaccination.start, 0, duration)
    doses = vaccination.per_day * days[:, None]
    campaign, group = np.unravel_index(int((doses / contacts.population).argmax()), doses.shape)
    if doses[campaign, group] > contacts.population[group] * (1 + WHOLE):
        raise ValueError(
            f"Campaign {campaign + 1} has {doses[campaign, group]:g} doses for the group "
            f"{names(contacts.groups)[group]!r}, in which there are {contacts.population[group]:g} people. Write fewer "
            "a day, or a shorter campaign; doses after the first ones are a campaign of their own."
        )


def _interventions(contacts: Contacts, interventions: Interventions) -> None:
    """Interventions that end after they began, for all groups or for each."""
    if (interventions.end <= interventions.start).any():
        raise ValueError("An intervention ends before it begins. Write its end after its start.")
    count, groups = interventions.start.size, contacts.population.size
    if interventions.factor.shape not in ((count, 1), (count, groups)):
        raise ValueError(
            f"factor has the sizes {interventions.factor.shape}. Give a row for each of {count} interventions, and one "
            f"column or {groups}, one for each group."
        )


def named(lines: str, count: int, what: str) -> list[str]:
    """The names that a text lists, of which there must be so many, each once."""
    found = names(lines)
    if len(found) != count or len(set(found)) != count:
        raise ValueError(f"There are {count} of each {what}, named {', '.join(map(repr, found))}. Give each one name.")
    return found
