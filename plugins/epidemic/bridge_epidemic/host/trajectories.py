"""What neutralisation did to an infection: both courses in one picture, and how far apart they are.

One signature, declared once for each unit that virus is counted in: annotations are evaluated where they stand.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from bridge import Picture, model
from bridge_epidemic.ports import Array, NotNegative, Time
from bridge_epidemic.scales import PERSON


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


def declared(name: str, unit: str, counted: str, written: str) -> Callable[..., Any]:
    """The model `name` for loads in `unit`, which are `counted` in words and `written` on the axis."""

    @dataclass(frozen=True)
    class Course:
        """A load that another is compared with."""

        time: Time
        load: Annotated[Array, f"{unit}/mL", ("time",), NotNegative]

    nothing = Course(NOTHING, NOTHING)

    def trajectories(
        time: Time,
        load: Annotated[Array, f"{unit}/mL", ("time",), NotNegative],
        reference: Course = nothing,
        limit: Annotated[float, f"{unit}/mL", NotNegative] = 0.0,
    ) -> Trajectories:
        return _compared(time, load, reference.time, reference.load, limit, written)

    trajectories.__doc__ = f"""Viral load over time in {counted}, beside a reference without neutralisation.

    `limit` is drawn as a line. Raises ValueError where a course has no virus in it.
    """
    return model(name, scale=PERSON, depends=["matplotlib"])(trajectories)


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


trajectories_tcid50 = declared("host.trajectories_tcid50", "tcid50", "TCID50", "TCID$_{50}$/mL")
trajectories_pfu = declared("host.trajectories_pfu", "pfu", "plaque-forming units", "PFU/mL")
trajectories_rna = declared("host.trajectories_rna", "rna_copy", "copies of viral RNA", "RNA copies/mL")
