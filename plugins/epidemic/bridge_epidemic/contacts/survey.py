"""A contact survey counted: how many people of which age participants of which age met.

Files have the columns of POLYMOD as socialmixr keeps them: participants part_id, country, part_age_exact and
dayofweek; contacts part_id, cnt_age_exact, cnt_age_est_min and cnt_age_est_max.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bridge_epidemic.contacts.ages import group_of, named, shares
from bridge_epidemic.contacts.people import countries
from bridge_epidemic.ports import Array
from bridge_epidemic.tables.users import read

MISSING = ("", "NA", ".")
PARTICIPANTS = ("part_id", "country", "part_age_exact")
CONTACTS = ("part_id", "cnt_age_exact", "cnt_age_est_min", "cnt_age_est_max")

#: Days as they were surveyed, or as a week has them: five to two.
Days = Literal["surveyed", "week"]


@dataclass(frozen=True)
class Tally:
    """Participants and contacts counted by age.

    The last row is of participants whose age is unknown, the last column of contacts of unknown age.
    """

    participants: Array
    contacts: Array

    @property
    def per_participant(self) -> float:
        """Contacts of all participants, whatever is known of them, by their number."""
        return float(self.contacts.sum() / self.participants.sum())

    @property
    def known(self) -> Array:
        """Contacts a day (group, contact) of participants of known age.

        Contacts of unknown age are of the ages that the others of that group's contacts have.
        """
        among, unknown = self.contacts[:-1, :-1], self.contacts[:-1, -1:]
        whole = among.sum(axis=1, keepdims=True)
        spread = 1 + np.divide(unknown, whole, out=np.zeros_like(whole), where=whole > 0)
        return np.asarray(among * spread / self.participants[:-1, None])


def rows(content: bytes, columns: Sequence[str], what: str) -> list[dict[str, str]]:
    """Rows of a CSV that has these columns. Raises ValueError with those that are missing."""
    return [row.cells for row in read(content, columns, f"table of {what}").rows]


def years(table: Sequence[dict[str, str]], column: str, what: str) -> Array:
    """Ages of a column, NaN where none is known. Raises ValueError, naming the row."""
    found = np.full(len(table), np.nan)
    for k, row in enumerate(table):
        text = (row[column] or "").strip()
        if text in MISSING:
            continue
        try:
            found[k] = float(text)
        except ValueError:
            found[k] = np.inf
        if not 0 <= found[k] <= 130:
            raise ValueError(
                f"Row {k + 1} of the {what} has the {column} {text!r}. Write years, or nothing where it is unknown."
            )
    return found


def counted(participants: bytes, contacts: bytes, lower: Array, country: str = "", days: Days = "surveyed") -> Tally:
    """Count a survey by groups of age that begin at `lower` years. Raises ValueError for tables that do not fit.

    A contact's age is the exact one, else any between both estimated ones, all as likely; of one end alone, it is
    unknown. With days "week", participants are weighted so that five days of seven are working days; dayofweek 0 is
    Sunday, and 6 Saturday; who has none counts as one.
    """
    people = rows(participants, (*PARTICIPANTS, "dayofweek") if days == "week" else PARTICIPANTS, "participants")
    known = list(dict.fromkeys(row["country"] for row in people))
    wanted = set(countries(country, known))
    people = [row for row in people if row["country"] in wanted]
    place = {row["part_id"]: k for k, row in enumerate(people)}
    if len(place) < len(people):
        twice = next(row["part_id"] for k, row in enumerate(people) if place[row["part_id"]] != k)
        raise ValueError(f"The participant {twice!r} is in the table twice. Write each part_id once.")
    age = years(people, "part_age_exact", "participants")
    group = np.where(np.isnan(age), lower.size, group_of(age, lower))
    weight = _weights([row["dayofweek"] for row in people]) if days == "week" else np.ones(len(people))
    met = [row for row in rows(contacts, CONTACTS, "contacts") if row["part_id"] in place]
    if not met:
        raise ValueError("No contact has the part_id of a participant. Give both tables of the same survey.")
    of = np.array([place[row["part_id"]] for row in met])
    exact, one, other = (years(met, column, "contacts") for column in CONTACTS[1:])
    low = np.where(np.isnan(exact), np.minimum(one, other), exact)
    high = np.where(np.isnan(exact), np.maximum(one, other), exact)
    unknown = np.isnan(low) | np.isnan(high)
    ages = np.zeros((len(met), lower.size + 1))
    ages[~unknown, :-1] = shares(low[~unknown], high[~unknown], lower)
    ages[unknown, -1] = 1
    number, matrix = np.zeros(lower.size + 1), np.zeros((lower.size + 1, lower.size + 1))
    np.add.at(number, group, weight)
    np.add.at(matrix, group[of], ages * weight[of, None])
    found = Tally(number, matrix)
    refuse_empty(found, lower)
    return found


def refuse_empty(tally: Tally, lower: Array) -> None:
    """Raise ValueError for a group without participants."""
    if (tally.participants[:-1] <= 0).any():
        empty = named(lower)[int(np.argmax(tally.participants[:-1] <= 0))]
        raise ValueError(f"No participant is in the group {empty}. Write wider groups in lower_ages.")


def _weights(day: Sequence[str]) -> Array:
    """Weights that make five days of seven working days, with a mean of 1 over those whose day is known."""
    known = np.array([text.strip() not in MISSING for text in day])
    ends = np.array([text.strip() in ("0", "6") for text in day])
    working = known & ~ends
    if not working.any() or not ends.any():
        raise ValueError("dayofweek has no working day, or no end of a week. Write days='surveyed'.")
    weight = np.ones(len(day))
    weight[working] = 5 / 7 * known.sum() / working.sum()
    weight[ends] = 2 / 7 * known.sum() / ends.sum()
    return weight
