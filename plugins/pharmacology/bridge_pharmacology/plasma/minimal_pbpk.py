"""An antibody in plasma, interstitial fluid of tight and leaky tissues, and lymph: a minimal physiology."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from bridge import Within, model
from bridge_pharmacology.dosing.doses import Doses
from bridge_pharmacology.plasma.absorption import Absorption, AbsorptionRate, Bioavailability, Entry, Lag, in_depot
from bridge_pharmacology.plasma.courses import (
    PER_PATIENT,
    SMALL,
    Duration,
    Part,
    Plasma,
    Sampling,
    Tolerance,
    not_below_zero,
)
from bridge_pharmacology.ports import (
    PER_INDIVIDUAL,
    Array,
    PlasmaConcentration,
    Positive,
    Share,
    constant,
    of_patients,
)
from bridge_pharmacology.scales import ORGANISM
from bridge_pharmacology.systems.failing import OnFailure
from bridge_pharmacology.systems.system import System

#: A part that may be all, but not nothing.
Accessible = Within(1e-6, 1)


@dataclass(frozen=True)
class Physiology(Plasma):
    """Free drug in plasma and in the interstitial fluid of tight and leaky tissues, over time, and in lymph.

    The ratios are those of interstitial fluid to plasma at steady state.
    """

    tight: PlasmaConcentration
    leaky: PlasmaConcentration
    lymph: PlasmaConcentration
    tight_ratio: Annotated[Array, "1", PER_PATIENT, Within(0)]
    leaky_ratio: Annotated[Array, "1", PER_PATIENT, Within(0)]


def _rates(
    plasma: Any,
    tight: Any,
    leaky: Any,
    lymph: Any,
    cleared: Any,
    clearance: Any,
    plasma_volume: Any,
    tight_volume: Any,
    leaky_volume: Any,
    lymph_volume: Any,
    into_tight: Any,
    into_leaky: Any,
    out_of_tight: Any,
    out_of_leaky: Any,
    lymph_flow: Any,
) -> tuple[Any, ...]:
    tight_in = into_tight / plasma_volume * plasma
    leaky_in = into_leaky / plasma_volume * plasma
    tight_out = out_of_tight / tight_volume * tight
    leaky_out = out_of_leaky / leaky_volume * leaky
    back = lymph_flow / lymph_volume * lymph
    out = clearance / plasma_volume * plasma
    return (
        back - tight_in - leaky_in - out,
        tight_in - tight_out,
        leaky_in - leaky_out,
        tight_out + leaky_out - back,
        out,
    )


MINIMAL_PBPK = System(
    "minimal_pbpk",
    ("plasma", "tight", "leaky", "lymph", "cleared"),
    (
        "clearance",
        "plasma_volume",
        "tight_volume",
        "leaky_volume",
        "lymph_volume",
        "into_tight",
        "into_leaky",
        "out_of_tight",
        "out_of_leaky",
        "lymph_flow",
    ),
    _rates,
    totals=("cleared",),
)


@model("pk.minimal_pbpk", scale=ORGANISM, depends=["numba"])
def minimal_pbpk(
    doses: Doses,
    clearance: Annotated[Array, "L/d", PER_INDIVIDUAL, Positive] = constant(0.3648),
    plasma_volume: Annotated[Array, "L", PER_INDIVIDUAL, Positive] = constant(2.6),
    interstitial_volume: Annotated[Array, "L", PER_INDIVIDUAL, Positive] = constant(15.6),
    accessible_share: Annotated[Array, "1", PER_INDIVIDUAL, Accessible] = constant(0.8),
    tight_share: Annotated[Array, "1", PER_INDIVIDUAL, Part] = constant(0.65),
    lymph_flow: Annotated[Array, "L/d", PER_INDIVIDUAL, Positive] = constant(2.9),
    tight_flow_share: Annotated[Array, "1", PER_INDIVIDUAL, Part] = constant(0.33),
    tight_reflection: Annotated[Array, "1", PER_INDIVIDUAL, Share] = constant(0.949),
    leaky_reflection: Annotated[Array, "1", PER_INDIVIDUAL, Share] = constant(0.834),
    lymph_reflection: Annotated[Array, "1", PER_INDIVIDUAL, Part] = constant(0.2),
    absorption_rate: AbsorptionRate = constant(0.25),
    bioavailability: Bioavailability = constant(1.0),
    lag: Lag = constant(0.0),
    absorption: Absorption = "none",
    duration: Duration = 168.0,
    *,
    sampling: Sampling = 0.25,
    on_failure: OnFailure = "stop",
    tolerance: Tolerance = 1e-8,
) -> Physiology:
    """Antibody carried by lymph flow from plasma through tight and leaky tissues into lymph, and back.

    Lymph flow L splits into L1 through tight tissues (muscle, skin, fat, brain) and L2 through leaky ones. With
    reflection σ1, σ2 at the vessels and σL at the lymphatic capillaries, Vp Cp' = L CL - L1 (1 - σ1) Cp -
    L2 (1 - σ2) Cp - CLp Cp, V1 C1' = L1 (1 - σ1) Cp - L1 (1 - σL) C1 and likewise for leaky tissues,
    VL CL' = L1 (1 - σL) C1 + L2 (1 - σL) C2 - L CL. V1 and V2 are the accessible part of the interstitial fluid;
    the lymph's volume is that of plasma. At steady state C1/Cp = (1 - σ1)/(1 - σL).
    Doses go into plasma, compartment 1; with ``absorption="first order"`` 1 is a depot under the skin, and plasma 2
    (see `pk.two_compartment`).

    Raises Unsolved for patients that cannot be solved, unless `on_failure` is "leave out".

    Equations: Y. Cao, J. P. Balthasar and W. J. Jusko, J. Pharmacokinet. Pharmacodyn. 40, 597 (2013), model A
    (clearance from plasma), and the default: visilizumab at 70 kg.
    """
    from bridge_pharmacology.dosing.running import dosed, imbalance

    accessible = interstitial_volume * accessible_share
    tight_flow, leaky_flow = lymph_flow * tight_flow_share, lymph_flow * (1 - tight_flow_share)
    parameters = {
        "clearance": clearance,
        "plasma_volume": plasma_volume,
        "tight_volume": accessible * tight_share,
        "leaky_volume": accessible * (1 - tight_share),
        "lymph_volume": plasma_volume,
        "into_tight": tight_flow * (1 - tight_reflection),
        "into_leaky": leaky_flow * (1 - leaky_reflection),
        "out_of_tight": tight_flow * (1 - lymph_reflection),
        "out_of_leaky": leaky_flow * (1 - lymph_reflection),
        "lymph_flow": lymph_flow,
    }
    entry = Entry(absorption, absorption_rate, bioavailability, lag)
    system, given, into = entry.into(MINIMAL_PBPK, parameters, "plasma")
    found = dosed(
        system,
        doses,
        given,
        duration=duration,
        sampling=sampling,
        into=into,
        on_failure=on_failure,
        rtol=tolerance,
        atol=SMALL * tolerance,
    )
    of = {name: of_patients(value, found.patient, name) for name, value in parameters.items()}
    amounts = {name: found.values[name] for name in ("plasma", "tight", "leaky", "lymph")}
    levels = {name: not_below_zero(course) / of[f"{name}_volume"][:, None] for name, course in amounts.items()}
    concentration, cleared = levels["plasma"], found.values["cleared"]
    return Physiology(
        patient=found.patient,
        time=found.time,
        concentration=concentration,
        exposure=cleared[:, -1] / of["clearance"],
        peak=concentration.max(axis=1),
        trough=concentration[:, -1],
        balance=imbalance(found, sum(amounts.values(), np.zeros_like(cleared)) + in_depot(found.values), cleared),
        left_out=found.left_out,
        tight=levels["tight"],
        leaky=levels["leaky"],
        lymph=levels["lymph"],
        tight_ratio=of["into_tight"] / of["out_of_tight"],
        leaky_ratio=of["into_leaky"] / of["out_of_leaky"],
    )
