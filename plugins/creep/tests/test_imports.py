"""What a driver pays that only wires and checks a flow."""

import json
import subprocess
import sys
from importlib import metadata

import pytest
import scipy.constants
from bridge_creep import constants

from bridge.code import code_of
from bridge.registry import find

NAMES = sorted(p.name for p in metadata.entry_points(group="bridge.models") if p.value.startswith("bridge_creep."))
HEAVY = ("numba.", "scipy.", "matplotlib.", "ase.")


def imported_by(program):
    """Modules that a fresh interpreter holds at the end of a program."""
    program += "\nimport json, sys; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_a_flow_is_wired_without_numerics():
    assert len(NAMES) == 4
    loaded = imported_by(f"from bridge.registry import find\nfor name in {NAMES}: find(name)")
    assert {"bridge_creep.walk", "bridge_creep.rates", "bridge_creep.map"} <= set(loaded)
    pints = {m for m in imported_by("import pint") if m.split(".")[0] == "scipy"}  # a bare `import scipy`, 15 ms
    assert [m for m in loaded if f"{m}.".startswith(HEAVY) and m not in pints] == []


@pytest.mark.parametrize(
    ("name", "numerics"),
    [
        ("kmc.random_walk", {"bridge_creep.walk_kernel", "bridge_creep.constants"}),
        ("creep.nabarro_herring", {"bridge_creep.constants"}),
        ("creep.coble", {"bridge_creep.constants"}),
        ("creep.deformation_map", {"bridge_creep.map_picture", "bridge_creep.constants", "bridge_creep.rates"}),
    ],
)
def test_numerics_imported_late_still_decide_whether_a_model_runs_again(name, numerics):
    assert numerics <= {module for module, _ in code_of(find(name).function).sources}


@pytest.mark.parametrize("name", NAMES)
def test_a_models_first_line_fits_a_table(name):
    assert len(find(name).summary) <= 80


def test_constants_are_those_of_scipy_to_the_last_bit():
    ours = (constants.k, constants.e, constants.N_A, constants.R)
    assert ours == (scipy.constants.k, scipy.constants.e, scipy.constants.N_A, scipy.constants.R)
