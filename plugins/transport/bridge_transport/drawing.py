"""What the models of this plugin show: microstructures, and temperatures over length and time."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

from bridge import Picture

Array = NDArray[np.float64]

INK = ["#f3efe6", "#33658a", "#c8553d", "#6a994e", "#8e7dbe", "#444444"]
"""Colours of phases, the matrix first."""


def microstructure(phase: NDArray[np.int64], title: str) -> Picture:
    """Phases of an image; of a three-dimensional one, its middle section."""
    figure = Figure(figsize=(4.2, 4.5), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    section = phase[:, :, phase.shape[2] // 2]
    axes.imshow(
        section.T,
        origin="lower",
        cmap=ListedColormap(INK),
        vmin=-0.5,
        vmax=len(INK) - 0.5,
        extent=(0, 1, 0, section.shape[1] / section.shape[0]),
        interpolation="nearest",
    )
    where = "" if phase.shape[2] == 1 else ", section at half height"
    axes.set(xlabel="x (periods)", ylabel="y (periods)", title=title + where)
    return Picture.drawn(figure)


def temperatures(time: Array, position: Array, temperature: Array, title: str) -> Picture:
    """Temperature over length and time, and profiles at a few times."""
    figure = Figure(figsize=(9.2, 3.8), dpi=150, layout="constrained")
    left, right = figure.subplots(1, 2)
    mesh = left.pcolormesh(position * 1e3, time, temperature, cmap="inferno", shading="nearest", rasterized=True)
    figure.colorbar(mesh, ax=left, label="temperature (K)")
    left.set(xlabel="depth (mm)", ylabel="time (s)", ylim=(0, time[-1]))
    shown = np.unique(np.searchsorted(time, time[-1] * np.array([0.02, 0.1, 0.25, 0.5, 1.0])).clip(0, len(time) - 1))
    for rank, i in enumerate(shown):
        colour = f"C{rank}"
        right.plot(position * 1e3, temperature[i], color=colour, label=f"{time[i]:.3g} s")
    right.set(xlabel="depth (mm)", ylabel="temperature (K)")
    right.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    right.grid(alpha=0.3)
    figure.suptitle(title)
    return Picture.drawn(figure)
