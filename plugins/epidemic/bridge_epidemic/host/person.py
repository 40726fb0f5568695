"""What the models of an infection within a person share, whatever unit their virus is counted in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from bridge import Within
from bridge_epidemic.host.immunity import Immunity
from bridge_epidemic.ports import Array, NotNegative, Share, Time

if TYPE_CHECKING:
    from bridge_epidemic.host.dynamics import Course

#: No person has as many cells of all kinds.
Cells = Within(0, 1e14)
CellCourse = Annotated[Array, "1", ("time",), Cells]
Rate = Annotated[float, "1/d", Within(0, 1000, strict=True)]
OptionalRate = Annotated[float, "1/d", Within(0, 1000)]
CellRate = Annotated[float, "1/d", Within(0, 1e6)]
Duration = Annotated[float, "d", Within(0, 1000, strict=True)]
Sampling = Annotated[float, "d", Within(1e-4, 10)]
Tolerance = Annotated[float, "1", Within(1e-12, 1e-3)]
Neutralisation = Annotated[Array, "1", ("course|1",), Share]
NeutralisationTime = Annotated[Array, "d", ("course|1",), NotNegative]
ZERO = np.zeros(1)


@dataclass(frozen=True)
class Cellular:
    """An infection as its cells have it; cells are counted in the volume that loads are for, or in the whole person.

    `reproduction_number` is of cells, with no antibody; `effective_reproduction_number` with the share of virus that
    is neutralised at the beginning. `growth_rate` is that of a small infection there. `uninfected_share` is what is
    left of the target cells at the end, and `balance` the error in the number of all cells, the dead counted, over all.
    """

    time: Time
    target_cells: CellCourse
    eclipse_cells: CellCourse
    infected_cells: CellCourse
    refractory_cells: CellCourse
    reproduction_number: Annotated[float, "1", NotNegative]
    effective_reproduction_number: Annotated[float, "1", NotNegative]
    growth_rate: Annotated[float, "1/d"]
    time_of_peak: Annotated[float, "d", NotNegative]
    duration_above: Annotated[float, "d", NotNegative]
    uninfected_share: Annotated[float, "1", Share]
    balance: Annotated[float, "1", NotNegative]


@dataclass(frozen=True)
class Found:
    """A solved infection, and the outputs that have no unit of virus."""

    course: Course
    cells: dict[str, Any]


def run(
    rates: tuple[float, float, float, float, float],
    start: tuple[float, float, float],
    immunity: Immunity,
    asked: tuple[float, float, float, float],
    unit: str,
) -> Found:
    """Run an infection.

    `rates` are beta, k, delta, p and c; `start` target cells, load and infected cells; `asked` the limit, the duration,
    the sampling and the tolerance. Raises ValueError where nothing begins it, or it cannot be solved.
    """
    from bridge_epidemic.host.dynamics import Infection, duration_above, growth_rate, solved

    target, load, infected = start
    limit, duration, sampling, tolerance = asked
    if not load and not infected:
        raise ValueError(
            f"nothing begins the infection: write initial_load='0.1 {unit}/mL', or initial_infected_cells=1."
        )
    if sampling > duration:
        raise ValueError(f"sampling is {sampling:g} d, and the course lasts {duration:g} d. Give a shorter sampling.")
    infection = Infection(*rates, target=target, load=load, infected=infected, immunity=immunity)
    course = solved(infection, duration, sampling, tolerance)
    infecting = immunity.infecting(0.0)
    states = course.states
    return Found(
        course,
        {
            "time": course.time,
            "target_cells": states["target"],
            "eclipse_cells": states["eclipse"],
            "infected_cells": states["infected"],
            "refractory_cells": states["refractory"],
            "reproduction_number": infection.reproduction_number,
            "effective_reproduction_number": infection.reproduction_number * infecting,
            "growth_rate": growth_rate(infection, infecting),
            "time_of_peak": course.time_of_peak,
            "duration_above": duration_above(course, limit),
            "uninfected_share": min(float(states["target"][-1]) / target, 1.0),
            "balance": course.balance(),
        },
    )
