"""Closures: what a question to a finer model costs, against MUSCLE3 and against Dask alone."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench.measure import Row, compare
from tests.bench.sweep_venvs import NotInstalled, python_of, version_of

ROOT = Path(__file__).parents[2]
ROUNDS = 3
BATCH = 1000


def rows() -> Iterator[Row]:
    """Questions answered by the surrogate, by the store, by fine runs on Dask; and one round trip of a field."""
    ours = told(sys.executable, "-m", "tests.bench.coupling_flow")
    yield Row("one question answered by a surrogate", f"{ours['surrogate'] * 1e6:.3g} us", "asked: 50 us")
    yield Row(
        f"one question answered by the store, in a batch of {BATCH:,}",
        f"{ours['stored'] / BATCH * 1e6:.3g} us",
        "asked: 300 us",
    )
    yield compare(
        f"batch of {BATCH:,} trivial fine runs on Dask, each one stored",
        ours["new"],
        "Dask, a task a call",
        ours["raw"],
    )
    try:
        rounds = [muscle() for _ in range(ROUNDS)]
    except NotInstalled as reason:
        yield Row("macro–micro round trip of reaction and diffusion", f"{ours['trips'] * 1e3:.3g} ms", f"{reason}")
        return
    trip, work = (statistics.median(each[part] for each in rounds) for part in ("trip", "work"))
    yield compare(
        "macro–micro round trip of reaction and diffusion, every reaction stored",
        ours["trips"],
        f"MUSCLE3 {version_of('muscle3')}, of which the reaction takes {work * 1e3:.2g} ms",
        trip,
    )


def muscle() -> dict[str, float]:
    """Median round trip and median work in it, of one run of MUSCLE3's example."""
    found = told(python_of("muscle3"), str(Path(__file__).with_name("coupling_muscle.py")))
    return {"trip": statistics.median(found["trips"]), "work": statistics.median(found["work"])}


def told(*command: str) -> dict:  # type: ignore[type-arg]
    """What a process prints as the last line."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=900)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return dict(json.loads(done.stdout.splitlines()[-1]))
