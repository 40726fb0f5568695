"""The domain map and the profile of a wall, as people look at them."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import hsv_to_rgb
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import AutoLocator, FuncFormatter, LogLocator, NullFormatter
from numpy.typing import NDArray

from bridge import Picture

Array = NDArray[np.float64]

ARROWS = {2: 26, 3: 15}
"""About how many arrows stand along a side of a map, by dimensions."""

HALO = [withStroke(linewidth=2.5, foreground="white")]


def colours(polarization: Array, size: float) -> Array:
    """RGB (…, 3) of P (3, …): hue is the angle in the plane, white is P along +z, black along −z, grey no P."""
    x, y, z = polarization
    length = np.sqrt(x**2 + y**2 + z**2)
    strength = np.clip(length / size, 0, 1)
    tilt = np.clip(z / np.maximum(length, 1e-12), -1, 1)
    hue = np.mod(np.arctan2(y, x) / (2 * np.pi), 1)
    saturation = strength * np.clip(np.sqrt(1 - tilt**2) * 0.85, 0, 1) * np.where(tilt > 0, 1 - tilt, 1)
    value = np.where(tilt > 0, 0.75 + 0.2 * strength, 0.75 + 0.2 * strength * (1 + tilt) - 0.65 * strength * -tilt)
    value = np.where(tilt > 0, value + 0.05 * tilt * strength, value)
    return hsv_to_rgb(np.stack([hue, saturation, np.clip(value, 0, 1)], -1))


def domain_map(
    polarization: Array, spacing: float, size: float, time: Array, energy: dict[str, Array], title: str
) -> Picture:
    """P (3, x, y, z): one map in two dimensions, three middle sections in three; the energy beside it.

    spacing in nm, size (Ps) in C/m², time in ps, energies in MJ/m³ by name.
    """
    deep = polarization.shape[3] > 1
    figure = Figure(figsize=(14.5 if deep else 10.4, 5.2), dpi=140, layout="constrained")
    grid = figure.add_gridspec(2, 4 if deep else 2, width_ratios=[1, 1, 1, 1] if deep else [1.25, 1], hspace=0.05)
    sections = _sections(polarization, deep)
    for column, (cut, right, up, names) in enumerate(sections):
        axes = figure.add_subplot(grid[:, column])
        _section(axes, cut, (right, up), names, spacing, size, ARROWS[3 if deep else 2])
        if column == 0:
            _scale_bar(axes, polarization.shape[1] * spacing)
    curves = figure.add_subplot(grid[1, -1])
    _energy(curves, time, energy)
    key = figure.add_subplot(grid[0, -1])
    _key(key, size, bool(np.abs(polarization[2]).max() > 0.2 * size))
    key.legend(*curves.get_legend_handles_labels(), title="energy", frameon=False, loc="center right")
    figure.suptitle(title, fontsize=11)
    return Picture.drawn(figure)


def _sections(p: Array, deep: bool) -> list[tuple[Array, int, int, str]]:
    """Cuts (3, right, up), the components in them, and what to write."""
    if not deep:
        return [(p[..., 0], 0, 1, "x y")]
    x, y, z = (n // 2 for n in p.shape[1:])
    return [(p[:, :, :, z], 0, 1, "x y"), (p[:, :, y, :], 0, 2, "x z"), (p[:, x, :, :], 1, 2, "y z")]


def _section(
    axes: Axes, cut: Array, plane: tuple[int, int], names: str, spacing: float, size: float, arrows_a_side: int
) -> None:
    across, height = (n * spacing for n in cut.shape[1:])
    axes.imshow(colours(cut, size).transpose(1, 0, 2), origin="lower", extent=(0, across, 0, height), zorder=0)
    every = max(1, max(cut.shape[1:]) // arrows_a_side)
    i, j = (np.arange(every // 2, n, every) for n in cut.shape[1:])
    arrows = cut[:, i[:, None], j]
    x, y = np.meshgrid((i + 0.5) * spacing, (j + 0.5) * spacing, indexing="ij")
    step = every * spacing
    axes.quiver(
        x, y, arrows[plane[0]] / size * step * 0.8, arrows[plane[1]] / size * step * 0.8,
        angles="xy", scale_units="xy", scale=1, pivot="middle", width=0.0032, headwidth=4, color="#1a1a1a",
    )  # fmt: skip
    right, up = names.split()
    axes.set(xlabel=f"{right} (nm)", ylabel=f"{up} (nm)", xlim=(0, across), ylim=(0, height))


def _scale_bar(axes: Axes, across: float) -> None:
    """A bar of a round length, at most a quarter of the map."""
    decade = 10 ** np.floor(np.log10(across / 4))
    length = decade * max(m for m in (1, 2, 5) if m * decade <= across / 4)
    left, low = 0.05 * across, 0.05 * across
    axes.plot([left, left + length], [low, low], color="black", linewidth=4, solid_capstyle="butt", path_effects=HALO)
    axes.text(
        left + length / 2, low * 1.35, f"{length:g} nm", ha="center", va="bottom", weight="bold", path_effects=HALO
    )


def _key(beside: Axes, size: float, lifted: bool) -> None:
    """A wheel of the colours by angle, at the left of an empty panel."""
    beside.axis("off")
    n = 201
    grid = np.linspace(-1, 1, n)
    x, y = np.meshgrid(grid, grid, indexing="ij")
    radius = np.hypot(x, y)
    z = np.zeros_like(x)
    rgb = colours(np.stack([x, y, z]) * size, size)
    rgba = np.concatenate([rgb, np.where(radius <= 1, 1.0, 0.0)[..., None]], -1)
    axes = beside.inset_axes((0.0, 0.2, 0.62, 0.8))
    axes.imshow(rgba.transpose(1, 0, 2), origin="lower", extent=(-1, 1, -1, 1))
    axes.set(xlim=(-1.45, 1.45), ylim=(-1.45, 1.45), aspect="equal")
    axes.axis("off")
    for angle, name in ((0, "+x"), (90, "+y"), (180, "−x"), (270, "−y")):
        at = np.deg2rad(angle)
        axes.text(1.28 * np.cos(at), 1.22 * np.sin(at), name, ha="center", va="center", fontsize=9)
    under = "direction of P" + ("\n(white +z, black −z)" if lifted else "")
    axes.text(0, -1.6, under, ha="center", va="top", fontsize=8)


def _energy(axes: Axes, time: Array, energy: dict[str, Array]) -> None:
    styles = {"total": {"color": "black", "linewidth": 2.2}}
    later = time > 0
    for name, values in energy.items():
        if not values.any():
            continue
        axes.plot(time[later], values[later], label=name, **styles.get(name, {"linewidth": 1.3}))
    shown = np.concatenate([values[later] for values in energy.values()]) if later.any() else np.zeros(1)
    settled = np.concatenate([v[len(v) // 4 :] for v in energy.values()])
    low, high = settled.min(), settled.max()
    room = max(high - low, 1e-3)
    axes.set(
        xlabel="time (ps)",
        ylabel="energy (MJ/m³)",
        xscale="log" if later.sum() > 2 else "linear",
        ylim=(max(shown.min(), low - room) - 0.1 * room, min(shown.max(), high + 1.2 * room) + 0.1 * room),
    )
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)) if later.sum() > 2 else AutoLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.spines[["top", "right"]].set_visible(False)


def wall_profile(position: Array, polarization: Array, stress: Array, width: float, title: str) -> Picture:
    """A wall: components r, s, t of P (n, 3) in C/m² and the stresses (n, 6) in GPa against position in nm."""
    figure = Figure(figsize=(6.4, 5.6), dpi=140, layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[1.6, 1])
    for i, (name, colour) in enumerate((("r", "#0072b2"), ("s", "#d55e00"), ("t", "#009e73"))):
        above.plot(position, polarization[:, i], color=colour, linewidth=2, label=f"$P_{name}$")
    above.axvspan(-width / 2, width / 2, color="#dddddd", zorder=0, label=f"width {width:.3g} nm")
    above.set(ylabel="polarization (C/m²)", title=title)
    for i, name, colour in ((1, "ss", "#d55e00"), (2, "tt", "#009e73"), (3, "st", "#555555")):
        below.plot(position, stress[:, i], color=colour, linewidth=1.6, label=f"$\\sigma_{{{name}}}$")
    below.set(xlabel="distance along the normal r (nm)", ylabel="stress (GPa)", xlim=(-4 * width, 4 * width))
    for axes in (above, below):
        axes.axhline(0, color="#888888", linewidth=0.6, zorder=0)
        axes.legend(frameon=False, fontsize=9, loc="upper left")
        axes.spines[["top", "right"]].set_visible(False)
    return Picture.drawn(figure)


def loop(field: Array, polarization: Array, first: int, coercive: tuple[float, float], title: str) -> Picture:
    """P in C/m² against E in MV/m; the first `first` points, on the way from the start, are thin."""
    figure = Figure(figsize=(6.4, 5.0), dpi=140, layout="constrained")
    axes = figure.subplots()
    axes.plot(field[: first + 1], polarization[: first + 1], color="#999999", linewidth=1, label="from the start")
    axes.plot(field[first:], polarization[first:], color="#0072b2", linewidth=2, label="loop")
    axes.plot(coercive, (0, 0), "o", color="#d55e00", label="coercive field")
    axes.axhline(0, color="#888888", linewidth=0.6, zorder=0)
    axes.axvline(0, color="#888888", linewidth=0.6, zorder=0)
    axes.set(xlabel="electric field (MV/m)", ylabel="polarization (C/m²)", title=title)
    axes.legend(frameon=False, loc="upper left")
    axes.spines[["top", "right"]].set_visible(False)
    return Picture.drawn(figure)
