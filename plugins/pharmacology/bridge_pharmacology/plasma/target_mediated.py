"""Drug that its own target eliminates: binding, turnover of the target, and internalisation of the complex."""

from __future__ import annotations

from typing import Annotated, Any

from bridge import Within, model
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
from bridge_pharmacology.ports import PER_INDIVIDUAL, Array, MolecularMass, NotNegative, Positive, constant, of_patients
from bridge_pharmacology.scales import ORGANISM
from bridge_pharmacology.systems.failing import OnFailure
from bridge_pharmacology.systems.system import System

#: No target in blood is as concentrated as albumin (0.6 mM).
Target = Within(0, 1e6)


def _rates(
    free: Any,
    peripheral: Any,
    target: Any,
    complex: Any,
    area: Any,
    complex_area: Any,
    clearance: Any,
    v1: Any,
    exchange: Any,
    v2: Any,
    on: Any,
    off: Any,
    baseline: Any,
    turnover: Any,
    internalisation: Any,
) -> tuple[Any, ...]:
    binding = on * free * target - off * complex
    return (
        exchange / (v1 * v2) * peripheral - (clearance + exchange) / v1 * free - binding,
        exchange * free - exchange / v2 * peripheral,
        turnover * (baseline - target) - binding,
        binding - internalisation * complex,
        free,
        complex,
    )


TARGET_MEDIATED = System(
    "target_mediated",
    ("free", "peripheral", "target", "complex", "area", "complex_area"),
    (
        "clearance",
        "central_volume",
        "intercompartmental_clearance",
        "peripheral_volume",
        "on_rate",
        "off_rate",
        "baseline",
        "turnover_rate",
        "internalisation_rate",
    ),
    _rates,
    totals=("area", "complex_area"),
)


@model("pk.target_mediated", scale=ORGANISM, depends=["numba"])
def target_mediated(
    doses: Doses,
    molecular_mass: MolecularMass,
    clearance: Annotated[Array, "L/d", PER_INDIVIDUAL, Positive] = constant(0.252),
    central_volume: Annotated[Array, "L", PER_INDIVIDUAL, Positive] = constant(3.2417),
    intercompartmental_clearance: Annotated[Array, "L/d", PER_INDIVIDUAL, Positive] = constant(0.4536),
    peripheral_volume: Annotated[Array, "L", PER_INDIVIDUAL, Positive] = constant(2.2029),
    target: Annotated[Array, "nM", PER_INDIVIDUAL, Target] = constant(10.0),
    on_rate: Annotated[Array, "1/(nM*d)", PER_INDIVIDUAL, NotNegative] = constant(8.64),
    dissociation_constant: Annotated[Array, "nM", PER_INDIVIDUAL, Positive] = constant(0.1),
    turnover_rate: Annotated[Array, "1/d", PER_INDIVIDUAL, Positive] = constant(5.0),
    internalisation_rate: Annotated[Array, "1/d", PER_INDIVIDUAL, NotNegative] = constant(1.0),
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
    """Drug in two compartments that binds a target in the central one, and is taken in with it.

    Free drug C, free target R and complex RC in nM, peripheral drug A2 in nmol:
    C' = -(CL + Q)/V1 C + Q/(V1 V2) A2 - b, A2' = Q C - Q/V2 A2, R' = kdeg (R0 - R) - b, RC' = b - kint RC with
    b = kon C R - koff RC, koff = kon Kd. Before the first dose the target is at its baseline R0 = ksyn/kdeg.
    One drug molecule binds one target molecule: where both sites of an IgG do, two targets count as one. Where binding
    is fast beside everything else, `pk.quasi_steady_state` does.
    Doses go into plasma, compartment 1; with ``absorption="first order"`` 1 is a depot under the skin, and plasma 2
    (see `pk.two_compartment`).

    Raises Unsolved for patients that cannot be solved, unless `on_failure` is "leave out".

    Equations: D. E. Mager and W. J. Jusko, J. Pharmacokinet. Pharmacodyn. 28, 507 (2001). Default: a typical human
    antibody at 70 kg, A. Betts et al., mAbs 10, 751 (2018), with an assumed target that turns over faster than doses.
    """
    from bridge_pharmacology.dosing.running import dosed, imbalance

    per_mg = nanomolar(molecular_mass, doses, central_volume)
    parameters = {
        "clearance": clearance,
        "central_volume": central_volume,
        "intercompartmental_clearance": intercompartmental_clearance,
        "peripheral_volume": peripheral_volume,
        "on_rate": on_rate,
        "off_rate": on_rate * dissociation_constant,
        "baseline": target,
        "turnover_rate": turnover_rate,
        "internalisation_rate": internalisation_rate,
    }
    entry = Entry(absorption, absorption_rate, bioavailability, lag)
    system, given, into = entry.into(TARGET_MEDIATED, parameters, "free", per_mg=per_mg / central_volume)
    found = dosed(
        system,
        doses,
        given,
        duration=duration,
        sampling=sampling,
        into=into,
        start={"target": target},
        on_failure=on_failure,
        rtol=tolerance,
        atol=SMALL * tolerance,
    )
    v1, cl, kint = (
        of_patients(value, found.patient, name)[:, None]
        for name, value in (
            ("central_volume", central_volume),
            ("clearance", clearance),
            ("internalisation_rate", internalisation_rate),
        )
    )
    course = found.values
    free, bound, unbound = (not_below_zero(course[name]) for name in ("free", "complex", "target"))
    inside = in_depot(course) + course["free"] + course["complex"] + course["peripheral"] / v1
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
        total=(free + bound) / per_mg,
        target_free=unbound,
        complex=bound,
        occupancy=share_bound(bound, unbound),
    )
