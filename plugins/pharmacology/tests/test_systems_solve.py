"""Courses by generated code: against LSODA, closed forms and conservation."""

import numpy as np
import pytest
from bridge_pharmacology.systems.functions import exp, log, power, sqrt
from bridge_pharmacology.systems.solve import Instants, solve
from bridge_pharmacology.systems.system import System
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm


def instants(rows, size, vectors=None):
    """Instants of one patient from rows of (time, state, amount, rate, becomes, ends)."""
    columns = list(zip(*rows, strict=True))
    kinds = (float, np.int64, float, float, np.int64, np.bool_)
    made = [np.array(column, dtype=kind) for column, kind in zip(columns, kinds, strict=True)]
    return Instants(np.array([0, len(rows)]), *made, np.zeros((0, size)) if vectors is None else vectors)


def test_a_stress_test_of_target_mediated_disposition_ends_where_it_was_published(stress):
    # 84 d, patient 0: C, A2, R, RC as given with the problem, by LSODA at 1e-11.
    problem = stress(1)
    found = solve(problem.system, problem.parameters, problem.start, problem.times, problem.instants, rtol=1e-10,
                  atol=1e-13)  # fmt: skip
    assert problem.parameters[0, [0, 1, 6, 8]] == pytest.approx([0.41504843, 5.26585671, 11.67955673, 0.89068001])
    assert found.values[0, -1] == pytest.approx([0.00292630695, 3.32905762, 11.6523805, 0.190178825], rel=1e-8)


def worst(found, reference):
    """The error as the problem defines it: relative, with a floor of 1e-3 in each state's unit."""
    return (np.abs(found - reference) / (np.abs(reference) + 1e-3)).max()


def solved(problem, rtol, atol):
    found = solve(problem.system, problem.parameters, problem.start, problem.times, problem.instants, rtol=rtol,
                  atol=atol)  # fmt: skip
    assert not found.failures
    return found.values


def test_the_stress_test_is_within_1e_5_of_lsoda(stress, lsoda):
    few = stress(2)
    reference = lsoda(few.system, few.parameters, few.start, few.times, few.instants)
    assert worst(solved(few, 1e-6, 1e-9), reference) < 1e-5
    tight = solved(few, 1e-11, 1e-14)
    assert worst(tight, reference) < 3e-8  # LSODA's own error over 84 d: 1e-8 at rtol 1e-11
    assert worst(solved(stress(50), 1e-6, 1e-9), solved(stress(50), 1e-11, 1e-14)) < 1e-5


@pytest.mark.science
def test_fifty_patients_of_the_stress_test_are_within_1e_5_of_lsoda(stress, lsoda, record_property):
    problem = stress(50)
    reference = lsoda(problem.system, problem.parameters, problem.start, problem.times, problem.instants)
    error = worst(solved(problem, 1e-6, 1e-9), reference)
    record_property("asked", "error of 50 patients under full target-mediated disposition at most 1e-5, LSODA at 1e-11")
    record_property("reached", f"{error:.1e} at rtol 1e-6")
    assert error < 1e-5


@pytest.mark.parametrize("rtol", [1e-5, 1e-7, 1e-9])
def test_the_error_follows_the_tolerance(stress, rtol):
    exact = solved(stress(20), 1e-12, 1e-15)
    # Measured: 3 to 12 times the tolerance.
    assert worst(solved(stress(20), rtol, rtol * 1e-3), exact) < 30 * rtol


def robertson(a, b, c, k1, k2, k3):
    return -k1 * a + k3 * b * c, k1 * a - k3 * b * c - k2 * b * b, k2 * b * b


def test_robertson_s_reaction_over_eleven_decades_of_time():
    # Hairer and Wanner, Solving ODEs II, section IV.10, problem ROBER; y(1e11) from the test set of the University of
    # Bari (Mazzia and Magherini), release 2.4.
    system = System("robertson", ("a", "b", "c"), ("k1", "k2", "k3"), robertson)
    found = solve(system, np.array([[0.04, 3e7, 1e4]]), np.array([[1.0, 0, 0]]), np.array([0.0, 40.0, 1e11]),
                  rtol=1e-9, atol=np.array([1e-12, 1e-18, 1e-12]))  # fmt: skip
    assert not found.failures
    assert found.steps[0] < 3000
    assert found.values[0, -1] == pytest.approx([2.083340149701255e-8, 8.333360770334713e-14, 0.9999999791665050],
                                                rel=1e-6)  # fmt: skip
    assert found.values[0].sum(axis=1) == pytest.approx([1, 1, 1], rel=1e-13)


def test_infusions_of_a_compartment_agree_with_the_closed_form():
    system = System("elimination", ("a",), ("k",), lambda a, k: (-k * a,))
    k, rate, begin, end = 0.7, 12.0, 0.5, 2.25
    times = np.linspace(0, 6, 50)
    rows = [(begin, 0, 0.0, rate, -1, False), (end, 0, 0.0, -rate, -1, False)]
    found = solve(system, np.array([[k]]), np.array([[3.0]]), times, instants(rows, 1), rtol=1e-10, atol=1e-12)
    running = rate / k * (1 - np.exp(-k * np.clip(times - begin, 0, end - begin)))
    exact = 3 * np.exp(-k * times) + running * np.exp(-k * np.maximum(times - end, 0))
    assert found.values[0, :, 0] == pytest.approx(exact, rel=2e-9)


def test_a_reset_sets_the_state_ends_infusions_and_spares_totals():
    system = System("emptied", ("a", "out"), ("k",), lambda a, out, k: (-k * a, k * a), totals=("out",))
    rows = [(0.0, 0, 10.0, 5.0, -1, False), (2.0, 0, 1.0, 0.0, 0, True)]
    times = np.array([0.0, 1.0, 2.0, 3.0])
    found = solve(system, np.array([[0.5]]), np.zeros((1, 2)), times, instants(rows, 2, np.array([[4.0, 99.0]])),
                  rtol=1e-10, atol=1e-12).values[0]  # fmt: skip
    before = 10 * np.exp(-1.0) + 10 * (1 - np.exp(-1.0))
    assert found[0] == pytest.approx([10, 0])
    assert found[2] == pytest.approx([5.0, 20 - before], rel=1e-9)
    assert found[3] == pytest.approx([5 * np.exp(-0.5), 20 - before + 5 * (1 - np.exp(-0.5))], rel=1e-9)


def test_rows_at_an_instant_hold_what_is_after_it_and_instants_outside_are_as_at_the_ends():
    system = System("still", ("a",), ("k",), lambda a, k: (0.0 * k * a,))
    rows = [(-1.0, 0, 1.0, 0.0, -1, False), (0.5, 0, 2.0, 0.0, -1, False), (9.0, 0, 4.0, 0.0, -1, False)]
    found = solve(system, np.ones((1, 1)), np.zeros((1, 1)), np.array([0.0, 0.25, 0.5, 1.0]), instants(rows, 1))
    assert found.values[0, :, 0].tolist() == [1, 1, 3, 3]


def test_what_is_conserved_stays_to_rounding(stress):
    def rates(*y):
        inner = full(*y[:4], *y[5:])
        return (*inner, y[5] * y[0] + y[13] * y[3] * y[6])

    problem = stress(5)
    full = problem.system.rates
    system = System("conserving", (*problem.system.states, "out"), problem.system.parameters, rates, totals=("out",))
    start = np.column_stack([problem.start, np.zeros(5)])
    # A loose tolerance: conservation is the method's, not the step's.
    found = solve(system, problem.parameters, start, problem.times, problem.instants, rtol=1e-3, atol=1e-3).values
    volume = problem.parameters[:, 1, None]
    drug = found[:, :, 0] * volume + found[:, :, 1] + found[:, :, 3] * volume + found[:, :, 4]
    given = 1443.298969 * (1 + (problem.times >= 21) + (problem.times >= 42) + (problem.times >= 63.0))
    assert np.abs(drug / given - 1).max() < 1e-12


@pytest.mark.parametrize(("size", "seed"), [(1, 3), (3, 4), (8, 5)])
@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**31))
def test_linear_systems_of_any_pattern_agree_with_the_matrix_exponential(size, seed, draw):
    pattern = np.random.default_rng(seed).random((size, size)) < 0.4
    np.fill_diagonal(pattern, True)
    places = list(zip(*np.nonzero(pattern), strict=True))

    def rates(*given):
        total = [0.0] * size
        for (row, column), value in zip(places, given[size:], strict=True):
            total[row] = total[row] + value * given[column]
        return tuple(total)

    system = System(f"linear_{size}", tuple(f"y{k}" for k in range(size)), tuple(f"m{k}" for k in range(len(places))),
                    rates)  # fmt: skip
    random = np.random.default_rng(draw)
    matrix = np.zeros((size, size))
    matrix[pattern] = random.standard_normal(len(places)) * 10 ** random.uniform(-2, 2, len(places))
    matrix -= np.diag(np.abs(matrix).sum(axis=1))  # no eigenvalue grows
    start = random.standard_normal(size)
    found = solve(system, matrix[pattern][None], start[None], np.array([0.0, 0.3, 1.0]), rtol=1e-9, atol=1e-12)
    for row, t in ((1, 0.3), (2, 1.0)):
        exact = expm(matrix * t) @ start
        assert found.values[0, row] == pytest.approx(exact, abs=3e-8 * np.abs(exact).max() + 1e-11)


@pytest.mark.science
def test_ten_random_reaction_networks_agree_with_lsoda(lsoda, record_property):
    apart = 0.0
    for seed in range(10):
        random = np.random.default_rng(seed)
        size = int(random.integers(1, 9))
        steps = [tuple(random.integers(0, size, 3)) for _ in range(2 * size)]

        def rates(*given, size=size, steps=steps):
            total = [0.0] * size
            for (one, other, to), k in zip(steps, given[size:], strict=True):
                flow = k * given[one] * given[other] / (1 + given[other])
                total[one] = total[one] - flow
                total[to] = total[to] + flow
            return tuple(total)

        names = tuple(f"y{k}" for k in range(size)), tuple(f"k{k}" for k in range(2 * size))
        system = System(f"network_{seed}", *names, rates)
        values, start = 10 ** random.uniform(-2, 3, (2, 2 * size)), random.uniform(0, 2, (2, size))
        times = np.linspace(0, 5, 3)
        found = solve(system, values, start, times, rtol=1e-9, atol=1e-12)
        assert not found.failures
        apart = max(apart, worst(found.values, lsoda(system, values, start, times)))
    record_property("asked", "ten random networks of up to 8 states, rates over five decades: LSODA within 1e-6")
    record_property("reached", f"{apart:.1e}")
    assert apart < 1e-6


def test_functions_and_powers_are_derived_and_agree_with_lsoda(lsoda):
    def rates(x, y, z, n, a):
        saturated = power(x, n) / (a + power(x, n))
        return (-x * exp(-y / (1 + y)) + sqrt(z), log(1 + x * x) - y**2.5 / (1 + y) ** 3, (saturated - z) * y**n)

    system = System("functions", ("x", "y", "z"), ("n", "a"), rates)
    values, start, times = (
        np.array([[1.7, 0.4], [0.6, 2.0]]),
        np.array([[1.0, 0.5, 0.2], [3, 2, 1]]),
        np.linspace(0, 8, 9),
    )
    found = solve(system, values, start, times, rtol=1e-10, atol=1e-12)
    assert found.values == pytest.approx(lsoda(system, values, start, times), rel=1e-8, abs=1e-10)


def test_a_patient_that_fails_is_named_and_the_others_go_on():
    system = System("explosion", ("x",), ("k",), lambda x, k: (k * x * x,))
    found = solve(system, np.array([[-1.0], [1.0], [0.5]]), np.ones((3, 1)), np.array([0.0, 1.5]), rtol=1e-8)
    # x = 1 / (1 - k t) ends at t = 1 for k = 1, at 2 for k = 0.5.
    (failure,) = found.failures
    assert failure.patient == 1
    assert failure.time == pytest.approx(1.0, abs=1e-6)
    assert "step size fell below 1e-14 d" in failure.reason
    assert found.values[[0, 2], 1, 0] == pytest.approx([1 / 2.5, 4.0], rel=1e-6)


@pytest.mark.parametrize(("k", "x", "said"), [(np.nan, 1.0, "not finite"), (1.0, np.inf, "not finite")])
def test_what_is_no_number_fails_at_once(k, x, said):
    system = System("explosion", ("x",), ("k",), lambda x, k: (k * x * x,))
    (failure,) = solve(system, np.array([[k]]), np.array([[x]]), np.array([0.0, 1.5])).failures
    assert said in failure.reason
    assert failure.time == 0


def test_too_many_steps_are_a_failure():
    system = System("oscillator", ("x", "v"), ("w",), lambda x, v, w: (v, -w * w * x))
    (failure,) = solve(system, np.array([[1e3]]), np.array([[1.0, 0.0]]), np.array([0.0, 1e3]), most=500).failures
    assert failure.reason == "more than 500 steps"
    assert 0 < failure.time < 1e3


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"parameters": np.ones((2, 2))}, r"parameters of elimination have the shape \(2, 2\); they need \(2, 1\)"),
        ({"times": np.array([0.0, 1.0, 1.0])}, "must ascend"),
        ({"inputs": np.ones((2, 2, 1))}, "inputs of elimination"),
        ({"rtol": 0.0}, "tolerances above 0"),
        ({"instants": instants([(1.0, 0, 1.0, 0.0, -1, False)], 1)}, "a first row for each of 2 patients"),
    ],
)
def test_bad_input_is_refused_before_anything_is_solved(change, said):
    system = System("elimination", ("a",), ("k",), lambda a, k: (-k * a,))
    taken = {"parameters": np.ones((2, 1)), "start": np.ones((2, 1)), "times": np.array([0.0, 1.0])} | change
    with pytest.raises(ValueError, match=said):
        solve(system, **taken)


def test_unsorted_instants_and_unknown_states_are_refused():
    system = System("elimination", ("a",), ("k",), lambda a, k: (-k * a,))
    late, early = (1.0, 0, 1.0, 0.0, -1, False), (0.5, 0, 1.0, 0.0, -1, False)
    given = (system, np.ones((1, 1)), np.ones((1, 1)), np.array([0.0, 2.0]))
    with pytest.raises(ValueError, match="sorted by time"):
        solve(*given, instants([late, early], 1))
    with pytest.raises(ValueError, match="not there"):
        solve(*given, instants([(0.5, 1, 1.0, 0.0, -1, False)], 1))
