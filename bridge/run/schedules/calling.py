"""Calling a flow: as a flow run of its own, or as the one that a schedule has made already."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun

#: Label under which Prefect's flow run names the run in the store.
RUN = "scalebridge.run"
#: The flow run that Prefect has made for the flow called next.
fired: ContextVar[FlowRun | None] = ContextVar("bridge_fired", default=None)


def called(flow: Any, parameters: Mapping[str, Any]) -> Any:
    """Call a flow and return Prefect's state of it.

    A scheduled flow run is gone on with, instead of beginning a second one beside it; flows that it calls are their
    own again.
    """
    flow_run = fired.get()
    if flow_run is None:
        return flow(**parameters, return_state=True)
    from prefect.flow_engine import run_flow
    from prefect.utilities.callables import get_call_parameters

    given = get_call_parameters(flow.fn, (), dict(parameters))
    token = fired.set(None)
    try:
        return run_flow(flow, flow_run=flow_run, parameters=given, return_type="state")
    finally:
        fired.reset(token)


def of_schedule(context: Any, run: str) -> dict[str, Any]:
    """What the record of a run says of the schedule that Prefect's engine ran its flow for; Prefect is told the run."""
    name = os.environ.get("PREFECT__DEPLOYMENT_NAME")  # set by Prefect's worker
    if not name or context.flow_run.deployment_id is None:
        return {}
    with contextlib.suppress(Exception):  # a label for people is no reason to fail
        context.client.update_flow_run_labels(context.flow_run.id, {RUN: run})
    return {"schedule": name}
