"""The surrogate as its callers meet it: what is answered, what is run, what is held out, and what is refused."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest
from surrogate_problems import conductivity, flux, waves

from bridge.errors import ContractError
from bridge.scales.surrogate.asking import ask
from bridge.scales.surrogate.assumptions import SurrogateFailed
from bridge.scales.surrogate.surrogate import Surrogate


class Fine:
    """A fine model that counts its runs."""

    def __init__(self, *functions) -> None:
        self.functions, self.runs = functions, 0

    def __call__(self, x: np.ndarray) -> tuple[np.ndarray, None]:
        self.runs += len(x)
        return np.stack([function(x) for function in self.functions], axis=1), None


def states(count: int, inputs: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).uniform(size=(count, inputs))


def practised(tolerance: float = 0.01, **settings) -> tuple[Surrogate, Fine]:
    """A surrogate of a smooth function of one number, which has answered 200 calls."""
    surrogate, fine = Surrogate(1, 1, tolerance=tolerance, relative=True, **settings), Fine(waves(0, 1))
    ask(surrogate, states(200, 1), fine)
    return surrogate, fine


# What is answered


def test_a_batch_of_hundreds_takes_less_than_twenty_fine_runs_and_every_bound_holds() -> None:
    surrogate, fine = Surrogate(1, 1, tolerance=0.01, relative=True), Fine(waves(0, 1))
    x = states(500, 1)
    values, bounds = ask(surrogate, x, fine)
    error = np.abs(values - waves(0, 1)(x)[:, None])[:, 0] / surrogate.known.magnitudes(np.zeros(1))
    assert fine.runs < 20
    assert (error <= bounds + 1e-15).all()
    assert bounds.max() <= 0.01


def test_a_state_that_was_run_is_answered_exactly_and_with_a_bound_of_nought() -> None:
    surrogate, _ = practised()
    state, answer = surrogate.known.x[3], surrogate.known.y[3]
    proposal = surrogate.propose([state])
    assert proposal.answered.all()
    assert (proposal.values[0, 0], proposal.bounds[0]) == (answer[0], 0.0)
    assert surrogate.answer((float(state[0]),)) == ((answer[0],), 0.0)


def test_a_single_call_is_answered_as_in_a_batch() -> None:
    surrogate, _ = practised()
    value, bound = surrogate.answer((0.4321,))
    proposal = surrogate.propose([[0.4321]])
    assert proposal.values[0] == pytest.approx(value, rel=1e-12)
    assert proposal.bounds[0] == pytest.approx(bound, rel=1e-6)


def test_nothing_is_answered_until_three_answers_in_a_row_lay_within_what_was_expected_of_them() -> None:
    surrogate, fine = Surrogate(2, 1, tolerance=0.5, relative=True), Fine(flux)
    asked = 0
    for state in states(30, 2):
        if surrogate.trials.trusted:
            break
        asked += 1
        assert surrogate.answer(tuple(state)) is None
        assert surrogate.propose([state]).needed.all()
        stands = surrogate.learn([state], fine(state[None])[0])
        assert surrogate.trials.in_a_row == 0 or stands
    assert 7 <= asked < 20  # 4 to begin with, and 3 on trial at least


def test_answers_nobody_asked_for_are_learned_from() -> None:
    """Those a store has from earlier runs: part of them is the trial."""
    surrogate, fine = Surrogate(1, 1, tolerance=0.01, relative=True), Fine(waves(0, 1))
    known = np.linspace(0, 1, 14)[:, None]
    surrogate.learn(known, fine(known)[0])
    assert surrogate.propose(states(50, 1)).needed.sum() == 0


def test_of_many_states_few_are_run_first_and_the_rest_wait_for_what_they_tell() -> None:
    surrogate = Surrogate(2, 1, tolerance=0.01, relative=True, together=5)
    x = states(300, 2)
    first = surrogate.propose(x)
    assert (first.needed.sum(), first.later.sum()) == (4, 296)
    surrogate.learn(x[first.needed], flux(x[first.needed])[:, None])
    second = surrogate.propose(x[first.later])
    assert 3 <= second.needed.sum() <= 5


def test_a_state_that_occurs_twice_in_a_batch_is_run_once() -> None:
    surrogate, fine = Surrogate(1, 1, tolerance=0.01, relative=True), Fine(waves(0, 1))
    values, _ = ask(surrogate, np.repeat(np.linspace(0, 1, 4), 3)[:, None], fine)
    assert fine.runs == 4
    assert (values.reshape(4, 3) == values.reshape(4, 3)[:, :1]).all()


@pytest.mark.parametrize("way", ["gaussian", "nearest", "linear"])
def test_every_way_keeps_its_bounds_on_a_smooth_function(way: str) -> None:
    surrogate, fine = Surrogate(1, 1, tolerance=0.1, relative=True, way=way), Fine(waves(0, 1))
    x = states(300, 1)
    values, bounds = ask(surrogate, x, fine)
    error = np.abs(values[:, 0] - waves(0, 1)(x)) / surrogate.known.magnitudes(np.zeros(1))
    assert (error <= bounds + 1e-15).all()
    assert bounds.max() <= 0.1
    assert fine.runs < 100


def test_a_relative_tolerance_is_a_share_of_the_largest_answer_of_each_output() -> None:
    surrogate = Surrogate(1, 2, tolerance=0.01, relative=True)
    fine = Fine(conductivity, lambda x: 1e6 * waves(0, 1)(x))
    x = states(300, 1)
    values, _ = ask(surrogate, x, fine)
    error = np.abs(values - fine(x)[0]).max(axis=0)
    largest = np.abs(surrogate.known.y).max(axis=0)
    assert (error <= 0.01 * largest).all()
    assert surrogate.statistics()["magnitudes"] == pytest.approx(largest.tolist())


def test_an_output_that_is_nought_but_for_rounding_costs_no_runs() -> None:
    rounding = Fine(waves(0, 1), lambda x: 1e-17 * np.cos(1e4 * x[:, 0]))
    surrogate = Surrogate(1, 2, tolerance=0.01, relative=True, least=1e-9)
    ask(surrogate, states(300, 1), rounding)
    assert rounding.runs <= 20


def test_an_absolute_tolerance_is_in_the_outputs_unit() -> None:
    surrogate, fine = Surrogate(1, 1, tolerance=3.0, relative=False), Fine(lambda x: 1000 * waves(0, 1)(x))
    x = states(300, 1)
    values, bounds = ask(surrogate, x, fine)
    assert (np.abs(values[:, 0] - 1000 * waves(0, 1)(x)) <= bounds + 1e-9).all()
    assert 0.01 < bounds.max() <= 3.0


def test_tolerance_zero_answers_only_what_was_run() -> None:
    surrogate, fine = Surrogate(1, 1, tolerance=0.0, relative=True), Fine(waves(0, 1))
    x = states(20, 1)
    ask(surrogate, x, fine)
    values, bounds = ask(surrogate, x, fine)
    assert fine.runs == 20
    assert (values == waves(0, 1)(x)[:, None]).all()
    assert (bounds == 0).all()


# Beyond what is known


def test_far_outside_the_known_states_every_state_is_run() -> None:
    surrogate, _ = practised()
    low, high = surrogate.known.low[0], surrogate.known.high[0]
    width = high - low
    assert surrogate.propose([[high + 0.26 * width]]).needed.all()
    assert surrogate.propose([[low - 0.26 * width]]).needed.all()
    assert surrogate.answer((high + 0.26 * width,)) is None


def test_just_outside_an_answer_may_differ_by_the_tolerance_from_that_at_the_edge() -> None:
    """Of a straight line nothing else is uncertain: 2 % outside changes it by 0.6 % of the largest, 8 % by 2.5 %."""
    surrogate, fine = Surrogate(1, 1, tolerance=0.01, relative=True), Fine(lambda x: 2 + x[:, 0])
    ask(surrogate, np.linspace(0, 1, 30)[:, None], fine)
    assert surrogate.propose([[1.02]]).answered.all()
    assert surrogate.propose([[1.08]]).needed.all()


def test_an_input_that_never_varied_is_known_at_its_one_value_only() -> None:
    surrogate, fine = Surrogate(2, 1, tolerance=0.05, relative=True), Fine(lambda x: 1 + np.sin(x[:, 0]) + x[:, 1])
    ask(surrogate, np.column_stack([np.linspace(0, 1, 40), np.full(40, 3.0)]), fine)
    assert not surrogate.propose([[0.5, 3.0]]).needed.any()
    assert surrogate.propose([[0.5, 3.0001]]).needed.all()


# Held out


def test_the_first_second_fourth_and_so_on_answers_are_held_out() -> None:
    surrogate, fine = Surrogate(1, 1, tolerance=0.05, relative=True), Fine(waves(0, 1))
    known = np.linspace(0, 1, 14)[:, None]
    surrogate.learn(known, fine(known)[0])
    held_out = []
    for call, x in enumerate(states(20, 1), start=1):
        proposal = surrogate.propose([x])
        assert not proposal.needed.any()
        if proposal.checks.any():
            held_out.append(call)
            surrogate.learn([x], fine(x[None])[0])
    told = surrogate.statistics()
    assert held_out[:3] == [1, 3, 6]  # a held-out call is none of the answers counted: 1st, 2nd, 4th of these
    assert told["checks"] == len(held_out)
    assert told["held_out_error"] < told["largest_bound"] < 0.05


def test_a_share_to_be_held_out_can_be_asked_for() -> None:
    surrogate, _ = practised(held_out=0.1)
    assert surrogate.statistics()["checks"] >= 18


def test_a_held_out_answer_outside_bound_and_tolerance_stops_and_says_where() -> None:
    surrogate = Surrogate(2, 1, tolerance=0.01, relative=True, names=("gradient", "temperature"))
    known = states(40, 2)
    surrogate.learn(known, flux(known)[:, None])
    assert surrogate.propose([[0.5, 0.5]]).checks.all()
    with pytest.raises(SurrogateFailed) as failed:
        surrogate.learn([[0.5, 0.5]], [[9.0]])
    message = str(failed.value)
    assert "gradient=0.5, temperature=0.5" in message
    assert "gave 9, off by" in message
    assert 'way="nearest"' in message
    assert "(tolerance 0.01)" in message
    assert str(pickle.loads(pickle.dumps(failed.value))) == message


def test_a_held_out_answer_outside_its_bound_but_within_tolerance_enlarges_all_bounds_and_the_second_stops() -> None:
    surrogate, _ = practised(tolerance=0.2, seed=3)
    surrogate.trials.due = surrogate.hits + 1
    first = surrogate.propose([[0.51]])
    bound = float(first.each[0, 0])
    assert not surrogate.learn([[0.51]], first.values + 2 * bound)
    assert surrogate.trials.enlarged == pytest.approx(3.0)  # twice the bound, and half as much again
    assert not surrogate.trials.trusted
    surrogate.trials.in_a_row, surrogate.trials.due = 3, surrogate.hits + 1
    second = surrogate.propose([[0.33]])
    assert second.checks.all()
    with pytest.raises(SurrogateFailed, match="the 2nd time"):
        surrogate.learn([[0.33]], second.values + 1.01 * second.each)


# Assumptions that do not hold


def test_a_model_that_answers_one_state_twice_differently_is_called_noisy() -> None:
    surrogate = Surrogate(1, 1, tolerance=0.01, relative=True, names=("strain",))
    surrogate.learn([[0.5]], [[1.0]])
    with pytest.raises(SurrogateFailed, match=r"gave 1 and 1\.01 for the same state, strain=0\.5: it is noisy"):
        surrogate.learn([[0.5]], [[1.01]])


def test_undeclared_noise_is_found_out() -> None:
    surrogate, rng = Surrogate(1, 1, tolerance=0.01, relative=True), np.random.default_rng(5)
    scattering = Fine(lambda x: waves(0, 1)(x) + 0.1 * rng.normal(size=len(x)))
    with pytest.raises(SurrogateFailed, match="noisy=True"):
        ask(surrogate, states(500, 1), scattering)
    assert scattering.runs < 60


def test_a_jump_between_states_side_by_side_is_found_out() -> None:
    surrogate, jump = Surrogate(1, 1, tolerance=0.01, relative=True), Fine(lambda x: 1.0 + (x[:, 0] > 0.5))
    with pytest.raises(SurrogateFailed, match=r"jumps: .* at x0=0\.5\d* and .* at x0="):
        surrogate.learn(x := np.array([[0.0], [0.2], [0.4999], [0.5001], [0.8], [1.0]]), jump(x)[0])


def test_an_answer_given_that_later_ones_contradict_stops() -> None:
    surrogate, fine = practised()
    (value,), _ = surrogate.answer((0.4321,))
    state, _, bounds = surrogate.trials.given.pop()
    surrogate.trials.given.append((state, [value + 0.1], bounds))
    with pytest.raises(SurrogateFailed, match=r"at x0=0\.4321 the surrogate had said .* what it said was wrong"):
        surrogate.learn([[0.777]], fine(np.array([[0.777]]))[0])


# Noise that is declared


def test_the_mean_of_a_noisy_model_is_told_within_the_bound_and_its_noise_is_found() -> None:
    rng = np.random.default_rng(2)
    surrogate = Surrogate(1, 1, tolerance=0.1, relative=True, noisy=True)
    x = states(300, 1)
    values, bounds = ask(surrogate, x, lambda x: ((waves(0, 1)(x) + 0.05 * rng.normal(size=len(x)))[:, None], None))
    error = np.abs(values[:, 0] - waves(0, 1)(x)) / surrogate.known.magnitudes(np.zeros(1))
    assert (error <= bounds).all()
    assert surrogate.fine < 60
    surrogate.learn(x, (waves(0, 1)(x) + 0.05 * rng.normal(size=300))[:, None])
    assert surrogate.statistics()["noise"] == pytest.approx([0.05], rel=0.2)


def test_the_variance_a_noisy_model_gives_is_taken_as_it_is() -> None:
    surrogate, rng = Surrogate(1, 1, tolerance=0.2, relative=True, noisy=True), np.random.default_rng(2)
    x = np.linspace(0, 1, 20)[:, None]
    surrogate.learn(x, (waves(0, 1)(x) + 0.05 * rng.normal(size=20))[:, None], np.full((20, 1), 0.0025))
    assert surrogate.statistics()["noise"] == pytest.approx([0.05], rel=1e-12)


# Put away and taken up


@pytest.mark.parametrize("way", ["gaussian", "nearest", "linear"])
def test_a_surrogate_taken_up_again_goes_on_bit_for_bit(way: str) -> None:
    one, x = Surrogate(2, 1, tolerance=0.05, relative=True, way=way, seed=4), states(120, 2)
    ask(one, x[:60], Fine(flux))
    arrays, document = one.state()
    other = Surrogate.from_state(arrays, json.loads(json.dumps(document)))
    assert other.statistics() == one.statistics()
    for further in (one, other):
        ask(further, x[60:], Fine(flux))
    here, there = one.propose(x), other.propose(x)
    assert np.array_equal(here.values, there.values, equal_nan=True)
    assert np.array_equal(here.bounds, there.bounds, equal_nan=True)
    assert one.statistics() == other.statistics()


def test_statistics_are_json_and_add_up() -> None:
    surrogate, fine = practised()
    told = json.loads(json.dumps(surrogate.statistics()))
    assert told["calls"] == 200 == told["hits"] + told["fine"] + told["repeated"]
    assert told["fine"] == fine.runs
    assert (told["way"], told["trusted"], told["outside"]) == ("gaussian", True, 0)
    assert 0 < told["largest_bound"] <= 0.01
    assert 0 < told["outside_at_most"] < 1
    assert len(told["length_scales"]) == len(told["norm"]) == 1


# Refused


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"tolerance": -1.0}, "tolerance of a surrogate is a number from nought up, got -1.0: write tolerance=0.01"),
        ({"tolerance": float("nan")}, "got nan"),
        ({"way": "cubic"}, "way is gaussian, nearest, linear, got 'cubic'"),
        ({"noisy": True, "tolerance": 0.0}, "tolerance zero with a noisy model"),
        ({"noisy": True, "way": "nearest"}, "write way='gaussian' for a noisy model"),
        ({"inputs": 0}, "inputs of a surrogate is a whole number from 1 up, got 0: write inputs=1"),
        ({"inputs": 5, "way": "linear"}, "4 inputs at most, got 5"),
        ({"names": ("a", "b")}, "1 inputs have as many names"),
    ],
)
def test_what_cannot_be_meant_is_refused(settings: dict, message: str) -> None:
    with pytest.raises(ContractError) as refused:
        Surrogate(**({"inputs": 1, "outputs": 1, "tolerance": 0.01, "relative": True} | settings))
    assert message in str(refused.value)


def test_states_and_answers_of_another_shape_or_no_numbers_are_refused() -> None:
    surrogate = Surrogate(2, 1, tolerance=0.01, relative=True, names=("gradient", "temperature"))
    with pytest.raises(
        ContractError, match=r"rows of 2 numbers \(gradient, temperature\), got an array of shape \(1, 3\)"
    ):
        surrogate.propose([[1.0, 2.0, 3.0]])
    with pytest.raises(ContractError, match="finite numbers, got gradient=1, temperature=nan"):
        surrogate.propose([[1.0, float("nan")]])
    with pytest.raises(ContractError, match=r"shape \(1, 1\), got shape \(1, 2\)"):
        surrogate.learn([[1.0, 2.0]], [[1.0, 2.0]])
    with pytest.raises(ContractError, match="answer at gradient=1, temperature=2 is nan"):
        surrogate.learn([[1.0, 2.0]], [[float("nan")]])
    with pytest.raises(ContractError, match="variances are finite, not negative"):
        surrogate.learn([[1.0, 2.0]], [[1.0]], [[-1.0]])


def test_a_state_of_another_schema_is_refused() -> None:
    arrays, document = practised()[0].state()
    with pytest.raises(ContractError, match="schema 0, 1 is known"):
        Surrogate.from_state(arrays, document | {"schema": 0})
