"""A phase-field run from checks to pictures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bridge import File
from bridge_ferroelectric import voigt
from bridge_ferroelectric.interfaces import Gradient, Landau
from bridge_ferroelectric.phasefield import evolution, pattern, pictures, vti
from bridge_ferroelectric.phasefield.models import VTI, Pattern

Array = NDArray[np.float64]

POINTS_A_WALL = 2.5
"""How many spacings a wall's width must hold."""


def pattern_of(
    landau: Landau,
    gradient: Gradient,
    temperature: float,
    permittivity: float,
    boundary: str,
    components: int,
    electric_field: Array,
    mobility: float,
    dimensions: int,
    cells: int,
    spacing: float,
    steps: int,
    noise: float,
    timestep: float,
    every: int,
    seed: int,
) -> Pattern:
    """See `ferroelectric.phasefield`; field in V/m, time step in s, spacing in nm."""
    if components == 2 and (dimensions == 3 or electric_field[2]):
        what = "a grid of three dimensions" if dimensions == 3 else "a field along z"
        raise ValueError(f"in-plane polarization was asked for with {what}. Write components='three'.")
    states = pattern.minima(landau, temperature, components)
    state = states[0]
    named = [pattern.variants(s, components) for s in states]
    names, directions = [name for some, _ in named for name in some], np.concatenate([d for _, d in named])
    width = pattern.narrowest(landau, gradient, temperature, state.phase, permittivity) * 1e9
    demand_fine(spacing, width, cells)
    twin = pattern.average_strain(landau, state, named[0][1])
    strain = {"free": None, "clamped": np.zeros(6), "twin": twin}[boundary]
    of = evolution.medium(landau, gradient, temperature, permittivity, electric_field, strain)
    shape = (cells,) * dimensions
    field = evolution.Evolution(of, shape, spacing, components)
    field.start(pattern.noise(shape, components, spacing, width, noise, seed))
    run = pattern.descend(field, state.size, mobility, steps, timestep, every)

    p = np.zeros((3, cells, cells, cells if dimensions == 3 else 1))
    p[:components] = field.polarization.reshape(components, *p.shape[1:])
    length = np.linalg.norm(p, axis=0)
    made = pattern.composition(p, directions, state.size, spacing)
    mean = float(length.mean())
    demand_polar(mean, state.size, of.landau.alpha1, noise, steps)
    terms = dict(zip(evolution.TERMS, run.terms.T / 1e6, strict=True))
    time, total = run.time * 1e12, run.terms.sum(1) / 1e6
    free = voigt.products(np.moveaxis(p, 0, -1)).mean((0, 1, 2)) @ of.electrostriction
    title = f"{landau.name}\n{temperature:g} K, {boundary}: ⟨|P|⟩ = {mean:.3f} C/m², " + ", ".join(
        f"{name} {part:.0%}" for name, part in zip(names, made.fractions, strict=True) if part >= 0.005
    )
    angle = np.degrees(np.arctan2(p[1], p[0]))
    fields = {"polarization": p, "size": length, "angle": angle, "variant": made.index}
    return Pattern(
        polarization=p,
        variants=", ".join(names),
        variant_direction=directions,
        variant_fraction=made.fractions,
        variants_above=int((made.fractions > 0.05).sum()),
        wall_density=made.wall_density,
        mean_polarization=mean,
        net_polarization=p.mean((1, 2, 3)),
        spontaneous_polarization=state.size,
        mean_strain=free if strain is None else strain,
        phase=state.phase,
        time=time,
        energy=total,
        **{f"{name}_energy": values for name, values in terms.items()},
        steps_taken_back=run.rejected,
        file=File(vti.image(spacing, fields), VTI),
        picture=pictures.domain_map(p, spacing, state.size, time, {"total": total, **terms}, title),
    )


def demand_fine(spacing: float, width: float, cells: int) -> None:
    """Refuse a grid coarser than a wall, both in nm. Raises ValueError with the spacing to use."""
    limit = width / POINTS_A_WALL
    if spacing > limit:
        down = np.floor(limit * 1000) / 1000
        raise ValueError(
            f"a spacing of {spacing:g} nm is coarser than the narrowest wall allows: it is {width:.3g} nm wide (2 Ps / "
            f"slope) and wants {POINTS_A_WALL:g} spacings or more. Write spacing='{down:g} nm'; the box of {cells} "
            f"cells is {cells * down:.3g} nm then, or take cells={int(np.ceil(cells * spacing / down))}."
        )


def demand_polar(mean: float, size: float, a1: float, noise: float, steps: int) -> None:
    """Refuse what has not become ferroelectric. Raises ArithmeticError saying which setting to change."""
    if mean >= 0.5 * size:
        return
    if a1 > 0:
        way = f"the cubic phase is a minimum there, too, and has swallowed it: write noise='{size:.2g} C/m^2'"
    else:
        way = f"it has not grown yet: write steps={4 * steps}, or a noise above {noise:g} C/m^2"
    raise ArithmeticError(f"after {steps} steps the mean |P| is {mean:.2g} of {size:.3g} C/m²: {way}.")
