"""An antibody in a tumour, as a user runs it: the verdict on fast binding flips with the dose."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.science


def stages(told: str) -> dict[str, Any]:
    return {stage["name"]: stage for stage in json.loads(told)["stages"]}


def test_at_ten_milligrams_a_kilogram_binding_is_fast_and_little_is_lost_by_saying_so(
    scalebridge: Any, record_property: Callable[[str, object], None]
) -> None:
    done = scalebridge("run", "flows/tumour_antibody.py", "--json")
    assert done.returncode == 0, done.stderr + done.stdout
    found = stages(done.stdout)
    ratio = found["tumour.tissue"]["outputs"]["closure_ratio"]["value"]
    error = found["tumour.comparison"]["outputs"]["amount_error"]["value"]
    record_property("asked", "time of capture / time of diffusion below 0.1; amount bound off by no more than that")
    record_property("reached", f"{ratio:.3g}; {error:.2g}")
    assert ratio < 0.1
    assert error < ratio
    (picture,) = json.loads(done.stdout)["pictures"]
    assert Path(picture).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_at_one_milligram_a_kilogram_the_run_stops_unless_the_violation_is_accepted_by_name(
    scalebridge: Any, record_property: Callable[[str, object], None]
) -> None:
    low = ("run", "flows/tumour_antibody.py", "-p", "dose=1 mg/kg")
    refused = scalebridge(*low)
    assert refused.returncode != 0
    assert "binding/diffusion is not separated" in refused.stdout + refused.stderr
    done = scalebridge(*low, "--accept", "binding/diffusion", "--json")
    assert done.returncode == 0, done.stderr + done.stdout
    found = stages(done.stdout)
    ratio = found["tumour.tissue"]["outputs"]["closure_ratio"]["value"]
    profile = found["tumour.comparison"]["outputs"]["profile_error"]["value"]
    record_property("asked", "refused at a ratio above 0.1; accepted by name it runs")
    record_property("reached", f"ratio {ratio:.2g}; once accepted, profiles {100 * profile:.2g} % apart")
    assert ratio > 0.1
    assert profile > 0.1
