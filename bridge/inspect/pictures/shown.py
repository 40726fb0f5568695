"""The pictures of a stored sweep, as descriptions and as files in the state folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bridge.errors import BridgeError, ContractError
from bridge.store.runs import Run
from bridge.store.sweeps import Sweep

if TYPE_CHECKING:
    from bridge.inspect.pictures.plot import Plot

#: Points of which results are read for being looked at.
MOST = 200_000


def pictures_of(run: Run, folder: Path) -> tuple[list[str], list[str]]:
    """Files of a sweep's pictures, and why there are none where there could be."""
    try:
        drawn = [plot.save(folder / f"{stem}.png") for stem, plot in plots_of_sweep(run)]
    except BridgeError as reason:
        return [], [f"no picture: {reason}"]
    return [str(path) for path in drawn], []


def plots_of_sweep(run: Run, stage: str | None = None) -> list[tuple[str, Plot]]:
    """The pictures of a sweep with the names of their files: of its sensitivities, else of one stage's numbers.

    That stage is the last one that has come to anything, unless one is named. Raises BridgeError.
    """
    from bridge.inspect.pictures.indices import index_plots
    from bridge.inspect.pictures.sweeps import sweep_plots
    from bridge.inspect.pictures.swept import swept
    from bridge.inspect.sensitivity import document_of
    from bridge.sensitivity.sensitivity import FACT
    from bridge.store.sweepdata import dataset

    found = Sweep(run)
    if FACT in run.about and stage is None:
        document = document_of(run)
        return [] if "refused" in document else index_plots(document)
    if found.points.size > MOST:
        raise ContractError(f"no more than {MOST:,} points are drawn: this sweep has {found.points.size:,}.")
    return sweep_plots(swept(dataset(found, [stage or _last(found)], numbers=True)))


def _last(found: Sweep) -> str:
    """The last stage that has come to anything."""
    for stage in reversed(found.stages):
        if any(key is not None for key in found.keys(stage)):
            return stage
    return found.stages[-1]
