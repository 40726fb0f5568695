"""Separation of scales during a run: judged by models, recorded with the run, a violation stopped or overridden."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import bridge
from bridge.errors import ContractError, NotSeparated
from bridge.inspect.cli import main
from bridge.run.flowfile import load_flow
from bridge.run.launch import launch_with, resume_with
from bridge.store.runs import Run

FLOWS = Path(__file__).with_name("separating.py")
NAME = "diffusion/binding"


@pytest.fixture
def launched(driver: Any, tag: str) -> Callable[..., Run]:
    def run(flow: str = "dosing", *, accept: Any = (), **parameters: Any) -> Run:
        given = {"tag": tag, **parameters}
        return launch_with(load_flow(f"{FLOWS}:{flow}"), given, cluster=driver.address, accept=accept)

    return run


def fates(run: Run) -> dict[str, str]:
    return {name: str(stage["state"]) for name, stage in run.stages.items()}


def test_a_verdict_is_stored_with_the_artifact_and_recorded_with_the_run(launched: Callable[..., Run]) -> None:
    run = launched(binding="30 s")
    assert run.state == "completed"
    (kept,) = run["separating.tissue"]._artifact.about["separation"]
    assert (kept["name"], kept["ratio"], kept["limit"], kept["ok"], kept["error"]) == (
        NAME, 0.03, 0.1, True, "first order in the ratio",
    )  # fmt: skip
    (judged,) = (event for event in run.events if event["state"] == "judged")
    assert (judged["stage"], judged["separation"]) == ("separating.tissue", [kept])
    (steps,) = judged["steps"]
    ((verdict,),) = run.separation.values()
    assert (verdict.document(), verdict.ok) == (kept, True)
    assert (steps["name"], steps["ratio"], steps["fine_step"]) == ("binding steps", 34, 1000 / 34)
    again = launched(binding="30 s")
    assert fates(again)["separating.tissue"] == "found"
    assert again.stages["separating.tissue"]["separation"] == [kept]


def test_the_verdict_turns_with_a_parameter_and_the_code_stays(launched: Callable[..., Run]) -> None:
    apart, close = launched(binding="30 s"), launched(binding="300 s")
    assert (apart.state, close.state) == ("completed", "failed")
    assert fates(close) == {"separating.tissue": "failed", "separating.organ": "not run"}
    stage = close.stages["separating.tissue"]
    assert "key" not in stage
    assert stage["separation"][0]["ratio"] == 0.3
    assert (
        "diffusion/binding is not separated: the fine time 300 s (given) is 0.3 of the coarse 1000 s" in stage["error"]
    )
    assert "accept='diffusion/binding'" in stage["error"]


def test_a_violation_is_not_tried_again(launched: Callable[..., Run]) -> None:
    run = launched(binding="300 s", retries=2)
    assert [event["attempt"] for event in run.events if event["state"] == "running"] == [1]


def test_an_override_by_name_goes_on_and_is_recorded(launched: Callable[..., Run]) -> None:
    run = launched(binding="301 s", accept=NAME)
    assert run.state == "completed"
    assert run.about["accept"] == [NAME]
    (verdict,) = run.stages["separating.tissue"]["separation"]
    assert (verdict["ok"], verdict["accepted"]) == (False, True)
    other = launched(binding="302 s", accept=["another/pair"])
    assert other.state == "failed"
    assert "(accepted here: 'another/pair')" in other.stages["separating.tissue"]["error"]


def test_what_was_made_under_an_override_is_refused_without_it_and_found_with_it(launched: Callable[..., Run]) -> None:
    made = launched(binding="303 s", accept=[NAME])
    without = launched(binding="303 s")
    assert fates(without) == {"separating.tissue": "failed", "separating.organ": "not run"}
    stage = without.stages["separating.tissue"]
    assert f"made by run {made.id} under that override" in stage["error"]
    assert stage["separation"] == made.stages["separating.tissue"]["separation"]
    for written in ({"accept": [NAME]}, {"allow": NAME}):  # for the run, and in the flow's text
        found = launched(binding="303 s", **written)
        assert set(fates(found).values()) == {"found"}
        assert found["separating.organ"].dose == made["separating.organ"].dose


def test_what_needed_no_override_is_found_with_and_without_one(launched: Callable[..., Run]) -> None:
    launched(binding="31 s", accept=[NAME])
    assert set(fates(launched(binding="31 s")).values()) == {"found"}


def test_a_violated_run_is_gone_on_with_once_it_is_accepted(driver: Any, launched: Callable[..., Run]) -> None:
    run = launched(binding="305 s")
    resumed = resume_with(run, load_flow(f"{FLOWS}:dosing"), cluster=driver.address, accept=NAME)
    assert (resumed.id, resumed.state, resumed.about["accept"]) == (run.id, "completed", [NAME])


def test_a_violation_while_a_model_runs_stops_it_there(launched: Callable[..., Run]) -> None:
    run = launched("cools", limit=0.05)
    assert run.state == "failed"
    (verdict,) = run.stages["separating.cooling"]["separation"]
    assert (verdict["at"], verdict["coarse"]["value"], verdict["checks"]) == ("step 90", 10.0, 10)
    well = launched("cools", limit=0.5)
    (verdict,) = well.stages["separating.cooling"]["separation"]
    assert (verdict["ok"], verdict["at"], verdict["ratio"], verdict["checks"]) == (True, "step 90", 0.1, 10)


def test_of_a_sweep_the_points_that_are_not_separated_have_failed(driver: Any, tag: str) -> None:
    flow, axes = load_flow(f"{FLOWS}:dosing"), {"tag": tag, "binding": "40 s, 400 s"}
    swept = bridge.sweep(flow, cluster=driver.address, **axes)
    assert swept.status.tolist() == ["done", "failed"]
    ((point, said),) = swept.errors()
    assert (point, "diffusion/binding is not separated" in said) == (1, True)
    accepted = bridge.sweep(flow, cluster=driver.address, accept=NAME, **axes)
    assert accepted.status.tolist() == ["done", "done"]
    verdicts = [accepted.at_point(n)["separating.tissue"]._artifact.about["separation"][0] for n in (0, 1)]
    assert [(v["ratio"], v["ok"], v.get("accepted")) for v in verdicts] == [(0.04, True, None), (0.4, False, True)]
    refused = bridge.sweep(flow, cluster=driver.address, **axes)
    assert refused.status.tolist() == ["done", "failed"]
    assert "under that override" in next(refused.errors())[1]


def test_the_command_line_accepts_by_name_and_shows_the_verdict(driver: Any, tag: str) -> None:
    def command(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, words)
        return done.exit_code, done.output

    written = ("run", f"{FLOWS}:dosing", "-p", f"tag={tag}", "-p", "binding=306 s", "--cluster", driver.address)
    code, said = command(*written)
    assert (code, "--accept 'diffusion/binding' on the command line" in said) == (1, True)
    code, said = command(*written, "--accept", NAME)
    assert code == 0, said
    assert "separating.tissue  judged: diffusion/binding not separated, accepted, 0.306 of at most 0.1" in said
    assert "accepted without separation: diffusion/binding" in said
    assert (
        "diffusion/binding: not separated, accepted by name: times 306 s / 1000 s = 0.306, limit 0.1, which stands for "
        "first order in the ratio" in said
    )
    assert "binding steps: 4 fine steps of 250 s in a coarse one of 1000" in said
    code, said = command("show", "last", "--json")
    document = json.loads(said)
    assert document["accept"] == [NAME]
    assert document["stages"][0]["separation"][0]["ratio"] == 0.306
    code, said = command("check", f"{FLOWS}:dosing", "-p", f"tag={tag}", "-p", "binding=306 s", "--plan")
    assert "fails: separating.tissue: diffusion/binding is not separated" in said
    code, said = command(*written, "--accept", NAME, "--every", "1 h")
    assert (code, "write it into the flow, stage('MODEL', accept='diffusion/binding')" in said) == (1, True)


def test_check_says_what_the_models_of_a_wire_declare_of_their_scales(tag: str) -> None:
    from bridge.inspect.wiring import describe, text
    from bridge.run.check import check

    document = describe("dosing", check(load_flow(f"{FLOWS}:dosing"), tag=tag))
    (scales,) = document["wires"][0]["scales"]
    assert (scales["relation"], scales["fine"], scales["coarse"]) == ("apart", "10 um .. 1 mm", "1 cm .. 1 m")
    assert text(document).splitlines()[-1].endswith("fine → coarse  lengths apart 1:10")


@pytest.mark.parametrize(
    ("accept", "said"), [("", "accept=''"), (3, "accept=3"), (["a", 2], "Write accept='fine/coarse'")]
)
def test_an_override_that_names_nothing_is_refused(accept: Any, said: str) -> None:
    with pytest.raises(ContractError, match=said):
        bridge.stage("ase.vacancy", accept=accept)


def test_not_separated_is_a_public_name() -> None:
    assert bridge.NotSeparated is NotSeparated
