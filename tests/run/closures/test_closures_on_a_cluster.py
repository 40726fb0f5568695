"""Closures on a Dask cluster: fine calls beside coarse stages, no deadlock, and what a killed worker costs."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil

import bridge
from bridge.run.flowfile import load_flow
from bridge.run.launch import launch_with
from bridge.store.runs import Run
from bridge.store.store import Store

ASKS = Path(__file__).with_name("asks.py")


def run(driver: Any, tag: str, **parameters: Any) -> Run:
    return launch_with(load_flow(f"{ASKS}:asks"), {"tag": tag, **parameters}, cluster=driver.address)


def noted(driver: Any, tag: str) -> list[list[str]]:
    lines = [line.split() for line in driver.notes.read_text().splitlines()]
    return [words[1:] for words in lines if words[0] == tag]


def begun(driver: Any, tag: str) -> list[str]:
    return [words[1] for words in noted(driver, tag) if words[0] == "begin"]


def told(found: Run, stage: str = "macro 0") -> dict[str, Any]:
    return dict(found.store.open(found.stages[stage]["key"]).about["closures"]["flux"])


def exact(states: int = 40, length: float = 0.02) -> np.ndarray:
    gradients = np.linspace(1.0, 10.0, states) / length
    return -3.0 * gradients * (1 + np.tanh(gradients / 300))


def test_one_field_on_the_cluster_in_threads_and_in_place_bit_for_bit(driver: Any, tag: str) -> None:
    fields = {}
    for where in ("cluster", "threads", "process"):
        found = run(driver, f"{tag}{where}", where=where)  # the tag is a setting of the fine model: nothing is shared
        assert found.state == "completed"
        assert len(begun(driver, f"{tag}{where}")) == told(found)["runs"] == 40
        fields[where] = np.asarray(found["macro 0"].answers.magnitude).tobytes()
    assert len(set(fields.values())) == 1
    np.testing.assert_array_equal(np.frombuffer(fields["cluster"]), exact())


def test_one_more_coarse_stage_than_there_are_threads_is_no_deadlock(driver: Any, tag: str, gate: Path) -> None:
    driver.whole()
    gate.write_text("until 2")  # no call ends before both workers have begun one
    found = run(driver, tag, stages=3, states=12, sleep=0.05, batches=2)
    assert found.state == "completed"
    assert len(begun(driver, tag)) == 36
    workers = {words[-1] for words in noted(driver, tag)}
    assert len(workers) == 2


def test_many_coarse_stages_that_wait_for_their_turn_hold_no_fine_call_up(driver: Any, tag: str) -> None:
    """On an embedded cluster, where waiting stages take the places that Dask counts.

    Dask holds back tasks of a group of more than two a thread: 40 states make more pieces than that.
    """
    flow = load_flow(f"{ASKS}:asks")
    found = launch_with(flow, {"tag": tag, "stages": 9, "states": 40}, cluster="local")
    assert found.state == "completed"
    calls = begun(driver, tag)  # some states are those of several stages
    assert len(calls) == len(set(calls)) > 300


def test_equal_coarse_stages_at_once_wait_for_one_another_and_not_for_their_fine_calls(driver: Any, tag: str) -> None:
    found = run(driver, tag, stages=4, states=12, sleep=0.05, alike=True)
    assert found.state == "completed"
    assert len(begun(driver, tag)) == 12


def test_a_fine_call_is_shared_with_earlier_runs(driver: Any, tag: str) -> None:
    run(driver, tag, states=10)
    again = run(driver, tag, states=10, batches=3)
    assert len(begun(driver, tag)) == 10
    assert (told(again)["runs"], told(again)["stored"]) == (0, 10)


def test_a_flow_with_closures_is_swept(driver: Any, tag: str) -> None:
    flow = load_flow(f"{ASKS}:asks").with_options(task_runner=bridge.runner(driver.address))
    swept = bridge.sweep(flow, tag=tag, states=6, conductivity=["3 W/(m*K)", "4 W/(m*K)"], length=["2 cm", "3 cm"])
    assert swept.counts["done"] == 4
    assert len(begun(driver, tag)) == 2 * 2 * 6
    field = swept.to_xarray()["answers"]
    np.testing.assert_allclose(field[0, 1], exact(6, 0.03), rtol=1e-14)


def test_a_killed_worker_costs_the_calls_in_flight(driver: Any, tag: str, gate: Path) -> None:
    killed: list[int] = []
    gate.write_text("after 60")  # calls that begin then are in flight until it is gone

    def kill() -> None:
        end = time.monotonic() + 200
        while len(noted(driver, tag)) < 60 and time.monotonic() < end:
            time.sleep(0.01)
        pid = int(noted(driver, tag)[-1][-1])
        psutil.Process(pid).kill()
        killed.append(pid)
        gate.unlink()

    threading.Thread(target=kill, daemon=True).start()
    found = run(driver, tag, states=320, sleep=0.02)
    assert found.state == "completed"
    assert killed
    calls = begun(driver, tag)
    assert len(set(calls)) == 320
    assert len(calls) - 320 <= 2  # one in flight for each worker
    np.testing.assert_array_equal(found["macro 0"].answers.magnitude, exact(320))


def test_a_call_that_takes_too_long_fails_its_stage_and_frees_its_worker(driver: Any, tag: str) -> None:
    found = run(driver, tag, states=4, sleep=1000.0, timeout="0.5 s")
    assert found.state == "failed"
    assert "macro 0.flux: it took longer than 0.5 s, the timeout of its closure" in found.stages["macro 0"]["error"]
    assert run(driver, f"{tag}after", states=4).state == "completed"


def test_the_rows_of_fine_calls_are_sealed_when_the_run_ends(driver: Any, tag: str) -> None:
    space = Store().space
    before = set(space.children("journal"))  # those of workers that were killed are found, and sealed by gc
    found = run(driver, tag, states=30)
    ledger = found.store.open(found.store.open(found.stages["macro 0"]["key"]).about["inputs"]["flux"]["calls"])
    keys = [raw.tobytes().hex() for raw in ledger.value(("fine",))]
    assert Store().has_many(keys) == set(keys)
    assert set(space.children("journal")) <= before
