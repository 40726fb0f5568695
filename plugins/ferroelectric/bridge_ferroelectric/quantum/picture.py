"""The wells of the soft mode, points and fit."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from bridge import Picture
from bridge_ferroelectric.quantum.fit import Fit

LOOK = {(0, 0, 1): ("001", "#0072b2", "o"), (0, 1, 1): ("011", "#d55e00", "s"), (1, 1, 1): ("111", "#009e73", "^")}


def draw(fit: Fit, title: str) -> Picture:
    """E(u) along 001, 011 and 111 and E(a), points with their fits."""
    figure = Figure(figsize=(8.6, 4.2), dpi=150, layout="constrained")
    wells, volume = figure.subplots(1, 2, width_ratios=[1.5, 1])
    size = np.linalg.norm(fit.u, axis=1)
    fine = np.linspace(0, 1.15 * size.max(), 200)
    for direction, (name, colour, mark) in LOOK.items():
        unit = np.array(direction) / np.linalg.norm(direction)
        wells.plot(fine, 1e3 * fit.modelled(fine[:, None] * unit), color=colour, label=f"along {name}")
        alike = [i for i, u in enumerate(fit.u) if np.allclose(np.sort(np.abs(u)) / size[i], unit, atol=1e-2)]
        wells.plot(size[alike], 1e3 * fit.energy[alike], mark, color=colour, mec="white", ms=7)
    wells.axhline(0, color="#999999", linewidth=0.8)
    lowest = 1e3 * min(fit.energy.min(), fit.modelled(fine[:, None] * np.array([1, 1, 1]) / np.sqrt(3)).min())
    wells.set_ylim(1.3 * lowest, max(-0.8 * lowest, 1.1e3 * fit.energy.max()))
    wells.set(xlabel="soft mode |u| (Å)", ylabel="energy (meV a cell)", xlim=(0, fine[-1]))
    wells.set_title(f"{title}, cell fixed: points computed, lines fitted", fontsize=10)
    wells.legend(frameon=False)

    order = np.argsort(fit.edges)
    above = 1e3 * (fit.volume_energies - fit.volume_energies.min())
    x = np.linspace(fit.edges.min(), fit.edges.max(), 200)
    curve = np.polynomial.Polynomial.fit(fit.edges**-2.0, above, 3)
    volume.plot(x, curve(x**-2.0), color="#333333", linewidth=1)
    volume.plot(fit.edges[order], above[order], "o", color="#333333", mec="white", ms=7)
    volume.axvline(fit.lattice_constant, color="#999999", linewidth=0.8)
    volume.set(xlabel="edge a (Å)", ylabel="energy (meV a cell)")
    volume.set_title(f"cubic cell: a0 = {fit.lattice_constant:.4f} Å", fontsize=10)
    for axes in (wells, volume):
        axes.spines[["top", "right"]].set_visible(False)
    return Picture.drawn(figure)
