"""What all pictures share: figures without a screen, colours for all eyes, labels with units, logarithmic axes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from bridge.errors import ContractError
from bridge.store.view import pretty

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float64]

INSTALL = "pictures are drawn by matplotlib, which is not installed: pip install 'scalebridge[pictures]'."
#: M. Okabe and K. Ito, Color Universal Design (2008), from the one that is seen best on white.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
MARKS = ("o", "s", "^", "D", "v", "P", "X")
WRONG = "#d55e00"
INK = "#333333"
_DPI = 150
_MICRO = re.compile(r"\bu(?=(?:m|s|g|l|L|N|J|W|V|A|K|C|T|F|S|Pa|eV|mol|M)\b)")


def figure(width: float, height: float) -> Figure:
    """A figure in inches, drawn by no screen. Raises ContractError where matplotlib is missing."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise ContractError(INSTALL) from None
    made = Figure(figsize=(width, height), dpi=_DPI, layout="constrained")
    FigureCanvasAgg(made)
    return made


def saved(drawn: Figure, path: Path) -> Path:
    """Write a figure as PNG, the same bytes for the same numbers."""
    path.parent.mkdir(parents=True, exist_ok=True)
    drawn.savefig(path, format="png", metadata={"Software": None})
    return path


def label(name: str, unit: str | None) -> str:
    """A quantity for people: ``strain rate (1/s)``."""
    said = _MICRO.sub("µ", pretty(unit or ""))
    return spoken(name) + (f" ({said})" if said else "")


def spoken(name: str) -> str:
    """A name with spaces: ``strain rate``."""
    return name.replace("_", " ")


def tidy(axes: Axes) -> None:
    """Leave out the lines that say nothing."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=INK)


def lost(axes: Axes, count: int) -> None:
    """Say above a panel how many points have no result."""
    if count:
        said = f"× {count:,} without a result"
        place: Any = {"transform": axes.transAxes, "ha": "right", "va": "bottom"}
        axes.text(0.99, 1.005, said, fontsize="small", color=WRONG, **place)


def over_decades(values: Any) -> bool:
    """Whether numbers are to be drawn on a logarithmic scale: all above nought, over two decades or more."""
    found = np.asarray(values, float)
    found = found[np.isfinite(found)]
    return bool(found.size and found.min() > 0 and found.max() >= 100 * found.min())


def spaced_by_ratio(values: Any) -> bool:
    """Whether the values of an axis are evenly spaced in the logarithm, and not as numbers."""
    found = np.unique(np.asarray(values, float))
    if found.size < 3 or found[0] <= 0:
        return over_decades(values)
    steps, ratios = np.diff(found), np.diff(np.log(found))
    return bool(np.ptp(ratios) < np.ptp(steps) / steps.mean() * ratios.mean() and found[-1] >= 4 * found[0])
