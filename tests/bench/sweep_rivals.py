"""One rival running a chain of two trivial functions for many points; run by a Python that has it and psutil.

Each is given the whole chain as one task a point, which is kinder than a task a stage: about half the cost.
Arguments: the rival, the points, and a folder for what it stores. Prints one line of JSON: seconds and CPU seconds
of the points alone, their cluster or pool being there and warm, and the bytes that are left on disk.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil

WORKERS = 2
WARM = 16

Measured = dict[str, float]


def both(x: float, y: float) -> float:
    """The chain: a = 2 x, then b = a + y."""
    a = x * 2
    return a + y


def measured(points: Callable[[int, int], Any], count: int, server: int | None = None) -> Measured:
    """What `points(first, count)` takes, in seconds, here and in the processes below, which must outlive it.

    A server's process may be given, which counts as one of those.
    """
    points(-WARM, WARM)
    below = psutil.Process().children(recursive=True)
    below += [psutil.Process(server)] if server is not None else []

    def spent() -> float:
        return sum(sum(process.cpu_times()[:2]) for process in below)

    wall, driver, workers = time.perf_counter(), time.process_time(), spent()
    results = points(0, count)
    took = {
        "seconds": time.perf_counter() - wall,
        "driver": time.process_time() - driver,
        "workers": spent() - workers,
    }
    if list(map(float, results)) != [2.0 * i + 1 for i in range(count)]:
        raise AssertionError(f"wrong results: {results[:5]} …")
    return took


@contextlib.contextmanager
def dask() -> Iterator[Any]:
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=WORKERS, threads_per_worker=1, dashboard_address=None, silence_logs=50) as cluster,
        Client(cluster) as client,
    ):
        client.wait_for_workers(WORKERS)
        yield client


def distributed(count: int, folder: Path) -> Measured:
    with dask() as client:
        return measured(lambda at, n: client.gather(client.map(both, range(at, at + n), [1.0] * n)), count)


def prefect(count: int, folder: Path) -> Measured:
    """Tasks on Dask workers, reported to the project's own server, which counts with the workers."""
    from bridge.run.server import configure, ensure, status

    with ensure() as server:
        configure(server, console="CRITICAL")
        import prefect as workflows
        from prefect_dask import DaskTaskRunner

        with dask() as client:

            @workflows.flow(task_runner=DaskTaskRunner(address=client.scheduler.address))
            def points(at: int, n: int) -> list[float]:
                futures = workflows.task(both).map(list(range(at, at + n)), workflows.unmapped(1.0))
                return [future.result() for future in futures]

            return measured(points, count, server=status()["pid"])


def jobflow(count: int, folder: Path) -> Measured:
    """One process, documents in memory; the store of its defaults reads all of them for each, so 100 share one."""
    from jobflow import Flow, JobStore, job, run_locally
    from maggma.stores import MemoryStore

    def points(at: int, n: int) -> list[float]:
        results = []
        for first in range(at, at + n, 100):
            jobs = [job(both)(i, 1.0) for i in range(first, min(first + 100, at + n))]
            told = run_locally(Flow(jobs), log=False, store=JobStore(MemoryStore()), ensure_success=True)
            results += [told[one.uuid][1].output for one in jobs]
        return results

    return measured(points, count)


def executorlib(count: int, folder: Path) -> Measured:
    """Processes that stay."""
    from executorlib import SingleNodeExecutor

    with SingleNodeExecutor(
        max_workers=WORKERS, block_allocation=True, hostname_localhost=True, disable_dependencies=True
    ) as pool:

        def points(at: int, n: int) -> list[float]:
            return [future.result() for future in [pool.submit(both, i, 1.0) for i in range(at, at + n)]]

        return measured(points, count)


def parsl_threads(count: int, folder: Path) -> Measured:
    from parsl.executors import ThreadPoolExecutor

    return _parsl(ThreadPoolExecutor(max_threads=WORKERS), count, folder)


def parsl_processes(count: int, folder: Path) -> Measured:
    from parsl.executors import HighThroughputExecutor
    from parsl.providers import LocalProvider

    provider = LocalProvider(init_blocks=1, min_blocks=1, max_blocks=1)
    executor = HighThroughputExecutor(
        max_workers_per_node=WORKERS, cores_per_worker=1e-6, address="127.0.0.1", provider=provider, encrypted=False
    )
    return _parsl(executor, count, folder)


def _parsl(executor: Any, count: int, folder: Path) -> Measured:
    import parsl

    with parsl.load(parsl.Config(executors=[executor], run_dir=str(folder), initialize_logging=False)):
        app = parsl.python_app(both)

        def points(at: int, n: int) -> list[float]:
            return [future.result() for future in [app(i, 1.0) for i in range(at, at + n)]]

        return measured(points, count)


def easyvvuq(count: int, folder: Path) -> Measured:
    """A campaign of one Python function in its pool of threads; parameters and results in its SQLite database."""
    import easyvvuq as uq
    import pandas

    def chain(inputs: dict[str, Any]) -> dict[str, float]:
        return {"b": both(inputs["x"], 1.0)}

    def points(at: int, n: int) -> list[float]:
        place = folder / f"campaign{at}"
        place.mkdir()
        campaign = uq.Campaign(name="chain", work_dir=str(place))
        parameters = {"x": {"type": "float", "default": 0.0}}
        campaign.add_app(name="chain", params=parameters, actions=uq.actions.Actions(uq.actions.ExecutePython(chain)))
        campaign.set_sampler(uq.sampling.DataFrameSampler(pandas.DataFrame({"x": [float(at + i) for i in range(n)]})))
        campaign.execute().collate()
        table = campaign.get_collation_result()
        return [float(b) for b in table.sort_values(("run_id", 0))[("b", 0)]]

    return measured(points, count)


RIVALS: dict[str, Callable[[int, Path], Measured]] = {
    "distributed": distributed,
    "prefect": prefect,
    "jobflow": jobflow,
    "executorlib": executorlib,
    "parsl threads": parsl_threads,
    "parsl processes": parsl_processes,
    "easyvvuq": easyvvuq,
}


def main(rival: str, count: str, folder: str) -> None:
    """Measure and say so."""
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    os.chdir(folder)
    took = RIVALS[rival](int(count), Path(folder))
    left = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    print(json.dumps({**took, "bytes": left}))


if __name__ == "__main__":
    main(*sys.argv[1:])
