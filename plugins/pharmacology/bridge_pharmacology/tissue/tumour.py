"""Antibody in a tumour that mixes well behind the walls of its capillaries, where it binds to cells and is taken in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from bridge import Within, model
from bridge_pharmacology.plasma.courses import SMALL, Part, Tolerance, share_bound
from bridge_pharmacology.ports import (
    PER_INDIVIDUAL,
    Array,
    Bound,
    NotNegative,
    Occupancy,
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
class Tumour:
    """Antibody in a tumour: `concentration` is free antibody in the fluid, where cells meet it.

    Everything else counts per volume of tumour. `internalised` has been taken in since the beginning, `inflow` is the
    net amount that blood has brought until the end.
    """

    patient: Patients
    time: Time
    concentration: TissueConcentration
    bound: Bound
    antigen_free: Bound
    internalised: Annotated[Array, "nM", ("patient", "time"), Within(0)]
    occupancy: Occupancy
    inflow: Annotated[Array, "nmol", ("patient",)]
    balance: Annotated[float, "1", Within(0)]
    left_out: str


def _rates(
    drug: float,
    bound: float,
    unbound: float,
    internalised: float,
    inflow: float,
    uptake: float,
    void_fraction: float,
    on_rate: float,
    dissociation_constant: float,
    antigen: float,
    turnover_rate: float,
    internalisation_rate: float,
    plasma: float,
) -> tuple[float, ...]:
    free = drug / void_fraction
    net = uptake * (plasma - free)
    binding = on_rate * (free * unbound - dissociation_constant * bound)
    lost = internalisation_rate * bound
    return net - binding, binding - lost, turnover_rate * (antigen - unbound) - binding, lost, net


LUMPED = System(
    "lumped_tumour",
    ("drug", "bound", "unbound", "internalised", "inflow"),
    (
        "uptake",
        "void_fraction",
        "on_rate",
        "dissociation_constant",
        "antigen",
        "turnover_rate",
        "internalisation_rate",
    ),
    _rates,
    inputs=("plasma",),
    totals=("internalised", "inflow"),
)


def uptake_rate(permeability: Array, capillary_radius: Array, krogh_radius: Array) -> Array:
    """Rate 2 P Rcap/Rk² (1/d) at which plasma's antibody crosses capillary walls, per volume of tumour.

    P in um/d, radii in um, each one for each individual or one for all. Raises ValueError unless Rcap < Rk.
    """
    narrow = ~(np.asarray(capillary_radius) < krogh_radius)
    if narrow.any():
        inner, outer = (np.broadcast_to(r, narrow.shape)[narrow][0] for r in (capillary_radius, krogh_radius))
        raise ValueError(
            f"the capillary's radius is {inner:g} um and the Krogh radius {outer:g} um. Write a Krogh radius, half "
            f"the distance between capillaries, above the capillary's, e.g. krogh_radius='75 um'."
        )
    return np.asarray(2 * permeability * capillary_radius / krogh_radius**2, dtype=np.float64)


@model("tissue.tumour", scale=TISSUE, depends=["numba"])
def tumour(
    patient: Patients,
    time: Time,
    concentration: TissueConcentration,
    antigen: Annotated[Array, "nM", PER_INDIVIDUAL, Within(0, 1e5)] = constant(500.0),
    dissociation_constant: Annotated[Array, "nM", PER_INDIVIDUAL, Positive] = constant(0.1),
    on_rate: Annotated[Array, "1/(nM*d)", PER_INDIVIDUAL, NotNegative] = constant(8.64),
    turnover_rate: Annotated[Array, "1/d", PER_INDIVIDUAL, NotNegative] = constant(1.0),
    internalisation_rate: Annotated[Array, "1/d", PER_INDIVIDUAL, NotNegative] = constant(1.0),
    permeability: Annotated[Array, "um/d", PER_INDIVIDUAL, Positive] = constant(259.2),
    capillary_radius: Annotated[Array, "um", PER_INDIVIDUAL, Positive] = constant(8.0),
    krogh_radius: Annotated[Array, "um", PER_INDIVIDUAL, Positive] = constant(75.0),
    void_fraction: Annotated[Array, "1", PER_INDIVIDUAL, Part] = constant(0.24),
    tumour_volume: Annotated[Array, "mL", PER_INDIVIDUAL, NotNegative] = constant(10.0),
    *,
    on_failure: OnFailure = "stop",
    tolerance: Tolerance = 1e-7,
) -> Tumour:
    """Antibody that capillary walls let into a tumour, where it binds to antigen and is internalised with it.

    Per volume of tumour, F free antibody in the fluid (void fraction ε), B bound, A free antigen:
    F' = u (Cp - F/ε) - b, B' = b - kint B, A' = kdeg (A0 - A) - b, b = kon (F/ε A - Kd B), u = 2 P Rcap/Rk².
    Plasma does not feel the loss (`penetration.uncoupled` judges that, `tissue.tumour_coupled` has it), and the
    tumour mixes faster than it binds (`penetration.criteria` has the times, `tissue.krogh` resolves the way).

    `concentration` is the plasma's in nM, between whose times cubics run. A binding site that holds one antibody is
    an antigen: IgG has two arms, of which one is taken to bind.

    Uptake: G. M. Thurber, M. M. Schmidt and K. D. Wittrup, Adv. Drug Deliv. Rev. 60, 1421 (2008). Antigen, Kd, kon
    and rates are illustrative. Raises ValueError for radii that do not fit; Unsolved, which names patients and
    times, unless `on_failure` is "leave out".
    """
    from bridge_pharmacology.systems.driven import driven

    solved = driven(
        LUMPED,
        patient,
        time,
        {"plasma": concentration},
        {
            "uptake": uptake_rate(permeability, capillary_radius, krogh_radius),
            "void_fraction": void_fraction,
            "on_rate": on_rate,
            "dissociation_constant": dissociation_constant,
            "antigen": antigen,
            "turnover_rate": turnover_rate,
            "internalisation_rate": internalisation_rate,
        },
        start={"unbound": antigen},
        on_failure=on_failure,
        rtol=tolerance,
        atol=SMALL * tolerance,
    )
    values, who = solved.values, solved.patient
    most = float(max(concentration.max(initial=0.0), antigen.max()))
    drug, bound, free_antigen, taken = (
        without_round_off(values[name], most, name) for name in ("drug", "bound", "unbound", "internalised")
    )
    volume = of_patients(tumour_volume, who, "tumour_volume")
    return Tumour(
        patient=who,
        time=time,
        concentration=drug / of_patients(void_fraction, who, "void_fraction")[:, None],
        bound=bound,
        antigen_free=free_antigen,
        internalised=taken,
        occupancy=share_bound(bound, free_antigen),
        inflow=1e-3 * values["inflow"][:, -1] * volume,  # nM mL are pmol
        balance=unbalanced(values["inflow"], values["drug"] + values["bound"] + values["internalised"]),
        left_out=solved.left_out,
    )
