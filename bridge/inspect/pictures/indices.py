"""Sobol indices as bars: what each input does alone and in all, what each scale does, and what is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bridge.inspect.pictures.drawing import spoken
from bridge.inspect.pictures.plot import Axis, Bars, Mark, Panel, Plot, Rule

#: Inputs that a picture has room for, those with the largest total first.
INPUTS = 14
ALONE, ALL = "alone (first-order index)", "in all, with others (total index)"
#: Height of a row in CSS pixels; the ink of what is left; and how far below nought bars are shown.
_ROW, _REST, _LOWEST = 38.0, 6, -0.25

Row = tuple[str, Mapping[str, Any] | None, Mapping[str, Any] | None]


def index_plots(document: Mapping[str, Any]) -> list[tuple[str, Plot]]:
    """A picture for every output that varies, with the name of its file."""
    return [
        (f"sensitivity.{output['name']}".replace("/", "_").replace(":", "."), bars(document, output))
        for output in document["outputs"]
        if not output["constant"]
    ]


def bars(document: Mapping[str, Any], output: Mapping[str, Any]) -> Plot:
    """Inputs above, scales below: first-order index before total index, with 95 % intervals."""
    inputs: list[Row] = [(name, told["S1"], told["ST"]) for name, told in output["inputs"].items()]
    inputs.sort(key=lambda row: -(row[2] or {})["value"])
    left = len(inputs) - INPUTS
    scales: list[Row] = [(name, told["S1"], told["ST"]) for name, told in output["scales"].items()]
    scales.append(("together (interactions)", output["interactions"], None))
    share = output["noise"].get("share")
    if share is not None and output["noise"]["how"] == "independent":
        scales.append(("noise", share, None))
    low = min(0.0, *(row[1]["value"] - row[1]["conf"] for row in (*inputs, *scales) if row[1]))
    x = Axis("share of the variance", low=max(low - 0.02, _LOWEST) if low < 0 else 0.0)
    above = _panel(x, inputs[:INPUTS], "by input" + (f" (and {left} more, which do less)" if left > 0 else ""))
    title = f"{output['name']}: n = {document['used']:,}, bars with 95 % intervals"
    return Plot((above, _panel(x, scales, "by scale")), 1, title, shared=True)


def _panel(x: Axis, rows: Sequence[Row], title: str) -> Panel:
    high = len(rows) - 1
    marks: list[Mark] = []
    both = [(high - n, alone, whole) for n, (_, alone, whole) in enumerate(rows) if whole is not None]
    rest = [(high - n, alone) for n, (_, alone, whole) in enumerate(rows) if whole is None and alone is not None]
    if any(alone for _, alone, _ in both):
        marks.append(_bars([(place + 0.19, alone) for place, alone, _ in both if alone], ALONE, 0.36))
    if both:
        marks.append(_bars([(place - 0.19, whole) for place, _, whole in both], ALL, 0.36, pale=True))
    if rest:
        marks.append(_bars([(float(place), alone) for place, alone in rest], "", 0.5, pale=True, colour=_REST))
    words = tuple(spoken(name) for name, _, _ in rows[::-1])
    return Panel(x, Axis("", words=words), (*marks, Rule(0.0, False)), title, height=_ROW * len(rows) + 8)


def _bars(
    told: Sequence[tuple[float, Mapping[str, Any]]], label: str, thick: float, pale: bool = False, colour: int = 0
) -> Bars:
    values, errors = (np.array([index[name] for _, index in told], float) for name in ("value", "conf"))
    return Bars([place for place, _ in told], values, label, errors, colour, pale, thick)
