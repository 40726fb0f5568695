"""Steady heat in a plate of fine structure: resolved, or by coarse elements whose functions know that structure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from bridge import Within, model
from bridge_transport.composites import COMPONENT, MICROSTRUCTURE

Array = NDArray[np.float64]
Local = Annotated[Array, "W/m/K", ("x", "y"), Within(0, strict=True)]
Side = Annotated[float, "m", Within(0, strict=True)]
Source = Annotated[float, "W/m^3"]
Functions = Annotated[Array, "1", ("element", "corner=4", "i", "j")]
Stiffness = Annotated[Array, "W/m/K", ("element", "corner=4", "other=4")]
Loads = Annotated[Array, "1", ("element", "corner=4")]


@dataclass(frozen=True)
class Bases:
    """What the coarse elements know of the fine structure, whatever the source and the size of the plate.

    `basis` are the functions of each element's four corners at its fine points, `stiffness` their energies, `loads`
    their integrals over the element in parts of the plate's area. Elements run along y first; corners are (0, 0),
    (1, 0), (0, 1), (1, 1).
    """

    basis: Functions
    stiffness: Stiffness
    loads: Loads


@dataclass(frozen=True)
class Plate:
    """Temperature above that of the plate's edges, at the corners of coarse elements and at all fine points."""

    corners: Annotated[Array, "K", ("corner_x", "corner_y")]
    temperature: Annotated[Array, "K", ("point_x", "point_y")]


@dataclass(frozen=True)
class ResolvedPlate:
    """Temperature above that of the plate's edges, at all corners of pixels."""

    temperature: Annotated[Array, "K", ("point_x", "point_y")]


@model("transport.msfem_basis", scale=MICROSTRUCTURE)
def basis(
    local: Local,
    *,
    elements: Annotated[int, Within(2, 512)] = 8,
    edges: Literal["oscillatory", "linear", "oversampled", "bilinear"] = "oscillatory",
) -> Bases:
    """Multiscale functions of coarse elements, from a square of conductivities.

    In each of `elements` x `elements` coarse elements, the four functions conduct without sources. On the edges they
    are the solutions along the edge (``"oscillatory"``) or ``"linear"``; ``"oversampled"`` takes them from a patch half
    an element larger on all sides; ``"bilinear"`` ignores the structure and is the ordinary finite element, to compare
    with. T. Y. Hou and X.-H. Wu, J. Comput. Phys. 134, 169 (1997). Raises ValueError if the pixels do not divide.
    """
    from bridge_transport import msfem_elements  # late: see the package

    rows, columns = local.shape
    if rows != columns or rows % elements:
        raise ValueError(
            f"{rows} x {columns} pixels do not divide into {elements} x {elements} equal squares. Write elements as a "
            "divisor of the number of pixels on a side, and give as many pixels on both."
        )
    functions, matrices, loads = msfem_elements.bases(local, elements, edges)
    return Bases(functions, matrices, loads / local.size)


@model("transport.msfem", scale=COMPONENT)
def solve(basis: Functions, stiffness: Stiffness, loads: Loads, side: Side, source: Source) -> Plate:
    """Temperature of a heated plate by multiscale finite elements, its edges held.

    A Galerkin method with the functions of `transport.msfem_basis`, which serve any source and size. Raises ValueError
    unless the elements fill a square.
    """
    from bridge_transport import msfem_elements  # late: see the package

    elements = round(len(basis) ** 0.5)
    if elements**2 != len(basis):
        raise ValueError(
            f"{len(basis)} elements do not fill a square. Wire basis, stiffness and loads from one stage of "
            "transport.msfem_basis."
        )
    corners = msfem_elements.solve_coarse(stiffness, loads * source * side**2, elements)
    return Plate(corners, msfem_elements.fine_field(basis, corners, elements))


@model("transport.plate", scale=COMPONENT)
def plate(local: Local, side: Side, source: Source) -> ResolvedPlate:
    """Temperature of a heated plate with every pixel resolved, its edges held.

    Bilinear elements, one a pixel. Raises ValueError unless the pixels form a square.
    """
    from bridge_transport import msfem_elements  # late: see the package

    rows, columns = local.shape
    if rows != columns:
        raise ValueError(f"a plate is a square of pixels, got {rows} x {columns}. Give as many on both sides.")
    vector = msfem_elements.weights(rows, rows).ravel() * source * side**2 / local.size
    return ResolvedPlate(msfem_elements.solve_inside(msfem_elements.stiffness(local), vector, rows + 1))
