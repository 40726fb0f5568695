"""A cluster that runs: what is asked of every kind of it."""

# mypy: allow-untyped-calls
# (most of distributed is untyped)

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from distributed import Client


def _nothing() -> None:
    return None


def _silent() -> str:
    return ""


@dataclass(frozen=True)
class Started:
    """A Dask client, and how its cluster is ended and looked after."""

    client: Client
    #: Dask's own object for the cluster; None for a scheduler that somebody else runs.
    dask: Any = None
    #: End what was started, with all its processes and jobs.
    close: Callable[[], None] = _nothing
    #: Called now and then while somebody waits: replace lost workers. Raises ClusterError where that is hopeless.
    tend: Callable[[], None] = _nothing
    #: What is known of workers that have not come, for people.
    awaited: Callable[[], str] = _silent


def keep_nannies(cluster: Any) -> None:
    """Leave it to nannies to start workers again that were ended or died.

    SpecCluster (distributed 2026.8) closes the nanny, or cancels the job, of a worker that left, if 15 s later no
    worker has its name: the worker may have come back meanwhile, and just been ended a second time.
    """
    from distributed.deploy.cluster import Cluster

    def updated(op: str, what: Any) -> None:
        Cluster._update_worker_status(cluster, op, what)

    cluster._update_worker_status = updated
