"""Contacts, immunity and campaigns."""

from __future__ import annotations

from typing import Any

import numpy as np

from bridge import File, Q

CONTACTS: dict[str, Any] = {
    "groups": "0-14\n15+",
    "population": np.array([2e5, 8e5]),
    "contacts": Q([[8.0, 6.0], [1.5, 9.0]], "1/d"),
}
STRAINS: dict[str, Any] = {
    "strains": "D614G\nBA.1",
    "reproduction_number": np.array([2.87, 2.87]),
    "latent_period": Q([1.27, 1.27], "d"),
    "infectious_period": Q([4.63, 4.63], "d"),
    "latent_stages": 1,
    "infectious_stages": 1,
    "seeds": np.array([100.0, 10.0]),
    "seed_day": Q([0.0, 0.0], "d"),
    "imported": Q([0.0, 0.0], "1/d"),
}
#: A logistic of level, and the same at a tenth of the titre.
LEVELS = np.linspace(-4, 2, 121)
HALF_AT = -0.695
PARTICIPANTS = b"part_id,country,part_age_exact,dayofweek\n1,Italy,3,1\n2,Italy,30,6\n"
MET = b"part_id,cnt_age_exact,cnt_age_est_min,cnt_age_est_max\n1,30,,\n2,,20,30\n2,5,,\n"
PER_GROUP = b"group,population,young,old\nyoung,100,5,3\nold,300,1,2\n"

POPULATION: dict[str, dict[str, Any]] = {
    "contacts.published": {"country": "Italy", "lower_ages": "0, 20, 60"},
    "contacts.polymod": {
        "participants": File(PARTICIPANTS, "text/csv"),
        "contacts": File(MET, "text/csv"),
        "lower_ages": "0, 20",
        "days": "week",
    },
    "contacts.table": {"table": File(PER_GROUP, "text/csv")},
    "contacts.written": {"contacts": CONTACTS},
    "contacts.merged": {"contacts": CONTACTS, "lower_ages": "0"},
    "contacts.homogeneous": {"population": np.array([2e5, 8e5])},
    "contacts.patches": {
        "contacts": CONTACTS,
        "patches": "town, village",
        "population": np.array([9e4, 1e4]),
        "mobility": np.array([[0.95, 0.05], [0.4, 0.6]]),
    },
    "immunity.naive": {"strains": STRAINS, "cross_protection": "0.6"},
    "immunity.sera": {
        "strains": STRAINS,
        "level": LEVELS,
        "reference_protection": 1 / (1 + np.exp(-3 * (LEVELS - HALF_AT))),
        "variant_protection": 1 / (1 + np.exp(-3 * (LEVELS - 1 - HALF_AT)))[None],
        "half_life": "108 d",
        "cross_fold": "10",
        "age": "90 d",
        "ladder_step": "30 d",
    },
    "immunity.treated": {
        "strains": STRAINS,
        "treated_fraction": "0.3",
        "time": Q([0.0, 90.0, 180.0], "d"),
        "mean_protection": np.array([0.9, 0.6, 0.2]),
    },
    "immunity.table": {
        "classes": "naive, recovered",
        "initial": np.array([[0.8], [0.2]]),
        "susceptibility": np.array([[[1.0, 1.0], [0.1, 0.5]]]),
        "after": np.array([[1, 1], [1, 1]]),
        "waning_rate": Q([0.0, 0.01], "1/d"),
        "wanes_to": np.array([-1, 0]),
    },
    "epidemic.vaccination": {
        "contacts": CONTACTS,
        "campaigns": "2021-12-01 .. 2022-01-15: 30%",
        "start_date": "2021-11-15",
    },
    "epidemic.interventions": {"measures": "day 30 .. 60: 0.6"},
}

INPUTS = POPULATION
