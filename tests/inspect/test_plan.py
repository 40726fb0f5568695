"""Before a run: what the store has, what would run and why; and that it comes true."""

from __future__ import annotations

from typing import Any

import pytest
from small_runs import Bench

from bridge import stack, stage
from bridge.chain.values import Unknown
from bridge.inspect.explain.ahead import ahead
from bridge.inspect.wiring import describe, text
from bridge.run.check import check_with
from bridge.run.plan import expected, found


@pytest.fixture
def pair(bench: Bench) -> Any:
    def pair(x: str = "1 m", steps: int = 8, seed: int = 5) -> None:
        first = stage(bench.models.fine).submit(x=x, steps=steps)
        stage(bench.models.rate).submit(length=first.y, seed=seed)

    return pair


def plan(bench: Bench, body: Any, **parameters: Any) -> dict[str, str]:
    told = ahead(expected(check_with(body, parameters), bench.store), bench.store)
    return {name: facts["plan"] for name, facts in told.items()}


def test_an_empty_store_has_everything_run_for_the_first_time(bench: Bench, pair: Any) -> None:
    assert plan(bench, pair) == {
        "toy.fine": "runs: first time toy.fine runs in this store",
        "toy.rate": "runs: first time toy.rate runs in this store",
    }


def test_what_is_in_the_store_is_named_with_the_run_that_made_it(bench: Bench, pair: Any) -> None:
    run = bench.run(pair)
    key = run.stages["toy.fine"]["key"]
    assert plan(bench, pair)["toy.fine"] == f"in the store ({key[:12]}, made by {run.id})"


def test_a_changed_input_is_named_and_a_stage_behind_it_may_be_cut_off(bench: Bench, pair: Any) -> None:
    bench.run(pair)
    assert plan(bench, pair, x="2 m") == {
        "toy.fine": "runs: x 1 m → 2 m",
        "toy.rate": "runs, may be cut off: waits for toy.fine, which runs; if that gives the same values this is found",
    }


def test_a_stage_that_changed_itself_cannot_be_cut_off(bench: Bench, pair: Any) -> None:
    bench.run(pair)
    assert plan(bench, pair, x="2 m", seed=6)["toy.rate"] == "runs: setting seed 5 → 6 (and waits for toy.fine)"


def test_edited_code_is_named(bench: Bench, pair: Any) -> None:
    bench.run(pair)
    bench.edit("FACTOR = 3.0\n")
    assert plan(bench, pair)["toy.fine"] == "runs: code of toys.law changed"


def test_a_stage_whose_inputs_are_all_stored_is_found_by_its_values_before_it_runs(bench: Bench, pair: Any) -> None:
    run = bench.run(pair)

    def alone(x: str) -> None:
        stage(bench.models.fine).submit(x=x)

    bench.run(alone, x="1.0001 m")  # rounds to the same y
    key = run.stages["toy.rate"]["key"]
    said = f"in the store ({key[:12]}, made by {run.id}, found by its values)"
    assert plan(bench, pair, x="1.0001 m")["toy.rate"] == said
    assert found(check_with(pair, {"x": "1.0001 m"}), bench.store)["toy.rate"] is None  # its plan is new


def test_a_stored_value_that_would_be_refused_is_refused_before_the_run(bench: Bench, pair: Any) -> None:
    def alone(x: str) -> None:
        stage(bench.models.fine).submit(x=x)

    bench.run(alone, x="-1 m")
    assert plan(bench, pair, x="-1 m")["toy.rate"].startswith("fails: toy.rate.length was handed -2000")


def test_a_stage_behind_a_task_of_prefects_own_waits_for_it(bench: Bench) -> None:
    def behind() -> None:
        first = stage(bench.models.fine).submit(x=Unknown("length-0"))
        stage(bench.models.rate).submit(length=first.y)

    told = plan(bench, behind)
    assert told["toy.fine"] == "waits for task length-0"
    chain = check_with(behind, {})
    assert found(chain, bench.store) == {"toy.fine": None, "toy.rate": None}


def test_many_stages_that_are_waited_for_are_counted(bench: Bench) -> None:
    def many(temperature: str) -> None:
        parts = [stage(bench.models.fine, name=f"x={i}").submit(x=f"{i} m", temperature=temperature) for i in range(9)]
        stage(bench.models.gather).submit(lengths=stack([part.y for part in parts], dim="n"))

    bench.run(many, temperature="1 K")
    assert "waits for 9 stages (x=0 … x=8), which run;" in plan(bench, many, temperature="2 K")["toy.gather"]


@pytest.mark.parametrize(
    "change", [{}, {"x": "2 m"}, {"x": "1.0001 m"}, {"seed": 6}, {"steps": 4, "seed": 4}, {"x": "7 m", "steps": 2}]
)
def test_what_is_expected_comes_true(bench: Bench, pair: Any, change: dict[str, Any]) -> None:
    bench.run(pair)
    told = plan(bench, pair, **change)
    states = {name: facts["state"] for name, facts in bench.run(pair, **change).stages.items()}
    for name, said in told.items():
        assert said.startswith({"found": ("in the store", "runs, may be"), "computed": ("runs",)}[states[name]])


def test_a_plan_is_a_column_of_the_wiring(bench: Bench, pair: Any) -> None:
    bench.run(pair)
    chain = check_with(pair, {"x": "2 m"})
    document = describe("pair", chain, ahead(expected(chain, bench.store), bench.store))
    assert document["stages"][0]["differences"][0]["name"] == "x"
    assert "runs: x 1 m → 2 m" in text(document)
    assert "PLAN" not in text(describe("pair", chain))
