"""Target-mediated disposition where binding is fast: the complex follows from the totals, without a rate of its own."""

from __future__ import annotations

from typing import Annotated, Any

from bridge import model
from bridge_pharmacology.dosing.doses import Doses
from bridge_pharmacology.plasma.absorption import Absorption, AbsorptionRate, Bioavailability, Entry, Lag, in_depot
from bridge_pharmacology.plasma.courses import (
    SMALL,
    Duration,
    Sampling,
    TargetPlasma,
    Tolerance,
    nanomolar,
    not_below_zero,
    share_bound,
)
from bridge_pharmacology.plasma.target_mediated import Target
from bridge_pharmacology.ports import PER_INDIVIDUAL, Array, MolecularMass, NotNegative, Positive, constant, of_patients
from bridge_pharmacology.quadratic import bound, unbound
from bridge_pharmacology.scales import ORGANISM
from bridge_pharmacology.systems.failing import OnFailure
from bridge_pharmacology.systems.system import System


def _rates(
    drug: Any,
    peripheral: Any,
    target: Any,
    area: Any,
    complex_area: Any,
    clearance: Any,
    v1: Any,
    exchange: Any,
    v2: Any,
    constant: Any,
    baseline: Any,
    turnover: Any,
    internalisation: Any,
) -> tuple[Any, ...]:
    complex = bound(drug, target, constant)
    free = drug - complex
    taken = internalisation * complex
    return (
        exchange / (v1 * v2) * peripheral - (clearance + exchange) / v1 * free - taken,
        exchange * free - exchange / v2 * peripheral,
        turnover * (baseline + complex - target) - taken,
        free,
        complex,
    )


QUASI_STEADY_STATE = System(
    "quasi_steady_state",
    ("drug", "peripheral", "target_total", "area", "complex_area"),
    (
        "clearance",
        "central_volume",
        "intercompartmental_clearance",
        "peripheral_volume",
        "steady_state_constant",
        "baseline",
        "turnover_rate",
        "internalisation_rate",
    ),
    _rates,
    totals=("area", "complex_area"),
)


@model("pk.quasi_steady_state", scale=ORGANISM, depends=["numba"])
def quasi_steady_state(
    doses: Doses,
    molecular_mass: MolecularMass,
    clearance: Annotated[Array, "L/d", PER_INDIVIDUAL, Positive] = constant(0.18),
    central_volume: Annotated[Array, "L", PER_INDIVIDUAL, Positive] = constant(3.23),
    intercompartmental_clearance: Annotated[Array, "L/d", PER_INDIVIDUAL, Positive] = constant(1.38),
    peripheral_volume: Annotated[Array, "L", PER_INDIVIDUAL, Positive] = constant(3.1),
    target: Annotated[Array, "nM", PER_INDIVIDUAL, Target] = constant(0.0053),
    steady_state_constant: Annotated[Array, "nM", PER_INDIVIDUAL, Positive] = constant(267.0),
    turnover_rate: Annotated[Array, "1/d", PER_INDIVIDUAL, Positive] = constant(0.401),
    internalisation_rate: Annotated[Array, "1/d", PER_INDIVIDUAL, NotNegative] = constant(0.0557276),
    absorption_rate: AbsorptionRate = constant(0.25),
    bioavailability: Bioavailability = constant(1.0),
    lag: Lag = constant(0.0),
    absorption: Absorption = "none",
    duration: Duration = 168.0,
    *,
    sampling: Sampling = 0.25,
    on_failure: OnFailure = "stop",
    tolerance: Tolerance = 1e-6,
) -> TargetPlasma:
    """Drug in two compartments whose target binds it so fast that the complex is always at its steady state.

    Total drug Ctot and total target Rtot in nM: the complex RC is the smaller root of (Ctot - RC)(Rtot - RC) = Kss RC,
    free drug C = Ctot - RC. With peripheral drug A2 in nmol, Ctot' = -(CL + Q)/V1 C + Q/(V1 V2) A2 - kint RC,
    A2' = Q C - Q/V2 A2, Rtot' = kdeg (R0 - (Rtot - RC)) - kint RC. Kss = (koff + kint)/kon is not Kd = koff/kon.
    It is the limit of `pk.target_mediated` as kon grows at a fixed Kss.
    Doses go into plasma, compartment 1; with ``absorption="first order"`` 1 is a depot under the skin, and plasma 2
    (see `pk.two_compartment`).

    Raises Unsolved for patients that cannot be solved, unless `on_failure` is "leave out".

    Equations: L. Gibiansky, E. Gibiansky, T. Kakkar and P. Ma, J. Pharmacokinet. Pharmacodyn. 35, 573 (2008). Default:
    bevacizumab and VEGF at 70 kg, E. Panoilia et al., Cancer Chemother. Pharmacol. 75, 791 (2015): kint = CL/V1.
    """
    from bridge_pharmacology.dosing.running import dosed, imbalance

    per_mg = nanomolar(molecular_mass, doses, central_volume)
    parameters = {
        "clearance": clearance,
        "central_volume": central_volume,
        "intercompartmental_clearance": intercompartmental_clearance,
        "peripheral_volume": peripheral_volume,
        "steady_state_constant": steady_state_constant,
        "baseline": target,
        "turnover_rate": turnover_rate,
        "internalisation_rate": internalisation_rate,
    }
    entry = Entry(absorption, absorption_rate, bioavailability, lag)
    system, given, into = entry.into(QUASI_STEADY_STATE, parameters, "drug", per_mg=per_mg / central_volume)
    found = dosed(
        system,
        doses,
        given,
        duration=duration,
        sampling=sampling,
        into=into,
        start={"target_total": target},
        on_failure=on_failure,
        rtol=tolerance,
        atol=SMALL * tolerance,
    )
    v1, cl, kint, kss = (
        of_patients(value, found.patient, name)[:, None]
        for name, value in (
            ("central_volume", central_volume),
            ("clearance", clearance),
            ("internalisation_rate", internalisation_rate),
            ("steady_state_constant", steady_state_constant),
        )
    )
    course = found.values
    drug, receptor = not_below_zero(course["drug"]), not_below_zero(course["target_total"])
    complex = bound(drug, receptor, kss)
    free, left = unbound(drug, receptor, kss), unbound(receptor, drug, kss)
    inside = in_depot(course) + course["drug"] + course["peripheral"] / v1
    out = cl / v1 * course["area"] + kint * course["complex_area"]
    return TargetPlasma(
        patient=found.patient,
        time=found.time,
        concentration=free / per_mg,
        exposure=course["area"][:, -1] / per_mg,
        peak=free.max(axis=1) / per_mg,
        trough=free[:, -1] / per_mg,
        balance=imbalance(found, inside, out),
        left_out=found.left_out,
        total=drug / per_mg,
        target_free=left,
        complex=complex,
        occupancy=share_bound(complex, left),
    )
