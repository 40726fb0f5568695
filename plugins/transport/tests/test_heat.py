"""Transient heat: closed forms, the balance of energy, and a slab whose layers are resolved one by one."""

import math

import numpy as np
import pytest
from bridge_transport import drawing, heat_cell
from bridge_transport.heat import macro
from bridge_transport.microstructure import fibres

from bridge.testing import plain

SLAB = {"length": 0.02, "heat_capacity": 2e6, "initial_temperature": 300.0, "front_temperature": 800.0}


@pytest.fixture(autouse=True)
def undrawn(monkeypatch):
    """Pictures take most of the time of a small case, and have a test of their own."""
    monkeypatch.setattr(drawing, "temperatures", lambda *given: b"\x89PNG\r\n\x1a\n")


class Law:
    """A flux law of arrays, in the form of a closure."""

    def __init__(self, law):
        self.law, self.asked = law, []

    def map(self, states):
        self.asked.append({name: np.array(column) for name, column in states.items()})
        return self.law(states["gradient"], states["temperature"])


def insulated(position, time, diffusivity, length):
    """Temperature above the front's, of one that began at -1: H. S. Carslaw and J. C. Jaeger, 1959, section 3.3."""
    waves = (np.arange(200)[:, None] + 0.5) * math.pi / length
    return -(2 / (waves * length) * np.sin(waves * position) * np.exp(-diffusivity * waves**2 * time)).sum(axis=0)


def test_a_slab_of_constant_conductivity_warms_as_its_fourier_series_with_order_two():
    errors = []
    for count in (10, 20, 40):
        found = macro(Law(lambda g, t: -5.0 * g), duration=10.0, cells=count, steps=count, **SLAB)
        exact = 800 + 500 * insulated(found.position, 10.0, 5.0 / 2e6, 0.02)
        errors.append(np.abs(found.temperature[-1] - exact).max())
    assert np.log2(np.array(errors[:-1]) / errors[1:]) == pytest.approx(2.0, abs=0.05)
    assert errors[-1] < 0.2  # of 500 K


def test_a_power_law_settles_on_kirchhoffs_profile():
    law = Law(lambda g, t: -5.0 * (t / 300) ** 0.7 * g)
    found = macro(law, duration=2000.0, back="temperature", back_temperature=400.0, cells=40, accuracy=1e-9, **SLAB)
    ends = (800 / 300) ** 1.7, (400 / 300) ** 1.7  # k ~ T^0.7 makes T^1.7 linear
    exact = 300 * (ends[0] + (ends[1] - ends[0]) * found.position / 0.02) ** (1 / 1.7)
    assert found.temperature[-1] == pytest.approx(exact, abs=0.01)
    through = 5.0 * 300 / 1.7 * (ends[0] - ends[1]) / 0.02
    assert (found.left[-1] - found.left[-2]) / (found.time[-1] - found.time[-2]) == pytest.approx(through, rel=1e-4)


@pytest.mark.parametrize("law", ["fourier", "any"])
@pytest.mark.parametrize("back", [{"back_flux": 2e4}, {"back": "temperature", "back_temperature": 350.0}])
def test_energy_is_conserved_to_rounding_whatever_the_accuracy(law, back):
    flux = Law(lambda g, t: -5.0 * (t / 300) ** 0.7 * g)
    found = macro(flux, duration=30.0, accuracy=1e-2, rise_time=5.0, law=law, cells=20, steps=20, **SLAB, **back)
    assert found.stored == pytest.approx(found.entered - found.left, rel=1e-12, abs=1e-12 * found.entered[-1])
    assert found.left[-1] > 0


def test_a_slab_at_rest_stays_at_rest():
    found = macro(Law(lambda g, t: -5.0 * g), duration=30.0, cells=8, steps=4, **{**SLAB, "front_temperature": 300.0})
    assert (found.temperature == 300.0).all()


def test_heat_drawn_from_the_back_of_a_slab_that_has_no_gradient_yet():
    given = {**SLAB, "front_temperature": 300.0}
    found = macro(Law(lambda g, t: -5.0 * g), duration=1000.0, back_flux=1e4, law="any", cells=20, **given)
    assert found.temperature[-1] == pytest.approx(300 - 1e4 / 5.0 * found.position, abs=1e-3)


def test_a_law_that_is_not_proportional_to_the_gradient_is_asked_at_every_gradient():
    """Flux a g + b g^3, steady: the same gradient everywhere, (front - back)/length."""
    law = Law(lambda g, t: -(5.0 * g + 2e-9 * g**3))
    found = macro(law, duration=3000.0, back="temperature", back_temperature=300.0, law="any", cells=20, **SLAB)
    assert np.diff(found.temperature[-1]) == pytest.approx(-25.0, rel=1e-4)
    rate = (found.entered[-1] - found.entered[-2]) / (found.time[-1] - found.time[-2])
    assert rate == pytest.approx(5.0 * 25e3 + 2e-9 * 25e3**3, rel=1e-4)


def test_by_fouriers_law_only_temperatures_differ_between_questions():
    law = Law(lambda g, t: -5.0 * (t / 300) ** 0.7 * g)
    found = macro(law, duration=30.0, cells=20, steps=10, **SLAB)
    assert {float(g) for one in law.asked for g in one["gradient"]} == {-25e3}
    assert found.asked == sum(len(one["gradient"]) for one in law.asked)
    same = macro(Law(law.law), duration=30.0, cells=20, steps=10, law="any", **SLAB)
    assert found.temperature == pytest.approx(same.temperature, abs=2e-3)  # both to 1e-6 of 500 K an iteration


def test_a_laminate_asked_for_its_cell_warms_as_one_whose_layers_are_resolved():
    """Twenty periods of two layers, of 4 and 12 W/m/K falling and rising with temperature, against 320 cells."""
    layers = np.repeat([0, 1], 2)[:, None, None]
    phases = {"matrix_conductivity": 4.0, "fibre_conductivity": 12.0, "matrix_exponent": 0.7, "fibre_exponent": -0.7}
    asked = Law(lambda g, t: np.array([heat_cell.cell(layers, a, b, **phases).flux for a, b in zip(g, t, strict=True)]))
    coarse = macro(asked, duration=40.0, cells=10, steps=8, rise_time=10.0, **SLAB)

    cells = np.arange(320) // 8 % 2
    beside = np.stack([cells, np.append(cells[1:], cells[-1])])  # the two cells of every face but the front one

    def resolved(gradient, temperature):
        ratio = temperature[1:] / 300
        k = np.where(beside[:, :-1], 12.0 * ratio**-0.7, 4.0 * ratio**0.7)
        front = np.where(cells[0], 12.0 * (temperature[0] / 300) ** -0.7, 4.0 * (temperature[0] / 300) ** 0.7)
        return -np.append(front, 2 * k[0] * k[1] / (k[0] + k[1])) * gradient

    fine = macro(Law(resolved), duration=40.0, cells=320, steps=24, rise_time=10.0, law="any", **SLAB)
    seen = np.interp(coarse.position, fine.position, fine.temperature[-1])
    assert coarse.temperature[-1] == pytest.approx(seen, abs=5.0)  # a period is 1 mm of 20: 25 K of 500 lie across it
    assert coarse.stored[-1] == pytest.approx(fine.stored[-1], rel=0.01)


def test_the_number_of_questions_does_not_depend_on_the_microstructure():
    counts = []
    for voxels in (8, 16):
        image = fibres(0.4, fibres=1, voxels=voxels).phase
        flux = plain(
            lambda gradient, temperature, image=image: heat_cell.cell(image, gradient, temperature, 7.0, 40.0).flux
        )
        macro(flux, duration=30.0, cells=4, steps=3, **SLAB)
        counts.append(flux.calls)
    assert counts[0] == counts[1]


def test_the_cells_flux_is_its_tensor_times_the_gradient_at_that_temperature():
    image = fibres(0.5, voxels=32, fibres=4).phase
    hot = heat_cell.cell(image, 1000.0, 600.0, 7.0, 40.0, 0.7, -0.7)
    cold = heat_cell.cell(image, 1000.0, 300.0, 7.0 * 2**0.7, 40.0 * 2**-0.7)
    assert hot.flux == pytest.approx(cold.flux, rel=1e-12)
    assert hot.flux == pytest.approx(-1000.0 * hot.conductivity[0, 0], rel=1e-13)
    assert 0 < hot.half_width < 0.1 * abs(hot.flux)


def test_a_cell_of_one_material_conducts_like_it():
    image = np.zeros((4, 4, 1), dtype=np.int64)
    found = heat_cell.cell(image, -10.0, 600.0, 7.0, 40.0, 0.7, reference_temperature=300.0)
    assert found.flux == pytest.approx(70.0 * 2**0.7, rel=1e-13)


@pytest.mark.parametrize(
    ("law", "said"),
    [
        (lambda g, t: 5.0 * g, "up the gradient"),
        (lambda g, t: 0.0 * g, "no slab"),
        (lambda g, t: -5.0 * np.sign(g) * np.abs(g) ** (2 + np.sin(1e3 * t)), "Write more steps"),
    ],
)
def test_a_law_that_cannot_be_marched_is_refused(law, said):
    with pytest.raises(ArithmeticError, match=said):
        macro(Law(law), duration=30.0, cells=8, steps=2, law="any", **SLAB)


def test_an_image_of_three_phases_is_refused():
    with pytest.raises(ValueError, match="Merge its phases"):
        heat_cell.cell(np.full((4, 4, 1), 2), 1.0, 300.0, 1.0, 2.0)
