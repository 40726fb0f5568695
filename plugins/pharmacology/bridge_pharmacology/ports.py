"""What passes between the stages of the chain: courses by patient and time, and parameters by individual.

A *course* has a row for each patient and a column for each instant of `time`; `patient` holds the number of the
individual that each row belongs to, for a row is missing where a patient was left out. A *parameter* has one value for
each individual that was drawn, or one for all.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from bridge import Within

Array = NDArray[np.float64]

Positive = Within(0, strict=True)
NotNegative = Within(0)
Share = Within(0, 1)

Time = Annotated[Array, "d", ("time",)]
Patients = Annotated[NDArray[np.int64], ("patient",), Within(0)]

PER_INDIVIDUAL = ("individual|1",)
COURSE = ("patient", "time")

#: Concentrations that no medicine reaches: 1 kg/L in plasma; 100 uM of an antibody, as much as plasma has of its own.
PlasmaConcentration = Annotated[Array, "mg/L", COURSE, Within(0, 1e6)]
TissueConcentration = Annotated[Array, "nM", COURSE, Within(0, 1e5)]
Bound = Annotated[Array, "nM", COURSE, Within(0, 1e5)]
Occupancy = Annotated[Array, "1", COURSE, Within(0, 1)]
Signal = Annotated[Array, "1", COURSE, Within(0)]
Effect = Annotated[Array, "1", COURSE, Within(0)]

#: Molecular masses from a small molecule to ten antibodies; the number of Da with the unit kDa is out of the range.
MolecularMass = Annotated[float, "kDa", Within(0.05, 2000)]
#: Of antibodies and their fragments: in Da instead of kDa it is out of the range.
AntibodyMass = Annotated[float, "kDa", Within(1, 2000)]


def constant(value: float) -> Array:
    """One value for all individuals: the default of a parameter."""
    return np.array([value], dtype=np.float64)


def of_one(parameter: Array | float, name: str) -> float:
    """The one value of a parameter, for a model of a single individual. Raises ValueError."""
    values = np.ravel(parameter)
    if values.size != 1:
        raise ValueError(f"{name} is given for {values.size} individuals; one is asked of. Draw one: patients=1.")
    return float(values[0])


def of_patients(parameter: Array, patient: NDArray[np.int64], name: str) -> Array:
    """The parameter of each patient, from one for each individual or one for all. Raises ValueError."""
    if parameter.shape == (1,):
        return np.full(patient.shape, parameter[0])
    if patient.size and int(patient.max()) >= parameter.size:
        raise ValueError(
            f"{name} is given for {parameter.size} individuals, and a patient is number {int(patient.max())}. "
            "Draw both from one population."
        )
    return parameter[patient]
