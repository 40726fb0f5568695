"""Patients that could not be solved: all of them named at once, or left out by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

OnFailure = Literal["stop", "leave out"]


@dataclass(frozen=True)
class Failure:
    """A patient (row) that could not be solved beyond a time (d), and why."""

    patient: int
    time: float
    reason: str


class Unsolved(ArithmeticError):
    """Patients whose equations could not be solved, each with the time (d) it came to and the reason."""


def settle(
    failures: Sequence[Failure], patient: NDArray[np.int64], on_failure: OnFailure
) -> tuple[NDArray[np.bool_], str]:
    """Which rows are kept, and a text that names the individuals that are left out ("" where none is).

    `patient` holds the number of the individual in each row. Raises Unsolved, which names every failed individual,
    unless `on_failure` is "leave out"; and where nobody would be left.
    """
    kept = np.ones(patient.shape, dtype=np.bool_)
    for failure in failures:
        kept[failure.patient] = False
    named = "; ".join(
        f"patient {patient[failure.patient]} at {failure.time:.6g} d: {failure.reason}" for failure in failures
    )
    if failures and on_failure != "leave out":
        raise Unsolved(f'{named}. To go on with the other patients, say on_failure="leave out".')
    if failures and not kept.any():
        raise Unsolved(f"{named}. No patient is left.")
    return kept, named
