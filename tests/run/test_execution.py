"""What a run does: each stage once, checked on its way into the store, and recorded."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from typing import Any

import numpy as np
import pytest

import bridge
from bridge.errors import BridgeError, ContractError, StageFailed
from bridge.run.launch import RunFailed, launch
from bridge.store.runs import Run, runs
from bridge.store.store import Store


def states(run: Run) -> dict[str, str]:
    return {name: stage["state"] for name, stage in run.stages.items()}


def artifacts() -> set[str]:
    return {artifact.key for artifact in Store().artifacts()}


def test_a_second_run_finds_what_the_first_computed(driver: Any, tag: str) -> None:
    first = driver.run("pair", tag=tag)
    assert (first.state, states(first)) == ("completed", {"chain.fine": "computed", "chain.coarse": "computed"})
    second = driver.run("pair", tag=tag)
    assert (second.state, states(second)) == ("completed", {"chain.fine": "found", "chain.coarse": "found"})
    assert driver.begun(tag) == ["fine", "coarse"]
    assert second["chain.coarse"].rate == first["chain.coarse"].rate == bridge.Q(2, "m/s")


def test_another_parameter_runs_only_what_depends_on_it(driver: Any, tag: str) -> None:
    driver.run("pair", tag=tag)
    assert states(driver.run("pair", tag=tag, seed="6")) == {"chain.fine": "found", "chain.coarse": "computed"}
    assert driver.begun(tag) == ["fine", "coarse", "coarse"]


def test_a_change_that_changes_no_value_stops_there(driver: Any, tag: str) -> None:
    driver.run("pair", tag=tag)
    again = driver.run("pair", tag=tag, mode="another mode, the same numbers")
    assert states(again) == {"chain.fine": "computed", "chain.coarse": "found"}
    assert driver.begun(tag) == ["fine", "coarse", "fine"]
    later = driver.run("pair", tag=tag, mode="another mode, the same numbers")  # by the alias, without a worker
    assert set(states(later).values()) == {"found"}


def test_a_failing_stage_runs_three_times_with_two_retries(driver: Any, tag: str) -> None:
    run = driver.run("independent", tag=tag)
    assert run.state == "failed"
    assert states(run) == {"bad": "failed", "after": "not run", "good": "computed"}
    assert driver.begun(tag).count("bad") == 3
    assert run.stages["bad"]["error"] == "bad: OSError: bad cannot go on"
    assert "chains.py" in run.stages["bad"]["traceback"]
    assert [e["attempt"] for e in run.events if e["stage"] == "bad" and e["state"] == "running"] == [1, 2, 3]
    assert run["good"].y == bridge.Q(4, "m")
    with pytest.raises(BridgeError, match=r"stage 'after' of run .* has no outputs: it is not run"):
        run["after"]


def test_a_stage_that_stumbles_once_completes_and_keeps_no_error(driver: Any, tag: str) -> None:
    run = driver.run("independent", tag=tag, mode="fail once")
    assert (run.state, states(run)) == ("completed", {"bad": "computed", "after": "computed", "good": "computed"})
    assert driver.begun(tag).count("bad") == 2
    assert not {"error", "traceback"} & run.stages["bad"].keys()


def test_an_error_is_not_remembered_by_the_next_run_on_the_same_workers(driver: Any, tag: str) -> None:
    flow = driver.flow("pair").with_options(task_runner=bridge.runner(driver.address))
    with pytest.raises(StageFailed, match="stumbled") as held:  # as a notebook holds the last error, and its future
        flow(tag, mode="fail once")
    assert flow(tag, mode="fail once").result().rate == bridge.Q(2, "m/s")
    assert driver.begun(tag) == ["fine", "fine", "coarse"]
    assert held.value.traceback


def test_launch_raises_what_went_wrong(driver: Any, tag: str) -> None:
    flow = driver.flow("independent").with_options(task_runner=bridge.runner(driver.address))
    with pytest.raises(RunFailed, match=r"run \S+ failed:\nbad: OSError: bad cannot go on"):
        launch(flow, tag=tag)
    flow = driver.flow("stumbles").with_options(task_runner=bridge.runner(driver.address))
    with pytest.raises(RunFailed, match="no more paper"):
        launch(flow, tag=tag)


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("nan", r"chain\.fine\.field\[7\] left its model as nan"),
        ("shape", r"chain\.fine\.field: dimension 'x' has 300 elements, but left its model as shape \(7,\)"),
        ("range", r"chain\.fine\.y left its model as 1000 m; it is valid between -100 and 100 m"),
    ],
)
def test_what_breaks_the_contract_is_refused_and_not_stored(driver: Any, tag: str, mode: str, said: str) -> None:
    before = artifacts()
    run = driver.run("pair", tag=tag, mode=mode)
    assert states(run) == {"chain.fine": "failed", "chain.coarse": "not run"}
    assert re.match(said, run.stages["chain.fine"]["error"])
    assert artifacts() == before
    assert driver.begun(tag) == ["fine"]


def test_a_value_outside_the_range_it_enters_is_refused_by_the_stage_it_enters(driver: Any, tag: str) -> None:
    run = driver.run("pair", tag=tag, x="40 m")  # leaves as 80 m, may enter up to 50000 mm
    assert states(run) == {"chain.fine": "computed", "chain.coarse": "failed"}
    said = "chain.coarse.x was handed 80000 mm; it is valid between -50000 and 50000 mm."
    assert run.stages["chain.coarse"]["error"] == said
    assert driver.begun(tag) == ["fine"]


def test_nothing_runs_when_the_wiring_is_refused(driver: Any, tag: str) -> None:
    before = len(runs())
    for call in (lambda: driver.run("mistaken", tag=tag), lambda: driver.flow("mistaken")(tag)):
        with pytest.raises(ContractError, match=r"cannot wire chain\.fine\.field \[K\] to chain\.coarse\.x \[mm\]"):
            call()
    assert driver.calls(tag) == []
    assert len(runs()) == before


def test_equal_stages_of_one_run_are_computed_once(driver: Any, tag: str) -> None:
    run = driver.run("fan", tag=tag, order="1")
    assert run.state == "completed"
    again = driver.run("fan", tag=tag, order="12")
    assert states(again) == {"x=1": "found", "x=2": "computed", "chain.gather": "computed"}


def test_the_record_says_what_was_run(driver: Any, tag: str) -> None:
    run = driver.run("pair", tag=tag, x="1500 mm", seed="9")
    about = run.about
    assert about["parameters"] == {"tag": tag, "x": "1500 mm", "mode": "", "seed": "9"}
    assert (about["flow"], about["cluster"]) == ("pair", driver.address)
    assert about["file"].endswith("tests/run/chains.py")
    assert about["edges"] == [
        {
            "source": "chain.fine.y",
            "source_unit": "m",
            "target": "chain.coarse.x",
            "target_unit": "mm",
            "direction": "fine → coarse",
            "scales": [
                {
                    "what": "length",
                    "fine": "1 angstrom .. 1 nm",
                    "coarse": "1 um .. 1 m",
                    "gap": 1000.0,
                    "relation": "apart",
                }
            ],
        }
    ]
    assert about["versions"].items() >= {"numpy": np.__version__, "scalebridge": "0.1.0"}.items()
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, cwd=os.path.dirname(__file__))
    if commit.returncode == 0:
        assert about["revision"]["commit"] == commit.stdout.strip()
    assert (about["python"], about["host"]) == (platform.python_version(), platform.node())
    assert about["prefect"]["flow_run"]
    assert run.seconds is not None


def test_the_artifact_says_what_it_was_made_of(driver: Any, tag: str) -> None:
    run = driver.run("pair", tag=tag, seed="9")
    store = Store()
    about = store.open(run.stages["chain.coarse"]["key"]).about
    assert (about["model"], about["stage"], about["run"], about["scale"]) == (
        "chain.coarse",
        "chain.coarse",
        run.id,
        "continuum",
    )
    assert about["inputs"]["seed"]["literal"] == 9
    assert about["inputs"]["seed"]["setting"] is True
    assert about["inputs"]["x"]["from"] == "chain.fine.y"
    assert about["inputs"]["x"]["artifact"] == run.stages["chain.fine"]["key"]
    assert about["depends"] == {"numpy": np.__version__}
    assert about["cost"].keys() == {"seconds", "cpu_seconds", "peak_memory_bytes", "host", "pid"}
    assert "flow_chains.coarse" in about["code"]
    assert store.planned(about["plan"]) == run.stages["chain.coarse"]["key"]


def test_events_are_in_sequence_and_in_the_order_of_what_happened(driver: Any, tag: str) -> None:
    run = driver.run("pair", tag=tag)
    assert [event["seq"] for event in run.events] == list(range(1, len(run.events) + 1))
    assert [(event["stage"], event["state"]) for event in run.events] == [
        ("chain.fine", "running"),
        ("chain.fine", "computed"),
        ("chain.coarse", "running"),
        ("chain.coarse", "computed"),
    ]
    assert sorted(event["at"] for event in run.events) == [event["at"] for event in run.events]


def test_a_stage_keeps_the_values_it_was_submitted_with(driver: Any, tag: str) -> None:
    run = driver.run("things", tag=tag)
    assert run.state == "completed", run.stages
    atoms = run["second"].atoms
    assert np.unique(atoms.positions).tolist() == [2]
    assert run["second"].field.magnitude.tolist() == [2, 3, 4]
    assert run["second"].table.content == b"a!!"
    assert atoms.arrays["residue"].tolist() == ["ALA"] * 200
    assert set(states(driver.run("things", tag=tag, ruin="false")).values()) == {"found"}
