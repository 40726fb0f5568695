"""A matrix of contacts as text: a table with a row for each group."""

from __future__ import annotations

import numpy as np

from bridge_epidemic.contacts.contacts import Contacts
from bridge_epidemic.ports import listed
from bridge_epidemic.tables.users import lines_of


def read(content: bytes) -> Contacts:
    """Groups, people and contacts of a CSV: group,population, then a column for each group.

    Raises ValueError, naming the line, for names, people or contacts that are none.
    """
    cells = lines_of(content, "table of contacts")
    if not cells or cells[0][1][:2] != ["group", "population"] or len(cells[0][1]) < 3:
        begins = ",".join(cells[0][1])[:60] if cells else ""
        raise ValueError(
            f"The table of contacts begins {begins!r}. Write group,population and the names of all groups at its top."
        )
    groups = cells[0][1][2:]
    if len(cells) - 1 != len(groups):
        raise ValueError(
            f"The table of contacts has {len(cells) - 1} rows and {len(groups)} columns of groups. Write a row and a "
            "column for each group."
        )
    population, contacts = np.zeros(len(groups)), np.zeros((len(groups), len(groups)))
    for place, (number, row) in enumerate(cells[1:]):
        if len(row) != len(groups) + 2:
            raise ValueError(f"Line {number} has {len(row)} cells; the header has {len(groups) + 2}.")
        if row[0] != groups[place]:
            raise ValueError(
                f"Line {number} is of the group {row[0]!r}, and column {place + 3} of {groups[place]!r}. Write rows "
                "and columns in the same order."
            )
        try:
            numbers = np.array([float(cell) for cell in row[1:]])
        except ValueError as reason:
            raise ValueError(f"Line {number} has a cell that is no number ({reason}).") from None
        if not np.isfinite(numbers).all() or (numbers < 0).any() or numbers[0] == 0:
            raise ValueError(f"Line {number} has a negative or infinite number, or no people. Write contacts a day.")
        population[place], contacts[place] = numbers[0], numbers[1:]
    return Contacts(listed(groups), population, contacts)


def write(contacts: Contacts) -> bytes:
    """The table that `read` gives back, bit for bit."""
    groups = contacts.groups.split("\n")
    lines = [["group", "population", *groups]]
    for name, people, row in zip(groups, contacts.population, contacts.contacts, strict=True):
        lines.append([name, repr(float(people)), *(repr(float(value)) for value in row)])
    quoted = [[f'"{cell}"' if "," in cell else cell for cell in line] for line in lines]
    return ("\n".join(",".join(line) for line in quoted) + "\n").encode()
