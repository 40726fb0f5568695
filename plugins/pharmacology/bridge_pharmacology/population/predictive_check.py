"""Visual predictive check: whether records lie where the model, simulated again and again, says that they lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from bridge import Picture, Within, model
from bridge_pharmacology.dosing.observed import Observations
from bridge_pharmacology.population.percentiles import THREE, Levels
from bridge_pharmacology.ports import Array, NotNegative, Patients, PlasmaConcentration, Time
from bridge_pharmacology.scales import POPULATION

PER_BIN = ("bin",)
CURVE = ("percentile", "bin")
NO_EDGES = np.zeros(0)


@dataclass(frozen=True)
class PredictiveCheck:
    """Percentiles of records by bins of time, and the interval that the same percentile has over replicates.

    `bin_time` is the mean time of the records of a bin, `count` how many there are. `inside` is the share of observed
    percentiles that lie within their intervals: about the `interval` where the model is right.
    """

    level: Levels
    bin_time: Annotated[Array, "d", PER_BIN, NotNegative]
    count: Annotated[NDArray[np.int64], PER_BIN, Within(1)]
    observed: Annotated[Array, "mg/L", CURVE]
    lower: Annotated[Array, "mg/L", CURVE]
    middle: Annotated[Array, "mg/L", CURVE]
    upper: Annotated[Array, "mg/L", CURVE]
    inside: Annotated[float, "1", Within(0, 1)]
    replicates: Annotated[int, Within(1)]
    picture: Picture


@model("population.predictive_check", scale=POPULATION, depends=["scipy", "matplotlib"])
def predictive_check(
    observations: Observations,
    patient: Patients,
    time: Time,
    concentration: PlasmaConcentration,
    each: Annotated[int, Within(1, 10_000_000)],
    additive_error: Annotated[float, "mg/L", NotNegative] = 0.0,
    proportional_error: Annotated[float, "1", NotNegative] = 0.0,
    level: Levels = THREE,
    edges: Annotated[Array, "d", ("edge",), NotNegative] = NO_EDGES,
    *,
    interval: Annotated[float, "%", Within(1, 99.99)] = 95.0,
    bins: Annotated[int, Within(0, 200)] = 0,
    title: str = "concentration (mg/L)",
    logarithmic: bool = False,
    seed: int = 1,
) -> PredictiveCheck:
    """Percentiles of observed records in bins of time, over intervals of the same percentiles of simulated records.

    Simulated are replicates of the trial: patient p is individual p mod `each` (see `population.replicates`). Each
    replicate is looked at when its individuals were observed, by monotone cubics between the rows of its course, and
    disturbed by normal errors of the records; what falls below 0 stays below it. Bins begin at `edges`, the last one
    ending with the last of them; none: `bins` bins of about as many records each, 0 for as many bins as the median
    individual has records. Replicates of which an individual
    was left out are passed over. Raises ValueError for records outside of the simulated time or of all bins.

    Method: M. O. Karlsson and N. Holford, PAGE 17, abstract 1434 (2008); M. Bergstrand et al., AAPS J. 13, 143 (2011).
    """
    from bridge_pharmacology.population import curves
    from bridge_pharmacology.population.percentiles import over_patients

    at = observations.time
    _inside_the_course(at, time)
    if int(observations.individual.max(initial=0)) >= each:
        raise ValueError(
            f"individual {observations.individual.max()} was observed, and a trial has {each}. Write each=… of them."
        )
    usual = int(np.median(np.unique(observations.individual, return_counts=True)[1]))
    members = _bins(at, edges, bins or usual)
    simulated = replicated(observations, patient, time, concentration, each)
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((2, *simulated.shape))
    simulated = simulated * (1 + proportional_error * noise[0]) + additive_error * noise[1]
    half = (100 - interval) / 2
    seen = np.stack([over_patients(observations.value[m], level) for m in members], axis=1)
    told = np.stack([np.percentile(simulated[:, m], level, axis=1) for m in members], axis=2)  # level, replicate, bin
    band = np.percentile(told, [half, 50, 100 - half], axis=1)
    middles = np.array([at[m].mean() for m in members])
    within = (seen >= band[0]) & (seen <= band[2])
    records = (at, observations.value)
    picture = curves.predictive_check(records, middles, seen, band, level, title, logarithmic)
    return PredictiveCheck(
        level=level,
        bin_time=middles,
        count=np.array([len(m) for m in members], dtype=np.int64),
        observed=seen,
        lower=band[0],
        middle=band[1],
        upper=band[2],
        inside=float(within.mean()),
        replicates=len(simulated),
        picture=picture,
    )


def replicated(
    observations: Observations, patient: NDArray[np.int64], time: Array, concentration: Array, each: int
) -> Array:
    """Simulated records (replicate, observation) without errors, of replicates that are complete. Raises ValueError."""
    from bridge_pharmacology.systems.interpolation import MOMENT, between, cubics

    row = {int(number): k for k, number in enumerate(patient)}
    count = int(patient.max(initial=-1)) // each + 1
    whole = [r for r in range(count) if all(r * each + k in row for k in np.unique(observations.individual).tolist())]
    if not whole:
        raise ValueError(
            f"{len(patient)} patients hold no complete replicate of a trial of {each}: simulate population.replicates "
            "of its doses."
        )
    # What was sampled before a dose of its time does not know it; before the first row nothing was given.
    looked = observations.time - 2 * MOMENT * observations.before_dose
    piece = np.clip(np.searchsorted(time, looked, side="right") - 1, 0, time.size - 2)
    found = np.empty((len(whole), looked.size))
    for individual in np.unique(observations.individual).tolist():
        mine = np.flatnonzero(observations.individual == individual)
        rows = [row[r * each + individual] for r in whole]
        courses = cubics(time, concentration[rows, :, None])[:, piece[mine], 0]
        found[:, mine] = between(courses, looked[mine] - time[piece[mine]])
    return np.where(looked < time[0], 0.0, found)


def _inside_the_course(at: Array, time: Array) -> None:
    if not at.size:
        raise ValueError("there are no observations to check against.")
    if at.min() < time[0] or at.max() > time[-1] * (1 + 1e-12):
        raise ValueError(
            f"records go from {at.min():g} d to {at.max():g} d, and the simulated courses from {time[0]:g} d to "
            f"{time[-1]:g} d. Write a longer duration."
        )


def _bins(at: Array, edges: Array, bins: int) -> list[NDArray[np.int64]]:
    """Rows of the observations by bins of time; none is empty. Raises ValueError."""
    if edges.size:
        if edges.size < 2 or np.any(np.diff(edges) <= 0):
            raise ValueError(f"edges of bins ascend, at least two of them, got {edges.tolist()} d.")
        if at.min() < edges[0] or at.max() > edges[-1]:
            raise ValueError(
                f"edges of bins go from {edges[0]:g} d to {edges[-1]:g} d, records from {at.min():g} d to "
                f"{at.max():g} d. Write edges around all records."
            )
        place = np.clip(np.searchsorted(edges, at, side="right") - 1, 0, edges.size - 2)
    else:
        # Records at one time stay together: bins begin at distinct times, as near to equal counts as those allow.
        begins = np.unique(np.quantile(at, np.arange(bins) / bins, method="higher"))
        place = np.searchsorted(begins, at, side="right") - 1
    return [np.flatnonzero(place == k) for k in np.unique(place)]
