"""Homogenization: what the multiscale method costs as the period of a rod shrinks, and the whole solve beside it.

Draws docs/hmm.png from what it measures.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from bridge_transport import bounds, cell_problem, microstructure, rod
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from bridge.testing import plain
from tests.bench.measure import Row, compare, seconds

PERIODS = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
PICTURE = Path(__file__).parents[2] / "docs" / "hmm.png"


def rows() -> Iterator[Row]:
    """The rod at five periods; a cell problem of 64 x 64 voxels."""
    asking, resolving = [], []
    for period in PERIODS:
        flux = plain(lambda gradient, position, p=period: rod.cell(gradient, position, 1.0, p, 1.0).flux)
        asking.append(seconds(lambda flux=flux: rod.macro(flux, 1.0, 1.0, elements=64)))  # type: ignore[misc]
        resolving.append(seconds(lambda p=period: rod.resolved(1.0, p, 1.0, 1.0), repeat=3 if period > 1e-6 else 1))
        yield compare(
            f"rod of period {period:.0e}, multiscale method with 64 elements", asking[-1], "resolved", resolving[-1]
        )
    draw(asking, resolving)
    image = microstructure.fibres(0.5).phase
    local, shares = np.where(image, 10.0, 1.0), np.array([1 - image.mean(), image.mean()])

    def cell() -> None:
        found = cell_problem.bracket(local)
        bounds.check(found.lower, found.upper, shares, np.array([1.0, 10.0]), found.residue)

    yield Row("conductivity tensor of 64 x 64 voxels, enclosed and checked", f"{seconds(cell) * 1e3:.3g} ms")


def draw(asking: list[float], resolving: list[float]) -> None:
    """Cost against period, on logarithmic axes."""
    figure = Figure(figsize=(6.4, 4.2), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    axes.loglog(PERIODS, resolving, "s-", color="#c8553d", label="every period resolved, 16 elements each")
    axes.loglog(PERIODS, asking, "o-", color="#33658a", label="rod.macro: 64 elements, each asks rod.cell once")
    axes.set(xlabel="period / length", ylabel="time of one solution (s)", title="Steady heat in a rod of two scales")
    axes.set_ylim(bottom=min(*asking, *resolving) / 3)
    axes.invert_xaxis()
    axes.grid(alpha=0.3, which="both", linewidth=0.5)
    axes.legend(frameon=False)
    FigureCanvasAgg(figure)
    figure.savefig(PICTURE, metadata={"Software": None})
