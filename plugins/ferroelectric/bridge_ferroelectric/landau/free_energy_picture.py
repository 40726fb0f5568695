"""The free energy as people look at it: the field that holds P, and the energy it sums to, with the points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from bridge import Picture
from bridge_ferroelectric import polynomial
from bridge_ferroelectric.interfaces import Landau
from bridge_ferroelectric.phases import DIRECTIONS, NAMES

if TYPE_CHECKING:
    from bridge_ferroelectric.landau.theory import Points

Array = NDArray[np.float64]


def draw(theory: Landau, points: Points, keep: NDArray[np.bool_]) -> Picture:
    """dG/dP above, G below, one column a direction."""
    figure = Figure(figsize=(10.5, 6.4), dpi=130, layout="constrained")
    axes = figure.subplots(2, 3, sharex="col", sharey="row", squeeze=False)
    order = np.argsort(points.temperature)
    shades = colormaps["plasma"](np.linspace(0.0, 0.85, len(order)))
    handles = []
    for shade, t in zip(shades, order, strict=True):
        kelvin = float(points.temperature[t])
        handles.append(Line2D([], [], color=shade, label=f"{kelvin:g} K"))
        for d in range(3):
            p = np.linspace(0, 1.06 * points.size[:, d].max(), 200)
            a, b, c = polynomial.at(theory, kelvin).along(DIRECTIONS[d])
            slope = 2 * a * p + 4 * b * p**3 + 6 * c * p**5
            energy = a * p**2 + b * p**4 + c * p**6
            axes[0, d].plot(p, slope / 1e6, color=shade, lw=1.2)
            axes[1, d].plot(p, energy / 1e6, color=shade, lw=1.2)
            _points(axes[0, d], axes[1, d], points, keep, (int(t), d), (a, b, c), shade)
    for d in range(3):
        axes[0, d].set_title(f"P along {NAMES[d]}")
        axes[1, d].set_xlabel("P (C/m²)")
        for row in (0, 1):
            axes[row, d].axhline(0, color="#999999", lw=0.6, zorder=0)
    axes[0, 0].set_ylabel("dG/dP (MV/m)")
    axes[1, 0].set_ylabel("G (MJ/m³)")
    handles.append(Line2D([], [], color="#333333", marker="o", ms=4, ls="", label="lattice"))
    if not keep.all():
        handles.append(Line2D([], [], color="#333333", marker="x", ms=5, ls="", label="rejected: domains"))
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False)
    return Picture.drawn(figure)


def _points(above, below, points, keep, at, law, shade) -> None:  # type: ignore[no-untyped-def]
    """The points of one temperature and direction; energies add the summed misfit to the curve."""
    t, d = at
    size, field, error = points.size[t, d], points.longitudinal[t, d], points.field_error[t, d]
    order = np.argsort(size)
    kept = order[keep[t, d, order]]
    lost = order[~keep[t, d, order]]
    style = {"color": shade, "ls": "", "ms": 3.5}
    above.errorbar(size[kept], field[kept] / 1e6, error[kept] / 1e6, marker="o", elinewidth=0.8, **style)
    above.plot(size[lost], field[lost] / 1e6, marker="x", **style)
    if len(kept) == 0:
        return
    a, b, c = law
    p = size[kept]
    excess = field[kept] - (2 * a * p + 4 * b * p**3 + 6 * c * p**5)
    summed = np.concatenate([[0.0], np.cumsum(np.diff(p) * (excess[1:] + excess[:-1]) / 2)])
    below.plot(p, (a * p**2 + b * p**4 + c * p**6 + summed) / 1e6, marker="o", **style)
