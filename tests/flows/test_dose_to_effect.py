"""Five stages from dose to effect, each of which is another model by its name."""

from __future__ import annotations

import itertools
import json
import runpy
from pathlib import Path
from typing import Any

import pytest

from bridge import check
from bridge.errors import ContractError

ROOT = Path(__file__).parents[2]
MODELS = {
    "plasma": [
        "pk.two_compartment",
        "pk.one_compartment",
        "pk.target_mediated",
        "pk.quasi_steady_state",
        "pk.minimal_pbpk",
    ],
    "tissue": ["tissue.tumour", "tissue.partition", "tissue.krogh"],
    "binding": ["binding.kinetic", "binding.equilibrium"],
    "signal": ["signal.transit", "signal.indirect_response"],
    "effect": ["effect.tumour_growth", "effect.emax", "effect.sigmoid_emax", "effect.operational"],
}


@pytest.fixture(scope="module")
def flow() -> Any:
    return runpy.run_path(str(ROOT / "flows/dose_to_effect.py"))["dose_to_effect"]


def test_every_model_takes_the_place_of_another(flow: Any) -> None:
    for chosen in itertools.product(*MODELS.values()):
        chain = check(flow, **dict(zip(MODELS, chosen, strict=True)))
        assert [stage.model.name for stage in list(chain.stages.values())[3:]] == list(chosen)


def test_a_stage_in_the_place_of_another_kind_is_refused(flow: Any) -> None:
    with pytest.raises(ContractError, match=r"effect\.emax"):
        check(flow, binding="effect.emax")


@pytest.mark.timeout(600)
def test_doses_side_by_side_are_one_dataset(scalebridge: Any, tmp_path: Path) -> None:
    """Arrays over individuals, patients and doses of all stages have one length each."""
    words = ("-p", "dose=1 mg/kg, 4 mg/kg", "-p", "patients=3", "--name", "doses")
    done = scalebridge("sweep", "flows/dose_to_effect.py", *words, timeout=400)
    assert done.returncode == 0, done.stderr + done.stdout
    done = scalebridge("export", "last", "--to", "netcdf", "--out", str(tmp_path / "doses"))
    assert done.returncode == 0, done.stderr + done.stdout


@pytest.mark.timeout(600)
@pytest.mark.parametrize("number", range(3))
def test_chains_of_other_models_run(scalebridge: Any, number: int) -> None:
    chosen = {role: models[(number + 1) % len(models)] for role, models in MODELS.items()}
    if chosen["tissue"] == "tissue.krogh":
        chosen["patients"] = "1"
    words = [word for name, model in ({"patients": "4"} | chosen).items() for word in ("-p", f"{name}={model}")]
    done = scalebridge("run", "flows/dose_to_effect.py", *words, "--json", timeout=400)
    assert done.returncode == 0, done.stderr + done.stdout
    told = json.loads(done.stdout)
    assert [stage["model"] for stage in told["stages"]][3:] == [chosen[role] for role in MODELS]


@pytest.mark.timeout(600)
def test_a_mass_in_daltons_for_kilodaltons_is_out_of_range(scalebridge: Any) -> None:
    words = ("-p", "patients=4", "-p", "molecular_mass=145.5 Da")
    done = scalebridge("run", "flows/dose_to_effect.py", *words, timeout=400)
    assert done.returncode != 0
    assert "tissue.tumour.concentration" in done.stdout + done.stderr
    assert "it is valid between 0 and 100000 nM" in done.stdout + done.stderr
