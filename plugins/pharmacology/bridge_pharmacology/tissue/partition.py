"""Drug in a tissue that blood supplies freely: a share of the plasma's concentration, at once or with a delay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from bridge import Within, model
from bridge_pharmacology.plasma.courses import SMALL, Tolerance
from bridge_pharmacology.ports import (
    PER_INDIVIDUAL,
    Array,
    NotNegative,
    Patients,
    Positive,
    Time,
    TissueConcentration,
    constant,
    of_patients,
)
from bridge_pharmacology.scales import TISSUE
from bridge_pharmacology.systems.failing import OnFailure
from bridge_pharmacology.systems.system import System
from bridge_pharmacology.tissue.rounding import unbalanced, without_round_off


@dataclass(frozen=True)
class Tissue:
    """Drug in a tissue. `inflow` is the net amount that blood has brought until the end."""

    patient: Patients
    time: Time
    concentration: TissueConcentration
    inflow: Annotated[Array, "nmol", ("patient",)]
    balance: Annotated[float, "1", Within(0)]
    left_out: str


def _rates(tissue: float, inflow: float, rate: float, coefficient: float, plasma: float) -> tuple[float, float]:
    net = rate * (coefficient * plasma - tissue)
    return net, net


EQUILIBRATION = System(
    "partition", ("tissue", "inflow"), ("rate", "coefficient"), _rates, inputs=("plasma",), totals=("inflow",)
)


@model("tissue.partition", scale=TISSUE, depends=["numba"])
def partition(
    patient: Patients,
    time: Time,
    concentration: TissueConcentration,
    partition_coefficient: Annotated[Array, "1", PER_INDIVIDUAL, Positive] = constant(0.15),
    equilibration_time: Annotated[Array, "d", PER_INDIVIDUAL, NotNegative] = constant(0.0),
    tissue_volume: Annotated[Array, "mL", PER_INDIVIDUAL, Positive] = constant(10.0),
    *,
    on_failure: OnFailure = "stop",
    tolerance: Tolerance = 1e-7,
) -> Tissue:
    """Concentration in a tissue that follows plasma: C' = (Kp Cp - C)/τ, and C = Kp Cp where τ is 0.

    `concentration` is the plasma's, between whose times cubics run. The default Kp is about that of antibodies in
    muscle and skin (D. K. Shah and A. M. Betts, mAbs 5, 297, 2013); `equilibration_time` τ is volume × Kp over the
    tissue's blood flow (or permeability × surface). `tissue_volume` only turns concentrations into amounts.

    Raises Unsolved, which names patients and times, unless `on_failure` is "leave out".
    """
    inside = of_patients(partition_coefficient, patient, "partition_coefficient")[:, None] * concentration
    came, kept, left_out = inside.copy(), np.ones(patient.shape, dtype=np.bool_), ""
    slow = of_patients(equilibration_time, patient, "equilibration_time") > 0
    if slow.any():
        from bridge_pharmacology.systems.driven import driven

        solved = driven(
            EQUILIBRATION,
            patient[slow],
            time,
            {"plasma": concentration[slow]},
            {
                "rate": 1 / np.where(equilibration_time > 0, equilibration_time, 1.0),
                "coefficient": partition_coefficient,
            },
            on_failure=on_failure,
            rtol=tolerance,
            atol=SMALL * tolerance,
        )
        late, left_out = slow & np.isin(patient, solved.patient), solved.left_out
        kept = late | ~slow
        inside[late] = without_round_off(solved.values["tissue"], inside[late].max(initial=0.0), "the concentration")
        came[late] = solved.values["inflow"]
    volume = of_patients(tissue_volume, patient, "tissue_volume")
    return Tissue(
        patient=patient[kept],
        time=time,
        concentration=inside[kept],
        inflow=1e-3 * (came[:, -1] * volume)[kept],  # nM mL are pmol
        balance=unbalanced(came[kept], inside[kept]),
        left_out=left_out,
    )
