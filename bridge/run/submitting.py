"""Submitting: one piece of work on the cluster, with a worker's older code replaced on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from bridge.errors import BridgeError, OverTime, StaleCode
from bridge.run.order import Order
from bridge.run.stopping import Stop
from bridge.store.runlog import RunLog

if TYPE_CHECKING:
    from bridge.run.cluster import Cluster

T = TypeVar("T")
O = TypeVar("O", bound=Order)  # noqa: E741


def compute(
    cluster: Cluster,
    work: Callable[[O], T],
    order: O,
    key: str,
    stop: Stop,
    log: RunLog,
    *,
    takes: Mapping[str, float] | None = None,
    limit: float | None = None,
) -> T:
    """Have a worker do ``work(order)``; it restarts if it holds older code than the order.

    ``takes`` is what the work takes of its worker, ``limit`` how many seconds it may take once it has begun. Raises
    Stopped when the run is to end, what the work raises, and what becomes of its worker.
    """
    cluster.ready(lambda said: log.event(order.stage, said), stop.check)
    restarted = 0
    while True:
        # again, if Dask has kept an error
        future = cluster.submit(Located(work), order, key=key, retry=True, resources=takes, limit=limit)
        try:
            result: T = cluster.wait(future, check=stop.check)
            return result
        except OverTime as over:
            if len(over.args) > 1:  # the call goes on where nobody waits for it
                log.event(order.stage, "restarting a worker with a call that took too long")
                cluster.restart_worker(over.args[1])
            raise
        except StaleCode as stale:
            if restarted > len(cluster.workers()):
                raise BridgeError(
                    f"{order.stage}: new workers have other code of its model than this process: the plugin was "
                    "edited after this process imported it. Start the flow in a new process."
                ) from None
            log.event(order.stage, "restarting a worker with older code")
            cluster.restart_worker(stale.args[1])
            restarted += 1


class Located:
    """Work that says which worker it was on if its code is old, or a call in it took too long."""

    def __init__(self, work: Callable[[Any], Any]) -> None:
        self._work = work

    def __call__(self, order: Order) -> Any:
        """Do the work."""
        try:
            return self._work(order)
        except (StaleCode, OverTime) as reason:
            if len(reason.args) > 1:  # of a worker that this one had handed work to
                raise
            from distributed import get_worker

            raise type(reason)(str(reason), get_worker().address) from None
