"""20 cohorts of 500 replicates on so many workers, in a process of its own whose cluster is there and warm.

Arguments: workers, rounds. Prints a line of JSON for each round.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from unittest.mock import patch

import numpy as np
from prefect import flow

from bridge import runner, stage
from tests.bench import epidemic_problem as problem

COHORTS, EACH = 20, 500


@flow(task_runner=runner())
def cohort(first: int = 0, replicates: int = EACH):
    """The stress test for some replicates of its own."""
    return stage("epidemic.chain_binomial").submit(
        contacts=problem.contacts(), strains=problem.strains(), immunity=problem.immunity(), replicates=replicates,
        first=first, step=f"{problem.STEP} d", duration=f"{problem.DAYS} d",
    )  # fmt: skip


def main(workers: str, rounds: str) -> None:
    """Measure and say so; cohorts are new in every round and for every number of workers."""
    from bridge.axes.points import Column, alone, product
    from bridge.run.cluster import connect
    from bridge.run.server import configure, ensure
    from bridge.run.sweeps import sweep

    def swept(at: int, count: int, each: int) -> float:
        points = product([alone(Column("first", at + each * np.arange(count)))])
        begun = time.perf_counter()
        done = sweep.sweep_with(cohort, points, {"replicates": each})
        took = time.perf_counter() - begun
        if dict(done.counts) != {"done": count}:
            raise AssertionError(f"{done.counts}: {list(done.errors(1))}")
        return took

    with tempfile.TemporaryDirectory() as folder, ensure() as server, server.kept():
        configure(server, console="CRITICAL")
        file = Path(folder) / "bench.toml"
        file.write_text(f'kind = "local"\nworkers = {workers}\n', encoding="utf-8")
        with connect(str(file)) as cluster, patch.object(sweep, "connect", lambda _: nullcontext(cluster)):
            cluster.client().wait_for_workers(int(workers))
            swept(10_000_000, 4 * int(workers), 2)  # workers import and load their code
            for number in range(int(rounds)):
                print(json.dumps({"seconds": swept(COHORTS * EACH * number, COHORTS, EACH)}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
