"""The plugin's README: its example runs, and it names every model there is and no other."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp

PLUGIN = Path(__file__).parents[1]
README = (PLUGIN / "README.md").read_text(encoding="utf-8")
DECLARED = {
    name
    for source in (PLUGIN / "bridge_pharmacology").rglob("*.py")
    for name in re.findall(r'(?m)^@model\(\s*"([^"]+)"', source.read_text(encoding="utf-8"))
}


def test_it_names_every_model_and_no_other() -> None:
    groups = {name.partition(".")[0] for name in DECLARED}
    named = {name for name in re.findall(r"`([a-z_]+\.[a-z_]+)`", README) if name.partition(".")[0] in groups}
    assert named == DECLARED


def test_the_saturable_elimination_of_the_example_is_that_of_an_independent_solver() -> None:
    """LSODA at 1e-10 from dose to dose: 100 mg weekly, four times; the plugin's default tolerance is 1e-7."""
    (block,) = re.findall(r"^```python\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    shown: dict[str, Any] = {}
    exec(block, shown)
    for patient, clearance in enumerate((0.2, 0.3)):

        def rate(_: float, drug: Any, clearance: float = clearance) -> Any:
            return -(clearance / 3 + 2 / (5 + drug / 3)) * drug

        drug = np.zeros(1)
        for _ in range(4):
            drug = solve_ivp(rate, (0, 7), drug + 100, method="LSODA", rtol=1e-10, atol=1e-10).y[:, -1]
        assert shown["run"].values["drug"][patient, -1] == pytest.approx(drug[0], rel=1e-5)
