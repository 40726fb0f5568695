"""A block of executions in one process: committed one by one, found, failed, waited for."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bridge.run.flowfile import load_flow
from bridge.run.sweeps.batch import Batch
from bridge.run.sweeps.kept import seal
from bridge.run.sweeps.performing import perform_batch
from bridge.run.sweeps.prepared import prepare
from bridge.run.sweeps.written import read_python
from bridge.store.store import Store
from bridge.store.sweeps import COMPUTED, FAILED, FOUND

SWEPT = Path(__file__).with_name("swept.py")


@pytest.fixture(autouse=True)
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NOTES", str(tmp_path / "notes"))
    (tmp_path / "notes").touch()
    return tmp_path / "notes"


def batch(space: Path, name: str = "chain", stage: int = 0, run: str = "20261121-000000-000aaa", **axes: Any) -> Batch:
    """The executions of the first stage of a flow, as its driver would order them."""
    flow = load_flow(f"{SWEPT}:{name}")
    points, fixed = read_python(flow, (), axes)
    store = Store(space / "store")
    store.prepare()
    executions = prepare(flow, points, fixed, store).executions
    use = executions.uses[stage]
    varied = {}
    for port, source in use.stage.sources.items():
        if hasattr(source, "axis"):
            varied[port] = (executions.entries.of(use.stage, port).values, use.places[source.axis])
    wanted = [("y",)] if name == "chain" else []
    return Batch(use.stage, run, store, use.keys.tobytes(), varied, {}, {}, wanted)


def calls(notes: Path) -> int:
    return len(notes.read_text().splitlines())


def test_results_are_rows_that_say_where_they_come_from(tmp_path: Path, notes: Path) -> None:
    one = batch(tmp_path, x="1 m .. 50 m : 50")
    came = perform_batch(one)
    assert (came.states == COMPUTED).all()
    assert calls(notes) == 50
    assert came.values[("y",)] == [2.0 * n for n in range(1, 51)]
    store = Store(tmp_path / "store")
    found = store.planned_many([one.plan(n) for n in range(50)])
    assert [found[one.plan(n)] for n in range(50)] == [key.tobytes().hex() for key in came.keys]
    seal(one.run)
    artifact = store.open(came.keys[6].tobytes().hex())
    assert artifact.value(("y",)) == 14.0
    assert artifact.value(("profile",)).tolist() == [7.0, 14.0]
    about = artifact.about
    assert (about["inputs"]["x"]["literal"], about["inputs"]["x"]["axis"], about["stage"]) == (7.0, "x", "swept.fine")
    assert about["plan"] == one.plan(6)
    assert about["run"] == one.run
    assert about["code"]


def test_a_row_has_the_content_key_of_a_single_run(tmp_path: Path) -> None:
    from bridge.run.check import check_with
    from bridge.run.order import Order, perform
    from bridge.run.plan import plan_keys

    came = perform_batch(batch(tmp_path, x="1 m, 2 m"))
    store = Store(tmp_path / "alone")
    store.prepare()
    chain = check_with(load_flow(f"{SWEPT}:chain"), {"x": "2 m"})
    receipt = perform(Order(chain.stages["swept.fine"], plan_keys(chain)["swept.fine"], "r", store))
    assert receipt.key == came.keys[1].tobytes().hex()


def test_what_is_there_is_found_and_not_computed(tmp_path: Path, notes: Path) -> None:
    first = perform_batch(batch(tmp_path, x="1 m .. 20 m : 20"))
    again = perform_batch(batch(tmp_path, x="11 m .. 30 m : 20", run="20261121-000000-000bbb"))
    assert (again.states[:10] == FOUND).all()
    assert (again.states[10:] == COMPUTED).all()
    assert (again.keys[:10] == first.keys[10:]).all()
    assert again.values[("y",)] == [2.0 * n for n in range(11, 31)]
    assert calls(notes) == 30


def test_a_failure_is_told_of_its_execution_and_the_rest_goes_on(tmp_path: Path, notes: Path) -> None:
    came = perform_batch(batch(tmp_path, x="12 m .. 15 m : 7"))
    assert came.states.tolist() == [COMPUTED] * 3 + [FAILED] + [COMPUTED] * 3
    said, traceback = came.errors[3]
    assert said == "swept.fine: ZeroDivisionError: thirteen and a half"
    assert "raise ZeroDivisionError" in traceback
    assert not came.keys[3].any()


def test_failures_are_tried_again_as_often_as_the_stage_says(tmp_path: Path, notes: Path) -> None:
    perform_batch(batch(tmp_path, "retried", x="13.5 m, 14 m"))
    assert [line.split()[2] for line in notes.read_text().splitlines()] == ["13.5"] * 3 + ["14.0"]


def test_what_does_not_stack_is_an_artifact_of_its_own(tmp_path: Path) -> None:
    one = batch(tmp_path, "cells", x="1 m, 2 m, 3 m")
    came = perform_batch(one)
    assert (came.states == COMPUTED).all()
    store = Store(tmp_path / "store")
    artifact = store.open(came.keys[1].tobytes().hex())
    assert artifact.value(("atoms",)).cell[0, 0] == 2.0
    assert artifact.about["inputs"]["x"]["literal"] == 2.0
    assert store.planned(one.plan(1)) == artifact.key
    assert not list((tmp_path / "store").glob("blocks/*"))


def test_a_worker_outlives_a_store_that_was_made_anew_in_the_same_place(tmp_path: Path, notes: Path) -> None:
    perform_batch(batch(tmp_path, x="1 m, 2 m"))
    seal("20261121-000000-000aaa")
    shutil.rmtree(tmp_path / "store")
    again = batch(tmp_path, x="1 m, 2 m")
    assert (perform_batch(again).states == COMPUTED).all()
    seal(again.run)
    assert calls(notes) == 4
    assert len(Store(tmp_path / "store").planned_many([again.plan(0), again.plan(1)])) == 2


def _perform(space: str, notes: str, axes: dict[str, Any], run: str) -> None:
    os.environ["NOTES"] = notes
    perform_batch(batch(Path(space), run=run, **axes))


def test_two_processes_with_the_same_executions_compute_each_once(tmp_path: Path, notes: Path) -> None:
    axes = {"x": "1 m .. 40 m : 40", "seconds": 0.02}
    batch(tmp_path, **axes)  # the store is there
    context = multiprocessing.get_context("spawn")
    runs = [f"20261121-000000-000aa{n}" for n in range(2)]
    both = [context.Process(target=_perform, args=(str(tmp_path), str(notes), axes, run)) for run in runs]
    for one in both:
        one.start()
    for one in both:
        one.join(120)
    assert [one.exitcode for one in both] == [0, 0]
    assert calls(notes) == 40


def test_a_killed_process_loses_the_execution_that_it_was_in_and_no_other(tmp_path: Path, notes: Path) -> None:
    axes = {"x": "1 m .. 40 m : 40", "seconds": 0.05}
    one = batch(tmp_path, **axes)
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_perform, args=(str(tmp_path), str(notes), axes, one.run))
    process.start()
    end = time.monotonic() + 60
    while calls(notes) < 15 and time.monotonic() < end:
        time.sleep(0.01)
    process.kill()
    process.join()
    begun = calls(notes)
    there = len(Store(tmp_path / "store").planned_many([one.plan(n) for n in range(40)]))
    assert there >= begun - 1
    came = perform_batch(one)
    assert int((came.states == FOUND).sum()) == there
    assert calls(notes) == begun + 40 - there
    assert np.unique(came.keys, axis=0).shape == (40, 32)


def test_an_argument_that_a_model_writes_into_is_its_own(tmp_path: Path) -> None:
    one = batch(tmp_path, "writing", b="1 m .. 4 m : 4")
    one.wanted = (("total",),)
    assert perform_batch(one).values[("total",)] == [4.0, 5.0, 6.0, 7.0]
