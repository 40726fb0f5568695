"""Every flow of this repository is written as YAML and read back: the same stages, with the same keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bridge import check
from bridge.run.flowfile import load_flow
from bridge.run.plain.export import written
from bridge.run.plan import plan_keys

FLOWS = Path(__file__).parents[2] / "flows"
TABLE = "ID,TIME,AMT,DV,EVID,CMT,DVID,WT\n1,0,320,0,1,1,cp,70\n1,1,0,5.5,0,2,cp,70\n1,9,0,3.1,0,2,cp,70\n"
#: Parameters that the bodies decide by: they are not in what is written.
FIXED = {
    "creep": {"walk"},
    "cycle_skipping": {"frequencies"},
    "dose_to_effect": {"molecular_mass", "plasma", "tissue", "binding", "signal", "effect"},
    "theophylline": {"data"},
    "viral_escape": {"reference", "variant"},
    "viscous_flow": {"engine"},
    "warfarin": {"data"},
}
#: Another value of a parameter that is still one.
OTHER = {
    "creep": {"temperature": "950 K"},
    "composite_heat": {"tolerance": "2 %"},
    "dose_to_effect": {"patients": "50"},
    "reaction_diffusion": {"rate": "-1 1/s"},
    "theophylline": {"error": "proportional"},
    "tumour_antibody": {"antigen": "400 nM"},
    "viscous_flow": {"temperature": "90 K", "steps": "9000"},
}


@pytest.mark.parametrize("name", sorted(path.stem for path in FLOWS.glob("*.py")))
def test_a_flow_is_written_and_read_back_with_the_same_keys(name: str, tmp_path: Path) -> None:
    flow = load_flow(str(FLOWS / f"{name}.py"))
    given: dict[str, Any] = {}
    if "data" in FIXED.get(name, ()):
        given["data"] = str(tmp_path / "trial.csv")
        (tmp_path / "trial.csv").write_text(TABLE)
    found = written(flow, given, stem=name)
    assert set(found.document.fixed) == FIXED.get(name, set())
    (tmp_path / f"{name}.yaml").write_text(found.text)
    back = load_flow(str(tmp_path / f"{name}.yaml"))
    assert not found.files
    assert [stage.name for stage in found.document.stages] == list(check(back).stages)
    other = OTHER.get(name)
    if other:
        keys = plan_keys(check(flow, **given, **other))
        assert plan_keys(check(back, **other)) == keys != plan_keys(check(back))
