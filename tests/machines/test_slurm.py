"""A queue of jobs: runs are computed there as they are here, and lost jobs cost what they were doing at most."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from slurm import Queue
from users import CREEP, FAR, User, keys, states, told, until

pytestmark = [pytest.mark.science, pytest.mark.timeout(900)]

Describe = Callable[..., str]


@contextmanager
def watched(queue: Queue) -> Iterator[dict[str, set[str]]]:
    """Every state in which each job of the queue is seen meanwhile."""
    seen: dict[str, set[str]] = {}
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.2):
            for job, state in queue.jobs().items():
                seen.setdefault(job, set()).add(state)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()


@pytest.fixture(scope="module")
def here(settled: User, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The creep run on the embedded cluster."""
    run: dict[str, Any] = settled.over(tmp_path_factory.mktemp("here") / "store").json("run", str(CREEP))
    assert states(run) == {"computed"}
    return run


def test_a_run_in_a_queue_is_the_run_on_this_machine(
    queue: Queue, queued: User, describe: Describe, here: dict[str, Any], record_property: Any
) -> None:
    record_property(
        "asked", "creep by --cluster slurm: jobs in squeue, gone with the run; keys of the embedded cluster"
    )
    with watched(queue) as seen:
        there = queued.json("run", str(CREEP), "--cluster", describe())
    assert len(seen) == 2
    assert any("RUNNING" in states for states in seen.values())
    until(lambda: not queue.jobs(), 20, "an empty queue")
    stored = queued.artifacts()
    again = queued.json("run", str(CREEP))
    assert (states(there), states(again)) == ({"computed"}, {"found"})
    assert keys(there) == keys(again) == keys(here)
    assert queued.artifacts() == stored == sorted(keys(there).values())
    assert not list((queued.home / "state" / "dask").rglob("*.pem"))  # its certificates went with it
    seconds = f"{there['seconds']:.1f} s there, {here['seconds']:.1f} s here"
    record_property("reached", f"jobs {', '.join(sorted(seen))}, all ended; {len(stored)} equal keys; {seconds}")


def test_a_run_whose_only_job_is_cancelled_gets_another_one(
    queue: Queue, queued: User, describe: Describe, record_property: Any
) -> None:
    record_property("asked", "scancel in mid-run: completes with a new job, no finished stage called again")
    run = queued.begin("run", f"{FAR}:fork", "-p", "long=4", "--cluster", describe(workers=1), "--json")
    with watched(queue) as seen:
        until(lambda: sum(queued.calls()[name] for name in "bc") == 1, 400, "the second stage")
        finished, cut = queued.calls("end"), queued.calls() - queued.calls("end")
        queue.cancel(*queue.jobs())
        assert states(done := told(run)) == {"computed"}
    assert keys(done)
    calls = queued.calls()
    record_property("reached", f"{len(seen)} jobs; cut off in {''.join(cut)}; called {dict(calls)}")
    assert len(seen) == 2
    assert (finished, sum(cut.values())) == (Counter("a"), 1)
    assert calls == Counter("abcde") + cut
    until(lambda: not queue.jobs(), 20, "an empty queue")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('queue = "nights"', "invalid partition specified: nights"),
        ('extra = ["--mem=900T"]', "Memory specification can not be satisfied"),
    ],
)
def test_a_job_that_the_queue_refuses_is_an_error_in_its_words(
    queue: Queue, queued: User, describe: Describe, more: str, said: str
) -> None:
    errors = queued.refused("run", f"{FAR}:fork", "--cluster", describe("refused", more=more))
    assert "slurm refuses the job" in errors
    assert said in errors
    assert (queue.jobs(), queued.calls(), queued.artifacts()) == ({}, Counter(), [])


def test_jobs_that_end_before_a_worker_comes_are_no_endless_wait(
    queue: Queue, queued: User, describe: Describe, record_property: Any
) -> None:
    record_property("asked", "a job whose Python is not there: an error with the last words of the job's log")
    named = describe("without", workers=1, more='python = "/nowhere/python"')
    with watched(queue) as seen:
        errors = queued.refused("run", f"{FAR}:fork", "--cluster", named)
    record_property("reached", f"after {len(seen)} jobs: {' '.join(errors.split())[-160:]}")
    assert "jobs of slurm ended before a worker came of them" in errors
    assert "/nowhere/python: No such file or directory" in errors
    assert (queue.jobs(), queued.calls()) == ({}, Counter())


def test_a_queue_that_starts_no_job_in_time_is_told_of_with_its_reason(
    queue: Queue, queued: User, describe: Describe
) -> None:
    named = describe("full", more='patience = "8 s"')
    node = queue.ask("sinfo", "--noheader", "--format", "%n")
    queue.ask("scontrol", "update", f"NodeName={node}", "State=DRAIN", "Reason=tests")
    try:
        errors = " ".join(queued.refused("run", f"{FAR}:fork", "--cluster", named).split())
    finally:
        queue.ask("scontrol", "update", f"NodeName={node}", "State=RESUME")
    assert "waiting for workers of full: job" in errors
    assert "has come within 8.0 s" in errors
    assert "PENDING" in errors
    assert (queue.jobs(), queued.calls()) == ({}, Counter())


def test_doctor_starts_one_job_asks_its_worker_and_ends_it(queue: Queue, queued: User, describe: Describe) -> None:
    with watched(queue) as seen:
        examined = queued.json("doctor", "--cluster", describe())
    assert seen
    assert all(finding["good"] for finding in examined["findings"]), examined
    until(lambda: not queue.jobs(), 20, "an empty queue")


UNDER_PREFECTS_OWN = """
import json, sys
from prefect_dask import DaskTaskRunner
from distributed.security import Security
from bridge.run.flowfile import load_flow
from bridge.run.launch import launch_with

if __name__ == "__main__":
    runner = DaskTaskRunner(
        cluster_class="dask_jobqueue.SLURMCluster",
        cluster_kwargs={
            "cores": 1, "processes": 1, "memory": "1500 MB", "walltime": "00:20:00", "interface": "lo", "n_workers": 2,
            "security": Security.temporary(), "shared_temp_directory": sys.argv[2], "log_directory": sys.argv[2],
            "local_directory": sys.argv[2], "python": sys.executable,
            "scheduler_options": {"dashboard": False, "dashboard_address": "127.0.0.1:0"},
        },
        client_kwargs={"security": None},
    )
    flow = load_flow(sys.argv[1]).with_options(task_runner=runner)
    run = launch_with(flow, {})
    stages = [{"name": name, **facts} for name, facts in run.stages.items()]
    print(json.dumps({"state": run.state, "failure": run.about.get("failure"), "stages": stages}))
"""


def test_prefects_own_dask_runner_has_the_same_stages_in_the_queue(
    queue: Queue, queued: User, here: dict[str, Any], tmp_path: Path, record_property: Any
) -> None:
    record_property("asked", "creep under DaskTaskRunner(cluster_class=SLURMCluster): keys of the embedded run")
    script, folder = tmp_path / "own.py", tmp_path / "jobs"
    script.write_text(UNDER_PREFECTS_OWN)
    folder.mkdir(mode=0o700)
    command = [sys.executable, str(script), str(CREEP), str(folder)]
    with watched(queue) as seen:
        done = subprocess.run(command, env=queued.environment, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
    there = json.loads(done.stdout.splitlines()[-1])
    record_property("reached", f"{len(seen)} jobs, {len(there['stages'])} stages {states(there)}, equal keys")
    assert len(seen) == 2
    assert keys(there) == keys(here)
    assert states(there) == {"computed"}
    until(lambda: not queue.jobs(), 20, "an empty queue")
