"""``scalebridge sensitivity`` from the first word to the picture."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import closed_forms
import pytest
from closed_forms import closed, total

UNIFORM = dict.fromkeys(closed_forms.A, "uniform(0, 1)")
ANGLE = "uniform(-3.141592653589793 {unit}, 3.141592653589793 {unit})"
ISHIGAMI = {name: ANGLE.format(unit="nm" if name == "x3" else "rad") for name in ("x1", "x2", "x3")}


def written(inputs: dict[str, str]) -> list[str]:
    return [word for name, said in inputs.items() for word in ("-p", f"{name}={said}")]


def answered(done: Any) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_flow_is_asked_for_its_sensitivities_and_tells_them_again(
    command: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    told = answered(command("g_function", *written(UNIFORM), "-n", "64", "--json"))
    analysis = told["sensitivity"]
    # 64 base rows; A, B, six inputs, one set for each scale
    assert told["sweep"]["executions"] == {"exact.g_fine": 4 * 64, "exact.g_middle": 8 * 64, "exact.g_coarse": 11 * 64}
    assert told["sweep"]["counts"]["computed"] == (4 + 8 + 11) * 64
    assert analysis["points"] == told["points"]["done"] == 11 * 64
    assert analysis["scales"] == {"atomistic": ["x1", "x2"], "mesoscopic": ["x3", "x4"], "continuum": ["x5", "x6"]}
    (output,) = analysis["outputs"]
    assert (output["name"], output["unit"]) == ("exact.g_coarse.force", "mN")
    assert output["inputs"]["x3"]["ST"]["value"] > output["inputs"]["x6"]["ST"]["value"] + 0.3
    (picture,) = told["pictures"]
    assert Path(picture).read_bytes().startswith(b"\x89PNG")

    shown = command("last", to="show")
    assert shown.returncode == 0, shown.stderr
    assert "enters exact.g_middle.x3" in shown.stdout
    assert "by scale" in shown.stdout
    assert f"picture: {picture}" in shown.stdout
    assert answered(command("last", "--json", to="show"))["sensitivity"] == analysis
    bars = answered(command("last", "--plot", "--json", to="show"))
    assert bars["pictures"] == [picture]
    one = Path(picture).with_name("force.svg")
    answered(command("last", "exact.g_coarse.force", "--plot", str(one), "--json", to="show"))
    assert "force (mN) over x1;" in one.read_text()
    missing = command("last", "exact.g_coarse.forse", "--plot", to="show")
    assert "gave no number 'forse'. Did you mean 'force'?" in missing.stderr

    more = answered(command("g_function", *written(UNIFORM), "-n", "128", "--plan", "--json"))
    assert {stage["stage"]: stage["found"] for stage in more["stages"]} == told["sweep"]["executions"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["g_function", "-p", "x1=0.5"], "no input is uncertain"),
        (["ishigami", "-p", "x1=900 K ± 10 K"], "[temperature] is not [dimensionless]"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_meant_is_refused_before_anything_runs(
    command: Callable[..., subprocess.CompletedProcess[str]], words: list[str], said: str
) -> None:
    done = command(*words)
    assert done.returncode == 1
    assert said in done.stderr


@pytest.mark.science
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("flow", "inputs", "parts", "scales", "executions"),
    [
        (
            "ishigami",
            ISHIGAMI,
            closed_forms.ishigami(),
            {"atomistic": {"x3"}, "mesoscopic": {"x1"}, "continuum": {"x2"}},
            {"exact.well": 2048, "exact.wave": 4096, "exact.sum": 5120},
        ),
        (
            "g_function",
            UNIFORM,
            closed_forms.g_function(),
            {"atomistic": {"x1", "x2"}, "mesoscopic": {"x3", "x4"}, "continuum": {"x5", "x6"}},
            {"exact.g_fine": 4096, "exact.g_middle": 8192, "exact.g_coarse": 11264},
        ),
    ],
    ids=["ishigami", "g_function"],
)
def test_chains_of_three_scales_have_their_exact_indices(
    command: Callable[..., subprocess.CompletedProcess[str]],
    record_property: Any,
    flow: str,
    inputs: dict[str, str],
    parts: dict[frozenset[str], float],
    scales: dict[str, set[str]],
    executions: dict[str, int],
) -> None:
    told = answered(command(flow, *written(inputs), "-n", "1024", "--json"))
    (output,) = told["sensitivity"]["outputs"]
    assert told["sweep"]["executions"] == executions
    assert told["sweep"]["counts"]["computed"] == sum(executions.values())
    off, within = 0.0, []
    asked = [(output["inputs"][name], {name}) for name in inputs]
    asked += [(output["scales"][label], names) for label, names in scales.items()]
    for estimate, names in asked:
        for order, exact in (("S1", closed(parts, names)), ("ST", total(parts, names))):
            error = abs(estimate[order]["value"] - exact)
            off = max(off, error)
            within.append(error <= estimate[order]["conf"])
    record_property("asked", "within 0.05 of the exact indices at n = 1024, and within the intervals nine times of ten")
    record_property("reached", f"off by {off:.3f} at most, {sum(within)} of {len(within)} within their intervals")
    assert off < 0.05
    assert sum(within) >= 0.9 * len(within)
