"""Drug on a receptor: at equilibrium with what surrounds it, or on its way there while the receptor turns over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from bridge import Within, model
from bridge_pharmacology import quadratic
from bridge_pharmacology.plasma.courses import SMALL, Tolerance, share_bound
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
from bridge_pharmacology.scales import MOLECULE
from bridge_pharmacology.systems.failing import OnFailure
from bridge_pharmacology.systems.system import System
from bridge_pharmacology.tissue.rounding import unbalanced, without_round_off


@dataclass(frozen=True)
class Equilibrium:
    """Bound drug, the free drug beside it, and the share of the receptor that is bound."""

    patient: Patients
    time: Time
    bound: Bound
    free: TissueConcentration
    occupancy: Occupancy


@dataclass(frozen=True)
class Kinetic:
    """Bound drug and the share of the receptor that is bound, per volume of tissue.

    `balance` compares what has been captured with what is bound and what went in with the receptor.
    """

    patient: Patients
    time: Time
    bound: Bound
    antigen_free: Bound
    internalised: Annotated[Array, "nM", ("patient", "time"), Within(0)]
    occupancy: Occupancy
    balance: Annotated[float, "1", Within(0)]
    left_out: str


@model("binding.equilibrium", scale=MOLECULE)
def equilibrium(
    patient: Patients,
    time: Time,
    concentration: TissueConcentration,
    antigen: Annotated[Array, "nM", PER_INDIVIDUAL, Within(0, 1e5)] = constant(500.0),
    dissociation_constant: Annotated[Array, "nM", PER_INDIVIDUAL, Positive] = constant(0.1),
    *,
    ligand: Literal["free", "total"] = "free",
) -> Equilibrium:
    """Drug bound at equilibrium, B = R L/(L + Kd), by a receptor R of which nothing is lost.

    `ligand` says which drug `concentration` counts: "free", what is left beside the receptor, or "total", with what
    is bound, per the same volume as the receptor; then B² - (L + R + Kd) B + L R = 0, whose lower root is computed as
    2 L R/(s + √((L - R)² + Kd² + 2 Kd (L + R))), s = L + R + Kd, in which nothing cancels. Kd is the ratio of rates:
    neither Kss, which counts internalisation, nor an EC50, which counts what comes after.
    """
    given = concentration
    receptor = of_patients(antigen, patient, "antigen")[:, None]
    kd = of_patients(dissociation_constant, patient, "dissociation_constant")[:, None]
    if ligand == "free":
        share = given / (given + kd)
        return Equilibrium(patient, time, receptor * share, given, share)
    free = quadratic.unbound(given, receptor, kd)
    return Equilibrium(patient, time, quadratic.bound(given, receptor, kd), free, free / (free + kd))


def _rates(
    bound: float,
    unbound: float,
    internalised: float,
    captured: float,
    on_rate: float,
    dissociation_constant: float,
    antigen: float,
    turnover_rate: float,
    internalisation_rate: float,
    free: float,
) -> tuple[float, ...]:
    binding = on_rate * (free * unbound - dissociation_constant * bound)
    lost = internalisation_rate * bound
    return binding - lost, turnover_rate * (antigen - unbound) - binding, lost, binding


TURNOVER = System(
    "receptor_turnover",
    ("bound", "unbound", "internalised", "captured"),
    ("on_rate", "dissociation_constant", "antigen", "turnover_rate", "internalisation_rate"),
    _rates,
    inputs=("free",),
    totals=("internalised", "captured"),
)


@model("binding.kinetic", scale=MOLECULE, depends=["numba"])
def kinetic(
    patient: Patients,
    time: Time,
    concentration: TissueConcentration,
    antigen: Annotated[Array, "nM", PER_INDIVIDUAL, Within(0, 1e5)] = constant(500.0),
    dissociation_constant: Annotated[Array, "nM", PER_INDIVIDUAL, Positive] = constant(0.1),
    on_rate: Annotated[Array, "1/(nM*d)", PER_INDIVIDUAL, NotNegative] = constant(8.64),
    turnover_rate: Annotated[Array, "1/d", PER_INDIVIDUAL, NotNegative] = constant(1.0),
    internalisation_rate: Annotated[Array, "1/d", PER_INDIVIDUAL, NotNegative] = constant(1.0),
    *,
    on_failure: OnFailure = "stop",
    tolerance: Tolerance = 1e-7,
) -> Kinetic:
    """Drug that a receptor captures, gives back and takes into its cell, while the receptor turns over.

    With the free concentration C as a given course: B' = b - kint B, A' = kdeg (A0 - A) - b, b = kon (C A - Kd B).
    `concentration` is free drug where the receptor is (of `tissue.tumour`, `tissue.krogh` or `tissue.tumour_coupled`,
    which have lost to it what binds), between whose times cubics run: where it rises faster than its rows tell, as
    within minutes of a bolus, sample finer, or take the tissue's own occupancy. kon in 1/(M s) times 8.64e-5 is
    1/(nM d).

    Raises Unsolved, which names patients and times, unless `on_failure` is "leave out".
    """
    from bridge_pharmacology.systems.driven import driven

    solved = driven(
        TURNOVER,
        patient,
        time,
        {"free": concentration},
        {
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
    values, most = solved.values, float(antigen.max())
    bound, free_antigen, taken = (
        without_round_off(values[name], most, name) for name in ("bound", "unbound", "internalised")
    )
    return Kinetic(
        patient=solved.patient,
        time=time,
        bound=bound,
        antigen_free=free_antigen,
        internalised=taken,
        occupancy=share_bound(bound, free_antigen),
        balance=unbalanced(values["captured"], values["bound"] + values["internalised"]),
        left_out=solved.left_out,
    )
