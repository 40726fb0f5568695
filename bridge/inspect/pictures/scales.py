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
    """Energies, relative error and correlation over the length of the scales, each in a panel of its own."""
    x = _lengths(found.length, note=False)
    left: list[Mark] = []
    for number, (energy, said) in enumerate(
        ((found.other_energy, observed), (found.energy, model), (found.error, "difference"))
    ):
        left += _line(found.length, energy, number, said)
    relative = _line(found.length, found.relative, 2, f"root of difference over {observed}")
    together = _line(found.length, found.correlation, 3, "correlation", positive=False)
    panels = (
        Panel(x, Axis(label("energy", _unit(found.energy)), log=True), tuple(left), note=_NOTE),
        Panel(x, Axis("relative error", log=True), (Rule(1.0), *relative)),
        Panel(x, Axis("correlation"), (Rule(0.0), Rule(1.0), *together)),
    )
    return Plot(panels, columns=3)


def _lengths(length: Any, note: bool = True) -> Axis:
    places = np.asarray(_bare(length), float)
    said = label("length of the scale", _unit(length)) + (f"   [{_NOTE}]" if note else "")
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
