"""A matrix of contacts as an output: with its mean, its growth factor and a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from bridge import Picture
from bridge_epidemic.contacts.contacts import Contacts
from bridge_epidemic.ports import NotNegative, names


@dataclass(frozen=True)
class ContactMatrix:
    """Contacts between groups, and what they say at a glance.

    `mean_contacts` is of a person of the whole population, `dominant_eigenvalue` that of `contacts`: what the number
    of infected is multiplied by in a day, if each contact infects.
    """

    contacts: Contacts
    mean_contacts: Annotated[float, "1/d", NotNegative]
    dominant_eigenvalue: Annotated[float, "1/d", NotNegative]
    matrix: Picture


def mean(contacts: Contacts) -> float:
    """Contacts that a person has in a day, over all people."""
    return float(contacts.population @ contacts.contacts.sum(axis=1) / contacts.population.sum())


def dominant_eigenvalue(contacts: Contacts) -> float:
    """The largest eigenvalue, of the symmetric sqrt(N_i / N_j) C_ij, to which reciprocal contacts are similar."""
    root = np.sqrt(contacts.population)
    symmetric = root[:, None] * contacts.contacts / root
    return float(np.linalg.eigvalsh((symmetric + symmetric.T) / 2)[-1])


def described(contacts: Contacts) -> ContactMatrix:
    """Contacts with their numbers and picture, after a check that they are reciprocal. Raises ValueError."""
    from bridge_epidemic.contacts.drawing import heat_map
    from bridge_epidemic.contacts.reciprocity import checked

    checked(contacts)
    picture = Picture.drawn(heat_map(names(contacts.groups), contacts.contacts))
    return ContactMatrix(contacts, mean(contacts), max(dominant_eigenvalue(contacts), 0.0), picture)
