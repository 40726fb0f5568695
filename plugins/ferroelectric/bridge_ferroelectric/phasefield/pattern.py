"""A domain pattern: where it starts, how it goes downhill, and what it is made of."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations, product

import numpy as np
from numpy.typing import NDArray

from bridge_ferroelectric import voigt
from bridge_ferroelectric.interfaces import Gradient, Landau
from bridge_ferroelectric.phasefield import elastic, energy, walls
from bridge_ferroelectric.phasefield.evolution import Evolution
from bridge_ferroelectric.phases import PHASES
from bridge_ferroelectric.wall_kinds import WALLS

Array = NDArray[np.float64]

ROUNDING = 1e-12
"""Part of the sum of all terms by which an energy may seem to rise."""


def variants(state: energy.State, components: int) -> tuple[list[str], Array]:
    """Names, as "[010]" and "[0-10]", and unit vectors (n, 3) of a phase's domain states, in the plane if asked."""
    indices = PHASES[state.phase]
    signed = {
        tuple(s * i for s, i in zip(signs, order, strict=True))
        for order in permutations(indices)
        for signs in product((1, -1), repeat=3)
    }
    chosen = [v for v in sorted(signed, reverse=True) if components == 3 or v[2] == 0]
    return [f"[{''.join(map(str, v))}]" for v in chosen], np.array(chosen, float) / np.linalg.norm(indices)


def minima(landau: Landau, temperature: float, components: int) -> list[energy.State]:
    """The ferroelectric minima, lowest free energy first, those in the plane if asked. Raises ValueError for none."""
    found = [s for s in energy.stable_states(landau, temperature) if components == 3 or s.polarization[2] == 0]
    if not found:
        raise ValueError(
            f"{landau.name!r} has no ferroelectric minimum{' in the plane' if components == 2 else ''} at "
            f"{temperature:g} K; {energy.present(landau, temperature)}. Choose another temperature"
            f"{', or components=' + repr('three') if components == 2 else ''}."
        )
    return found


def average_strain(landau: Landau, state: energy.State, directions: Array) -> Array:
    """Mean free strain (6,) of the variants, of equal parts."""
    return (voigt.products(state.size * directions) @ elastic.electrostriction(landau)).mean(0)


def narrowest(landau: Landau, gradient: Gradient, temperature: float, phase: str, permittivity: float) -> float:
    """Width in m of the narrowest wall that a phase can have between neutral neighbours, in closed form."""
    kinds = [kind for kind, it in WALLS.items() if it.phase == phase]
    return min(walls.wall(landau, gradient, temperature, kind, permittivity).straight()[0] for kind in kinds)


def noise(shape: tuple[int, ...], components: int, spacing: float, length: float, size: float, seed: int) -> Array:
    """Gaussian noise (components, *shape) of a standard deviation, smoothed over a length in the unit of spacing."""
    white = np.random.Generator(np.random.Philox(seed)).standard_normal((components, *shape))
    axes = tuple(range(1, 1 + len(shape)))
    square = np.zeros((1,) * len(shape))
    for axis, n in enumerate(shape):
        k = 2 * np.pi * (np.fft.rfftfreq if axis == len(shape) - 1 else np.fft.fftfreq)(n, spacing)
        square = square + (k**2).reshape([-1 if i == axis else 1 for i in range(len(shape))])
    smooth = np.fft.irfftn(np.fft.rfftn(white, axes=axes) * np.exp(-square * length**2 / 2), s=shape, axes=axes)
    return smooth * (size / smooth.std(axis=axes, keepdims=True))


@dataclass(frozen=True)
class Descent:
    """How the energy fell: time in s (n,), terms in J/m³ (n, 5), steps taken back."""

    time: Array
    terms: Array
    rejected: int


def descend(field: Evolution, size: float, mobility: float, steps: int, timestep: float, every: int) -> Descent:
    """Let the polarization go downhill for a number of steps, `size` being the spontaneous polarization.

    `timestep` in s; 0 takes 1/(0.55 × mobility × the largest curvature of f for |P| up to 1.15 × the largest
    there is, or `size`), with which the energy cannot rise; it is looked at after 0, 1, 2, 4, 8 … steps. A step that
    raises the energy is taken back and halved; with a given time step it is an ArithmeticError that says the largest
    one that lowers it. Every so many steps a record is kept, the first and last ones always.
    """

    def bound() -> float:
        largest = float(np.sqrt((field.polarization**2).sum(0).max()))
        return 0.55 * field.of.curvature(1.15 * max(size, largest), field.components)  # 10 % above one half

    safe = bound()
    inertia = 1 / (mobility * timestep) if timestep else safe
    now, taken, rejected, previous = 0.0, 0, 0, np.inf
    kept: dict[int, tuple[float, Array]] = {}
    while True:
        here = field.force()
        total = here.sum()
        if not total <= previous + ROUNDING * np.abs(here).sum():
            if timestep:
                raise ArithmeticError(_too_large(total - previous, inertia, safe, mobility, taken))
            field.retreat()
            now -= 1 / (mobility * inertia)
            taken, rejected, inertia, previous = taken - 1, rejected + 1, 2 * inertia, np.inf
            if rejected > 30:
                raise ArithmeticError(f"after {taken} steps no step lowers the energy: give a smaller timestep.")
            continue
        if taken % every == 0 or taken == steps:
            kept[taken] = now, here
        if taken == steps:
            times, terms = zip(*kept.values(), strict=True)
            return Descent(np.array(times), np.array(terms), rejected)
        previous = total
        if taken & (taken - 1) == 0:
            safe = bound()
            inertia = inertia if timestep else safe * 2**rejected
        field.advance(inertia)
        taken += 1
        now += 1 / (mobility * inertia)


def _too_large(rise: float, inertia: float, safe: float, mobility: float, taken: int) -> str:
    """Say by how much a step raised the energy, and which time step cannot."""
    given, largest = (1e12 / (mobility * a) for a in (inertia, safe))
    digits = 10.0 ** (np.floor(np.log10(largest)) - 2)
    down = np.floor(largest / digits) * digits
    return (
        f"a time step of {given:.4g} ps raised the energy by {rise:.3g} J/m³ at step {taken}. The largest that cannot "
        f"raise it is {down:.3g} ps, from the curvature of the free energy: write timestep='{down:.3g} ps', or leave "
        "it out."
    )


@dataclass(frozen=True)
class Composition:
    """Which variant each cell is in (its number, −1 in a wall), the part of each, and wall area a volume in 1/m."""

    index: NDArray[np.int64]
    fractions: Array
    wall_density: float


def composition(polarization: Array, directions: Array, size: float, spacing: float) -> Composition:
    """Sort the cells of P (3, …) into variants.

    A cell is in the variant nearest to its P if the angle between them is below 30° and P is longer than half the
    spontaneous one; the rest lies in walls. The wall area is counted over faces between cells nearest to different
    variants; staircases make it 4/π (two dimensions) or 3/2 (three) too large for walls of any direction on average,
    which is divided out (Cauchy and Crofton).
    """
    flat = polarization.reshape(3, -1)
    along = directions @ flat
    length = np.linalg.norm(flat, axis=0)
    inside = (length > size / 2) & (along.max(0) > np.cos(np.pi / 6) * length)
    nearest = np.argmax(along, axis=0).reshape(polarization.shape[1:])
    index = np.where(inside.reshape(nearest.shape), nearest, -1)
    fractions = np.array([(index == i).mean() for i in range(len(directions))])
    axes = [axis for axis, n in enumerate(nearest.shape) if n > 1]
    faces = sum(float((nearest != np.roll(nearest, 1, axis)).mean()) for axis in axes)
    excess = {2: 4 / np.pi, 3: 1.5}[len(axes)]
    return Composition(index, fractions, faces / (spacing * excess))
