"""Units of documents: what SBML defines becomes what pint reads, and what it leaves open is refused by name."""

from __future__ import annotations

import pytest

libsbml = pytest.importorskip("libsbml")
pytest.importorskip("roadrunner")
pytest.importorskip("antimony")

from bridge_pharmacology.sbml import Refused, load  # noqa: E402
from bridge_pharmacology.sbml.units import unit_text  # noqa: E402

from bridge import Q  # noqa: E402
from bridge.models import model_of  # noqa: E402

BARE = """
model bare
  compartment V = 2; species C in V; C = 5; CL = 0.3
  C -> ; CL*C
end
"""
DAYS = """
model declared
  unit substance = 1e-9 mole; unit volume = litre; unit time_unit = 86400 second; unit extent = 1e-9 mole
  unit flow = litre / 86400 second
  compartment V = 2; species C in V; C = 5; CL = 0.3; CL has flow
  C -> ; CL*C
end
"""


@pytest.mark.parametrize(
    ("written", "expected", "size"),  # the size in base units of SI, from the definition by hand
    [
        ("1e-9 mole / litre", "nmol/L", 1e-6),
        ("1 / 3600 second", "1/h", 1 / 3600),
        ("litre / (1e-9 mole * 86400 second)", "L/nmol/d", 1e-3 / (1e-9 * 86400)),
        ("1e-3 gram / litre", "mg/L", 1e-3),
        ("(1e-6 metre)^2 / second", "um^2/s", 1e-12),
        ("kilogram", "kg", 1.0),
        ("60 litre / 3600 second", "L/min", 1e-3 / 60),
        ("item", "count", 1.0),
        ("1e-2 dimensionless", "percent", 1e-2),
    ],
)
def test_definitions_keep_their_size(written: str, expected: str, size: float) -> None:
    import antimony

    antimony.clearPreviousLoads()
    assert antimony.loadAntimonyString(f"model m\n unit u = {written}\n k = 1; k has u\nend") >= 0
    document = libsbml.readSBMLFromString(antimony.getSBMLString("m"))
    text = unit_text(document.getModel(), "u")
    assert Q(1.0, text).to_base_units().magnitude == pytest.approx(size, rel=1e-12)
    assert Q(1.0, text).to(expected).magnitude == pytest.approx(1.0, rel=1e-12)


def test_factor_without_a_name_is_refused() -> None:
    with pytest.raises(Refused, match=r"unitDefinition 'odd' has the factor 1\.5"):
        load("model m\n unit odd = 1.5 mole; unit time_unit = second\n x = 1; x' = -x; x has odd\nend")


def test_undeclared_units_are_refused_naming_every_id() -> None:
    with pytest.raises(Refused, match="no unit for time, V, C, CL") as refusal:
        load(BARE)
    assert "units={'time': 'h', 'V': '…'" in str(refusal.value)


def test_mapped_units_stand_on_the_ports() -> None:
    units = {"time": "h", "volume": "L", "substance": "mg", "CL": "L/h"}
    model = model_of(load(BARE, units=units))
    kinds = {name: model.inputs[name].kind.unit for name in ("v", "c", "cl", "duration")}
    assert kinds == {"v": "L", "c": "mg/L", "cl": "L/h", "duration": "h"}
    assert {port.name: port.kind.unit for port in model.outputs.ports} == {"time": "h", "c": "mg/L"}


def test_a_species_is_mapped_as_what_its_id_stands_for() -> None:
    model = model_of(load(BARE, units={"time": "h", "V": "L", "C": "mg/L", "CL": "L/h"}, amounts=["C"]))
    assert Q(1.0, model.outputs.port("c", "").kind.unit).to("mg").magnitude == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("units", "words"),
    [
        ({"Cl": "L/h"}, "has no 'Cl'.*Did you mean 'CL'"),
        ({"time": "h", "V": "L", "C": "mg/L", "CL": "litres an hour"}, "'CL' is given"),
        ({"time": "d"}, "no unit for V, C, CL"),
    ],
)
def test_wrong_maps_are_refused(units: dict[str, str], words: str) -> None:
    with pytest.raises(Refused, match=words):
        load(BARE, units=units)


def test_a_declared_unit_is_not_mapped_over() -> None:
    with pytest.raises(Refused, match="'CL' is declared in 'L/d'"):
        load(DAYS, units={"CL": "L/h"})


def test_pure_numbers_are_said_to_be_pure() -> None:
    model = model_of(load(BARE, undeclared="dimensionless"))
    assert {port.kind.unit for port in model.outputs.ports} == {"1"}
    with pytest.raises(Refused, match="undeclared='none'"):
        load(BARE, undeclared="none")


def test_level_2_has_units_of_its_own() -> None:
    import antimony

    antimony.clearPreviousLoads()
    antimony.loadAntimonyString(BARE)
    document = libsbml.readSBMLFromString(antimony.getSBMLString("bare"))
    assert document.setLevelAndVersion(2, 4, False)
    text = libsbml.writeSBMLToString(document)
    with pytest.raises(Refused, match="no unit for CL"):  # SBML Level 2 Version 4, section 4.4.3: s, L and mol
        load(text)
    model = model_of(load(text, units={"CL": "L/s"}))
    assert [port.kind.unit for port in model.outputs.ports] == ["s", "mol/L"]


def test_the_models_own_units_are_not_mapped_over() -> None:
    for units in ({"V": "mL"}, {"volume": "mL"}, {"time": "h"}):
        with pytest.raises(Refused, match="by the document itself"):
            load(DAYS, units=units)
