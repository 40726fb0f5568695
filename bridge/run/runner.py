"""The task runner of a flow: stages wait in the driver's threads while their models run on Dask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prefect.task_runners import ThreadPoolTaskRunner


def runner(cluster: str = "local") -> ThreadPoolTaskRunner[Any]:
    """Make the task runner of a flow, ``@flow(task_runner=runner())``.

    ``cluster`` is ``"local"`` (embedded, started when something must be computed), the name or the path of a cluster
    file, or the address of a running Dask scheduler. Raises ClusterError for anything else.
    """
    from bridge.run.cluster import connect
    from bridge.run.intercept import intercept_prefect
    from bridge.run.threads import StageRunner

    connect(cluster)  # refuses an unknown name here; starts nothing
    intercept_prefect()
    return StageRunner(cluster)
