"""What is asked of a flow before anything runs: its inputs, where they enter, its outputs, its design."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import closed_forms
import numpy as np
import pytest

from bridge.axes.distributions import Normal
from bridge.errors import BridgeError, ContractError, UnknownName
from bridge.sensitivity import estimates
from bridge.sensitivity.inputs import read_inputs
from bridge.sensitivity.sensitivity import Question, Sensitivity, ask
from bridge.sensitivity.wiring import Wiring

CHAINS = Path(__file__).parent / "exact_chains.py"


@pytest.fixture(scope="module")
def flows(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The flows of exact_chains.py."""
    if "prefect" not in sys.modules:
        os.environ.setdefault("PREFECT_HOME", str(tmp_path_factory.mktemp("prefect")))
    from bridge.run.flowfile import load_flow

    return lambda name: load_flow(f"{CHAINS}:{name}")


def question(flows: Any, flow: str, **inputs: Any) -> Question:
    return ask(flows(flow), inputs, n=64)


def test_where_inputs_enter_is_read_off_the_flow(flows: Any) -> None:
    asked = question(flows, "g_function", x1="uniform(0, 1)", x3="uniform(0, 1)", x5="0.2, 0.4, 0.9", x6="0.5")
    assert asked.wiring.entries == {
        "x1": (("exact.g_fine", "x1"),),
        "x3": (("exact.g_middle", "x3"),),
        "x5": (("exact.g_coarse", "x5"),),
    }
    assert list(asked.wiring.scales()) == ["atomistic", "mesoscopic", "continuum"]
    assert asked.inputs.fixed == {"x6": "0.5"}
    assert [output.name for output in asked.outputs] == ["exact.g_coarse.force"]
    assert asked.executions() == {"exact.g_fine": 128, "exact.g_middle": 256, "exact.g_coarse": 320}
    assert Wiring.read(asked.document()["wiring"]) == asked.wiring


def test_a_parameter_that_the_body_looks_at_enters_where_its_stages_differ(flows: Any) -> None:
    asked = question(flows, "chosen", x="uniform(1 K, 2 K)", method="plain, noisy")
    assert asked.wiring.entries["x"] == (("walk", "x"),)
    assert ("walk", "model") in asked.wiring.entries["method"]


def test_an_input_that_reaches_no_stage_is_refused(flows: Any) -> None:
    with pytest.raises(ContractError, match="'unused' reaches no stage"):
        question(flows, "chosen", x="uniform(1 K, 2 K)", unused="uniform(0, 1)")


def test_points_are_the_quantiles_of_the_inputs() -> None:
    inputs = read_inputs({"a": "900 K ± 10 K", "b": "1 .. 3", "c": "Cu, Ag, Au, Al", "d": Normal("1 m", "1 cm")})
    cube = np.array([[0.5, 0.0, 0.1, 0.5], [0.5, 0.5, 0.6, 0.5], [0.975, 1.0, 0.99, 0.5]])
    points = inputs.points(cube, 10)
    at = [points.at(i) for i in range(3)]
    assert [one["a"] for one in at[:2]] == ["900.0 K"] * 2
    assert len(points.columns["a"]) == 2
    assert at[2]["a"].startswith("919.59")
    assert [one["b"] for one in at] == [1, 2, 3]  # whole numbers, each equally likely
    assert [one["c"] for one in at] == ["Cu", "Au", "Al"]
    assert at[0]["d"] == "1.0 m"
    with pytest.raises(ContractError, match="3 points are more than 2"):
        inputs.points(cube, 2)


def test_a_chain_of_the_test_has_the_closed_forms_parameters(flows: Any) -> None:
    assert sys.modules[flows("g_function").fn.__module__].A == closed_forms.A


def test_errors_of_an_output_are_found_beside_it(flows: Any) -> None:
    asked = question(flows, "noisy", x="uniform(1 K, 2 K)", seed="0..99")
    (output,) = asked.outputs  # the error is no output by itself
    assert (output.name, output.error) == ("exact.measured.mean", (("error",), "mK"))
    assert list(asked.wiring.scales()) == ["mesoscopic", "random numbers"]


@pytest.mark.parametrize(
    ("flow", "inputs", "options", "error", "said"),
    [
        ("g_function", {"x1": "0.5"}, {}, ContractError, "no input is uncertain"),
        ("g_function", {"x9": "uniform(0, 1)"}, {}, UnknownName, "no parameter 'x9'"),
        ("g_function", {"x1": "uniform(0, 1)"}, {"n": 100}, ContractError, "write -n 64 or -n 128"),
        ("g_function", {"x1": "uniform(0, 1)"}, {"outputs": ["forse"]}, UnknownName, "Did you mean"),
        ("g_function", {"x1": "uniform(0, 1)"}, {"outputs": ["value"]}, ContractError, "output of 2 stages"),
        ("g_function", {"x1": "uniform(0, 1)"}, {"outputs": ["force:mean"]}, ContractError, "one number already"),
        ("g_function", {"x1": "uniform(0, 1)"}, {"outputs": ["force:median"]}, UnknownName, "not reduced by"),
        ("g_function", {"x1": "uniform(0, 1)"}, {"noise": "white"}, ContractError, "independent or common"),
        ("g_function", {"x1": "uniform(0, 1)"}, {"seed": -1}, ContractError, "the seed is -1"),
        ("ishigami", {"x1": "900 K ± 10 K"}, {}, ContractError, r"\[temperature\] is not"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    flows: Any, flow: str, inputs: dict[str, str], options: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        ask(flows(flow), inputs, **({"n": 64} | options))


def test_without_salib_it_is_said_what_to_install(flows: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "SALib.analyze.sobol", None)
    with pytest.raises(ContractError, match=r"pip install 'scalebridge\[sensitivity\]'"):
        question(flows, "g_function", x1="uniform(0, 1)")
    assert "SALib" in estimates.INSTALL


def test_a_run_that_was_not_made_for_it_has_no_sensitivities() -> None:
    run: Any = SimpleNamespace(about={}, id="20261121-1")
    with pytest.raises(BridgeError, match="was not made for sensitivities"):
        Sensitivity(run)
