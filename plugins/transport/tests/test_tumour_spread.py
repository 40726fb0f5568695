"""Antibody marching through layers of cells against closed forms."""

from types import SimpleNamespace

import numpy as np
import pytest
from bridge_transport import tumour_cells, tumour_march
from scipy.optimize import brentq
from scipy.special import erf, i0, i1, k0, k1

HOUR = 3600.0
D, VOID = 10.0, 0.24  # um^2/s; Thurber and Wittrup 2008
BATH = 1e6  # um/s: a wall that is not there


class Law:
    """Binding at equilibrium, B = T c / (c + K), and uptake at the rate k of what is bound, in closed form."""

    def __init__(self, antigen, constant, rate):
        self.antigen, self.constant, self.rate = antigen, constant, rate

    def map(self, states):
        return self(concentration=states["concentration"])

    def __call__(self, concentration):
        bound = self.antigen * concentration / (concentration + self.constant)
        return SimpleNamespace(bound=bound, uptake=self.rate * bound)


def marched(layers, law, hours, *, surface=1.0, permeability=BATH, steps=200, cells=None):
    times = hours * HOUR * np.linspace(0, 1, steps + 1)[1:] ** 2
    return times, *tumour_march.march(
        layers,
        cells or tumour_cells.Equilibrium(law, len(layers.middles), beginning=1e-6 * surface),
        lambda start, end: surface,
        times,
        diffusivity=D,
        void_fraction=VOID,
        permeability=permeability,
    )


LINEAR = Law(antigen=500.0, constant=1e6, rate=1e-2)  # far from saturation: first order
ROOT = np.sqrt(LINEAR.rate * LINEAR.antigen / LINEAR.constant / (VOID * D))  # 1/um


def in_slab(middles, depth):
    return np.cosh(ROOT * (depth - middles)) / np.cosh(ROOT * depth)


def around_capillary(middles, inner, outer):
    def shape(r):
        return i0(ROOT * r) * k1(ROOT * outer) + k0(ROOT * r) * i1(ROOT * outer)

    return shape(inner + middles) / shape(inner)


def in_sphere(middles, radius):
    r = radius - middles
    return radius * np.sinh(ROOT * r) / (r * np.sinh(ROOT * radius))


STEADY = {
    "slab": (tumour_march.slab(700.0, 200), lambda s: in_slab(s, 700.0)),
    "capillary": (tumour_march.krogh_cylinder(8.0, 750.0, 200), lambda s: around_capillary(s, 8.0, 750.0)),
    "sphere": (tumour_march.sphere(700.0, 200), lambda s: in_sphere(s, 700.0)),
}


@pytest.mark.parametrize("shape", STEADY)
def test_steady_first_order_uptake_has_the_closed_profile(shape):
    """Hyperbolic cosine, modified Bessel functions, and sinh(r)/r; the second order of 200 layers leaves 1e-3."""
    layers, exact = STEADY[shape]
    _, free, *_ = marched(layers, LINEAR, hours=3000.0, steps=40)
    assert free[-1] == pytest.approx(exact(layers.middles), rel=2e-3, abs=1e-3)


@pytest.mark.parametrize("shape", STEADY)
def test_what_came_through_the_wall_is_in_the_tissue_or_in_its_cells(shape):
    layers, _ = STEADY[shape]
    _, free, bound, taken, came = marched(layers, Law(500.0, 1.6, 6e-5), hours=24.0, surface=50.0, permeability=3e-3)
    held = (VOID * free + bound + taken) @ layers.volumes
    assert came == pytest.approx(held, rel=1e-8)


def test_volumes_of_the_layers_make_up_the_tissue():
    assert tumour_march.slab(67.0, 9).volumes.sum() == pytest.approx(67.0)
    assert tumour_march.krogh_cylinder(8.0, 75.0, 9).volumes.sum() == pytest.approx((75.0**2 - 8.0**2) / 16)
    assert tumour_march.sphere(100.0, 9).volumes.sum() == pytest.approx(100.0 / 3)


@pytest.mark.parametrize("surface", [10.0, 100.0, 2000.0])
def test_the_front_of_saturated_cells_moves_as_stefan_has_it(surface):
    """Tight binding fills antigen behind a front at 2 λ √(D t), √π λ exp(λ²) erf(λ) = ε c/T: the one-phase Stefan
    problem (H. S. Carslaw and J. C. Jaeger, Conduction of Heat in Solids, 1959, § 11.2). 2 %: a layer is 1 % of it."""
    antigen = 500.0
    root = brentq(lambda x: np.sqrt(np.pi) * x * np.exp(x**2) * erf(x) - VOID * surface / antigen, 1e-6, 5)
    hours = (60.0 / (2 * root)) ** 2 / D / HOUR  # until the front has gone 60 um
    times, _, bound, _, came = marched(
        tumour_march.slab(80.0, 160), Law(antigen, 1e-4, 0.0), hours, surface=surface, steps=400
    )
    flux_so_far = 2 * VOID * surface * np.sqrt(D * times / np.pi) / erf(root)
    assert came[-1] == pytest.approx(flux_so_far[-1], rel=0.02)
    front = bound @ tumour_march.slab(80.0, 160).volumes / antigen
    assert front[200:] == pytest.approx(2 * root * np.sqrt(D * times[200:]), rel=0.02)


def test_the_front_around_a_capillary_moves_as_a_shrinking_core():
    """t = T [2 r² ln(r/Rc) - r² + Rc²] / (4 ε D c) where antigen is far more than free antibody."""
    antigen, surface, inner, outer = 500.0, 20.0, 8.0, 75.0
    layers = tumour_march.krogh_cylinder(inner, outer, 160)
    radius = 60.0

    def since(r):
        return antigen * (2 * r**2 * np.log(r / inner) - r**2 + inner**2) / (4 * VOID * D * surface)

    times, _, bound, _, _ = marched(layers, Law(antigen, 1e-4, 0.0), since(radius) / HOUR, surface=surface, steps=400)
    filled = 2 * inner * (bound @ layers.volumes) / antigen
    reached = np.sqrt(inner**2 + filled)
    assert since(reached[200:]) == pytest.approx(times[200:], rel=0.03)


def test_free_antibody_alone_diffuses_as_fourier_has_it():
    layers = tumour_march.slab(67.0, 100)
    times, free, *_ = marched(layers, Law(1e-9, 1.0, 0.0), hours=0.2, steps=800)
    odd = np.pi * (np.arange(40) + 0.5)[:, None] / 67.0
    exact = 1 - (2 / (67.0 * odd) * np.sin(odd * layers.middles) * np.exp(-D * odd**2 * times[-1])).sum(axis=0)
    assert free[-1] == pytest.approx(exact, abs=2e-3)


def test_the_error_is_of_first_order_in_the_step_and_second_in_the_layer():
    def amount(layers, steps):
        cut = tumour_march.krogh_cylinder(8.0, 75.0, layers)
        *_, came = marched(cut, Law(500.0, 1.6, 6e-5), hours=2.0, surface=20.0, steps=steps)
        return came[-1]

    in_steps = [amount(30, n) for n in (50, 100, 200)]
    in_layers = [amount(n, 100) for n in (40, 80, 160)]
    assert (in_steps[0] - in_steps[1]) / (in_steps[1] - in_steps[2]) == pytest.approx(2.0, abs=0.3)
    assert (in_layers[0] - in_layers[1]) / (in_layers[1] - in_layers[2]) == pytest.approx(4.0, abs=1.0)


def test_kinetics_approach_equilibrium_in_the_first_order_of_the_time_of_capture():
    """The amounts differ by a constant times 1/kon once binding is fast."""
    layers, rate, constant = tumour_march.slab(67.0, 40), 6.4e-5, 1.0

    def off(on_rate):
        kinetic = tumour_cells.Kinetic(500.0, on_rate, on_rate * constant, rate)
        law = Law(500.0, constant + rate / on_rate, rate)
        *_, resolved, _, _ = marched(layers, None, 2.0, surface=20.0, cells=kinetic)
        *_, equilibrium, _, _ = marched(layers, law, 2.0, surface=20.0)
        return float((equilibrium[-1] - resolved[-1]) @ layers.volumes / (resolved[-1] @ layers.volumes))

    errors = [off(on_rate) for on_rate in (4e-4, 8e-4, 1.6e-3)]
    assert errors[0] / errors[1] == pytest.approx(2.0, abs=0.25)
    assert errors[1] / errors[2] == pytest.approx(2.0, abs=0.25)


def test_a_law_that_cannot_be_solved_says_what_to_write():
    random = np.random.default_rng(0)

    class Bad(Law):
        def map(self, states):
            found = super().map(states)
            found.bound = found.bound * (1 + random.random())
            return found

    with pytest.raises(tumour_march.NotConverged, match="steps=40"):
        marched(tumour_march.slab(67.0, 10), Bad(500.0, 1.0, 6e-5), 2.0, surface=20.0, steps=10)
