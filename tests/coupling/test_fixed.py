"""Coarse fixed points and their stability against closed forms, stable and unstable ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bridge.coupling.branch import branch
from bridge.coupling.fixed import NoFixedPoint, fixed_point
from bridge.coupling.stepper import CoarseStepper, coarse_stepper
from bridge.errors import ContractError
from bridge.scales.transfer import Transfer


@pytest.mark.parametrize(("growth", "stable"), [(2.8, True), (3.2, False)])
def test_the_logistic_map_stays_at_1_minus_1_over_r_with_the_multiplier_2_minus_r(growth: float, stable: bool) -> None:
    found = fixed_point(coarse_stepper(None, lambda x, _: growth * x * (1 - x), time=1.0), [0.6])
    assert found.state == pytest.approx([1 - 1 / growth], abs=1e-8)
    assert found.multipliers == pytest.approx([2 - growth], abs=1e-6)
    assert found.stable is stable
    assert found.residual < 1e-8


@pytest.mark.parametrize("below", [-0.5, 0.5])
def test_a_pitchfork_has_one_branch_below_and_three_above(below: float) -> None:
    """x' = p x - x^3: zero with the eigenvalue p, and beyond p = 0 the two roots of p with -2p."""
    p, step = below, 1e-3

    def fine(x: Any, duration: float) -> Any:
        for _ in range(round(duration / step)):
            x = x + step * (p * x - x**3)
        return x

    stepper = coarse_stepper(None, fine, time=0.2)
    zero = fixed_point(stepper, [0.05])
    assert zero.state == pytest.approx([0.0], abs=1e-6)
    assert zero.eigenvalues == pytest.approx([p], abs=1e-3)
    assert zero.stable is (p < 0)
    if p > 0:
        side = fixed_point(stepper, [0.6])
        assert side.state == pytest.approx([np.sqrt(p)], abs=1e-6)
        assert side.eigenvalues == pytest.approx([-2 * p], abs=2e-3)
        assert side.stable


SIZE, CELLS, TICK = 1e4, 400, 0.01


def schloegl(members: Any, duration: float, rng: np.random.Generator) -> Any:
    """Concentrations of independent cells of volume SIZE under the reactions of Schlögl's second model.

    Births at 6 x^2 + 6 and deaths at x^3 + 11 x a volume, by the chemical Langevin equation (D. T. Gillespie,
    J. Chem. Phys. 113, 297 (2000)). The mean field, -(x - 1)(x - 2)(x - 3), stays at 1, 2 and 3; at 2 it is unstable.
    """
    for _ in range(round(duration / TICK)):
        births, deaths = 6 * members**2 + 6, members**3 + 11 * members
        noise = np.sqrt((births + deaths) * TICK / SIZE) * rng.standard_normal(members.shape)
        members = members + TICK * (births - deaths) + noise
    return members


@pytest.mark.parametrize(("guess", "root", "rate"), [(0.8, 1.0, -2.0), (2.2, 2.0, 1.0), (3.3, 3.0, -2.0)])
def test_schloegls_stochastic_cells_stay_where_their_mean_field_does_unstable_points_too(
    guess: float, root: float, rate: float
) -> None:
    pair = Transfer.of(restrict=lambda x: np.array([x.mean()]), lift=lambda c: np.full(CELLS, c[0]))
    stepper = coarse_stepper(pair, schloegl, time=0.2, seed=1)
    found = fixed_point(stepper, [guess], difference=1e-3, tolerance=1e-7)
    # the mean of 400 cells, each with a variance of 24/10^4 at most after 0.2, over what a deviation does in that time
    assert found.state == pytest.approx([root], abs=0.02)
    assert found.eigenvalues.real == pytest.approx([rate], abs=0.1)
    assert found.stable is (rate < 0)
    again = fixed_point(coarse_stepper(pair, schloegl, time=0.2, seed=1), [guess], difference=1e-3, tolerance=1e-7)
    assert np.array_equal(found.state, again.state)


def test_arnoldi_finds_the_slowest_modes_of_a_heated_rod() -> None:
    """Explicit steps of the heat equation on 60 points: 1 - 4 r sin^2(m pi / 2(n + 1)), to the power of the steps."""
    points, ratio, steps = 60, 0.4, 50

    def fine(heat: Any, _: float) -> Any:
        for _ in range(steps):
            padded = np.pad(heat - 1.0, 1)  # ends held at 1
            heat = heat + ratio * (padded[2:] - 2 * padded[1:-1] + padded[:-2])
        return heat

    found = fixed_point(coarse_stepper(None, fine, time=1.0), np.zeros(points), modes=3)
    modes = 1 - 4 * ratio * np.sin(np.arange(1, 4) * np.pi / (2 * (points + 1))) ** 2
    assert found.state == pytest.approx(np.ones(points), abs=1e-5)
    assert found.multipliers.real == pytest.approx(modes**steps, rel=1e-5)
    assert found.stable


def slaved(state: Any, duration: float) -> Any:
    """x' = -x (x - 1) (x + 2) / 2 with z following x^2 fifty times faster."""
    x, z = state
    for _ in range(round(duration / 2e-3)):
        x, z = x - 2e-3 * (z * x + x**2 - 2 * x) / 2, z + 2e-3 * 50 * (x**2 - z)
    return np.array([x, z])


def test_healing_cancels_what_the_lift_got_wrong() -> None:
    """The lift says z = 0. The fixed point is x = 1, z = 1; without healing the wrong z moves it."""
    pair = Transfer.of(restrict=lambda s: s[:1], lift=lambda c: np.array([c[0], 0.0]))
    healed, raw = (fixed_point(coarse_stepper(pair, slaved, time=0.05, heal=h), [0.8]) for h in (0.2, 0.0))
    assert healed.state == pytest.approx([1.0], abs=1e-4)
    assert abs(raw.state[0] - 1.0) > 0.05
    # d/dx of -(x^3 + x^2 - 2x)/2 at 1, slightly changed by the finite speed of z
    assert healed.eigenvalues.real == pytest.approx([-1.5], abs=0.06)


def bratu(points: int, modes: int) -> Any:
    """u_t = u_xx + p exp(u) between cold ends, seen by its first sine coefficients."""
    spacing = 1 / (points + 1)
    step = 0.4 * spacing**2
    sines = np.sin(np.pi * np.outer(np.arange(1, modes + 1), np.arange(1, points + 1) * spacing))
    pair = Transfer.of(restrict=lambda u: 2 * spacing * sines @ u, lift=lambda c: c @ sines)

    def family(heating: float) -> CoarseStepper:
        def fine(u: Any, duration: float) -> Any:
            whole = np.zeros(points + 2)
            for _ in range(round(duration / step)):
                whole[1:-1] = u
                u = u + step * ((whole[2:] - 2 * u + whole[:-2]) / spacing**2 + heating * np.exp(u))
            return u

        return coarse_stepper(pair, fine, time=20 * step, heal=6 * step)

    return family


def test_a_branch_goes_around_the_fold_of_bratus_problem() -> None:
    """It turns back at 3.513830719 (J. P. Boyd, Appl. Math. Comput. 143, 189 (2003)), on 15 points 0.2 % sooner."""
    found = branch(bratu(15, 4), np.zeros(4), 1.0, arc=0.5, count=11)
    assert found.folds == pytest.approx([3.513830719], rel=0.005)
    turn = int(found.parameter.argmax())
    assert found.stable[: turn - 1].all()
    assert not found.stable[turn + 2 :].any()
    assert found.parameter[-1] < 3.0
    assert found.states.shape == (11, 4)


def test_a_branch_that_is_lost_says_where() -> None:
    """x^2 + p = 0 has no fixed points beyond p = 0; a family that refuses to turn back is no branch."""

    def family(value: float) -> CoarseStepper:
        return coarse_stepper(None, lambda x, t: x + t * (1.0 + x**2), time=0.1)

    with pytest.raises(NoFixedPoint, match=r"from the guess \[0.5\], where a step changes 0.125, Newton's method"):
        branch(family, [0.5], 0.0, arc=0.1, count=5)


def test_a_guess_from_which_newtons_method_does_not_arrive_is_an_error_that_says_what_is_left() -> None:
    stepper = coarse_stepper(None, lambda x, _: x + 1.0 + 0.1 * np.sin(x), time=1.0)
    with pytest.raises(NoFixedPoint, match=r"was to reach 1e-08. Write a nearer guess"):
        fixed_point(stepper, [0.3], steps=5)


def test_a_tolerance_of_nothing_and_an_arc_of_nothing_are_refused() -> None:
    stepper = coarse_stepper(None, lambda x, _: 0.5 * x, time=1.0)
    with pytest.raises(ContractError, match=r"Write tolerance=1e-8"):
        fixed_point(stepper, [1.0], tolerance=0.0)
    with pytest.raises(ContractError, match=r"Write arc=0.1 and count=20"):
        branch(lambda _: stepper, [1.0], 0.0, arc=0.0, count=5)
