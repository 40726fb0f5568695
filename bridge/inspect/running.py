"""Running a flow from the command line, while people see how far it is."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bridge.inspect.progress import Quiet, forget, progress_of
from bridge.store.runs import Run


def run_flow(
    flow: str,
    parameters: Mapping[str, str],
    cluster: str | None,
    *,
    quiet: bool = False,
    name: str | None = None,
    tags: Sequence[str] = (),
    accept: Sequence[str] = (),
) -> Run:
    """Load, check and run a flow file, showing its progress on stderr."""
    with going(progress_of(quiet)) as progress:
        from bridge.run.flowfile import load_flow
        from bridge.run.launch import launch_with

        labels: dict[str, Any] = {"name": name, "tags": tags, "accept": accept}
        return launch_with(load_flow(flow), parameters, cluster=cluster, listener=progress, **labels)


def resume_run(
    run: Run, flow: str | None, cluster: str | None, *, quiet: bool = False, accept: Sequence[str] = ()
) -> Run:
    """Go on with a stored run or sweep, showing its progress on stderr."""
    from bridge.inspect.sweeps.progress import progress_of as progress_of_sweep
    from bridge.run.resuming import resumable

    resumable(run)  # before anything starts
    with going(progress_of_sweep(quiet) if "sweep" in run.about else progress_of(quiet)) as progress:
        from bridge.run.flowfile import load_flow
        from bridge.run.launch import resume_with

        loaded = load_flow(flow) if flow else None
        return resume_with(run, loaded, cluster=cluster, listener=progress, accept=accept)


@contextlib.contextmanager
def going(shown: Quiet) -> Iterator[Quiet]:
    """Progress, while Prefect's server starts beside the import of Prefect."""
    from bridge.run.server import configure, ensure

    forget()
    with shown as progress, ensure(wait=False) as server:
        configure(server, console="CRITICAL")
        yield progress
