"""Virtual patients of a therapeutic antibody: plasma, target and tumour growth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from bridge import Within, model
from bridge_pharmacology.population import variability
from bridge_pharmacology.ports import PER_INDIVIDUAL, Array, Positive, constant
from bridge_pharmacology.scales import POPULATION

Variation = Annotated[float, "1", Within(0, 5)]
Individuals = ("individual",)


@dataclass(frozen=True)
class Patients:
    """Parameters by individual, under the names that models of plasma, tumour and effect know.

    Both pairs of peripheral parameters say the same: Q = k12 V1 and V2 = Q / k21.
    """

    clearance: Annotated[Array, "L/d", Individuals, Positive]
    central_volume: Annotated[Array, "L", Individuals, Positive]
    k12: Annotated[Array, "1/d", Individuals, Positive]
    k21: Annotated[Array, "1/d", Individuals, Positive]
    intercompartmental_clearance: Annotated[Array, "L/d", Individuals, Positive]
    peripheral_volume: Annotated[Array, "L", Individuals, Positive]
    antigen: Annotated[Array, "nM", Individuals, Positive]
    growth_rate: Annotated[Array, "1/d", Individuals, Positive]
    kill_rate: Annotated[Array, "1/d", Individuals, Positive]
    body_weight: Annotated[Array, "kg", Individuals, Positive]


@model("population.antibody", scale=POPULATION)
def antibody(
    clearance: Annotated[float, "L/d", Positive] = 0.225,
    central_volume: Annotated[float, "L", Positive] = 2.95,
    k12: Annotated[float, "1/d", Positive] = 0.164,
    k21: Annotated[float, "1/d", Positive] = 0.101,
    antigen: Annotated[float, "nM", Positive] = 500.0,
    growth_rate: Annotated[float, "1/d", Positive] = float(np.log(2)) / 60,
    kill_rate: Annotated[float, "1/d", Positive] = float(np.log(2)) / 30,
    clearance_variation: Variation = 0.43,
    volume_variation: Variation = 0.29,
    antigen_variation: Variation = 0.50,
    growth_variation: Variation = 0.30,
    kill_variation: Variation = 0.40,
    variability_scale: Annotated[float, "1", Within(0, 10)] = 1.0,
    body_weight: Annotated[Array, "kg", PER_INDIVIDUAL, Within(0.5, 500)] = constant(70.0),
    clearance_exponent: Annotated[float, "1", Within(-3, 3)] = 0.0,
    volume_exponent: Annotated[float, "1", Within(-3, 3)] = 0.0,
    *,
    patients: Annotated[int, Within(1, 10_000_000)] = 200,
    first: Annotated[int, Within(0, 100_000_000)] = 0,
    seed: int = 20260105,
) -> Patients:
    """Individuals of an antibody against a tumour: lognormal about the typical values, uncorrelated.

    Columns of the table of standard normal numbers are clearance, central volume, antigen, growth and kill rate;
    omega² = ln(1 + CV²). All effects are multiplied by `variability_scale`: 0 gives typical patients. Clearance and
    volume go as powers of body weight over 70 kg, the exponents 0 by default: weight is in the dose then.

    Plasma is trastuzumab's: R. Bruno et al., Cancer Chemother. Pharmacol. 56, 361 (2005). Antigen, growth and kill
    with all their variations are an illustrative assumption. `first` and `patients` are a slice of one population.
    Raises ValueError for body weights of another number of individuals.
    """
    if body_weight.size not in (1, patients):
        raise ValueError(
            f"body_weight is given for {body_weight.size} individuals, and there are {patients}. Write one weight for "
            f"all, or patients={body_weight.size}."
        )
    variations = (clearance_variation, volume_variation, antigen_variation, growth_variation, kill_variation)
    spread = np.sqrt(variability.log_variance(np.array(variations)))
    eta = variability.deviates(patients, len(variations), first=first, seed=seed) * spread * variability_scale
    relative = body_weight / 70.0
    volume = central_volume * relative**volume_exponent * np.exp(eta[:, 1])
    return Patients(
        clearance=clearance * relative**clearance_exponent * np.exp(eta[:, 0]),
        central_volume=volume,
        k12=np.full(patients, k12),
        k21=np.full(patients, k21),
        intercompartmental_clearance=k12 * volume,
        peripheral_volume=k12 * volume / k21,
        antigen=antigen * np.exp(eta[:, 2]),
        growth_rate=growth_rate * np.exp(eta[:, 3]),
        kill_rate=kill_rate * np.exp(eta[:, 4]),
        body_weight=np.broadcast_to(body_weight, (patients,)).copy(),
    )
