"""Cases as counted, and antibody that is given."""

from __future__ import annotations

import numpy as np
from bridge_epidemic.contacts.contacts import Contacts
from bridge_epidemic.neutralisation.antibodies import Antibodies
from bridge_epidemic.population.records import Immunity, Strains

from bridge import File, Q

CASES = b"date,cases,D614G,BA.1\n2021-12-01,10,9,1\n2021-12-02,12,7,2\n2021-12-03,15,6,3\n2021-12-04,14,5,4\n"
DAYS30 = np.arange(30.0)
BY_DAY = Q(DAYS30, "d")
GROWING = np.repeat((20 * np.exp(np.outer(DAYS30, [0.02, 0.1])))[None], 3, axis=0)
ONE2, NONE2 = np.ones(2), np.zeros(2)
PAIR = Strains("D614G\nBA.1", 1.5 * ONE2, ONE2, 4 * ONE2, 1, 1, 100 * ONE2, NONE2, NONE2)
DRUG = {
    "patient": np.arange(2),
    "time": BY_DAY,
    "concentration": Q(np.outer([30.0, 20.0], np.exp(-DAYS30 / 100)), "mg/L"),
}
FOLDS = {"patient": np.arange(2), "time": BY_DAY, "fold": np.outer([3000.0, 2000.0], np.exp(-DAYS30 / 100))}
SHARES30 = np.outer([1.0, 0.9], np.linspace(0.8, 0.7, 30))
CURVE = {
    "time": BY_DAY,
    "protection": SHARES30,
    "mean_protection": SHARES30.mean(axis=0),
    "mean_protection_low": SHARES30[1],
    "mean_protection_high": SHARES30[0],
    "protected": "30 d",
}
TREATED = Immunity(
    "untreated\ntreated\nrecovered",
    np.array([[0.7], [0.3], [0.0]]),
    np.zeros(1),
    np.array([[[1.0, 1.0], [0.2, 0.6], [0.0, 0.0]]]),
    np.ones((3, 2)),
    np.zeros((3, 2)),
    np.zeros(3),
    np.full(3, -1),
    np.full((3, 2), 2),
    np.full(3, -1),
)
COUNT = 60
POOL = Antibodies(
    "D614G\nBA.1",
    "WT convalescents",
    "one",
    np.arange(COUNT),
    np.ones(COUNT, dtype=np.int64),
    np.linspace(0.01, 9, COUNT),
    np.zeros(COUNT, dtype=np.int64),
    np.zeros(COUNT, dtype=np.int64),
    0.001,
    10.0,
)
OBSERVED = {
    "observed.cases": {"table": File(CASES, "text/csv"), "start_date": "2021-11-30"},
    "observed.sequences": {"table": File(CASES, "text/csv"), "variants": "D614G, BA.1"},
    "observed.written": {"time": BY_DAY, "incidence": GROWING, "strains": PAIR, "start_date": "2021-12-01"},
    "observed.reproduction_number": {
        "time": BY_DAY,
        "cases": GROWING[0].sum(axis=1),
        "generation_time": "5.9 d",
        "generation_time_spread": "4.8 d",
    },
    "observed.selection": {
        "time": BY_DAY,
        "sequences": np.round(GROWING[0]),
        "variants": "D614G\nBA.1",
        "start_date": "2021-12-01",
    },
    "epidemic.growth": {"time": BY_DAY, "incidence": GROWING, "begin": "5 d", "end": "25 d"},
}
PROPHYLAXIS = {
    "prophylaxis.protection": {**DRUG, "ic50": "10.7 ng/mL"},
    "prophylaxis.combined": {"first": FOLDS, "second": FOLDS},
    "prophylaxis.potency": {"antibodies": POOL, "variant": "BA.1", "quantile": 0.25},
    "prophylaxis.cocktail": {"potencies": Q([10.0, 40.0], "ng/mL"), "shares": np.array([0.5, 0.5])},
    "prophylaxis.report": {
        "contacts": Contacts("all", np.array([1e5]), np.array([[13.43]])),
        "plasma": DRUG,
        "first": CURVE,
        "second": CURVE,
        "strains": PAIR,
        "immunity": TREATED,
        "start_date": "2021-12-01",
        "treated": {"time": BY_DAY, "incidence": GROWING},
        "untreated": {"time": BY_DAY, "incidence": 2 * GROWING},
        "treated_expected": {"time": BY_DAY, "incidence": GROWING[:1]},
        "untreated_expected": {"time": BY_DAY, "incidence": 2 * GROWING[:1]},
    },
}
INPUTS = {**OBSERVED, **PROPHYLAXIS}
