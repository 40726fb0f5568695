"""Fits of one compartment with absorption to observed concentrations: in two stages, and pooled."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from bridge import File, Picture, StandardErrorOf, Within, model
from bridge_pharmacology.dosing.doses import Doses
from bridge_pharmacology.dosing.observed import Observations
from bridge_pharmacology.population.fitting import ErrorModel
from bridge_pharmacology.population.individuals import UNCALLED, BodyWeight, Exponent, Identifier
from bridge_pharmacology.ports import Array, NotNegative, Patients, Positive, constant
from bridge_pharmacology.scales import POPULATION
from bridge_pharmacology.systems.failing import OnFailure

PER_PATIENT = ("patient",)
PER_EFFECT = ("effect",)
MATRIX = ("effect", "other_effect")
Starts = Annotated[int, Within(1, 1000)]


@dataclass(frozen=True)
class Estimated:
    """Estimates of one compartment with absorption, and their standard errors; what was held has an error of 0.

    `effects` names what was fitted, in the order of arrays over `effect`. Of `additive_error` and
    `proportional_error`, standard deviations of the residuals, one is 0. `table` is what `population.estimates` reads.
    """

    absorption_rate: Annotated[float, "1/d", Positive]
    clearance: Annotated[float, "L/d", Positive]
    volume: Annotated[float, "L", Positive]
    lag: Annotated[float, "d", NotNegative]
    absorption_rate_error: Annotated[float, "1/d", StandardErrorOf("absorption_rate")]
    clearance_error: Annotated[float, "L/d", StandardErrorOf("clearance")]
    volume_error: Annotated[float, "L", StandardErrorOf("volume")]
    lag_error: Annotated[float, "d", StandardErrorOf("lag")]
    additive_error: Annotated[float, "mg/L", NotNegative]
    proportional_error: Annotated[float, "1", NotNegative]
    effects: str
    relative_error: Annotated[Array, "1", PER_EFFECT, NotNegative]
    table: Annotated[File, "text/csv"]
    picture: Picture


@dataclass(frozen=True)
class TwoStageFit(Estimated):
    """Medians over individuals, how much these differ, and each one's own estimates.

    Standard errors of medians are those of normal logarithms, 1.25 times those of means; `mean_…` are geometric means.
    `variance` is that of the logarithms between individuals, `corrected_variance` the same without the errors of
    individual estimates; `patient` numbers the individuals that were fitted. `courses` has everybody's records over the
    fitted curve.
    """

    mean_absorption_rate: Annotated[float, "1/d", Positive]
    mean_clearance: Annotated[float, "L/d", Positive]
    mean_volume: Annotated[float, "L", Positive]
    mean_lag: Annotated[float, "d", NotNegative]
    variance: Annotated[Array, "1", MATRIX]
    variation: Annotated[Array, "1", PER_EFFECT, NotNegative]
    variation_error: Annotated[Array, "1", PER_EFFECT, NotNegative]
    corrected_variance: Annotated[Array, "1", MATRIX]
    corrected_variation: Annotated[Array, "1", PER_EFFECT, NotNegative]
    patient: Patients
    individual_absorption_rate: Annotated[Array, "1/d", PER_PATIENT, Positive]
    individual_clearance: Annotated[Array, "L/d", PER_PATIENT, Positive]
    individual_volume: Annotated[Array, "L", PER_PATIENT, Positive]
    individual_lag: Annotated[Array, "d", PER_PATIENT, NotNegative]
    left_out: str
    courses: Picture


@dataclass(frozen=True)
class PooledFit(Estimated):
    """One set of parameters for all records, as if of one individual.

    `covariance` is that of the logarithms of the estimates, from the curvature of the least sum of squares;
    `error_by_individual` are relative standard errors that allow for the likeness of one individual's records.
    """

    covariance: Annotated[Array, "1", MATRIX]
    error_by_individual: Annotated[Array, "1", PER_EFFECT, NotNegative]
    agreeing: Annotated[float, "1", Within(0, 1)]


@model("population.two_stage_fit", scale=POPULATION, depends=["scipy", "matplotlib"])
def two_stage_fit(
    doses: Doses,
    observations: Observations,
    absorption_rate: Annotated[float, "1/d", NotNegative] = 0.0,
    clearance: Annotated[float, "L/d", NotNegative] = 0.0,
    volume: Annotated[float, "L", NotNegative] = 0.0,
    lag: Annotated[float, "d", NotNegative] = 0.0,
    fixed: str = "",
    body_weight: BodyWeight = constant(70.0),
    reference_weight: Annotated[float, "kg", Within(0.5, 500)] = 70.0,
    clearance_exponent: Exponent = 0.0,
    volume_exponent: Exponent = 0.0,
    identifier: Identifier = UNCALLED,
    *,
    error: ErrorModel = "additive",
    starts: Starts = 8,
    on_failure: OnFailure = "stop",
) -> TwoStageFit:
    """Fit everybody's concentrations alone; medians, standard errors and variation between individuals.

    Least squares on logarithms of the parameters, from `starts` starting points; standard errors of an individual
    from the curvature there, of the medians from the spread of the individuals. Starting values of 0 are taken from
    the data, and a lag of 0 is not fitted. `fixed` names parameters that are held at the value given, separated by
    commas. Errors of the records have one size (additive), or that of the prediction (proportional, levelling off
    below 5 % of the largest). What body weight explains is taken out of the medians and of the variation: those are of
    clearance over (weight / reference)^exponent, and of the volume likewise; exponents of 0 leave weight out. By their
    `identifier`, a table's ID, individuals are called in errors and pictures.

    Where the same curve has two solutions, the one whose absorption is the faster process is told. The variation
    includes the errors of the individual estimates; `corrected_variance` does not: by it individuals are drawn.
    Raises NotFitted, naming every individual whose fit failed and
    why, unless `on_failure` is "leave out"; ValueError for doses that no closed form knows, and for body weights of
    others. Method: J.-L. Steimer et al., Drug Metab. Rev. 15, 265 (1984).
    """
    from bridge_pharmacology.population import forest, two_stage, variability
    from bridge_pharmacology.population.structures import ORAL

    series, start, held = _problem(doses, observations, absorption_rate, clearance, volume, lag, fixed, identifier)
    exponents = {"clearance": clearance_exponent, "volume": volume_exponent}
    weight = _weights(body_weight, series) / reference_weight
    alone = two_stage.two_stage(ORAL, series, start, fixed=held, error=error, starts=starts, on_failure=on_failure)
    own = _completed(alone.names, np.array([one.estimate for one in alone.fits]), start, held)
    found = two_stage.of_reference(alone, {name: weight**exponent for name, exponent in exponents.items()})
    logs = np.log([one.estimate for one in found.fits])
    means: dict[str, Any] = {
        f"mean_{name}": float(value[0])
        for name, value in _completed(found.names, found.mean[None, :], start, held).items()
    }
    picture = forest.individuals(
        found.names,
        [one.name for one in series if one.individual in found.individual],
        logs,
        np.array([f.relative_error for f in found.fits]),
        found.estimate,
    )
    return TwoStageFit(
        **_estimated(found.names, found.estimate, found.relative_error, start, held, found.residual, error),
        table=_table(found.names, found.estimate, found.covariance, found.corrected),
        picture=picture,
        **means,
        variance=found.log_variance,
        variation=found.variation,
        variation_error=found.variation_error,
        corrected_variance=found.corrected,
        corrected_variation=variability.coefficient_of_variation(np.diagonal(found.corrected)),
        patient=found.individual,
        individual_absorption_rate=own["absorption_rate"],
        individual_clearance=own["clearance"],
        individual_volume=own["volume"],
        individual_lag=own["lag"],
        left_out=found.left_out,
        courses=_courses(series, found.individual, own),
    )


@model("population.pooled_fit", scale=POPULATION, depends=["scipy", "matplotlib"])
def pooled_fit(
    doses: Doses,
    observations: Observations,
    absorption_rate: Annotated[float, "1/d", NotNegative] = 0.0,
    clearance: Annotated[float, "L/d", NotNegative] = 0.0,
    volume: Annotated[float, "L", NotNegative] = 0.0,
    lag: Annotated[float, "d", NotNegative] = 0.0,
    fixed: str = "",
    *,
    error: ErrorModel = "additive",
    starts: Starts = 8,
) -> PooledFit:
    """Fit all concentrations with one set of parameters, as if they were of one individual (naive pooled).

    As `population.two_stage_fit` in everything else. What individuals differ by is in the residuals, so that the
    standard errors from the curvature are too small: those `by_individual` allow for it, to leading order in many
    individuals (K.-Y. Liang and S. L. Zeger, Biometrika 73, 13, 1986). Raises NotFitted where the records do not
    determine the parameters, ValueError for doses that no closed form knows.
    """
    from bridge_pharmacology.population import fitting, forest
    from bridge_pharmacology.population.structures import ORAL

    series, start, held = _problem(doses, observations, absorption_rate, clearance, volume, lag, fixed)
    found = fitting.fit(ORAL, series, start, fixed=held, error=error, starts=starts)
    robust = np.sqrt(np.diagonal(found.by_individual))
    return PooledFit(
        **_estimated(found.names, found.estimate, found.relative_error, start, held, found.residual, error),
        table=_table(found.names, found.estimate, found.by_individual, None),
        picture=forest.pooled(found.names, found.relative_error, robust),
        covariance=found.covariance,
        error_by_individual=robust,
        agreeing=found.agreeing,
    )


def _problem(
    doses: Doses,
    observations: Observations,
    absorption_rate: float,
    clearance: float,
    volume: float,
    lag: float,
    fixed: str,
    identifier: Array | None = None,
) -> tuple[list[Any], dict[str, float], tuple[str, ...]]:
    """Series, starting values and names of what is held. Raises ValueError."""
    from bridge_pharmacology.population.records import beginning, series_of

    series = series_of(observations, doses, identifier=identifier)
    given = {"absorption_rate": absorption_rate, "clearance": clearance, "volume": volume}
    start = {**given, "lag": lag}
    held = [name.strip() for name in fixed.split(",") if name.strip()]
    for name in held:
        if name not in start or (name in given and not given[name]):
            reason = "is 0" if name in start else "is no parameter"
            raise ValueError(f"fixed names {name!r}, which {reason}. Write its value beside it; of {', '.join(start)}.")
    if not all(given.values()):
        told = beginning(series)
        start |= {name: told[name] for name in given if not given[name]}
    return series, start, tuple(dict.fromkeys([*held, *([] if lag else ["lag"])]))


def _courses(series: list[Any], individual: NDArray[np.int64], own: dict[str, Array]) -> Picture:
    """Records of individuals over the curves that were fitted to them."""
    from bridge_pharmacology.population import curves
    from bridge_pharmacology.population.structures import ORAL

    by_number = {one.individual: one for one in series}
    panels = []
    for k, number in enumerate(individual.tolist()):
        one = by_number[number]
        at = np.unique(np.append(np.linspace(0, float(one.time.max()), 161), one.dose_time))
        curve = ORAL.predict(replace(one, time=at), {name: float(column[k]) for name, column in own.items()})
        panels.append((one.name, one.time, one.value, at, curve))
    return curves.fitted(panels, "concentration (mg/L)")


def _weights(body_weight: Array, series: list[Any]) -> Array:
    """Body weights by individual, as many as there are individuals. Raises ValueError."""
    last = max(one.individual for one in series)
    if body_weight.size == 1:
        return np.full(last + 1, body_weight[0])
    if body_weight.size <= last:
        raise ValueError(
            f"body_weight is given for {body_weight.size} individuals, and individual {last} was observed: write one "
            "for each individual of the table (dosing.body_weight), or one for all."
        )
    return body_weight


def _completed(
    names: tuple[str, ...], values: Array, start: dict[str, float], held: tuple[str, ...]
) -> dict[str, NDArray[np.float64]]:
    """Individual values by name, those that were held among them."""
    rows = len(values)
    return {name: np.full(rows, start[name]) for name in held} | {n: values[:, k] for k, n in enumerate(names)}


def _estimated(
    names: tuple[str, ...],
    estimate: Array,
    relative: Array,
    start: dict[str, float],
    held: tuple[str, ...],
    residual: float,
    error: ErrorModel,
) -> dict[str, Any]:
    """The fields of `Estimated` but the table and the picture."""
    told: dict[str, Any] = {}
    for name in start:
        at = names.index(name) if name not in held else None
        told[name] = start[name] if at is None else float(estimate[at])
        told[f"{name}_error"] = 0.0 if at is None else float(estimate[at] * relative[at])
    told["additive_error"], told["proportional_error"] = (residual, 0.0) if error == "additive" else (0.0, residual)
    return told | {"effects": ", ".join(names), "relative_error": relative}


def _table(names: tuple[str, ...], estimate: Array, covariance: Array, log_variance: Array | None) -> File:
    from bridge_pharmacology.population.estimates import Estimates, written
    from bridge_pharmacology.population.structures import ORAL

    units = tuple(dict(zip(ORAL.parameters, ORAL.units, strict=True))[name] for name in names)
    none = np.zeros((len(names), len(names)))
    found = Estimates(names, units, estimate, covariance, none if log_variance is None else log_variance)
    return File(written(found).encode(), "text/csv")
