"""What questions cost inside of a run, in a process of its own: prints a line of JSON, seconds by what was asked."""

from __future__ import annotations

import json
import random
import statistics
import time
from typing import Any

import numpy as np
from prefect import flow

from bridge import closure, runner, stage
from tests.bench.coupling_models import batch, double, singles, trips

ROUNDS = 5


@flow(task_runner=runner())
def asking(salt: float = 0.0):
    """New batches on the cluster, each again from the store, and single questions to a surrogate.

    Each stage begins where the one before it ended, so that they run one after another.
    """
    at: Any = salt
    for number in range(ROUNDS + 1):  # the first one finds the workers cold
        ours = closure(double, where="cluster")
        new = stage(batch, name=f"new {number}").submit(double=ours, first=at, attempt=0)
        stored = stage(batch, name=f"stored {number}").submit(double=ours, first=new.first, attempt=1)
        at = stored.following
    learned = closure(double, tolerance="1 %", way="gaussian")
    return stage(singles, name="surrogate").submit(double=learned, first=at)


@flow(task_runner=runner())
def travelling(salt: float = 0.0):
    """Round trips in a run of their own, as MUSCLE3's are."""
    return stage(trips, name="trips").submit(reaction=closure("reaction.micro", where="process"), first=salt)


def raw(client: Any, questions: int, first: int) -> float:
    """The same batch in Dask alone, one task a call."""
    begun = time.perf_counter()
    client.gather(client.map(_double, range(first, first + questions)))
    return time.perf_counter() - begun


def _double(x: float) -> float:
    return 2 * x


def main() -> None:
    """Run the flow, then Dask alone, on the same embedded cluster."""
    from bridge.run.cluster import connect
    from bridge.run.launch import launch_with

    salt = float(random.randrange(10**6) * 1_000_000)
    run, travelled = (launch_with(one, {"salt": salt}) for one in (asking, travelling))
    for one in (run, travelled):
        if one.state != "completed":
            raise RuntimeError(f"the run is {one.state}: {one}")

    def middle(name: str) -> float:
        return statistics.median(float(np.median(run[f"{name} {at}"].seconds.magnitude)) for at in range(1, ROUNDS + 1))

    found = {"new": middle("new"), "stored": middle("stored")}
    found |= {
        name: float(np.median(of[name].seconds.magnitude)) for name, of in (("surrogate", run), ("trips", travelled))
    }
    with connect() as cluster:
        client = cluster.client()
        raw(client, 1000, -1000)
        found["raw"] = statistics.median(raw(client, 1000, 1000 * at) for at in range(ROUNDS))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
