"""Going on with a run: whether that can be done, and where its flow is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bridge.errors import ContractError
from bridge.store.runs import Run
from bridge.store.upkeep.cleaning import living


def resumable(run: Run) -> None:
    """Raise ContractError if a run cannot be gone on with.

    The driver of a run that seems to go on, on a machine whose processes are not seen from here, is watched first:
    for 22 s it must show that it lives.
    """
    state = run.state
    if state in ("completed", "damaged") or (state == "running" and living(run.space, [f"{run.folder}/lock"])):
        raise ContractError(f"run {run.id} is {state}: there is nothing to resume.")
    if run.space is not run.store.space:
        raise ContractError(f"run {run.id} is in the shared store {run.space.address}, only read here: run it anew.")
    lost = run.about.get("not_written")
    if lost:
        raise ContractError(
            f"run {run.id} cannot be resumed: its parameter {lost[0]} is no text, number or list of them, so its record"
            " does not have it. Launch the flow again: what had finished is found."
        )


def flow_of(run: Run) -> Any:
    """The flow of a run, from the file that it was in. Raises ContractError if it is there no more."""
    from bridge.run.flowfile import load_flow

    file = run.about.get("file")
    if not file or not Path(file).is_file():
        raise ContractError(
            f"the flow of run {run.id} was in {file or 'no file'}, which is not there. Write scalebridge resume "
            f"{run.id} --flow PATH:{run.flow}, or launch the flow again: what had finished is found."
        )
    return load_flow(f"{file}:{run.flow}")
