"""The signal behind a receptor: passed on through transits, or by what makes and removes a mediator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from bridge import Within, model
from bridge_pharmacology.plasma.courses import SMALL, Tolerance
from bridge_pharmacology.ports import (
    COURSE,
    PER_INDIVIDUAL,
    Array,
    NotNegative,
    Occupancy,
    Patients,
    Positive,
    Signal,
    Time,
    TissueConcentration,
    constant,
    of_patients,
)
from bridge_pharmacology.scales import CELL
from bridge_pharmacology.systems.failing import OnFailure
from bridge_pharmacology.systems.system import System
from bridge_pharmacology.tissue.rounding import without_round_off

Kind = Literal["I", "II", "III", "IV"]


@dataclass(frozen=True)
class Cascade:
    """The signal at the end of a cascade, and how long it is behind on average."""

    patient: Patients
    time: Time
    signal: Signal
    delay: Annotated[Array, "d", ("patient",), Within(0)]
    left_out: str


@dataclass(frozen=True)
class Response:
    """A response and its `change` relative to the baseline: -1 where nothing is left, 0 without drug."""

    patient: Patients
    time: Time
    signal: Signal
    change: Annotated[Array, "1", COURSE, Within(-1)]
    left_out: str


def _passing(*values: Any) -> tuple[Any, ...]:
    """Rates of transits of any number: states, then the time of each, then what enters the first."""
    *stages, transit_time, entering = values
    before = [entering, *stages[:-1]]
    return tuple((came - here) / transit_time for came, here in zip(before, stages, strict=True))


@model("signal.transit", scale=CELL, depends=["numba"])
def transit(
    patient: Patients,
    time: Time,
    occupancy: Occupancy,
    transit_time: Annotated[Array, "d", PER_INDIVIDUAL, Positive] = constant(1.0),
    *,
    transits: Annotated[int, Within(1, 20)] = 3,
    on_failure: OnFailure = "stop",
    tolerance: Tolerance = 1e-7,
) -> Cascade:
    """Signal that passes through n transits, each S' = (what enters - S)/τ: a mean delay of n τ, and unit gain.

    A step that enters leaves as the gamma distribution of order n (Y.-N. Sun and W. J. Jusko, J. Pharm. Sci. 87, 732,
    1998). All transits begin at 0. Between the times of `occupancy` cubics run.

    Raises Unsolved, which names patients and times, unless `on_failure` is "leave out".
    """
    from bridge_pharmacology.systems.driven import driven

    stages = tuple(f"transit_{k + 1}" for k in range(transits))
    system = System(f"transits_{transits}", stages, ("transit_time",), _passing, inputs=("entering",))
    solved = driven(
        system,
        patient,
        time,
        {"entering": occupancy},
        {"transit_time": transit_time},
        on_failure=on_failure,
        rtol=tolerance,
        atol=SMALL * tolerance,
    )
    last = without_round_off(solved.values[stages[-1]], 1.0, "the signal")
    delay = transits * of_patients(transit_time, solved.patient, "transit_time")
    return Cascade(solved.patient, time, last, delay, solved.left_out)


def _less_made(response: Any, baseline: Any, rate: Any, largest: Any, half: Any, given: Any) -> tuple[Any, ...]:
    return (rate * (baseline * (1 - largest * given / (half + given)) - response),)


def _less_removed(response: Any, baseline: Any, rate: Any, largest: Any, half: Any, given: Any) -> tuple[Any, ...]:
    return (rate * (baseline - (1 - largest * given / (half + given)) * response),)


def _more_made(response: Any, baseline: Any, rate: Any, largest: Any, half: Any, given: Any) -> tuple[Any, ...]:
    return (rate * (baseline * (1 + largest * given / (half + given)) - response),)


def _more_removed(response: Any, baseline: Any, rate: Any, largest: Any, half: Any, given: Any) -> tuple[Any, ...]:
    return (rate * (baseline - (1 + largest * given / (half + given)) * response),)


_RATES = {"I": _less_made, "II": _less_removed, "III": _more_made, "IV": _more_removed}
_PARAMETERS = ("baseline", "rate", "largest", "half")
INDIRECT = {
    kind: System(f"indirect_response_{kind}", ("response",), _PARAMETERS, rates, inputs=("given",))
    for kind, rates in _RATES.items()
}


@model("signal.indirect_response", scale=CELL, depends=["numba"])
def indirect_response(
    patient: Patients,
    time: Time,
    occupancy: Occupancy,
    removal_rate: Annotated[Array, "1/d", PER_INDIVIDUAL, Positive] = constant(1.0),
    baseline: Annotated[Array, "1", PER_INDIVIDUAL, Positive] = constant(1.0),
    largest_change: Annotated[Array, "1", PER_INDIVIDUAL, NotNegative] = constant(1.0),
    half_occupancy: Annotated[Array, "1", PER_INDIVIDUAL, Positive] = constant(0.5),
    *,
    type: Kind = "I",
    on_failure: OnFailure = "stop",
    tolerance: Tolerance = 1e-7,
) -> Response:
    """Response R whose making or removal an occupied receptor inhibits or stimulates: R' = kin - kout R at rest.

    The occupancy S makes a change E = Emax S/(S50 + S) in one of four places: I, kin (1 - E); II, kout (1 - E); III,
    kin (1 + E); IV, kout (1 + E). kin is kout × `baseline`, where the response begins. With a constant S it ends at
    the baseline times 1 - E, 1/(1 - E), 1 + E, 1/(1 + E): N. L. Dayneka, V. Garg and W. J. Jusko, J. Pharmacokinet.
    Biopharm. 21, 457 (1993). What follows that was made for a signal of 0 at rest takes `change`, not `signal`.
    Drug that acts by its concentration: `signal.indirect_response_to_drug`.

    Raises ValueError for an inhibition by more than the whole; Unsolved, which names patients and times, unless
    `on_failure` is "leave out".
    """
    parameters = (baseline, removal_rate, largest_change, half_occupancy)
    return _indirect(type, patient, time, occupancy, parameters, on_failure, tolerance)


@model("signal.indirect_response_to_drug", scale=CELL, depends=["numba"])
def indirect_response_to_drug(
    patient: Patients,
    time: Time,
    concentration: TissueConcentration,
    half_concentration: Annotated[Array, "nM", PER_INDIVIDUAL, Positive],
    removal_rate: Annotated[Array, "1/d", PER_INDIVIDUAL, Positive] = constant(1.0),
    baseline: Annotated[Array, "1", PER_INDIVIDUAL, Positive] = constant(1.0),
    largest_change: Annotated[Array, "1", PER_INDIVIDUAL, NotNegative] = constant(1.0),
    *,
    type: Kind = "I",
    on_failure: OnFailure = "stop",
    tolerance: Tolerance = 1e-7,
) -> Response:
    """Response R whose making or removal a drug inhibits or stimulates by its concentration C: E = Emax C/(C50 + C).

    As `signal.indirect_response`, with the drug itself in place of the receptor that it occupies: `half_concentration`
    is the IC50 of types I and II, the EC50 of III and IV.
    """
    parameters = (baseline, removal_rate, largest_change, half_concentration)
    return _indirect(type, patient, time, concentration, parameters, on_failure, tolerance)


def _indirect(
    kind: Kind,
    patient: Patients,
    time: Time,
    given: Array,
    parameters: tuple[Array, Array, Array, Array],
    on_failure: OnFailure,
    tolerance: float,
) -> Response:
    from bridge_pharmacology.systems.driven import driven

    baseline, _, largest, _ = parameters
    if kind in ("I", "II") and (largest > 1).any():
        raise ValueError(
            f"largest_change is {largest.max():g}, and type {kind} inhibits: nothing is inhibited by more than the "
            f"whole. Write at most 1, or type='III' or 'IV' for a stimulation."
        )
    solved = driven(
        INDIRECT[kind],
        patient,
        time,
        {"given": given},
        dict(zip(_PARAMETERS, parameters, strict=True)),
        start={"response": baseline},
        on_failure=on_failure,
        rtol=tolerance,
        atol=SMALL * tolerance,
    )
    found = without_round_off(solved.values["response"], float(baseline.max()), "the response")
    rest = baseline if baseline.size == 1 else baseline[solved.patient]
    return Response(solved.patient, time, found, found / rest[:, None] - 1, solved.left_out)
