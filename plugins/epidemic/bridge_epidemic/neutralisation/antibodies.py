"""Measured potencies of antibodies against variants, as they pass between stages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from bridge import Within
from bridge_epidemic.ports import Array, Positive, Whole


@dataclass(frozen=True)
class Antibodies:
    """IC50 of antibodies against variants of a virus, one row for each measurement.

    `variants`, `sources` and `studies` list names, one to a line; `variant`, `source` and `study` count in them from
    0. An IC50 at or above `upper_limit` says that no neutralisation was detected, one at or below `lower_limit` that
    it was complete at the least concentration tried: both are censored. Not every pair was measured.
    """

    variants: str
    sources: str
    studies: str
    antibody: Annotated[Whole, ("measurement",), Within(0)]
    variant: Annotated[Whole, ("measurement",), Within(0)]
    ic50: Annotated[Array, "ug/mL", ("measurement",), Positive]
    source: Annotated[Whole, ("antibody",), Within(0)]
    study: Annotated[Whole, ("antibody",), Within(0)]
    lower_limit: Annotated[float, "ug/mL", Within(0)]
    upper_limit: Annotated[float, "ug/mL", Positive]
