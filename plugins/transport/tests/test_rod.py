"""The heterogeneous multiscale method and multiscale elements in one dimension."""

import math

import numpy as np
import pytest
from bridge_transport import rod

from bridge.testing import plain

LENGTH, SOURCE = 1.0, 1.0


def homogenized(position):
    """Closed form of -(√3 (1 + x) u')' = 1 with u = 0 at 0 and 1."""
    return ((1 / math.log(2) - 1) * np.log1p(position) - (position - np.log1p(position))) / math.sqrt(3)


def asked(period):
    """The fine model as a closure."""
    return plain(lambda gradient, position: rod.cell(gradient, position, 1.0, period, LENGTH).flux)


def error(found, elements):
    """L2 error of the linear interpolant, relative."""
    position = (np.arange(20 * elements) + 0.5) / (20 * elements)
    exact = homogenized(position)
    return np.linalg.norm(np.interp(position, found.position, found.temperature) - exact) / np.linalg.norm(exact)


@pytest.mark.parametrize("period", [1e-4, 1e-6])
def test_the_error_of_the_multiscale_method_is_of_order_two_in_the_macroscopic_mesh(period):
    errors = [error(rod.macro(asked(period), LENGTH, SOURCE, elements=n), n) for n in (8, 16, 32, 64)]
    # measured before with another quadrature: 1.97 to 1.99; periods cut by the mesh leave 1e-2 of scatter
    assert np.log2(np.array(errors[:-1]) / errors[1:]) == pytest.approx(1.99, abs=0.03)


def test_the_number_of_questions_is_that_of_elements_at_every_period():
    calls = []
    for period in (1e-2, 1e-4, 1e-6):
        flux = asked(period)
        rod.macro(flux, LENGTH, SOURCE, elements=32)
        calls.append(flux.calls)
    assert calls == [32, 32, 32]


def test_the_multiscale_method_finds_the_resolved_temperature_within_the_period_and_the_mesh():
    for period, within in ((1e-2, 3e-2), (1e-3, 3e-3)):
        resolved = rod.resolved(1.0, period, LENGTH, SOURCE, observations=33)
        found = rod.macro(asked(period), LENGTH, SOURCE, elements=32)
        assert found.temperature == pytest.approx(resolved.temperature, abs=(within + 2e-3) * found.temperature.max())


def test_the_resolved_rod_approaches_its_homogenized_limit_in_proportion_to_the_period():
    apart = []
    for period in (1 / 52, 1 / 104, 1 / 208):
        found = rod.resolved(1.0, period, LENGTH, SOURCE, per_period=32, observations=1001)
        apart.append(np.abs(found.temperature - homogenized(found.position)).max())
    assert np.log2(np.array(apart[:-1]) / apart[1:]) == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("periods", [5, 10, 20, 40])
def test_the_resonance_error_is_0_15_to_0_18_periods_over_the_window(periods):
    # 1/(2 + sin) = (1 + 2 Σ (-r)^n cos n·)/√3 with r = 2 - √3: half a period too much or too little leaves
    # 2r/π (1 - r²/3 + …) = 0.167, and less than 0.18 at a window of five periods and any part
    worst = 0.0
    for part in np.linspace(0.05, 0.95, 10):
        for start in np.linspace(0.0, 1.0, 17):
            found = rod.cell(1.0, start * 1e-6, 1.0, 1e-6, LENGTH, 0.0, window=periods + part).conductivity
            worst = max(worst, abs(found / math.sqrt(3) - 1) * (periods + part))
    assert 0.15 < worst < 0.18


@pytest.mark.parametrize("window", [1.0, 2.0, 7.0])
def test_a_window_of_whole_periods_has_no_resonance_error(window):
    found = rod.cell(3.0, 0.3e-6, 2.0, 1e-6, LENGTH, 0.0, window=window)
    assert found.conductivity == pytest.approx(2.0 * math.sqrt(3), rel=1e-12)
    assert found.flux == pytest.approx(-6.0 * math.sqrt(3), rel=1e-12)


@pytest.mark.parametrize(("elements", "period"), [(8, 1 / 40), (10, 1 / 33), (16, 1 / 24)])
def test_multiscale_elements_are_exact_at_their_ends(elements, period):
    found = rod.msfem(1.0, period, LENGTH, SOURCE, elements=elements)
    fine = rod.fine_elements(LENGTH, period, 16, elements)  # the same mesh, element by element
    resolved = rod.resolved(1.0, 16 / fine, LENGTH, SOURCE, observations=elements + 1)
    same = rod.msfem(1.0, 16 / fine, LENGTH, SOURCE, elements=elements)
    assert np.abs(same.temperature - resolved.temperature).max() < 1.6e-14
    assert found.temperature == pytest.approx(homogenized(found.position), abs=0.05 * found.temperature.max())


def test_multiscale_elements_of_a_plain_rod_are_exact_for_its_parabola():
    found = rod.msfem(1.0, 1e3, LENGTH, SOURCE, 0.0, elements=8)  # so long a period that the rod is all alike
    assert found.temperature == pytest.approx(found.position * (1 - found.position) / 4, rel=1e-2, abs=1e-15)


def test_a_closure_with_the_wrong_sign_is_refused():
    with pytest.raises(ValueError, match="heat flows down the gradient"):
        rod.macro(plain(lambda gradient, position: 2.0 * gradient), LENGTH, SOURCE)


def test_a_period_that_nobody_can_resolve_is_refused():
    with pytest.raises(ValueError, match=r"use rod\.macro"):
        rod.resolved(1.0, 1e-9, LENGTH, SOURCE)
