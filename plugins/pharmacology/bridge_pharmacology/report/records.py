"""What the report reads of the stages before it, and what it gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from bridge import File, Picture, Within
from bridge_pharmacology.ports import (
    Array,
    Effect,
    NotNegative,
    Occupancy,
    Patients,
    PlasmaConcentration,
    Positive,
    Share,
    Signal,
    Time,
    TissueConcentration,
)


@dataclass(frozen=True)
class Bound:
    """Of a `binding` model. One that integrates nothing has no balance, and leaves nobody out."""

    patient: Patients
    time: Time
    occupancy: Occupancy
    balance: Annotated[float, "1", NotNegative] = 0.0
    left_out: str = ""


@dataclass(frozen=True)
class Signalled:
    """Of a `signal` model."""

    patient: Patients
    time: Time
    signal: Signal
    left_out: str = ""


@dataclass(frozen=True)
class Effected:
    """Of an `effect` model."""

    patient: Patients
    time: Time
    effect: Effect


@dataclass(frozen=True)
class Regimens:
    """Of a plasma model: the typical patient under several regimens, each a patient of its own."""

    patient: Patients
    time: Time
    plasma_concentration: PlasmaConcentration
    concentration: TissueConcentration
    exposure: Annotated[Array, "mg*d/L", ("patient",), NotNegative]
    trough: Annotated[Array, "mg/L", ("patient",), NotNegative]
    balance: Annotated[float, "1", NotNegative]


@dataclass(frozen=True)
class Exposure:
    """Median and percentiles of an area under the plasma course."""

    median: Annotated[float, "mg*d/L", NotNegative]
    low: Annotated[float, "mg*d/L", NotNegative]
    high: Annotated[float, "mg*d/L", NotNegative]


@dataclass(frozen=True)
class Plasma:
    """Median, fifth and ninety-fifth percentile of a plasma concentration."""

    median: Annotated[float, "mg/L", NotNegative]
    low: Annotated[float, "mg/L", NotNegative]
    high: Annotated[float, "mg/L", NotNegative]


@dataclass(frozen=True)
class Response:
    """Median, fifth and ninety-fifth percentile of an occupancy, a signal or an effect."""

    median: Annotated[float, "1", NotNegative]
    low: Annotated[float, "1", NotNegative]
    high: Annotated[float, "1", NotNegative]


@dataclass(frozen=True)
class Criteria:
    """Of `penetration.criteria`: how long each process takes, in which order, and whether drug gets through."""

    free_diffusion: Annotated[float, "s", NotNegative]
    retarded_diffusion: Annotated[float, "s", NotNegative]
    binding: Annotated[float, "s", NotNegative]
    internalisation: Annotated[float, "s", NotNegative]
    clearance: Annotated[float, "s", NotNegative]
    supply: Annotated[float, "s", NotNegative]
    order: str
    thiele: Annotated[float, "1", NotNegative]
    clearance_modulus: Annotated[float, "1", NotNegative]
    thiele_wall: Annotated[float, "1", NotNegative]
    clearance_wall: Annotated[float, "1", NotNegative]
    limited_by: str


@dataclass(frozen=True)
class Verdict:
    """Of `penetration.uncoupled`: whether plasma may be computed without the tumour."""

    ratio: Annotated[float, "1", NotNegative]
    limit: Annotated[float, "1", NotNegative]
    admissible: bool


@dataclass(frozen=True)
class Comparison:
    """Of `penetration.comparison`: how far plasma without the tumour is from plasma with it."""

    median: Annotated[float, "1", NotNegative]
    largest: Annotated[float, "1", NotNegative]
    words: str


@dataclass(frozen=True)
class Uncoupled:
    """Of a plasma model without the tumour's uptake."""

    balance: Annotated[float, "1", NotNegative]


@dataclass(frozen=True)
class Lumped:
    """Of `tissue.tumour`."""

    balance: Annotated[float, "1", NotNegative]


@dataclass(frozen=True)
class Krogh:
    """Of `tissue.krogh`: drug around a capillary of one patient, as a mean over time and as fields at instants."""

    occupancy: Occupancy
    time: Time
    instant: Annotated[Array, "d", ("instant",)]
    radius: Annotated[Array, "um", ("radius",), NotNegative]
    free_field: Annotated[Array, "nM", ("radius", "instant"), NotNegative]
    bound_field: Annotated[Array, "nM", ("radius", "instant"), NotNegative]
    antigen_field: Annotated[Array, "nM", ("radius", "instant"), NotNegative]
    balance: Annotated[float, "1", NotNegative]


@dataclass(frozen=True)
class Report:
    """The chain's result: numbers of the population (`low` and `high` are its 5 and 95 %), pictures, and one page.

    `trough`, `occupancy`, `signal` and `effect` are those at the end of the courses, `peak` is at the time asked for;
    `regimen_effect` and the others beside it are the typical patient's at the end, for each dose of `regimen_dose`.
    `balance` is the worst of all the stages' mass balances, `binding_difference` the largest between the occupancies of
    tissue and binding at any time. `resolved_occupancy` is that around the capillary at the
    end. `admissible` says whether plasma may be computed without the tumour, and
    `uncoupled_error` by how much the median trough was off when it was.
    """

    patients: Annotated[int, Within(1)]
    left_out: str
    exposure: Exposure
    peak: Plasma
    trough: Plasma
    occupancy: Response
    signal: Response
    effect: Response
    regimen_dose: Annotated[Array, "mg/kg", ("regimen",), Positive]
    regimen_trough: Annotated[Array, "mg/L", ("regimen",), NotNegative]
    regimen_occupancy: Annotated[Array, "1", ("regimen",), NotNegative]
    regimen_effect: Annotated[Array, "1", ("regimen",), NotNegative]
    balance: Annotated[float, "1", NotNegative]
    binding_difference: Annotated[float, "1", NotNegative]
    binding_difference_at_end: Annotated[float, "1", NotNegative]
    resolved_occupancy: Annotated[float, "1", Share]
    admissible: bool
    uncoupled_error: Annotated[float, "1", NotNegative]
    assumptions: str
    courses: Picture
    dose_response: Picture
    krogh: Picture
    page: Annotated[File, "text/html"]
