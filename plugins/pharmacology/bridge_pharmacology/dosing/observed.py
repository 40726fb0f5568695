"""What an event table holds beside doses: observations, covariates, and who is who."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from bridge import Within
from bridge_pharmacology.dosing.doses import Doses, Whole
from bridge_pharmacology.ports import Array

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Observations:
    """Concentrations that were measured, sorted by individual and time.

    `kind` is DVID, `compartment` CMT, 0 where the table has none; `before_dose` says that the sample was taken just
    before the dose, or reset, at the same time.
    """

    individual: Annotated[Whole, ("observation",), Within(0)]
    time: Annotated[Array, "d", ("observation",), Within(0)]
    value: Annotated[Array, "mg/L", ("observation",)]
    kind: Annotated[Whole, ("observation",)]
    compartment: Annotated[Whole, ("observation",), Within(0)]
    before_dose: Annotated[Flags, ("observation",)]


@dataclass(frozen=True)
class Responses:
    """Everything else that was measured, with the numbers of the table; else as `Observations`."""

    individual: Annotated[Whole, ("response",), Within(0)]
    time: Annotated[Array, "d", ("response",), Within(0)]
    value: Annotated[Array, "1", ("response",)]
    kind: Annotated[Whole, ("response",)]
    compartment: Annotated[Whole, ("response",), Within(0)]
    before_dose: Annotated[Flags, ("response",)]


@dataclass(frozen=True)
class Table:
    """An event table: doses, what was measured, and covariates by individual, in the units of the table.

    `identifier` is the ID of each individual; `covariate_names` are the columns of `covariates`, with commas between;
    `notes` has a line for everything that was translated.
    """

    doses: Doses
    observations: Observations
    responses: Responses
    identifier: Annotated[Whole, ("individual",)]
    covariates: Annotated[Array, "1", ("individual", "covariate")]
    covariate_names: str
    notes: str

    def covariate(self, name: str) -> Array:
        """A covariate of each individual, in the table's unit. Raises ValueError."""
        from bridge_pharmacology.dosing.covariates import column_of

        return column_of(self.covariates, self.covariate_names, name)
