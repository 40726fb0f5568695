"""Channel flow against closed forms, with plain functions in the place of finer models."""

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import pytest
from bridge_transport.channel import macro, startup
from scipy.integrate import quad
from scipy.optimize import brentq

from bridge import Scale, closure, model
from bridge.testing import check_model, plain

#: Water between plates 2 mm apart, and molten polymers instead.
GRADIENT, HALF_WIDTH, DENSITY, WATER = 20.0, 1e-3, 1000.0, 1e-3
CHANNEL = {"pressure_gradient": GRADIENT, "half_width": HALF_WIDTH}


def newtonian(shear_rate):
    return WATER


def power_law(index, consistency=0.01):
    return plain(lambda shear_rate: consistency * shear_rate ** (index - 1))


def carreau(shear_rate):
    return 1e-4 + 9e-3 * (1 + (0.5 * shear_rate) ** 2) ** -0.3


# Steady flow


def test_a_newtonian_fluid_flows_as_a_parabola_exactly():
    found = macro(plain(newtonian), **CHANNEL, lowest_shear_rate=1e-3, points=7)
    exact = GRADIENT / (2 * WATER) * (HALF_WIDTH**2 - (found.position * 1e-9) ** 2)
    assert found.velocity == pytest.approx(exact, rel=1e-12)
    assert found.wall_stress == pytest.approx(GRADIENT * HALF_WIDTH)
    assert found.asked == 1 + 7  # once for the plateau, once for all points


def test_flow_rate_of_a_newtonian_fluid_is_second_order_in_the_points():
    exact = 2 * GRADIENT * HALF_WIDTH**3 / (3 * WATER)
    wrong = [
        exact - macro(plain(newtonian), **CHANNEL, lowest_shear_rate=1e-3, points=n).flow_rate for n in (8, 16, 32)
    ]
    assert wrong[0] / wrong[1] == pytest.approx(4, rel=1e-6)
    assert wrong[1] / wrong[2] == pytest.approx(4, rel=1e-6)
    assert wrong[2] < 6e-4 * exact


@pytest.mark.parametrize("index", [0.4, 0.7, 1.5])
def test_a_power_law_fluid_flows_as_its_closed_form(index):
    # Bird, Armstrong and Hassager, Dynamics of Polymeric Liquids, vol. 1, 2nd ed., section 4.2, for a slit
    more = 1 + 1 / index
    shears = (GRADIENT / 0.01) ** (1 / index)
    exact = 2 * shears * HALF_WIDTH ** (more + 1) / (more + 1)
    wrong = []
    for points in (16, 32, 64):
        found = macro(
            power_law(index), **CHANNEL, lowest_shear_rate=1e-6, points=points, accuracy=1e-12, iterations=200
        )
        height = found.position * 1e-9
        profile = shears / more * (HALF_WIDTH**more - height**more)
        assert found.velocity == pytest.approx(profile, abs=2 / points**1.5 * profile[0])
        wrong.append(abs(found.flow_rate - exact) / exact)
        assert found.imbalance < 1e-11
    assert math.log2(wrong[1] / wrong[2]) == pytest.approx(2, abs=0.4)
    assert wrong[2] < 1e-3


def test_a_carreau_fluid_flows_as_the_integral_over_its_stress():
    def rate(height):
        return brentq(lambda g: carreau(g) * g - GRADIENT * height, 0, 1e5, xtol=1e-12)

    exact = 2 * quad(lambda y: y * rate(y), 0, HALF_WIDTH, epsabs=1e-14)[0]
    found = macro(plain(carreau), **CHANNEL, lowest_shear_rate=1e-4, points=256, accuracy=1e-10)
    assert found.flow_rate == pytest.approx(exact, rel=2e-5)
    assert found.shear_rate[::50] == pytest.approx([rate(y * 1e-9) for y in found.between[::50]], rel=1e-8)


def test_the_stress_of_the_fluid_balances_the_pressure_at_every_point():
    found = macro(plain(carreau), **CHANNEL, lowest_shear_rate=1e-4, accuracy=1e-4)
    assert found.shear_stress == pytest.approx(GRADIENT * found.between * 1e-9, rel=1e-4)
    assert found.imbalance <= 1e-4
    assert found.shear_stress == pytest.approx(found.viscosity * found.shear_rate, rel=1e-14)


def test_few_states_are_asked_for_all_points_at_once():
    law = plain(carreau)
    found = macro(law, **CHANNEL, lowest_shear_rate=1e-4, points=16, accuracy=1e-6)
    assert found.asked == law.calls <= 1 + 16 * 8


def test_below_the_lowest_shear_rate_the_fluid_is_newtonian():
    asked = []

    def law(shear_rate):
        asked.append(shear_rate)
        return carreau(shear_rate)

    found = macro(plain(law), **CHANNEL, lowest_shear_rate=2.0, points=20)
    assert min(asked) == 2.0
    low = found.shear_rate < 2.0
    assert found.newtonian_share == low.mean() > 0.05
    assert found.viscosity[low] == pytest.approx(carreau(2.0))


def test_a_fluid_that_more_stress_does_not_shear_faster_is_an_error():
    with pytest.raises(
        RuntimeError, match=r"after 50 iterations the stress of the fluid .* Write a smaller relaxation"
    ):
        macro(plain(lambda shear_rate, **_: 0.01 / (1 + shear_rate**2)), **CHANNEL, lowest_shear_rate=1e-4)


def test_answers_with_more_noise_than_the_accuracy_are_an_error_that_says_so():
    random = np.random.default_rng(0)
    with pytest.raises(RuntimeError, match="or a tolerance in the closure if answers are noisy"):
        macro(plain(lambda **_: WATER * (1 + 0.1 * random.normal())), **CHANNEL, lowest_shear_rate=1e-3)


# From rest


def from_rest(time):
    """Velocity of a Newtonian fluid at the middle: the series of cosines."""
    odd = (np.arange(200) + 0.5) * math.pi
    decay = np.exp(-(odd**2) * WATER / DENSITY * time / HALF_WIDTH**2)
    left = (2 * (-1.0) ** np.arange(200) / odd**3 * decay).sum()
    return GRADIENT * HALF_WIDTH**2 / WATER * (0.5 - left)


def test_a_newtonian_fluid_starts_up_as_its_series():
    wrong = []
    for steps in (20, 40, 80):
        found = startup(
            plain(newtonian), **CHANNEL, density=DENSITY, lowest_shear_rate=1e-3, duration=0.5, points=200, steps=steps
        )
        wrong.append(abs(found.velocity[-1, 0] / from_rest(0.5) - 1))
    assert wrong[2] < 2e-4
    assert math.log2(wrong[0] / wrong[1]) == pytest.approx(2, abs=0.5)


def test_momentum_is_what_the_pressure_has_pushed_less_what_the_walls_have_taken():
    found = startup(
        plain(carreau), **CHANNEL, density=DENSITY, lowest_shear_rate=1e-4, duration=0.3, points=12, steps=15
    )
    assert found.momentum == pytest.approx(found.pushed - found.dragged, abs=1e-12 * found.pushed[-1])
    assert found.dragged[-1] > 0.1 * found.pushed[-1]


def test_a_flow_from_rest_tends_to_the_steady_one():
    steady = macro(plain(carreau), **CHANNEL, lowest_shear_rate=1e-4, accuracy=1e-8)
    late = startup(
        plain(carreau), **CHANNEL, density=DENSITY, lowest_shear_rate=1e-4, duration=200.0, steps=100, accuracy=1e-8
    )
    assert late.velocity[-1] == pytest.approx(steady.velocity, rel=1e-5)


def test_a_step_that_does_not_settle_is_an_error():
    with pytest.raises(RuntimeError, match=r"after 3 iterations viscosities at .* s still change"):
        startup(
            plain(carreau), **CHANNEL, density=DENSITY, lowest_shear_rate=1e-4, duration=10.0, steps=2, iterations=3
        )


# As models of the platform


@dataclass(frozen=True)
class Fluid:
    """In another unit than the channel's."""

    viscosity: Annotated[float, "mPa*s"]


@model("test.carreau", scale=Scale("molecular", length="1 nm .. 10 nm", time="1 fs .. 1 ns"))
def law(shear_rate: Annotated[float, "1/s"]) -> Fluid:
    """Viscosity of a Carreau fluid."""
    return Fluid(1e3 * carreau(shear_rate))


def test_a_model_in_the_place_of_the_closure_gives_the_flow_of_the_plain_function():
    given = {
        "pressure_gradient": "20 Pa/m",
        "half_width": "1 mm",
        "lowest_shear_rate": "1e-4 1/s",
    }
    found = check_model("channel.macro", viscosity=closure(law), **given)
    expected = macro(plain(carreau), **CHANNEL, lowest_shear_rate=1e-4)
    assert found["velocity"] == pytest.approx(expected.velocity, rel=1e-12)
