"""Closing errors, and the two wall profiles over each other."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from bridge import Picture

Array = NDArray[np.float64]


def close(
    temperature: float, fitted: Array, polarization: Array, strain: Array, wall: Any, continuum: Any
) -> dict[str, Any]:
    """Relative differences of polarization, tetragonal strain and internal wall energy. Raises ValueError."""
    if np.any(np.abs(fitted - temperature) < 0.5):
        raise ValueError(
            f"the fit was made at {', '.join(f'{t:g}' for t in fitted)} K, so {temperature:g} K cannot test it. "
            f"Write a temperature between them, such as {fitted[:2].mean():g} K."
        )
    fine = float(np.linalg.norm(polarization))
    if fine < 0.02:
        raise ValueError(f"the lattice at {temperature:g} K has |P| = {fine:.3f} C/m²: it is cubic. Write a lower one.")
    polar = int(np.argmax(np.abs(polarization)))
    across = [axis for axis in range(3) if axis != polar]
    strained = float((1 + strain[polar]) / (1 + strain[across].mean()) - 1)
    along, sideways = continuum.spontaneous_strain
    coarse = float((1 + along) / (1 + sideways) - 1)
    return {
        "temperature": temperature,
        "polarization_fine": fine,
        "polarization_coarse": continuum.spontaneous_polarization,
        "polarization_error": continuum.spontaneous_polarization / fine - 1,
        "strain_fine": strained,
        "strain_coarse": coarse,
        "strain_error": coarse / strained - 1,
        "wall_fine": wall.energy,
        "wall_coarse": continuum.internal_energy,
        "wall_error": continuum.internal_energy / wall.energy - 1,
        "wall_uncertainty": wall.energy_error / abs(wall.energy),
        "wall_free_energy": continuum.energy,
        "width_fine": wall.width,
        "width_coarse": continuum.width,
        "width_error": continuum.width / wall.width - 1,
        "picture": profiles(temperature, wall, continuum),
    }


def profiles(temperature: float, wall: Any, continuum: Any) -> Picture:
    """The switching component across a 180° wall: points of the lattice, line of the continuum."""
    figure = Figure(figsize=(6.4, 4.2), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    line = continuum.polarization[:, 1]
    middle = continuum.position[np.argmin(np.abs(line))]
    axes.plot(continuum.position - middle, line, color="#0072b2", label="continuum: Landau and gradient energy")
    where, values = centred(wall.position, wall.polarization[:, 1])
    values = values * np.sign(values[-1] * line[-1])
    axes.plot(where, values, "o", color="#d55e00", mec="white", ms=7, label="lattice: mean of planes")
    reach = max(2.4, 6 * continuum.width)
    axes.set(
        xlim=(-reach, reach),
        xlabel="distance from the wall (nm)",
        ylabel="polarization that switches (C/m²)",
        title=f"180° wall at {temperature:g} K",
    )
    axes.axhline(0, color="0.8", zorder=0)
    axes.legend(frameon=False, loc="lower right")
    return Picture.drawn(figure)


def centred(position: Array, values: Array) -> tuple[Array, Array]:
    """One wall of a periodic profile of two, its zero at the origin; linear between planes."""
    crossing = np.nonzero((values[:-1] < 0) != (values[1:] < 0))[0]
    if not crossing.size:
        raise ValueError("the lattice's profile has no wall: no plane where its polarization changes sign.")
    length = position[-1] - position[0] + (position[1] - position[0])
    left = crossing[np.argmin(np.abs(crossing - len(values) // 4))]
    share = values[left] / (values[left] - values[left + 1])
    zero = position[left] + share * (position[left + 1] - position[left])
    shifted = (position - zero + length / 2) % length - length / 2
    order = np.argsort(shifted)
    near = np.abs(shifted[order]) <= length / 4
    return shifted[order][near], values[order][near]
