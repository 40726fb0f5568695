"""Creep rates against the laws they state."""

import math

import numpy as np
import pytest
from bridge_creep.rates import TENSION, coble, nabarro_herring
from scipy.constants import R, k

POINT = {"stress": 1.0, "temperature": 900.0, "grain_size": 10.0, "atomic_volume": 11.8}
LATTICE = 2.0e-5 * math.exp(-197e3 / (R * 900))  # Frost and Ashby (1982), table 4.1, copper


def lattice_rate(**changed):
    return nabarro_herring(diffusivity=LATTICE, **{**POINT, **changed}).strain_rate


def boundary_rate(**changed):
    return coble(**{**POINT, **changed}).strain_rate


@pytest.mark.parametrize(
    ("rate", "port", "exponent"),
    [
        (lattice_rate, "stress", 1),
        (boundary_rate, "stress", 1),
        (lattice_rate, "grain_size", -2),
        (boundary_rate, "grain_size", -3),
        (lattice_rate, "atomic_volume", 1),
        (boundary_rate, "atomic_volume", 1),
        (lattice_rate, "temperature", -1),  # at a given diffusivity
    ],
)
def test_rates_scale_as_published(rate, port, exponent):
    here = POINT[port]
    found = math.log(rate(**{port: 1.5 * here}) / rate(**{port: here})) / math.log(1.5)
    assert found == pytest.approx(exponent, abs=1e-9)


def test_sum_is_frost_and_ashbys_diffusional_flow():
    # equations 2.29 and 2.30, as printed: shear rate 42 s Ω / kT d^2 D [1 + π δD_b / d D] under shear stress s
    d, boundary = 10e-6, 5.0e-15 * math.exp(-104e3 / (R * 900))
    effective = LATTICE * (1 + math.pi * boundary / (d * LATTICE))
    shear = 42 * (1e6 / math.sqrt(3)) * 11.8e-30 / (k * 900 * d**2) * effective
    assert lattice_rate() + boundary_rate() == pytest.approx(shear / math.sqrt(3))


def test_coefficients_are_within_a_tenth_of_herrings_and_cobles():
    assert pytest.approx(40 / 3, rel=0.1) == TENSION
    assert pytest.approx(148 / math.pi, rel=0.1) == TENSION * math.pi


def test_both_are_equal_at_the_crossover_grain_size():
    boundary = coble(**POINT).boundary_diffusivity
    crossover = math.pi * boundary / LATTICE * 1e6
    assert lattice_rate(grain_size=crossover) == pytest.approx(boundary_rate(grain_size=crossover))
    assert boundary_rate(grain_size=crossover / 2) > lattice_rate(grain_size=crossover / 2)
    assert boundary_rate(grain_size=crossover * 2) < lattice_rate(grain_size=crossover * 2)


def test_viscosity_is_tensile_stress_over_three_strain_rates():
    for result in (nabarro_herring(diffusivity=LATTICE, **POINT), coble(**POINT)):
        assert result.viscosity == pytest.approx(1e6 / (3 * result.strain_rate))


def test_an_unstressed_grain_does_not_creep_and_has_a_viscosity():
    result = coble(**{**POINT, "stress": 0.0})
    assert result.strain_rate == 0
    assert result.viscosity == pytest.approx(coble(**POINT).viscosity)


def test_boundaries_have_their_own_activation_energy():
    temperatures = np.array([600.0, 1200.0])
    rates = [boundary_rate(temperature=t, boundary_energy=104.0) * t for t in temperatures]
    assert np.diff(np.log(rates)) / np.diff(-1 / (R * temperatures)) == pytest.approx(104e3)
