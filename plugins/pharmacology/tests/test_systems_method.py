"""Rodas4P2 as it is written out: its order, its stability, and the elimination in it."""

import ctypes
import math
from itertools import pairwise

import numpy as np
import pytest
from bridge_pharmacology.systems import rodas
from bridge_pharmacology.systems.compiled import prepared
from bridge_pharmacology.systems.elimination import elimination, markowitz
from bridge_pharmacology.systems.system import System
from bridge_pharmacology.systems.writing import program
from hypothesis import given, settings
from hypothesis import strategies as st


def stepped(system, parameters, state, steps, end, cubic=((0.0, 0.0, 0.0, 0.0),)):
    """The state at the end after equal steps of the compiled method, and the largest error that it estimated."""
    code = prepared(system)

    def pointer(values):
        return values.ctypes.data_as(ctypes.POINTER(ctypes.c_double))

    fixed, given, now = np.zeros(max(code.kept, 1)), np.array(parameters, float), np.array(state, float)
    new, rate, one = np.zeros(now.size), np.zeros(now.size), np.ones(now.size)
    inputs, largest = np.array(cubic, float).ravel(), 0.0
    code.constants.ctypes(pointer(given), pointer(fixed))
    for k in range(steps):
        error = code.step.ctypes(pointer(now), pointer(fixed), pointer(rate), pointer(inputs), k * end / steps,
                                 end / steps, 0.0, pointer(one), pointer(new))  # fmt: skip
        largest, now = max(largest, math.sqrt(error)), new.copy()
    return now, largest


def pendulum(angle, speed, w):
    return speed, -w * (angle - angle**3 / 6 + angle**5 / 120)


def forced(x, y, k, u):
    return -k * x * y + u * u, x - y * u


PENDULUM = System("pendulum", ("angle", "speed"), ("w",), pendulum)
FORCED = System("forced", ("x", "y"), ("k",), forced, inputs=("u",))


@pytest.mark.parametrize(
    ("system", "parameters", "start", "cubic"),
    [(PENDULUM, [2.0], [1.0, 0.3], [[0.0] * 4]), (FORCED, [1.5], [1.0, 0.2], [[1.0, -0.5, 0.8, 0.3]])],
    ids=["autonomous", "driven by a cubic"],
)
def test_the_method_is_of_order_four_and_its_estimate_of_order_three(system, parameters, start, cubic):
    exact, _ = stepped(system, parameters, start, 1024, 1.5, cubic)
    runs = [stepped(system, parameters, start, steps, 1.5, cubic) for steps in (16, 32, 64)]
    errors = [np.abs(found - exact).max() for found, _ in runs]
    orders = [math.log2(a / b) for a, b in pairwise(errors)]
    assert orders == pytest.approx([4, 4], abs=0.35)
    estimates = [estimate for _, estimate in runs]
    # Of the embedded method of order 3 a step's error is of order 4.
    assert [math.log2(a / b) for a, b in pairwise(estimates)] == pytest.approx([4, 4], abs=0.35)


def test_stiff_decay_is_damped_and_the_smooth_solution_kept():
    # Prothero and Robinson, Math. Comp. 28, 145 (1974): x' = -L (x - u(t)) + u'(t) has the solution u(t). Steinebach's
    # method keeps order 4 for it whatever L is, where Rosenbrock methods in general fall to order 1.
    system = System("prothero", ("x",), ("L",), lambda x, L, u, v: (-L * (x - u) + v,), inputs=("u", "v"))
    cubic, slope = [1.0, 2.0, -1.5, 0.7], [2.0, -3.0, 2.1, 0.0]
    exact = sum(cubic)
    errors = [abs(stepped(system, [1e6], [1.0], steps, 1.0, [cubic, slope])[0][0] - exact) for steps in (4, 8, 16)]
    assert errors[0] < 1e-8
    damped, _ = stepped(system, [1e12], [101.0], 2, 1.0, [[1.0, 0, 0, 0], [0.0, 0, 0, 0]])
    assert damped[0] == pytest.approx(1.0, abs=1e-6)


def test_the_coefficients_are_consistent():
    # Back from the form without products (Hairer and Wanner II, (IV.7.25)): Gamma^-1 = diag(1/gamma) - C, and
    # alpha = A Gamma; the abscissae are the row sums of alpha, and D those of Gamma.
    size = 6
    inverse, points = np.eye(size) / rodas.GAMMA, np.zeros((size, size))
    for row in range(size):
        inverse[row, :row] -= rodas.C[row][:row]
        points[row, :row] = rodas.A[row] if row < 5 else (*rodas.A[4], 1.0)
    gamma = np.linalg.inv(inverse)
    alpha = points @ gamma
    assert alpha.sum(axis=1) == pytest.approx(rodas.ABSCISSAE, abs=1e-13)
    assert gamma.sum(axis=1) == pytest.approx(rodas.D, abs=1e-13)
    weights = np.append(rodas.A[4], [1.0, 1.0]) @ gamma
    total = alpha + gamma
    assert weights.sum() == pytest.approx(1, abs=1e-13)
    assert weights @ total @ np.ones(size) == pytest.approx(1 / 2, abs=1e-13)
    assert weights @ (alpha @ np.ones(size)) ** 2 == pytest.approx(1 / 3, abs=1e-13)
    assert weights @ total @ total @ np.ones(size) == pytest.approx(1 / 6, abs=1e-13)
    assert weights @ (alpha @ np.ones(size)) ** 3 == pytest.approx(1 / 4, abs=1e-12)
    assert weights @ total @ total @ total @ np.ones(size) == pytest.approx(1 / 24, abs=1e-12)


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 9), st.floats(0, 1), st.integers(0, 2**31))
def test_elimination_of_any_pattern_agrees_with_numpy(size, density, seed):
    random = np.random.default_rng(seed)
    pattern = random.random((size, size)) < density
    matrix = np.where(pattern, random.standard_normal((size, size)), 0.0)
    diagonal = 0.1 + np.abs(matrix).sum(axis=1).max() + np.abs(np.diag(matrix)).max()  # dominant: no pivoting needed
    entries = {(int(i), int(j)): f"J[{i}, {j}]" for i, j in zip(*np.nonzero(pattern), strict=True)}
    taken = elimination(size, entries, "d")
    right = random.standard_normal(size)
    names = {"J": matrix, "d": diagonal, "b": right}
    exec("\n".join([*taken.lines, *taken.solution([f"b[{k}]" for k in range(size)], "u")]), names)
    found = [names[f"u{k}"] for k in range(size)]
    assert found == pytest.approx(np.linalg.solve(diagonal * np.eye(size) - matrix, right), rel=1e-9, abs=1e-12)


def test_a_star_is_eliminated_from_its_points_and_fills_nothing():
    # A centre that everything exchanges with: eliminated first it would fill the whole matrix.
    size = 12
    entries = {(0, k): f"a{k}" for k in range(1, size)} | {(k, 0): f"b{k}" for k in range(1, size)}
    taken = elimination(size, entries, "d")
    assert taken.order.index(0) >= size - 2
    assert len(taken.lower) + len(taken.upper) == 2 * (size - 1)
    assert markowitz(3, {(0, 1), (1, 0), (1, 2), (2, 1)})[0] == 0


def test_totals_need_no_elimination():
    system = System("chain", ("out", "a", "b"), ("k",), lambda out, a, b, k: (k * b, -k * a, k * a - k * b),
                    totals=("out",))  # fmt: skip
    entries = {(0, 2): "k", (1, 1): "-k", (2, 1): "k", (2, 2): "-k"}
    taken = elimination(3, entries, "d")
    assert taken.order[0] == 0
    assert not any(name.startswith("m") for name in taken.lower.values() if name.endswith("_0"))
    assert "m0" not in program(system)


def test_a_vanishing_pivot_refuses_the_step():
    # x' = k x: the pivot 4 / h - k is zero for h = 4 / k.
    system = System("growth", ("x",), ("k",), lambda x, k: (k * x,))
    assert stepped(system, [2.0], [1.0], 1, 2.0)[1] == math.inf
    assert stepped(system, [2.0], [1.0], 1, 1e-3)[0] == pytest.approx([math.exp(2e-3)], rel=1e-12)


def test_systems_that_are_too_large_are_refused():
    names = tuple(f"x{k}" for k in range(41))
    with pytest.raises(ValueError, match="41 states; straight-line code is written for up to 40"):
        program(System("large", names, ("k",), lambda *y: tuple(-y[-1] * x for x in y[:-1])))

    def dense(*y):
        return tuple(sum(y[:-1], 0.0) * y[-1] * x for x in y[:-1])

    with pytest.raises(ValueError, match="operations"):
        program(System("dense", names[:40], ("k",), dense))
