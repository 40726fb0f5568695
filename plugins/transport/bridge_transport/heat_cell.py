"""Heat flux through one period of a composite: the fine model that a coarse one asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from bridge import Within, model
from bridge_transport import bounds
from bridge_transport.composites import MICROSTRUCTURE, Conducting, Phase

Array = NDArray[np.float64]


@dataclass(frozen=True)
class CellFlux:
    """Mean flux along x for a mean gradient along x, and the whole tensor at that temperature.

    `half_width` encloses `flux`: the image's own lies within that of it, however fine the voxels.
    """

    flux: Annotated[float, "W/m^2"]
    half_width: Annotated[float, "W/m^2", Within(0)]
    conductivity: Annotated[Array, "W/m/K", ("flux_axis=3", "gradient_axis=3")]


@model("heat.cell", scale=MICROSTRUCTURE)
def cell(
    microstructure: Phase,
    gradient: Annotated[float, "K/m"],
    temperature: Annotated[float, "K", Within(1, 4000)],
    matrix_conductivity: Conducting,
    fibre_conductivity: Conducting,
    matrix_exponent: Annotated[float, "1", Within(-3, 3)] = 0.0,
    fibre_exponent: Annotated[float, "1", Within(-3, 3)] = 0.0,
    reference_temperature: Annotated[float, "K", Within(1, 4000)] = 300.0,
    *,
    solver: Literal["fft", "amg"] = "fft",
    accuracy: Annotated[float, "1", Within(1e-12, 1e-3)] = 1e-8,
) -> CellFlux:
    """Heat flux along x through one period of a composite at a temperature.

    Phase 0, the matrix, and phase 1, the fibres, conduct as powers of temperature, k0 (T/T0)^p. To leading order in the
    size of the period over the macroscopic length, the whole period is at one temperature, that of the coarse model,
    and the flux is -A(T) gradient with the tensor A of the cell problem: A. Bensoussan, J.-L. Lions and G.
    Papanicolaou, Asymptotic Analysis for Periodic Structures (North-Holland, 1978). The tensor is enclosed and checked
    as in `transport.conductivity`. Raises ValueError for an image with other phases than 0 and 1.
    """
    from bridge_transport import cell_problem  # late: see the package

    last = int(microstructure.max())
    if last > 1:
        raise ValueError(
            f"heat.cell takes a matrix, phase 0, and fibres, phase 1; the image has a phase {last}."
            " Merge its phases into two, or use transport.conductivity, which takes any number."
        )
    ratio = temperature / reference_temperature
    phases = np.array([matrix_conductivity * ratio**matrix_exponent, fibre_conductivity * ratio**fibre_exponent])
    found = cell_problem.bracket(phases[microstructure], solver=solver, accuracy=accuracy)
    share = float(np.mean(microstructure))
    bounds.check(found.lower, found.upper, np.array([1 - share, share]), phases, found.residue)
    return CellFlux(
        flux=-float(found.middle[0, 0]) * gradient,
        half_width=found.half_width * abs(gradient),
        conductivity=found.middle,
    )
