"""Contacts by age from a survey: POLYMOD as it was published, or a survey's own tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from bridge import File, Picture, Within, model
from bridge_epidemic.contacts.contacts import Contacts
from bridge_epidemic.contacts.survey import Days, Tally
from bridge_epidemic.ports import Array, NotNegative, Share
from bridge_epidemic.scales import POPULATION

FIVE_YEARS = "0, 5, ..., 75"
NONE = File(b"", "text/csv")


@dataclass(frozen=True)
class Survey:
    """Contacts by age as a survey counted them, made reciprocal for a population.

    `mean_contacts` is what was counted: all contacts by all participants, their ages known or not; `population_mean`
    and `dominant_eigenvalue` are of the reciprocal `contacts`. `participants` have a known age, `left_out` have not,
    and are in `mean_contacts` alone. `unknown_contacts` have no known age, and are spread as the other contacts of
    their group. `correction` is the share of contacts on which both sides did not agree.
    """

    contacts: Contacts
    mean_contacts: Annotated[float, "1/d", NotNegative]
    population_mean: Annotated[float, "1/d", NotNegative]
    dominant_eigenvalue: Annotated[float, "1/d", NotNegative]
    lower_age: Annotated[Array, "year", ("group",), Within(0, 130)]
    participants: Annotated[Array, "1", ("group",), NotNegative]
    left_out: Annotated[float, "1", NotNegative]
    unknown_contacts: Annotated[float, "1", NotNegative]
    correction: Annotated[float, "1", Share]
    matrix: Picture


@model("contacts.published", scale=POPULATION, depends=["matplotlib"])
def published(country: str = "United Kingdom", lower_ages: str = FIVE_YEARS) -> Survey:
    """Contacts by age in eight countries of Europe: POLYMOD's diaries, for the people of 2005.

    `country` is one of Belgium, Finland, Germany, Italy, Luxembourg, Netherlands, Poland, United Kingdom; several with
    commas between, or "all", are counted together. Groups begin at `lower_ages`, multiples of 5 years up to 75.
    Contacts of participants of group i with group j by participants, then C'_ij = (N_i C_ij + N_j C_ji) / (2 N_i).
    Estimated ages of contacts are spread evenly between both limits. Days are as surveyed.
    Raises ValueError for a country or an age that the table has not.

    J. Mossong et al., PLoS Med. 5, e74 (2008). People: United Nations, World Population Prospects 2019.
    """
    from bridge_epidemic.contacts.ages import group_of
    from bridge_epidemic.contacts.people import countries, of_countries
    from bridge_epidemic.tables.reading import rows

    lower = _from_birth(lower_ages)
    table = rows("contacts")
    ages = np.array([float(name.removeprefix("contacts_")) for name in table[0] if name[9:].isdigit()])
    if strange := [f"{age:g}" for age in lower if age not in ages]:
        raise ValueError(
            f"The published table has no group that begins at {', '.join(strange)}. Write multiples of 5 up to 75 in "
            "lower_ages; contacts.polymod takes any, from the survey's own tables."
        )
    names = countries(country, list(dict.fromkeys(row["country"] for row in table)))
    kept = [row for row in table if row["country"] in names]
    into = np.append(group_of(ages, lower), lower.size)
    place = {f"{age:g}": k for k, age in enumerate(ages)} | {"": ages.size}
    of = into[[place[row["lower_age"]] for row in kept]]
    columns = [name for name in table[0] if name.startswith("contacts_")]
    participants, matrix = np.zeros(lower.size + 1), np.zeros((lower.size + 1, lower.size + 1))
    np.add.at(participants, of, [float(row["participants"]) for row in kept])
    np.add.at(matrix, (of[:, None], into), [[float(row[name]) for name in columns] for row in kept])
    return _surveyed(Tally(participants, matrix), of_countries(names, lower), lower)


@model("contacts.polymod", scale=POPULATION, depends=["matplotlib"])
def polymod(
    participants: File,
    contacts: File,
    population: File = NONE,
    country: str = "",
    lower_ages: str = FIVE_YEARS,
    days: Days = "surveyed",
) -> Survey:
    """Contacts by age from a survey's tables of participants and of contacts, in POLYMOD's columns.

    Participants: part_id, country, part_age_exact, and dayofweek for days="week" (0 is Sunday), which weights
    participants so that five days of seven are working days. Contacts: part_id, cnt_age_exact, cnt_age_est_min,
    cnt_age_est_max. A contact is of the exact age, else of any between both estimates, all as likely; else it is spread
    as the other contacts of that group. Participants without an age are left out, and counted.
    `country` is one of them, several with commas between, or all of them. `population` is a CSV with the columns
    lower_age and population; without it, people are those of 2005, of POLYMOD's countries.
    Contacts are made reciprocal: C'_ij = (N_i C_ij + N_j C_ji) / (2 N_i).
    Raises ValueError for tables that do not fit, unknown countries, and groups without participants or people.

    Tables and means: J. Mossong et al., PLoS Med. 5, e74 (2008).
    """
    from bridge_epidemic.contacts.people import countries, of_countries, of_table
    from bridge_epidemic.contacts.survey import PARTICIPANTS, counted, rows

    lower = _from_birth(lower_ages)
    if population.content:
        people = of_table(population.content, lower)
    else:
        table = rows(participants.content, PARTICIPANTS, "participants")
        names = countries(country, list(dict.fromkeys(row["country"] for row in table)))
        people = of_countries(names, lower)
    return _surveyed(counted(participants.content, contacts.content, lower, country, days), people, lower)


def _from_birth(text: str) -> Array:
    from bridge_epidemic.contacts.ages import lower_ages

    lower = lower_ages(text)
    if lower[0] != 0:
        raise ValueError(f"lower_ages begins at {lower[0]:g} years, and everybody meets children too. Begin at 0.")
    return lower


def _surveyed(tally: Tally, people: Array, lower: Array) -> Survey:
    from bridge_epidemic.contacts.ages import named
    from bridge_epidemic.contacts.matrix import described
    from bridge_epidemic.contacts.reciprocity import per_day, reciprocal
    from bridge_epidemic.contacts.survey import refuse_empty
    from bridge_epidemic.ports import listed

    refuse_empty(tally, lower)
    counted = per_day(people, tally.known)
    found = described(Contacts(listed(named(lower)), people, reciprocal(people, tally.known)))
    return Survey(
        contacts=found.contacts,
        mean_contacts=tally.per_participant,
        population_mean=found.mean_contacts,
        dominant_eigenvalue=found.dominant_eigenvalue,
        lower_age=lower,
        participants=tally.participants[:-1],
        left_out=float(tally.participants[-1]),
        unknown_contacts=float(tally.contacts[:-1, -1].sum()),
        correction=float(np.abs(counted - counted.T).sum() / (2 * counted.sum())),
        matrix=found.matrix,
    )
