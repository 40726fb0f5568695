"""Percentiles over patients, replicates of a trial, and the visual predictive check."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from bridge_pharmacology.dosing.doses import Doses
from bridge_pharmacology.dosing.observed import Observations
from bridge_pharmacology.plasma import closed
from bridge_pharmacology.population.percentiles import effect_percentiles, percentiles
from bridge_pharmacology.population.predictive_check import predictive_check, replicated
from bridge_pharmacology.population.replicates import replicates
from bridge_pharmacology.population.tornado import tornado

TIME = np.linspace(0, 1, 49)
PNG = b"\x89PNG\r\n\x1a\n"


def doses(individuals: int, amount: float = 100.0) -> Doses:
    zeros, ones = np.zeros(individuals), np.ones(individuals, dtype=np.int64)
    whole = np.zeros(individuals, dtype=np.int64)
    return Doses(np.arange(individuals), zeros, zeros + amount, zeros, ones, ones, whole, zeros, whole)


def observed(individual: list[int], time: list[float], value: list[float]) -> Observations:
    rows, none = np.array(individual), np.zeros(len(individual), dtype=np.int64)
    return Observations(rows, np.array(time), np.array(value), none, none, none.astype(np.bool_))


def courses(eta: np.ndarray) -> np.ndarray:
    """One compartment with absorption: 24/d, 60 L/d, 30 L, clearance drawn."""
    clearance = 60.0 * np.exp(eta)[:, None]
    return closed.one_compartment_oral(TIME[None, :], 100.0, 24.0, clearance, 30.0)


def test_percentiles_of_a_lognormal_population_are_its_quantiles() -> None:
    """4,000 patients: the 5 % quantile of a standard normal number is known to 0.034, here to 0.1."""
    value = np.exp(np.random.default_rng(3).standard_normal((4000, 1))) * np.ones((1, 3))
    found = percentiles(np.arange(4000), np.arange(3.0), value)
    assert np.log(found.final) == pytest.approx([-1.6449, 0.0, 1.6449], abs=0.1)
    assert found.patients == 4000
    assert found.picture.content.startswith(PNG)


def test_percentiles_lie_on_the_patients_where_these_are_few() -> None:
    """Of 0, 1, …, 20 the 5 % percentile is 1 and the 95 % one is 19, as numpy's linear rule has it."""
    found = effect_percentiles(np.arange(21), np.arange(2.0), np.arange(21.0)[:, None] * np.ones(2))
    assert found.effect[:, 0].tolist() == [1.0, 10.0, 19.0]


@pytest.mark.parametrize("level", [[], [50.0, 5.0], [5.0, 5.0]])
def test_percentiles_ascend(level: list[float]) -> None:
    with pytest.raises(ValueError, match="percentiles are ascending percentages"):
        percentiles(np.arange(2), np.arange(2.0), np.ones((2, 2)), np.array(level))


def test_percentiles_of_nobody_are_refused() -> None:
    with pytest.raises(ValueError, match="there is no patient"):
        percentiles(np.zeros(0, dtype=np.int64), np.arange(2.0), np.ones((0, 2)))


def test_replicates_are_copies_of_a_trial_one_after_another() -> None:
    found = replicates(doses(3, 50.0), np.array([60.0, 70.0, 80.0]), 4)
    assert (found.patients, found.each) == (12, 3)
    assert found.doses.individual.tolist() == list(range(12))
    assert found.body_weight.tolist() == [60.0, 70.0, 80.0] * 4
    assert found.doses.amount.sum() == 12 * 50.0
    with pytest.raises(ValueError, match="body_weight is given for 2 individuals, and 3 are dosed"):
        replicates(doses(3), np.array([60.0, 70.0]), 4)
    with pytest.raises(ValueError, match="more than 10000000"):
        replicates(doses(200), count=100_000)


def test_a_simulated_record_is_the_course_at_its_time() -> None:
    """Between rows half an hour apart a monotone cubic is within 0.5 % of the closed form from the first hour on."""
    eta = np.array([0.0, 0.4, -0.3, 0.1])  # two replicates of two individuals
    told = observed([0, 0, 1], [0.105, 0.77, 0.333], [1.0, 1.0, 1.0])
    found = replicated(told, np.arange(4), TIME, courses(eta), 2)
    for k, (who, when) in enumerate(zip(told.individual, told.time, strict=True)):
        clearance = 60.0 * np.exp(eta[[who, 2 + who]])
        assert found[:, k] == pytest.approx(closed.one_compartment_oral(when, 100.0, 24.0, clearance, 30.0), rel=5e-3)


def test_a_sample_before_a_dose_of_its_time_does_not_know_it() -> None:
    """Boluses of 5 mg/L at 0 and 1 d, half-life 0.35 d; rows 6 h apart, and a moment before the second."""
    time = np.array([0.0, 0.25, 0.5, 0.75, 1 - 1e-6, 1.0, 1.25, 1.5])
    rate = np.log(2) / 0.35

    def level(at: np.ndarray) -> np.ndarray:
        return 5 * np.exp(-rate * at) + np.where(at >= 1, 5 * np.exp(-rate * (at - 1)), 0.0)

    at = np.array([0.0, 0.0, 1.0, 1.0, 1.125])
    told = replace(observed([0] * 5, at.tolist(), [1.0] * 5), before_dose=np.array([True, False, True, False, False]))
    found = replicated(told, np.arange(2), time, np.tile(level(time), (2, 1)), 1)
    trough = level(np.array([1 - 1e-9]))[0]
    assert found[1, :4] == pytest.approx([0.0, 5.0, trough, trough + 5], rel=1e-4)
    assert found[1, 4] == pytest.approx(level(at)[4], rel=5e-3)  # cubics begin anew at the jump


def test_a_replicate_that_lacks_an_individual_is_passed_over() -> None:
    told = observed([0, 1], [0.5, 0.5], [1.0, 1.0])
    found = replicated(told, np.array([0, 1, 3, 4, 5]), TIME, courses(np.zeros(5)), 2)
    assert len(found) == 2
    with pytest.raises(ValueError, match="2 patients hold no complete replicate of a trial of 2"):
        replicated(told, np.array([0, 3]), TIME, courses(np.zeros(2)), 2)


def trial(shift: float) -> tuple[Observations, np.ndarray]:
    """40 individuals at 6 times, drawn with a CV of 30 %, their clearance shifted; and 100 replicates of them."""
    rng = np.random.default_rng(11)
    times = np.array([0.05, 0.1, 0.2, 0.4, 0.6, 0.9])
    clearance = 60.0 * np.exp(shift + 0.3 * rng.standard_normal(40))[:, None]
    value = closed.one_compartment_oral(times[None, :], 100.0, 24.0, clearance, 30.0)
    value = value * (1 + 0.1 * rng.standard_normal(value.shape))
    told = observed(np.repeat(np.arange(40), 6).tolist(), np.tile(times, 40).tolist(), value.ravel().tolist())
    return told, courses(0.3 * rng.standard_normal(4000))


def test_records_of_the_model_itself_lie_within_its_intervals_and_others_do_not() -> None:
    """Of 18 percentiles in 95 % intervals at least 14, on average 17; of a clearance shifted by two CV at most 9.

    Percentiles at neighbouring times are of the same individuals, hence the wide margin.
    """
    for shift, low, high in ((0.0, 14 / 18, 1.0), (0.6, 0.0, 0.5)):
        told, simulated = trial(shift)
        found = predictive_check(told, np.arange(4000), TIME, simulated, 40, proportional_error=0.1)
        assert low <= found.inside <= high
    assert found.replicates == 100
    assert found.bin_time == pytest.approx([0.05, 0.1, 0.2, 0.4, 0.6, 0.9])
    assert found.count.tolist() == [40] * 6
    assert np.all((found.lower <= found.middle) & (found.middle <= found.upper))
    assert found.picture.content.startswith(PNG)


def test_observed_percentiles_are_those_of_the_records_of_a_bin() -> None:
    told, simulated = trial(0.0)
    found = predictive_check(told, np.arange(4000), TIME, simulated, 40, edges=np.array([0.0, 0.3, 1.0]))
    early = told.value[told.time < 0.3]
    assert found.observed[:, 0] == pytest.approx(np.percentile(early, [5, 50, 95]), rel=1e-12)
    assert found.count.tolist() == [120, 120]


def test_without_variability_the_interval_is_a_line() -> None:
    told = observed([0, 1], [0.5, 0.5], [1.0, 2.0])
    found = predictive_check(told, np.arange(20), TIME, courses(np.zeros(20)), 2)
    assert found.upper == pytest.approx(found.lower, rel=1e-12)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"observations": observed([0], [1.5], [1.0])}, "records go from 1.5 d to 1.5 d, and the simulated courses"),
        ({"observations": observed([], [], [])}, "no observations"),
        ({"observations": observed([3], [0.5], [1.0])}, "individual 3 was observed, and a trial has 2"),
        ({"edges": np.array([0.0, 0.2])}, "edges of bins go from 0 d to 0.2 d, records from 0.5 d to 0.5 d"),
        ({"edges": np.array([0.6, 0.2])}, "edges of bins ascend"),
    ],
)
def test_checks_that_cannot_be_are_refused(given: dict[str, object], told: str) -> None:
    usual = {"observations": observed([0], [0.5], [1.0])} | given
    with pytest.raises(ValueError, match=told):
        predictive_check(**usual, patient=np.arange(4), time=TIME, concentration=courses(np.zeros(4)), each=2)  # type: ignore[arg-type]


def test_a_tornado_begins_with_what_moves_most() -> None:
    found = tornado("clearance, antigen, kill_rate", 1.0, np.array([0.9, 1.0, 3.0]), np.array([1.3, 1.01, 0.2]))
    assert found.order == "kill_rate, clearance, antigen"
    assert found.reach == pytest.approx([2.0, 0.3, 0.01])
    with pytest.raises(ValueError, match="1 parameters are named, and there are results of 2"):
        tornado("clearance", 1.0, np.ones(2), np.ones(2))
