"""Binding at equilibrium and on its way there: closed forms, exact arithmetic, the tumour's own occupancy."""

from decimal import Decimal, localcontext

import numpy as np
import pytest
from bridge_pharmacology.response.binding import equilibrium, kinetic
from bridge_pharmacology.tissue.tumour import tumour
from hypothesis import given, settings
from hypothesis import strategies as st

ONE, NOW = np.array([0]), np.array([0.0])
DAYS = np.linspace(0, 14, 57)
AMOUNT = st.floats(1e-6, 1e5)


def one(value):
    return np.array([float(value)])


def bound(ligand, receptor, kd):
    found = equilibrium(ONE, NOW, np.array([[float(ligand)]]), one(receptor), one(kd), ligand="total")
    return float(found.bound[0, 0]), float(found.free[0, 0]), float(found.occupancy[0, 0])


# Equilibrium


def test_ten_and_ten_at_a_tenth_bind_9048751():
    """The quadratic, 10, 10 and 0.1 nM: 9.048751 nM."""
    assert bound(10, 10, 0.1)[0] == pytest.approx(9.048751, rel=1e-6)


@given(ligand=AMOUNT, receptor=AMOUNT, kd=st.floats(1e-9, 1e6))
@settings(max_examples=200, deadline=None)
def test_the_root_loses_no_digits(ligand, receptor, kd):
    """Against the textbook form in 80 digits, where double precision would lose all of them."""
    with localcontext(prec=80):
        r, a, k = Decimal(receptor), Decimal(ligand), Decimal(kd)
        s = r + a + k
        exact = (s - (s * s - 4 * r * a).sqrt()) / 2
        free = a - exact
    found, left, share = bound(ligand, receptor, kd)
    assert found == pytest.approx(float(exact), rel=1e-12)
    assert left == pytest.approx(float(free), rel=1e-9)
    assert share == pytest.approx(float(exact / r), rel=1e-9)


def test_free_ligand_follows_the_law_of_mass_action():
    free = np.array([[0.0, 0.1, 1.0, 1e4]])
    found = equilibrium(ONE, np.arange(4.0), free, one(500), one(0.1))
    np.testing.assert_allclose(found.bound[0], 500 * free[0] / (free[0] + 0.1), rtol=1e-14)


@given(free=AMOUNT, receptor=AMOUNT, kd=st.floats(1e-3, 1e3))
@settings(max_examples=50, deadline=None)
def test_total_is_free_and_bound(free, receptor, kd):
    """What free ligand binds, bound again as a total."""
    here = equilibrium(ONE, NOW, np.array([[free]]), one(receptor), one(kd))
    there = bound(free + here.bound[0, 0], receptor, kd)
    assert there[0] == pytest.approx(here.bound[0, 0], rel=1e-9)


# Kinetic


def test_without_turnover_it_is_of_first_order():
    """At constant C, B = A0 C/(C + Kd) (1 - exp(-(kon C + koff) t)); a reversible binding keeps its receptors."""
    time = np.linspace(0, 2, 41)
    found = kinetic(
        ONE, time, np.full((1, 41), 0.05), turnover_rate=one(0), internalisation_rate=one(0), antigen=one(10)
    )
    expected = 10 / 3 * (1 - np.exp(-8.64 * 0.15 * time))
    np.testing.assert_allclose(found.bound[0], expected, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(found.bound + found.antigen_free, 10, rtol=1e-9)


def test_turning_over_it_rests_where_the_closed_form_has_it():
    """A0 kdeg/kint · C/(Kss + C kdeg… ): from B' = 0 and A' = 0, B = kdeg A0 C'/(kint C' + kdeg), C' = C/Kss."""
    time = np.linspace(0, 80, 161)
    c, kdeg, kint = 0.4, 0.5, 2.0
    found = kinetic(
        ONE, time, np.full((1, 161), c), turnover_rate=one(kdeg), internalisation_rate=one(kint), antigen=one(300)
    )
    reduced = c / (0.1 + kint / 8.64)
    assert found.bound[0, -1] == pytest.approx(kdeg * 300 * reduced / (kint * reduced + kdeg), rel=1e-6)
    assert found.balance <= 1e-6


def test_at_equilibrium_it_is_the_law_of_mass_action():
    time = np.linspace(0, 30, 61)
    slow = {"turnover_rate": one(0), "internalisation_rate": one(0)}
    moving = kinetic(ONE, time, np.full((1, 61), 0.3), **slow)
    rest = equilibrium(ONE, time, np.full((1, 61), 0.3))
    assert moving.occupancy[0, -1] == pytest.approx(rest.occupancy[0, -1], rel=1e-6)


def test_driven_by_the_free_drug_of_a_tumour_it_finds_the_same_occupancy():
    """Infusions of 90 and 30 min a week apart, a row every 6 h, where infusions begin and end, and a moment before."""
    turns = np.ravel([[7 * k, 7 * k + (1 / 16 if k == 0 else 1 / 48)] for k in range(5)])
    time = np.union1d(np.linspace(0, 35, 141), np.concatenate([turns, turns[1:] - 1e-6]))
    plasma = np.zeros(time.size)
    for begin, end, level in zip(turns[::2], turns[1::2], [650, 325, 325, 325, 325], strict=True):
        on = np.clip(time - begin, 0, end - begin)  # one compartment that empties in 13 d
        plasma += level * 13 / (end - begin) * (1 - np.exp(-on / 13)) * np.exp(-np.clip(time - end, 0, None) / 13)
    whole = tumour(ONE, time, plasma[None])
    found = kinetic(whole.patient, whole.time, whole.concentration)
    assert whole.occupancy.max() > 0.9
    assert np.abs(found.occupancy - whole.occupancy).max() <= 1e-3
    assert found.balance <= 1e-6
