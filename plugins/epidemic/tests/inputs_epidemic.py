"""Courses of an epidemic: two groups, two strains."""

from __future__ import annotations

from typing import Any

import numpy as np
from bridge_epidemic.contacts.contacts import Contacts
from bridge_epidemic.population.records import Immunity, Interventions, Strains, Vaccination

from bridge import Q

CONTACTS = Contacts("young\nold", np.array([6000.0, 4000.0]), np.array([[8.0, 2.0], [3.0, 4.0]]))
STRAINS = Strains(
    "a\nb",
    np.array([2.0, 2.5]),
    np.array([2.0, 2.0]),
    np.array([4.0, 3.0]),
    1,
    2,
    np.array([30.0, 20.0]),
    np.array([0.0, 5.0]),
    np.array([0.0, 1.0]),
)
IMMUNITY = Immunity(
    "naive\nrecovered",
    np.array([[0.9], [0.1]]),
    np.zeros(1),
    np.array([[[1.0, 1], [0, 0.3]]]),
    np.ones((2, 2)),
    np.full((2, 2), 0.01),
    np.array([0.0, 0.01]),
    np.array([-1, 0]),
    np.ones((2, 2), dtype=np.int64),
    np.array([1, -1]),
)
EPIDEMIC: dict[str, dict[str, Any]] = {
    "epidemic.chain_binomial": {
        "contacts": CONTACTS,
        "strains": STRAINS,
        "immunity": IMMUNITY,
        "duration": "30 d",
        "replicates": 3,
        "vaccination": Vaccination(np.array([2.0]), np.array([9.0]), np.array([[50.0, 20.0]])),
        "interventions": Interventions(np.array([5.0]), np.array([15.0]), np.array([[0.6]])),
    },
    "epidemic.deterministic": {"contacts": CONTACTS, "strains": STRAINS, "immunity": IMMUNITY, "duration": "30 d"},
    "epidemic.next_generation": {"contacts": CONTACTS, "strains": STRAINS, "immunity": IMMUNITY},
    "epidemic.final_size": {"contacts": CONTACTS, "reproduction_number": 2.0, "immune": Q([0.1, 0.3], "1")},
    "epidemic.extinction": {"reproduction_number": 2.0, "infectious_period": "4 d", "cases": 3},
}

INPUTS = EPIDEMIC
