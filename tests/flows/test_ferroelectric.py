"""The demo: barium titanate from electrons to domains, as a user runs it; then again, elsewhere, and too hot.

Figures in brackets are those of the chain tried before with a 6³ record; ours rests on the 8³ one, whose α is 2 eV/Å⁴
larger and whose transition therefore lies lower (about 20 K per 3 eV/Å⁴).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.timeout(1200)
Value = Callable[[str, str], Any]
AT_A_TEMPERATURE = {"unconstrained", "ferroelectric.tetragonal", "ferroelectric.phasefield", "wall 180", "wall 90"}


@pytest.fixture(scope="module")
def first(scalebridge: Any) -> dict[str, Any]:
    done = scalebridge("run", "flows/ferroelectric.py", "--json", timeout=1000)
    assert done.returncode == 0, done.stderr + done.stdout[-3000:]
    return dict(json.loads(done.stdout))


@pytest.fixture(scope="module")
def value(first: dict[str, Any]) -> Value:
    """An output of a stage, by the names of its fields."""

    def of(stage: str, path: str) -> Any:
        (found,) = [s for s in first["stages"] if s["name"] == stage]
        here: dict[str, Any] = {"fields": found["outputs"]}
        for name in path.split("."):
            here = here["fields"][name]
        return here["value"]

    return of


def test_electrons(value: Value) -> None:
    """2κ −2.4 ± 0.1 eV/Å², α 100 ± 3 eV/Å⁴; the force constant and the frozen mode agree within 3 %."""
    assert 2 * value("ferroelectric.quantum", "onsite.kappa") == pytest.approx(-2.4, abs=0.1)
    assert value("ferroelectric.quantum", "onsite.alpha") == pytest.approx(100, abs=3)
    assert value("ferroelectric.quantum", "disagreement") < 0.03
    # κ2 = κ − short range − dipoles of Zhong, Vanderbilt, Rabe's record [6.0296]
    assert value("ferroelectric.assemble", "hamiltonian.kappa2") == pytest.approx(6.03, abs=0.01)


def test_lattice(value: Value) -> None:
    """Cubic to tetragonal about 285 K [310] cooling, later heating: 20 K steps."""
    cooling = value("ferroelectric.hysteresis", "cooling")[0]
    heating = value("ferroelectric.hysteresis", "heating")[0]
    assert cooling == pytest.approx(285, abs=25)
    assert cooling < heating < cooling + 61
    assert value("unconstrained", "phase") == "tetragonal"


def test_free_energy(value: Value) -> None:
    """dα1/dT [7.65e5], α111 [5.38e9], Q [0.122, −0.0375, 0.0314]: another record, so within its spread."""
    slope = value("ferroelectric.landau", "landau.alpha1_slope")
    assert slope == pytest.approx(7.65e5, rel=0.15)
    assert value("ferroelectric.landau", "landau.alpha111") == pytest.approx(6e9, rel=0.25)
    assert value("ferroelectric.landau", "landau.Q11") == pytest.approx(0.122, rel=0.06)
    assert value("ferroelectric.landau", "landau.Q12") == pytest.approx(-0.0375, rel=0.06)
    assert value("ferroelectric.landau", "landau.Q44") == pytest.approx(0.0314, rel=0.12)
    assert max(map(abs, value("ferroelectric.landau", "closing_error"))) < 0.05


def test_gradients_and_walls(value: Value) -> None:
    """G44 [1.62 ± 0.16 e-11]; walls of the lattice at 0 K [16.5 mJ/m²] and of the continuum."""
    assert value("ferroelectric.gradients", "gradient.G44") == pytest.approx(1.62e-11, abs=3 * 0.16e-11)
    assert value("ferroelectric.gradients", "gradient.G12") == 0
    assert value("wall at rest", "energy") == pytest.approx(14, abs=1.5)
    assert value("wall 180", "width") < value("wall 90", "width")
    assert value("wall 90", "energy") < value("wall 180", "energy")


def test_the_map_holds_at_least_two_variants_above_five_percent(value: Value) -> None:
    shares = value("ferroelectric.phasefield", "variant_fraction")
    assert sum(share > 0.05 for share in shares) >= 2
    assert value("ferroelectric.phasefield", "steps_taken_back") == 0
    assert value("ferroelectric.report", "variants_above") >= 2


def test_neighbouring_scales_close_at_a_temperature_that_the_fit_has_not_seen(value: Value) -> None:
    fitted = value("ferroelectric.closing", "temperature")
    assert fitted == 240
    assert abs(value("ferroelectric.closing", "polarization_error")) < 0.05
    assert abs(value("ferroelectric.closing", "strain_error")) < 0.10
    assert abs(value("ferroelectric.closing", "width_error")) < 0.7  # a wall between two planes
    # the continuum has no lattice, and its wall is thinner than a cell: internal energies differ by more than half
    assert 0 < value("ferroelectric.closing", "wall_error") < 1


def test_pictures_and_the_page_lie_beside_the_run(first: dict[str, Any]) -> None:
    assert {Path(path).name.split(".picture")[0] for path in first["pictures"]} >= {
        "ferroelectric.quantum", "ferroelectric.hysteresis", "ferroelectric.landau", "ferroelectric.closing",
        "ferroelectric.phasefield",
    }  # fmt: skip
    (page,) = first["pages"]
    text = Path(page).read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert text.count("data:image/png;base64,") == 5


def test_again_everything_is_found(first: dict[str, Any], scalebridge: Any) -> None:
    again = json.loads(scalebridge("run", "flows/ferroelectric.py", "--json").stdout)
    assert {s["state"] for s in again["stages"]} == {"found"}
    assert [s["key"] for s in again["stages"]] == [s["key"] for s in first["stages"]]


def test_at_another_temperature_only_what_depends_on_it_runs(first: dict[str, Any], scalebridge: Any) -> None:
    done = scalebridge("run", "flows/ferroelectric.py", "-p", "temperature=225 K", "--json")
    other = json.loads(done.stdout)
    assert other["state"] == "completed", done.stderr
    computed = {s["name"] for s in other["stages"] if s["state"] == "computed"}
    assert computed == AT_A_TEMPERATURE | {"ferroelectric.report"}


def test_too_hot_says_which_phase_it_is_and_keeps_what_was_found(first: dict[str, Any], scalebridge: Any) -> None:
    done = scalebridge("run", "flows/ferroelectric.py", "-p", "temperature=350 K", "--json")
    hot = json.loads(done.stdout)
    assert (done.returncode, hot["state"]) == (1, "failed")
    states = {s["name"]: s for s in hot["stages"]}
    assert (
        "at 350 K the lattice is cubic, not tetragonal: its transitions lie at"
        in states["ferroelectric.tetragonal"]["error"]
    )
    assert "Write a temperature between" in states["ferroelectric.tetragonal"]["error"]
    assert states["ferroelectric.phasefield"]["state"] == "not run"
    assert states["ferroelectric.landau"]["state"] == "found"
