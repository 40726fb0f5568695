"""Flows: what a stage costs, and a flow whose results are all in the store."""

from __future__ import annotations

import statistics
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

from tests.bench.measure import Row, compare

ROOT = Path(__file__).parents[2]
STAGES = 40

_SCRIPT = textwrap.dedent(
    """
    import sys, time
    sys.path.insert(0, {root!r})
    start = time.perf_counter()
    from bridge.run.server import configure, ensure
    server = ensure()
    configure(server, console="CRITICAL")
    start = time.perf_counter()
    import prefect, prefect.flow_engine, prefect.task_engine, prefect.task_runners
    imported = time.perf_counter() - start
    {body}
    """
)

_FOUND = """
start = time.perf_counter()
from bridge.run.flowfile import load_flow
from bridge.run.launch import launch_with
run = launch_with(load_flow("flows/creep.py"), {})
assert run.state == "completed", run
print(imported, time.perf_counter() - start)
"""

_TRIVIAL = """
from tests.bench.trivial import chain, plain
from bridge.run.cluster import connect
from bridge.run.launch import launch_with
import random, statistics

def took(call):
    start = time.perf_counter(); call(); return time.perf_counter() - start

def each(salt):
    # median time from one finished stage to the next; the first ones find the workers cold
    at = []
    launch_with(chain, {"stages": STAGES, "salt": salt},
                listener=lambda e: at.append(time.perf_counter()) if e["state"] in ("computed", "found") else None)
    return statistics.median(b - a for a, b in zip(at[9:], at[10:]))

salt = random.randrange(10**9)
first, again = each(salt), each(salt)
from bridge.run.launch import _without_heartbeat
calm = _without_heartbeat(); calm.__enter__()  # else a flow's end sleeps up to a second
plain(1)
one = statistics.median(took(lambda: plain(1)) for _ in range(3))
bare = (took(lambda: plain(STAGES)) - one) / (STAGES - 1)
with connect() as cluster:
    client = cluster.client()
    [client.submit(abs, -1 - i).result() for i in range(10)]
    dask = took(lambda: [client.submit(abs, -20 - i).result() for i in range(STAGES)])
print(first, again, bare, dask / STAGES)
"""


def _run(body: str) -> list[float]:
    body = body.replace("STAGES", str(STAGES))
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT.format(root=str(ROOT), body=body)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr)
    return [float(x) for x in done.stdout.split()[-4:]]


def rows() -> Iterator[Row]:
    """The creep flow found whole; the overhead of a stage computed and found."""
    subprocess.run([str(Path(sys.executable).with_name("scalebridge")), "run", "flows/creep.py"], cwd=ROOT, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    imported, beyond = (
        statistics.median(column) for column in zip(*(_run(_FOUND)[-2:] for _ in range(5)), strict=True)
    )
    yield compare("creep flow, all found, beyond importing Prefect", beyond, "importing Prefect", imported, "s")
    computed, found, prefect, dask = _run(_TRIVIAL)
    yield compare("overhead of a computed stage in a chain", computed, "a Prefect task in a thread", prefect)
    yield compare("overhead of a found stage in a chain", found, "a Prefect task in a thread", prefect)
    yield compare("overhead of a computed stage in a chain", computed, "a Dask task, submit to result", dask)
