"""Sessions: one flow run's stages, checked as a whole, keyed, submitted to Prefect and recorded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bridge.chain.chain import Chain
from bridge.chain.values import Output
from bridge.errors import BridgeError, StaleCode
from bridge.models import Model
from bridge.run.check import check_with
from bridge.run.order import Order, Receipt, perform
from bridge.run.provenance import provenance
from bridge.store.keys import plan_key
from bridge.store.runlog import Listener, RunLog
from bridge.store.store import Store

if TYPE_CHECKING:
    from prefect.futures import PrefectFuture

    from bridge.run.cluster import Cluster

_open: dict[str, Session] = {}


class Session:
    """A run under way in this process."""

    def __init__(
        self, flow: Any, parameters: Mapping[str, Any], cluster: Cluster, listener: Listener | None = None
    ) -> None:
        planned = check_with(flow, parameters)  # everything that can be refused is refused before anything runs
        self.store, self.cluster, self.chain = Store(), cluster, Chain()
        self.plans: dict[str, str] = {}
        self._futures: dict[str, PrefectFuture[Any]] = {}
        self._done: set[str] = set()
        self._failed: set[str] = set()
        self.log = RunLog(self.store, provenance(flow, parameters, planned, cluster.name), listener)
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
        future = _task(stage.name, options).submit(order, upstream)
        self._futures[stage.name] = future
        output = RunningOutput(self.chain, stage.name, model.outputs)
        output._futures, output._store = self._futures, self.store
        return output

    def found(self, order: Order) -> Receipt | None:
        """The receipt of a stage whose plan already led to an artifact."""
        key = self.store.planned(order.plan_key)
        return Receipt(order.stage, key, found=True) if key else None

    def compute(self, order: Order, attempt: int) -> Receipt:
        """Have a stage found or computed on the cluster; its worker restarts if it holds older code."""
        self.log.event(order.stage, "running", attempt=attempt)
        key = f"{order.stage}-{order.plan_key[:24]}-{order.store.address}"
        restarted = 0
        while True:
            future = self.cluster.submit(work, order, key=key, retry=True)  # of an error that Dask has kept
            try:
                receipt: Receipt = self.cluster.wait(future)
                return receipt
            except StaleCode as stale:
                if restarted > len(self.cluster.workers()):
                    raise BridgeError(
                        f"{order.stage}: new workers have other code of its model than this process: the plugin was "
                        "edited after this process imported it. Start the flow in a new process."
                    ) from None
                self.log.event(order.stage, "restarting a worker with older code")
                self.cluster.restart_worker(stale.args[1])
                restarted += 1

    def settled(self, stage: str, receipt: Receipt) -> None:
        """Record that a stage has its outputs."""
        self._done.add(stage)
        for said in receipt.warnings:
            self.log.event(stage, "warned", warning=said)
        self.log.event(stage, "found" if receipt.found else "computed", key=receipt.key, **receipt.cost)

    def failed(self, stage: str, reason: BaseException) -> None:
        """Record that a stage has failed, for good or to be tried again."""
        self._failed.add(stage)
        said = str(reason) if isinstance(reason, BridgeError) else f"{type(reason).__name__}: {reason}"
        self.log.event(stage, "failed", error=said, traceback=getattr(reason, "traceback", ""))

    def end(self, state: str, **facts: Any) -> None:
        """Close the run's record; stages that ran elsewhere than in this process are recorded now."""
        if _open.pop(self.log.id, None) is None:
            return
        for stage, future in self._futures.items():
            if stage not in self._done:
                self._collect(stage, future)
        if state == "completed" and len(self._done) < len(self._futures):
            state = "failed"
        self.log.end(state, **facts)

    def _collect(self, stage: str, future: PrefectFuture[Any]) -> None:
        try:
            future.wait()
            found = future.state.result(raise_on_failure=False)
        except Exception as reason:
            found = reason
        if isinstance(found, Receipt):
            self.settled(stage, found)
        elif future.state.is_pending() or future.state.name == "NotReady":
            self.log.event(stage, "not run", error="a stage before it failed")
        elif isinstance(found, BaseException) and stage not in self._failed:
            self.failed(stage, found)

    def abandon(self) -> None:
        """Give the run up where it is: what it finished stays in the store."""
        if _open.pop(self.log.id, None) is not None:
            self.log.end("interrupted")


def open_session(flow_run: str) -> Session | None:
    """The session under way for a flow run of Prefect's."""
    known = (session for session in list(_open.values()))
    return next((s for s in known if s.log.about.get("prefect", {}).get("flow_run") == flow_run), None)


def work(order: Order) -> Receipt:
    """What a Dask worker does with an order; it says who it is if its code is old."""
    try:
        return perform(order)
    except StaleCode as stale:
        from distributed import get_worker

        raise StaleCode(str(stale), get_worker().address) from None


def run_stage(order: Order, upstream: list[Receipt]) -> Receipt:
    """The body of a stage's Prefect task, in a thread of the driver or on a worker of prefect-dask."""
    order.upstream = {receipt.stage: receipt.key for receipt in upstream}
    session = _open.get(order.run)
    if session is None:  # prefect-dask brought the task itself to a worker
        return perform(order)
    try:
        receipt = session.found(order) or session.compute(order, _attempt())
    except Exception as reason:
        session.failed(order.stage, reason)
        raise
    session.settled(order.stage, receipt)
    return receipt


def _attempt() -> int:
    from prefect.context import TaskRunContext

    context = TaskRunContext.get()
    return context.task_run.run_count if context else 1


def _task(stage: str, options: Mapping[str, Any]) -> Any:
    from prefect import Task
    from prefect.cache_policies import NO_CACHE

    return Task(
        run_stage,
        name=stage,
        task_run_name=stage,
        retries=options.get("retries", 0),
        retry_delay_seconds=options.get("retry_delay", 0),
        cache_policy=NO_CACHE,  # the store is the cache
        persist_result=False,
        log_prints=False,
    )
