"""Reproduction numbers against eigenvalues of the whole next-generation matrix, by class and group."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from bridge_epidemic.contacts.contacts import Contacts
from bridge_epidemic.population.deterministic import deterministic
from bridge_epidemic.population.kernel_rows import dominant
from bridge_epidemic.population.next_generation import next_generation
from bridge_epidemic.population.records import Immunity, Strains

from bridge.testing import plain

PEOPLE = np.array([3e5, 4e5, 3e5])
CONTACTS = Contacts("young\nmiddle\nold", PEOPLE, np.array([[8, 4, 1], [3, 5, 1.5], [1, 2, 2.0]]))
STRAINS = Strains(
    "a\nb", np.array([2.0, 2.6]), np.array([2.0, 1.5]), np.array([4.0, 3.0]), 2, 2, np.array([100.0, 50.0]),
    np.zeros(2), np.zeros(2),
)  # fmt: skip
IMMUNITY = Immunity(
    "naive\nimmune\nrecovered", np.array([[0.5, 0.4, 0.2], [0.5, 0.6, 0.8], [0, 0, 0]]), np.zeros(1),
    np.array([[[1, 1], [0.1, 0.5], [0, 0.2]]]), np.array([[1, 1], [0.5, 0.8], [0.7, 0.6]]), np.zeros((3, 2)),
    np.zeros(3), np.full(3, -1), np.full((3, 2), 2), np.full(3, -1),
)  # fmt: skip


def by_class_and_group(contacts, immunity, free, number, s):
    """rho of K[(k, i), (l, j)] = R0/rho(C) S_ki susc_k C_ij / N_j w_l, which is not symmetric."""
    classes, groups = free.shape
    matrix = np.zeros((classes, groups, classes, groups))
    for k in range(classes):
        for m in range(classes):
            matrix[k, :, m, :] = (
                (free[k] * immunity.susceptibility[0, k, s])[:, None]
                * contacts.contacts
                / contacts.population
                * immunity.infectiousness[m, s]
            )
    largest = np.abs(np.linalg.eigvals(matrix.reshape(classes * groups, -1))).max()
    return number * largest / np.abs(np.linalg.eigvals(contacts.contacts)).max()


def test_without_immunity_it_is_the_basic_one():
    naive = replace(IMMUNITY, initial=np.array([[1.0], [0], [0]]))
    found = plain(next_generation)(contacts=CONTACTS, strains=STRAINS, immunity=naive)
    np.testing.assert_allclose(found.reproduction, STRAINS.reproduction_number, rtol=1e-12)


def test_immunity_and_breakthrough_infections_count_by_class_and_group():
    found = plain(next_generation)(contacts=CONTACTS, strains=STRAINS, immunity=IMMUNITY)
    free = IMMUNITY.initial * PEOPLE
    for s, number in enumerate(STRAINS.reproduction_number):
        exact = by_class_and_group(CONTACTS, IMMUNITY, free, number, s)
        assert found.reproduction[s] == pytest.approx(exact, rel=1e-12)
        assert np.abs(np.linalg.eigvals(found.matrix[s])).max() == pytest.approx(exact, rel=1e-12)


def test_immunity_of_other_strains_or_groups_is_refused():
    """One strain's susceptibility would have been taken for both."""
    one = replace(IMMUNITY, susceptibility=np.ones((1, 3, 1)))
    with pytest.raises(ValueError, match=r"susceptibility has the sizes \(1, 3, 1\)"):
        plain(next_generation)(contacts=CONTACTS, strains=STRAINS, immunity=one)
    with pytest.raises(ValueError, match="a column for each of 3 groups"):
        plain(next_generation)(
            contacts=CONTACTS, strains=STRAINS, immunity=replace(IMMUNITY, initial=IMMUNITY.initial[:, :2])
        )


def test_rows_of_a_course_hold_the_reproduction_numbers_of_their_day():
    """Only at the beginning are the people of every class and group known from the rows: everybody, less the seeds."""
    found = plain(deterministic)(contacts=CONTACTS, strains=replace(STRAINS, seeds=np.zeros(2)), immunity=IMMUNITY)
    exact = plain(next_generation)(contacts=CONTACTS, strains=STRAINS, immunity=IMMUNITY)
    np.testing.assert_allclose(found.reproduction[0, 0], exact.reproduction, rtol=1e-9)
    np.testing.assert_allclose(found.reproduction[0, -1], exact.reproduction, rtol=1e-9)


def test_a_wave_peaks_when_its_reproduction_number_passes_one():
    """One group, SIR: prevalence grows while R > 1. To half a day, as rows are days."""
    one = Contacts("all", np.array([1e7]), np.array([[10.0]]))
    strains = Strains(
        "a", np.array([2.0]), np.zeros(1), np.array([8.0]), 0, 1, np.array([10.0]), np.zeros(1), np.zeros(1)
    )
    naive = Immunity(
        "n\nr", np.array([[1.0], [0]]), np.zeros(1), np.array([[[1.0], [0]]]), np.ones((2, 1)), np.zeros((2, 1)),
        np.zeros(2), np.full(2, -1), np.ones((2, 1), dtype=np.int64), np.full(2, -1),
    )  # fmt: skip
    found = plain(deterministic)(contacts=one, strains=strains, immunity=naive)
    np.testing.assert_allclose(found.reproduction[0, :, 0], 2 * found.susceptible[0, :, 0] / 1e7, rtol=1e-9)
    peak = found.prevalence[0, :, 0].argmax()
    crossing = np.flatnonzero(found.reproduction[0, :, 0] < 1)[0]
    assert abs(int(peak) - int(crossing)) <= 1


@pytest.mark.parametrize("groups", [1, 2, 16, 40])
def test_power_iteration_finds_the_eigenvalue(groups):
    """Random symmetric matrices, some people without contacts, against LAPACK."""
    rng = np.random.default_rng(groups)
    for _ in range(20):
        matrix = rng.uniform(0, 1, (groups, groups)) ** 4
        matrix = matrix + matrix.T
        scale = rng.uniform(0, 1, groups)
        exact = np.linalg.eigvalsh(scale[:, None] * matrix * scale)[-1]
        assert dominant(scale, matrix, np.ones(groups), np.zeros(groups)) == pytest.approx(exact, rel=1e-9)


def test_power_iteration_finds_it_between_groups_that_only_meet_each_other():
    """Eigenvalues of both signs, which plain power iteration alternates between."""
    matrix = np.array([[0.0, 3.0], [3.0, 0.0]])
    assert dominant(np.array([1.0, 0.5]), matrix, np.ones(2), np.zeros(2)) == pytest.approx(1.5, rel=1e-9)


def test_power_iteration_changes_to_the_patch_that_has_become_the_larger_one():
    """Two patches without contacts, begun from the vector of the first alone."""
    matrix = np.diag([1.0, 1.2])
    assert dominant(np.ones(2), matrix, np.array([1.0, 0.0]), np.zeros(2)) == pytest.approx(1.2, rel=1e-7)


def test_nobody_left_to_infect_is_a_reproduction_number_of_zero():
    assert dominant(np.zeros(3), np.ones((3, 3)), np.ones(3), np.zeros(3)) == 0
