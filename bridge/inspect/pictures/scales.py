"""Fields scale by scale: how much there is at each, and how well a model meets the observations there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bridge.inspect.pictures.drawing import COLOURS, INK, MARKS, figure, label, tidy
from bridge.scales.by_scale import Comparison, Energies

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Part of the largest energy below which there is rounding and no field.
_NOTHING = 1e-28
_NOTE = "hollow: all that is coarser"


def energy_picture(found: Energies, name: str = "energy") -> Figure:
    """The energy of a field over the length of its scales. Raises ContractError where matplotlib is missing."""
    made = figure(5.6, 3.9)
    axes = made.add_subplot()
    _line(axes, found.length, found.energy, 0, "")
    _dress(axes, found.length, label(name, _unit(found.energy)))
    axes.set_yscale("log")
    return made


def comparison_picture(found: Comparison, model: str = "model", observed: str = "observations") -> Figure:
    """Energies and error beside correlation and relative error, over the length of the scales.

    Raises ContractError where matplotlib is missing.
    """
    made = figure(10.4, 3.9)
    left, right = made.add_subplot(1, 2, 1), made.add_subplot(1, 2, 2)
    for number, (energy, said) in enumerate(
        ((found.other_energy, observed), (found.energy, model), (found.error, "difference"))
    ):
        _line(left, found.length, energy, number, said)
    left.set_yscale("log")
    _dress(left, found.length, label("energy", _unit(found.energy)))
    left.legend(frameon=False, fontsize="small")
    for values, number, said in (
        (found.correlation, 3, "correlation"),
        (found.relative, 2, "root of difference over observations"),
    ):
        _line(right, found.length, values, number, said, positive=False)
    for height in (0.0, 1.0):
        right.axhline(height, color=INK, linewidth=0.6, linestyle=":")
    _dress(right, found.length, "correlation, relative error")
    right.legend(frameon=False, fontsize="small")
    return made


def _line(axes: Axes, length: Any, values: Any, number: int, said: str, positive: bool = True) -> None:
    x, y = np.asarray(_bare(length), float), np.asarray(_bare(values), float)
    there = np.isfinite(y)
    if positive:
        there &= y > _NOTHING * np.nanmax(y, initial=0.0)
    y = np.where(there, y, np.nan)
    colour, mark = COLOURS[number], MARKS[number]
    if said and not there.all():
        said += f" ({'nothing' if positive else 'not defined'} at {np.sum(~there)} of {len(y)} scales)"
    axes.plot(x[:-1], y[:-1], color=colour, linestyle="-", linewidth=1.3, zorder=2)
    axes.plot(x[-2:], y[-2:], color=colour, linestyle=":", linewidth=1.3, zorder=2)
    axes.plot(x[:-1], y[:-1], color=colour, marker=mark, markersize=5, linestyle="none", label=said or None, zorder=3)
    axes.plot(x[-1:], y[-1:], color=colour, marker=mark, markersize=5, markerfacecolor="white", zorder=4)


def _dress(axes: Axes, length: Any, said: str) -> None:
    axes.set_xscale("log", base=2)
    places = np.asarray(_bare(length), float)
    every = places[:: max(1, -(-len(places) // 8))]
    axes.set_xticks(every, [f"{place:g}" for place in every])
    axes.minorticks_off()
    axes.set_xlabel(label("length of the scale", _unit(length)) + f"   [{_NOTE}]", fontsize="small")
    axes.set_ylabel(said, fontsize="small")
    tidy(axes)


def _bare(values: Any) -> Any:
    return getattr(values, "magnitude", values)


def _unit(values: Any) -> str | None:
    return f"{values.units:~C}" if hasattr(values, "units") else None
