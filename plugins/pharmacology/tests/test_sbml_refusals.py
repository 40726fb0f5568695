"""What libRoadRunner cannot do, or would do as something else, is refused by element and id."""

from __future__ import annotations

import pickle
import sys
from typing import Any

import pytest

libsbml = pytest.importorskip("libsbml")
pytest.importorskip("roadrunner")
pytest.importorskip("antimony")

from bridge_pharmacology.sbml import NotSolved, Refused, load, simulate  # noqa: E402

MATHML = 'xmlns="http://www.w3.org/1998/Math/MathML"'


def level3(body: str, attributes: str = "") -> str:
    """A document of Level 3 Version 1 with a model m."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<sbml xmlns="http://www.sbml.org/sbml/level3/version1/core" level="3" version="1" {attributes}>'
        f'<model id="m">{body}</model></sbml>'
    )


def reaction(inside: str, fast: str = "false") -> str:
    """A compartment V with a species S that a reaction makes."""
    return (
        '<listOfCompartments><compartment id="V" size="1" spatialDimensions="3" constant="true"/></listOfCompartments>'
        '<listOfSpecies><species id="S" compartment="V" initialAmount="0" hasOnlySubstanceUnits="false" '
        'boundaryCondition="false" constant="false"/></listOfSpecies>'
        f'<listOfReactions><reaction id="r" reversible="false" fast="{fast}"><listOfProducts>'
        '<speciesReference species="S" stoichiometry="1" constant="true"/></listOfProducts>'
        f"{inside}</reaction></listOfReactions>"
    )


LAW = f"<kineticLaw><math {MATHML}><cn>1</cn></math></kineticLaw>"
PARAMETER = '<listOfParameters><parameter id="p" value="1" constant="false"/></listOfParameters>'
DISTRIB = "http://www.sbml.org/sbml/level3/version1/distrib/version1"


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("model m\n x = 1; x' = -delay(x, 1)\nend", "rateRule of 'x' looks back in time"),
        (
            level3(f"{PARAMETER}<listOfRules><algebraicRule><math {MATHML}><apply><minus/><ci>p</ci><cn>2</cn></apply>"
                   "</math></algebraicRule></listOfRules>"),
            "algebraicRule p - 2 = 0",
        ),
        (level3(reaction(LAW, fast="true")), "reaction 'r' is fast"),
        (level3(reaction("")), "reaction 'r' has no kineticLaw"),
        (
            level3(f"{PARAMETER}<listOfConstraints><constraint><math {MATHML}><apply><lt/><ci>p</ci><cn>2</cn></apply>"
                   "</math></constraint></listOfConstraints>"),
            "constraint 1 .* would not be watched",
        ),
        (level3(PARAMETER, f'xmlns:distrib="{DISTRIB}" distrib:required="true"'), "package"),
        (level3(PARAMETER, 'xmlns:odd="http://example.org/odd" odd:required="true"'), "package"),
        ("model m\n compartment V; species C in V; C = 1; C -> ; C\nend", "no value for V"),
        ("model m\n compartment V = 1; species C in V; C -> ; C\nend", "no value for C"),
        ("model m\n x = 1; x' = -k*x\nend", "no value for k"),
        ("model m\n x = 1; x' = -k*\nend", "neither SBML nor Antimony"),
        (level3("<listOfRules><assignmentRule variable='q'/></listOfRules>"), "is not valid SBML"),
        ("nowhere.xml", "there is no file 'nowhere.xml'"),
    ],
)  # fmt: skip
def test_refused(document: str, words: str) -> None:
    with pytest.raises(Refused, match=words):
        simulate(document, [0.0, 1.0], ["C"] if "species C" in document else ["x"])


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"outputs": ["y"]}, "no species, parameter, compartment, reaction or stoichiometry 'y'"),
        ({"outputs": ["C"], "amounts": ["C"], "concentrations": ["C"]}, "both as an amount and as a concentration"),
        ({"outputs": ["V"], "amounts": ["V"]}, "'V' is no species"),
        ({"outputs": ["C"], "times": [1.0, 0.5]}, "not ascending"),
        ({"outputs": ["C"], "times": [-1.0, 0.5]}, "not ascending"),
        ({"outputs": ["C"], "values": {"q": 1.0}}, "no parameter, compartment or species 'q'"),
        ({"outputs": ["C"], "values": {"k": 1.0}}, "'k' is computed by the model itself"),
    ],
)
def test_what_is_asked_is_checked(asked: dict[str, Any], words: str) -> None:
    document = "model m\n compartment V = 1; species C in V; C = 1; k := 2*V; C -> ; k*C\nend"
    with pytest.raises(Refused, match=words):
        simulate(document, **({"times": [0.0, 1.0]} | asked))


@pytest.mark.parametrize(("module", "library"), [("roadrunner", "libroadrunner"), ("libsbml", "python-libsbml")])
def test_a_missing_library_names_the_extra(module: str, library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ModuleNotFoundError, match=rf"{library}: pip install scalebridge-pharmacology\[sbml\]"):
        simulate(level3(PARAMETER), [0.0, 1.0], ["p"])


def test_loading_refuses_what_simulating_does() -> None:
    with pytest.raises(Refused, match="reaction 'r' is fast"):
        load(level3(reaction(LAW, fast="true")), undeclared="dimensionless")


def test_errors_travel_between_processes() -> None:
    back = pickle.loads(pickle.dumps(NotSolved("the solver failed at time 3", 3.0)))
    assert (str(back), back.time) == ("the solver failed at time 3", 3.0)


@pytest.mark.parametrize("priority", ["", ", priority=1"])
def test_an_order_of_events_left_to_chance_is_refused(priority: str) -> None:
    document = (
        f"model m\n y = 0\n at (time > y + 1){priority}: y = 2*y + 1\n at (time > y + 1){priority}: y = y + 2\nend"
    )
    with pytest.raises(NotSolved, match=r"y at time 2 is \d or \d, as events at one instant are ordered"):
        simulate(document, [0.0, 2.0], ["y"])


def test_events_that_do_not_touch_one_another_need_no_order() -> None:
    document = "model m\n x = 0; y = 0\n at (time > x + 1): x = 3\n at (time > y + 1): y = 5\nend"
    found = simulate(document, [0.0, 2.0], ["x", "y"])
    assert (found["x"][-1], found["y"][-1]) == (3.0, 5.0)
