"""What a sweep plans before anything runs: the same keys as single runs, each distinct execution once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bridge import Q, zipped
from bridge.errors import BridgeError, ContractError
from bridge.run.check import check_with
from bridge.run.flowfile import load_flow
from bridge.run.plan import plan_keys
from bridge.run.sweeps.prepared import prepare
from bridge.run.sweeps.written import read_python
from bridge.store.store import Store

SWEPT = Path(__file__).with_name("swept.py")


def planned(name: str, space: Path, *designs: Any, **axes: Any) -> Any:
    flow = load_flow(f"{SWEPT}:{name}")
    points, fixed = read_python(flow, designs, axes)
    return prepare(flow, points, fixed, Store(space / "store")), flow, points, fixed


def same_as_single_runs(name: str, space: Path, *designs: Any, **axes: Any) -> Any:
    """Compare the plan keys of every point with those of a run of its own."""
    prepared, flow, points, fixed = planned(name, space, *designs, **axes)
    executions = prepared.executions
    at = {stage: executions.at_points(stage) for stage in executions.stages()}
    for number in range(points.size):
        alone = plan_keys(check_with(flow, {**fixed, **points.at(number)}))
        mine = {stage: executions.plans(ids[[number]])[0] for stage, ids in at.items() if ids[number] >= 0}
        assert mine == alone, points.texts(number)
    return prepared


def counts(prepared: Any) -> dict[str, int]:
    return {told["stage"]: told["executions"] for told in prepared.cost()}


@pytest.mark.parametrize(
    ("name", "axes"),
    [
        ("chain", {"x": "1 m .. 3 m : 3", "t": ["1 s", "200 ms"]}),
        ("chain", {"t": Q(np.linspace(0.1, 0.7, 7), "s"), "x": ["50 cm", "0.0001 km"]}),
        ("chain", {"mode": ["", "nan"], "tag": ["a", "b"]}),
        ("chain", {"seconds": [0.0, 0.5, 1], "x": "1 m"}),
        ("choosing", {"x": ["1 m", "2 m"], "which": ["coarse", "other"], "t": "1 s, 2 s"}),
        ("asking", {"x": ["1 m", "2 m"], "kind": ["with", "without"]}),
        ("quiet", {"x": ["1 m", "2 m", "3 m"]}),
        ("coerced", {"size": ["1 m", "2 m"]}),
    ],
)
def test_every_point_has_the_plan_keys_of_a_run_of_its_own(tmp_path: Path, name: str, axes: dict[str, Any]) -> None:
    same_as_single_runs(name, tmp_path, **axes)


def test_zipped_and_random_points_have_them_too(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    same_as_single_runs("chain", tmp_path, zipped(x=Q(rng.random(20), "km"), t=Q(rng.random(20), "h")))


def test_what_points_share_is_one_execution_in_both_orders_of_the_axes(tmp_path: Path) -> None:
    x, t = "1 m .. 100 m : 100", "1 s .. 50 s : 50"
    one, other = (planned("chain", tmp_path, **axes)[0] for axes in ({"x": x, "t": t}, {"t": t, "x": x}))
    assert counts(one) == counts(other) == {"swept.fine": 100, "swept.coarse": 5000}
    keys = [set(p.executions.plans(np.arange(len(p.executions)))) for p in (one, other)]
    assert keys[0] == keys[1]


def test_two_spellings_of_one_value_are_one_execution(tmp_path: Path) -> None:
    prepared = planned("chain", tmp_path, zipped(x=["50 um", "0.05 mm", "1 m"], t=["1 s", "1000 ms", "1 s"]))[0]
    assert counts(prepared) == {"swept.fine": 2, "swept.coarse": 2}


def test_templates_share_what_comes_before_they_part(tmp_path: Path) -> None:
    prepared = planned("choosing", tmp_path, x="1 m .. 10 m : 10", which=["coarse", "other"])[0]
    assert len(prepared.executions.templates) == 2
    assert counts(prepared) == {"swept.fine": 10, "swept.coarse": 10, "swept.other": 10}


def test_a_flow_that_only_hands_on_is_traced_once(tmp_path: Path) -> None:
    prepared = planned("chain", tmp_path, x="1 m .. 100 m : 100", t="1 s .. 100 s : 100")[0]
    assert len(prepared.executions.templates) == 1


@pytest.mark.parametrize(
    ("axes", "said"),
    [
        ({"x": "1 s .. 2 s : 3"}, "[time] is not [length]"),
        ({"x": ["1 m", "2000 m"]}, "axis x, value 2 of 2: swept.fine.x was given 2000 m; it is valid between 0 and"),
        ({"x": ["1 m", "2 m"], "q": "1"}, "no parameter 'q'"),
        ({"x": [1.0, 2.0]}, "Write their unit: x='1 m, 2 m'."),
        ({"x": "1 m"}, "nothing is varied"),
        ({"x": []}, "x"),
        ({"x": "1 m .. 2 m : 100000", "t": "1 s .. 2 s : 10000"}, "1,000,000,000 points are more than 1,000,000"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_runs(tmp_path: Path, axes: dict[str, Any], said: str) -> None:
    with pytest.raises(BridgeError, match=r"\w") as refused:
        planned("chain", tmp_path, **axes)
    assert said in str(refused.value)
    assert not (tmp_path / "store").exists()


def test_an_error_of_one_combination_names_its_values(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="body of flow 'choosing' fails at which=neither: KeyError: 'neither'"):
        planned("choosing", tmp_path, which=["coarse", "neither"])


def test_a_task_of_prefects_own_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"swept\.fine\.x waits for the task 'outside'"):
        planned("tasked", tmp_path, t="1 s, 2 s")


def test_a_table_without_a_unit_says_what_to_write(tmp_path: Path) -> None:
    from bridge import table

    (tmp_path / "points.csv").write_text("x,t [s]\n1,2\n2,3\n")
    with pytest.raises(ContractError, match="x") as refused:
        planned("chain", tmp_path, table(tmp_path / "points.csv"))
    assert "points.csv" in str(refused.value)
    (tmp_path / "points.csv").write_text("x [m],t [s]\n1,2\n2,3\n")
    prepared = planned("chain", tmp_path, table(tmp_path / "points.csv"))[0]
    assert counts(prepared) == {"swept.fine": 2, "swept.coarse": 2}
