"""Sobol indices as bars: what each input does alone and in all, what each scale does, and what is left."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge.inspect.pictures.drawing import COLOURS, INK, figure, saved, spoken, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Inputs that a picture has room for, those with the largest total first.
INPUTS = 14
_ALONE, _ALL, _REST = COLOURS[0], "#9ecae9", "#8a8a8a"

Row = tuple[str, Mapping[str, Any] | None, Mapping[str, Any] | None]


def draw_indices(document: Mapping[str, Any], folder: Path) -> list[Path]:
    """A picture for every output that varies. Raises ContractError where matplotlib is missing."""
    return [
        saved(bars(document, output), folder / f"sensitivity.{output['name']}.png".replace("/", "_").replace(":", "."))
        for output in document["outputs"]
        if not output["constant"]
    ]


def bars(document: Mapping[str, Any], output: Mapping[str, Any]) -> Figure:
    """Inputs above, scales below: first-order index before total index, with 95 % intervals."""
    inputs: list[Row] = [(name, told["S1"], told["ST"]) for name, told in output["inputs"].items()]
    inputs.sort(key=lambda row: -(row[2] or {})["value"])
    left = len(inputs) - INPUTS
    scales: list[Row] = [(name, told["S1"], told["ST"]) for name, told in output["scales"].items()]
    scales.append(("together (interactions)", output["interactions"], None))
    share = output["noise"].get("share")
    if share is not None and output["noise"]["how"] == "independent":
        scales.append(("noise", share, None))
    made = figure(7.2, 1.9 + 0.42 * (min(len(inputs), INPUTS) + len(scales)))
    heights = [min(len(inputs), INPUTS) + 0.6, len(scales) + 0.6]
    panels: Any = made.subplots(2, 1, height_ratios=heights, sharex=True)
    _panel(panels[0], inputs[:INPUTS], "by input" + (f" (and {left} more, which do less)" if left > 0 else ""))
    _panel(panels[1], scales, "by scale")
    panels[1].set_xlabel("share of the variance")
    low = min(0.0, *(row[1]["value"] - row[1]["conf"] for row in (*inputs, *scales) if row[1]))
    panels[1].set_xlim(max(low, -0.25), None)
    handles, labels = panels[0].get_legend_handles_labels()
    made.legend(handles[::-1], labels[::-1], loc="outside lower center", ncols=2, frameon=False)
    made.suptitle(f"{output['name']}: n = {document['used']:,}, bars with 95 % intervals", color=INK)
    return made


def _panel(axes: Axes, rows: list[Row], title: str) -> None:
    ticks: dict[str, Any] = {"capsize": 2, "ecolor": INK, "error_kw": {"elinewidth": 1}}
    for number, (_, alone, whole) in enumerate(rows):
        place = -number
        if whole is not None:
            said = "in all, with others (total index)" if number == 0 else None
            axes.barh(place - 0.19, whole["value"], 0.36, xerr=whole["conf"], color=_ALL, label=said, **ticks)
        if alone is not None:
            rest = whole is None
            said = "alone (first-order index)" if number == 0 else None
            high, at = (0.5, place) if rest else (0.36, place + 0.19)
            axes.barh(
                at, alone["value"], high, xerr=alone["conf"], color=_REST if rest else _ALONE, label=said, **ticks
            )
    axes.set_yticks([-number for number in range(len(rows))], [spoken(name) for name, _, _ in rows])
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_title(title, loc="left", fontsize="medium", color=INK)
    axes.tick_params(axis="y", length=0)
    tidy(axes)
    axes.spines["left"].set_visible(False)
