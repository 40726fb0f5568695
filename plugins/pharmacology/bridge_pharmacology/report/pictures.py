"""Which of the report's inputs stand on which of its pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from bridge import Picture
from bridge_pharmacology.report import drawing
from bridge_pharmacology.report.quantiles import Spread
from bridge_pharmacology.report.records import Bound, Effected, Krogh, Regimens, Signalled

Array = NDArray[np.float64]
Line = tuple[Array, Array]


def typical(row: int, plasma: Regimens, binding: Bound, transduction: Signalled, response: Effected) -> dict[str, Line]:
    """Times and course of every stage in one of the typical patient's regimens."""
    return {
        "plasma": (plasma.time, plasma.plasma_concentration[row]),
        "tumour": (plasma.time, plasma.concentration[row]),
        "occupancy": (binding.time, binding.occupancy[row]),
        "signal": (transduction.time, transduction.signal[row]),
        "effect": (response.time, response.effect[row]),
    }


def courses(
    time: Array,
    plasma: Array,
    free: Array,
    stages: tuple[Bound, Signalled, Effected],
    lines: Mapping[str, Line],
    effect_name: str,
    axis: drawing.Axis,
) -> Picture:
    """Five courses as a PNG: of the population, and of the typical patient where `lines` has it."""
    binding, transduction, response = stages
    start = 1.0 if axis == "logarithmic" else None
    return Picture.drawn(
        drawing.courses(
            [
                drawing.Course("plasma (mg/L)", time, plasma, lines.get("plasma"), "linear"),
                drawing.Course("tumour, free (nM)", time, free, lines.get("tumour"), "logarithmic"),
                drawing.Course("occupancy", binding.time, binding.occupancy, lines.get("occupancy"), "share"),
                drawing.Course("signal", transduction.time, transduction.signal, lines.get("signal"), "share"),
                drawing.Course(effect_name, response.time, response.effect, lines.get("effect"), axis, start),
            ]
        )
    )


def dose_response(
    doses: Array,
    ends: Sequence[Array],
    dose: float,
    spreads: Mapping[str, Spread],
    effect_name: str,
    axis: drawing.Axis,
) -> Picture:
    """Occupancy and effect at the end over the dose, as a PNG."""
    shown: list[tuple[str, Array, drawing.Axis]] = [("occupancy", ends[0], "share"), (effect_name, ends[1], axis)]
    return Picture.drawn(drawing.dose_response(doses, shown, (dose, [spreads["occupancy"], spreads["effect"]])))


def krogh(capillary: Krogh) -> Picture:
    """What is around a capillary, as a PNG."""
    antigen = np.maximum(capillary.bound_field + capillary.antigen_field, np.finfo(float).tiny)
    share = capillary.bound_field / antigen
    return Picture.drawn(drawing.krogh(capillary.instant, capillary.radius, capillary.free_field, share))
