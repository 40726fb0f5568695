"""Sweeps: what ten thousand points of a trivial chain cost here, in a plain loop, and in the programs of others."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import zarr

from tests.bench.measure import Row
from tests.bench.sweep_rivals import both
from tests.bench.sweep_venvs import NotInstalled, python_of, version_of

ROOT = Path(__file__).parents[2]
COMMAND = str(Path(sys.executable).with_name("scalebridge"))
MAIN = 10_000

#: Points, and rounds of so many new ones.
CURVE = {100: 7, 1_000: 5, MAIN: 3, 100_000: 1}

#: What each rival is called, the points that take it 5 to 20 s, and what is left of them.
RIVALS = {
    "distributed": ("`client.map`", 5_000, "nothing"),
    "prefect": ("tasks on Dask", 60, "states in its server's database (whose CPU counts with the workers)"),
    "jobflow": ("`run_locally`", 5_000, "documents in memory"),
    "executorlib": ("blocks of workers", 30_000, "nothing"),
    "parsl threads": ("in threads", 40_000, "nothing"),
    "parsl processes": ("HighThroughputExecutor", 5_000, "nothing"),
    "easyvvuq": ("a Python function in threads", 5_000, "parameters and results in SQLite"),
}

Took = dict[str, float]


def rows() -> Iterator[Row]:
    """The curve over the number of points, then 10,000 of them against a plain loop and against others."""
    ours: Took = {}
    for count, rounds in CURVE.items():
        told = curve(count, rounds)
        new = middle([round for round in told if str(round["what"]).startswith("new")])
        if count == MAIN:
            ours = new
        yield Row(
            f"sweep of {count:,} points in a trivial chain of two stages, all stored",
            said(new),
            f"again, all found: {said(told[-2])}; half found: {said(told[-1])}",
        )
        yield Row(
            f"what {count:,} points leave",
            f"{new['objects']:.0f} objects; read back as one Dataset in {new['read']:.2g} s",
            f"driver's memory over the start: {max(round['memory'] for round in told) / 1e6:.0f} MB",
        )
    yield cold()
    floor = plain(MAIN)
    spent = ours["driver"] + ours["workers"]
    yield Row(
        f"{MAIN:,} points, CPU of driver and workers",
        f"{spent:.2g} s",
        f"a plain loop and one Zarr array: {floor:.2g} s",
        f"{spent / floor:.0f}",
    )
    for rival, (how, count, left) in RIVALS.items():
        yield against(rival, how, count, left, ours)


def said(took: Took) -> str:
    """The rate and the CPU time of a point."""
    count = took["points"]
    driver, workers = took["driver"] / count * 1e6, took["workers"] / count * 1e6
    return f"{rounded(rate(took))} points/s, driver {driver:,.0f} and workers {workers:,.0f} CPU-µs a point"


def rounded(number: float) -> str:
    """Three digits, without an exponent."""
    return f"{float(f'{number:.3g}'):,.{0 if number >= 100 else 1}f}"


def rate(took: Took) -> float:
    """Points a second."""
    return took["points"] / took["seconds"]


def middle(rounds: list[Took]) -> Took:
    """Medians of rounds."""
    return {name: statistics.median(round[name] for round in rounds) for name in rounds[0] if name != "what"}


def curve(count: int, rounds: int) -> list[Took]:
    """Our sweep in a fresh process and an empty store, round by round."""
    with tempfile.TemporaryDirectory(dir=os.environ["SCALEBRIDGE_HOME"]) as folder:
        environment = {**os.environ, "SCALEBRIDGE_STORE": f"{folder}/store"}
        return measured([sys.executable, "-m", "tests.bench.sweep_curve", str(count), str(rounds)], environment)


def measured(command: list[str], environment: dict[str, str]) -> list[Took]:
    """What a program prints, a line of JSON each. Raises RuntimeError with what it said when it fails."""
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}:\n{done.stderr[-3000:]}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def cold() -> Row:
    """The whole command from nothing: it starts Prefect's server and the cluster, and ends the latter."""
    walls = []
    for words in ((), (), ("again",)):
        if not words:
            home = tempfile.mkdtemp(dir=os.environ["SCALEBRIDGE_HOME"])
            environment = {**os.environ, "SCALEBRIDGE_HOME": home}
        sweep = [COMMAND, "sweep", "tests/bench/sweep_chain.py", "-p", f"x=1 .. {MAIN} : {MAIN}", "--json"]
        start = time.perf_counter()
        subprocess.run(sweep, cwd=ROOT, env=environment, check=True, capture_output=True)
        walls.append(time.perf_counter() - start)
    stop = [sys.executable, "-m", "bridge.run.server", "stop"]
    subprocess.run(stop, env=environment, check=False, capture_output=True, timeout=60)
    return Row(
        f"`scalebridge sweep` of {MAIN:,} points, nothing running yet",
        f"{statistics.median(walls[:2]):.1f} s",
        f"again, all found, the server running: {walls[-1]:.1f} s",
    )


def plain(count: int) -> float:
    """CPU seconds of the chain in a loop and of its results in one Zarr array."""
    with tempfile.TemporaryDirectory(dir=os.environ["SCALEBRIDGE_HOME"]) as folder:
        zarr.save_array(f"{folder}/first.zarr", np.zeros(count))
        spent = time.process_time()
        zarr.save_array(f"{folder}/plain.zarr", np.array([both(float(x), 1.0) for x in range(count)]))
        return time.process_time() - spent


def against(rival: str, how: str, count: int, left: str, ours: Took) -> Row:
    """One rival's rate, with ours in times of it."""
    what = f"{rival.split()[0]} {version_of(rival)}, {how}, {count:,} points"
    try:
        theirs = rivalled(rival, count)
    except NotInstalled as reason:
        return Row(what, f"unmeasured: {reason}")
    return Row(
        what,
        f"{said(theirs)}; stores {left}",
        f"this sweep, {MAIN:,} points, everything stored: {rounded(rate(ours))} points/s",
        f"{rounded(rate(ours) / rate(theirs))} times the points a second",
    )


def rivalled(rival: str, count: int) -> Took:
    """What a rival took. Raises NotInstalled and RuntimeError."""
    python = python_of(rival)
    program = str(Path(__file__).with_name("sweep_rivals.py"))
    path = f"{Path(python).parent}{os.pathsep}{os.environ.get('PATH', '')}"  # parsl looks for its programs there
    with tempfile.TemporaryDirectory(dir=os.environ["SCALEBRIDGE_HOME"]) as folder:
        environment = {**os.environ, "PATH": path}
        return {"points": count, **measured([python, program, rival, str(count), folder], environment)[-1]}
