"""The epidemic that is measured: two strains, 16 ages, 1e6 people, and immunity that the second strain escapes."""

from __future__ import annotations

import numpy as np
from bridge_epidemic.contacts.contacts import Contacts
from bridge_epidemic.population.records import Immunity, Strains

DAYS, STEP, REPLICATES, PEOPLE, GROUPS = 365, 0.25, 1000, 1e6, 16
NUMBERS, PERIOD, SEEDS = (1.8, 2.4), 5.0, 50.0


def contacts() -> Contacts:
    """Ages of 5 years that meet their own, their parents' and everybody, about 13 contacts a day."""
    age = np.arange(GROUPS)
    apart = np.abs(age[:, None] - age)
    meetings = 0.35 + 3.5 * np.exp(-apart / 1.5) + 1.2 * np.exp(-(((apart - 6) / 1.5) ** 2))
    return Contacts("\n".join(f"{5 * k}" for k in age), np.full(GROUPS, PEOPLE / GROUPS), meetings)


def strains() -> Strains:
    """SIR, 5 d infectious; the second strain comes on day 30."""
    return Strains(
        "first\nsecond", np.array(NUMBERS), np.zeros(2), np.full(2, PERIOD), 0, 1, np.full(2, SEEDS),
        np.array([0.0, 30.0]), np.zeros(2),
    )  # fmt: skip


def immunity() -> Immunity:
    """Without immunity, immune to the first strain and half to the second, and immune to both."""
    return Immunity(
        "naive\nimmune\nboth",
        np.array([[0.7], [0.3], [0.0]]),
        np.zeros(1),
        np.array([[[1.0, 1.0], [0.1, 0.5], [0.0, 0.0]]]),
        np.ones((3, 2)),
        np.tile([0.02, 0.01], (3, 1)),
        np.zeros(3),
        np.full(3, -1),
        np.array([[1, 2], [1, 2], [2, 2]]),
        np.full(3, -1),
    )
