"""The pharmacology chain as a user runs it: the default's numbers, and a verdict that turns with one parameter."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bridge.errors import ContractError
from bridge.models import model_of
from bridge.registry import find

#: Median, 5 and 95 % of 200 patients at 168 d (the peak at 161.25 d), computed once by scipy's LSODA in 125 s from the
#: same equations and random numbers. Asked: medians within 2 %, tails within 5 %.
POPULATION = {
    "trough": (66.6, 24.7, 141),
    "peak": (111, 68, 195),
    "occupancy": (0.72, 0.21, 0.999),
    "signal": (0.81, 0.30, 1.0),
    "effect": (0.71, 0.06, 4.6),
}


def stages(told: str) -> dict[str, Any]:
    return {stage["name"]: stage for stage in json.loads(told)["stages"]}


def value(stage: dict[str, Any], port: str) -> Any:
    return stage["outputs"][port]["value"]


@pytest.fixture(scope="module")
def default(scalebridge: Any) -> dict[str, Any]:
    done = scalebridge("run", "flows/pharmacology.py", "--json")
    assert done.returncode == 0, done.stderr + done.stdout
    return stages(done.stdout)


@pytest.mark.timeout(600)
def test_medians_and_tails_are_those_of_another_solver(default: dict[str, Any]) -> None:
    report = default["pharmacology.report"]
    for name, (median, low, high) in POPULATION.items():
        found = {part: field["value"] for part, field in report["outputs"][name]["fields"].items()}
        assert found["median"] == pytest.approx(median, rel=0.02), name
        assert found["low"] == pytest.approx(low, rel=0.05), name
        assert found["high"] == pytest.approx(high, rel=0.05), name
    assert value(report, "regimen_effect") == pytest.approx([4.33, 1.79, 0.525, 0.335], rel=0.02)
    assert value(report, "regimen_trough")[2] == pytest.approx(67.8, rel=0.001)  # the typical patient's
    assert value(report, "balance") <= 1e-6


def test_two_ways_to_bound_antigen_agree(default: dict[str, Any]) -> None:
    """The tumour's own occupancy and that of binding driven by its free drug; the course between rows is a cubic."""
    report = default["pharmacology.report"]
    assert value(report, "binding_difference_at_end") < 1e-3
    assert value(report, "resolved_occupancy") == pytest.approx(0.722, abs=0.01)  # resolved around a capillary


def test_stages_that_go_by_their_models_names_are_of_the_population(default: dict[str, Any]) -> None:
    for name in ("binding.kinetic", "signal.transit", "effect.tumour_growth"):
        assert default[name]["outputs"]["patient"]["shape"] == [200], name


def test_assumptions_are_told_as_such(default: dict[str, Any]) -> None:
    assert "chosen to illustrate" in value(default["pharmacology.report"], "assumptions")


@pytest.mark.timeout(600)
def test_a_tumour_ten_times_as_large_turns_the_verdict_and_raises_the_error(
    default: dict[str, Any], scalebridge: Any
) -> None:
    done = scalebridge("run", "flows/pharmacology.py", "-p", "tumour_volume=100 mL", "--json")
    assert done.returncode == 0, done.stderr + done.stdout
    large = stages(done.stdout)
    (before,), (after,) = (found["penetration.uncoupled"]["separation"] for found in (default, large))
    assert before["ok"]
    assert not after["ok"]
    assert after["ratio"] == pytest.approx(10 * before["ratio"], rel=1e-9)
    assert value(default["penetration.uncoupled"], "admissible")
    assert not value(large["penetration.uncoupled"], "admissible")
    error = [value(found["penetration.comparison"], "median") for found in (default, large)]
    assert error[0] == pytest.approx(0.033, abs=0.002)
    assert error[1] > 8 * error[0]
    assert large["population.antibody"]["state"] == "found"


def test_a_mass_in_daltons_for_kilodaltons_is_refused_before_anything_runs() -> None:
    model = model_of(find("tissue.tumour_coupled").function)
    with pytest.raises(ContractError, match=r"was given 0\.1455 kDa; it is valid between 1 and 2000 kDa"):
        model.port("molecular_mass").kind.literal("145.5 Da", "tissue.tumour_coupled.molecular_mass")
