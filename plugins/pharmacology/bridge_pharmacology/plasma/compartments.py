"""One and two compartments: drug that spreads, and is cleared in proportion to its concentration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np

from bridge import model
from bridge_pharmacology.dosing.doses import Doses
from bridge_pharmacology.plasma.absorption import Absorption, AbsorptionRate, Bioavailability, Entry, Lag
from bridge_pharmacology.plasma.courses import SMALL, Duration, Plasma, Sampling, Tolerance, not_below_zero
from bridge_pharmacology.ports import PER_INDIVIDUAL, Array, Positive, constant, of_patients
from bridge_pharmacology.scales import ORGANISM
from bridge_pharmacology.systems.failing import OnFailure
from bridge_pharmacology.systems.system import System


def _one(central: Any, cleared: Any, clearance: Any, volume: Any) -> tuple[Any, ...]:
    out = clearance / volume * central
    return -out, out


def _two(
    central: Any, peripheral: Any, cleared: Any, clearance: Any, v1: Any, exchange: Any, v2: Any
) -> tuple[Any, ...]:
    passes = exchange / v1 * central - exchange / v2 * peripheral
    out = clearance / v1 * central
    return -passes - out, passes, out


ONE = System("one_compartment", ("central", "cleared"), ("clearance", "volume"), _one, totals=("cleared",))
TWO = System(
    "two_compartment",
    ("central", "peripheral", "cleared"),
    ("clearance", "central_volume", "intercompartmental_clearance", "peripheral_volume"),
    _two,
    totals=("cleared",),
)


@model("pk.one_compartment", scale=ORGANISM, depends=["numba"])
def one_compartment(
    doses: Doses,
    clearance: Annotated[Array, "L/d", PER_INDIVIDUAL, Positive] = constant(0.225),
    volume: Annotated[Array, "L", PER_INDIVIDUAL, Positive] = constant(7.74),
    absorption_rate: AbsorptionRate = constant(0.25),
    bioavailability: Bioavailability = constant(1.0),
    lag: Lag = constant(0.0),
    absorption: Absorption = "none",
    duration: Duration = 168.0,
    *,
    sampling: Sampling = 0.25,
    on_failure: OnFailure = "stop",
    tolerance: Tolerance = 1e-8,
) -> Plasma:
    """Drug in one well-stirred volume: A' = ka D - CL/V A, D' = -ka D, concentration A/V.

    Compartments are numbered as in NONMEM: 1 is the volume without absorption (ADVAN1); with ``absorption="first
    order"`` 1 is the depot D and 2 the volume (ADVAN2). Into the depot goes the share `bioavailability` of a dose,
    `lag` after the dose; `absorption_rate`, `bioavailability` and `lag` say nothing about doses into the volume.
    The default is trastuzumab as if its steady-state volume were filled at once (see `pk.two_compartment`).

    Raises Unsolved for patients that cannot be solved, unless `on_failure` is "leave out".

    Equations: M. Gibaldi and D. Perrier, Pharmacokinetics, 2nd edition, Marcel Dekker (1982), chapter 1.
    """
    parameters = {"clearance": clearance, "volume": volume}
    entry = Entry(absorption, absorption_rate, bioavailability, lag)
    return _linear(ONE, doses, parameters, entry, ("central",), duration, sampling, on_failure, tolerance)


@model("pk.two_compartment", scale=ORGANISM, depends=["numba"])
def two_compartment(
    doses: Doses,
    clearance: Annotated[Array, "L/d", PER_INDIVIDUAL, Positive] = constant(0.225),
    central_volume: Annotated[Array, "L", PER_INDIVIDUAL, Positive] = constant(2.95),
    intercompartmental_clearance: Annotated[Array, "L/d", PER_INDIVIDUAL, Positive] = constant(0.4838),
    peripheral_volume: Annotated[Array, "L", PER_INDIVIDUAL, Positive] = constant(4.7900990099),
    absorption_rate: AbsorptionRate = constant(0.25),
    bioavailability: Bioavailability = constant(1.0),
    lag: Lag = constant(0.0),
    absorption: Absorption = "none",
    duration: Duration = 168.0,
    *,
    sampling: Sampling = 0.25,
    on_failure: OnFailure = "stop",
    tolerance: Tolerance = 1e-8,
) -> Plasma:
    """Drug in a central volume that exchanges with a peripheral one.

    A1' = ka D - (CL + Q)/V1 A1 + Q/V2 A2, A2' = Q/V1 A1 - Q/V2 A2, D' = -ka D, concentration A1/V1.
    Compartments are numbered as in NONMEM: 1 central and 2 peripheral without absorption (ADVAN3); with
    ``absorption="first order"`` 1 is the depot D, 2 central and 3 peripheral (ADVAN4). Into the depot goes the share
    `bioavailability` of a dose, `lag` after the dose.
    Rate constants instead of Q and V2: `pk.rate_constants`; half-lives: `pk.disposition`.

    Raises Unsolved for patients that cannot be solved, unless `on_failure` is "leave out".

    Equations: M. Gibaldi and D. Perrier, Pharmacokinetics, 2nd edition, Marcel Dekker (1982), chapter 2. Default:
    trastuzumab, R. Bruno et al., Cancer Chemother. Pharmacol. 56, 361 (2005), with Q = k12 V1 and V2 = Q/k21.
    """
    parameters = {
        "clearance": clearance,
        "central_volume": central_volume,
        "intercompartmental_clearance": intercompartmental_clearance,
        "peripheral_volume": peripheral_volume,
    }
    entry = Entry(absorption, absorption_rate, bioavailability, lag)
    return _linear(TWO, doses, parameters, entry, ("central", "peripheral"), duration, sampling, on_failure, tolerance)


def _linear(
    system: System,
    doses: Doses,
    parameters: Mapping[str, Array],
    entry: Entry,
    states: tuple[str, ...],
    duration: float,
    sampling: float,
    on_failure: OnFailure,
    tolerance: float,
) -> Plasma:
    """Solve amounts in mg; drug is cleared from the central volume, the system's second parameter."""
    from bridge_pharmacology.dosing.running import dosed, imbalance

    solved, given, into = entry.into(system, parameters, *states)
    found = dosed(
        solved,
        doses,
        given,
        duration=duration,
        sampling=sampling,
        into=into,
        on_failure=on_failure,
        rtol=tolerance,
        atol=SMALL * tolerance,
    )
    clearance, volume = (of_patients(parameters[name], found.patient, name) for name in system.parameters[:2])
    cleared = found.values["cleared"]
    inside = sum((found.values[name] for name in solved.states if name != "cleared"), np.zeros_like(cleared))
    concentration = not_below_zero(found.values["central"]) / volume[:, None]
    return Plasma(
        patient=found.patient,
        time=found.time,
        concentration=concentration,
        exposure=cleared[:, -1] / clearance,
        peak=concentration.max(axis=1),
        trough=concentration[:, -1],
        balance=imbalance(found, inside, cleared),
        left_out=found.left_out,
    )
