"""An epidemic as it goes among very many people."""

from __future__ import annotations

import numpy as np

from bridge import model
from bridge_epidemic.contacts.contacts import Contacts
from bridge_epidemic.population.courses import (
    NO_INTERVENTIONS,
    NO_VACCINATION,
    Duration,
    Epidemic,
    Step,
    computed,
)
from bridge_epidemic.population.records import Courses, Immunity, Interventions, Strains, Vaccination
from bridge_epidemic.scales import POPULATION


@model("epidemic.deterministic", scale=POPULATION, depends=["numba"])
def deterministic(
    contacts: Contacts,
    strains: Strains,
    immunity: Immunity,
    vaccination: Vaccination = NO_VACCINATION,
    interventions: Interventions = NO_INTERVENTIONS,
    duration: Duration = 365.0,
    *,
    step: Step = 0.25,
) -> Courses:
    """The steps of `epidemic.chain_binomial` with every draw replaced by its mean; one replicate, number 0.

    It is the limit of many people in every class, not the mean of courses that may die out. People are not whole, and
    nobody is ever the last one: `extinct` is 1 only for strains that were never there.
    Raises ValueError as `epidemic.chain_binomial` does.
    """
    epidemic = Epidemic(contacts, strains, immunity, vaccination, interventions, duration, step)
    return computed(epidemic, np.zeros(1, dtype=np.int64), 0, drawn=False)
