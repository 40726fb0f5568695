"""Flows as people write them: whatever they return, call or stack, they are recorded the same."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest

import bridge
from bridge.errors import ContractError, StageFailed
from bridge.run.launch import launch_with
from bridge.store.runs import runs


def prefect_run(run: Any) -> Any:
    """What Prefect's server knows of a run."""
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        return client.read_flow_run(run.about["prefect"]["flow_run"])


def called(driver: Any, name: str, **parameters: Any) -> Any:
    """Call a flow as Prefect has it, without launch, and look up its record."""
    driver.flow(name).with_options(task_runner=bridge.runner(driver.address))(**parameters)
    return runs()[0]


def launched(driver: Any, name: str, **parameters: Any) -> Any:
    return driver.run(name, **parameters)


BOTH = pytest.mark.parametrize("start", [launched, called])
Start = Callable[..., Any]


@BOTH
def test_prefect_knows_of_every_run(driver: Any, tag: str, start: Start) -> None:
    for _ in range(2):  # computed, then found
        run = start(driver, "pair", tag=tag)
        known = prefect_run(run)
        assert (known.name, known.state_name, run.state) == (run.about["prefect"]["name"], "Completed", "completed")
        assert known.parameters["tag"] == tag
    assert driver.begun(tag) == ["fine", "coarse"]


@pytest.mark.parametrize("what", ["port", "list", "dict", "nothing"])
@BOTH
def test_a_flow_may_return_what_it_likes(driver: Any, start: Start, what: str) -> None:
    run = start(driver, "gives", tag="gives", what=what)
    assert run.state == "completed"
    assert prefect_run(run).state_name == "Completed"
    assert run["chain.coarse"].rate == bridge.Q(2, "m/s")


@BOTH
def test_a_failure_in_a_stage_that_nothing_waits_for_is_a_failure(driver: Any, tag: str, start: Start) -> None:
    with pytest.raises(StageFailed, match="bad cannot go on") if start is called else nullcontext():
        start(driver, "independent", tag=tag)
    run = runs()[0]
    assert run.state == "failed"
    assert run.stages["good"]["state"] == "computed"
    assert prefect_run(run).state_name == "Failed"


@BOTH
def test_stages_of_subflows_belong_to_the_run_of_the_flow_that_calls_them(driver: Any, tag: str, start: Start) -> None:
    before = {run.id for run in runs()}
    run = start(driver, "nested", tag=tag)
    assert {r.id for r in runs()} - before == {run.id}
    assert (run.flow, run.state) == ("nested", "completed")
    assert list(run.stages) == ["inner 1 m", "inner 2 m", "chain.gather"]
    assert run["chain.gather"].total == bridge.Q(6, "m")


def test_outputs_of_several_stages_stack_into_one_array(driver: Any, tag: str) -> None:
    run = driver.run("fan", tag=tag)
    assert run["chain.gather"].total == bridge.Q(2 + 4 + 6 + 7, "m")
    assert [edge["source"] for edge in run.about["edges"]] == ["x=1.y", "x=2.y", "x=3.y"]


@BOTH
def test_plain_prefect_tasks_give_to_stages_and_take_from_them(driver: Any, tag: str, start: Start) -> None:
    run = start(driver, "with_tasks", tag=tag)
    assert run.state == "completed"
    assert run["chain.fine"].y == bridge.Q(6, "m")
    assert run["chain.coarse"].rate == bridge.Q(2, "m/s")
    assert [call for call in driver.calls(tag) if call.startswith("look")] == ["look 6.0_m"]


@BOTH
def test_what_the_flow_itself_meets_is_in_the_record(driver: Any, tag: str, start: Start) -> None:
    with pytest.raises(RuntimeError, match="no more paper") if start is called else nullcontext():
        start(driver, "stumbles", tag=tag)
    run = runs()[0]
    assert run.state == "failed"
    assert "no more paper" in run.about["failure"]
    assert run.stages["chain.fine"]["state"] == "computed"


def test_a_stage_outside_of_a_flow_says_what_to_write() -> None:
    from bridge.run.stage import stage

    with pytest.raises(ContractError, match=r"belongs in a flow: write @flow\(task_runner=runner\(\)\)"):
        stage("creep.coble").submit()


def test_a_flow_without_a_stage_says_so(driver: Any) -> None:
    from prefect import flow

    @flow
    def empty() -> None:
        pass

    with pytest.raises(ContractError, match="submits no stage"):
        launch_with(empty, {})


def test_two_runs_of_one_flow_at_once_are_two_records(driver: Any, tag: str) -> None:
    import threading

    flow = driver.flow("independent").with_options(task_runner=bridge.runner(driver.address))
    before = {run.id for run in runs()}
    threads = [
        threading.Thread(target=flow, args=(f"{tag}{i}",), kwargs={"mode": "", "seconds": i / 2}) for i in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    new = [run for run in runs() if run.id not in before]
    assert [run.state for run in new] == ["completed", "completed"]
    assert {run.parameters["tag"] for run in new} == {f"{tag}0", f"{tag}1"}
    assert all(len(run.stages) == 3 for run in new)
