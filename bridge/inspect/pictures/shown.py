"""The pictures of a stored sweep, written into the state folder."""

from __future__ import annotations

from pathlib import Path

from bridge.errors import BridgeError
from bridge.store.runs import Run
from bridge.store.sweeps import Sweep

#: Points of which results are read for being looked at.
MOST = 200_000


def pictures_of(run: Run, folder: Path) -> tuple[list[str], list[str]]:
    """Files of a sweep's pictures, and why there are none where there could be."""
    from bridge.inspect.pictures.indices import draw_indices
    from bridge.inspect.pictures.sweeps import picture_of
    from bridge.inspect.sensitivity import document_of
    from bridge.sensitivity.sensitivity import FACT
    from bridge.store.sweepdata import dataset

    swept = Sweep(run)
    try:
        if FACT in run.about:
            document = document_of(run)
            drawn = [] if "refused" in document else draw_indices(document, folder)
        elif swept.points.size > MOST:
            return [], [f"no picture of more than {MOST:,} points: this sweep has {swept.points.size:,}."]
        else:
            drawn = picture_of(dataset(swept, [_last(swept)], numbers=True), folder)
    except BridgeError as reason:
        return [], [f"no picture: {reason}"]
    return [str(path) for path in drawn], []


def _last(swept: Sweep) -> str:
    """The last stage that has come to anything."""
    for stage in reversed(swept.stages):
        if any(key is not None for key in swept.keys(stage)):
            return stage
    return swept.stages[-1]
