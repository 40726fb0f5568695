"""Launching: a flow run from check to record, with the server and the cluster it needs."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from bridge.errors import BridgeError, ContractError
from bridge.run.check import check_with
from bridge.run.cluster import Cluster, connect
from bridge.run.clusters.needs import needs
from bridge.run.current import Launching, close, launching
from bridge.run.options import accepted, accepting
from bridge.run.plan import found
from bridge.run.resuming import flow_of, resumable
from bridge.run.schedules.calling import called
from bridge.run.server import Server, configure, ensure
from bridge.run.stopping import Stop, signals
from bridge.store.runlog import Listener
from bridge.store.runs import Run
from bridge.store.store import Store

_LABEL = re.compile(r"[\w.:+=-]{1,64}")


class RunFailed(BridgeError):
    """A run ended without all of its outputs."""


def launch(
    flow: Any,
    /,
    *,
    run_name: str | None = None,
    tags: Sequence[str] = (),
    accept: str | Sequence[str] = (),
    **parameters: Any,
) -> Run:
    """Run a Prefect flow and return the stored run: ``launch(creep, temperature="950 K")``.

    ``run_name`` and ``tags`` are for people to find it by; ``accept`` names pairs of scales that need not be separated
    in this run. Raises what the contract refuses before anything runs, and RunFailed for what fails later.
    """
    return _whole(launch_with(flow, parameters, name=run_name, tags=tags, accept=accept))


def resume(run: Run | str, flow: Any = None, *, cluster: str | None = None, accept: str | Sequence[str] = ()) -> Run:
    """Go on with a run whose driver, scheduler or machine died, that was cancelled, or that failed.

    What is in the store is found, the rest runs. ``flow`` is taken from where the run had it unless given; ``accept``
    names pairs of scales that need not be separated, besides those that the run accepted already. Raises
    ContractError for a run that cannot be gone on with, and RunFailed as ``launch`` does; of a sweep, what failed or
    is missing runs, and the run comes back whatever became of its points.
    """
    from bridge.store.runs import run_of

    stored = run_of(run) if isinstance(run, str) else run
    gone_on = resume_with(stored, flow, cluster=cluster, accept=accept)
    return gone_on if "sweep" in stored.about else _whole(gone_on)


def resume_with(
    run: Run,
    flow: Any = None,
    *,
    cluster: str | None = None,
    listener: Listener | None = None,
    accept: str | Sequence[str] = (),
) -> Run:
    """Go on with a stored run or sweep, telling ``listener`` of every event; it comes back whatever became of it."""
    resumable(run)
    flow = flow or flow_of(run)
    accept = (*run.about.get("accept", ()), *accepted(accept))
    if "sweep" in run.about:
        from bridge.run.sweeps.sweep import resume_sweep

        return resume_sweep(run, flow, cluster=cluster, listener=listener, accept=accept).run
    return launch_with(flow, run.parameters, cluster=cluster, listener=listener, again=run, accept=accept)


def _whole(run: Run) -> Run:
    if run.state != "completed":
        raise RunFailed(f"run {run.id} {run.state}:\n" + "\n".join(errors_of(run)))
    return run


def errors_of(run: Run) -> list[str]:
    """What went wrong, a line a stage; what the flow's body met where no stage failed."""
    failed = [str(s["error"]) for s in run.stages.values() if s["state"] == "failed"]
    return failed or [str(run.about.get("failure", ""))]


def launch_with(
    flow: Any,
    parameters: Mapping[str, Any],
    *,
    cluster: str | None = None,
    listener: Listener | None = None,
    name: str | None = None,
    tags: Sequence[str] = (),
    again: Run | None = None,
    facts: Mapping[str, Any] | None = None,
    accept: str | Sequence[str] = (),
) -> Run:
    """Run a flow with parameters in a mapping, on a named cluster, telling ``listener`` of every event.

    The run comes back whatever became of its stages; ``again`` is a run to go on with, ``facts`` what its record says
    besides, ``accept`` names pairs of scales that need not be separated. Raises what the contract refuses, with nothing
    run, StoreUnusable where nothing can be stored, and KeyboardInterrupt, with the run's record closed, when Ctrl-C or
    SIGTERM ends it.
    """
    from bridge.run.threads import in_threads

    names = accepted(accept)
    label = labelled(name, tags) | dict(facts or {}) | ({"accept": list(names)} if names else {})
    with accepting(names), grounds(flow) as (store, server):
        written = {name: _text(value) for name, value in parameters.items()}
        chain = check_with(flow, written)
        with connect(cluster or str(getattr(flow.task_runner, "cluster", "local"))) as dask:
            if in_threads(flow.task_runner):
                dask.expect(needs(chain, store))
            with attended(server, dask, None in found(chain, store).values(), listener):
                resumed = again.id if again else None
                return _run(Launching(flow, written, dask, listener, label, resumed, store=store))


@contextlib.contextmanager
def grounds(flow: Any) -> Iterator[tuple[Store, Server]]:
    """A store that can be written to, and a server that starts while the flow is checked.

    Raises ContractError for what is no flow of Prefect's, and StoreUnusable.
    """
    from prefect.flows import Flow

    if not isinstance(flow, Flow):
        raise ContractError(f"{flow!r} is not a Prefect flow: write @flow(task_runner=runner()) above a function.")
    store = Store()
    store.prepare()
    with ensure(wait=False) as server:
        configure(server, console="CRITICAL")
        yield store, server


@contextlib.contextmanager
def attended(server: Server, cluster: Cluster, missing: bool, listener: Listener | None = None) -> Iterator[None]:
    """Wait for Prefect's server, beside which the cluster starts if something is ``missing``; keep the server up.

    Raises ClusterError for a cluster that is not embedded and cannot do what is expected of it.
    """
    if missing:
        _prepare(cluster, listener)
    server.wait()
    with server.kept(), _without_heartbeat() if server.ours else contextlib.nullcontext():
        yield


def labelled(name: str | None, tags: Sequence[str]) -> dict[str, Any]:
    """What people call a run, as its record has it. Raises ContractError for what no command line could find again."""
    for word in (*([name] if name is not None else []), *tags):
        if not _LABEL.fullmatch(word):
            raise ContractError(f"{word!r} is no name or tag: write letters, digits and '_.:+=-', at most 64.")
    return ({"name": name} if name else {}) | ({"tags": sorted(set(tags))} if tags else {})


def _without_heartbeat() -> AbstractContextManager[Any]:
    """Let a flow end at once: the thread of its heartbeat sleeps in whole seconds (prefect 3.8.8, flow_engine.py).

    A server of the user's own may have automations that listen to it; ours has none.
    """
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    return temporary_settings(updates={PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None})


def _run(what: Launching) -> Run:
    token = launching.set(what)
    try:
        with signals(what.stop):
            state = called(what.flow, what.parameters)
    except BaseException:
        if what.session:
            what.session.abandon()
        raise
    finally:
        launching.reset(token)
    session = what.session
    if session is None:
        state.result()  # raises what kept the flow from submitting anything
        raise ContractError(f"flow {what.flow.name!r} submits no stage: write stage('…').submit(…) in its body.")
    close(session, state)
    return Run(session.store, session.log.id)


def _prepare(cluster: Cluster, listener: Listener | None) -> None:
    """Let the embedded cluster start meanwhile; see to it that any other can do the work before it begins."""
    if cluster.embedded:
        threading.Thread(target=_start, args=(cluster,), daemon=True).start()
        return
    with signals(Stop()):  # SIGTERM, too, takes jobs back that wait in a queue
        cluster.ready(lambda said: listener({"stage": "", "state": said}) if listener else None)


def _start(cluster: Cluster) -> None:
    try:
        cluster.client()
    except Exception:  # the first stage that computes meets the same error, and tells it
        return


def _text(value: Any) -> Any:
    """A quantity as the text a flow's parameter is."""
    from bridge.units import exact, is_quantity

    if is_quantity(value) and exact(value) is not None:
        return f"{float(value.magnitude)!r} {value.units}"
    return value
