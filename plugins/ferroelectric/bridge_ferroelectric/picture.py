"""Figures as pictures."""

from __future__ import annotations

import io

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from bridge import Picture


def png(figure: Figure) -> Picture:
    """A figure as PNG, the same bytes for the same numbers."""
    FigureCanvasAgg(figure)
    file = io.BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None})
    return Picture(file.getvalue(), "image/png")
