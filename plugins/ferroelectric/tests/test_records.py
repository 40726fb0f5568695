"""Published records, and records of one's own."""

import dataclasses
import json
import re

import numpy as np
import pytest
from bridge_ferroelectric import records
from bridge_ferroelectric.interfaces import Hamiltonian
from bridge_ferroelectric.quantum import assembly

from bridge import File
from bridge.testing import check_model

NAMES = sorted(records.FILES)


def same(one: Hamiltonian, other: Hamiltonian) -> bool:
    return all(np.array_equal(getattr(one, f.name), getattr(other, f.name)) for f in dataclasses.fields(Hamiltonian))


def altered(change, material="BaTiO3 ZVR") -> bytes:
    """A record's JSON with its entries changed by a function."""
    entries = json.loads(records.write(records.published(material)).content)
    del entries["sha256"]
    change(entries)
    return json.dumps(entries).encode()


@pytest.mark.parametrize("name", NAMES)
def test_a_record_is_found_whole_with_its_source_and_digest(name):
    found = check_model(records.records, material=name)
    h = Hamiltonian(**found["hamiltonian"])
    assert (h.name, h.j.shape) == (name, (7,))
    for said in (records.digest_of(name), h.source):
        assert said in found["provenance"]


@pytest.mark.parametrize("name", NAMES)
def test_a_record_comes_back_from_its_own_file_to_the_last_bit(name):
    first = records.published(name)
    again = check_model(records.record, file=records.write(first))
    assert same(Hamiltonian(**again["hamiltonian"]), first)


@pytest.mark.parametrize(
    ("name", "curvature"),
    [  # 2κ in eV/Å²; feram's inputs state κ of the uniform mode beside κ2 for the two Wu–Cohen records
        ("BaTiO3 Wu-Cohen", 2 * -1.51821042113588),  # src/24example-BaTiO3-new-param-heating-cooling/cooling.sh
        ("KNbO3 Wu-Cohen", 2 * -2.67634990507792),  # src/21example-KNbO3/cooling.sh
        ("BaTiO3 ZVR", -3.454),  # Zhong, Vanderbilt and Rabe 1995, by their κ2, j and Z*
    ],
)
def test_total_curvature_is_the_published_one(name, curvature):
    # 1e-4: feram's sum over dipoles and its rounding of j to five digits
    assert 2 * assembly.total(records.published(name)) == pytest.approx(curvature, abs=2e-4)


def test_units_of_another_kind_are_converted_and_a_missing_or_wrong_one_is_refused():
    def in_hartree(entries):
        entries["kappa2"] = {"value": 5.502 / 97.17362, "unit": "hartree/bohr^2"}  # Ha/bohr² in eV/Å²: CODATA

    assert records.read(altered(in_hartree)).kappa2 == pytest.approx(5.502, rel=1e-6)
    for entry, text in (
        (5.502, "kappa2 has no unit"),
        ({"value": 5.502}, "kappa2 has no unit"),
        ({"value": 5.502, "unit": "eV"}, "kappa2 is in eV/angstrom^2, got 'eV'"),
        ({"value": "5.502", "unit": "eV/angstrom^2"}, "kappa2 is one finite number"),
        ({"value": None, "unit": "eV/angstrom^2"}, "kappa2 is one finite number"),
    ):
        with pytest.raises(ValueError, match=re.escape(text)):
            records.read(altered(lambda entries, entry=entry: entries.update(kappa2=entry)))


def test_a_record_that_lacks_or_invents_an_entry_is_refused():
    for change, text in (
        (lambda e: e.pop("j"), "lacks j"),
        (lambda e: e.update(kappa=1), "knows no kappa"),
        (lambda e: e["j"].update(value=[1.0] * 6), "j is seven finite numbers"),
        (lambda e: e.update(source=""), "source is a text"),
    ):
        with pytest.raises(ValueError, match=re.escape(text)):
            records.read(altered(change))
    for content in (b"[]", b"\xff\xfe", b"{"):
        with pytest.raises(ValueError, match="JSON object"):
            records.record(File(content))


def test_an_altered_record_does_not_pass_for_the_published_one(tmp_path, monkeypatch):
    content = records.write(records.published("PbTiO3")).content
    with pytest.raises(ValueError, match="altered after"):
        records.read(content.replace(b"1.17004", b"1.17005"))
    monkeypatch.setattr(records, "FILES", {"PbTiO3": ("pbtio3.json", "0" * 64)})
    with pytest.raises(RuntimeError, match=r"pbtio3\.json is not the file"):
        records.published("PbTiO3")
    with pytest.raises(ValueError, match="no published record 'SrTiO3'"):
        records.published("SrTiO3")
