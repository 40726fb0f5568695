"""The Krogh cylinder: closed forms, an independent solver, conservation, convergence, cost."""

import inspect
from time import process_time

import numpy as np
import pytest
from bridge_pharmacology.systems.failing import Unsolved
from bridge_pharmacology.tissue import cylinder
from bridge_pharmacology.tissue.krogh import krogh
from bridge_pharmacology.tissue.tumour import tumour
from scipy.integrate import solve_ivp
from scipy.optimize import brentq
from scipy.special import j0, j1, y0, y1

ONE = np.array([0])
HOURS = np.linspace(0, 3, 73)
PLASMA = 690 * np.exp(-HOURS / 10)[None]  # 100 mg/L of an antibody of 145.5 kDa


def one(value):
    return np.array([float(value)])


def test_what_came_through_the_wall_is_there_or_was_taken_in():
    found = krogh(ONE, HOURS, PLASMA, every=1)
    shares = 2 * found.radius * (found.radius[1] - found.radius[0]) / (75**2 - 8**2)
    assert shares.sum() == pytest.approx(1, rel=1e-12)
    held = shares @ (0.24 * found.free_field + found.bound_field + found.internalised_field)
    assert found.balance <= 1e-6
    assert 1e-2 * held[-1] == pytest.approx(found.inflow[0], rel=1e-6)  # nM times 10 mL in nmol
    np.testing.assert_allclose(shares @ found.bound_field, found.bound[0], rtol=1e-12)


def test_without_antigen_the_tissue_fills_in_the_slowest_mode_of_the_cylinder():
    """c = Cp (1 - … e^{-λt}): J0, Y0 with a wall at 8 um that passes P and a closed end at 75 um give λ."""
    diffusivity, permeability, inner, outer = 14 * 86400, 2e5, 8.0, 75.0  # um²/d, um/d: diffusion limits

    def unfit(q):
        a, b = y1(q * outer), -j1(q * outer)  # no slope at the outer radius
        value = a * j0(q * inner) + b * y0(q * inner)
        slope = -q * (a * j1(q * inner) + b * y1(q * inner))
        return 0.24 * diffusivity * slope - permeability * value

    at = brentq(unfit, 1e-3, 0.03)
    rate = diffusivity * at**2
    time = np.linspace(0, 12 / rate, 49)
    found = krogh(
        ONE, time, np.full((1, 49), 100.0), antigen=one(0), permeability=one(permeability), every=1, tolerance=1e-8
    )
    left = 100 - found.concentration[0]
    assert np.log(left[16] / left[40]) / (time[40] - time[16]) == pytest.approx(rate, rel=2e-4)
    shape = 100 - found.free_field[:, 32]
    mode = y1(at * outer) * j0(at * found.radius) - j1(at * outer) * y0(at * found.radius)
    np.testing.assert_allclose(shape / shape[-1], mode / mode[-1], rtol=1e-3)


def test_fields_are_those_of_an_independent_solver():
    """Method of lines on 12 rings with scipy's LSODA at 1e-9, its plasma a straight line (which cubics keep)."""
    cells, void, spread, wall = 12, 0.24, 14 * 86400.0, 259.2
    faces = np.linspace(8, 75, cells + 1)
    middles, areas = (faces[1:] + faces[:-1]) / 2, np.diff(faces**2) / 2
    kdeg, kint, kon, kd = 0.5, 2.0, 8.64, 1.0

    def rates(t, y):
        free, bound, antigen = y.reshape(3, cells)
        flow = np.zeros(cells + 1)  # outwards, per length over 2 pi
        flow[1:-1] = void * spread * (free[:-1] - free[1:]) / np.log(middles[1:] / middles[:-1])
        across = 1 / (8 * wall) + np.log(middles[0] / 8) / (void * spread)
        flow[0] = (600 * (1 - t / 10) - free[0]) / across
        binding = kon * (free * antigen - kd * bound)
        into = (flow[:-1] - flow[1:]) / areas
        return np.concatenate([(into - binding) / void, binding - kint * bound, kdeg * (500 - antigen) - binding])

    start = np.concatenate([np.zeros(2 * cells), np.full(cells, 500.0)])
    solved = solve_ivp(rates, (0, 3), start, method="LSODA", t_eval=HOURS, rtol=1e-9, atol=1e-9)
    found = krogh(
        ONE,
        HOURS,
        600 * (1 - HOURS / 10)[None],
        dissociation_constant=one(kd),
        turnover_rate=one(kdeg),
        internalisation_rate=one(kint),
        cells=cells,
        every=1,
    )
    fields = (found.free_field, found.bound_field, found.antigen_field)
    for field, expected in zip(fields, solved.y.reshape(3, cells, -1), strict=True):
        np.testing.assert_allclose(field, expected, rtol=1e-5, atol=1e-4)


def test_errors_fall_with_the_square_of_the_width_of_cells():
    """Against 800 rings: a front resolved by 20 and more of them. Means converge at order 2."""
    steep = {"tolerance": 1e-8, "permeability": one(3e4), "dissociation_constant": one(5.0)}
    finest = krogh(ONE, HOURS, PLASMA, cells=800, **steep)
    off = [
        abs(krogh(ONE, HOURS, PLASMA, cells=cells, **steep).bound[0, 4] / finest.bound[0, 4] - 1)
        for cells in (50, 100, 200)
    ]
    orders = np.log2(np.array(off[:-1]) / np.array(off[1:]))
    assert (orders > 1.8).all(), orders
    assert off[1] < 1e-3


def test_tolerances_hold_what_they_say():
    loose = krogh(ONE, HOURS, PLASMA)
    tight = krogh(ONE, HOURS, PLASMA, tolerance=1e-10)
    np.testing.assert_allclose(loose.bound_field, tight.bound_field, rtol=2e-5, atol=1e-4)


def test_with_fast_diffusion_it_is_the_lumped_tumour():
    """The lumped Krogh radius is √(Rk² - Rcap²), for here the capillary is no tissue. The error falls as 1/D."""
    lumped = tumour(ONE, HOURS, PLASMA, krogh_radius=one(np.sqrt(75**2 - 8**2)))
    off = [
        np.abs(krogh(ONE, HOURS, PLASMA, diffusivity=one(d)).occupancy - lumped.occupancy).max()
        for d in (1e3, 1e4, 1e5)
    ]
    assert off[2] < 1e-5
    np.testing.assert_allclose([off[0] / off[1], off[1] / off[2]], 10, rtol=0.15)


def test_the_front_stops_where_internalisation_takes_all_that_comes():
    """Behind a plane (a wide cylinder, no wall) a sharp front stops at √(2 ε D C/(kint A)).

    The edge of the front is √(ε D/(kon A)) = 0.5 um wide, of a depth of 38.
    """
    time, kint = np.linspace(0, 4, 33), np.log(2) * 8  # half-life 3 h
    found = krogh(
        ONE,
        time,
        np.full((1, 33), 20.0),
        turnover_rate=one(kint),
        internalisation_rate=one(kint),
        permeability=one(1e9),
        capillary_radius=one(1e5),
        krogh_radius=one(1e5 + 100),
        on_rate=one(864.0),
    )
    depth = np.sqrt(2 * 0.24 * 14 * 86400 * 20 / (kint * 500))
    assert 0 < depth < 100
    assert found.penetration[0, -1] == pytest.approx(depth, rel=0.05)


def test_the_individual_that_is_asked_for_is_taken():
    plasma = np.stack([PLASMA[0], 0.3 * PLASMA[0]])
    antigen = np.array([1.0, 100, 200, 300, 400, 500, 600, 700])
    found = krogh(np.array([2, 7]), HOURS, plasma, antigen=antigen, individual=7, cells=20)
    alone = krogh(ONE, HOURS, 0.3 * PLASMA, antigen=one(700), cells=20)
    assert found.patient.tolist() == [7]
    np.testing.assert_array_equal(found.bound, alone.bound)


def test_an_individual_that_is_not_there_is_refused_by_name():
    with pytest.raises(ValueError, match=r"no patient 3 .* 2 \(0, 5\).*individual=0"):
        krogh(np.array([0, 5]), HOURS, np.repeat(PLASMA, 2, axis=0), individual=3)


def test_radii_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="Write a Krogh radius"):
        krogh(ONE, HOURS, PLASMA, krogh_radius=one(7))


def test_fields_are_told_at_every_so_many_times_and_at_the_end():
    found = krogh(ONE, HOURS, PLASMA, every=10, cells=10)
    np.testing.assert_allclose(found.instant * 24, [0, 10, 20, 30, 40, 50, 60, 70, 72])
    assert found.free_field.shape == (10, 9)


@pytest.mark.science
def test_three_days_of_a_hundred_rings_cost_less_than_04_cpu_seconds(record_property):
    record_property("asked", "0.4 CPU-s")
    krogh(ONE, HOURS, PLASMA)  # compiled, or loaded
    began = process_time()
    krogh(ONE, HOURS, PLASMA)
    took = process_time() - began
    record_property("reached", f"{took:.2f} CPU-s")
    assert took <= 0.4


def test_a_solver_that_fails_says_where():
    with pytest.raises(Unsolved, match=r"patient 0 at .* d: the step size fell below"):
        krogh(ONE, HOURS, PLASMA, on_rate=one(1e306))


def test_machine_code_holds_nothing_of_the_method_that_stands_in_another_file():
    """What numba keeps it finds again by its own file's date: other coefficients would not be seen."""
    known = inspect.getclosurevars(cylinder._march.py_func).globals
    assert not {"A", "C", "NODES", "D", "GAMMA"} & set(known)
