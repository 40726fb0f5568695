"""Which path the atoms take, over grain size and temperature."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray
from scipy.constants import N_A, R, elementary_charge

from bridge import Picture, Within, model
from bridge_creep.rates import CONTINUUM, COPPER_BOUNDARY

Array = NDArray[np.float64]

KJ_PER_MOL = elementary_charge * N_A / 1e3
"""One electronvolt an atom in kJ/mol."""

HALO = [withStroke(linewidth=4, foreground="white")]


@dataclass(frozen=True)
class Deformation:
    """The map as numbers and as a picture.

    `strain_rate` sums both mechanisms; `boundary_share` is the part that grain boundaries carry, so
    that Coble creep dominates above one half; `crossover` is the grain size of equal parts at each
    temperature. `total_strain_rate` belongs to the chain's own temperature and grain size.
    """

    grain_size: Annotated[Array, "um", ("grain_size",)]
    temperature: Annotated[Array, "K", ("temperature",)]
    strain_rate: Annotated[Array, "1/s", ("grain_size", "temperature"), Within(0)]
    boundary_share: Annotated[Array, "1", ("grain_size", "temperature"), Within(0, 1)]
    crossover: Annotated[Array, "um", ("temperature",), Within(0, strict=True)]
    total_strain_rate: Annotated[float, "1/s", Within(0)]
    picture: Picture


@model("creep.deformation_map", scale=CONTINUUM, depends=["matplotlib"])
def deformation_map(
    lattice_rate: Annotated[float, "1/s", Within(0, strict=True)],
    boundary_rate: Annotated[float, "1/s", Within(0, strict=True)],
    formation_energy: Annotated[float, "eV", Within(0, strict=True)],
    migration_energy: Annotated[float, "eV", Within(0, strict=True)],
    stress: Annotated[float, "MPa", Within(0, 100, strict=True)],
    temperature: Annotated[float, "K", Within(200, 1500)],
    grain_size: Annotated[float, "um", Within(0.01, 1e5)],
    boundary_energy: Annotated[float, "kJ/mol", Within(0, strict=True)] = COPPER_BOUNDARY[1],
    *,
    coldest: Annotated[float, "K", Within(200, 1500)] = 500.0,
    hottest: Annotated[float, "K", Within(200, 1500)] = 1300.0,
    finest: Annotated[float, "um", Within(0.01, 1e5)] = 0.1,
    coarsest: Annotated[float, "um", Within(0.01, 1e5)] = 1000.0,
    resolution: Annotated[int, Within(2, 1000)] = 121,
    material: str = "",
) -> Deformation:
    """Both diffusional mechanisms carried from the chain's one point to all grain sizes and temperatures.

    From `temperature` T0 and `grain_size` d0, where the two rates were computed, the lattice's goes as
    (T0/T) (d0/d)^2 exp[-Q/k (1/T - 1/T0)], Q being the sum of formation and migration energy, the
    boundaries' as the cube of d0/d with their own activation energy: the laws of
    `creep.nabarro_herring` and `creep.coble`, whose coefficients thus stand in one place. Both rates
    are proportional to `stress`, which is only written on the picture. `material` goes to its title.

    Raises ValueError unless coldest < hottest and finest < coarsest. The form of the
    map is M. F. Ashby's, Acta Metall. 20, 887 (1972); glide and climb of dislocations are not on it.
    """
    if not (coldest < hottest and finest < coarsest):
        raise ValueError(
            f"the map spans {coldest:g} K to {hottest:g} K and {finest:g} um to {coarsest:g} um. "
            f"Write coldest below hottest and finest below coarsest."
        )
    kelvin = np.linspace(coldest, hottest, resolution)
    micron = np.geomspace(finest, coarsest, resolution)
    lattice_energy = (formation_energy + migration_energy) * KJ_PER_MOL
    coarser = (micron / grain_size)[:, None]
    lattice = lattice_rate * hotter(kelvin, temperature, lattice_energy) / coarser**2
    boundary = boundary_rate * hotter(kelvin, temperature, boundary_energy) / coarser**3
    crossover = (boundary / lattice * micron[:, None])[0]
    total = lattice + boundary
    own = (temperature, grain_size, lattice_rate + boundary_rate)
    title = f"Diffusional creep{f' of {material}' if material else ''} under {stress:g} MPa in tension"
    return Deformation(
        grain_size=micron,
        temperature=kelvin,
        strain_rate=total,
        boundary_share=boundary / total,
        crossover=crossover,
        total_strain_rate=lattice_rate + boundary_rate,
        picture=Picture(draw(kelvin, micron, total, crossover, own, title), "image/png"),
    )


def hotter(temperature: Array, reference: float, energy: float) -> Array:
    """Factor by which D/T grows from the reference temperature, for an activation energy in kJ/mol."""
    return reference / temperature * np.exp(-energy * 1e3 / R * (1 / temperature - 1 / reference))


def draw(
    kelvin: Array, micron: Array, rate: Array, crossover: Array, own: tuple[float, float, float], title: str
) -> bytes:
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
    FigureCanvasAgg(figure)
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    png = io.BytesIO()
    figure.savefig(png, format="png", metadata={"Software": None})
    return png.getvalue()


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
