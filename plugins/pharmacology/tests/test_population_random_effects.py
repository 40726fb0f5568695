"""Random effects: their variances, what is refused, and cohorts as slices of one population."""

from __future__ import annotations

import numpy as np
import pytest
from bridge_pharmacology.population import variability
from bridge_pharmacology.population.antibody import antibody
from bridge_pharmacology.population.individuals import one_compartment, two_compartment
from bridge_pharmacology.population.random_effects import random_effects

FOUR = np.array([[0.10, 0.03, 0, 0], [0.03, 0.09, 0, 0], [0, 0, 0.25, 0], [0, 0, 0, 0.09]])


def test_the_reference_problems_patient_0_is_drawn() -> None:
    """Full TMDD, seed 20260101: CL .41504843, V1 5.26585671, R0 11.67955673, kint .89068001."""
    eta = random_effects(variance=FOUR, patients=1000, seed=20260101).eta
    found = np.array([0.252, 3.2417, 10.0, 1.0]) * np.exp(eta[0])
    assert found == pytest.approx([0.41504843, 5.26585671, 11.67955673, 0.89068001], abs=5e-9)


def test_a_coefficient_of_variation_comes_back_from_its_log_variance() -> None:
    """ω² = ln(1 + CV²): 0.43 gives 0.16966, not 0.1849."""
    assert variability.log_variance(np.array([0.43])) == pytest.approx(0.1696584, abs=1e-7)
    given = np.array([0.0, 0.1, 0.43, 3.0])
    assert variability.coefficient_of_variation(variability.log_variance(given)) == pytest.approx(given, rel=1e-12)


def test_variance_and_correlation_of_many_draws_are_those_asked_for() -> None:
    """200,000 draws: a variance is known to 0.32 %, a correlation of 0.5 to 0.0017; five times that is asked."""
    drawn = random_effects(np.array([0.43, 0.29]), np.array([[1, 0.5], [0.5, 1]]), patients=200_000).eta
    found = np.cov(drawn, rowvar=False)
    assert np.diagonal(found) == pytest.approx(np.log1p([0.43**2, 0.29**2]), rel=0.016)
    assert np.corrcoef(drawn, rowvar=False)[0, 1] == pytest.approx(0.5, abs=0.0085)
    cv = np.exp(drawn).std(axis=0) / np.exp(drawn).mean(axis=0)
    assert cv == pytest.approx([0.43, 0.29], rel=0.02)


def test_the_mean_of_a_lognormal_lies_above_its_median() -> None:
    """exp(ω²/2) above, 8.85 % at a CV of 43 %; 200,000 draws know it to 0.1 %."""
    drawn = np.exp(random_effects(np.array([0.43]), patients=200_000).eta[:, 0])
    assert drawn.mean() / np.median(drawn) == pytest.approx(np.exp(np.log1p(0.43**2) / 2), rel=5e-3)


def test_cohorts_are_slices_of_one_population() -> None:
    whole = random_effects(variance=FOUR, patients=50, seed=7).eta
    parts = [random_effects(variance=FOUR, patients=n, first=k, seed=7).eta for k, n in ((0, 20), (20, 17), (37, 13))]
    assert np.array_equal(np.concatenate(parts), whole)
    assert np.array_equal(antibody(patients=30, first=15).clearance, antibody(patients=45).clearance[15:])


@pytest.mark.parametrize(
    "variance",
    [np.outer([0.3, 0.6], [0.3, 0.6]), np.cov([[1.0, 2.0, 0.5], [1.5, 1.0, 0.7], [0.2, 0.4, 0.9]], ddof=0)],
)
def test_effects_may_be_combinations_of_one_another(variance: np.ndarray) -> None:
    """A correlation of 1, and three effects as three individuals have them: matrices of rank 1 and 2."""
    lower = variability.factor(variance)
    assert np.abs(lower @ lower.T - variance).max() < 1e-12
    assert np.triu(lower, 1) == pytest.approx(np.zeros_like(variance), abs=1e-12)


def test_an_effect_of_no_variance_stays_at_0() -> None:
    drawn = random_effects(np.array([0.3, 0.0, 0.2]), patients=10).eta
    assert not drawn[:, 1].any()
    assert drawn[:, [0, 2]].all()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "got none of them"),
        ({"coefficients_of_variation": np.array([0.3]), "variance": np.eye(1)}, "got both"),
        ({"variance": np.eye(2), "correlation": np.eye(2)}, "leave correlation out"),
        ({"coefficients_of_variation": np.array([0.3, 0.2]), "correlation": np.eye(3)}, "there are 2 effects"),
        ({"variance": np.array([[0.1, 0.2], [0.2, 0.1]])}, "not positive definite: its smallest eigenvalue is -0.1"),
        ({"variance": np.array([[0.1, 0.02], [0.03, 0.1]])}, r"element \[0, 1\] is 0.02 and \[1, 0\] is 0.03"),
        ({"variance": np.array([[0.1, 0.02], [0.02, 0.0]])}, "effect 1 has the variance 0"),
        ({"variance": np.array([[0.1, 0.0], [0.0, -0.1]])}, "effect 1 has the variance -0.1"),
        ({"variance": np.ones((2, 3))}, "a variance matrix is square, got 2 x 3"),
        ({"coefficients_of_variation": np.array([0.3]), "correlation": np.array([[0.5]])}, "1 on its diagonal"),
    ],
)
def test_variances_that_cannot_be_are_refused_before_anything_is_drawn(given: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        random_effects(**given)  # type: ignore[arg-type]


def test_the_antibodys_patients_are_those_of_the_default_flow() -> None:
    """normal(200, 5) of seed 20260105 in the order CL, V1, antigen, λ, kmax; CV 43, 29, 50, 30, 40 %."""
    z = np.random.default_rng(20260105).normal(size=(200, 5))
    found = antibody()
    told = [found.clearance, found.central_volume, found.antigen, found.growth_rate, found.kill_rate]
    typical, variation = [0.225, 2.95, 500.0, np.log(2) / 60, np.log(2) / 30], [0.43, 0.29, 0.5, 0.3, 0.4]
    for k, parameter in enumerate(told):
        expected = typical[k] * np.exp(z[:, k] * np.sqrt(np.log1p(variation[k] ** 2)))
        assert parameter == pytest.approx(expected, rel=1e-14)
    assert found.intercompartmental_clearance / found.central_volume == pytest.approx(found.k12, rel=1e-14)
    assert found.intercompartmental_clearance / found.peripheral_volume == pytest.approx(found.k21, rel=1e-14)


def test_without_variability_everybody_is_typical() -> None:
    """Q = k12 V1 = 0.4838 L/d and V2 = Q / k21 = 4.790 L, as published."""
    found = antibody(patients=3, variability_scale=0.0)
    assert found.clearance.tolist() == [0.225] * 3
    assert found.intercompartmental_clearance == pytest.approx(0.4838, abs=5e-5)
    assert found.peripheral_volume == pytest.approx(4.790, abs=5e-4)


def test_body_weight_goes_in_by_its_exponents() -> None:
    weights = np.array([35.0, 70.0, 140.0])
    found = antibody(
        patients=3, variability_scale=0.0, body_weight=weights, clearance_exponent=0.75, volume_exponent=1.0
    )
    assert found.clearance / 0.225 == pytest.approx([2**-0.75, 1, 2**0.75], rel=1e-12)
    assert found.central_volume / 2.95 == pytest.approx([0.5, 1, 2], rel=1e-12)
    with pytest.raises(ValueError, match="body_weight is given for 3 individuals, and there are 200"):
        antibody(body_weight=weights)


def test_effects_move_the_parameters_that_they_name() -> None:
    eta = np.array([[np.log(2), 0.0], [0.0, np.log(3)]])
    found = one_compartment(eta, "volume, lag", volume=30.0, lag=0.1, clearance=2.0)
    assert found.volume == pytest.approx([60, 30])
    assert found.lag == pytest.approx([0.1, 0.3])
    assert found.clearance.tolist() == [2.0, 2.0]
    two = two_compartment(eta, "peripheral_volume, clearance", body_weight=np.array([140.0]), volume_exponent=1.0)
    assert two.peripheral_volume == pytest.approx([4.790 * 4, 4.790 * 2])
    assert two.clearance == pytest.approx([0.225, 0.675])


def test_a_share_is_never_drawn_above_1() -> None:
    assert one_compartment(np.array([[2.0], [-1.0]]), "bioavailability", bioavailability=0.8).bioavailability[0] == 1.0


@pytest.mark.parametrize(
    ("effects", "told"),
    [
        ("clearance, volme", "effects names 'volme', which is no parameter. Write some of: absorption_rate, clearance"),
        ("clearance, clearance", "effects names 'clearance', twice"),
        ("clearance", "effects names 1 parameters .clearance., and eta has 2 columns"),
    ],
)
def test_effects_that_fit_no_parameter_are_refused(effects: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        one_compartment(np.zeros((3, 2)), effects)


def test_body_weights_of_others_are_refused() -> None:
    with pytest.raises(ValueError, match="body_weight is given for 4 individuals, and eta for 3"):
        two_compartment(np.zeros((3, 1)), "clearance", body_weight=np.full(4, 70.0))
