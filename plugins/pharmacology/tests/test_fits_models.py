"""The fits as stages: a population whose truth is known is found again, within its standard errors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from bridge_pharmacology.dosing.doses import Doses
from bridge_pharmacology.dosing.observed import Observations, Responses
from bridge_pharmacology.plasma import closed
from bridge_pharmacology.population import estimates
from bridge_pharmacology.population.fits import pooled_fit, two_stage_fit
from bridge_pharmacology.population.fitting import NotFitted
from bridge_pharmacology.population.records import series_of
from bridge_pharmacology.population.turnover import turnover_fit
from bridge_pharmacology.population.turnover_course import driven, turnover

from bridge import Q
from bridge.models import model_of
from bridge.testing import arguments

HOURS = np.array([0.25, 0.5, 1, 2, 3.5, 5, 7, 9, 12, 24]) / 24
TYPICAL = np.array([36.0, 68.0, 32.0])  # 1/d, L/d, L
SPREAD = 0.3
PNG = b"\x89PNG\r\n\x1a\n"


def doses(individuals: int, amount: float = 320.0, **columns: object) -> Doses:
    zeros, whole = np.zeros(individuals), np.zeros(individuals, dtype=np.int64)
    usual = {
        "individual": np.arange(individuals),
        "time": zeros,
        "amount": zeros + amount,
        "duration": zeros,
        "event": whole + 1,
        "compartment": whole + 1,
        "additional": whole,
        "interval": zeros,
        "steady": whole,
    }
    return Doses(**(usual | columns))


def records(time: np.ndarray, value: np.ndarray, kind: type = Observations) -> object:
    """Records (individual, time) of as many individuals as `value` has rows."""
    none = np.zeros(value.size, dtype=np.int64)
    rows = np.repeat(np.arange(len(value)), value.shape[1])
    return kind(rows, np.tile(time, len(value)), value.ravel(), none, none, none.astype(np.bool_))


def trial(count: int, seed: int, error: float = 0.1, lag: float = 0.0) -> tuple[np.ndarray, object]:
    """Individual ka, clearance and volume (individual, 3), and what was measured of them."""
    rng = np.random.default_rng(seed)
    own = TYPICAL * np.exp(SPREAD * rng.standard_normal((count, 3)))
    ka, clearance, volume = own.T[:, :, None]
    value = closed.one_compartment_oral(HOURS[None, :], 320.0, ka, clearance, volume, lag=lag)
    return own, records(HOURS, value + error * rng.standard_normal(value.shape))


@pytest.fixture(scope="module")
def fitted() -> tuple[np.ndarray, object]:
    own, observed = trial(16, seed=12)
    return own, two_stage_fit(doses(16), observed, starts=2)


def test_a_population_is_found_again_in_two_stages(fitted: tuple[np.ndarray, object]) -> None:
    """Medians within 3.5 of their standard errors, ω within 3.5 of its own, the error of records within 15 %."""
    _, found = fitted
    told = np.array([found.absorption_rate, found.clearance, found.volume])
    errors = np.array([found.absorption_rate_error, found.clearance_error, found.volume_error])
    assert np.all(np.abs(told - TYPICAL) < 3.5 * errors)
    assert errors / told == pytest.approx(found.relative_error, rel=1e-12)
    cv = np.sqrt(np.expm1(SPREAD**2))
    assert np.all(np.abs(found.variation - cv) < 3.5 * found.variation_error)
    assert found.additive_error == pytest.approx(0.1, rel=0.15)
    assert found.proportional_error == 0.0
    assert (found.lag, found.lag_error) == (0.0, 0.0)
    assert found.effects == "absorption_rate, clearance, volume"


def test_individuals_are_found_again(fitted: tuple[np.ndarray, object]) -> None:
    """Errors of 0.1 mg/L leave clearance and volume known to about 2 %: all within 12 %."""
    own, found = fitted
    assert found.patient.tolist() == list(range(16))
    assert found.individual_clearance / own[:, 1] == pytest.approx(np.ones(16), abs=0.12)
    assert found.individual_volume / own[:, 2] == pytest.approx(np.ones(16), abs=0.12)
    assert found.clearance == pytest.approx(np.median(found.individual_clearance), rel=1e-2)
    assert found.mean_clearance == pytest.approx(np.exp(np.log(found.individual_clearance).mean()), rel=1e-9)


def test_the_table_of_a_fit_is_read_as_estimates(fitted: tuple[np.ndarray, object]) -> None:
    _, found = fitted
    table = estimates.read(found.table.content)
    assert table.literals()["clearance"] == f"{found.clearance!r} L/d"
    assert table.relative_error == pytest.approx(found.relative_error, rel=1e-9)
    assert table.variance == pytest.approx(found.corrected_variance, rel=1e-12)
    assert ", ".join(table.effects) == found.effects
    for picture in (found.picture, found.courses):
        assert picture.content.startswith(PNG)


def test_errors_by_individual_cover_a_pooled_fit_where_the_curvature_does_not() -> None:
    """40 individuals: a pooled clearance lies within 3.5 errors by individual; those of records are 15 % too small."""
    _, observed = trial(40, seed=3)
    found = pooled_fit(doses(40), observed, starts=1)
    at = [name.strip() for name in found.effects.split(",")].index("clearance")
    # The pooled curve is a mean of curves: its clearance is near the individuals' harmonic mean, exp(-ω²/2) below.
    assert abs(np.log(found.clearance / (68 * np.exp(-(SPREAD**2) / 2)))) < 3.5 * found.error_by_individual[at]
    assert found.error_by_individual[at] > 1.15 * found.relative_error[at]
    assert found.agreeing == 1.0
    assert found.covariance.shape == (3, 3)


def test_what_body_weight_explains_is_no_variation() -> None:
    """Exact records of individuals that differ by weight alone, CL as its 3/4 power and V as the first."""
    weight = np.array([50.0, 60, 70, 85, 100])
    clearance, volume = 68.0 * (weight / 70) ** 0.75, 32.0 * weight / 70
    value = closed.one_compartment_oral(HOURS[None, :], 320.0, 36.0, clearance[:, None], volume[:, None])
    given = {"body_weight": weight, "clearance_exponent": 0.75, "volume_exponent": 1.0, "starts": 1}
    found = two_stage_fit(doses(5), records(HOURS, value), **given)
    assert (found.clearance, found.volume) == pytest.approx((68.0, 32.0), rel=1e-6)
    assert found.variation.max() < 1e-5
    assert found.individual_clearance == pytest.approx(clearance, rel=1e-6)
    plain = two_stage_fit(doses(5), records(HOURS, value), starts=1)
    assert plain.variation[2] == pytest.approx(np.sqrt(np.expm1(np.log(weight).var(ddof=1))), rel=1e-4)
    with pytest.raises(ValueError, match="body_weight is given for 3 individuals, and individual 4 was observed"):
        two_stage_fit(doses(5), records(HOURS, value), body_weight=weight[:3], starts=1)


def test_what_is_fixed_stays_and_a_lag_is_fitted_where_one_is_given() -> None:
    _, observed = trial(6, seed=5, error=0.02, lag=0.02)
    found = two_stage_fit(doses(6), observed, absorption_rate=36.0, lag=0.015, fixed="absorption_rate", starts=2)
    assert found.effects == "clearance, volume, lag"
    assert set(found.individual_absorption_rate) == {36.0}
    assert found.absorption_rate_error == 0.0
    assert found.lag == pytest.approx(0.02, rel=0.4)


def test_proportional_errors_are_told_as_such() -> None:
    own, observed = trial(8, seed=9, error=0.0)
    noisy = np.abs(1 + 0.08 * np.random.default_rng(1).standard_normal(observed.value.size))
    observed = Observations(
        observed.individual,
        observed.time,
        observed.value * noisy,
        *(getattr(observed, n) for n in ("kind", "compartment", "before_dose")),
    )
    found = two_stage_fit(doses(8), observed, error="proportional", starts=1)
    assert found.proportional_error == pytest.approx(0.08, rel=0.3)
    assert found.additive_error == 0.0
    assert found.individual_clearance / own[:, 1] == pytest.approx(np.ones(8), abs=0.25)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"fixed": "ka"}, "fixed names 'ka', which is no parameter"),
        ({"fixed": "clearance"}, "fixed names 'clearance', which is 0"),
    ],
)
def test_what_cannot_be_fixed_is_refused(given: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        two_stage_fit(doses(2), trial(2, seed=1)[1], **given)


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"duration": np.array([0.0, 0.1])}, r"dose 1 \(individual 1 at 0 d\) is an infusion"),
        ({"compartment": np.array([2, 1])}, r"dose 0 \(individual 0 at 0 d\).*compartment 1"),
        ({"event": np.array([2, 1])}, "individual 0 has observations and no dose"),
    ],
)
def test_doses_that_no_closed_form_knows_are_refused(columns: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        pooled_fit(doses(2, **columns), trial(2, seed=1)[1])


def test_repeated_doses_are_written_out() -> None:
    given = doses(1, 10.0, additional=np.array([3]), interval=np.array([0.5]))
    (one,) = series_of(trial(1, seed=1)[1], given)
    assert one.dose_time.tolist() == [0.0, 0.5, 1.0, 1.5]
    assert one.dose.tolist() == [10.0] * 4


def test_an_individual_that_is_not_fitted_is_named() -> None:
    _, observed = trial(5, seed=2)
    keep = ~((observed.individual == 3) & (observed.time > 0.03))
    some = Observations(
        *(
            getattr(observed, name)[keep]
            for name in ("individual", "time", "value", "kind", "compartment", "before_dose")
        )
    )
    with pytest.raises(NotFitted, match="individual 3: 2 records do not determine 3 parameters"):
        two_stage_fit(doses(5), some, starts=2)
    found = two_stage_fit(doses(5), some, starts=2, on_failure="leave out")
    assert found.patient.tolist() == [0, 1, 2, 4]
    assert found.left_out == "individual 3: 2 records do not determine 3 parameters"


def test_individuals_are_called_by_their_ids_where_a_table_has_them() -> None:
    _, observed = trial(3, seed=2)
    bad = replace(observed, value=np.where(observed.individual == 1, 0.0, observed.value))
    with pytest.raises(NotFitted, match=r"^ID 20: "):
        two_stage_fit(doses(3), bad, starts=1, identifier=np.array([7.0, 20.0, 31.0]))
    with pytest.raises(ValueError, match="identifier is given for 2 individuals, and number 2 was observed"):
        two_stage_fit(doses(3), observed, starts=1, identifier=np.array([7.0, 20.0]))


def test_weights_of_all_go_with_ids_of_all_or_none() -> None:
    _, observed = trial(3, seed=2)
    given = {"doses": doses(3), "observations": observed, "body_weight": Q([60.0, 70.0, 80.0], "kg")}
    for ids in ({}, {"identifier": Q([7.0, 20.0, 31.0], "1")}):
        assert arguments(model_of(two_stage_fit), given | ids)["body_weight"].size == 3


def test_a_turnover_is_found_again_behind_its_plasma() -> None:
    """10 individuals, CV 20 %, errors of 1 % of the baseline: medians within 3.5 errors, individuals within 15 %."""
    rng = np.random.default_rng(21)
    days = np.array([0.0, 0.5, 1, 1.5, 2, 3, 4, 5, 6])
    plasma = {"absorption_rate": 24.0, "clearance": 3.0, "volume": 8.0, "lag": 0.03}
    own = np.array([96.0, 1.25, 1.2]) * np.exp(np.array([0.05, 0.2, 0.2]) * rng.standard_normal((10, 3)))
    drug = driven(days, np.zeros(1), np.array([100.0]), plasma)
    value = np.array([turnover(drug, baseline=b, loss_rate=k, potency=p) for b, k, p in own])
    value = value + rng.standard_normal(value.shape)
    known = {f"individual_{name}": np.full(10, level) for name, level in plasma.items()}
    found = turnover_fit(doses(10, 100.0), records(days, value, Responses), np.arange(10), **known, starts=2)
    told = np.array([found.baseline, found.loss_rate, found.potency])
    assert np.all(np.abs(np.log(told / [96.0, 1.25, 1.2])) < 3.5 * found.relative_error)
    assert found.individual_potency / own[:, 2] == pytest.approx(np.ones(10), abs=0.15)
    assert found.additive_error == pytest.approx(1.0, rel=0.3)
    assert [found.pooled_baseline, found.pooled_loss_rate, found.pooled_potency] == pytest.approx(told, rel=0.25)
    assert found.responder.tolist() == list(range(10))
    assert found.courses.content.startswith(PNG)
    # Whose plasma is not known is passed over.
    some = {name: column[:4] for name, column in known.items()}
    few = turnover_fit(doses(10, 100.0), records(days, value, Responses), np.array([1, 4, 6, 9]), **some, starts=1)
    assert few.responder.tolist() == [1, 4, 6, 9]
