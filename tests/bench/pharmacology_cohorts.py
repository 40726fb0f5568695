"""20,000 patients as 20 cohorts on so many workers, in a process of its own whose cluster is there and warm.

Arguments: workers, patients in a cohort, rounds. Prints a line of JSON for each round.
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

COHORTS = 20


@flow(task_runner=runner())
def cohort(seed: int = 0, patients: int = 1000):
    """The stress test for a cohort of its own."""
    people = stage("population.antibody").submit(
        clearance="0.252 L/d", central_volume="3.2417 L", patients=patients, seed=seed
    )
    doses = stage("dosing.regimen").submit(dose="210 mg", interval="21 d", until="84 d")
    return stage("pk.target_mediated").submit(people, doses, molecular_mass="145.5 kDa", duration="84 d")


def main(workers: str, patients: str, rounds: str) -> None:
    """Measure and say so; what the cohorts draw is new in every round and for every number of workers."""
    from bridge.axes.points import Column, alone, product
    from bridge.run.cluster import connect
    from bridge.run.server import configure, ensure
    from bridge.run.sweeps import sweep

    def swept(at: int, count: int) -> float:
        points = product([alone(Column("seed", np.arange(at, at + count)))])
        begun = time.perf_counter()
        done = sweep.sweep_with(cohort, points, {"patients": int(patients)})
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
            base = 1_000_000 * int(workers)
            swept(base, 4 * int(workers))  # workers import and load their code
            for number in range(int(rounds)):
                print(json.dumps({"seconds": swept(base + 1000 * (number + 1), COHORTS)}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
