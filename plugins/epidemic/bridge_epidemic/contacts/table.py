"""Contacts of the user's own, from a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from bridge import File, model
from bridge_epidemic.contacts.contacts import Contacts
from bridge_epidemic.contacts.matrix import ContactMatrix
from bridge_epidemic.scales import POPULATION


@model("contacts.table", scale=POPULATION, depends=["matplotlib"])
def table(table: File, make_reciprocal: bool = False) -> ContactMatrix:
    """Contacts between groups as a CSV has them: a row for each participant's group, a column for each contact's.

    The header is group,population, then the names of the groups; each row has its group's name, its people, and whom
    one of them meets in a day, in the same order of groups. Lines that begin with # are remarks. Contacts have to be
    reciprocal to 1e-6, N_i C_ij = N_j C_ji; measured ones are made so, by the mean of both sides, with
    `make_reciprocal`. Raises ValueError, naming the line, and for rows and columns the wrong way round.
    """
    from bridge_epidemic.contacts.matrix import described
    from bridge_epidemic.contacts.reciprocity import reciprocal, transposed
    from bridge_epidemic.contacts.written import read

    found = read(table.content)
    if make_reciprocal:
        if transposed(found.population, found.contacts):
            raise ValueError(
                "Rows of the table of contacts are participants, columns their contacts; the transposed table is "
                "reciprocal, and this one is not. Write rows as columns."
            )
        found = Contacts(found.groups, found.population, reciprocal(found.population, found.contacts))
    return described(found)


@dataclass(frozen=True)
class Written:
    """Contacts as a file."""

    table: Annotated[File, "text/csv"]


@model("contacts.written", scale=POPULATION)
def written(contacts: Contacts) -> Written:
    """Contacts as a CSV that `contacts.table` reads, bit for bit."""
    from bridge_epidemic.contacts.written import write

    return Written(File(write(contacts), "text/csv"))
