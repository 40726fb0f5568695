"""P–E loops against the polynomial's own coercive field."""

import numpy as np
import pytest
from bridge_ferroelectric import polynomial
from bridge_ferroelectric.phasefield.loops import crossing, loop
from bridge_ferroelectric.phasefield.models import hlinka_marton

PUBLISHED = hlinka_marton()
BATIO3 = (PUBLISHED.landau, PUBLISHED.gradient, 298.0)


def test_the_coercive_field_falls_with_frequency_towards_the_intrinsic_one():
    fast, slow = (loop(*BATIO3, amplitude=50.0, period=t, cells=8, spacing=0.26) for t in (30.0, 150.0))
    f = polynomial.bounded(PUBLISHED.landau, 298.0)
    p = np.linspace(0, 0.265, 5001)
    against = -(2 * f.alpha1 * p + 4 * f.alpha11 * p**3 + 6 * f.alpha111 * p**5)  # −∂f/∂P along [100]
    assert slow.intrinsic_field == pytest.approx(against.max() / 1e6, rel=1e-4)
    assert slow.intrinsic_field < slow.coercive_field < fast.coercive_field
    assert slow.coercive_field < 1.5 * slow.intrinsic_field
    assert slow.remanent_polarization == pytest.approx(0.26523, rel=0.01)
    assert slow.frequency == pytest.approx(1e3 / 150)
    # a loop that is nearly square encloses 4 Ec Pr; what bends it lies beyond the coercive field
    assert 0.9 < slow.loss / (4 * slow.coercive_field * slow.remanent_polarization) < 1.3


def test_a_field_that_does_not_switch_is_refused_with_one_that_does():
    with pytest.raises(ArithmeticError, match=r"5 MV/m does not switch .* Write amplitude='33 MV/m'"):
        loop(*BATIO3, amplitude=5.0, period=30.0, cells=8, spacing=0.26)


def test_a_grid_coarser_than_the_wall_is_refused():
    with pytest.raises(ValueError, match="Write spacing="):
        loop(*BATIO3, amplitude=5.0, spacing=0.5)


def test_crossings_are_interpolated():
    field, polarization = np.array([-2.0, -1, 0, 1, 2]), np.array([-3.0, -1, -0.5, 0.5, 1])
    assert crossing(field, polarization, downwards=False) == pytest.approx(0.5)
    assert crossing(field, polarization, downwards=True) is None
