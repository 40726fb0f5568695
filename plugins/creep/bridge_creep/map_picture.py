"""The deformation map as people look at it."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from bridge import Picture

Array = NDArray[np.float64]

HALO = [withStroke(linewidth=4, foreground="white")]


def draw(
    kelvin: Array, micron: Array, rate: Array, crossover: Array, own: tuple[float, float, float], title: str
) -> Picture:
    """The map as a PNG, the same bytes for the same numbers."""
    figure = Figure(figsize=(7.2, 5.4), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    decades = np.log10(rate)
    low, high = np.floor(decades.min()), np.ceil(decades.max())
    every = max(1, round((high - low) / 8))
    levels = np.arange(low, high + 1)
    filled = axes.contourf(kelvin, micron, decades, levels=levels, cmap="viridis")
    lines = axes.contour(
        kelvin, micron, decades, levels=levels[::every], colors="white", linewidths=0.6, linestyles="solid"
    )
    ink = ["white" if level < low + 0.7 * (high - low) else "#333333" for level in levels[::every]]
    axes.clabel(lines, fmt=power, fontsize=8, colors=ink)
    bar = figure.colorbar(filled, ax=axes, label="strain rate (1/s)", ticks=levels[::every])
    bar.ax.set_yticklabels([power(level) for level in levels[::every]])

    axes.plot(kelvin, crossover, color="black", linewidth=2, path_effects=HALO, label="both mechanisms alike")
    axes.set(
        yscale="log",
        xlim=(kelvin[0], kelvin[-1]),
        ylim=(micron[0], micron[-1]),
        xlabel="temperature (K)",
        ylabel="grain size (µm)",
        title=title,
    )
    fine = micron[:, None] < crossover
    name_region(axes, kelvin, micron, ~fine, "Nabarro–Herring\nthrough the lattice")
    name_region(axes, kelvin, micron, fine, "Coble\nalong boundaries")
    mark(axes, own)
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return Picture.drawn(figure)


def power(exponent: float) -> str:
    """A power of ten as matplotlib writes it."""
    return f"$10^{{{exponent:.0f}}}$"


def name_region(axes: Axes, kelvin: Array, micron: Array, inside: NDArray[np.bool_], name: str) -> None:
    """Write a mechanism's name in the middle of its region, unless that is too small to hold it."""
    if inside.mean() < 0.08:
        return
    row, column = np.nonzero(inside)
    middle = kelvin[column].mean(), np.exp(np.log(micron[row]).mean())
    shade = [withStroke(linewidth=1.5, foreground="#00000080")]
    axes.text(*middle, name, ha="center", va="center", size=12, weight="bold", color="white", path_effects=shade)


def mark(axes: Axes, own: tuple[float, float, float]) -> None:
    """Mark the chain's own temperature and grain size, with the rate there for the legend."""
    temperature, grain_size, rate = own
    exponent = int(np.floor(np.log10(rate)))
    label = f"{temperature:g} K, {grain_size:g} µm: ${rate / 10.0**exponent:.1f}\\times10^{{{exponent}}}$ /s"
    axes.plot(temperature, grain_size, "o", ms=9, color="#d55e00", mec="white", label=label, zorder=5)
