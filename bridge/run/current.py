"""Which run a stage belongs to: that of the launch, or of the flow that was called first."""

from __future__ import annotations

import functools
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from bridge.errors import ContractError
from bridge.run.cluster import Cluster, connect
from bridge.run.schedules.calling import of_schedule
from bridge.run.session import Session, open_session
from bridge.run.stopping import Stop, arm
from bridge.store.runlog import Listener
from bridge.store.store import Store

_here: ContextVar[Session | None] = ContextVar("bridge_session", default=None)


@dataclass
class Launching:
    """A flow about to run, and its session once its first stage has begun it."""

    flow: Any
    parameters: Mapping[str, Any]
    cluster: Cluster
    listener: Listener | None
    label: Mapping[str, Any] = field(default_factory=dict)
    resume: str | None = None
    stop: Stop = field(default_factory=Stop)
    store: Store | None = None
    session: Session | None = None


#: What is being launched here.
launching: ContextVar[Launching | None] = ContextVar("bridge_launching", default=None)


def current(stage: str) -> Session:
    """The session of the flow run around; the first stage of a flow begins it. Raises ContractError."""
    session = _here.get()
    if session is not None and session.running:
        return session
    context: Any = None
    if "prefect" in sys.modules:
        from prefect.context import FlowRunContext

        context = FlowRunContext.get()
    if context is None or context.flow is None:
        raise ContractError(
            f"stage({stage!r}).submit(…) belongs in a flow: write @flow(task_runner=runner()) above the function that "
            "calls it. To compute without a flow, call the model itself."
        )
    session = begin(context)
    _here.set(session)
    return session


@functools.cache
def _shared(cluster: str) -> Cluster:
    return connect(cluster)  # closed at exit


def begin(context: Any) -> Session:
    """The session of the flow run ``context`` (Prefect's); its first stage begins it.

    A subflow's stages belong to the run of the flow that was called first, whichever submits the first stage.
    """
    launched = launching.get()
    if launched and launched.session:
        return launched.session
    outer = _outermost(context)
    if launched:
        arm(launched.stop)
        session = Session(
            launched.flow,
            launched.parameters,
            launched.cluster,
            launched.listener,
            label=launched.label,
            resume=launched.resume,
            stop=launched.stop,
            store=launched.store,
        )
        launched.session = session
    else:
        known = open_session(str(outer.flow_run.id))
        if known:
            return known
        cluster = _shared(str(getattr(outer.task_runner, "cluster", "local")))
        session = Session(outer.flow, outer.parameters, cluster)
        flow = outer.flow
        for hooks in (
            flow.on_completion_hooks,
            flow.on_failure_hooks,
            flow.on_crashed_hooks,
            flow.on_cancellation_hooks,
        ):
            if record_run not in hooks:
                hooks.append(record_run)
    about = {} if launched else of_schedule(outer, session.log.id)
    session.log.note(prefect={"flow_run": str(outer.flow_run.id), "name": outer.flow_run.name}, **about)
    return session


def _outermost(context: Any) -> Any:
    """The context of the flow that was called first, from that of a subflow."""
    token = context._token
    while token is not None and isinstance(token.old_value, type(context)):
        context = token.old_value
        token = context._token
    return context


def record_run(flow: Any, flow_run: Any, state: Any) -> None:
    """Close the record of a run that was not launched: Prefect's hook."""
    session = open_session(str(flow_run.id))
    if session:
        close(session, state)


def close(session: Session, state: Any) -> None:
    """Close a run's record as Prefect's state of the flow run has it."""
    if state.is_completed():
        session.end("completed")
    else:
        session.end("cancelled" if state.is_cancelled() else "failed", failure=str(state.message))
