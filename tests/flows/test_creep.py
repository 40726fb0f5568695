"""The demo: copper from atoms to the deformation map, as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def first(scalebridge: Any) -> dict[str, Any]:
    done = scalebridge("run", "flows/creep.py", "--json")
    assert done.returncode == 0, done.stderr + done.stdout
    return dict(json.loads(done.stdout))


def outputs(run: dict[str, Any], stage: str) -> dict[str, Any]:
    (found,) = [s for s in run["stages"] if s["name"] == stage]
    return {name: value["value"] for name, value in found["outputs"].items()}


def test_the_chain_reaches_the_figures_of_emt_and_experiment(first: dict[str, Any]) -> None:
    """EMT with 3×3×3 cells: 3.590 Å, 1.224 eV, 0.79 eV; experiment: activation energy 2.0 to 2.1 eV."""
    vacancy = outputs(first, "ase.vacancy")
    assert vacancy["lattice_constant"] == pytest.approx(3.590, abs=0.001)
    assert vacancy["formation_energy"] == pytest.approx(1.224, abs=0.002)
    assert vacancy["migration_energy"] == pytest.approx(0.79, abs=0.005)
    assert 2.0 <= vacancy["formation_energy"] + vacancy["migration_energy"] <= 2.1


def test_both_mechanisms_add_up_in_the_map(first: dict[str, Any]) -> None:
    rates = [outputs(first, f"creep.{name}")["strain_rate"] for name in ("nabarro_herring", "coble")]
    assert outputs(first, "creep.deformation_map")["total_strain_rate"] == pytest.approx(sum(rates), rel=1e-12)


def test_wires_run_from_fine_to_coarse_and_within_the_continuum(first: dict[str, Any]) -> None:
    ways = {(w["source"].split(".")[0], w["target"].split(".")[0]): w["direction"] for w in first["wires"]}
    assert ways == {
        ("ase", "kmc"): "fine → coarse",
        ("ase", "creep"): "fine → coarse",
        ("kmc", "creep"): "fine → coarse",
        ("creep", "creep"): "within a scale",
    }


def test_the_picture_is_written_as_png(first: dict[str, Any]) -> None:
    (path,) = first["pictures"]
    assert Path(path).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_run_again_everything_is_found(first: dict[str, Any], scalebridge: Any) -> None:
    done = scalebridge("run", "flows/creep.py", "--json")
    again = json.loads(done.stdout)
    assert [s["state"] for s in again["stages"]] == ["found"] * 5
    assert [s["key"] for s in again["stages"]] == [s["key"] for s in first["stages"]]


def test_another_temperature_finds_the_vacancy_and_runs_the_rest(first: dict[str, Any], scalebridge: Any) -> None:
    done = scalebridge("run", "flows/creep.py", "-p", "temperature=677 degC", "--json")
    states = {s["name"]: s["state"] for s in json.loads(done.stdout)["stages"]}
    assert states.pop("ase.vacancy") == "found"
    assert set(states.values()) == {"computed"}
