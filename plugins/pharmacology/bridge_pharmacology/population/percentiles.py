"""What patients have in common at each time: percentiles of courses, and everybody's line beneath them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from bridge import Picture, Within, model
from bridge_pharmacology.ports import Array, Effect, NotNegative, Patients, PlasmaConcentration, Time
from bridge_pharmacology.scales import POPULATION

CURVE = ("percentile", "time")
Levels = Annotated[Array, "%", ("percentile",), Within(0, 100)]
THREE = np.array([5.0, 50.0, 95.0])


@dataclass(frozen=True)
class ConcentrationPercentiles:
    """Percentiles over patients at each time; `final` are those of the last one."""

    level: Levels
    time: Time
    concentration: Annotated[Array, "mg/L", CURVE, NotNegative]
    final: Annotated[Array, "mg/L", ("percentile",), NotNegative]
    patients: int
    picture: Picture


@dataclass(frozen=True)
class EffectPercentiles:
    """Percentiles over patients at each time; `final` are those of the last one."""

    level: Levels
    time: Time
    effect: Annotated[Array, "1", CURVE, NotNegative]
    final: Annotated[Array, "1", ("percentile",), NotNegative]
    patients: int
    picture: Picture


@model("population.percentiles", scale=POPULATION, depends=["matplotlib"])
def percentiles(
    patient: Patients,
    time: Time,
    concentration: PlasmaConcentration,
    level: Levels = THREE,
    *,
    title: str = "concentration (mg/L)",
    logarithmic: bool = False,
) -> ConcentrationPercentiles:
    """Percentiles of concentrations over patients, by linear interpolation between them, with everybody's course.

    At every time alone: a percentile's curve is no patient's. Raises ValueError for levels that do not ascend.
    """
    curves, picture = _over_patients(time, concentration, level, title, logarithmic)
    return ConcentrationPercentiles(level, time, curves, curves[:, -1], len(patient), picture)


@model("population.effect_percentiles", scale=POPULATION, depends=["matplotlib"])
def effect_percentiles(
    patient: Patients,
    time: Time,
    effect: Effect,
    level: Levels = THREE,
    *,
    title: str = "effect",
    logarithmic: bool = False,
) -> EffectPercentiles:
    """Percentiles of effects over patients, by linear interpolation between them, with everybody's course.

    Signals and occupancies are wired as effect=…. Raises ValueError for levels that do not ascend.
    """
    curves, picture = _over_patients(time, effect, level, title, logarithmic)
    return EffectPercentiles(level, time, curves, curves[:, -1], len(patient), picture)


def over_patients(courses: Array, level: Array) -> Array:
    """Percentiles (percentile, time) of courses (patient, time). Raises ValueError."""
    if level.size == 0 or np.any(np.diff(level) <= 0):
        raise ValueError(f"percentiles are ascending percentages, got {level.tolist()}. Write level='5 %, 50 %, 95 %'.")
    if not len(courses):
        raise ValueError("there is no patient to take percentiles of.")
    return np.percentile(courses, level, axis=0)


def _over_patients(time: Array, courses: Array, level: Array, title: str, logarithmic: bool) -> tuple[Array, Picture]:
    from bridge_pharmacology.population import curves

    found = over_patients(courses, level)
    return found, curves.spaghetti(time, courses, level, found, title, logarithmic)
