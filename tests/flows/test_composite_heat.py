"""Heat in a fibre composite, as a user runs it: the field with a surrogate against the one without."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

#: The temperature that heat.macro reaches when heat.cell is asked at every 20 K, joined by splines, instead.
AGAIN = """
import bridge, json, numpy as np
from scipy.interpolate import CubicSpline
from bridge_transport import heat, heat_cell

run = bridge.runs()[0]
phase = run["transport.fibres"].phase.magnitude
kelvin = np.arange(290.0, 911.0, 20.0)
conductivity = CubicSpline(kelvin, [-heat_cell.cell(phase, 1.0, t, 7.0, 40.0, 0.7, -0.7).flux for t in kelvin])

class Law:
    def map(self, states):
        return -conductivity(states["temperature"]) * states["gradient"]

slab = {"length": 0.02, "duration": 60.0, "heat_capacity": 2.6e6, "front_temperature": 900.0, "rise_time": 10.0}
exact, found = heat.macro(Law(), **slab), run["heat.macro"]
field = found.temperature.to("K").magnitude
balance = (found.stored - found.entered + found.left) / found.entered[-1]
apart = np.abs(field - exact.temperature).max()
print(json.dumps({"apart": float(apart), "balance": float(np.abs(balance.to("").magnitude).max())}))
"""


@pytest.fixture(scope="module")
def first(scalebridge: Any) -> dict[str, Any]:
    done = scalebridge("run", "flows/composite_heat.py", "--json")
    assert done.returncode == 0, done.stderr + done.stdout
    return dict(json.loads(done.stdout))


@pytest.mark.science
def test_heat_in_a_composite_is_within_tolerance_with_a_hundredth_of_the_cell_problems(
    first: dict[str, Any], scalebridge: Any, surroundings: dict[str, str], record_property: Any
) -> None:
    listed = scalebridge("calls", first["id"], "heat.macro", "--json")
    assert listed.returncode == 0, listed.stderr + listed.stdout
    (closure,) = json.loads(listed.stdout)["closures"]
    fine = closure["runs"] + closure["stored"]
    done = subprocess.run(
        [sys.executable, "-c", AGAIN], cwd=ROOT, env=os.environ | surroundings, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    record_property("asked", "temperatures within 1 % of 600 K, 90 % of the calls saved, energy conserved")
    record_property(
        "reached",
        f"{told['apart']:.3f} K apart, {fine} cell problems for {closure['calls']} calls, "
        f"balance to {told['balance']:.0e}",
    )
    assert told["apart"] < 6.0
    assert told["balance"] < 1e-12
    assert fine < 0.1 * closure["calls"]


@pytest.mark.science
def test_the_same_composite_again_is_found_and_a_hotter_front_runs_the_slab_alone(
    first: dict[str, Any], scalebridge: Any
) -> None:
    for words, states in (((), ["found", "found"]), (("-p", "front=880 K"), ["found", "computed"])):
        done = scalebridge("run", "flows/composite_heat.py", *words, "--json")
        assert done.returncode == 0, done.stderr + done.stdout
        assert [stage["state"] for stage in json.loads(done.stdout)["stages"]] == states
