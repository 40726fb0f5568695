"""The pictures of a stored sweep, as descriptions and as files in the state folder."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from bridge.chain.values import UnknownPort
from bridge.errors import BridgeError, ContractError, did_you_mean
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


def plots_of_sweep(run: Run, stage: str | None = None, port: str = "") -> list[tuple[str, Plot]]:
    """The pictures of a sweep with the names of their files: of its sensitivities, else of one stage's numbers.

    That stage is the last one that has come to anything, unless one is named, and of it one ``port`` if that is.
    Raises BridgeError, UnknownPort.
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
    seen = swept(dataset(found, [stage or _last(found)], numbers=True))
    if port:
        known = {result.name: result for result in seen.results}
        if port not in known:
            raise UnknownPort(f"stage {stage} of the sweep gave no number {port!r}. {did_you_mean(port, known)}")
        seen = dataclasses.replace(seen, results=(known[port],))
    plots = sweep_plots(seen)
    return [(f"{stage}.{name}" if stage else name, plot) for name, plot in plots]


def _last(found: Sweep) -> str:
    """The last stage that has come to anything."""
    for stage in reversed(found.stages):
        if any(key is not None for key in found.keys(stage)):
            return stage
    return found.stages[-1]
