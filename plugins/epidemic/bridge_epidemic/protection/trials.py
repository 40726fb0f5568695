"""A table of trials: titres and infections of vaccinated people and of controls."""

from __future__ import annotations

from math import isfinite, log10
from typing import Literal, NamedTuple

import numpy as np

from bridge import File
from bridge_epidemic.ports import Array
from bridge_epidemic.tables.reading import rows
from bridge_epidemic.tables.users import read

Titres = Literal["censored", "reported"]


class Trials(NamedTuple):
    """One element for each study."""

    study: list[str]
    level: Array  # log10 of mean titre over the convalescents'
    controls: Array
    infected_controls: Array
    vaccinated: Array
    infected_vaccinated: Array
    efficacy: Array  # as reported
    spread: float  # of log10 titre within a study, pooled


def trials(table: File, titres: Titres) -> Trials:
    """The trials of a file, or of the committed table where the file is empty. Raises ValueError, naming the row."""
    counts = ("NumCont", "InfCont", "NumVac", "InfVac")
    needed = ("NeutRatio_cens",) if titres == "censored" else ("NeutMean", "NeutConv")
    wanted = ("Study", *counts, "Efficacy", "PooledSD", *needed)
    if table.content:
        found = [row.cells for row in read(table.content, wanted, "table of trials").rows]
    else:
        found = rows("efficacy")
    if len(found) < 3:
        raise ValueError(f"The table has {len(found)} studies; two numbers are fitted, so give 3 or more.")
    number = {name: [_number(row, name, i) for i, row in enumerate(found, 1)] for name in wanted[1:]}
    for i, row in enumerate(found, 1):
        _refused(row, i, {name: values[i - 1] for name, values in number.items()})
    spreads = sorted(set(number["PooledSD"]))
    if len(spreads) > 1:
        raise ValueError(f"PooledSD is one number for all studies, got {', '.join(f'{s:g}' for s in spreads)}.")
    if titres == "censored":
        level = number["NeutRatio_cens"]
    else:
        level = [log10(mean / of) for mean, of in zip(number["NeutMean"], number["NeutConv"], strict=True)]
    return Trials(
        study=[row["Study"] for row in found],
        level=np.array(level),
        controls=np.array(number["NumCont"]),
        infected_controls=np.array(number["InfCont"]),
        vaccinated=np.array(number["NumVac"]),
        infected_vaccinated=np.array(number["InfVac"]),
        efficacy=np.array(number["Efficacy"]),
        spread=spreads[0],
    )


def _number(row: dict[str, str], name: str, place: int) -> float:
    try:
        value = float(row[name])
    except (ValueError, TypeError):
        value = float("nan")
    if not isfinite(value):
        raise ValueError(f"Row {place} of the table ({row.get('Study', '')}): {name} is {row[name]!r}, and no number.")
    return value


def _refused(row: dict[str, str], place: int, number: dict[str, float]) -> None:
    said = f"Row {place} of the table ({row['Study']}): "
    for arm in ("Cont", "Vac"):
        people, infected = number[f"Num{arm}"], number[f"Inf{arm}"]
        if not (people >= 1 and 0 <= infected <= people):
            raise ValueError(
                f"{said}Inf{arm} is {infected:g} of Num{arm} {people:g}; no more can be infected than are."
            )
    if number["InfCont"] == 0:
        raise ValueError(f"{said}InfCont is 0: without infections among controls nothing is told of an efficacy.")
    if not number["Efficacy"] <= 1:
        raise ValueError(f"{said}Efficacy is {number['Efficacy']:g}; it is a share of 1. Write 0.95 for 95 %.")
    for name in ("NeutMean", "NeutConv", "PooledSD"):
        if name in number and not number[name] > 0:
            raise ValueError(f"{said}{name} is {number[name]:g}; it must be above 0.")
