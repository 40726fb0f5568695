"""Fields scale by scale: how much there is at each, and how well a model meets the observations there."""

from __future__ import annotations

from typing import Any

import numpy as np

from bridge.inspect.pictures.drawing import label
from bridge.inspect.pictures.plot import Axis, Line, Mark, Panel, Plot, Rule
from bridge.scales.by_scale import Comparison, Energies

#: Part of the largest energy below which there is rounding and no field.
_NOTHING = 1e-28
_NOTE = "hollow: all that is coarser"


def energy_picture(found: Energies, name: str = "energy") -> Plot:
    """The energy of a field over the length of its scales."""
    said = label(name, _unit(found.energy))
    return Plot((Panel(_lengths(found.length), Axis(said, log=True), tuple(_line(found.length, found.energy))),))


def comparison_picture(found: Comparison, model: str = "model", observed: str = "observations") -> Plot:
    """Energies and error beside correlation and relative error, over the length of the scales."""
    x = _lengths(found.length)
    left: list[Mark] = []
    for number, (energy, said) in enumerate(
        ((found.other_energy, observed), (found.energy, model), (found.error, "difference"))
    ):
        left += _line(found.length, energy, number, said)
    right: list[Mark] = [Rule(0.0), Rule(1.0)]
    for values, number, said in (
        (found.correlation, 3, "correlation"),
        (found.relative, 2, f"root of difference over {observed}"),
    ):
        right += _line(found.length, values, number, said, positive=False)
    energies = Panel(x, Axis(label("energy", _unit(found.energy)), log=True), tuple(left))
    return Plot((energies, Panel(x, Axis("correlation, relative error"), tuple(right))), columns=2)


def _lengths(length: Any) -> Axis:
    places = np.asarray(_bare(length), float)
    said = label("length of the scale", _unit(length)) + f"   [{_NOTE}]"
    return Axis(said, log=True, base=2, at=tuple(places.tolist()))


def _line(length: Any, values: Any, number: int = 0, said: str = "", positive: bool = True) -> list[Mark]:
    x, y = np.asarray(_bare(length), float), np.asarray(_bare(values), float)
    there = np.isfinite(y)
    if positive:
        there &= y > _NOTHING * np.nanmax(y, initial=0.0)
    y = np.where(there, y, np.nan)
    if said and not there.all():
        said += f" ({'nothing' if positive else 'not defined'} at {np.sum(~there)} of {len(y)} scales)"
    return [
        Line(x[:-1], y[:-1], said, colour=number),
        Line(x[-2:], y[-2:], marked=False, colour=number, dashed=True),
        Line(x[-1:], y[-1:], joined=False, colour=number, hollow=True),
    ]


def _bare(values: Any) -> Any:
    return getattr(values, "magnitude", values)


def _unit(values: Any) -> str | None:
    return f"{values.units:~C}" if hasattr(values, "units") else None
