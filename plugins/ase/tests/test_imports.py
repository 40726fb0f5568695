"""What a driver pays that only wires and checks a flow."""

import json
import subprocess
import sys
from importlib import metadata

import pytest

from bridge.code import code_of
from bridge.registry import find

NAMES = sorted(p.name for p in metadata.entry_points(group="bridge.models") if p.value.startswith("bridge_ase."))
HEAVY = ("scipy.", "ase.calculators.", "ase.mep.", "ase.optimize.", "ase.io.", "ase.db.", "gpaw.", "torch.")


def imported_by(program):
    """Modules that a fresh interpreter holds at the end of a program."""
    program += "\nimport json, sys; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def test_a_flow_is_wired_without_calculators_and_numerics():
    assert len(NAMES) == 12
    loaded = imported_by(f"from bridge.registry import find\nfor name in {NAMES}: find(name)")
    assert {"bridge_ase.vacancy", "bridge_ase.elastic", "bridge_ase.dataset_fits"} <= loaded
    known = imported_by("import pint; from ase import Atoms")  # what ase.Atoms brings along
    assert [m for m in loaded - known if f"{m}.".startswith(HEAVY)] == []


@pytest.mark.parametrize(
    ("name", "numerics"),
    [
        ("ase.energy", {"running", "resting", "engines", "keywords", "programs", "abinit"}),
        ("ase.relaxed_cell", {"running", "resting"}),
        ("ase.equation_of_state", {"birch_murnaghan", "resting", "running"}),
        ("ase.elastic", {"strained", "stiffness", "resting", "running"}),
        ("ase.phonons", {"vibrations", "running"}),
        ("ase.vacancy", {"jumping", "modes", "resting", "running"}),
        ("ase.dataset", {"reading", "stated"}),
        ("ase.dataset_equation_of_state", {"birch_murnaghan", "deformed"}),
        ("ase.dataset_elastic", {"fitted", "deformed", "stiffness"}),
    ],
)
def test_numerics_imported_late_still_decide_whether_a_model_runs_again(name, numerics):
    read = {module for module, _ in code_of(find(name).function).sources}
    assert {f"bridge_ase.{module}" for module in numerics} <= read


@pytest.mark.parametrize("name", NAMES)
def test_a_models_first_line_fits_a_table(name):
    assert len(find(name).summary) <= 80
