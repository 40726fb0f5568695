"""What the cells of a tumour do with the antibody around them: bind it and take it in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from bridge import Scale, Within, model

Array = NDArray[np.float64]

CELLS = Scale("cells", length="10 nm .. 10 um", time="1 s .. 1 h")


@dataclass(frozen=True)
class Binding:
    """Antibody on the cells and into them, where the free concentration is held, once both are steady.

    `bound` counts per volume of tissue, the free concentration per volume of interstitial fluid.
    `capture_rate` is how fast bare cells bind, per free antibody and volume fraction of
    the fluid; `relaxation_time` is that of bound antibody at this concentration.
    """

    bound: Annotated[float, "nM", Within(0)]
    uptake: Annotated[float, "nM/s", Within(0)]
    occupancy: Annotated[float, "1", Within(0, 1)]
    capture_rate: Annotated[float, "1/s", Within(0)]
    relaxation_time: Annotated[float, "s", Within(0, strict=True)]


def kinetics(concentration: float, on_rate: float, off_rate: float, internalisation: float) -> Array:
    """Rates of change of free antigen and bound antibody, per amount of each, as a 2 × 2 matrix."""
    captured = on_rate * concentration
    return np.array([[-captured - internalisation, off_rate], [captured, -off_rate - internalisation]])


@model("tumour.binding", scale=CELLS)
def binding(
    concentration: Annotated[float, "nM", Within(0)],
    antigen: Annotated[float, "nM", Within(0, strict=True)],
    on_rate: Annotated[float, "1/(nM*s)", Within(0, strict=True)],
    dissociation_constant: Annotated[float, "nM", Within(0, strict=True)],
    internalisation_half_life: Annotated[float, "h", Within(0, strict=True)],
) -> Binding:
    """Antibody bound and taken up by cells that renew their antigen, at a steady free concentration.

    Free antigen A and bound antibody B follow A' = R - kon c A + koff B - ke A and
    B' = kon c A - koff B - ke B: the cells make antigen at the rate R = ke `antigen`, which keeps
    A + B at `antigen`, and take both in at the rate ke = ln 2 / half-life. Steady, B = antigen c /
    (c + Kss) with Kss = (koff + ke) / kon; the eigenvalues are -ke, that of the sum, and -(kon c +
    koff + ke), that of B.

    Equations: G. M. Thurber, M. M. Schmidt and K. D. Wittrup, Adv. Drug Deliv. Rev. 60, 1421 (2008).
    """
    internalisation = float(np.log(2)) / (internalisation_half_life * 3600)
    rates = kinetics(concentration, on_rate, on_rate * dissociation_constant, internalisation)
    _, bound = np.linalg.solve(rates, [-internalisation * antigen, 0.0])
    return Binding(
        bound=float(bound),
        uptake=internalisation * float(bound),
        occupancy=min(float(bound) / antigen, 1.0),
        capture_rate=on_rate * antigen,
        relaxation_time=float(-1 / np.linalg.eigvals(rates).real.min()),
    )
