"""Why a stage was found or computed: hits name who made them, misses name what differs from the nearest."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner
from small_runs import Bench

import bridge.store.keys
from bridge import stack, stage
from bridge.errors import UnknownName
from bridge.inspect.commands.explain import why as command
from bridge.inspect.explain.why import why
from bridge.inspect.explain.why_text import text
from bridge.store.runs import Run


@pytest.fixture
def pair(bench: Bench) -> Any:
    def pair(x: str = "1 m", steps: int = 8, seed: int = 5, mode: str = "", temperature: str = "300 K") -> None:
        first = stage(bench.models.fine).submit(x=x, steps=steps, mode=mode, temperature=temperature)
        stage(bench.models.rate).submit(length=first.y, field=first.field, seed=seed)

    return pair


def reasons(run: Run) -> dict[str, str]:
    return {one["name"]: one["because"] for one in why(run)["stages"]}


def test_a_model_that_never_ran_is_said_to_run_for_the_first_time(bench: Bench, pair: Any) -> None:
    told = why(bench.run(pair))
    assert [one["state"] for one in told["stages"]] == ["computed", "computed"]
    assert told["stages"][0]["because"] == "first time toy.fine runs in this store"
    assert told["stages"][0]["differences"] == []


def test_a_hit_by_plan_names_its_artifact_and_the_run_that_made_it(bench: Bench, pair: Any) -> None:
    first, second = bench.run(pair), bench.run(pair)
    for one in why(second)["stages"]:
        assert (one["state"], one["by"], one["run"]) == ("found", "plan", first.id)
        assert one["artifact"] == first.stages[one["name"]]["key"]
    assert f"made by run {first.id} on 20" in text(why(second, "toy.fine"))
    assert " UTC" in text(why(second, "toy.fine"))
    assert "2 stages" not in text(why(second))  # two are told of one by one


def test_a_changed_parameter_is_named_with_both_values_and_its_unit(bench: Bench, pair: Any) -> None:
    bench.run(pair, temperature="900 K")
    (one,) = why(bench.run(pair, temperature="950 K"), "toy.fine")["stages"]
    (difference,) = one["differences"]
    assert difference["text"] == "temperature 900 K → 950 K"
    assert (difference["old"]["value"], difference["new"]["value"], difference["new"]["unit"]) == (900.0, 950.0, "K")


def test_values_that_differ_in_a_late_digit_are_written_with_it(bench: Bench, pair: Any) -> None:
    bench.run(pair, temperature="900 K")
    assert reasons(bench.run(pair, temperature="900.00000001 K"))["toy.fine"] == "temperature 900 K → 900.00000001 K"


def test_a_changed_setting_is_named_as_a_setting(bench: Bench, pair: Any) -> None:
    bench.run(pair)
    told = reasons(bench.run(pair, steps=16, seed=6))
    assert told == {"toy.fine": "setting steps 8 → 16", "toy.rate": "setting seed 5 → 6"}


def test_an_edited_module_is_named(bench: Bench, pair: Any) -> None:
    bench.run(pair)
    bench.edit("FACTOR = 3.0\n")
    (one,) = why(bench.run(pair), "toy.fine")["stages"]
    assert one["because"] == "code of toys.law changed"
    assert one["differences"][0]["old"] != one["differences"][0]["new"]


def test_a_changed_version_of_a_dependency_is_named(bench: Bench, pair: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge.store.keys, "_version", lambda name: "2.4.5")
    bench.run(pair)
    monkeypatch.setattr(bridge.store.keys, "_version", lambda name: "2.4.6")
    assert reasons(bench.run(pair)) == {"toy.fine": "found by its plan key", "toy.rate": "numpy 2.4.5 → 2.4.6"}


def test_a_wire_tells_the_stage_and_the_artifacts_its_values_came_from(bench: Bench, pair: Any) -> None:
    first, second = bench.run(pair, x="1 m"), bench.run(pair, x="3 m")
    (one,) = why(second, "toy.rate")["stages"]
    here, there = (run.stages["toy.fine"]["key"][:12] for run in (first, second))
    length, field = (difference["text"] for difference in one["differences"])
    assert length == f"length 2000 mm → 6000 mm, from toy.fine.y (artifact {here} → {there})"
    assert field.startswith("field array 200, other values (relative L2 norm of the change 0.")


def test_a_stage_behind_equal_values_is_cut_off_and_found_by_its_content_key(bench: Bench) -> None:
    def rounded(x: str) -> None:  # toy.fine rounds: y is the same, field is not, and not wired
        stage(bench.models.rate).submit(length=stage(bench.models.fine).submit(x=x).y)

    first, second = bench.run(rounded, x="1 m"), bench.run(rounded, x="1.0001 m")
    (one,) = why(second, "toy.rate")["stages"]
    assert (one["state"], one["by"], one["run"]) == ("found", "values", first.id)
    assert one["because"] == "found by its content key: upstream was computed anew and gave the same values"
    old, new = (run.stages["toy.fine"]["key"] for run in (first, second))
    assert one["upstream"] == [{"port": "length", "from": "toy.fine.y", "old": old, "new": new}]
    assert reasons(bench.run(rounded, x="1.0001 m"))["toy.rate"] == "found by its plan key"


def test_a_stage_wired_in_another_way_with_the_same_values_is_found_by_its_content_key(bench: Bench) -> None:
    def wired(written: bool) -> None:
        first = stage(bench.models.fine).submit(x="1 m")
        stage(bench.models.rate).submit(length="2 m" if written else first.y, field=first.field)

    bench.run(wired, written=False)
    (one,) = why(bench.run(wired, written=True), "toy.rate")["stages"]
    assert one["because"] == "found by its content key: it is planned in another way, with the same values"
    assert one["upstream"] == []


def test_the_nearest_artifact_is_the_one_that_differs_least_not_the_last(bench: Bench, pair: Any) -> None:
    near = bench.run(pair, temperature="400 K", steps=4)
    bench.run(pair, x="5 m", temperature="500 K", steps=5)
    (one,) = why(bench.run(pair, temperature="400 K", steps=9), "toy.fine")["stages"]
    assert (one["nearest"]["run"], one["because"]) == (near.id, "setting steps 4 → 9")


def test_of_artifacts_that_differ_as_little_that_of_the_same_stage_is_the_nearest(bench: Bench) -> None:
    def one(name: str, temperature: str) -> None:
        stage(bench.models.fine, name=name).submit(x="1 m", temperature=temperature)

    bench.run(one, name="a", temperature="400 K")
    bench.run(one, name="b", temperature="500 K")
    bench.run(one, name="c", temperature="600 K")
    assert reasons(bench.run(one, name="a", temperature="450 K"))["a"] == "temperature 400 K → 450 K"
    assert reasons(bench.run(one, name="b", temperature="450.5 K"))["b"] == "temperature 500 K → 450.5 K"
    assert reasons(bench.run(one, name="new", temperature="1 K"))["new"] == "temperature 450.5 K → 1 K"  # the last run


def test_later_runs_do_not_explain_earlier_ones(bench: Bench, pair: Any) -> None:
    first = bench.run(pair)
    bench.run(pair, steps=9)
    assert reasons(first)["toy.fine"] == "first time toy.fine runs in this store"


def test_nothing_like_it_is_said_where_every_input_differs(bench: Bench) -> None:
    def alone(length: str, seed: int, n: int) -> None:
        first = stage(bench.models.fine).submit(x="1 m", steps=n, temperature=f"{n} K")
        stage(bench.models.rate).submit(length=length, field=first.field, seed=seed)

    bench.run(alone, length="1 mm", seed=1, n=1)
    run = bench.run(alone, length="2 mm", seed=2, n=2)
    assert why(run, "toy.rate")["stages"][0]["alike"] is False
    assert "nothing like it in the store; the nearest artifact, " in text(why(run, "toy.rate"))


def test_a_failed_stage_says_its_error_in_one_line_and_what_waited_for_it_says_so(bench: Bench, pair: Any) -> None:
    run = bench.run(pair, mode="fail")
    assert reasons(run) == {"toy.fine": "toy.fine: OSError: no more paper", "toy.rate": "toy.fine before it failed"}
    assert "toy.fine  failed: toy.fine: OSError: no more paper" in text(why(run))


def test_an_artifact_that_was_removed_is_said_to_have_been_there(bench: Bench, pair: Any) -> None:
    first = bench.run(pair)
    key = first.stages["toy.fine"]["key"]
    bench.forget(f"artifacts/{key[:2]}/{key}")
    told = why(bench.run(pair), "toy.fine", [first])["stages"][0]["because"]
    assert told == f"run {first.id} had it, and it was removed from the store since"


def test_equal_stages_of_one_run_refer_to_one_another(bench: Bench) -> None:
    def twice() -> None:
        stage(bench.models.fine, name="one").submit(x="1 m")
        stage(bench.models.fine, name="other").submit(x="100 cm")

    assert reasons(bench.run(twice))["other"] == "found: computed by this run as the equal stage one"


def test_an_artifact_that_cannot_be_read_is_left_out_and_counted(bench: Bench, pair: Any) -> None:
    first = bench.run(pair)
    key = first.stages["toy.fine"]["key"]
    bench.store.space.put(f"artifacts/{key[:2]}/{key}/zarr.json", b"{}")
    told = why(bench.run(pair, steps=9))
    assert list(told["unreadable"]) == [key]
    assert "1 artifact of the store could not be read and was left out" in text(told)
    assert told["stages"][0]["because"] == "first time toy.fine runs in this store"


def test_stages_of_one_fate_are_told_of_together(bench: Bench) -> None:
    def many(temperature: str) -> None:
        parts = [stage(bench.models.fine, name=f"x={i}").submit(x=f"{i} m", temperature=temperature) for i in range(9)]
        stage(bench.models.gather).submit(lengths=stack([part.y for part in parts], dim="n"))

    first = text(why(bench.run(many, temperature="300 K")))
    assert "10 stages computed, their models run for the first time in this store:\n    x=0, x=1" in first
    warmer = text(why(bench.run(many, temperature="400 K")))
    assert warmer.count("temperature 300 K → 400 K") == 1
    assert "toy.fine, 9 stages computed for the same reason: x=0, x=1" in warmer
    again = text(why(bench.run(many, temperature="400 K")))
    assert "9 stages found by their plan keys" in again


def test_stacked_values_that_changed_are_counted_and_named(bench: Bench) -> None:
    def few(last: str) -> None:
        parts = [stage(bench.models.fine, name=f"x={x}").submit(x=x) for x in ("1 m", "2 m", last)]
        stage(bench.models.gather).submit(lengths=stack([part.y for part in parts], dim="n"))

    bench.run(few, last="3 m")
    told = reasons(bench.run(few, last="4 m"))["toy.gather"]
    assert told.startswith(
        "lengths [600] cm → [800] cm (1 of 3 stacked values are others), from x=4 m.y instead of x=3 m.y"
    )


def test_the_command_prints_words_or_json_and_refuses_what_is_not_there(
    bench: Bench, pair: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.run(pair)
    last = bench.run(pair, steps=9)
    monkeypatch.setenv("SCALEBRIDGE_STORE", bench.store.address)
    assert "setting steps 8 → 9" in CliRunner().invoke(command, ["last"]).output
    document = json.loads(CliRunner().invoke(command, ["last", "toy.fine", "--json"]).output)
    assert (document["id"], [one["name"] for one in document["stages"]]) == (last.id, ["toy.fine"])
    refused = CliRunner().invoke(command, ["last", "toy.fin"])
    assert isinstance(refused.exception, UnknownName)
    assert "Did you mean 'toy.fine'?" in str(refused.exception)
