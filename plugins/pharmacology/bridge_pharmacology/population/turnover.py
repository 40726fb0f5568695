"""Fits of a turnover that each individual's own plasma inhibits: the response to an anticoagulant, say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from bridge import Picture, StandardErrorOf, Within, model
from bridge_pharmacology.dosing.doses import Doses
from bridge_pharmacology.dosing.observed import Responses
from bridge_pharmacology.population.fitting import ErrorModel
from bridge_pharmacology.population.individuals import UNCALLED, Identifier
from bridge_pharmacology.ports import Array, NotNegative, Patients, Positive
from bridge_pharmacology.scales import POPULATION
from bridge_pharmacology.systems.failing import OnFailure

PER_PATIENT = ("patient",)
PER_EFFECT = ("effect",)


@dataclass(frozen=True)
class TurnoverFit:
    """Medians over individuals with their standard errors, how individuals differ, and each one's own estimates.

    `effects` names what was fitted, in the order of arrays over `effect`; `responder` numbers the individuals that
    were. `pooled_…` are the estimates that fit all records at once, `pooled_error` their relative standard errors with
    individuals as the units. `additive_error` is the standard deviation of the residuals.
    """

    baseline: Annotated[float, "1", Positive]
    loss_rate: Annotated[float, "1/d", Positive]
    potency: Annotated[float, "mg/L", Positive]
    largest_inhibition: Annotated[float, "1", Within(0, 1)]
    baseline_error: Annotated[float, "1", StandardErrorOf("baseline")]
    loss_rate_error: Annotated[float, "1/d", StandardErrorOf("loss_rate")]
    potency_error: Annotated[float, "mg/L", StandardErrorOf("potency")]
    pooled_baseline: Annotated[float, "1", Positive]
    pooled_loss_rate: Annotated[float, "1/d", Positive]
    pooled_potency: Annotated[float, "mg/L", Positive]
    pooled_error: Annotated[Array, "1", PER_EFFECT, NotNegative]
    effects: str
    relative_error: Annotated[Array, "1", PER_EFFECT, NotNegative]
    variance: Annotated[Array, "1", ("effect", "other_effect")]
    variation: Annotated[Array, "1", PER_EFFECT, NotNegative]
    variation_error: Annotated[Array, "1", PER_EFFECT, NotNegative]
    responder: Annotated[np.ndarray[Any, np.dtype[np.int64]], ("responder",), Within(0)]
    individual_baseline: Annotated[Array, "1", ("responder",), Positive]
    individual_loss_rate: Annotated[Array, "1/d", ("responder",), Positive]
    individual_potency: Annotated[Array, "mg/L", ("responder",), Positive]
    additive_error: Annotated[float, "1", NotNegative]
    left_out: str
    picture: Picture
    courses: Picture


@model("population.turnover_fit", scale=POPULATION, depends=["scipy", "matplotlib"])
def turnover_fit(
    doses: Doses,
    responses: Responses,
    patient: Patients,
    individual_absorption_rate: Annotated[Array, "1/d", PER_PATIENT, Positive],
    individual_clearance: Annotated[Array, "L/d", PER_PATIENT, Positive],
    individual_volume: Annotated[Array, "L", PER_PATIENT, Positive],
    individual_lag: Annotated[Array, "d", PER_PATIENT, NotNegative],
    baseline: Annotated[float, "1", Positive] = 100.0,
    loss_rate: Annotated[float, "1/d", Positive] = 1.0,
    potency: Annotated[float, "mg/L", Positive] = 1.0,
    largest_inhibition: Annotated[float, "1", Within(0, 1)] = 1.0,
    identifier: Identifier = UNCALLED,
    *,
    error: ErrorModel = "additive",
    starts: Annotated[int, Within(1, 1000)] = 4,
    on_failure: OnFailure = "stop",
) -> TurnoverFit:
    """Fit R' = kout R0 (1 - Imax C/(IC50 + C)) - kout R to everybody's responses, C their own concentration.

    Indirect response I: N. L. Dayneka, V. Garg and W. J. Jusko, J. Pharmacokinet. Biopharm. 21, 457 (1993). Plasma is
    one compartment with absorption, its parameters each individual's and held (L. Zhang, S. L. Beal and L. B. Sheiner,
    J. Pharmacokinet. Pharmacodyn. 30, 387, 2003: sequential analysis). `baseline` R0, `loss_rate` kout and `potency`
    IC50 are fitted in two stages, and pooled, from the values given; `largest_inhibition` Imax is held. Individuals
    of whom plasma is not known are passed over. By their `identifier`, a table's ID, they are called in errors and
    pictures.

    Raises NotFitted, naming every individual whose fit failed and why, unless `on_failure` is "leave out"; ValueError
    for doses that no closed form knows.
    """
    from bridge_pharmacology.population import curves, fitting, forest, records, turnover_course, two_stage

    columns = {
        "absorption_rate": individual_absorption_rate,
        "clearance": individual_clearance,
        "volume": individual_volume,
        "lag": individual_lag,
    }
    plasma = {
        int(number): {name: float(column[k]) for name, column in columns.items()} for k, number in enumerate(patient)
    }
    series = records.series_of(responses, doses, plasma, identifier)
    start = {"baseline": baseline, "loss_rate": loss_rate, "potency": potency, "largest_inhibition": largest_inhibition}
    held = ("largest_inhibition",)
    law = turnover_course.structure(series)
    pooled = fitting.fit(law, series, start, fixed=held, error=error, starts=starts)
    found = two_stage.two_stage(law, series, start, fixed=held, error=error, starts=starts, on_failure=on_failure)
    own = np.array([one.estimate for one in found.fits])
    errors = np.array([one.relative_error for one in found.fits])
    panels = []
    for number, values in zip(found.individual.tolist(), own, strict=True):
        one = next(s for s in series if s.individual == number)
        at = np.linspace(0, float(one.time.max()), 121)
        given = {**start, **dict(zip(found.names, values.tolist(), strict=True))}
        curve = turnover_course.turnover(turnover_course.driven(at, one.dose_time, one.dose, one.known), **given)
        panels.append((one.name, one.time, one.value, at, curve))
    return TurnoverFit(
        **{name: float(found.estimate[k]) for k, name in enumerate(found.names)},
        **{f"{name}_error": float(found.estimate[k] * found.relative_error[k]) for k, name in enumerate(found.names)},
        **{f"pooled_{name}": float(pooled.estimate[k]) for k, name in enumerate(found.names)},
        largest_inhibition=largest_inhibition,
        pooled_error=np.sqrt(np.diagonal(pooled.by_individual)),
        effects=", ".join(found.names),
        relative_error=found.relative_error,
        variance=found.log_variance,
        variation=found.variation,
        variation_error=found.variation_error,
        responder=found.individual,
        individual_baseline=own[:, 0],
        individual_loss_rate=own[:, 1],
        individual_potency=own[:, 2],
        additive_error=found.residual,
        left_out=found.left_out,
        picture=forest.individuals(found.names, [panel[0] for panel in panels], np.log(own), errors, found.estimate),
        courses=curves.fitted(panels, "response"),
    )
