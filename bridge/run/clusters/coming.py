"""The first worker of a cluster: waited for, and asked whether it will do; and which workers suffice for a stage."""

# mypy: allow-untyped-calls
# (most of distributed is untyped)

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from bridge.literals import duration
from bridge.run.clusters.amounts import size
from bridge.run.clusters.checks import asked_of, faults
from bridge.run.clusters.errors import ClusterError
from bridge.run.clusters.file import ClusterFile
from bridge.run.clusters.needs import Needs, written
from bridge.run.clusters.started import Started

if TYPE_CHECKING:
    from distributed import Client

#: Seconds to wait for a first worker, where the cluster's file does not say; a queue takes what it takes.
PATIENCE = {"scheduler": 60.0, "kubernetes": 600.0}
#: How many workers are asked before all are taken to be busy.
ASKED = 3


def checked(
    started: Started, file: ClusterFile, needed: Needs, told: Callable[[str], None], check: Callable[[], None]
) -> None:
    """Wait for a first worker and see that it will do. Raises ClusterError."""
    first(started, file, told, check)
    for address in list(workers(started.client))[:ASKED]:
        seen = asked_of(started.client, address, needed)
        if seen is None:
            continue
        if wrong := faults(seen, needed):
            raise ClusterError(f"worker {address} of cluster {file} will not do: {' '.join(wrong)}")
        break
    else:
        told(f"workers of {file.name} are too busy to say what they have: their versions are not checked")
    if file.kind == "scheduler":
        for stage, asked in needed.asked.items():
            try:
                placed(started.client, asked, str(file))
            except ClusterError as reason:
                raise ClusterError(f"stage {stage!r} asks for {written(asked)}: {reason}") from None


def workers(client: Client) -> dict[str, Any]:
    """All workers by their addresses, as the scheduler knows them."""
    found: dict[str, Any] = client.scheduler_info(n_workers=-1)["workers"]
    return found


def first(started: Started, file: ClusterFile, told: Callable[[str], None], check: Callable[[], None]) -> None:
    """Return once there is a worker. Raises ClusterError when none comes in time, or will ever."""
    began, patience = time.monotonic(), file.patience or PATIENCE.get(file.kind, float("inf"))
    said = False
    while not workers(started.client):
        check()
        started.tend()
        waited = time.monotonic() - began
        if waited > patience:
            raise ClusterError(deserted(started, file, patience))
        if not said and waited > 1.0:
            said = True
            awaited = started.awaited()
            told(f"waiting for workers of {file.name}" + (f": {awaited}" if awaited else ""))
        time.sleep(0.25)
    if said:
        told(f"a worker of {file.name} has come")


def deserted(started: Started, file: ClusterFile, waited: float) -> str:
    """That no worker has come, and why."""
    awaited = started.awaited()
    why = f" {awaited[0].upper()}{awaited[1:]}." if awaited else ""
    what = {
        "scheduler": f"Start some: dask worker {file.address} --nthreads 1 --preload bridge.run.worker_process",
    }.get(file.kind, "Wait longer with patience = '2 h' in its cluster file, or ask the queue why.")
    return f"no worker of cluster {file} has come within {duration(waited)}.{why} {what}"


def placed(client: Client, asked: Mapping[str, float], cluster: str) -> dict[str, Any]:
    """How Dask is told where work may go on workers that others started: by resources, or by naming workers.

    Raises ClusterError for what no worker can take: Dask would leave it waiting, without a word.
    """
    known = workers(client)
    wanted = {name: much for name, much in asked.items() if not (name == "cpus" and much == 1)}
    if not any("closure" in one["resources"] for one in known.values()):
        wanted.pop("closure", None)  # nobody counts them there
    memory = wanted.get("memory")
    by_limit = memory is not None and not any("memory" in one["resources"] for one in known.values())
    if by_limit:
        del wanted["memory"]
    fit = [
        address
        for address, one in known.items()
        if all(one["resources"].get(name, 0) >= much for name, much in wanted.items())
    ]
    if known and not fit:
        words = ",".join(f"{name}={much:.12g}" for name, much in wanted.items())
        raise ClusterError(f"no worker of {cluster} has {words}: start them with --resources {words!r}.")
    found: dict[str, Any] = {"resources": wanted} if wanted else {}
    if by_limit and memory is not None:
        large = [address for address in fit if not 0 < known[address]["memory_limit"] < memory]
        if known and not large:
            most = size(max(one["memory_limit"] for one in known.values()))
            raise ClusterError(f"no worker of {cluster} has {size(memory)}, the largest has {most}. Ask for less.")
        if len(large) < len(fit):
            found["workers"] = large
    return found
