"""What an antibody in plasma protects from: a logistic of its concentration over what neutralises in vitro."""

from __future__ import annotations

from dataclasses import dataclass
from math import log10
from typing import Annotated

import numpy as np

from bridge import Within, model
from bridge_epidemic.ports import Array, NotNegative, Positive, Share, Time, Whole
from bridge_epidemic.scales import PERSON

Patients = Annotated[Whole, ("patient",), Within(0)]
Concentration = Annotated[Array, "mg/L", ("patient", "time"), Within(0, 1e6)]
Fold = Annotated[Array, "1", ("patient", "time"), NotNegative]
MeanProtection = Annotated[Array, "1", ("time",), Share]
#: E. Stadler et al., Nat. Commun. 14, 4545 (2023), figure 2: half protection with its 95 % interval, and the slope.
HALF, HALF_LOW, HALF_HIGH, SLOPE = 96.2, 32.4, 285.2, 1.3


@dataclass(frozen=True)
class Protection:
    """Protection from symptomatic infection of each patient, and its mean over patients.

    `fold` is the concentration over the IC50. `mean_protection_low` and `_high` are at both ends of the interval of the
    half protective fold. `protected` is for how long the mean is one half or more.
    """

    patient: Patients
    time: Time
    fold: Fold
    protection: Annotated[Array, "1", ("patient", "time"), Share]
    mean_protection: MeanProtection
    mean_protection_low: MeanProtection
    mean_protection_high: MeanProtection
    protected: Annotated[float, "d", NotNegative]


@dataclass(frozen=True)
class Folds:
    """Concentrations over the IC50, as `prophylaxis.protection` gives them."""

    patient: Patients
    time: Time
    fold: Fold


@model("prophylaxis.protection", scale=PERSON)
def protection(
    patient: Patients,
    time: Time,
    concentration: Concentration,
    ic50: Annotated[float, "ng/mL", Positive],
    half_fold: Annotated[float, "1", Positive] = HALF,
    half_fold_low: Annotated[float, "1", Positive] = HALF_LOW,
    half_fold_high: Annotated[float, "1", Positive] = HALF_HIGH,
    slope: Annotated[float, "1", Positive] = SLOPE,
) -> Protection:
    """P = 1 / (1 + exp(-slope (log10 x - log10 half))), x the concentration in plasma over the IC50 in vitro.

    The slope is per log10 of concentration: a tenfold more is 1.3 (0.9 to 1.8) more in the logit, by default. Fitted to
    trials of antibodies against COVID-19 before exposure: E. Stadler et al., Nat. Commun. 14, 4545 (2023), half at 96.2
    (32.4 to 285.2) times the IC50; its IC50s are means over laboratories. It is protection from symptomatic infection,
    taken here as protection from infection. Raises ValueError for ends of the interval that do not enclose the half.
    """
    fold = concentration * 1000 / ic50  # mg/L over ng/mL
    return _protected(patient, time, fold, half_fold, (half_fold_low, half_fold_high), slope)


@model("prophylaxis.combined", scale=PERSON)
def combined(
    first: Folds,
    second: Folds,
    half_fold: Annotated[float, "1", Positive] = HALF,
    half_fold_low: Annotated[float, "1", Positive] = HALF_LOW,
    half_fold_high: Annotated[float, "1", Positive] = HALF_HIGH,
    slope: Annotated[float, "1", Positive] = SLOPE,
) -> Protection:
    """Protection of two antibodies with concentrations of their own: their potencies add, sum of C / IC50.

    Which is so of antibodies that get into one another's way; others may do better together. Raises ValueError for
    other patients or times, and for ends of the interval that do not enclose the half.
    """
    if not np.array_equal(first.patient, second.patient) or not np.array_equal(first.time, second.time):
        raise ValueError("Both antibodies need the same patients and times. Give both plasma stages the same sampling.")
    fold = first.fold + second.fold
    return _protected(first.patient, first.time, fold, half_fold, (half_fold_low, half_fold_high), slope)


def logistic(fold: Array, half_fold: float, slope: float) -> Array:
    """Protection at a fold of the IC50, `slope` per log10; no antibody protects from nothing."""
    with np.errstate(divide="ignore"):
        logit = slope * (np.log10(fold) - log10(half_fold))
    share: Array = 0.5 + 0.5 * np.tanh(0.5 * logit)
    return share


def _protected(
    patient: Whole, time: Array, fold: Array, half: float, ends: tuple[float, float], slope: float
) -> Protection:
    if not patient.size:
        raise ValueError("There is no patient. A plasma stage leaves out those that cannot be solved.")
    if not ends[0] <= half <= ends[1]:
        raise ValueError(
            f"half_fold is {half:g}, outside of {ends[0]:g} to {ends[1]:g}. Write half_fold_low and half_fold_high "
            "around it, or all three alike."
        )
    shares = logistic(fold, half, slope)
    mean = shares.mean(axis=0)
    worst, best = (logistic(fold, end, slope).mean(axis=0) for end in reversed(ends))
    return Protection(patient, time, fold, shares, mean, worst, best, _above(time, mean, 0.5))


def _above(time: Array, values: Array, limit: float) -> float:
    """For how long values that are linear between times are a limit or more."""
    if time.size < 2:
        return 0.0
    start, end = values[:-1] - limit, values[1:] - limit
    apart = np.abs(end - start)
    # Of an interval in which the sign changes, the part on the upper side; else all or nothing.
    part = np.where((start >= 0) & (end >= 0), 1.0, 0.0)
    crossed = (start >= 0) != (end >= 0)
    part[crossed] = np.maximum(start, end)[crossed] / apart[crossed]
    return float(part @ np.diff(time))
