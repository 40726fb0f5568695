"""The vacancy in copper against the figures asked for, against experiment and against itself."""

import numpy as np
import pytest
from ase.build import bulk
from ase.calculators.emt import EMT
from ase.constraints import FixAtoms
from ase.optimize import BFGS
from bridge_ase import modes
from bridge_ase.jumping import lattice_constant
from bridge_ase.vacancy import vacancy


@pytest.fixture(scope="module")
def copper():
    return vacancy("Cu")


@pytest.fixture(scope="module")
def small():
    """A vacancy at the origin of 31 atoms of copper, relaxed: small enough for brute force."""
    atoms = bulk("Cu", "fcc", lattice_constant("Cu", EMT), cubic=True) * (2, 2, 2)
    del atoms[0]
    atoms.calc = EMT()
    assert BFGS(atoms, logfile=None).run(fmax=0.001)
    return atoms


def test_copper_has_the_figures_that_emt_is_known_for(copper):
    # issue 2 of this project, to half of the last digit given there
    assert copper.lattice_constant == pytest.approx(3.590, abs=0.0005)
    assert copper.formation_energy == pytest.approx(1.224, abs=0.0005)
    assert copper.migration_energy == pytest.approx(0.79, abs=0.005)


def test_copper_is_within_0_1_ev_of_experiment(copper):
    # P. Ehrhart, Landolt-Börnstein III/25 (1991): 1.28 +- 0.05 and 0.70 +- 0.02 eV; an error of
    # 0.1 eV is a factor of 3.6 in a rate at 900 K
    assert copper.formation_energy == pytest.approx(1.28, abs=0.1)
    assert copper.migration_energy == pytest.approx(0.70, abs=0.1)


def test_attempt_frequency_is_of_the_order_of_the_debye_frequency(copper):
    assert 7.15 / 2 < copper.attempt_frequency < 7.15 * 2  # THz: k_B 343 K / h, C. Kittel's table for copper


def test_lengths_and_volume_are_those_of_fcc(copper):
    assert copper.jump_length == pytest.approx(copper.lattice_constant / np.sqrt(2))
    assert copper.atomic_volume == pytest.approx(copper.saddle.get_volume() / 108)


def test_saddle_lies_half_way_by_symmetry(copper):
    profile = copper.energy_profile
    assert profile.argmax() == len(profile) // 2
    assert profile == pytest.approx(profile[::-1], abs=1e-4)  # eV: the band is relaxed to 0.005 eV/angstrom
    assert copper.path == pytest.approx(copper.path[-1] - copper.path[::-1], abs=1e-3)
    half_way = np.array([1, 1, 0]) * copper.lattice_constant / 4
    assert np.linalg.norm(copper.saddle.positions - half_way, axis=1).min() < 1e-3


def test_band_finds_the_barrier_of_an_atom_held_half_way(copper):
    atoms = copper.saddle.copy()
    half_way = np.array([1, 1, 0]) * copper.lattice_constant / 4
    atoms.set_constraint(FixAtoms([np.linalg.norm(atoms.positions - half_way, axis=1).argmin()]))
    atoms.rattle(0.01, seed=1)
    atoms.calc = EMT()
    assert BFGS(atoms, logfile=None).run(fmax=0.005)
    vacancy = copper.vacancy.copy()
    vacancy.calc = EMT()
    barrier = atoms.get_potential_energy() - vacancy.get_potential_energy()
    assert barrier == pytest.approx(copper.migration_energy, abs=1e-3)


def test_energies_converge_with_the_cell(copper):
    # one vacancy in 31 atoms against one in 107; repeat=4 differs from repeat=3 by 0.4 and 1.1 meV
    fewer = vacancy("Cu", repeat=2, images=3)
    assert fewer.formation_energy == pytest.approx(copper.formation_energy, abs=0.005)
    assert fewer.migration_energy == pytest.approx(copper.migration_energy, abs=0.005)
    assert fewer.attempt_frequency == pytest.approx(copper.attempt_frequency, rel=0.2)
    assert fewer.formation_entropy == pytest.approx(copper.formation_entropy, abs=0.2)


@pytest.mark.science
def test_a_larger_cell_changes_nothing(copper, record_property):
    larger = vacancy("Cu", repeat=4)
    record_property("asked", "Cu by EMT, 255 atoms against 107: within 1 meV (formation), 2 meV (migration), "
                             "1 % (attempt frequency), 0.1 k (entropy)")  # fmt: skip
    record_property("reached", f"{1000 * (larger.formation_energy - copper.formation_energy):+.1f} meV, "
                               f"{1000 * (larger.migration_energy - copper.migration_energy):+.1f} meV, "
                               f"{100 * (larger.attempt_frequency / copper.attempt_frequency - 1):+.2f} %, "
                               f"{larger.formation_entropy - copper.formation_entropy:+.3f} k")  # fmt: skip
    assert larger.formation_energy == pytest.approx(copper.formation_energy, abs=0.001)
    assert larger.migration_energy == pytest.approx(copper.migration_energy, abs=0.002)
    assert larger.attempt_frequency == pytest.approx(copper.attempt_frequency, rel=0.01)
    assert larger.formation_entropy == pytest.approx(copper.formation_entropy, abs=0.1)


def test_force_constants_by_symmetry_equal_those_by_brute_force(small, monkeypatch):
    by_symmetry = modes.force_constants(small, np.zeros(3), 0.01)
    monkeypatch.setattr(modes, "CUBIC_GROUP", [np.eye(3)])
    by_force = modes.force_constants(small, np.zeros(3), 0.01)
    assert np.abs(by_symmetry - by_force).max() < 0.01  # eV/angstrom^2, of 5 on the diagonal: noise of relaxation


def test_a_rigid_shift_costs_nothing(small):
    hessian = modes.force_constants(small, np.zeros(3), 0.01).reshape(31, 3, 31, 3)
    assert np.abs(hessian.sum(axis=2)).max() < 0.01


def test_frequencies_do_not_depend_on_the_step(small):
    coarse, fine = (modes.frequencies(small, np.zeros(3), step=step) for step in (0.02, 0.005))
    assert np.log(coarse).sum() == pytest.approx(np.log(fine).sum(), abs=0.2)
    assert coarse == pytest.approx(fine, rel=0.01)


def test_perfect_crystal_has_no_entropy_of_formation():
    some = np.array([3.0, 4.0, 5.0])
    assert modes.formation_entropy(some, some) == pytest.approx(0, abs=1e-12)


def test_a_minimum_is_not_taken_for_a_saddle(small):
    with pytest.raises(ArithmeticError, match="0 unstable modes where 1 belong"):
        modes.frequencies(small, np.zeros(3), unstable=1)


def test_an_element_without_parameters_is_refused_before_any_work():
    with pytest.raises(ValueError, match=r"'emt' has no parameters for Pb, only for Al, Cu, Ag"):
        vacancy("Pb")


def test_an_element_that_is_not_fcc_is_refused_with_what_to_write():
    with pytest.raises(ValueError, match=r"'Fe' is not among the fcc elements Al, Cu, .*Write element='Cu'"):
        vacancy("Fe")


def test_a_potential_of_another_element_is_refused_with_where_it_looked():
    with pytest.raises(ValueError, match=r"fcc Ar has no least energy between 4\.734 and 5\.786 angstrom"):
        vacancy("Ar", "lj", '{"sigma": 2.0, "epsilon": 0.01, "rc": 8.0}')


def test_a_relaxation_out_of_steps_is_refused_with_what_to_write():
    with pytest.raises(RuntimeError, match=r"did not relax to 1e-09 .* in 2 steps. Write steps=4"):
        vacancy("Cu", repeat=2, fmax=1e-9, steps=2)
