"""Projective integration against closed forms, and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bridge.coupling.projective import UnstableLeap, project
from bridge.coupling.stability import amplification, decay
from bridge.coupling.stepper import coarse_stepper
from bridge.errors import ContractError
from bridge.scales.transfer import Transfer

FAST = 1e3


def stiff(state: Any, step: float) -> Any:
    """Explicit Euler step of y' = -y, z' = -1000 (z - y): a slow component and one that follows it at once."""
    slow, quick = state
    return np.array([slow - step * slow, quick - step * FAST * (quick - slow)])


def stiff_stepper(step: float = 1 / FAST) -> Any:
    return coarse_stepper(None, stiff, time=step)


def test_a_leap_of_50_takes_17_7_times_fewer_micro_steps_and_errs_by_2_5_per_cent() -> None:
    """Fast rate 1e3, two inner steps and one for the slope: (3 + 50) / 3."""
    done = project(stiff_stepper(), [1.0, 0.0], 1.007, inner=2, leap=50)
    assert done.saving == pytest.approx(17.7, abs=0.05)
    assert done.micro_steps == 57
    assert done.states[-1, 0] == pytest.approx(np.exp(-1.007), rel=0.026)
    assert abs(done.states[-1, 0] / np.exp(-1.007) - 1) == pytest.approx(0.025, abs=0.001)
    assert "57 micro steps instead of 1007 (17.7 times fewer), 19 leaps" in str(done)


def test_the_error_falls_with_the_leap_by_the_order() -> None:
    for order in (1, 2):
        errors = []
        for leap in (96, 24, 6):  # of micro steps of 1e-4, so that their own error is out of the way
            stepper = coarse_stepper(None, lambda y, step: y * np.exp(-step), time=1e-4)
            done = project(stepper, [1.0], 1.2, leap=leap * 10, inner=1, order=order)
            errors.append(abs(done.states[-1, 0] - np.exp(-1.2)))
        assert np.log(errors[0] / errors[-1]) / np.log(16) > order - 0.05


@pytest.mark.parametrize("order", [1, 2])
def test_a_smaller_tolerance_costs_more_micro_steps_and_errs_less(order: int) -> None:
    done = [project(stiff_stepper(), [1.0, 0.0], 5.0, tolerance=t, order=order) for t in (1e-2, 1e-3, 1e-4)]
    wrong = [np.abs(d.states - np.exp(-d.times)[:, None])[1:, 0].max() for d in done]
    costs = [d.micro_steps for d in done]
    assert costs[0] < costs[1] < costs[2] < 5000
    assert wrong[0] > wrong[1] > wrong[2]
    for d, tolerance in zip(done, (1e-2, 1e-3, 1e-4), strict=True):
        assert max(d.errors) <= tolerance
        assert d.direct_steps == 5000
        assert d.times[-1] == 5.0


def test_leaps_are_taken_back_where_the_slope_changes_suddenly() -> None:
    """y' = 0.1 until t = 3, then sin 10 t: a leap that was right before the kink is not right across it."""

    def kinked(state: Any, step: float) -> Any:
        clock, value = state
        return np.array([clock + step, value + step * (0.1 if clock < 3 else np.sin(10 * clock))])

    done = project(coarse_stepper(None, kinked, time=1e-3), [0.0, 0.0], 5.0, tolerance=1e-3)
    exact = 0.3 + (np.cos(30) - np.cos(50)) / 10
    assert done.rejected >= 1
    assert done.states[-1, 1] == pytest.approx(exact, abs=0.02)


def test_the_fast_mode_is_read_off_the_inner_steps() -> None:
    path = coarse_stepper(None, stiff, time=4e-4).path([1.0, 0.0], 3)
    assert sorted(np.abs(decay(path))) == pytest.approx([1 - 0.4, 1 - 4e-4], rel=1e-6)


def test_a_leap_beyond_the_stability_region_is_refused_with_the_longest_stable_one() -> None:
    with pytest.raises(
        UnstableLeap, match=r"leap of 50 micro steps after 2 inner .* by 0.5 .* Write leap=9 or inner=5"
    ):
        project(stiff_stepper(5e-4), [1.0, 0.0], 1.0, leap=50)
    for remedy in ({"leap": 9, "inner": 2}, {"leap": 50, "inner": 5}):
        done = project(stiff_stepper(5e-4), [1.0, 0.0], 1.0, **remedy)  # type: ignore[arg-type]
        assert done.states[-1, 0] == pytest.approx(np.exp(-1.0), rel=0.03)


def test_what_is_refused_would_have_grown_and_what_is_allowed_would_not() -> None:
    """Each burst and leap multiplies a mode by what ``amplification`` says: iterated by hand, for both orders."""
    for order in (1, 2):
        for factor in (0.55, 0.9, -0.3, 0.2 + 0.4j):
            for leap in (1, 5, 40):
                burst = factor ** np.arange(4)
                here, before = 1.0 + 0j, None
                sizes = []
                for _ in range(200):
                    end, slope = here * burst[3], here * (burst[3] - burst[2])
                    bend = 0 if before is None or order == 1 else (slope - before) / (leap + 3)
                    here, before = end + leap * slope + leap * (leap + 1) / 2 * bend, slope
                    sizes.append(abs(here))
                    if not 1e-100 < sizes[-1] < 1e100:
                        break
                grown = (sizes[-1] / sizes[len(sizes) // 2]) ** (1 / (len(sizes) - 1 - len(sizes) // 2))
                assert grown == pytest.approx(amplification(factor, 2, leap, order), rel=0.1)


def test_an_ensemble_keeps_mean_and_variance_within_3_per_cent_with_60_per_cent_of_the_micro_steps() -> None:
    """Ornstein–Uhlenbeck: mean m exp(-t), variance s + (v - s) exp(-2t), s = kick^2 / 2."""
    kick, walkers, step = 1.0, 100_000, 0.01

    def micro(state: Any, duration: float, rng: np.random.Generator) -> Any:
        return state - duration * state + kick * np.sqrt(duration) * rng.standard_normal(state.shape)

    def lift(moments: Any, rng: np.random.Generator) -> Any:
        draws = rng.standard_normal(walkers)
        draws = (draws - draws.mean()) / draws.std()
        return moments[0] + np.sqrt(moments[1]) * draws

    moments = Transfer.of(
        restrict=lambda x: np.array([x.mean(), x.var()]), lift=lift, random=True, name="ensemble / moments"
    )
    stepper = coarse_stepper(moments, micro, time=step, seed=5)
    done = project(stepper, [2.0, 0.1], 1.0, inner=2, leap=2, noise=kick * np.sqrt(step / walkers))
    assert done.micro_steps == 60
    assert done.direct_steps == 100
    mean, variance = done.states.T
    assert mean == pytest.approx(2.0 * np.exp(-done.times), rel=0.03)
    assert variance == pytest.approx(0.5 - 0.4 * np.exp(-2 * done.times), rel=0.03)
    again = project(coarse_stepper(moments, micro, time=step, seed=5), [2.0, 0.1], 1.0, leap=2, noise=1e-3)
    assert np.array_equal(done.states, again.states)


def test_healing_counts_as_time_and_as_micro_steps() -> None:
    stepper = coarse_stepper(None, lambda y, step: y * np.exp(-step), time=0.01, heal=0.02)
    done = project(stepper, [1.0], 1.0, inner=1, leap=6)
    assert done.micro_steps == 40
    assert done.states[-1, 0] == pytest.approx(np.exp(-1.0), rel=0.03)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, r"Write leap=50, in micro steps, or tolerance=1e-3"),
        ({"leap": 0}, r"leap=0, which is a whole number of at least 1"),
        ({"leap": 5, "inner": 0}, r"inner=0"),
        ({"leap": 5, "order": 3}, r"order=3; it has orders 1 and 2"),
        ({"tolerance": 0.0}, r"tolerance=0.0, which is to be above zero"),
        ({"leap": 5, "duration": 0.10049}, r"duration is 0.10049, which is no whole number .* Write duration=0.1"),
    ],
)
def test_an_integration_that_cannot_be_meant_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ContractError, match=message):
        project(stiff_stepper(), [1.0, 0.0], **{"duration": 1.0, **given})
