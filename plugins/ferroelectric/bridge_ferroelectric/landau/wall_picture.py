"""A wall's profile as people look at it."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from bridge import Picture

Array = NDArray[np.float64]

COLORS = {"r": "#0072b2", "s": "#d55e00", "t": "#009e73"}


def draw(position: Array, polarization: Array, strain: Array, title: str) -> Picture:
    """Both walls: polarization (plane, 3) and normal strains in wall axes against position in nm."""
    figure = Figure(figsize=(6.6, 5.2), dpi=140, layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    names = ("r, normal to the wall", "s, what switches", "t, along the wall")
    for i, (axis, name) in enumerate(zip(COLORS, names, strict=True)):
        style = {"color": COLORS[axis], "marker": "o", "ms": 3.5, "lw": 1.2}
        above.plot(position, polarization[:, i], label=name, **style)
        below.plot(position, 1e3 * strain[:, i], **style)
    above.axhline(0, color="0.8", lw=0.8, zorder=0)
    above.set(ylabel="polarization along r, s, t (C/m²)", title=title)
    below.set(xlabel="position along the normal (nm)", ylabel="strain rr, ss, tt (10⁻³)")
    figure.legend(*above.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    return Picture.drawn(figure)
