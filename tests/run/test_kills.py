"""Whoever is killed, and whenever: runs complete or are gone on with, and what was stored is not computed again."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

PROGRAM = Path(__file__).with_name("kills.py")
STAGES = Counter("abcdef")


@pytest.mark.science  # 8 min
@pytest.mark.timeout(2400)
def test_thirty_kills_at_random_moments_lose_nothing(tmp_path: Path, record_property: Any) -> None:
    """Of a worker, the driver, the scheduler and the Prefect server in turn."""
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    record_property("asked", "30 kills: completed or resumed, nothing stored computed again, equal keys, no orphan")
    command = [sys.executable, str(PROGRAM), str(tmp_path / "kills"), "30", str(seed)]
    done = subprocess.run(command, capture_output=True, text=True)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    trials, left = [one for one in told if "trial" in one], told[-1].get("left")
    broken = [one for one in trials if "broken" in one]
    then = Counter(one.get("then", "broken") for one in trials)
    stored = sum(len(one.get("committed", "")) for one in trials)
    cut = sum(one.get("again", 0) for one in trials)
    how = ", ".join(f"{count} {what}" for what, count in then.items())
    record_property(
        "reached", f"seed {seed}: {how}; {stored} stages stored before, none again; {cut} cut off; no orphan"
    )
    assert done.returncode == 0, done.stderr
    assert (len(trials), broken, left) == (30, [], [])
    assert stored > 10  # they were not all killed before anything had happened


# Two drivers over one store whose claims are leases

Start = Callable[[float], "subprocess.Popen[str]"]


@pytest.fixture
def start(surroundings: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    """Begin a driver over the store of this test; what is left of it ends with the test."""
    started: list[subprocess.Popen[str]] = []
    environment = surroundings | {"NOTES": str(tmp_path / "notes")}
    (tmp_path / "notes").touch()

    def begin(seconds: float) -> subprocess.Popen[str]:
        command = [sys.executable, str(PROGRAM), "drive", str(tmp_path / "store"), str(seconds)]
        pipe = subprocess.PIPE
        started.append(subprocess.Popen(command, env=environment, text=True, stdout=pipe, stderr=pipe))
        return started[-1]

    yield begin
    for process in started:
        if process.poll() is None:
            for one in [*psutil.Process(process.pid).children(recursive=True), process]:
                one.kill()
        process.communicate()


def keys(process: subprocess.Popen[str]) -> dict[str, str]:
    out, errors = process.communicate(timeout=150)
    assert process.returncode == 0, errors
    found = json.loads(out)
    assert found["state"] == "completed"
    return {stage["name"]: stage["key"] for stage in found["stages"]}


def calls(folder: Path) -> Counter[str]:
    lines = [line.split() for line in (folder / "notes").read_text().splitlines()]
    return Counter(words[0] for words in lines if words[1] == "start")


@pytest.mark.science  # 20 s
def test_two_drivers_with_leases_compute_each_stage_once(start: Start, tmp_path: Path, record_property: Any) -> None:
    record_property("asked", "two drivers at once over one store of leases: each of 6 stages computed once, equal keys")
    both = [start(0.5) for _ in range(2)]
    first, second = map(keys, both)
    record_property("reached", f"computed: {dict(calls(tmp_path))}")
    assert first == second
    assert calls(tmp_path) == STAGES
    assert len(list((tmp_path / "store").glob("artifacts/*/*"))) == 6
    assert len(list((tmp_path / "store").glob("runs/*/run.json"))) == 2
    assert not list((tmp_path / "store").glob("claims/*.lease/*"))


@pytest.mark.science  # 30 s
def test_a_driver_takes_over_the_lease_of_one_that_was_killed(
    start: Start, tmp_path: Path, record_property: Any
) -> None:
    record_property("asked", "one of two is killed while it computes: the other completes, one stage computed twice")
    victim = start(2.0)
    end = time.monotonic() + 90
    while calls(tmp_path)["b"] == 0:  # "a" is stored
        assert time.monotonic() < end
        time.sleep(0.05)
    other = start(2.0)
    victim.send_signal(signal.SIGKILL)
    assert set(keys(other)) == set(STAGES)
    record_property("reached", f"computed: {dict(calls(tmp_path))}")
    assert calls(tmp_path) - STAGES <= Counter("bc")
    assert calls(tmp_path)["a"] == 1


# The server

KEEP = """
import json, os, signal, time
from bridge.run.server import ensure, status
with ensure() as server, server.kept():
    before = status()
    os.kill(before["pid"], signal.SIGKILL)
    end = time.monotonic() + 120
    while time.monotonic() < end and not ((after := status())["answers"] and after["pid"] != before["pid"]):
        time.sleep(0.1)
    print(json.dumps([before, after]))
"""


def test_a_server_killed_under_its_users_is_started_again_where_it_was(tmp_path: Path) -> None:
    """Prefect's client asks again for a minute, so that the run does not notice."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("SCALEBRIDGE_", "PREFECT_"))}
    environment |= {"SCALEBRIDGE_HOME": str(tmp_path), "HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", KEEP], env=environment, capture_output=True, text=True, timeout=200)
    stop = [sys.executable, "-m", "bridge.run.server", "stop"]
    subprocess.run(stop, env=environment, check=True, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    before, after = json.loads(done.stdout)
    assert after["answers"]
    assert (before["pid"] == after["pid"], before["url"]) == (False, after["url"])
