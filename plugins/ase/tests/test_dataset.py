"""A user's own results as an engine: read as they are, refused where a unit or a strain is missing."""

from __future__ import annotations

import ase.db
import ase.io
import inputs_of_ase as given
import numpy as np
import pytest
from ase import Atoms, units
from ase.build import bulk
from ase.calculators.singlepoint import SinglePointCalculator
from bridge_ase import stiffness
from bridge_ase.dataset import dataset
from bridge_ase.dataset_fits import dataset_elastic, dataset_equation_of_state
from bridge_ase.elastic import elastic
from bridge_ase.equation_of_state import equation_of_state

import bridge
from bridge import File
from bridge.errors import ContractError

UNITS = given.ASE_UNITS


@pytest.fixture(scope="module")
def volumes():
    return given.strained(given.VOLUMES)


@pytest.fixture(scope="module")
def shears():
    return given.strained(given.SHEARS)


def elastic_of(structures):
    read = dataset(given.extxyz(structures), **UNITS)
    return dataset_elastic(read.cell, read.stress)


def state_of(structures, **units_):
    read = dataset(given.extxyz(structures), **{**UNITS, **units_})
    return dataset_equation_of_state(read.cell, read.energy, read.stress)


def test_a_set_of_results_gives_the_equation_of_state_of_its_calculator(volumes):
    found, direct = state_of(volumes), equation_of_state(given.CU, "emt")
    assert found.equilibrium_volume == pytest.approx(direct.equilibrium_volume, rel=1e-4)
    assert found.bulk_modulus == pytest.approx(direct.bulk_modulus, rel=0.002)
    assert found.pressure_residual < 0.02  # GPa, of a span of 16
    assert found.structures_used == len(volumes)


def test_a_set_of_results_gives_the_elastic_constants_of_its_calculator(shears):
    found, direct = elastic_of(shears), elastic(given.CU, "emt")
    assert found.stiffness == pytest.approx(direct.stiffness, rel=0.01, abs=0.1)
    assert found.reference == 0
    assert found.structures_used == 13


def test_any_strains_will_do_that_span_all_six(shears):
    drawn = np.vstack([np.zeros(6), np.random.default_rng(5).uniform(-4e-4, 4e-4, (20, 6))])
    assert elastic_of(given.strained(drawn)).stiffness == pytest.approx(elastic_of(shears).stiffness, rel=0.02, abs=0.5)


def test_a_cell_that_was_turned_says_the_same(shears):
    """A database holds cells in the axes of whoever computed them; strains are against the reference alike."""
    turned = []
    for number, atoms in enumerate(shears):
        one, stress = atoms.copy(), atoms.get_stress(voigt=False)
        angle = 0.0 if number == 0 else 17.0 * number
        one.rotate(angle, "y", rotate_cell=True)
        c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        turn = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
        results = {"energy": atoms.get_potential_energy(), "stress": turn @ stress @ turn.T}
        results["stress"] = results["stress"][(0, 1, 2, 1, 0, 0), (0, 1, 2, 2, 2, 1)]
        one.calc = SinglePointCalculator(one, forces=atoms.get_forces(), **results)
        turned.append(one)
    assert elastic_of(turned).stiffness == pytest.approx(elastic_of(shears).stiffness, rel=1e-6, abs=1e-6)


def test_strained_by_stiffness_of_no_symmetry_all_36_are_found():
    """Stress drawn from a known matrix of 21 different constants comes back as that matrix."""
    rng = np.random.default_rng(1)
    root = rng.normal(size=(6, 6)) * 3 + 8 * np.eye(6)
    known = root @ root.T
    strains = 1e-6 * np.vstack([np.zeros(6), np.eye(6), -np.eye(6)])
    edge = np.array([[3.0, 0, 0], [0.3, 3.5, 0], [0.2, -0.4, 4.0]])
    cell = np.array([edge @ (np.eye(3) + stiffness.matrix(strain)) for strain in strains])
    found = dataset_elastic(cell, strains @ known)
    assert found.stiffness == pytest.approx(known, rel=1e-4, abs=1e-3)


def in_other_units(structures):
    """The same results in hartree, bohr and kbar with VASP's sign."""
    told = []
    for atoms in structures:
        one = atoms.copy()
        one.set_cell(atoms.cell[:] / units.Bohr, scale_atoms=True)
        results = {
            "energy": atoms.get_potential_energy() / units.Hartree,
            "forces": atoms.get_forces() / units.Hartree * units.Bohr,
            "stress": -atoms.get_stress() / units.GPa * 10,
        }
        one.calc = SinglePointCalculator(one, **results)
        told.append(one)
    return told


OTHER = {"energy_unit": "hartree", "length_unit": "bohr", "stress_unit": "kbar", "positive_stress": "compression"}


def test_units_and_sign_are_those_that_are_stated(shears):
    one = dataset(given.extxyz(shears), **UNITS)
    other = dataset(given.extxyz(in_other_units(shears)), **OTHER)
    for name in ("cell", "volume", "energy", "stress", "pressure", "largest_force"):
        assert getattr(other, name) == pytest.approx(getattr(one, name), rel=1e-6, abs=1e-6), name
    assert other.nearest_to_rest.cell[:] == pytest.approx(one.nearest_to_rest.cell[:], rel=1e-6)


def test_a_file_may_state_its_units_itself(volumes):
    stated = in_other_units(volumes)
    for atoms in stated:
        atoms.info.update(OTHER)
    found = dataset(given.extxyz(stated))
    assert found.energy == pytest.approx(dataset(given.extxyz(volumes), **UNITS).energy, rel=1e-6)
    with pytest.raises(ValueError, match="stress_unit='GPa' is written, and the file states 'kbar'"):
        dataset(given.extxyz(stated), stress_unit="GPa")
    stated[3].info["energy_unit"] = "eV"
    with pytest.raises(ValueError, match="states energy_unit as 'hartree' and as 'eV': state one"):
        dataset(given.extxyz(stated))


@pytest.mark.parametrize("key", ["energy_unit", "length_unit", "stress_unit", "positive_stress"])
def test_a_unit_that_nobody_states_is_refused_with_what_to_write(volumes, key):
    with pytest.raises(ValueError, match=f"does not state its {key}, .* not guessed. Write {key}='"):
        dataset(given.extxyz(volumes), **{name: value for name, value in UNITS.items() if name != key})


@pytest.mark.parametrize(("key", "unit"), [("energy_unit", "GPa"), ("length_unit", "eV"), ("stress_unit", "eV")])
def test_a_unit_of_something_else_is_refused_before_anything_runs(volumes, key, unit):
    what = key.removesuffix("_unit")
    with pytest.raises(
        ContractError, match=rf"ase\.dataset\.{key}: '{unit}' is no unit of {what}. Write {key}= one of"
    ):
        bridge.check(lambda: bridge.stage("ase.dataset").submit(file=given.extxyz(volumes), **{**UNITS, key: unit}))


@pytest.mark.parametrize("kind", ["db", "json"])
def test_a_database_of_ase_says_what_extended_xyz_says(shears, tmp_path, kind):
    path = tmp_path / f"results.{kind}"
    with ase.db.connect(str(path)) as database:
        for atoms in shears:
            database.write(atoms)
        database.metadata = UNITS
    found, other = dataset(File.read(path)), dataset(given.extxyz(shears), **UNITS)
    assert found.stress == pytest.approx(other.stress, rel=1e-6, abs=1e-9)
    assert found.energy == pytest.approx(other.energy)
    assert (found.structures, found.atoms_each, found.formula) == (13, 1, "Cu")


def test_a_stress_as_a_matrix_in_the_file_has_voigts_order():
    """Extended XYZ holds nine components; yz, xz and xy are told apart."""
    text = (
        '1\nLattice="3 0 0 0 3 0 0 0 3" Properties=species:S:1:pos:R:3:forces:R:3 energy=-1.0 '
        'stress="1 6 5 6 2 4 5 4 3" pbc="T T T"\nCu 0 0 0 0 0 0\n'
    )
    found = dataset(File(text.encode()), **{**UNITS, "stress_unit": "GPa"})
    assert found.stress == pytest.approx(np.array([[1.0, 2, 3, 4, 5, 6]]))
    assert found.pressure == pytest.approx([-2.0])


def test_stress_with_the_sign_of_pressure_is_found_out_by_the_energies(volumes, shears):
    with pytest.raises(ValueError, match=r"have the sign of pressure.*positive_stress='compression'"):
        state_of(volumes, positive_stress="compression")
    read = dataset(given.extxyz(shears), **{**UNITS, "positive_stress": "compression"})
    with pytest.raises(ValueError, match="stress falls where strain rises: it has the sign of pressure"):
        dataset_elastic(read.cell, read.stress)


def test_stress_in_another_unit_is_found_out_by_the_energies(volumes):
    with pytest.raises(ArithmeticError, match=r"off the slope of the energies.*a unit is wrong"):
        state_of(volumes, stress_unit="hartree/bohr^3")


def test_strains_that_are_missing_are_named(shears):
    along = [atoms for number, atoms in enumerate(shears) if number not in (5, 11)]
    with pytest.raises(ValueError, match=r"11 structures .* nothing is strained along \+1\.00 xz \(in the order"):
        elastic_of(along)
    with pytest.raises(ValueError, match="nothing is strained along"):
        elastic_of(given.strained(given.VOLUMES))


def broken(structures, how):
    told = [atoms.copy() for atoms in structures]
    for atoms, of in zip(told, structures, strict=True):
        atoms.calc = SinglePointCalculator(atoms, **of.calc.results)
    how(told)
    return given.extxyz(told)


def _other_composition(told):
    told[2] = bulk("Ag")
    told[2].calc = SinglePointCalculator(told[2], energy=0.0, forces=np.zeros((1, 3)), stress=np.zeros(6))


def _more_atoms(told):
    told[2] = bulk("Cu", cubic=True)
    told[2].calc = SinglePointCalculator(told[2], energy=0.0, forces=np.zeros((4, 3)), stress=np.zeros(6))


@pytest.mark.parametrize(
    ("how", "says"),
    [
        (lambda told: told[1].calc.results.pop("stress"), r"structure 1 \(Cu\) has no stress: an engine gives"),
        (lambda told: told[4].calc.results.pop("forces"), r"structure 4 \(Cu\) has no forces"),
        (lambda told: told[0].calc.results.clear(), r"structure 0 \(Cu\) has no energy and no forces and no stress"),
        (_other_composition, r"structure 2 is Ag, structure 0 is Cu: a set has one composition"),
        (_more_atoms, r"structure 2 is Cu4, structure 0 is Cu: a set has one composition"),
        (lambda told: told[3].set_pbc([True, True, False]), "structure 3 has no cell that repeats in all three"),
    ],
)
def test_a_structure_that_is_no_result_of_the_set_is_refused_by_its_number(volumes, how, says):
    with pytest.raises(ValueError, match=says):
        dataset(broken(volumes, how), **UNITS)


@pytest.mark.parametrize(
    "content", [b"", b"not a structure\n", b"{}", b"SQLite format 3\0and no more", b"\xff\xfe\x00"]
)
def test_what_is_no_set_of_results_is_refused(content):
    with pytest.raises(ValueError, match="set of results"):
        dataset(File(content), **UNITS)


def test_a_reference_under_stress_is_refused_with_what_to_write(volumes, shears):
    read = dataset(given.extxyz([*shears, *given.strained(np.array([[0.01, 0.01, 0.01, 0, 0, 0]]))]), **UNITS)
    with pytest.raises(ValueError, match=r"structure 13, the reference, is under a stress of .* reference=…"):
        dataset_elastic(read.cell, read.stress, reference=13)
    with pytest.raises(ValueError, match="reference=14: there are 14 structures, the first is 0"):
        dataset_elastic(read.cell, read.stress, reference=14)


def test_stresses_that_do_not_answer_linearly_are_refused(shears):
    read = dataset(given.extxyz(shears), **UNITS)
    noise = np.random.default_rng(1).normal(scale=0.2, size=read.stress.shape)
    noise[0] = 0
    with pytest.raises(ArithmeticError, match=r"GPa off a linear answer, more than 0\.05 of the largest"):
        dataset_elastic(read.cell, read.stress + noise)


def test_sheared_cells_are_left_out_of_the_equation_of_state(volumes, shears):
    both = state_of([*volumes, *shears[4:7]])
    assert both.structures_used == len(volumes)
    assert both.bulk_modulus == pytest.approx(state_of(volumes).bulk_modulus)


def test_the_structure_at_rest_leaves_with_nothing_but_its_atoms(volumes):
    found = dataset(given.extxyz(volumes), **UNITS).nearest_to_rest
    assert isinstance(found, Atoms)
    assert found.calc is None
    assert found.cell[:] == pytest.approx(given.CU.cell[:], abs=1e-6)
