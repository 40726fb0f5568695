"""Plasma solved without the tumour that feeds on it: when that may be done, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from bridge import Q, Within, model, separated
from bridge_pharmacology.ports import PER_INDIVIDUAL, Array, Positive, constant, of_one
from bridge_pharmacology.scales import ORGANISM
from bridge_pharmacology.tissue.tumour import uptake_rate

#: How far troughs are off by the ratio of clearances, in terms of the coupled ones, in the plugin's tests.
TROUGH_ERROR = 1.3

Numbers = NDArray[np.int64]
Both = ("patient",)


@dataclass(frozen=True)
class Levels:
    """What a plasma model says of each patient: trough and exposure. Any of them fits."""

    patient: Annotated[Numbers, Both, Within(0)]
    trough: Annotated[Array, "mg/L", Both, Within(0)]
    exposure: Annotated[Array, "mg*d/L", Both, Within(0)]


@dataclass(frozen=True)
class Uncoupled:
    """Whether plasma may be solved without the tumour that feeds on it.

    `ratio` is what the tumour can clear at most over systemic clearance: `admissible` up to `limit`.
    `tumour_clearance` is reached as long as antigen holds all that comes in.
    """

    ratio: Annotated[float, "1", Within(0)]
    limit: Annotated[float, "1", Within(0)]
    admissible: bool
    tumour_clearance: Annotated[float, "L/d", Within(0)]
    verdict: str


@dataclass(frozen=True)
class Comparison:
    """How far plasma without the tumour is from plasma with it, in terms of the second, for each patient in both.

    `trough_error` and `exposure_error` are signed, the `median` and `largest` of the troughs' errors are of their
    magnitudes. `left_out` counts patients that only one of the two has.
    """

    patient: Annotated[Numbers, Both, Within(0)]
    trough_error: Annotated[Array, "1", Both]
    exposure_error: Annotated[Array, "1", Both]
    median: Annotated[float, "1", Within(0)]
    largest: Annotated[float, "1", Within(0)]
    left_out: int
    words: str


@model("penetration.uncoupled", scale=ORGANISM)
def uncoupled(
    clearance: Annotated[Array, "L/d", PER_INDIVIDUAL, Positive] = constant(0.225),
    central_volume: Annotated[Array, "L", PER_INDIVIDUAL, Positive] = constant(2.95),
    tumour_volume: Annotated[float, "mL", Positive] = 10.0,
    permeability: Annotated[float, "um/d", Positive] = 259.2,
    capillary_radius: Annotated[float, "um", Positive] = 8.0,
    krogh_radius: Annotated[float, "um", Positive] = 75.0,
    *,
    limit: Annotated[float, "1", Positive] = 0.1,
) -> Uncoupled:
    """Judge whether a tumour takes so little from plasma that plasma may be solved without it.

    A tumour of volume Vt clears at most u Vt, u = 2 P Rcap/Rk², as long as its antigen holds all that comes in. That
    over systemic clearance CL is the ratio of two times: V1/CL, in which the body clears plasma, and V1/(u Vt), in
    which the tumour would. Troughs are off by about that ratio.

    `bridge.NotSeparated` is raised where the ratio exceeds `limit`: solve `tissue.tumour_coupled`, or accept
    "clearance/uptake" by name, as a flow does that solves both. Raises ValueError for radii that do not fit.
    """
    cleared, volume = of_one(clearance, "clearance"), of_one(central_volume, "central_volume")
    radii = (np.array([r]) for r in (permeability, capillary_radius, krogh_radius))
    taken = float(uptake_rate(*radii)[0]) * tumour_volume * 1e-3
    judged = separated(
        "clearance/uptake",
        fine=Q(volume / cleared, "d"),
        coarse=Q(volume / taken, "d"),
        limit=limit,
        error=TROUGH_ERROR,
        what="time",
    )
    return Uncoupled(taken / cleared, limit, judged.ok, taken, str(judged))


@model("penetration.comparison", scale=ORGANISM)
def comparison(coupled: Levels, uncoupled: Levels) -> Comparison:
    """Measure what leaving a tumour's uptake out of plasma does to troughs and exposures.

    Each is the output of a plasma model, and patients are compared by their numbers. Raises ValueError where no
    patient is in both, and where a coupled trough or exposure is 0, to which nothing is relative.
    """
    both, here, there = np.intersect1d(coupled.patient, uncoupled.patient, return_indices=True)
    if not both.size:
        raise ValueError(
            f"no patient is in both: {coupled.patient.size} coupled, {uncoupled.patient.size} uncoupled. Give both "
            "models the same doses and parameters, and look whether patients were left out."
        )
    pairs = ((coupled.trough, uncoupled.trough, "trough"), (coupled.exposure, uncoupled.exposure, "exposure"))
    errors = []
    for true, off, name in pairs:
        if (true[here] <= 0).any():
            zero = both[true[here] <= 0][0]
            raise ValueError(f"the coupled {name} of patient {zero} is 0: give doses, and an end before all is gone.")
        errors.append(off[there] / true[here] - 1)
    trough, exposure = errors
    middle, most = float(np.median(np.abs(trough))), float(np.abs(trough).max())
    return Comparison(
        patient=both,
        trough_error=trough,
        exposure_error=exposure,
        median=middle,
        largest=most,
        left_out=int(coupled.patient.size + uncoupled.patient.size - 2 * both.size),
        words=(
            f"without the tumour's uptake, troughs are off by {100 * middle:.2g} % (median of {both.size}; at most "
            f"{100 * most:.2g} %), exposures by {100 * float(np.median(np.abs(exposure))):.2g} %"
        ),
    )
