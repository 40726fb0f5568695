"""A virus within a person, generations and strains."""

from __future__ import annotations

from typing import Any

import numpy as np

from bridge import Q

INFECTED = np.linspace(0, 20, 201)
LOAD = 1e9 * np.exp(-2 * np.abs(INFECTED - 5))
#: Triangular densities of the generation time: mean 5 d, and 3 d.
AGES, DENSITY = Q(np.array([0.0, 5.0, 10.0]), "d"), Q(np.array([0.0, 0.2, 0.0]), "1/d")
SHORTER = {
    "infection_age": Q(np.array([0.0, 3.0, 6.0]), "d"),
    "generation_density": Q(np.array([0.0, 1 / 3, 0.0]), "1/d"),
}


def virus(unit: str) -> dict[str, Any]:
    """A load over time in a unit."""
    return {"time": Q(INFECTED, "d"), "load": Q(LOAD, f"{unit}/mL")}


def infection(unit: str) -> dict[str, Any]:
    """Every parameter of an infection in a unit."""
    return {
        "infection_rate": f"3e-9 mL/({unit}*d)", "eclipse_rate": "4 1/d", "loss_rate": "0.84 1/d",
        "production": f"2.8e5 {unit}/(mL*d)", "clearance": "10 1/d", "initial_target_cells": 1.33e5,
        "initial_infected_cells": 1.0, "limit": f"1e6 {unit}/mL",
    }  # fmt: skip


PERSON: dict[str, dict[str, Any]] = {
    "host.published": {"production_ratio": 2.0},
    "host.target_cells_tcid50": {"initial_load": "0.1 tcid50/mL", "neutralisation": 0.5},
    "host.target_cells_pfu": {
        **infection("pfu"), "interferon": "refractory cells", "refractory_rate": "1e-5 1/d",
        "reversion_rate": "0.1 1/d",
    },
    "host.target_cells_rna": {
        **infection("rna_copy"), "neutralisation": "0.9, 0.5", "neutralisation_time": "0 d, 10 d",
        "adaptive": "antibody", "adaptive_onset": "10 d", "antibody_growth": "1 1/d",
    },
    "host.trajectories_tcid50": {**virus("tcid50"), "limit": "100 tcid50/mL"},
    "host.trajectories_pfu": virus("pfu"),
    "host.trajectories_rna": {
        **virus("rna_copy"), "reference": {"time": Q(INFECTED, "d"), "load": Q(10 * LOAD, "rna_copy/mL")},
    },
    "transmission.infectiousness": virus("rna_copy"),
    "transmission.infectiousness_pfu": {
        **virus("pfu"), "relation": "saturating", "half_load": "1e6 pfu/mL", "hill": 0.5,
    },
    "transmission.infectiousness_tcid50": {
        **virus("tcid50"), "relation": "log load above a limit", "limit": "1e5 tcid50/mL",
    },
    "transmission.generation_time": {
        "time": Q(INFECTED, "d"), "infectiousness": LOAD / 1e9,
        "reference": {"time": Q(INFECTED, "d"), "infectiousness": LOAD / 2e9},
    },
    "transmission.gamma_generation_time": {},
    "transmission.lognormal_generation_time": {},
    "transmission.stages": {"generation_time": "5.9 d", "generation_time_spread": "4.8 d", "step": "6 h"},
    "transmission.growth": {"reproduction_number": 2.5, "infection_age": AGES, "generation_density": DENSITY},
    "transmission.reproduction": {"growth_rate": "0.1 1/d", "infection_age": AGES, "generation_density": DENSITY},
    "transmission.advantage": {
        "selection_coefficient": "0.2 1/d", "growth_rate": "-0.05 1/d", "infection_age": AGES,
        "generation_density": DENSITY, "variant": SHORTER,
    },
    "epidemic.two_strains": {"transmissibility_ratio": 1.3, "seeds": "100, 10", "seed_day": "0 d, 30 d"},
    "epidemic.strains": {"names": "a, b, c", "reproduction_number": "2, 3, 4", "latent_period": "2 d"},
}  # fmt: skip

INPUTS = PERSON
