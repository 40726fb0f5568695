"""Calculators as they are made: what they refuse before any work, and what failing programs leave to read."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from ase.build import bulk, molecule
from ase.calculators.calculator import Calculator, all_changes
from ase.calculators.emt import EMT
from bridge_ase import programs, running
from bridge_ase.elastic import elastic
from bridge_ase.energy import energy, stress
from bridge_ase.engines import version
from bridge_ase.relaxed import relaxed, relaxed_cell

import bridge
from bridge.errors import ContractError

COPPER = bulk("Cu", "fcc", 3.6)


class WithoutStress(Calculator):
    """EMT that keeps its stress to itself."""

    implemented_properties = ("energy", "forces")

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        other = atoms.copy()
        other.calc = EMT()
        self.results = {"energy": other.get_potential_energy(), "forces": other.get_forces()}


@pytest.fixture
def silent(monkeypatch):
    """A calculator without stress, by name."""
    version.cache_clear()
    monkeypatch.setitem(running.ENGINES, "silent", running.ENGINES["emt"])
    real = running._class
    monkeypatch.setattr(running, "_class", lambda name: WithoutStress if name == "silent" else real(name))
    monkeypatch.setattr(running, "_known", lambda *_: None)
    yield "silent"
    version.cache_clear()


@pytest.mark.parametrize(
    ("calculator", "keywords", "says"),
    [
        ("emt", '{"asap_cutof": true}', "'emt' has no keyword 'asap_cutof': it knows asap_cutoff"),
        ("lj", '{"sigma": 2.3, "eps": 1}', "'lj' has no keyword 'eps': it knows epsilon, rc, ro, sigma, smooth"),
        ("bridge_ase.nowhere:Calculator", "{}", "cannot be imported: No module named 'bridge_ase.nowhere'"),
        ("ase.calculators.emt:EMTT", "{}", "cannot be imported: .*'EMTT'"),
    ],
)
def test_what_the_calculator_does_not_know_is_refused_before_any_work(calculator, keywords, says):
    with pytest.raises(ValueError, match=says):
        energy(COPPER, calculator, keywords)


def test_elements_without_parameters_are_refused_before_any_work():
    with pytest.raises(ValueError, match="'emt' has no parameters for Si, only for Al, Cu"):
        relaxed(bulk("Si"), "emt")


@pytest.mark.parametrize("model", [stress, relaxed_cell, elastic])
def test_a_calculator_without_stress_is_refused_before_any_work(silent, model):
    with pytest.raises(ValueError, match=r"'silent' gives no stress\. Write stress='numerical'"):
        model(COPPER, silent)


def test_numerical_stress_is_the_calculators_own(silent):
    own = stress(COPPER, "emt")
    assert stress(COPPER, silent, stress="numerical").stress == pytest.approx(own.stress, abs=1e-5)  # GPa, of 1.12
    skewed = COPPER.copy()
    skewed.set_cell(COPPER.cell[:] @ np.array([[1, 0.01, 0], [0, 1.02, 0.005], [0, 0, 0.99]]), scale_atoms=True)
    own, found = stress(skewed, "emt"), stress(skewed, silent, stress="numerical")
    assert found.stress == pytest.approx(own.stress, abs=1e-5)
    assert np.ptp(own.stress) > 1  # GPa: all six components are told apart


@pytest.mark.parametrize("model", [stress, relaxed_cell, elastic])
def test_a_molecule_has_no_stress(model):
    with pytest.raises(ValueError, match=r"needs a crystal: .* got H2O with pbc=\[False, False, False\]"):
        model(molecule("H2O"), "emt")


def test_what_was_given_is_left_as_it_was():
    atoms = bulk("Cu", "fcc", 3.5, cubic=True)
    atoms.rattle(0.05, seed=1)
    before = atoms.copy()
    relaxed(atoms, "emt")
    relaxed_cell(atoms, "emt")
    assert atoms == before
    assert atoms.calc is None


ABINIT = '{"ecut": 300, "pseudopotentials": {"Cu": {"file": "%s"}}}'


@pytest.fixture
def failing(tmp_path, monkeypatch):
    """An `abinit` that ends with an error after it has said why."""
    program = tmp_path / "abinit"
    program.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo 9.9.1 && exit\necho "the SCF cycle is on fire"; exit 14\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    for cached in (version, programs._told):
        cached.cache_clear()
    (tmp_path / "Cu.psp8").write_text("pseudo")
    yield ABINIT % (tmp_path / "Cu.psp8")
    for cached in (version, programs._told):
        cached.cache_clear()


def test_a_program_that_fails_leaves_the_end_of_its_output_in_the_error(failing):
    with pytest.raises(
        RuntimeError, match=r"(?s)'abinit' failed: .* 14\.\nThe end of abinit\.log:\nthe SCF.* on fire"
    ) as e:
        energy(COPPER, "abinit", failing)
    assert str(pickle.loads(pickle.dumps(e.value))) == str(e.value)


def test_abinit_without_a_pseudopotential_is_refused_with_what_to_write(failing):
    with pytest.raises(ValueError, match=r'needs a pseudopotential for Si: write "pseudopotentials": \{"Si": '):
        energy(bulk("Si"), "abinit", failing)


def test_a_keyword_that_nobody_knows_is_refused_where_a_flow_writes_it():
    def flow(keywords):
        crystal = bridge.stage("ase.crystal").submit(formula="Cu", structure="fcc", lattice_constant="3.6 angstrom")
        bridge.stage("ase.energy").submit(atoms=crystal.atoms, calculator="lj", keywords=keywords)

    assert list(bridge.check(lambda: flow('{"sigma": 2.3}')).stages) == ["ase.crystal", "ase.energy"]
    with pytest.raises(ContractError, match=r"^ase\.energy: the calculator 'lj' has no keyword 'sigmma'"):
        bridge.check(lambda: flow('{"sigmma": 2.3}'))
