"""Running a flow from the command line, while people see how far it is."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence

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
) -> Run:
    """Load, check and run a flow file, showing its progress on stderr."""
    with going(progress_of(quiet)) as progress:
        from bridge.run.flowfile import load_flow
        from bridge.run.launch import launch_with

        return launch_with(load_flow(flow), parameters, cluster=cluster, listener=progress, name=name, tags=tags)


def resume_run(run: Run, flow: str | None, cluster: str | None, *, quiet: bool = False) -> Run:
    """Go on with a stored run, showing its progress on stderr."""
    from bridge.run.resuming import resumable

    resumable(run)
    if "sweep" in run.about:
        from bridge.inspect.sweeps.running import resume_run as resume_sweep

        return resume_sweep(run, flow, cluster, quiet=quiet)
    with going(progress_of(quiet)) as progress:
        from bridge.run.flowfile import load_flow
        from bridge.run.launch import launch_with
        from bridge.run.resuming import flow_of

        loaded = load_flow(flow) if flow else flow_of(run)
        return launch_with(loaded, run.parameters, cluster=cluster, listener=progress, again=run)


@contextlib.contextmanager
def going(shown: Quiet) -> Iterator[Quiet]:
    """Progress, while Prefect's server starts beside the import of Prefect."""
    from bridge.run.server import configure, ensure

    forget()
    with shown as progress, ensure(wait=False) as server:
        configure(server, console="CRITICAL")
        yield progress
