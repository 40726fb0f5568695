"""A relaxed wall in the units and axes in which it leaves."""

from __future__ import annotations

import numpy as np

from bridge_ferroelectric import voigt
from bridge_ferroelectric.interfaces import Gradient, Landau
from bridge_ferroelectric.phasefield import elastic, pictures, walls
from bridge_ferroelectric.phasefield.models import ContinuumWall


def measured(
    landau: Landau,
    gradient: Gradient,
    temperature: float,
    kind: str,
    permittivity: float,
    points: int,
    step: float,
) -> ContinuumWall:
    """See `ferroelectric.continuum_wall`."""
    wall = walls.wall(landau, gradient, temperature, kind, permittivity)
    found = walls.relax(wall, points)

    def sigma(kelvin: float) -> float:
        return walls.relax(walls.wall(landau, gradient, kelvin, kind, permittivity), points).energy

    low, high = temperature, temperature
    at = {temperature: found.energy}
    for kelvin in (temperature - step, temperature + step):
        try:
            at[kelvin] = sigma(kelvin)
        except (ValueError, ArithmeticError):  # the phase ends here: the difference is one-sided
            continue
        low, high = min(low, kelvin), max(high, kelvin)
    if low == high:
        raise ArithmeticError(
            f"the {kind} wall exists at {temperature:g} K, but neither {step:g} K below nor above: write a smaller "
            "temperature_step."
        )
    entropy = -(at[high] - at[low]) / (high - low)

    q, c = elastic.electrostriction(landau), elastic.stiffness(landau)
    free = voigt.products(found.polarization) @ q
    domain = voigt.products(wall.sides[0]) @ q
    strain = domain + (free - domain) @ elastic.relaxation(c, wall.axes[0]).T
    stress = (strain - free) @ c
    principal = np.linalg.eigvalsh(voigt.strain_tensor(domain))
    straight_width, straight_energy = wall.straight()
    position = found.position * 1e9
    polarization = found.polarization @ wall.axes.T
    stress = voigt.turned(stress, wall.axes) / 1e9
    normal = " ".join(f"{x:.3g}" for x in np.round(wall.axes[0] / np.abs(wall.axes[0]).max(), 6) + 0.0)
    title = f"{kind} wall, normal [{normal}], {temperature:g} K: {found.energy * 1e3:.3g} mJ/m²\n{landau.name}"
    return ContinuumWall(
        energy=found.energy * 1e3,
        internal_energy=(found.energy + temperature * entropy) * 1e3,
        width=found.width * 1e9,
        straight_energy=straight_energy * 1e3,
        straight_width=straight_width * 1e9,
        spontaneous_polarization=float(np.linalg.norm(wall.sides[0])),
        spontaneous_strain=principal[[2, 0]],
        largest_turn=float(np.abs(polarization[:, 2] - polarization[0, 2]).max()),
        axes=wall.axes,
        position=position,
        polarization=polarization,
        strain=voigt.turned_strain(strain, wall.axes),
        stress=stress,
        picture=pictures.wall_profile(position, polarization, stress, found.width * 1e9, title),
    )
