"""An antibody from its dose to a wave, across two plugins: what is published of its plasma, and limits of its use."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
FEW = ("-p", "patients=8", "-p", "replicates=4", "-p", "duration=60 d")


def outputs(run: dict[str, Any], stage: str) -> dict[str, Any]:
    (found,) = [s for s in run["stages"] if s["name"] == stage]
    return {name: value.get("value") for name, value in found["outputs"].items()}


@pytest.fixture(scope="module")
def run(scalebridge: Any) -> Any:
    def started(*words: str) -> dict[str, Any]:
        done = scalebridge("run", "flows/antibody_prophylaxis.py", *FEW, *words, "--json", timeout=900)
        assert done.returncode == 0, done.stderr + done.stdout
        return json.loads(done.stdout)

    return started


def test_neither_plugin_imports_the_other() -> None:
    for plugin, other in (("epidemic", "bridge_pharmacology"), ("pharmacology", "bridge_epidemic")):
        for path in (ROOT / "plugins" / plugin).rglob("*.py"):
            said = re.search(rf"^\s*(from|import) {other}\b", path.read_text(encoding="utf-8"), re.MULTILINE)
            assert not said, path


def test_an_ic50_that_is_no_concentration_is_refused(scalebridge: Any) -> None:
    done = scalebridge("check", "flows/antibody_prophylaxis.py", "-p", "ic50=10.7 nM")
    assert done.returncode != 0
    assert "prophylaxis.protection.ic50 is float [ng/mL]" in done.stdout + done.stderr


@pytest.mark.timeout(1200)
def test_a_treated_share_averts_infections_and_nobody_treated_averts_none(run: Any) -> None:
    treated = outputs(run(), "prophylaxis.report")
    assert treated["averted"] > 0
    assert treated["averted"] == pytest.approx(treated["averted_expected"], rel=0.05)
    nobody = outputs(run("-p", "coverage=0"), "prophylaxis.report")
    assert nobody["averted"] == nobody["averted_low"] == nobody["averted_high"] == nobody["averted_expected"] == 0
    assert nobody["infections"] == treated["infections_untreated"]


def test_the_typical_patient_has_the_peak_and_the_half_life_that_were_observed() -> None:
    """38.19 mg/L at 7.1 d among 84 people (R. A. Bender Ignacio et al.), and 90 d (P. Forte-Soto et al.).

    Bateman's function of 300 mg in the flow's volume, cleared and absorbed at its rates; a per cent.
    """
    flow = runpy.run_path(str(ROOT / "flows/antibody_prophylaxis.py"))
    clearance, volume = (float(flow["PLASMA"][name].split()[0]) for name in ("clearance", "central_volume"))
    absorbed, lost = float(flow["ABSORPTION"]["absorption_rate"].split()[0]), clearance / volume
    time = np.log(absorbed / lost) / (absorbed - lost)
    peak = 300 / volume * absorbed / (absorbed - lost) * (np.exp(-lost * time) - np.exp(-absorbed * time))
    assert (time, peak, np.log(2) / lost) == pytest.approx((7.1, 38.19, 90.0), rel=0.01)


def test_26_per_cent_between_people_spread_84_of_them_from_17_to_61() -> None:
    """The expected range of 84 normal deviates is 4.85 (L. H. C. Tippett, Biometrika 17, 364, 1925); 2 %."""
    deviates = np.random.default_rng(1).standard_normal((20_000, 84))
    spread = np.log(60.8 / 17.3) / float(np.ptp(deviates, axis=1).mean())
    flow = runpy.run_path(str(ROOT / "flows/antibody_prophylaxis.py"))
    assert flow["PLASMA"]["volume_variation"] == pytest.approx(np.sqrt(np.expm1(spread**2)), rel=0.03)
