"""Sweeps: a flow at many points, launched, gone on with, and planned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bridge.run.cluster import connect
from bridge.run.clusters.needs import needs
from bridge.run.launch import RunFailed, attended, grounds, labelled
from bridge.run.options import accepted, accepting
from bridge.run.schedules.calling import called
from bridge.run.stopping import signals
from bridge.store.runlog import Listener
from bridge.store.runs import Run
from bridge.store.store import Store
from bridge.store.sweeps import Sweep

if TYPE_CHECKING:
    from bridge.axes.designs import Design
    from bridge.axes.points import Points
    from bridge.run.sweeps.prepared import Prepared


def sweep(
    flow: Any,
    /,
    *designs: Design,
    run_name: str | None = None,
    tags: Sequence[str] = (),
    cluster: str | None = None,
    failures: int | None = None,
    points_limit: int | None = None,
    accept: str | Sequence[str] = (),
    **axes: Any,
) -> Sweep:
    """Run a flow at every point: ``sweep(creep, temperature=Q([800, 900], "K"), stress="1 MPa, 2 MPa")``.

    A parameter with several values is an axis, one with a single value is fixed; ``zipped(…)``, ``samples(…)`` and
    ``table(…)`` are axes that vary together. Failed points are recorded and the sweep goes on, past ``failures``
    failures at most (a tenth of the points unless given). ``accept`` names pairs of scales that need not be separated;
    else a point at which they are not has failed. Raises what the contract refuses before anything runs, and
    RunFailed where not a single point came to its end.
    """
    from bridge.run.sweeps.written import read_python

    points, fixed = read_python(flow, designs, axes, points_limit)
    swept = sweep_with(flow, points, fixed, cluster=cluster, name=run_name, tags=tags, failures=failures, accept=accept)
    if "done" not in swept.counts:
        said = next((error for _, error in swept.errors(1)), str(swept.run.about.get("failure", "")))
        raise RunFailed(f"sweep {swept.id} {swept.state}: {said}")
    return swept


def sweep_with(
    flow: Any,
    points: Points,
    fixed: Mapping[str, Any],
    *,
    cluster: str | None = None,
    listener: Listener | None = None,
    name: str | None = None,
    tags: Sequence[str] = (),
    failures: int | None = None,
    again: Run | None = None,
    facts: Mapping[str, Any] | None = None,
    accept: str | Sequence[str] = (),
) -> Sweep:
    """Run a flow at these points, telling ``listener`` of its progress; the sweep comes back whatever became of it.

    ``again`` is a run to go on with, ``facts`` what its record says besides, ``accept`` names pairs of scales
    that need not be separated. Raises what the contract refuses, with
    nothing run, StoreUnusable, and KeyboardInterrupt, with the record closed, when Ctrl-C or SIGTERM ends it.
    """
    names = accepted(accept)
    label = labelled(name, tags) | dict(facts or {}) | ({"accept": list(names)} if names else {})
    with accepting(names), grounds(flow) as (store, server):
        prepared = _prepared(flow, points, fixed, store, label, failures, listener, again)
        with connect(cluster or str(getattr(flow.task_runner, "cluster", "local"))) as dask:
            prepared.cluster = dask
            dask.expect(needs(prepared.chain, store))
            with attended(server, dask, prepared.missing(), listener):
                return _run(prepared)


def resume_sweep(
    run: Run,
    flow: Any,
    *,
    cluster: str | None = None,
    listener: Listener | None = None,
    accept: Sequence[str] = (),
) -> Sweep:
    """Go on with a sweep: what failed or is missing runs, the rest is found."""
    points = Sweep(run).points
    failures = run.about["sweep"].get("failures")
    label: dict[str, Any] = {name: run.about[name] for name in ("name", "tags") if name in run.about}
    more: dict[str, Any] = {"failures": failures, "again": run, "facts": label, "accept": accept}
    return sweep_with(flow, points, run.parameters, cluster=cluster, listener=listener, **more)


def plan(flow: Any, points: Points, fixed: Mapping[str, Any]) -> Prepared:
    """What a sweep would run, and what of it is in the store; nothing is run or written."""
    return _prepared(flow, points, fixed, Store(), {}, None, None, None)


def _prepared(
    flow: Any,
    points: Points,
    fixed: Mapping[str, Any],
    store: Store,
    label: Mapping[str, Any],
    failures: int | None,
    listener: Listener | None,
    again: Run | None,
) -> Prepared:
    from bridge.run.sweeps.prepared import prepare

    return prepare(flow, points, fixed, store, label=label, failures=failures, listener=listener, again=again)


def _run(prepared: Prepared) -> Sweep:
    from bridge.run.sweeps.flow import preparing, sweep_flow

    named = sweep_flow.with_options(name=f"sweep {prepared.name}")
    token = preparing.set(prepared)
    try:
        with signals(prepared.stop):
            counts = {c.name: len(c) for c in prepared.points.columns.values()}
            state = called(named, {"flow": prepared.name, "axes": counts})
    finally:
        preparing.reset(token)
    if prepared.run is None:
        state.result()  # raises what kept it from beginning
    swept = Sweep(Run(prepared.store, str(prepared.run)))
    if swept.state == "interrupted":
        state.result()
    return swept
