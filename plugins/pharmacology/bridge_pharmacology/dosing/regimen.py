"""Regimens: a dose at an interval, with a loading dose or without, alone or several side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from bridge import Within, model
from bridge_pharmacology.dosing.doses import SHORTEST, Doses
from bridge_pharmacology.ports import PER_INDIVIDUAL, Array, NotNegative, Positive, constant
from bridge_pharmacology.scales import ORGANISM

PER_REGIMEN = ("regimen|1",)
Count = Annotated[int, Within(1, 1_000_000)]
Compartment = Annotated[int, Within(1)]
Interval = Within(SHORTEST)


@dataclass(frozen=True)
class Regimen:
    """The doses of a regimen, their number and sum for each individual, and the regimen in words."""

    doses: Doses
    count: int
    total: Annotated[Array, "mg", ("dosed",), NotNegative]
    label: str


@dataclass(frozen=True)
class Regimens:
    """Doses of several regimens, each for an individual of its own; `labels` has a line for each."""

    doses: Doses
    regimen_dose: Annotated[Array, "mg", ("regimen",), NotNegative]
    total: Annotated[Array, "mg", ("regimen",), NotNegative]
    labels: str


@dataclass(frozen=True)
class RegimensByWeight:
    """Doses of several regimens by body weight, each for an individual of its own; `labels` has a line for each."""

    doses: Doses
    regimen_dose: Annotated[Array, "mg/kg", ("regimen",), NotNegative]
    total: Annotated[Array, "mg", ("regimen",), NotNegative]
    labels: str


@model("dosing.regimen", scale=ORGANISM)
def regimen(
    dose: Annotated[float, "mg", NotNegative],
    interval: Annotated[float, "d", Interval],
    loading: Annotated[float, "mg", NotNegative] = 0.0,
    infusion: Annotated[float, "d", NotNegative] = 0.0,
    loading_infusion: Annotated[float, "d", NotNegative] = 0.0,
    until: Annotated[float, "d", Positive] = 168.0,
    count: Count = 1_000_000,
    compartment: Compartment = 1,
) -> Regimen:
    """The same dose for everybody, from time 0 on at an interval, as long as `until` is not reached.

    A `loading` dose above 0 takes the place of the first; a dose of 0 is a placebo. `infusion` and `loading_infusion`
    are how long the doses take, 0 for a bolus; there are no more than `count`, the loading dose included. Raises
    ValueError for an infusion that takes less than 0.1 s.
    """
    columns = [constant(value) for value in (dose, interval, loading, infusion, loading_infusion)]
    doses = _doses(columns, until, count, compartment)
    return Regimen(doses, int(doses.additional.sum()) + doses.time.size, _totals(doses), _labels(columns, "mg"))


@model("dosing.regimen_by_weight", scale=ORGANISM)
def regimen_by_weight(
    dose: Annotated[float, "mg/kg", NotNegative],
    body_weight: Annotated[Array, "kg", PER_INDIVIDUAL, Within(0.1, 1000)],
    interval: Annotated[float, "d", Interval],
    loading: Annotated[float, "mg/kg", NotNegative] = 0.0,
    infusion: Annotated[float, "d", NotNegative] = 0.0,
    loading_infusion: Annotated[float, "d", NotNegative] = 0.0,
    until: Annotated[float, "d", Positive] = 168.0,
    count: Count = 1_000_000,
    compartment: Compartment = 1,
) -> Regimen:
    """A dose by body weight, for each individual or for one that stands for all, from time 0 on at an interval.

    Else as `dosing.regimen`. Raises ValueError for an infusion that takes less than 0.1 s.
    """
    columns = [constant(value) for value in (dose, interval, loading, infusion, loading_infusion)]
    label = _labels(columns, "mg/kg")
    columns = [np.broadcast_to(column, body_weight.shape) for column in columns]
    columns[0], columns[2] = columns[0] * body_weight, columns[2] * body_weight
    doses = _doses(columns, until, count, compartment)
    given = (int(doses.additional.sum()) + doses.time.size) // body_weight.size
    return Regimen(doses, given, _totals(doses), label)


@model("dosing.regimens", scale=ORGANISM)
def regimens(
    dose: Annotated[Array, "mg", ("regimen",), NotNegative],
    interval: Annotated[Array, "d", PER_REGIMEN, Interval],
    loading: Annotated[Array, "mg", PER_REGIMEN, NotNegative] = constant(0.0),
    infusion: Annotated[Array, "d", PER_REGIMEN, NotNegative] = constant(0.0),
    loading_infusion: Annotated[Array, "d", PER_REGIMEN, NotNegative] = constant(0.0),
    until: Annotated[float, "d", Positive] = 168.0,
    count: Count = 1_000_000,
    compartment: Compartment = 1,
) -> Regimens:
    """Several regimens side by side, each for an individual of its own.

    Interval, loading dose and infusions are one for each regimen, or one for all. Else as `dosing.regimen`.
    """
    columns = [np.broadcast_to(column, dose.shape) for column in (dose, interval, loading, infusion, loading_infusion)]
    doses = _doses(columns, until, count, compartment)
    return Regimens(doses, dose, _totals(doses), _labels(columns, "mg"))


@model("dosing.regimens_by_weight", scale=ORGANISM)
def regimens_by_weight(
    dose: Annotated[Array, "mg/kg", ("regimen",), NotNegative],
    body_weight: Annotated[float, "kg", Within(0.1, 1000)],
    interval: Annotated[Array, "d", PER_REGIMEN, Interval],
    loading: Annotated[Array, "mg/kg", PER_REGIMEN, NotNegative] = constant(0.0),
    infusion: Annotated[Array, "d", PER_REGIMEN, NotNegative] = constant(0.0),
    loading_infusion: Annotated[Array, "d", PER_REGIMEN, NotNegative] = constant(0.0),
    until: Annotated[float, "d", Positive] = 168.0,
    count: Count = 1_000_000,
    compartment: Compartment = 1,
) -> RegimensByWeight:
    """Several regimens by body weight side by side, each for an individual of its own and of the same weight.

    Interval, loading dose and infusions are one for each regimen, or one for all. Else as `dosing.regimen`.
    """
    columns = [np.broadcast_to(column, dose.shape) for column in (dose, interval, loading, infusion, loading_infusion)]
    labels = _labels(columns, "mg/kg")
    columns[0], columns[2] = columns[0] * body_weight, columns[2] * body_weight
    doses = _doses(columns, until, count, compartment)
    return RegimensByWeight(doses, dose, _totals(doses), labels)


def _doses(columns: Sequence[Array], until: float, count: int, compartment: int) -> Doses:
    """A row for the doses that are alike, and one before it for a loading dose.

    Columns, by individual: dose (mg), interval (d), loading dose (mg), and how long either takes (d).
    """
    dose, interval, loading, infusion, loading_infusion = columns
    for name, length in (("infusion", infusion), ("loading_infusion", loading_infusion)):
        if ((length > 0) & (length < SHORTEST)).any():
            raise ValueError(
                f"{name} takes {length[length > 0].min():g} d; write 0 d for a bolus, or {SHORTEST:g} d or more."
            )
    number = np.minimum(count, np.ceil(until / interval - 1e-9)).astype(np.int64).clip(1)
    loaded = loading > 0
    rows = np.where(loaded & (number > 1), 2, 1)
    who = np.repeat(np.arange(dose.size), rows)
    first = np.append(True, np.diff(who) > 0)
    loads = first & loaded[who]
    left = np.where(loads, 1, number[who] - loaded[who])
    whole = np.ones(who.size, dtype=np.int64)
    amount = np.where(loads, loading[who], dose[who])
    length = np.where(loads, loading_infusion[who], infusion[who])
    return Doses(
        individual=who,
        time=np.where(first, 0.0, interval[who]),
        amount=amount,
        duration=np.where(amount > 0, length, 0.0),
        event=whole,
        compartment=compartment * whole,
        additional=left - 1,
        interval=np.where(left > 1, interval[who], 0.0),
        steady=0 * whole,
    )


def _totals(doses: Doses) -> Array:
    """The sum of all doses of each individual (mg)."""
    return np.bincount(doses.individual, doses.amount * (1 + doses.additional)).astype(np.float64)


def _labels(columns: Sequence[Array], unit: str) -> str:
    """Regimens in words, a line each: "4 mg/kg over 90 min, then 2 mg/kg over 30 min every 7 d"."""
    lines = []
    for dose, interval, loading, infusion, loading_infusion in zip(*columns, strict=True):
        first = f"{loading:g} {unit}{_over(loading_infusion)}, then " if loading > 0 else ""
        lines.append(f"{first}{dose:g} {unit}{_over(infusion)} every {interval:g} d")
    return "\n".join(lines)


def _over(length: float) -> str:
    if length == 0:
        return ""
    return f" over {length * 1440:.4g} min" if length < 0.125 else f" over {length * 24:.4g} h"
