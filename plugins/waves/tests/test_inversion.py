"""The slab's velocity, and the cycles that an inversion skips."""

from __future__ import annotations

import numpy as np
import pytest
from bridge_waves.basin import misfits
from bridge_waves.descent import descend
from bridge_waves.inversion import invert
from bridge_waves.skipping import cycle_skipping
from bridge_waves.slab import Wavelet, record

from bridge import ladder

TRUE, START = 2531.6, 2000.0


@pytest.fixture(scope="module")
def heard():
    return {f: record(TRUE, f).pressure for f in (2.0, 5.0)}


def solve(observed, velocity, frequency, largest_step):
    return invert(observed, velocity, frequency, largest_step=largest_step)


def test_2_hz_converges_from_the_first_guess(heard):
    found = invert(heard[2.0], START, 2.0, largest_step=0.125)
    assert found.velocity == pytest.approx(2531.7, abs=0.2)  # an independent solver; the data are of 2531.6
    assert found.final_misfit < 1e-12


def test_the_velocity_found_on_the_closed_forms_seismogram_is_off_by_the_solvers_error_alone(closed_form):
    """A spacing of 5 m slows 2 Hz by 1e-4 of the way through 2000 m: some tenths of m/s of the slab's velocity."""
    time = record(TRUE, 2.0).time
    observed = closed_form(TRUE, 2.0, time, Wavelet.BURST)
    found = [invert(observed, START, 2.0, largest_step=0.125, spacing=s).velocity - TRUE for s in (10.0, 5.0)]
    assert abs(found[1]) < 0.5
    assert found[0] / found[1] == pytest.approx(4.0, rel=0.3)


def test_5_hz_alone_starts_in_the_wrong_direction_and_stops_one_period_off(heard):
    found = invert(heard[5.0], START, 5.0, largest_step=0.05)
    error = found.tried - 1000 / TRUE
    assert error[1] > error[0] == pytest.approx(0.105, abs=1e-4)
    assert error[-1] == pytest.approx(
        0.1999, abs=5e-4
    )  # an independent solver, without echoes; the slab's echoes move it by 0.25 ms


def test_2_hz_and_then_5_hz_converge(heard):
    states = ladder.down(
        {"velocity": START},
        [{"frequency": f, "observed": heard[f]} for f in (2.0, 5.0)],
        solve,
        carry="velocity",
        step_cap={"largest_step": lambda rung: 0.25 / rung["frequency"]},
    )
    assert [s.velocity for s in states] == pytest.approx([TRUE, TRUE], abs=0.01)
    assert np.abs(np.diff(states[0].tried)).max() <= 0.125 + 1e-12


def test_without_a_cap_the_first_step_at_2_hz_leaves_all_velocities(heard):
    with pytest.raises(ValueError, match=r"travel time of -12 s .* Write largest_step='0.125 s', a quarter"):
        invert(heard[2.0], START, 2.0, largest_step=1e9)


def test_half_widths_of_the_basins_are_those_of_half_a_period(heard):
    """That of a slab is smaller by a few per cent: another velocity also lets less of the wave through."""
    for frequency, expected in ((2.0, 0.250), (5.0, 0.100)):
        found = misfits(heard[frequency], frequency, points=61, slowest=1400.0)
        assert found.half_width == pytest.approx(expected, rel=0.03)
        assert found.transport[np.abs(found.travel_time - 1000 / TRUE).argmin()] < 1e-4


def test_transport_of_a_slab_has_one_basin_where_least_squares_has_several():
    observed = record(TRUE, 5.0, wavelet=Wavelet.RICKER).pressure
    found = misfits(observed, 5.0, points=61, wavelet=Wavelet.RICKER)
    bottoms = [int(((m[1:-1] < m[:-2]) & (m[1:-1] < m[2:])).sum()) for m in (found.misfit, found.transport)]
    assert bottoms[0] >= 2
    assert bottoms[1] == 1


def test_a_seismogram_of_another_frequency_is_refused(heard):
    with pytest.raises(ValueError, match="has 3264 samples, one at 5 Hz in this geometry has 3552"):
        invert(heard[2.0], START, 5.0, largest_step=0.05)


def test_silence_is_refused(heard):
    with pytest.raises(ValueError, match="zero at all times"):
        invert(0 * heard[2.0], START, 2.0, largest_step=0.125)


def test_too_few_steps_are_an_error_that_says_how_many_to_write(heard):
    with pytest.raises(ArithmeticError, match=r"after 2 steps.* Write steps=4"):
        invert(heard[2.0], START, 2.0, largest_step=0.125, steps=2)


def test_descent_solves_rosenbrocks_valley_and_never_steps_further_than_the_cap():
    def valley(x):
        value = 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2
        return value, np.array([-400 * x[0] * (x[1] - x[0] ** 2) - 2 * (1 - x[0]), 200 * (x[1] - x[0] ** 2)])

    went = descend(valley, np.array([-1.2, 1.0]), largest_step=0.3, resolution=1e-9, steps=200)
    assert went.path[-1] == pytest.approx([1.0, 1.0], abs=1e-6)
    assert np.linalg.norm(np.diff(went.path, axis=0), axis=1).max() <= 0.3 + 1e-12
    assert (np.diff(went.misfit) < 0).all()


def test_the_report_counts_the_cycles_that_were_skipped():
    told = cycle_skipping(
        frequency=np.array([2.0, 5.0]),
        travel_time=np.linspace(0.25, 0.8, 50),
        misfit=np.ones((2, 50)),
        found=np.array([TRUE, TRUE]),
        start=START,
        alone=1000 / (1000 / TRUE + 0.2),
        truth=TRUE,
    )
    assert told.error == pytest.approx([0.0, 0.0], abs=1e-12)
    assert told.cycles == pytest.approx(1.0)
    assert told.picture.content.startswith(b"\x89PNG")
