"""Inputs with which each model of this plugin runs in a second or two."""

from __future__ import annotations

from typing import Any

import numpy as np
from bridge_pharmacology.dosing.regimen import regimen
from bridge_pharmacology.plasma.closed import one_compartment_oral
from bridge_pharmacology.report import records as told

from bridge import File, Q

#: Two individuals: nlmixr2's way of writing, and what was measured.
TABLE = (
    b"id,time,amt,dv,dvid,evid,wt,sex\n"
    b"1,0,100,.,.,101,70,male\n1,2,0,8.5,cp,0,70,male\n"
    b"2,0,90,.,.,101,60,female\n2,24,0,41,pca,0,60,female\n"
)
DOSES: dict[str, Any] = {
    "individual": np.array([0, 0]),
    "time": Q([0.0, 7.0], "d"),
    "amount": Q([280.0, 140.0], "mg"),
    "duration": Q([90.0, 30.0], "min"),
    "event": np.array([1, 1]),
    "compartment": np.array([1, 1]),
    "additional": np.array([0, 2]),
    "interval": Q([0.0, 7.0], "d"),
    "steady": np.array([0, 0]),
}
OBSERVATIONS: dict[str, Any] = {
    "individual": np.array([0]),
    "time": Q([3.0], "d"),
    "value": Q([40.0], "mg/L"),
    "kind": np.array([1]),
    "compartment": np.array([1]),
    "before_dose": np.array([False]),
}
WEEKLY = {"interval": "1 week", "infusion": "30 min", "loading_infusion": "90 min"}

DOSING: dict[str, dict[str, Any]] = {
    "dosing.regimen": {"dose": "140 mg", "loading": "280 mg", **WEEKLY},
    "dosing.regimen_by_weight": {"dose": "2 mg/kg", "loading": "4 mg/kg", "body_weight": "70 kg", **WEEKLY},
    "dosing.regimens": {"dose": Q([70.0, 140.0], "mg"), **WEEKLY},
    "dosing.regimens_by_weight": {"dose": Q([1.0, 2.0], "mg/kg"), "body_weight": "70 kg", **WEEKLY},
    "dosing.table": {
        "table": File(TABLE, "text/csv"),
        "time": "h",
        "amount": "mg",
        "concentration": "mg/L",
        "dvid": "cp",
    },
    "dosing.written": {"doses": DOSES, "time": "h"},
    "dosing.marked": {"doses": DOSES, "observations": OBSERVATIONS},
    "dosing.substance": {"molecular_mass": "145.5 kDa", "name": "trastuzumab"},
    "dosing.body_weight": {"covariates": np.array([[70.0, 1.0], [60.0, 0.0]]), "covariate_names": "WT,SEX"},
}

FORTNIGHT = {"doses": regimen(140.0, 7.0, loading=280.0, infusion=0.5 / 24, until=14.0).doses, "duration": "2 week"}
PLASMA: dict[str, dict[str, Any]] = {
    "pk.one_compartment": {**FORTNIGHT, "absorption": "first order", "lag": "20 min", "bioavailability": 0.8},
    "pk.two_compartment": {**FORTNIGHT, "clearance": "9.4 mL/h"},
    "pk.target_mediated": {**FORTNIGHT, "molecular_mass": "145.5 kDa"},
    "pk.quasi_steady_state": {**FORTNIGHT, "molecular_mass": "149 kDa"},
    "pk.minimal_pbpk": {**FORTNIGHT},
    "tissue.tumour_coupled": {**FORTNIGHT, "molecular_mass": "145.5 kDa", "clearance": Q([0.15, 0.3], "L/d")},
    "pk.disposition": {},
    "pk.rate_constants": {"k12": "0.00683 1/h"},
}

DAYS = np.linspace(0, 4, 17)
PATIENT, TIME = np.array([0, 1]), Q(DAYS, "d")
FALLING = np.outer([1.0, 0.5], np.exp(-DAYS / 10))
WHO: dict[str, Any] = {"patient": PATIENT, "time": TIME}

TISSUE_TO_EFFECT: dict[str, dict[str, Any]] = {
    "tissue.partition": {**WHO, "concentration": Q(600 * FALLING, "nM"), "equilibration_time": "12 h"},
    "tissue.tumour": {**WHO, "concentration": Q(600 * FALLING, "nM"), "antigen": Q([500.0, 200.0], "nM")},
    "tissue.krogh": {**WHO, "concentration": Q(600 * FALLING, "nM"), "individual": 1, "cells": 20},
    "penetration.criteria": {"concentration": "100 nM", "internalisation_rate": "5.545 1/d"},
    "penetration.uncoupled": {"tumour_volume": "20 mL"},
    "penetration.comparison": {
        "coupled": {"patient": PATIENT, "trough": Q([67.8, 50.0], "mg/L"), "exposure": Q([15000.0, 12000.0], "mg*d/L")},
        "uncoupled": {
            "patient": PATIENT,
            "trough": Q([70.4, 51.0], "mg/L"),
            "exposure": Q([15400.0, 12200.0], "mg*d/L"),
        },
    },
    "binding.equilibrium": {**WHO, "concentration": Q(FALLING, "nM"), "ligand": "total"},
    "binding.kinetic": {**WHO, "concentration": Q(FALLING, "nM"), "on_rate": "1e5 1/(M*s)"},
    "signal.transit": {**WHO, "occupancy": FALLING, "transit_time": "6 h"},
    "signal.indirect_response": {**WHO, "occupancy": FALLING, "type": "III"},
    "signal.indirect_response_to_drug": {
        **WHO,
        "concentration": Q(600 * FALLING, "nM"),
        "half_concentration": "50 nM",
        "type": "II",
    },
    "effect.emax": {**WHO, "signal": FALLING},
    "effect.sigmoid_emax": {**WHO, "signal": FALLING, "hill": Q([1.5, 3.0], "1")},
    "effect.operational": {**WHO, "signal": FALLING, "transducer_ratio": 5.0},
    "effect.tumour_growth": {**WHO, "signal": FALLING, "growth_rate": "0.081 1/week"},
}

#: A population model, as people keep it.
ESTIMATES = b"parameter,estimate,unit,rse,cv\nclearance,0.225,L/d,5,43\ncentral_volume,2.95,L,3,29\n"
#: Three individuals after 320 mg, 36/d, 32 L and clearances of their own, hours after the dose.
HOURS = np.array([0.5, 1.0, 2.0, 4.0, 7.0, 12.0, 24.0])
LEVELS = one_compartment_oral(HOURS / 24, 320.0, 36.0, np.array([[60.0], [68.0], [80.0]]), 32.0)
LEVELS = LEVELS + 0.05 * np.cos(np.arange(LEVELS.size)).reshape(LEVELS.shape)
NONE = np.zeros(3, dtype=np.int64)
TRIAL: dict[str, Any] = {
    "individual": np.arange(3),
    "time": Q([0.0] * 3, "d"),
    "amount": Q([320.0] * 3, "mg"),
    "duration": Q([0.0] * 3, "d"),
    "event": NONE + 1,
    "compartment": NONE + 1,
    "additional": NONE,
    "interval": Q([0.0] * 3, "d"),
    "steady": NONE,
}
MEASURED: dict[str, Any] = {
    "individual": np.repeat(np.arange(3), 7),
    "time": Q(np.tile(HOURS, 3), "h"),
    "value": Q(LEVELS.ravel(), "mg/L"),
    "kind": np.zeros(21, dtype=np.int64),
    "compartment": np.zeros(21, dtype=np.int64),
    "before_dose": np.zeros(21, dtype=bool),
}
#: What a turnover of 96, 1.25/d and 1.2 mg/L does about it, roughly: enough to be fitted.
RESPONSES: dict[str, Any] = MEASURED | {
    "value": 96 * np.exp(-1.25 * np.minimum(np.tile(HOURS, 3), 9) / 24) + np.cos(np.arange(21))
}
DAYS = Q(np.linspace(0, 1, 25), "d")
COURSES = one_compartment_oral(np.linspace(0, 1, 25), 320.0, 36.0, np.array([[60.0], [68.0], [80.0]] * 4), 32.0)

POPULATION: dict[str, dict[str, Any]] = {
    "population.random_effects": {
        "coefficients_of_variation": "0.43, 0.29",
        "correlation": np.array([[1, 0.3], [0.3, 1]]),
    },
    "population.antibody": {},
    "population.one_compartment": {
        "eta": np.array([[0.1, 0.2, -0.1], [0.0, -0.3, 0.2]]),
        "body_weight": "70 kg, 85 kg",
    },
    "population.two_compartment": {"eta": np.array([[0.1, 0.2], [0.0, -0.3]])},
    "population.replicates": {"doses": TRIAL, "count": 3},
    "population.estimates": {"table": File(ESTIMATES, "text/csv"), "draws": 5},
    "population.percentiles": {"patient": np.arange(12), "time": DAYS, "concentration": Q(COURSES, "mg/L")},
    "population.effect_percentiles": {"patient": np.arange(12), "time": DAYS, "effect": COURSES / 10},
    "population.predictive_check": {
        "observations": MEASURED,
        "patient": np.arange(12),
        "time": DAYS,
        "concentration": Q(COURSES, "mg/L"),
        "each": 3,
        "additive_error": "0.05 mg/L",
    },
    "population.two_stage_fit": {"doses": TRIAL, "observations": MEASURED, "starts": 2},
    "population.pooled_fit": {"doses": TRIAL, "observations": MEASURED, "starts": 2},
    "population.turnover_fit": {
        "doses": TRIAL,
        "responses": RESPONSES,
        "patient": np.arange(3),
        "potency": "1 mg/L",
        "starts": 2,
        "individual_absorption_rate": Q([36.0] * 3, "1/d"),
        "individual_clearance": Q([60.0, 68.0, 80.0], "L/d"),
        "individual_volume": Q([32.0] * 3, "L"),
        "individual_lag": Q([0.0] * 3, "d"),
    },
    "population.tornado": {
        "parameters": "clearance, antigen",
        "base": 0.5,
        "lower": np.array([0.4, 0.45]),
        "upper": np.array([0.7, 0.52]),
    },
}

TWO, WHEN = np.arange(2), np.array([0.0, 84.0, 168.0])
SHARES = np.array([[0.0, 0.6, 0.7], [0.0, 0.3, 0.4]])
RING = np.full((2, 2), 200.0)
REPORT: dict[str, Any] = {
    "patient": TWO, "time": Q(WHEN, "d"), "plasma_concentration": Q(100 * SHARES, "mg/L"),
    "concentration": Q(SHARES, "nM"), "exposure": Q([9e3, 1.5e4], "mg*d/L"), "trough": Q([70.0, 40.0], "mg/L"),
    "occupancy": SHARES, "balance": 1e-9, "binding": told.Bound(TWO, WHEN, SHARES),
    "transduction": told.Signalled(TWO, WHEN, SHARES), "response": told.Effected(TWO, WHEN, 1 - SHARES / 2),
    "regimen_dose": Q([1.0, 2.0], "mg/kg"),
    "regimens": told.Regimens(TWO, WHEN, 100 * SHARES, SHARES, np.array([9e3, 1.5e4]), np.array([70.0, 40.0]), 1e-9),
    "regimen_binding": told.Bound(TWO, WHEN, SHARES), "regimen_transduction": told.Signalled(TWO, WHEN, SHARES),
    "regimen_response": told.Effected(TWO, WHEN, 1 - SHARES / 2), "uncoupled": told.Uncoupled(1e-9),
    "lumped": told.Lumped(1e-9),
    "penetration": told.Criteria(714, 6e4, 4.8, 8.6e4, 1e6, 1e5, "binding < diffusion", 3.96, 0.05, 8.3, 0.1, "walls"),
    "verdict": told.Verdict(0.033, 0.1, True), "comparison": told.Comparison(0.03, 0.08, "troughs are off by 3 %"),
    "capillary": told.Krogh(SHARES[:1], WHEN, WHEN[1:], np.array([20.0, 60.0]), RING, RING, RING, 1e-14),
}  # fmt: skip

INPUTS: dict[str, dict[str, Any]] = {
    **DOSING,
    **PLASMA,
    **TISSUE_TO_EFFECT,
    **POPULATION,
    "pharmacology.report": REPORT,
}
