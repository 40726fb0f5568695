"""Sessions: one flow run's stages, checked as a whole, keyed, submitted to Prefect and recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bridge.chain.chain import Chain, Stage
from bridge.chain.values import Output
from bridge.errors import BridgeError, NotSeparated
from bridge.models import Model
from bridge.run.check import check_with
from bridge.run.clusters.needs import needs, takes
from bridge.run.options import tags, whole_seconds
from bridge.run.order import Order, Receipt, perform
from bridge.run.provenance import provenance
from bridge.run.stopping import Stop, Stopped
from bridge.run.submitting import compute
from bridge.run.sweeps.kept import seal_everywhere
from bridge.run.underway import Underway
from bridge.scales.judging import told_of
from bridge.store.keys import plan_key
from bridge.store.runlog import Listener
from bridge.store.spaces.space import Damaged
from bridge.store.store import Store

if TYPE_CHECKING:
    from prefect.futures import PrefectFuture

    from bridge.run.cluster import Cluster

_open: dict[str, Session] = {}


class Session:
    """A run under way in this process."""

    def __init__(
        self,
        flow: Any,
        parameters: Mapping[str, Any],
        cluster: Cluster,
        listener: Listener | None = None,
        *,
        label: Mapping[str, Any] | None = None,
        resume: str | None = None,
        stop: Stop | None = None,
        store: Store | None = None,
    ) -> None:
        from bridge.run.threads import in_threads

        planned = check_with(flow, parameters)  # everything that can be refused is refused before anything runs
        self.store, self.cluster, self.chain = store or Store(), cluster, Chain()
        if in_threads(getattr(flow, "task_runner", None)):
            cluster.expect(needs(planned, self.store))
        self.plans: dict[str, str] = {}
        self._futures: dict[str, PrefectFuture[Any]] = {}
        self._done: set[str] = set()
        self._failed: set[str] = set()
        self._cost = {"cpu_seconds": 0.0, "peak_memory_bytes": 0}
        about = {**provenance(flow, parameters, planned, cluster.name), **(label or {})}
        self._underway = Underway(self.store, about, listener, resume=resume, stop=stop)
        self.log, self.stop = self._underway.log, self._underway.stop
        _open[self.log.id] = self
        if listener:
            listener({"stage": "", "state": "planned", "run": self.log.id, "stages": list(planned.stages)})

    @property
    def running(self) -> bool:
        """Whether stages may still be submitted."""
        return self.log.id in _open

    def submit(self, model: Model, given: Mapping[str, Any], name: str | None, options: Mapping[str, Any]) -> Output:
        """Add a stage to the run and hand it to Prefect."""
        from prefect.futures import PrefectFuture

        from bridge.run.future import RunningOutput

        known = {
            port: value.result() if isinstance(value, PrefectFuture) and not isinstance(value, Output) else value
            for port, value in given.items()
        }
        stage = self.chain.add(model, known, name=name, options=options)
        self.plans[stage.name] = plan_key(stage, self.plans)
        order = Order(stage, self.plans[stage.name], self.log.id, self.store)
        upstream = [self._futures[before] for before in stage.upstream]
        future = _submitted(stage, order, upstream)
        self._futures[stage.name] = future
        output = RunningOutput(self.chain, stage.name, model.outputs)
        output._futures, output._store = self._futures, self.store
        return output

    def found(self, order: Order) -> Receipt | None:
        """The receipt of a stage whose plan already led to an artifact."""
        key = self.store.planned(order.plan_key)
        return Receipt(order.stage, key, by="plan", judged=self._judged(key)) if key else None

    def _judged(self, key: str) -> dict[str, Any]:
        """What was judged when an artifact was made; whoever reads a damaged one is told so, not who finds it."""
        try:
            return told_of(self.store.open(key).about)
        except Damaged:
            return {}

    def compute(self, order: Order, attempt: int) -> Receipt:
        """Have a stage found or computed on the cluster; its worker restarts if it holds older code."""
        self.stop.check()
        self.log.event(order.stage, "running", attempt=attempt)
        order.attempt = attempt
        key = f"{order.stage}-{order.plan_key[:24]}-{order.store.address}"
        stage = self.chain.stages[order.stage]
        limit = stage.options.get("timeout")
        return compute(self.cluster, perform, order, key, self.stop, self.log, takes=takes(stage), limit=limit)

    def settled(self, stage: str, receipt: Receipt) -> None:
        """Record that a stage has its outputs."""
        self._done.add(stage)
        if receipt.cost:
            self._cost["cpu_seconds"] = round(self._cost["cpu_seconds"] + receipt.cost["cpu_seconds"], 6)
            self._cost["peak_memory_bytes"] = max(self._cost["peak_memory_bytes"], receipt.cost["peak_memory_bytes"])
        for said in receipt.warnings:
            self.log.event(stage, "warned", warning=said)
        if receipt.judged:
            self.log.event(stage, "judged", **receipt.judged)
        facts = {"key": receipt.key, "plan": self.plans.get(stage)} | ({"by": receipt.by} if receipt.found else {})
        self.log.event(stage, "found" if receipt.found else "computed", **facts, **receipt.cost)

    def failed(self, stage: str, reason: BaseException) -> None:
        """Record that a stage has failed, for good or to be tried again."""
        if isinstance(reason, Stopped):
            self.log.event(stage, "interrupted", error=str(reason))
            return
        self._failed.add(stage)
        if isinstance(reason, NotSeparated) and reason.told:
            self.log.event(stage, "judged", **reason.told)
        said = str(reason) if isinstance(reason, BridgeError) else f"{type(reason).__name__}: {reason}"
        self.log.event(stage, "failed", error=said, traceback=getattr(reason, "traceback", ""))

    def end(self, state: str, **facts: Any) -> None:
        """Close the run's record; stages that ran elsewhere than in this process are recorded now."""
        if _open.pop(self.log.id, None) is None:
            return
        for stage, future in self._futures.items():
            if stage not in self._done:
                self._collect(stage, future)
        if any(stage.model.closures for stage in self.chain.stages.values()) and self.cluster.started:
            seal_everywhere(self.cluster, self.log.id)
        if state == "completed" and len(self._done) < len(self._futures):
            state = "failed"
        self._underway.close(state, cost=self._cost, **facts)

    def _collect(self, stage: str, future: PrefectFuture[Any]) -> None:
        try:
            future.wait()
            found = future.state.result(raise_on_failure=False)
        except (Exception, asyncio.CancelledError) as reason:  # by Prefect, under another runner than ours
            found = reason
        if not isinstance(found, Receipt) and future.state.is_completed():
            found = self._in_store(stage) or found  # prefect-dask's results go with its cluster; the store has them
        if isinstance(found, Receipt):
            self.settled(stage, found)
        elif future.state.is_pending() or future.state.name == "NotReady":
            self.log.event(stage, "not run", error="a stage before it failed")
        elif isinstance(found, BaseException) and stage not in self._failed:
            self.failed(stage, found)

    def _in_store(self, stage: str) -> Receipt | None:
        """What a stage that completed elsewhere came to."""
        key = self.store.planned(self.plans[stage]) if stage in self.plans else None
        if key is None:
            return None
        about = self.store.open(key).about
        if about.get("run") != self.log.id:
            return Receipt(stage, key, "plan", judged=told_of(about))
        return Receipt(stage, key, None, about.get("cost"), about.get("warnings", ()), told_of(about))

    def abandon(self) -> None:
        """Give the run up where it is: what it finished stays in the store."""
        if _open.pop(self.log.id, None) is not None:
            self._underway.close("interrupted", cost=self._cost)


def open_session(flow_run: str) -> Session | None:
    """The session under way for a flow run of Prefect's."""
    known = (session for session in list(_open.values()))
    return next((s for s in known if s.log.about.get("prefect", {}).get("flow_run") == flow_run), None)


def run_stage(order: Order, upstream: list[Receipt]) -> Receipt:
    """The body of a stage's Prefect task, in a thread of the driver or on a worker of prefect-dask."""
    order.upstream = {receipt.stage: receipt.key for receipt in upstream}
    session = _open.get(order.run)
    attempt = _attempt()
    if session is None:  # prefect-dask brought the task itself to a worker
        order.attempt = attempt
        return perform(order)
    try:
        receipt = session.found(order) or session.compute(order, attempt)
    except Exception as reason:
        session.failed(order.stage, reason)
        raise
    session.settled(order.stage, receipt)
    return receipt


def _attempt() -> int:
    from prefect.context import TaskRunContext

    context = TaskRunContext.get()
    return context.task_run.run_count if context else 1


def _worth_retrying(task: Any, task_run: Any, state: Any) -> bool:
    """Whether a failed stage may run again: not where the run is to end, nor where its scales are not separated."""
    return not isinstance(state.result(raise_on_failure=False), (Stopped, NotSeparated))


def _submitted(stage: Stage, order: Order, upstream: list[PrefectFuture[Any]]) -> Any:
    """A stage handed to Prefect's task runner: one of threads, or one that brings the task itself to a worker.

    There, what the stage takes and how long it may take is for Dask and for Prefect to see to.
    """
    from prefect.context import FlowRunContext

    from bridge.run.threads import in_threads

    context = FlowRunContext.get()
    if context is None or in_threads(context.task_runner):
        return _task(stage.name, stage.options).submit(order, upstream)
    task = _task(stage.name, stage.options, timeout=whole_seconds(stage.options))
    client = getattr(context.task_runner, "client", None)
    if client is None or not (taken := takes(stage)):
        return task.submit(order, upstream)
    from dask.base import annotate

    from bridge.run.clusters.coming import placed

    with annotate(**placed(client, taken, type(context.task_runner).__name__)):
        return task.submit(order, upstream)


def _task(stage: str, options: Mapping[str, Any], timeout: int | None = None) -> Any:
    from prefect import Task
    from prefect.cache_policies import NO_CACHE

    return Task(
        run_stage,
        name=stage,
        task_run_name=stage,
        tags=tags(options),
        retries=options.get("retries", 0),
        retry_delay_seconds=options.get("retry_delay", 0),
        retry_condition_fn=_worth_retrying,
        timeout_seconds=timeout,
        cache_policy=NO_CACHE,  # the store is the cache
        persist_result=False,
        log_prints=False,
    )
