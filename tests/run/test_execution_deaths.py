"""Whoever dies, whenever: what had finished does not run again, and nothing runs twice at the same time."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import psutil
import pytest
from commands import Start, until

from bridge.store.runs import Run, runs

CHAINS = Path(__file__).with_name("chains.py")


def finished(process: subprocess.Popen[str]) -> dict[str, Any]:
    out, errors = process.communicate(timeout=250)
    assert process.returncode == 0, out + errors
    return dict(json.loads(out))


def states(document: dict[str, Any]) -> dict[str, str]:
    return {stage["name"]: stage["state"] for stage in document["stages"]}


def test_a_run_outlives_a_worker_killed_in_mid_stage(driver: Any, tag: str) -> None:
    run: Run = driver.run("mortal", tag=tag)
    assert run.state == "completed"
    assert driver.begun(tag) == ["first", "second", "second", "coarse"]  # the one that was killed, and no other
    assert [e["state"] for e in run.events if e["stage"] == "second"] == ["running", "computed"]


def test_two_runs_at_once_over_one_store_compute_a_stage_once(driver: Any, tag: str, start: Start) -> None:
    words = ("run", f"{CHAINS}:mortal", "-p", f"tag={tag}", "-p", "mode=", "-p", "seconds=1.5", "--json")
    both = [start(*words) for _ in range(2)]  # each with workers of its own
    found = [finished(process) for process in both]
    assert sorted(driver.begun(tag)) == ["coarse", "first", "second"]
    assert [f["state"] for f in found] == ["completed"] * 2
    assert {json.dumps([s["key"] for s in f["stages"]]) for f in found} == {
        json.dumps([s["key"] for s in found[0]["stages"]])
    }


def killed_and_run_again(driver: Any, tag: str, start: Start, gate: Path, begun: int, *more: str) -> None:
    """The second stage waits at its gate until its driver is killed, and it was begun so many times in all."""
    words = ("run", f"{CHAINS}:mortal", "-p", f"tag={tag}", "-p", "mode=gate", "--json", *more)
    first = start(*words)
    until(lambda: "second" in driver.begun(tag))
    os.kill(first.pid, signal.SIGKILL)
    again = start(*words)
    first.communicate()
    if begun > 1:
        until(lambda: driver.begun(tag).count("second") == begun)
    else:
        until(lambda: [run for run in runs() if run.parameters.get("tag") == tag and run.state == "running"])
    gate.unlink()
    found = finished(again)
    assert (found["state"], states(found)["first"]) == ("completed", "found")
    assert driver.begun(tag).count("first") == driver.begun(tag).count("coarse") == 1
    spans = sorted(driver.spans(tag, "second"))
    assert spans
    assert all(one[1] <= next_[0] for one, next_ in itertools.pairwise(spans)), spans
    (cut,) = [run for run in runs() if run.parameters.get("tag") == tag and run.id != found["id"]]
    assert (cut.state, cut.stages["first"]["state"], cut.stages["second"]["state"]) == (
        "interrupted",
        "computed",
        "running",
    )


def test_a_driver_killed_and_run_again_at_once_repeats_no_finished_stage(
    driver: Any, tag: str, start: Start, gate: Path
) -> None:
    killed_and_run_again(driver, tag, start, gate, 2)
    assert driver.begun(tag).count("second") == 2  # its workers went with it


@pytest.mark.science  # 10 s, the same for workers that stay
def test_the_unfinished_stage_of_a_killed_driver_is_waited_for(driver: Any, tag: str, start: Start, gate: Path) -> None:
    killed_and_run_again(driver, tag, start, gate, 1, "--cluster", driver.address)
    assert len(driver.spans(tag, "second")) == 1  # it went on, and what it stored was found


def test_a_run_that_finds_everything_starts_no_dask(driver: Any, tag: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from bridge.run import launch

    driver.run("pair", tag=tag)
    driver.whole()  # else one of its workers, killed by another test, may come back meanwhile
    clusters = []

    def connect(name: str) -> Any:
        from bridge.run.cluster import connect

        clusters.append(connect(name))
        return clusters[-1]

    monkeypatch.setattr(launch, "connect", connect)
    before = set(psutil.Process().children(recursive=True))
    run = launch.launch_with(driver.flow("pair"), {"tag": tag})
    assert {stage["state"] for stage in run.stages.values()} == {"found"}
    assert [cluster.name for cluster in clusters] == ["local"]
    assert not clusters[0].started
    assert set(psutil.Process().children(recursive=True)) <= before
