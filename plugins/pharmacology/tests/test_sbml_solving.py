"""Courses of SBML and Antimony held against closed forms, scipy and a stress test of target-mediated disposition."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp

libsbml = pytest.importorskip("libsbml")
pytest.importorskip("roadrunner")
pytest.importorskip("antimony")

from bridge_pharmacology.sbml import NotSolved, simulate  # noqa: E402

#: One patient under 210 mg of an antibody every 21 d (equations of Mager and Jusko 2001), in nM, d and L.
TARGET = """
model tmdd
  unit substance = 1e-9 mole; unit volume = litre; unit time_unit = 86400 second; unit extent = 1e-9 mole
  unit flow = litre / 86400 second; unit per_day = 1 / 86400 second; unit nM = 1e-9 mole / litre
  unit second_order = litre / (1e-9 mole * 86400 second)
  compartment V1 = 5.26585671, V2 = 2.2029
  species C in V1, R in V1, RC in V1; substanceOnly species A2 in V2
  C = 0; A2 = 0; RC = 0; R = R0
  CL = 0.41504843; CL has flow; Q = 0.4536; Q has flow
  kon = 8.64; kon has second_order; koff = 0.864; koff has per_day
  kdeg = 5; kdeg has per_day; kint = 0.89068001; kint has per_day
  R0 = 11.67955673; R0 has nM; dose = 1443.298969; dose has substance
  elimination: C -> ; CL*C
  distribution: C -> A2; Q*C - Q/V2*A2
  binding: C + R -> RC; (kon*C*R - koff*RC)*V1
  synthesis: -> R; kdeg*R0*V1
  turnover: R -> ; kdeg*R*V1
  internalisation: RC -> ; kint*RC*V1
  at time >= 0, t0=false: C = C + dose/V1
  at time >= 21: C = C + dose/V1
  at time >= 42: C = C + dose/V1
  at time >= 63: C = C + dose/V1
end
"""


def test_target_mediated_disposition_ends_where_lsoda_does() -> None:
    # LSODA at 1e-11 (84 d, the first of 1,000 patients); the parameters above are known to 9 digits
    found = simulate(TARGET, np.linspace(0.0, 84.0, 337), ["C", "A2", "R", "RC"])
    expected = {"C": 0.00292630695, "A2": 3.32905762, "R": 11.6523805, "RC": 0.190178825}
    assert {name: course[-1] for name, course in found.items()} == pytest.approx(expected, rel=1e-6)
    assert found["C"][0] == pytest.approx(1443.298969 / 5.26585671)  # after the dose at its instant


def test_two_compartments_agree_with_scipy() -> None:
    text = """
    model two
      compartment V1 = 3.2417, V2 = 2.2029
      species C1 in V1 = 64.78, C2 in V2 = 0
      CL = 0.252; Q = 0.4536
      C1 -> ; CL*C1
      C1 -> C2; Q*(C1 - C2)
    end
    """
    times = np.linspace(0.0, 60.0, 61)
    found = simulate(text, times, ["C1", "C2"])

    def slope(_: float, c: Any) -> list[float]:
        flow = 0.4536 * (c[0] - c[1])
        return [(-0.252 * c[0] - flow) / 3.2417, flow / 2.2029]

    own = solve_ivp(slope, (0, 60), [64.78, 0.0], method="DOP853", t_eval=times, rtol=1e-12, atol=1e-14)
    assert np.allclose([found["C1"], found["C2"]], own.y, rtol=1e-6, atol=1e-9)


CLOSED_FORMS = {
    # name: document, time, variable, value
    "a short pulse is not strided over": (
        "model m\n x = 0; x' = piecewise(100, (time >= 10) && (time < 10.1), 0) - 0.01*x\nend", 100.0, "x",
        1e4 * (1 - np.exp(-0.001)) * np.exp(-0.01 * 89.9),
    ),
    "a pulse of a rule": (
        "model m\n x = 0; r := piecewise(100, (time >= 10) && (time < 10.1), 0); x' = r\nend", 100.0, "x", 10.0,
    ),
    "a periodic event": ("model m\n x = 0; at sin(2*pi*time) > 0: x = x + 1\nend", 10.25, "x", 11.0),
    "steps of a floor": ("model m\n x = 0; x' = floor(time)\nend", 10.0, "x", 45.0),
    "pulses of a remainder": ("model m\n x = 0; x' = piecewise(10, rem(time, 5) < 0.1, 0)\nend", 24.0, "x", 5.0),
    "a delayed event uses values of its trigger": (
        "model m\n x = 0; y = 0; x' = 1; at 2 after (x >= 3): y = x\nend", 10.0, "y", 3.0,
    ),
    "a delayed event that is not persistent": (
        "model m\n x = 0; y = 0; x' = 1; at 2 after (x > 3 && x < 4), persistent=false: y = 1\nend", 10.0, "y", 0.0,
    ),
    "the last of two events has the last word": (
        "model m\n y = 0; at (time > 1), priority=2: y = 1; at (time > 1), priority=1: y = 2\nend", 3.0, "y", 2.0,
    ),
    "a trigger that is true at the beginning": ("model m\n y = 0; at (time < 5), t0=false: y = 7\nend", 1.0, "y", 7.0),
    "a trigger that was true before": ("model m\n y = 0; at (time < 5), t0=true: y = 7\nend", 1.0, "y", 0.0),
    "a function and an initial assignment": (
        "function f(a, b)\n a*b^2\nend\nmodel m\n p = 3; x = f(p, 2); x' = -x\nend", 1.0, "x", 12 * np.exp(-1),
    ),
    "a boundary species is held": (
        "model m\n compartment V = 2; species $A in V = 4, B in V = 0; A -> B; 0.5*A*V\nend", 3.0, "B", 6.0,
    ),
    "a growing compartment dilutes": (
        "model m\n compartment V = 2; V' = 0.5; species C in V = 4; -> C; 0\nend", 4.0, "C", 2.0,
    ),
    "a concentration of a rate rule in a growing compartment": (
        "model m\n compartment V = 2; V' = 0.5; species $C in V = 4; C' = -0.25*C\nend", 4.0, "C", 4 * np.exp(-1),
    ),
    "a stoichiometry in time": (
        "model m\n compartment V = 1; species A in V = 0; -> n A; 1; n := time\nend", 2.0, "A", 2.0,
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", CLOSED_FORMS)
def test_meaning_of_sbml(what: str) -> None:
    document, time, variable, value = CLOSED_FORMS[what]
    found = simulate(document, [0.0, time], [variable])
    assert found[variable][-1] == pytest.approx(value, rel=1e-6, abs=1e-12)


def test_rational_stoichiometry_of_level_1(tmp_path: Path) -> None:
    """The denominator of Level 1 becomes a rational number, which libRoadRunner misreads as a stoichiometry."""
    path = tmp_path / "rational.xml"
    path.write_text(
        '<?xml version="1.0"?><sbml xmlns="http://www.sbml.org/sbml/level1" level="1" version="2"><model name="m">'
        '<listOfCompartments><compartment name="V" volume="2"/></listOfCompartments>'
        '<listOfSpecies><species name="A" compartment="V" initialAmount="4"/>'
        '<species name="B" compartment="V" initialAmount="0"/></listOfSpecies>'
        '<listOfReactions><reaction name="r" reversible="false">'
        '<listOfReactants><speciesReference species="A"/></listOfReactants>'
        '<listOfProducts><speciesReference species="B" stoichiometry="3" denominator="10"/></listOfProducts>'
        '<kineticLaw formula="V*k*A"><listOfParameters><parameter name="k" value="0.5"/></listOfParameters>'
        "</kineticLaw></reaction></listOfReactions></model></sbml>"
    )
    found = simulate(path, [0.0, 2.0], ["A", "B"], amounts=["A", "B"], values={"r_k": 1.0})
    assert found["A"][-1] == pytest.approx(4 * np.exp(-2), rel=1e-6)
    assert found["B"][-1] == pytest.approx(0.3 * 4 * (1 - np.exp(-2)), rel=1e-6)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("model m\n x = 1; x' = x*x\nend", r"failed at time 0\.99999"),
        ("model m\n x = 1; x' = -sqrt(x)\nend", r"failed at time 2\.0000"),  # x = (1 - t/2)^2, then nothing is real
        ("model m\n x = 1; x' = -piecewise(1, x > 0, -1) - 0.1*sin(50*time)\nend", r"at time 0\.99"),
    ],
)
def test_what_cannot_be_solved_names_the_time(document: str, words: str) -> None:
    with pytest.raises(NotSolved, match=words):
        simulate(document, [0.0, 1.0, 2.0, 3.0], ["x"])


def test_small_amounts_keep_their_digits() -> None:
    found = simulate("model m\n x = 1e-18; x' = -x\nend", [0.0, 20.0], ["x"])
    assert found["x"][-1] == pytest.approx(1e-18 * np.exp(-20), rel=1e-5)


def test_a_quantity_named_time_is_not_the_clock() -> None:
    document = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<sbml xmlns="http://www.sbml.org/sbml/level3/version1/core" level="3" version="1"><model id="m">'
        '<listOfParameters><parameter id="time" value="10" constant="true"/></listOfParameters></model></sbml>'
    )
    assert simulate(document, [0.0, 1.0], ["time"])["time"].tolist() == [10.0, 10.0]
