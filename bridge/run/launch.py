"""Launching: a flow run from check to record, with the server and the cluster it needs."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from bridge.chain.chain import Chain, Unplanned
from bridge.errors import BridgeError, ContractError
from bridge.run.check import check_with
from bridge.run.cluster import Cluster, connect
from bridge.run.server import configure, ensure
from bridge.run.session import Session, open_session
from bridge.store.keys import plan_key
from bridge.store.runlog import Listener
from bridge.store.runs import Run
from bridge.store.store import Store


class RunFailed(BridgeError):
    """A run ended without all of its outputs."""


@dataclass
class _Launching:
    flow: Any
    parameters: Mapping[str, Any]
    cluster: Cluster
    listener: Listener | None
    session: Session | None = None


_launching: ContextVar[_Launching | None] = ContextVar("bridge_launching", default=None)


def launch(flow: Any, **parameters: Any) -> Run:
    """Run a Prefect flow and return the stored run: ``launch(creep, temperature="950 K")``.

    Raises what the contract refuses before anything runs, and RunFailed for what fails later.
    """
    run = launch_with(flow, parameters)
    if run.state != "completed":
        raise RunFailed(f"run {run.id} {run.state}:\n" + "\n".join(errors_of(run)))
    return run


def errors_of(run: Run) -> list[str]:
    """What went wrong, a line a stage; what the flow's body met where no stage failed."""
    failed = [str(s["error"]) for s in run.stages.values() if s["state"] == "failed"]
    return failed or [str(run.about.get("failure", ""))]


def launch_with(
    flow: Any, parameters: Mapping[str, Any], *, cluster: str | None = None, listener: Listener | None = None
) -> Run:
    """Run a flow with parameters in a mapping, on a named cluster, telling ``listener`` of every event.

    The run comes back whatever became of its stages. Raises what the contract refuses, with nothing run.
    """
    from prefect.flows import Flow

    if not isinstance(flow, Flow):
        raise ContractError(f"{flow!r} is not a Prefect flow: write @flow(task_runner=runner()) above a function.")
    with ensure(wait=False) as server:  # starts while the flow is checked
        configure(server, console="CRITICAL")
        written = {name: _text(value) for name, value in parameters.items()}
        chain = check_with(flow, written)
        with connect(cluster or str(getattr(flow.task_runner, "cluster", "local"))) as dask:
            if None in found(chain, Store()).values():
                threading.Thread(target=_start, args=(dask,), daemon=True).start()  # beside the server
            server.wait()
            with _without_heartbeat() if server.ours else contextlib.nullcontext():
                return _run(_Launching(flow, written, dask, listener))


def _without_heartbeat() -> AbstractContextManager[Any]:
    """Let a flow end at once: the thread of its heartbeat sleeps in whole seconds (prefect 3.8.8, flow_engine.py).

    A server of the user's own may have automations that listen to it; ours has none.
    """
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    return temporary_settings(updates={PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None})


def _run(launching: _Launching) -> Run:
    token = _launching.set(launching)
    try:
        state = launching.flow(**launching.parameters, return_state=True)
    except BaseException:
        if launching.session:
            launching.session.abandon()
        raise
    finally:
        _launching.reset(token)
    session = launching.session
    if session is None:
        state.result()  # raises what kept the flow from submitting anything
        raise ContractError(f"flow {launching.flow.name!r} submits no stage: write stage('…').submit(…) in its body.")
    session.end(_name(state), **_failure(state))
    return Run(session.log.folder)


def _start(cluster: Cluster) -> None:
    try:
        cluster.client()
    except Exception:  # the first stage that computes meets the same error, and tells it
        return


def _name(state: Any) -> str:
    if state.is_completed():
        return "completed"
    return "cancelled" if state.is_cancelled() else "failed"


def _text(value: Any) -> Any:
    """A quantity as the text a flow's parameter is."""
    from bridge.units import exact, is_quantity

    if is_quantity(value) and exact(value) is not None:
        return f"{float(value.magnitude)!r} {value.units}"
    return value


def found(chain: Chain, store: Store) -> dict[str, str | None]:
    """For every stage the artifact its plan already led to, None where it must run."""
    plans: dict[str, str] = {}
    there: dict[str, str | None] = {}
    for stage in chain.stages.values():
        unplanned = any(isinstance(source, Unplanned) for source in stage.sources.values())
        if unplanned or any(before not in plans for before in stage.upstream):
            there[stage.name] = None
            continue
        plans[stage.name] = plan_key(stage, plans)
        there[stage.name] = store.planned(plans[stage.name])
    return there


# Flows that are called without launch()


@functools.cache
def _shared(cluster: str) -> Cluster:
    return connect(cluster)  # closed at exit


def begin(context: Any) -> Session:
    """The session of the flow run ``context`` (Prefect's); its first stage begins it.

    A subflow's stages belong to the run of the flow that was called first, whichever submits the first stage.
    """
    launching = _launching.get()
    if launching and launching.session:
        return launching.session
    outer = _outermost(context)
    if launching:
        session = Session(launching.flow, launching.parameters, launching.cluster, launching.listener)
        launching.session = session
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
    session.log.note(prefect={"flow_run": str(outer.flow_run.id), "name": outer.flow_run.name})
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
        session.end(_name(state), **_failure(state))


def _failure(state: Any) -> dict[str, str]:
    return {} if state.is_completed() else {"failure": str(state.message)}
