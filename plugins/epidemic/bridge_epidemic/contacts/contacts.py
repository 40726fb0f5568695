"""Contacts between groups of people, as they pass between stages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from bridge import Within
from bridge_epidemic.ports import Array, NotNegative


@dataclass(frozen=True)
class Contacts:
    """Contacts of people in groups (of age, or of age and place), reciprocal.

    `contacts[i, j]` is how many members of group j one member of group i meets in a day: rows are participants,
    columns are contacts. Every contact is one of two people: N_i C_ij = N_j C_ji. `groups` lists names, one to a line.
    """

    groups: str
    population: Annotated[Array, "1", ("group",), Within(0, 1e11, strict=True)]
    contacts: Annotated[Array, "1/d", ("group", "contact"), NotNegative]
