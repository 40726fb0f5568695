"""What neutralisation did to an infection: both courses in one picture, and how far apart they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from bridge import Picture, model
from bridge_epidemic.ports import Array, NotNegative, Time
from bridge_epidemic.scales import PERSON


@dataclass(frozen=True)
class CourseTCID50:
    """A load that another is compared with, in tcid50/mL."""

    time: Time
    load: Annotated[Array, "tcid50/mL", ("time",), NotNegative]


@dataclass(frozen=True)
class CoursePFU:
    """A load that another is compared with, in pfu/mL."""

    time: Time
    load: Annotated[Array, "pfu/mL", ("time",), NotNegative]


@dataclass(frozen=True)
class CourseRNA:
    """A load that another is compared with, in rna_copy/mL."""

    time: Time
    load: Annotated[Array, "rna_copy/mL", ("time",), NotNegative]


@dataclass(frozen=True)
class Trajectories:
    """Decades between the peaks of the reference and the course, days between them, and the ratio of the areas.

    Without a reference the decades and days are 0 and the ratio is 1.
    """

    peak_reduction: Annotated[float, "1"]
    peak_delay: Annotated[float, "d"]
    area_ratio: Annotated[float, "1", NotNegative]
    picture: Picture


NOTHING = np.zeros(0)
NO_TCID50, NO_PFU, NO_RNA = CourseTCID50(NOTHING, NOTHING), CoursePFU(NOTHING, NOTHING), CourseRNA(NOTHING, NOTHING)


@model("host.trajectories_tcid50", scale=PERSON, depends=["matplotlib"])
def trajectories_tcid50(
    time: Time,
    load: Annotated[Array, "tcid50/mL", ("time",), NotNegative],
    reference: CourseTCID50 = NO_TCID50,
    limit: Annotated[float, "tcid50/mL", NotNegative] = 0.0,
) -> Trajectories:
    """Viral load over time in TCID50, beside a reference without neutralisation, and a limit.

    Raises ValueError where a course has no virus in it.
    """
    return _compared(time, load, reference.time, reference.load, limit, "TCID$_{50}$/mL")


@model("host.trajectories_pfu", scale=PERSON, depends=["matplotlib"])
def trajectories_pfu(
    time: Time,
    load: Annotated[Array, "pfu/mL", ("time",), NotNegative],
    reference: CoursePFU = NO_PFU,
    limit: Annotated[float, "pfu/mL", NotNegative] = 0.0,
) -> Trajectories:
    """Viral load over time in plaque-forming units, beside a reference without neutralisation, and a limit.

    Raises ValueError where a course has no virus in it.
    """
    return _compared(time, load, reference.time, reference.load, limit, "PFU/mL")


@model("host.trajectories_rna", scale=PERSON, depends=["matplotlib"])
def trajectories_rna(
    time: Time,
    load: Annotated[Array, "rna_copy/mL", ("time",), NotNegative],
    reference: CourseRNA = NO_RNA,
    limit: Annotated[float, "rna_copy/mL", NotNegative] = 0.0,
) -> Trajectories:
    """Viral load over time in copies of viral RNA, beside a reference without neutralisation, and a limit.

    Raises ValueError where a course has no virus in it.
    """
    return _compared(time, load, reference.time, reference.load, limit, "RNA copies/mL")


def _compared(
    time: Array, load: Array, reference_time: Array, reference: Array, limit: float, unit: str
) -> Trajectories:
    from bridge_epidemic.host.drawing import loads

    for name, values in (("load", load), ("reference.load", reference)):
        if (values.size or name == "load") and not (values > 0).any():
            raise ValueError(f"{name} has no virus in it at any time: nothing is to be drawn on a logarithmic axis.")
    reduction, delay, ratio = 0.0, 0.0, 1.0
    if reference.size:
        reduction = float(np.log10(reference.max() / load.max()))
        delay = float(time[int(load.argmax())] - reference_time[int(reference.argmax())])
        ratio = float(np.trapezoid(load, time) / np.trapezoid(reference, reference_time))
    return Trajectories(
        peak_reduction=reduction,
        peak_delay=delay,
        area_ratio=ratio,
        picture=Picture.drawn(loads(time, load, reference_time, reference, limit, unit)),
    )
