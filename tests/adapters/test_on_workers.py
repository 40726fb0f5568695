"""Wrapped functions and steppers of a flow file, of a module beside it and of an installed one, run by Dask workers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

FLOW = """\
import functools
import math

import numpy as np
from prefect import flow

from bridge import runner, stage, wrap, wrap_stepper
from wrapped_beside import Decay, halved

FACTOR = 2.0


def helping(x):
    return x * FACTOR


def make(k):
    return lambda x: k * helping(x)


class Line:
    def __init__(self, slope):
        self.slope = slope

    def __call__(self, x):
        return self.slope * x


class Growth:
    def __init__(self, x, rate=1.0):
        self.x, self.rate, self.ended = x, rate, False

    def step(self, dt):
        self.x = helping(self.x)

    def close(self):
        self.ended = True


ports = {"x": "m"}, {"y": "m"}
doubled = wrap(helping, *ports, name="workers.doubled")
closed = wrap(make(3.0), *ports, name="workers.closed")
bound = wrap(functools.partial(math.pow, 2.0), *ports, name="workers.bound")
line = wrap(Line(10.0), *ports, name="workers.line")
rooted = wrap(np.sqrt, *ports, name="workers.rooted")
growing = wrap_stepper(
    Growth, {"x": "m"}, {"x": "m"}, time_step="0.1 s", finalise="close", name="workers.growing"
)
decaying = wrap_stepper(Decay, {"x": "m"}, {"x": "m"}, name="workers.decaying")


@flow(task_runner=runner())
def workers(x: str = "0.5 m"):
    y = stage(doubled).submit(x=x).y
    y = stage(closed).submit(x=y).y
    y = stage(bound).submit(x=y).y
    y = stage(line).submit(x=y).y
    y = stage(rooted).submit(x=y).y
    y = stage(halved).submit(x=y).y
    grown = stage(growing).submit(x=y, duration="1 s")
    more = stage(growing.resumed).submit(grown, duration="0.2 s")
    return stage(decaying).submit(x=more.x, steps=3)
"""

BESIDE = """\
from bridge import wrap


def half(x):
    return x / 2


class Decay:
    def __init__(self, x):
        self.x = x

    def step(self):
        self.x = half(self.x)


halved = wrap(half, {"x": "m"}, {"y": "m"}, name="beside.halved")
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Any]]:
    """What two runs of the flow told of themselves, the second after the first."""
    folder = tmp_path_factory.mktemp("workers")
    (folder / "workers.py").write_text(FLOW)
    (folder / "wrapped_beside.py").write_text(BESIDE)
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("SCALEBRIDGE_", "PREFECT_"))}
    path = os.pathsep.join(filter(None, (str(folder), environment.get("PYTHONPATH"))))
    environment |= {"SCALEBRIDGE_HOME": str(folder / "home"), "HOME": str(folder), "PYTHONPATH": path}
    command = str(Path(sys.executable).with_name("scalebridge"))

    def run(*words: str) -> str:
        line = [command, *words]
        done = subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True, timeout=240)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    try:
        yield [json.loads(run("run", "workers.py", "--json")) for _ in range(2)]
    finally:
        stop = [sys.executable, "-m", "bridge.run.server", "stop"]
        subprocess.run(stop, env=environment, check=False, timeout=60)


def test_what_a_flow_file_has_wrapped_runs_on_workers(told: list[Any]) -> None:
    y = (10 * 2 ** (3 * 2 * (2 * 0.5))) ** 0.5 / 2
    stages = {stage["name"]: stage for stage in told[0]["stages"]}
    assert {stage["state"] for stage in stages.values()} == {"computed"}
    assert stages["workers.decaying"]["outputs"]["x"]["value"] == y * 2**12 / 8


def test_what_has_run_is_found_by_another_process(told: list[Any]) -> None:
    assert {stage["state"] for stage in told[1]["stages"]} == {"found"}
