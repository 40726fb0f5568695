"""What every plasma model gives: courses of the drug, its exposure, and a balance of all that was given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from bridge import Within
from bridge_pharmacology.dosing.doses import Doses
from bridge_pharmacology.ports import Array, NotNegative, Occupancy, Patients, PlasmaConcentration, Time

#: One number for each patient of a course.
PER_PATIENT = ("patient",)
Exposure = Annotated[Array, "mg*d/L", PER_PATIENT, NotNegative]
Level = Annotated[Array, "mg/L", PER_PATIENT, Within(0, 1e6)]
Balance = Annotated[float, "1", NotNegative]
Molar = Annotated[Array, "nM", ("patient", "time"), Within(0, 1e6)]

Duration = Annotated[float, "d", Within(0, 36525, strict=True)]
Sampling = Annotated[float, "d", Within(1e-4, 3652.5)]
Tolerance = Annotated[float, "1", Within(1e-13, 1e-3)]

#: Part of a whole that is neither nothing nor all.
Part = Within(0, 1, strict=True)
#: A dose that makes more of a drug in plasma (nM) would be a kilogram of an antibody, or a wrong molecular mass.
MOST = 1e5

#: Absolute tolerance over the relative one, in mg or nM: a thousandth of a unit is as good as none.
SMALL = 1e-3


@dataclass(frozen=True)
class Plasma:
    """Free drug in plasma, over time.

    `exposure` is the area under the concentration up to the end, an integral of the solver's own; `peak` is the largest
    concentration among the times, `trough` that at the end. `balance` is the largest difference between what was given
    and what is in the body or has left it, over all that was given. `left_out` names patients that were not solved.
    """

    patient: Patients
    time: Time
    concentration: PlasmaConcentration
    exposure: Exposure
    peak: Level
    trough: Level
    balance: Balance
    left_out: str


@dataclass(frozen=True)
class TargetPlasma(Plasma):
    """Free drug in plasma, with the target that it meets there.

    `total` is free and bound drug; `occupancy` is the share of the target that is bound.
    """

    total: PlasmaConcentration
    target_free: Molar
    complex: Molar
    occupancy: Occupancy


def nanomolar(molecular_mass: float, doses: Doses, volume: Array) -> float:
    """How many nmol 1 mg is of a drug of that mass (kDa), whose doses go into volumes in L.

    Raises ValueError for a dose above 0.1 mM, which a mass in the wrong unit makes of an ordinary one.
    """
    made = 1e3 / molecular_mass
    largest, least = float((doses.amount / np.maximum(doses.duration, 1)).max(initial=0.0)), float(volume.min())
    if made * largest / least > MOST:
        raise ValueError(
            f"A dose of {largest:g} mg of a drug of {molecular_mass:g} kDa makes {made * largest / least:.3g} nM in "
            f"{least:g} L of plasma; no drug with a target gets above {MOST:g} nM. Write its mass in the unit it has, "
            "as molecular_mass='145.5 kDa' for an antibody."
        )
    return made


def not_below_zero(course: Array) -> Array:
    """A course (patient, time) whose noise below 0, up to a millionth of its patient's largest value, is 0."""
    noise = 1e-6 * course.max(axis=1, keepdims=True, initial=0.0)
    return np.where((course < 0) & (course >= -noise), 0.0, course)


def share_bound(bound: Array, free: Array) -> Array:
    """Bound over bound and free, both (patient, time); 0 where there is neither."""
    both = bound + free
    return np.divide(bound, both, out=np.zeros_like(both), where=both > 0)
