"""Wells and ladders as people look at them."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from bridge import Picture

Array = NDArray[np.float64]

COLOURS = ("#4477aa", "#ee6677", "#228833")


def draw_wells(size: Array, energy: Array, minima: Array, depths: Array, title: str) -> Picture:
    """Energy (3, size) in meV over the size of the mode in Å, with the minimum of each direction."""
    figure = Figure(figsize=(6.0, 4.2), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    for colour, label, curve, at, depth in zip(
        COLOURS, ("[001] tetragonal", "[011] orthorhombic", "[111] rhombohedral"), energy, minima, depths, strict=True
    ):
        axes.plot(size, curve, color=colour, label=label)
        if at:
            axes.plot(at, depth, "o", color=colour)
    axes.axhline(0, color="#999999", linewidth=0.7)
    floor = float(depths.min())
    axes.set(
        xlim=(0, size[-1]),
        ylim=(1.25 * floor, -0.6 * floor),
        xlabel="size of the uniform mode u (Å)",
        ylabel="enthalpy against the cubic phase (meV a cell)",
        title=title,
    )
    axes.legend(frameon=False)
    return Picture.drawn(figure)


def draw_ladder(
    temperature: Array,
    polarization: Array,
    strain: Array,
    down: NDArray[np.intp],
    up: NDArray[np.intp],
    cooling: Array,
    heating: Array,
    title: str,
) -> Picture:
    """Sorted components of P (rung, 3) in C/m² and of the strain, cooling filled, heating open; transitions dashed."""
    figure = Figure(figsize=(6.4, 6.4), dpi=150, layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    curves = (
        (above, np.sort(np.abs(polarization), axis=1)[:, ::-1]),
        (below, 1e3 * np.sort(strain[:, :3], axis=1)[:, ::-1]),
    )
    for axes, columns in curves:
        for c, colour in enumerate(COLOURS):
            leg(axes, temperature[down], columns[down, c], colour, "v-", colour)
            leg(axes, temperature[up], columns[up, c], colour, "^--", "white")
        for at in cooling[cooling > 0]:
            axes.axvline(at, color="#666666", linewidth=0.8, linestyle=":")
        for at in heating[heating > 0]:
            axes.axvline(at, color="#666666", linewidth=0.8, linestyle="--")
    above.set(ylabel="|components of P|, sorted (C/m²)", title=title, ylim=(0, None))
    below.set(ylabel="normal strains, sorted (10⁻³)", xlabel="temperature (K)")
    names = []
    if len(down) > 1:
        names.append(above.plot([], [], "v-", color="#333333", label="cooling, its transitions dotted")[0])
    if len(up) > 1:
        names.append(above.plot([], [], "^--", color="#333333", markerfacecolor="white", label="heating, dashed")[0])
    above.legend(handles=names, frameon=False)
    return Picture.drawn(figure)


def leg(axes: Axes, x: Array, y: Array, colour: str, style: str, face: str) -> None:
    """One way of the ladder, if it is more than its turning point."""
    if len(x) > 1:
        axes.plot(x, y, style, color=colour, markerfacecolor=face, markersize=4, linewidth=1)
