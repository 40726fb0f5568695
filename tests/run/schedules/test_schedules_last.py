"""Schedules through pauses and deaths: of Prefect's server, of who serves; missed, found, and by Prefect's command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil
import pytest
from commands import until

ROOT = Path(__file__).parents[3]
pytestmark = [pytest.mark.science, pytest.mark.timeout(900)]


@pytest.fixture
def name(clock: Any, request: pytest.FixtureRequest) -> Iterator[str]:
    """A schedule's name for this test, removed when it ends; nobody serves then."""
    name = request.node.name.removeprefix("test_")[:40].strip("_")
    yield name
    clock.end_serving()
    clock.command("schedules", "remove", name)


def make(clock: Any, name: str, every: str = "5 s", **parameters: Any) -> None:
    given = [word for key, value in parameters.items() for word in ("-p", f"{key}={value}")]
    clock.command("run", clock.flow, "-p", f"tag={name}", *given, "--every", every, "--name", name)


def test_a_schedule_survives_the_death_of_prefects_server(clock: Any, name: str, record_property: Any) -> None:
    record_property("asked", "survives a restart of the server")
    make(clock, name)
    serving = clock.serve()
    until(lambda: clock.completed(name) >= 1, 150)
    address = next(clock.folder.glob("home/prefect-*/address.json"))
    before = json.loads(address.read_text())
    os.kill(before["pid"], signal.SIGKILL)
    killed = time.monotonic()
    until(lambda: address.exists() and json.loads(address.read_text())["pid"] != before["pid"], 60)
    back, fired = time.monotonic() - killed, len(clock.fired(name))
    until(lambda: clock.completed(name) > fired, 150)
    assert json.loads(address.read_text())["url"] == before["url"]
    assert serving.poll() is None
    again = time.monotonic() - killed
    record_property(
        "reached", f"killed; serve had a new server after {back:.0f} s, the next run was complete after {again:.0f} s"
    )


def test_a_paused_schedule_does_not_fire_and_a_resumed_one_does(clock: Any, name: str, record_property: Any) -> None:
    record_property("asked", "paused, resumed, removed")
    make(clock, name)
    clock.command("schedules", "pause", name)
    clock.serve()
    time.sleep(25)
    assert clock.fired(name) == []
    clock.command("schedules", "resume", name)
    resumed = datetime.now().astimezone()
    until(lambda: clock.completed(name) >= 1, 150)
    assert datetime.fromisoformat(clock.fired(name)[0]["started"]) > resumed  # what was missed stays missed
    record_property("reached", "none in 25 s while paused; fired again when resumed")


def test_missed_runs_are_started_late(clock: Any, name: str, record_property: Any) -> None:
    record_property("asked", "missed runs as Prefect does: every one that was due is started when somebody serves")
    make(clock, name, "8 s")
    until(lambda: clock.schedule(name)["late"] >= 3, 120)
    due = clock.schedule(name)["late"]
    clock.serve()
    until(lambda: clock.completed(name) >= due, 250)
    assert clock.calls(name) == 1
    record_property("reached", f"{due} were due and waiting; all were started, the model was called once")


def test_a_run_that_finds_its_results_costs_seconds(clock: Any, name: str, record_property: Any) -> None:
    record_property("asked", "a scheduled run that finds its results in the store costs seconds")
    make(clock, name)
    clock.serve(limit=1)
    until(lambda: clock.completed(name) >= 4, 250)
    lines = [line for line in clock.said().splitlines() if f"{name}: ended after" in line]
    took = sorted(float(line.rpartition("after ")[2].removesuffix(" s")) for line in lines[1:])
    assert clock.calls(name) == 1
    assert took[0] < 30
    record_property(
        "reached", f"{took[0]:.1f} to {took[-1]:.1f} s from process to end, most of it the import of Prefect"
    )


def test_a_run_cut_off_by_the_end_of_serve_can_be_resumed(clock: Any, name: str, record_property: Any) -> None:
    record_property("asked", "SIGTERM ends serve and its runs in order, so that they can be resumed")
    make(clock, name, seconds=30)
    serving = clock.serve(limit=1)
    until(lambda: clock.calls(name) == 1, 150)
    children = psutil.Process(serving.pid).children(recursive=True)
    serving.send_signal(signal.SIGTERM)
    asked = time.monotonic()
    assert serving.wait(60) == 0
    took = time.monotonic() - asked
    (cut,) = clock.fired(name)
    assert cut["state"] == "interrupted"
    until(lambda: not any(one.is_running() for one in children), 10)
    clock.command("resume", cut["id"])
    assert clock.fired(name)[0]["state"] == "completed"
    record_property("reached", f"serve left after {took:.1f} s; no process was left; resumed to completed")


def test_what_fails_before_it_begins_is_told(clock: Any, name: str, record_property: Any) -> None:
    record_property("asked", "a scheduled run whose flow is gone says so")
    moved = clock.folder / "moved.py"
    moved.write_text(Path(clock.flow).read_text())
    clock.command("run", f"{moved}:clocked", "-p", f"tag={name}", "--every", "5 s", "--name", name)
    moved.unlink()
    clock.serve(limit=1)
    until(lambda: clock.schedule(name)["last"], 150)
    last = clock.schedule(name)["last"]
    assert (last["state"], last["run"]) == ("failed", None)
    assert "there is no flow file" in last["said"]
    record_property("reached", last["said"].replace(str(clock.folder), "…"))


def test_a_sweep_fires(clock: Any, name: str, record_property: Any) -> None:
    record_property("asked", "sweep … --every: one flow run of Prefect's a sweep")
    axes = ("-p", f"tag={name}", "-p", "x=1 m .. 4 m : 4")
    clock.command("sweep", clock.flow, *axes, "--every", "5 s", "--name", name)
    clock.serve(limit=1)
    until(lambda: clock.completed(name) >= 2, 200)
    first = clock.fired(name)[0]
    assert first["sweep"]["points"] == 4
    assert clock.calls(name) == 4
    seen = clock.schedule(name)
    assert (seen["kind"], seen["parameters"]["x"]) == ("sweep", "1 m .. 4 m : 4")
    assert seen["last"]["run"]
    record_property("reached", "two fires, four points each, every point computed once")


def test_nothing_secret_is_seen_by_others(clock: Any, name: str, record_property: Any) -> None:
    record_property("asked", "secrets in files of mode 0600 and in the environment alone")
    make(clock, name, seconds=15)
    serving = clock.serve(limit=1)
    until(lambda: clock.calls(name) == 1, 150)
    secret = next(clock.folder.glob("home/prefect-*/auth")).read_text()
    word = secret.partition(":")[2]
    processes = [psutil.Process(serving.pid), *psutil.Process(serving.pid).children(recursive=True)]
    assert len(processes) > 2
    for process in processes:
        assert word not in " ".join(process.cmdline())
    assert word not in json.dumps(clock.schedule(name)) + clock.said()
    database = next(clock.folder.glob("home/prefect-*/prefect.db"))
    assert word.encode() not in database.read_bytes()
    for path in database.parent.iterdir():
        assert path.is_dir() or path.stat().st_mode & 0o077 == 0, path
    record_property("reached", f"{len(processes)} command lines, the deployment and the database: none holds it")


def test_the_flagship_flows_deploy_with_prefects_own_command(clock: Any, record_property: Any) -> None:
    record_property("asked", "deploy/prefect.yaml works with the prefect command itself")
    lines = [line.removeprefix("export ") for line in clock.command("serve", "--environment").splitlines()]
    environment = clock.environment | dict(line.split("=", 1) for line in lines)
    environment["PWD"] = str(ROOT)  # as a shell sets it: the file asks for the folder of the command
    prefect = [sys.executable, "-m", "prefect"]

    def told(*words: str) -> str:
        done = subprocess.run(
            [*prefect, *words], env=environment, cwd=ROOT, capture_output=True, text=True, timeout=150
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    told("--no-prompt", "deploy", "--all", "--prefect-file", "deploy/prefect.yaml")
    assert {"creep-nightly", "ferroelectric-weekly"} <= {
        one["name"] for one in json.loads(clock.command("schedules", "--json"))["schedules"]
    }
    told("deployment", "run", "creep/creep-nightly", "--param", "temperature=901 K")
    worker = subprocess.Popen(
        [*prefect, "worker", "start", "--pool", "scalebridge"],
        env=environment,
        cwd=clock.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: clock.completed("creep-nightly") == 1, 280)
    finally:
        for one in [*psutil.Process(worker.pid).children(recursive=True), psutil.Process(worker.pid)]:
            one.kill()
        worker.wait()
    (run,) = clock.fired("creep-nightly")
    assert run["parameters"]["temperature"] == "901 K"
    for one in ("creep-nightly", "ferroelectric-weekly"):
        clock.command("schedules", "remove", one)
    record_property("reached", "both deployed; creep run by prefect worker start, its record names the schedule")
