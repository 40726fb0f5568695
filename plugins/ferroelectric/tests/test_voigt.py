"""Six numbers for a symmetric matrix: against the matrices themselves."""

import numpy as np
import pytest
from bridge_ferroelectric import voigt

RANDOM = np.random.default_rng(0)
STRESS, STRAIN, VECTOR, OTHER = (RANDOM.normal(size=shape) for shape in ((4, 6), (4, 6), (4, 3), (4, 3)))
AXES = np.linalg.qr(RANDOM.normal(size=(3, 3)))[0]


def test_products_are_the_dyad_of_a_vector_with_itself():
    dyad = VECTOR[:, :, None] * VECTOR[:, None, :]
    assert voigt.tensor(voigt.products(VECTOR)) == pytest.approx(dyad)
    assert voigt.components(dyad) == pytest.approx(voigt.products(VECTOR))


def test_stress_times_strain_is_the_work_in_any_axes():
    work = np.einsum("nij,nij->n", voigt.tensor(STRESS), voigt.strain_tensor(STRAIN))
    assert (STRESS * STRAIN).sum(1) == pytest.approx(work)
    turned = voigt.turned(STRESS, AXES) * voigt.turned_strain(STRAIN, AXES)
    assert turned.sum(1) == pytest.approx(work)


def test_components_turn_like_the_vector():
    along = VECTOR @ AXES.T
    assert voigt.turned(voigt.products(VECTOR), AXES) == pytest.approx(voigt.products(along))


def test_a_dyad_of_two_vectors_is_a_strain():
    strain = np.einsum("nvi,ni->nv", voigt.dyads(VECTOR), OTHER)
    dyad = VECTOR[:, :, None] * OTHER[:, None, :]
    assert voigt.strain_tensor(strain) == pytest.approx((dyad + dyad.swapaxes(1, 2)) / 2)


def test_slope_and_curvature_are_derivatives_of_the_products():
    step = 1e-3  # products are of second order: central differences are exact but for rounding
    for i, unit in enumerate(step * np.eye(3)):
        slope = (voigt.products(VECTOR + unit) - voigt.products(VECTOR - unit)) / (2 * step)
        assert voigt.slope(VECTOR)[..., i] == pytest.approx(slope)
        change = (voigt.slope(VECTOR + unit) - voigt.slope(VECTOR - unit)) / (2 * step)
        assert voigt.curvature(STRESS)[..., i] == pytest.approx(np.einsum("nv,nvj->nj", STRESS, change))


def test_cubic_symmetry_leaves_no_other_matrix_under_a_quarter_turn():
    quarter = np.array([[0.0, 1, 0], [-1, 0, 0], [0, 0, 1]])
    cubic = voigt.cubic(275.0, 179.0, 54.3)
    stress = voigt.turned_strain(STRAIN, quarter) @ cubic
    assert stress == pytest.approx(voigt.turned(STRAIN @ cubic, quarter))
