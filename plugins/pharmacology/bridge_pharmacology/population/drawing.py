"""Sheets that all pictures of populations are drawn on."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

Array = NDArray[np.float64]

BLUE, ORANGE, GREEN, GREY = "#0072b2", "#d55e00", "#009e73", "#666666"


def sheet(width: float = 7.2, height: float = 4.6) -> Figure:
    """An empty figure that can be saved."""
    figure = Figure(figsize=(width, height), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def plain(axes: Axes) -> None:
    """Leave out the frame above and to the right."""
    axes.spines[["top", "right"]].set_visible(False)


def clock(last: float) -> tuple[float, str]:
    """By what to multiply a time in days, and its unit, so that a course of this length reads well."""
    if last <= 7:
        return 24.0, "h"
    return (1.0, "d") if last <= 400 else (1 / 7, "week")


def number(value: float) -> str:
    """Three figures, in plain digits where that is short."""
    return f"{value:.3g}"
