"""Least squares and two stages: closed forms, scipy's own covariances, and truths that are found again."""

from __future__ import annotations

import numpy as np
import pytest
from bridge_pharmacology.plasma import closed
from bridge_pharmacology.population.fitting import NotFitted, Series, Structure, fit
from bridge_pharmacology.population.records import beginning
from bridge_pharmacology.population.structures import ONE_IV, ORAL, TWO_IV
from bridge_pharmacology.population.turnover_course import driven, turnover
from bridge_pharmacology.population.two_stage import global_two_stage, two_stage
from scipy.integrate import solve_ivp
from scipy.optimize import curve_fit

HOURS = np.array([0.25, 0.5, 1, 2, 3.5, 5, 7, 9, 12, 24]) / 24
#: Like theophylline: 36/d, 68 L/d, 32 L.
TRUTH = {"absorption_rate": 36.0, "clearance": 68.0, "volume": 32.0}
WITHOUT_LAG = {"fixed": ("lag",), "starts": 4}
#: A structure of one number, whose estimates and errors are those of a mean.
LEVEL = Structure("level", ("level",), ("1",), lambda series, given: np.full(series.time.shape, given["level"]))


def series(value: np.ndarray, time: np.ndarray = HOURS, dose: float = 320.0, individual: int = 0) -> Series:
    return Series(individual, time, value, np.zeros(1), np.array([dose]), {})


def oral(time: np.ndarray = HOURS, **given: float) -> np.ndarray:
    return closed.one_compartment_oral(time, 320.0, **(TRUTH | given))


def start(factor: float = 1.6, **given: float) -> dict[str, float]:
    return {name: value * factor for name, value in (TRUTH | given).items()} | {"lag": 0.0}


# What is found


def test_records_without_errors_give_the_parameters_back() -> None:
    """To 1e-6, from starts 60 % off; two doses, the second one half a day after the first."""
    found = fit(ORAL, [series(oral())], start(), **WITHOUT_LAG)
    assert found.estimate == pytest.approx(list(TRUTH.values()), rel=1e-6)
    time = np.linspace(0.02, 2, 25)
    iv = {"clearance": 3.0, "volume": 20.0}
    value = sum(closed.one_compartment_iv(time - when, 100.0, **iv) for when in (0.0, 0.5))
    twice = Series(0, time, np.asarray(value), np.array([0.0, 0.5]), np.array([100.0, 100.0]), {})
    assert fit(ONE_IV, [twice], {"clearance": 5.0, "volume": 10.0}).estimate == pytest.approx([3, 20], rel=1e-6)
    two = dict(zip(TWO_IV.parameters, [0.225, 2.95, 0.4838, 4.79], strict=True))
    days = np.geomspace(0.05, 90, 20)
    slow = series(closed.two_compartment_iv(days, 140.0, **two), days, 140.0)
    found = fit(TWO_IV, [slow], {name: 1.5 * value for name, value in two.items()})
    assert found.estimate == pytest.approx(list(two.values()), rel=1e-5)


def test_a_lag_is_found() -> None:
    truth = oral(lag=0.03)
    found = fit(ORAL, [series(truth)], start() | {"lag": 0.02}, starts=6)
    assert found.estimate == pytest.approx([36, 68, 32, 0.03], rel=1e-4)


def test_standard_errors_are_those_of_scipys_curve_fit() -> None:
    """An independent code on natural parameters: variances agree to 1e-3, as relative errors."""
    value = oral() + 0.3 * np.random.default_rng(5).standard_normal(HOURS.size)
    found = fit(ORAL, [series(value)], start(), **WITHOUT_LAG)
    law = lambda t, ka, cl, v: closed.one_compartment_oral(t, 320.0, ka, cl, v)  # noqa: E731
    best, covariance = curve_fit(law, HOURS, value, p0=list(TRUTH.values()), xtol=1e-12, ftol=1e-12)
    assert found.estimate == pytest.approx(best, rel=1e-5)
    assert found.covariance == pytest.approx(covariance / np.outer(best, best), rel=1e-3)
    residual = value - law(HOURS, *best)
    assert found.residual == pytest.approx(np.sqrt(residual @ residual / (HOURS.size - 3)), rel=1e-6)


def test_estimates_scatter_as_their_standard_errors_say() -> None:
    """100 trials: the mean square of (estimate - truth)/error is 1 within 0.14 for normal errors; 0.55 to 1.9 is asked.

    With 7 degrees of freedom left it is Student's t, whose variance is 1.4.
    """
    rng = np.random.default_rng(8)
    scaled = []
    for _ in range(100):
        found = fit(
            ORAL, [series(oral() + 0.15 * rng.standard_normal(HOURS.size))], start(1.0), fixed=("lag",), starts=1
        )
        scaled.append((np.log(found.estimate) - np.log(list(TRUTH.values()))) / found.relative_error)
    assert np.all((np.mean(np.square(scaled), axis=0) > 0.55) & (np.mean(np.square(scaled), axis=0) < 1.9))


def test_proportional_errors_weigh_small_records_as_much_as_large_ones() -> None:
    """At the end the weighted residuals are orthogonal to the weighted slopes, the weights being 1/prediction."""
    noise = 1 + 0.1 * np.random.default_rng(2).standard_normal(HOURS.size)
    value = oral() * noise
    found = fit(ORAL, [series(value)], start(), error="proportional", **WITHOUT_LAG)
    names = dict(zip(found.names, found.estimate.tolist(), strict=True))
    prediction = oral(**names)
    for name in names:
        step = 1e-5 * names[name]
        slope = (oral(**names | {name: names[name] + step}) - oral(**names | {name: names[name] - step})) / 2e-5
        pulls = (value - prediction) * slope / prediction**2
        assert abs(pulls.sum()) < 1e-4 * np.abs(pulls).sum()
    assert found.residual == pytest.approx(0.1, rel=0.6)
    assert np.abs(np.log(found.estimate / list(TRUTH.values()))).max() < 4 * found.relative_error.max()


def test_of_two_solutions_the_one_with_faster_absorption_is_told() -> None:
    """ka 1.5/d and CL/V 6/d give the same curve as 6/d and 1.5/d at V/4; the variance of the curve is the same too."""
    slow = {"absorption_rate": 1.5, "clearance": 60.0, "volume": 10.0}
    time = np.linspace(0.05, 3, 20)
    value = oral(time, **slow) + 0.02 * np.random.default_rng(1).standard_normal(20)
    found = fit(ORAL, [series(value, time)], slow | {"lag": 0.0}, fixed=("lag",), starts=1)
    ka, clearance, volume = found.estimate
    assert ka == pytest.approx(6.0, rel=0.2)
    assert clearance / volume == pytest.approx(1.5, rel=0.2)
    other = np.array([clearance / volume, clearance, clearance / ka])
    turned = fit(ORAL, [series(value, time)], start(1.0, absorption_rate=6.0, volume=40.0), fixed=("lag",), starts=1)
    assert found.estimate == pytest.approx(turned.estimate, rel=1e-4)
    assert found.covariance == pytest.approx(turned.covariance, rel=1e-2, abs=1e-7)
    assert oral(time, **dict(zip(TRUTH, other, strict=True))) == pytest.approx(
        oral(time, **dict(zip(TRUTH, found.estimate, strict=True))), rel=1e-9
    )


# Closed forms of a mean


def grouped(seed: int = 4) -> list[Series]:
    """Five individuals of 2 to 6 records about 10, each with a level of its own."""
    rng = np.random.default_rng(seed)
    levels = 10 * np.exp(0.3 * rng.standard_normal(5))
    return [
        series(level + 0.5 * rng.standard_normal(n), np.arange(float(n)), individual=k + 3)
        for k, (level, n) in enumerate(zip(levels, (2, 3, 4, 5, 6), strict=True))
    ]


def test_errors_of_a_pooled_mean_are_the_textbooks_by_record_and_by_individual() -> None:
    found = fit(LEVEL, grouped(), {"level": 5.0}, starts=2)
    values = np.concatenate([one.value for one in grouped()])
    mean = values.mean()
    assert found.estimate == pytest.approx([mean], rel=1e-8)
    assert found.relative_error == pytest.approx([values.std(ddof=1) / np.sqrt(20) / mean], rel=1e-6)
    sums = np.array([(one.value - mean).sum() for one in grouped()])
    assert np.sqrt(found.by_individual[0, 0]) == pytest.approx(np.sqrt(5 / 4 * (sums**2).sum()) / 20 / mean, rel=1e-6)


def test_two_stages_of_a_mean_are_statistics_of_the_means() -> None:
    """Median, geometric mean, ω² with n - 1, CV = √(e^ω² - 1); of a median π/2 times the variance of a mean."""
    found = two_stage(LEVEL, grouped(), {"level": 5.0}, starts=2)
    logs = np.log([one.value.mean() for one in grouped()])
    assert found.individual.tolist() == [3, 4, 5, 6, 7]
    assert np.log(found.estimate) == pytest.approx([np.median(logs)], rel=1e-7)
    assert np.log(found.mean) == pytest.approx([logs.mean()], rel=1e-7)
    assert found.log_variance == pytest.approx(np.array([[logs.var(ddof=1)]]), rel=1e-6)
    assert found.variation == pytest.approx([np.sqrt(np.expm1(logs.var(ddof=1)))], rel=1e-6)
    assert found.relative_error == pytest.approx([np.sqrt(np.pi / 2 * logs.var(ddof=1) / 5)], rel=1e-6)


def test_the_error_of_a_variation_is_how_it_scatters() -> None:
    """2,000 samples of 30 at a CV of 40 %: their CVs scatter by 0.0588, as the formula says to 10 %."""
    rng = np.random.default_rng(6)
    spread = np.sqrt(np.log1p(0.4**2)) * rng.standard_normal((2000, 30))
    scatter = np.sqrt(np.expm1(spread.var(axis=1, ddof=1))).std()
    exact = [series(np.full(2, np.exp(x)), np.arange(2.0), individual=k) for k, x in enumerate(spread[0])]
    found = two_stage(LEVEL, exact, {"level": 1.0}, starts=1)
    expected = (1 + 0.4**2) / (2 * 0.4) * np.log1p(0.4**2) * np.sqrt(2 / 29)
    assert scatter == pytest.approx(expected, rel=0.1)
    cv = found.variation[0]
    assert found.variation_error[0] == pytest.approx(
        (1 + cv**2) / (2 * cv) * np.log1p(cv**2) * np.sqrt(2 / 29), rel=1e-6
    )


def test_the_corrected_variance_leaves_the_errors_of_individuals_out() -> None:
    """Errors alike of all: the likelihood is largest at the variance (by n) less that of the errors, or near 0."""
    logs = np.random.default_rng(9).standard_normal((25, 2)) @ np.array([[0.5, 0.2], [0.0, 0.3]])
    plain = np.cov(logs, rowvar=False, ddof=0)
    alike = np.array([[0.02, 0.005], [0.005, 0.01]])
    mean, variance = global_two_stage(logs, np.tile(alike, (25, 1, 1)))
    assert mean == pytest.approx(logs.mean(axis=0), abs=1e-6)
    assert variance == pytest.approx(plain - alike, abs=1e-5)
    assert global_two_stage(logs, np.zeros((25, 2, 2)))[1] == pytest.approx(plain, rel=1e-9)
    assert np.diagonal(global_two_stage(logs, np.tile(np.eye(2), (25, 1, 1)))[1]).max() < 3e-3


def test_the_corrected_variance_is_the_one_that_individuals_were_drawn_from() -> None:
    """400 individuals of variance 0.09, their errors between 0.05 and 0.5: its own error is 0.014, three times that."""
    rng = np.random.default_rng(14)
    spread = rng.uniform(0.05, 0.5, 400)
    logs = 0.3 * rng.standard_normal((400, 1)) + np.sqrt(spread[:, None]) * rng.standard_normal((400, 1))
    assert global_two_stage(logs, spread[:, None, None])[1][0, 0] == pytest.approx(0.09, abs=0.042)
    assert logs.var() > 0.3


# What is not found


def test_too_few_records_and_records_that_do_not_know_are_refused() -> None:
    with pytest.raises(NotFitted, match="3 records do not determine 3 parameters"):
        fit(ORAL, [series(oral()[:3], HOURS[:3])], start(), **WITHOUT_LAG)
    late = np.array([0.6, 0.7, 0.8, 0.9, 1.0, 1.1])
    noise = 1 + 0.02 * np.array([1, -1, 1, 0, -1, 1])
    with pytest.raises(NotFitted, match="the records know only combinations of absorption_rate, clearance, volume"):
        fit(ORAL, [series(oral(late) * noise, late)], start(), **WITHOUT_LAG)
    idle = Structure("idle", ("level", "idle"), ("1", "1"), lambda one, given: 0 * one.time + given["level"])
    with pytest.raises(NotFitted, match="idle changes nothing in the records"):
        fit(idle, grouped(), {"level": 5.0, "idle": 1.0}, starts=1)


def test_every_individual_that_is_not_fitted_is_named_and_the_others_go_on() -> None:
    some = [series(oral(), individual=k) for k in (0, 2, 5)]
    some += [series(oral()[:2], HOURS[:2], individual=7), series(oral()[:3], HOURS[:3], individual=9)]
    with pytest.raises(NotFitted, match=r"individual 7: 2 records .*; individual 9: 3 records .*leave out"):
        two_stage(ORAL, some, start(1.1), **WITHOUT_LAG)
    found = two_stage(ORAL, some, start(1.1), **WITHOUT_LAG, on_failure="leave out")
    assert found.individual.tolist() == [0, 2, 5]
    assert "individual 7" in found.left_out
    assert "individual 9" in found.left_out
    with pytest.raises(NotFitted, match="takes two that are fitted, here is 1"):
        two_stage(ORAL, [some[0], some[3]], start(1.1), **WITHOUT_LAG, on_failure="leave out")


# Starts, and the turnover


def test_a_fit_begins_near_where_it_ends() -> None:
    """Areas and tails of exact records: clearance within 10 %, volume and absorption within a factor of 2."""
    found = beginning([series(oral())])
    assert found["clearance"] == pytest.approx(68.0, rel=0.1)
    assert 0.5 < found["volume"] / 32.0 < 2
    assert 0.5 < found["absorption_rate"] / 36.0 < 2
    with pytest.raises(ValueError, match="no individual has three observations above 0"):
        beginning([series(oral()[:2], HOURS[:2])])


def test_the_turnover_is_scipys() -> None:
    """DOP853 at 1e-11, two doses with a lag, an inhibition of 90 %: 1e-8 of the baseline."""
    plasma = {"absorption_rate": 20.0, "clearance": 3.2, "volume": 8.0, "lag": 0.03}
    given = {"baseline": 96.0, "loss_rate": 1.25, "potency": 1.2, "largest_inhibition": 0.9}
    time, when, dose = np.array([0.0, 0.01, 0.5, 1, 1, 2.5, 6]), np.array([0.0, 2.0]), np.array([100.0, 50.0])

    def slope(t: float, r: np.ndarray) -> np.ndarray:
        level = closed.superposed(closed.one_compartment_oral, np.array([t]), when, dose, **plasma)
        return 1.25 * 96.0 * (1 - 0.9 * level / (1.2 + level)) - 1.25 * r

    state, reference = np.array([96.0]), [96.0]
    for begin, end in ((0.0, 0.01), (0.01, 0.03), (0.03, 0.5), (0.5, 1), (1, 2.03), (2.03, 2.5), (2.5, 6)):
        state = solve_ivp(slope, (begin, end), state, method="DOP853", rtol=1e-11, atol=1e-11).y[:, -1]
        reference += [float(state[0])] if end not in (0.03, 2.03) else []
    found = turnover(driven(time, when, dose, plasma), **given)
    assert found[[0, 1, 2, 3, 5, 6]] == pytest.approx(reference, abs=1e-6)
    assert found[3] == found[4]


def test_without_drug_the_turnover_stays_at_its_baseline() -> None:
    plasma = {"absorption_rate": 20.0, "clearance": 3.2, "volume": 8.0, "lag": 0.03}
    idle = driven(np.linspace(0, 6, 9), np.array([0.0]), np.array([0.0]), plasma)
    assert turnover(idle, baseline=96.0, loss_rate=1.25, potency=1.2) == pytest.approx(np.full(9, 96.0), rel=1e-7)
