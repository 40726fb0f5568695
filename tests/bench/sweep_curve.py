"""Our own sweep of the trivial chain, measured in a process of its own whose cluster is there and warm.

Arguments: points, rounds of that many new points. Then the last round again, all of it found, and a round of which
half is found. Prints a line of JSON for each.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import psutil
from dask.system import CPU_COUNT

from bridge.places import store_address
from bridge.run.peak import Peak

CHAIN = str(Path(__file__).with_name("sweep_chain.py"))
WARM = 16


@contextmanager
def warm() -> Iterator[None]:
    """The embedded cluster, started here and left to every sweep, so that its start is no part of the time."""
    from bridge.run.cluster import connect
    from bridge.run.sweeps import sweep

    with connect("local") as cluster, patch.object(sweep, "connect", lambda _: nullcontext(cluster)):
        cluster.client().wait_for_workers(CPU_COUNT)
        yield


def swept(flow: Any, at: int, count: int, new: int) -> dict[str, Any]:
    """What one sweep over `count` values from `at` on took, `new` of them being new; every result is checked."""
    from bridge.axes.points import Column, alone, product
    from bridge.run.sweeps.sweep import sweep_with

    points = product([alone(Column("x", np.arange(at, at + count, dtype=float), unit=""))])
    below = psutil.Process().children(recursive=True)

    def spent() -> float:
        return sum(sum(process.cpu_times()[:2]) for process in below)

    objects, peak, resident = stored(), Peak(), psutil.Process().memory_info().rss
    wall, driver, workers = time.perf_counter(), time.process_time(), spent()
    sweep = sweep_with(flow, points, {})
    took = {
        "points": count,
        "seconds": time.perf_counter() - wall,
        "driver": time.process_time() - driver,
        "workers": spent() - workers,
        "memory": max(peak.bytes - resident, 0),
        "objects": stored() - objects,
    }
    wall = time.perf_counter()
    dataset = sweep.to_xarray()
    took["read"] = time.perf_counter() - wall
    if not np.array_equal(dataset["b"], 2 * np.arange(at, at + count, dtype=float) + 1):
        raise AssertionError(f"wrong results:\n{dataset}")
    if sweep.run.about["sweep"]["counts"]["computed"] != 2 * new:
        raise AssertionError(f"{new} points are new in {sweep.run.about['sweep']}")
    return took


def stored() -> int:
    """Objects in the store."""
    return sum(1 for path in Path(store_address()).rglob("*") if path.is_file())


def main(points: str, rounds: str) -> None:
    """Measure and say so."""
    from bridge.run.flowfile import load_flow
    from bridge.run.server import configure, ensure

    count = int(points)
    with ensure() as server, server.kept():
        configure(server, console="CRITICAL")
        flow = load_flow(CHAIN)
        with warm():
            swept(flow, -WARM, WARM, WARM)
            last = count * (int(rounds) - 1)
            sweeps = [(f"new {i}", i * count, count) for i in range(int(rounds))]
            for what, at, new in [*sweeps, ("found", last, 0), ("half", last + count // 2, count // 2)]:
                print(json.dumps({"what": what, **swept(flow, at, count, new)}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
