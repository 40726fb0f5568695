"""The Prefect flow that a sweep is: one flow run, a task for every block of executions.

Prefect itself can deploy it: called without a sweep prepared in this process, it reads flow, axes and options from
its parameters.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from prefect import Task, flow
from prefect.cache_policies import NO_CACHE
from prefect.context import FlowRunContext

from bridge.run.runner import runner
from bridge.run.stopping import Stopped

if TYPE_CHECKING:
    from bridge.run.sweeps.driving import Block
    from bridge.run.sweeps.prepared import Prepared

#: The sweep that this process has prepared.
preparing: ContextVar[Prepared | None] = ContextVar("bridge_sweep", default=None)
#: Seconds between two words to Prefect's page.
_TOLD = 2.0


_runner: Any = runner()


@flow(name="sweep", task_runner=_runner, validate_parameters=False)
def sweep_flow(flow: str, axes: dict[str, Any] | None = None, options: dict[str, Any] | None = None) -> dict[str, Any]:
    """Run ``flow`` ("flows/creep.py:creep") at every point of ``axes`` (texts by parameter); counts come back."""
    prepared = preparing.get()
    if prepared is None:
        from bridge.run.sweeps.prepared import prepare_written

        prepared = prepare_written(flow, axes or {}, options or {})
    context = FlowRunContext.get()
    if context is not None and context.flow_run is not None:
        known = {"flow_run": str(context.flow_run.id), "name": context.flow_run.name}
        prepared.label = {**prepared.label, "prefect": known}
    return prepared.drive(_submitted, _Page(prepared.name))


def _submitted(block: Block) -> Any:
    """Hand a block to Prefect: a task in a thread of this process."""
    return Task(
        perform,
        name=block.stage,
        task_run_name=block.name.replace("{", "(").replace("}", ")"),
        cache_policy=NO_CACHE,  # the store is the cache
        persist_result=False,
        log_prints=False,
    ).submit(block)


def perform(block: Block) -> None:
    """The body of a block's Prefect task."""
    block.driving.perform(block)


class _Page:
    """Progress on the flow run's page at Prefect, told every two seconds."""

    def __init__(self, name: str) -> None:
        self._name, self._last = name, 0.0
        self._artifact: Any = None

    def __call__(self, progress: Mapping[str, Any], last: bool = False) -> None:
        """Tell how far the sweep is."""
        from prefect.artifacts import create_progress_artifact, update_progress_artifact

        now = time.monotonic()
        if not last and now - self._last < _TOLD:
            return
        self._last = now
        count = max(1, progress["executions"])
        done = 100.0 * (progress["computed"] + progress["found"] + progress["failed"]) / count
        text = ", ".join(f"{progress[name]} {name}" for name in ("computed", "found", "failed", "waiting"))
        if self._artifact is None:
            self._artifact = create_progress_artifact(done, description=f"{self._name}: executions of stages")
        else:
            update_progress_artifact(self._artifact, done, description=f"{self._name}: {text}")


__all__ = ["Stopped", "perform", "preparing", "sweep_flow"]
