"""Plasma and a tumour that takes drug up from it, as one system: what the tumour takes, plasma loses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from bridge import model
from bridge_pharmacology.dosing.doses import Doses
from bridge_pharmacology.plasma.absorption import Absorption, AbsorptionRate, Bioavailability, Entry, Lag, in_depot
from bridge_pharmacology.plasma.courses import (
    PER_PATIENT,
    SMALL,
    Balance,
    Duration,
    Exposure,
    Level,
    Molar,
    Part,
    Sampling,
    Tolerance,
    nanomolar,
    not_below_zero,
    share_bound,
)
from bridge_pharmacology.ports import (
    PER_INDIVIDUAL,
    AntibodyMass,
    Array,
    NotNegative,
    Occupancy,
    Patients,
    PlasmaConcentration,
    Positive,
    Time,
    TissueConcentration,
    constant,
    of_patients,
)
from bridge_pharmacology.scales import ORGANISM
from bridge_pharmacology.systems.failing import OnFailure
from bridge_pharmacology.systems.system import System
from bridge_pharmacology.tissue.tumour import uptake_rate


@dataclass(frozen=True)
class Coupled:
    """Free drug in plasma (`plasma_concentration`) and in the tumour's interstitial fluid (`concentration`), over time.

    `bound` and `antigen_free` count per volume of tumour, `occupancy` is the share of the antigen that is bound;
    `uptake` is the net amount that went from plasma into the tumour. `exposure`, `peak`, `trough` are those of plasma,
    `balance` and `left_out` as in every plasma model.
    """

    patient: Patients
    time: Time
    plasma_concentration: PlasmaConcentration
    exposure: Exposure
    peak: Level
    trough: Level
    concentration: TissueConcentration
    bound: Molar
    antigen_free: Molar
    occupancy: Occupancy
    uptake: Annotated[Array, "nmol", PER_PATIENT]
    balance: Balance
    left_out: str


def _rates(
    central: Any,
    peripheral: Any,
    free: Any,
    bound: Any,
    antigen: Any,
    area: Any,
    uptake: Any,
    bound_area: Any,
    clearance: Any,
    v1: Any,
    k12: Any,
    k21: Any,
    volume: Any,
    permeation: Any,
    void: Any,
    on: Any,
    off: Any,
    baseline: Any,
    turnover: Any,
    internalisation: Any,
) -> tuple[Any, ...]:
    plasma, outside = central / v1, free / void
    flux = permeation * (plasma - outside)
    binding = on * outside * antigen - off * bound
    passes = k12 * central - k21 * peripheral
    return (
        -clearance * plasma - passes - flux * volume,
        passes,
        flux - binding,
        binding - internalisation * bound,
        turnover * (baseline - antigen) - binding,
        plasma,
        flux * volume,
        bound,
    )


TUMOUR_COUPLED = System(
    "tumour_coupled",
    ("central", "peripheral", "free", "bound", "antigen", "area", "uptake", "bound_area"),
    (
        "clearance",
        "central_volume",
        "k12",
        "k21",
        "tumour_volume",
        "permeation",
        "void_fraction",
        "on_rate",
        "off_rate",
        "baseline",
        "turnover_rate",
        "internalisation_rate",
    ),
    _rates,
    totals=("area", "uptake", "bound_area"),
)


@model("tissue.tumour_coupled", scale=ORGANISM, depends=["numba"])
def tumour_coupled(
    doses: Doses,
    molecular_mass: AntibodyMass,
    clearance: Annotated[Array, "L/d", PER_INDIVIDUAL, Positive] = constant(0.225),
    central_volume: Annotated[Array, "L", PER_INDIVIDUAL, Positive] = constant(2.95),
    k12: Annotated[Array, "1/d", PER_INDIVIDUAL, Positive] = constant(0.164),
    k21: Annotated[Array, "1/d", PER_INDIVIDUAL, Positive] = constant(0.101),
    tumour_volume: Annotated[Array, "mL", PER_INDIVIDUAL, NotNegative] = constant(10.0),
    permeability: Annotated[Array, "um/d", PER_INDIVIDUAL, Positive] = constant(259.2),
    capillary_radius: Annotated[Array, "um", PER_INDIVIDUAL, Positive] = constant(8.0),
    krogh_radius: Annotated[Array, "um", PER_INDIVIDUAL, Positive] = constant(75.0),
    void_fraction: Annotated[Array, "1", PER_INDIVIDUAL, Part] = constant(0.24),
    antigen: Annotated[Array, "nM", PER_INDIVIDUAL, NotNegative] = constant(500.0),
    dissociation_constant: Annotated[Array, "nM", PER_INDIVIDUAL, Positive] = constant(0.1),
    on_rate: Annotated[Array, "1/(nM*d)", PER_INDIVIDUAL, NotNegative] = constant(8.64),
    turnover_rate: Annotated[Array, "1/d", PER_INDIVIDUAL, Positive] = constant(1.0),
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
) -> Coupled:
    """Two plasma compartments, and a well-mixed tumour fed through its capillaries, whose cells bind and take in.

    Plasma drug A1 and peripheral drug A2 in nmol; free drug F, bound drug B and free antigen A in nM of tumour volume
    Vt: A1' = -(CL/V1 + k12) A1 + k21 A2 - J Vt, A2' = k12 A1 - k21 A2, F' = J - b, B' = b - kint B,
    A' = kdeg (A0 - A) - b. The flux through the capillaries is J = 2 P Rcap/Rk² (A1/V1 - F/ε), binding
    b = kon A F/ε - koff B with koff = kon Kd; F/ε is the concentration in the fluid between cells. Antigen begins at
    its baseline A0. Without the pull on plasma, `pk.two_compartment` and then `tissue.tumour` are the same:
    `penetration.comparison` says by how much they differ.
    Doses go into plasma, compartment 1; with ``absorption="first order"`` 1 is a depot under the skin, and plasma 2
    (see `pk.two_compartment`).

    Raises ValueError where a Krogh radius is not above the capillary's, and Unsolved for patients that cannot be
    solved, unless `on_failure` is "leave out".

    Equations: G. M. Thurber, M. M. Schmidt and K. D. Wittrup, Adv. Drug Deliv. Rev. 60, 1421 (2008), for the tumour.
    Default: trastuzumab, R. Bruno et al., Cancer Chemother. Pharmacol. 56, 361 (2005); the tumour's are assumed.
    """
    from bridge_pharmacology.dosing.running import dosed, imbalance

    per_mg = nanomolar(molecular_mass, doses, central_volume)
    parameters = {
        "clearance": clearance,
        "central_volume": central_volume,
        "k12": k12,
        "k21": k21,
        "tumour_volume": tumour_volume * 1e-3,
        "permeation": uptake_rate(permeability, capillary_radius, krogh_radius),
        "void_fraction": void_fraction,
        "on_rate": on_rate,
        "off_rate": on_rate * dissociation_constant,
        "baseline": antigen,
        "turnover_rate": turnover_rate,
        "internalisation_rate": internalisation_rate,
    }
    entry = Entry(absorption, absorption_rate, bioavailability, lag)
    system, given, into = entry.into(TUMOUR_COUPLED, parameters, "central", per_mg=per_mg)
    found = dosed(
        system,
        doses,
        given,
        duration=duration,
        sampling=sampling,
        into=into,
        start={"antigen": antigen},
        on_failure=on_failure,
        rtol=tolerance,
        atol=SMALL * tolerance,
    )
    of = {name: of_patients(value, found.patient, name)[:, None] for name, value in parameters.items()}
    course = found.values
    plasma = not_below_zero(course["central"]) / of["central_volume"] / per_mg
    bound, unbound = not_below_zero(course["bound"]), not_below_zero(course["antigen"])
    inside = (
        in_depot(course)
        + course["central"]
        + course["peripheral"]
        + of["tumour_volume"] * (course["free"] + course["bound"])
    )
    taken = of["tumour_volume"] * of["internalisation_rate"] * course["bound_area"]
    return Coupled(
        patient=found.patient,
        time=found.time,
        plasma_concentration=plasma,
        exposure=course["area"][:, -1] / per_mg,
        peak=plasma.max(axis=1),
        trough=plasma[:, -1],
        concentration=not_below_zero(course["free"]) / of["void_fraction"],
        bound=bound,
        antigen_free=unbound,
        occupancy=share_bound(bound, unbound),
        uptake=course["uptake"][:, -1],
        balance=imbalance(found, inside, of["clearance"] * course["area"] + taken),
        left_out=found.left_out,
    )
