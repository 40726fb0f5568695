"""Event tables as a stage: a file of doses and observations, and its covariates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from bridge import File, model
from bridge_pharmacology.dosing.doses import Doses, with_rows
from bridge_pharmacology.dosing.observed import Observations, Table
from bridge_pharmacology.ports import Array, Positive
from bridge_pharmacology.scales import ORGANISM


@model("dosing.table", scale=ORGANISM)
def table(
    table: File,
    time: str,
    amount: str,
    concentration: str = "",
    dvid: str = "",
    ignore: str = "#",
    drop: str = "",
    covariates: Literal["constant", "first"] = "constant",
) -> Table:
    """Doses, observations and covariates of an event table in NONMEM's columns.

    A table does not say its units: `time` ("h"), `amount` ("mg") and, where it has observations, `concentration`
    ("mg/L") do. `dvid` says which DVID is the concentration, where there are several: the others are `responses`.
    Lines that begin with `ignore` are comments ("@": any letter); `drop` names columns to leave out, with commas
    between. Covariates are constant, or the "first" of each ID is kept. Raises ValueError, naming the line.
    """
    from bridge_pharmacology.dosing.nonmem import read

    dropped = [name.strip() for name in drop.split(",") if name.strip()]
    return read(
        table.content,
        time=time,
        amount=amount,
        concentration=concentration,
        dvid=dvid,
        ignore=ignore,
        drop=dropped,
        covariates=covariates,
    )


@dataclass(frozen=True)
class Written:
    """An event table as a file."""

    table: Annotated[File, "text/csv"]


@model("dosing.written", scale=ORGANISM)
def written(doses: Doses, time: str = "d", amount: str = "mg") -> Written:
    """Doses as an event table in NONMEM's columns, in the units that are given; infusions by their RATE.

    Read again by `dosing.table` with the same units, it gives the same doses, their values to 15 digits.
    """
    from bridge_pharmacology.dosing.written import write

    return Written(File(write(doses, time=time, amount=amount).encode(), "text/csv"))


@dataclass(frozen=True)
class Marked:
    """Doses with marks among them."""

    doses: Doses


@model("dosing.marked", scale=ORGANISM)
def marked(doses: Doses, observations: Observations) -> Marked:
    """The doses, and rows of the course at the time of every observation: other events (EVID 2) among them."""
    return Marked(with_rows(doses, observations.individual, observations.time))


@dataclass(frozen=True)
class Weights:
    """Body weights."""

    body_weight: Annotated[Array, "kg", ("individual",), Positive]


@model("dosing.body_weight", scale=ORGANISM)
def body_weight(
    covariates: Annotated[Array, "1", ("individual", "covariate")],
    covariate_names: str,
    column: str = "WT",
    unit: str = "kg",
) -> Weights:
    """Body weights of the individuals of an event table, from a column in a unit. Raises ValueError."""
    from bridge_pharmacology.dosing.covariates import column_of
    from bridge_pharmacology.dosing.unit import conversions

    return Weights(conversions(unit, "kg", "unit")[0](column_of(covariates, covariate_names, column)))
