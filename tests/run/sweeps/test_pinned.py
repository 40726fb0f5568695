"""A sweep on one core whose worker is killed again and again: what had finished is never computed again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

PROGRAM = Path(__file__).with_name("pinned.py")
COMMAND = str(Path(sys.executable).with_name("scalebridge"))

Point = tuple[str, ...]


@dataclass
class Calls:
    """What the model noted."""

    started: Counter[Point] = field(default_factory=Counter)
    ended: Counter[Point] = field(default_factory=Counter)
    last: dict[int, Point] = field(default_factory=dict)  # begun by each process and not finished
    pids: list[int] = field(default_factory=list)  # in order of their last call

    @classmethod
    def read(cls, notes: Path) -> Calls:
        calls = cls()
        for what, *point, pid in map(str.split, notes.read_text().splitlines()):
            (calls.started if what == "start" else calls.ended)[tuple(point)] += 1
            calls.pids.append(int(pid))
            if what == "start":
                calls.last[int(pid)] = tuple(point)
        return calls


@dataclass
class Pinned:
    """A sweep on one core, from its command to its end."""

    process: subprocess.Popen[bytes]
    folder: Path
    killed: list[int] = field(default_factory=list)

    @property
    def notes(self) -> Path:
        """Where the model notes its calls."""
        return self.folder / "notes"

    @property
    def errors(self) -> str:
        """What the command has said of its progress, and of what went wrong."""
        return (self.folder / "errors").read_text()

    def kill_worker(self) -> None:
        """SIGKILL for the process that called the model last, once there is one since the last kill."""
        while (victim := Calls.read(self.notes).pids[-1]) in self.killed and self.process.poll() is None:
            time.sleep(0.1)
        below = {process.pid for process in psutil.Process(self.process.pid).children(recursive=True)}
        if victim not in below:  # the sweep is at its end
            return
        os.kill(victim, signal.SIGKILL)
        self.killed.append(victim)

    def until(self, calls: int) -> None:
        """Wait for that many calls."""
        while Calls.read(self.notes).started.total() < calls:
            assert self.process.poll() is None, self.errors
            time.sleep(0.02)

    def cores(self) -> set[int]:
        """Where this and all that it has started may run."""
        found: set[int] = set()
        main = psutil.Process(self.process.pid)
        for process in [main, *main.children(recursive=True)]:
            found.update(process.cpu_affinity() or ())
        return found

    def told(self) -> dict[str, Any]:
        """What the command said in the end."""
        assert self.process.wait(timeout=250) == 0, self.errors
        return dict(json.loads((self.folder / "told").read_text()))


@pytest.fixture
def begin(surroundings: dict[str, str], tmp_path: Path) -> Iterator[Any]:
    """Begin a sweep over side⁴ points on one core, with a store of its own."""
    begun: list[Pinned] = []
    notes = tmp_path / "notes"
    notes.touch()
    environment = surroundings | {"NOTES": str(notes), "SCALEBRIDGE_STORE": str(tmp_path / "store")}
    core = min(os.sched_getaffinity(0))

    def sweep(side: int, cost: float, home: Path | None = None) -> Pinned:
        if home is not None:  # with a Prefect server of its own, on the same core
            environment["SCALEBRIDGE_HOME"] = str(home)
        axes = [word for name in "pqrs" for word in ("-p", f"{name}=0..{side - 1}")]
        command = [COMMAND, "sweep", str(PROGRAM), *axes, "-p", f"cost={cost}", "--json"]
        with (tmp_path / "told").open("wb") as told, (tmp_path / "errors").open("wb") as errors:
            process = subprocess.Popen(
                command, env=environment, stdout=told, stderr=errors, preexec_fn=lambda: os.sched_setaffinity(0, {core})
            )
        begun.append(Pinned(process, tmp_path))
        return begun[-1]

    yield sweep
    for one in begun:
        if one.process.poll() is None:
            main = psutil.Process(one.process.pid)
            for process in [*main.children(recursive=True), main]:
                process.kill()
        one.process.wait()
    if environment["SCALEBRIDGE_HOME"] != surroundings["SCALEBRIDGE_HOME"]:
        stop = [sys.executable, "-m", "bridge.run.server", "stop"]
        subprocess.run(stop, env=environment, check=True, capture_output=True, timeout=60)


def again(sweep: Pinned, count: int) -> list[Point]:
    """Points that were begun twice, each cut off by a kill; anything else is a broken promise."""
    calls = Calls.read(sweep.notes)
    assert len(calls.started) == count  # every point, and none but them
    assert set(calls.ended) == set(calls.started)
    twice = [point for point, times in calls.started.items() for _ in range(times - 1)]
    cut = [calls.last[pid] for pid in sweep.killed]
    assert not Counter(twice) - Counter(cut), f"had finished, and executed again: {Counter(twice) - Counter(cut)}"
    return twice


def test_a_killed_worker_repeats_only_the_execution_in_flight(begin: Any, tmp_path: Path) -> None:
    gate = tmp_path / "notes.gate"  # the 41st execution waits here: the sweep is in its middle
    gate.touch()
    sweep = begin(3, 0.03)
    sweep.until(30)
    sweep.kill_worker()
    gate.unlink()
    assert sweep.killed
    told = sweep.told()
    assert told["state"] == "completed"
    assert len(again(sweep, 81)) <= 1


@pytest.mark.science  # 5 min
@pytest.mark.timeout(1800)
def test_1296_points_on_one_core_with_a_worker_killed_every_minute_run_once_each(
    begin: Any, tmp_path: Path, record_property: Any
) -> None:
    """A known coupler needed 4,554 runs for 1,296 points."""
    record_property("asked", "1,296 points pinned to one core, a worker killed every minute: no finished one run again")
    sweep = begin(6, 0.15, tmp_path / "home")
    sweep.until(1)
    began = last = time.monotonic()
    while sweep.process.poll() is None:
        time.sleep(0.5)
        if time.monotonic() - last > 60 and sweep.process.poll() is None:
            assert len(sweep.cores()) == 1
            sweep.kill_worker()
            last = time.monotonic()
    told = sweep.told()
    took = time.monotonic() - began
    twice = again(sweep, 1296)
    record_property(
        "reached",
        f"{1296 + len(twice)} executions, {len(sweep.killed)} kills, {len(twice)} cut off and run again, none that had"
        f" finished; {took:.0f} s, {1296 * 0.15 / took:.0%} of them the models' own",
    )
    assert told["state"] == "completed"
    assert len(sweep.killed) >= 3
    assert len(twice) <= len(sweep.killed)
