"""The coarse map: lift, run a little, restrict."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bridge import Q
from bridge.coupling.stepper import coarse_stepper
from bridge.errors import ContractError, ValueRefused
from bridge.scales.blocks import block_mean
from bridge.scales.transfer import Transfer

RATE, KICK = 1.0, 0.5


def decay(state: Any, duration: float) -> Any:
    return state * np.exp(-RATE * duration)


def walk(state: Any, duration: float, rng: np.random.Generator) -> Any:
    """Exact step of an Ornstein–Uhlenbeck process of every walker."""
    kept = np.exp(-RATE * duration)
    spread = KICK * np.sqrt((1 - kept**2) / (2 * RATE))
    return kept * state + spread * rng.standard_normal(state.shape)


def test_the_coarse_map_of_a_linear_decay_is_the_decay_of_block_means() -> None:
    stepper = coarse_stepper(block_mean(4), decay, time=0.3, heal=0.2)
    assert stepper([1.0, -2.0]) == pytest.approx(np.array([1.0, -2.0]) * np.exp(-0.5), rel=1e-14)
    assert stepper.duration == 0.5


def test_a_path_lifts_once_and_begins_after_healing() -> None:
    lifts: list[Any] = []

    def lift(coarse: Any) -> Any:
        lifts.append(coarse)
        return np.repeat(coarse, 2)

    stepper = coarse_stepper(Transfer.of(restrict=lambda x: x[::2], lift=lift), decay, time=0.1, heal=0.2)
    path = stepper.path([1.0, 3.0], 4)
    assert len(lifts) == 1
    assert path[:, 0] == pytest.approx(np.exp(-0.2 - 0.1 * np.arange(5)))


def test_equal_seeds_and_draws_give_equal_states_and_others_do_not() -> None:
    pair = Transfer.of(restrict=lambda x: np.array([x.mean()]), lift=lambda c: np.full(8, c[0]))
    one, two, other = (coarse_stepper(pair, walk, time=0.1, seed=s) for s in (3, 3, 4))
    assert np.array_equal(one([1.0]), two([1.0]))
    assert not np.array_equal(one([1.0]), other([1.0]))
    assert not np.array_equal(one([1.0]), one([1.0], draw=1))


def test_members_average_over_independent_lifts() -> None:
    pair = Transfer.of(restrict=lambda x: x[:1], lift=lambda c: np.full(4, c[0]))
    many = coarse_stepper(pair, walk, time=0.5, members=2000, seed=0)
    error = KICK * np.sqrt((1 - np.exp(-1.0)) / 2 / 2000)
    assert many([2.0])[0] == pytest.approx(2.0 * np.exp(-0.5), abs=4 * error)
    assert many.count.runs == 2000
    assert many.count.time == pytest.approx(1000.0)


def test_a_random_lift_may_have_members_too() -> None:
    pair = Transfer.of(
        restrict=lambda x: np.array([x.mean()]),
        lift=lambda c, rng: c[0] + (noise := rng.standard_normal(4)) - noise.mean(),
        random=True,
    )
    stepper = coarse_stepper(pair, lambda x, _: x**2, time=1.0, members=4000)
    # the mean of squares is the square of the mean and the spread of the lift, 3/4 after its mean was taken off
    assert stepper([2.0])[0] == pytest.approx(4.75, abs=4 * 2 / np.sqrt(4 * 4000))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"transfer": object()}, r"with restrict and lift, got <object.*Write block_mean\(4\)"),
        ({"time": 0.0}, r"time=0.0, which is to be above zero. Write time=0.1"),
        ({"heal": -1.0}, r"heal=-1.0, a time that is not below zero"),
        ({"members": 0}, r"members=0, a number of lifts"),
        ({"members": 3}, r"averages 3 members, which are all alike"),
        ({"seed": 1}, r"takes \(state: .*with a seed is called as fine\(state, duration, rng\). Leave seed out"),
        ({"fine": walk}, r"without a seed is called as fine\(state, duration\). Write seed=0"),
        ({"fine": 3}, r"takes a fine model as a function, got 3"),
    ],
)
def test_a_stepper_that_cannot_be_meant_is_refused(given: dict[str, Any], message: str) -> None:
    usual: dict[str, Any] = {"transfer": None, "fine": decay, "time": 0.1}
    usual.update(given)
    with pytest.raises(ContractError, match=message):
        coarse_stepper(usual.pop("transfer"), usual.pop("fine"), **usual)


def test_a_quantity_is_refused_for_states_are_magnitudes() -> None:
    with pytest.raises(ContractError, match=r"as magnitudes, got a quantity in kelvin. Write state.to\('K'\)"):
        coarse_stepper(None, decay, time=0.1)(Q([1.0], "K"))


def test_a_restriction_of_another_shape_is_refused() -> None:
    pair = Transfer.of(restrict=lambda x: x[::2], lift=lambda c: c)
    with pytest.raises(ValueRefused, match=r"gave a coarse state of shape \(2,\), lift was given one of \(4,\)"):
        coarse_stepper(pair, decay, time=0.1)(np.ones(4))


def test_a_fine_model_that_leaves_the_finite_numbers_is_refused_with_its_coarse_state() -> None:
    with pytest.raises(ValueRefused, match=r"left the finite numbers from the coarse state \[2. 3.\]"):
        coarse_stepper(None, lambda x, _: x / 0.0 if x[0] < 0 else x * np.inf, time=0.1)([2.0, 3.0])
