"""A run's life: named, ended from outside, gone on with, listened to."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from commands import Start, until

from bridge.errors import ContractError
from bridge.run.resuming import resumable
from bridge.store.runs import Run, run_of

FLOW = '''
import logging, os, sys, time, warnings
from dataclasses import dataclass
from typing import Annotated

from prefect import flow

from bridge import Scale, model, runner, stage


@dataclass(frozen=True)
class Reached:
    x: Annotated[float, "m"]


@model("walk.step", scale=Scale("continuum"))
def step(x: Annotated[float, "m"], *, tag: str, mode: str = "", seed: int = 7) -> Reached:
    """One further; the second step waits at its gate for as long as there is one."""
    with open(os.environ["NOTES"], "a") as notes:
        notes.write(f"{tag} {x}\\n")
    print(f"from {x} on")
    logging.getLogger("walk").info("in good spirits")
    warnings.warn("the way is long")
    if mode == "fail":
        raise OSError("lost")
    ballast = bytearray(400 * 2**20 if mode == "heavy" else 1)
    while x == 1.0 and os.path.exists(f"{os.environ['NOTES']}.{tag}"):
        time.sleep(0.05)
    return Reached(x + len(ballast[:1]))


@flow(task_runner=runner())
def walk(tag: str, mode: str = "", start: str = "0 m"):
    reached = stage(step, name="a", retries=2, retry_delay=60).submit(x=start, tag=tag)
    reached = stage(step, name="b", retries=2, retry_delay=60).submit(x=reached.x, tag=tag)
    return stage(step, name="c").submit(x=reached.x, tag=tag, mode=mode)
'''
States = dict[str, str]


@pytest.fixture
def walk(tmp_path: Path) -> Path:
    path = tmp_path / "walk.py"
    path.write_text(FLOW)
    return path


def begun(driver: Any, tag: str) -> list[str]:
    return [line.split()[1] for line in driver.notes.read_text().splitlines() if line.startswith(tag)]


def states(run: Run) -> States:
    return {name: facts["state"] for name, facts in run.stages.items()}


def ended(process: subprocess.Popen[str], code: int) -> str:
    out, errors = process.communicate(timeout=250)
    assert process.returncode == code, out + errors
    return out + errors


def resumed(driver: Any, start: Start, tag: str, run: str) -> None:
    """Go on with a run: what had finished is found, what was cut off runs once more, and nothing else."""
    found = json.loads(ended(start("resume", run, "--json"), 0))
    assert (found["id"], found["state"]) == (run, "completed")
    stored = run_of(run)
    assert states(stored)["a"] == "found"
    assert begun(driver, tag).count("0.0") == begun(driver, tag).count("2.0") == 1
    assert stored.about["resumed"] == 1
    assert [e["seq"] for e in stored.events] == list(range(1, len(stored.events) + 1))
    twin = json.loads(ended(start("run", stored.about["file"], "-p", f"tag={tag}", "--json"), 0))
    assert [s["key"] for s in twin["stages"]] == [s["key"] for s in found["stages"]]


@pytest.mark.parametrize("number", [pytest.param(signal.SIGINT, marks=pytest.mark.science), signal.SIGTERM])
def test_a_run_ended_by_a_signal_is_gone_on_with(
    driver: Any, tag: str, walk: Path, gate: Path, start: Start, number: signal.Signals
) -> None:
    process = start("run", str(walk), "-p", f"tag={tag}", "--name", f"n-{tag}")
    until(lambda: begun(driver, tag) == ["0.0", "1.0"])
    process.send_signal(number)
    said = ended(process, 130)
    name = said.split("scalebridge resume ")[1].strip()
    assert f"interrupted by {number.name}" in said
    run = run_of(name)
    assert (run.state, run.name, states(run)["b"]) == ("interrupted", f"n-{tag}", "interrupted")  # without a retry
    gate.unlink()
    resumed(driver, start, tag, run.id)


def test_a_run_is_cancelled_from_another_process_and_gone_on_with(
    driver: Any, tag: str, walk: Path, gate: Path, start: Start
) -> None:
    process = start("run", str(walk), "-p", f"tag={tag}", "--json")
    until(lambda: begun(driver, tag) == ["0.0", "1.0"])
    run = next(run for run in map(run_of, ["last"]) if run.parameters["tag"] == tag)
    with pytest.raises(ContractError, match="is running: there is nothing to resume"):
        resumable(run)
    said = ended(start("cancel", run.id), 0)
    assert f"run {run.id} is cancelled. Go on with it: scalebridge resume {run.id}" in said
    assert json.loads(ended(process, 1))["state"] == "cancelled"
    assert f"run {run.id} is not running: it is cancelled." in ended(start("cancel", run.id), 1)
    gate.unlink()
    resumed(driver, start, tag, run.id)


def test_a_failed_run_is_gone_on_with_once_its_cause_is_mended(driver: Any, tag: str, walk: Path) -> None:
    from bridge.run.flowfile import load_flow
    from bridge.run.launch import launch_with, resume

    failed = launch_with(load_flow(str(walk)), {"tag": tag, "mode": "fail"}, cluster=driver.address)
    assert (failed.state, states(failed)["c"]) == ("failed", "failed")
    walk.write_text(FLOW.replace('raise OSError("lost")', "pass"))
    run = resume(failed, cluster=driver.address)
    assert (run.id, run.state) == (failed.id, "completed")
    assert "failure" not in run.about
    with pytest.raises(ContractError, match="is completed: there is nothing to resume"):
        resume(run)


def test_a_run_whose_flow_is_gone_says_what_to_write(driver: Any, tag: str, walk: Path) -> None:
    from bridge.run.flowfile import load_flow
    from bridge.run.launch import launch_with, resume

    failed = launch_with(load_flow(str(walk)), {"tag": tag, "mode": "fail"}, cluster=driver.address)
    walk.rename(walk.with_name("strolled.py"))
    with pytest.raises(ContractError, match=rf"Write scalebridge resume {failed.id} --flow PATH:walk"):
        resume(failed)


def test_a_record_says_what_was_involved(driver: Any, tag: str, walk: Path) -> None:
    from bridge.run.flowfile import load_flow
    from bridge.run.launch import launch_with

    subprocess.run(["git", "init", "-q"], cwd=walk.parent, check=True)
    subprocess.run(["git", "add", "-A"], cwd=walk.parent, check=True)
    who = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
    subprocess.run(["git", *who, "commit", "-qm", "m"], cwd=walk.parent, check=True)
    walk.write_text(FLOW + "# edited since\n")
    flow = load_flow(str(walk))
    run = launch_with(flow, {"tag": tag, "mode": "heavy"}, cluster=driver.address, name=f"n-{tag}", tags=["x", "w=1"])
    about = run.about
    assert about["seeds"] == {"a.seed": 7, "b.seed": 7, "c.seed": 7}
    assert {"scalebridge", "numpy", "zarr", "prefect", "distributed", "packaging"} <= set(about["versions"])
    assert len(about["revision"]["commit"]) == 40
    assert about["revision"]["dirty"] is True
    assert (run.tags, run_of(f"n-{tag}").id) == (["w=1", "x"], run.id)
    costs = {name: facts["peak_memory_bytes"] for name, facts in run.stages.items()}
    assert costs["c"] - costs["b"] > 250 * 2**20  # workers differ by less
    later = launch_with(load_flow(str(walk)), {"tag": tag, "mode": ""}, cluster=driver.address)
    assert costs["c"] - later.stages["c"]["peak_memory_bytes"] > 250 * 2**20  # of that call, not of the process
    assert about["cost"]["peak_memory_bytes"] == costs["c"]
    assert about["cost"]["cpu_seconds"] >= sum(f["cpu_seconds"] for f in run.stages.values()) - 1e-6
    assert run.stages["a"]["host"] == about["host"]


def test_what_a_model_says_is_in_the_logs_of_its_run_and_of_those_that_find_it(
    driver: Any, tag: str, walk: Path, start: Start
) -> None:
    from bridge.inspect.logs import of_run
    from bridge.run.flowfile import load_flow
    from bridge.run.launch import launch_with

    flow = load_flow(str(walk))
    first = launch_with(flow, {"tag": tag, "mode": "fail"}, cluster=driver.address)
    logs = {one["stage"]: one["log"] for one in of_run(first)}
    assert [line.split(maxsplit=1)[1] for line in logs["a"].splitlines()[1:]] == [
        "print   from 0.0 on",
        "info    walk: in good spirits",
        "warning the way is long",
    ]
    assert logs["a"].startswith("--- attempt 1 on ")
    assert "OSError: lost" in logs["c"]
    second = launch_with(flow, {"tag": tag, "mode": ""}, cluster=driver.address)
    (found,) = of_run(second, "a")
    assert found["from"] == f", computed by run {first.id}"
    assert found["log"] == logs["a"]
    assert "walk: in good spirits" in ended(start("logs", second.id, "c"), 0)


@pytest.mark.parametrize("word", ["", "a b", "x" * 65, "ä/ö"])
def test_a_name_that_no_command_could_find_again_is_refused(word: str) -> None:
    from bridge.run.launch import labelled

    with pytest.raises(ContractError, match="is no name or tag: write letters"):
        labelled(None, [word])


def test_parameters_that_no_record_holds_make_a_run_that_says_so(driver: Any, tag: str) -> None:
    run = driver.run("pair", tag=tag)
    run.about |= {"state": "failed", "not_written": ["structure"]}
    with pytest.raises(ContractError, match="its parameter structure is no text"):
        resumable(run)


def test_a_run_whose_driver_died_on_another_machine_is_gone_on_with_after_a_while(
    driver: Any, tag: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bridge.store.spaces import lease
    from bridge.store.spaces.disk import Disk

    run = driver.run("pair", tag=tag)
    monkeypatch.setattr(lease, "EXPIRY", 0.4)
    space = Disk(run.space.address, leases=True)
    space.create(f"{run.folder}/lock.lease/00000001", b'{"nonce": "1", "host": "elsewhere", "pid": 1, "boot": "b"}')
    run.space, run.about = space, {k: v for k, v in run.about.items() if k != "state"}
    run.store.space = space
    assert run.state == "running"
    resumable(run)
