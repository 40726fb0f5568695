"""Domain patterns: against the one-dimensional wall, the boundary's limits, ParaView's format and bad input."""

import base64
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from bridge_ferroelectric import polynomial, voigt
from bridge_ferroelectric.interfaces import Gradient, Landau
from bridge_ferroelectric.phasefield import elastic, energy, evolution, pattern, walls
from bridge_ferroelectric.phasefield.models import hlinka_marton, phasefield

PUBLISHED = hlinka_marton()
BATIO3 = (PUBLISHED.landau, PUBLISHED.gradient)

# The first trial of the chain, as in test_continuum_wall.py
PRESSURE = 160.2176634 / 3.9477**3
CHAIN = Landau(
    "BaTiO3, first tried", "the chain first tried", 300.0, 7.65e5 * (300 - 279), 7.65e5, -9.15e8, 0.0, 2.4e8,
    0.0, 5.38e9, 0.0, 6.65e9, 9.6e9, 0.122, -0.0375, 0.0314, 126 * PRESSURE, 44.9 * PRESSURE, 50.3 * PRESSURE,
)  # fmt: skip
CHAIN_GRADIENT = Gradient(2 * 9.75e-11, 0.0, 1.62e-11)


@pytest.fixture(scope="module")
def twins():
    """A small pattern of the demo's kind: in-plane, held at the twin average."""
    return phasefield(CHAIN, CHAIN_GRADIENT, 260.0, cells=80, spacing=0.134, steps=600, record_every=1)


def test_the_pattern_holds_more_than_one_variant(twins):
    assert twins.variants == "[100], [010], [0-10], [-100]"
    assert twins.variants_above >= 2
    assert twins.variants_above == (twins.variant_fraction > 0.05).sum()
    assert 0.8 < twins.variant_fraction.sum() <= 1
    # held at the average of a and c, half of the box is of either
    along_x = twins.variant_fraction[[0, 3]].sum() / twins.variant_fraction.sum()
    assert along_x == pytest.approx(0.5, abs=0.08)
    assert twins.mean_polarization == pytest.approx(twins.spontaneous_polarization, rel=0.1)


def test_the_energy_never_rises_and_is_the_sum_of_its_terms(twins):
    assert len(twins.time) == 601
    assert (np.diff(twins.energy) <= 1e-12 * np.abs(twins.energy[1:])).all()
    assert (np.diff(twins.time) > 0).all()
    terms = [getattr(twins, f"{name}_energy") for name in evolution.TERMS]
    assert np.sum(terms, axis=0) == pytest.approx(twins.energy, abs=1e-12)


def test_the_file_reads_back_as_the_format_says(twins):
    """VTK XML ImageData: inline base64 of a UInt64 length and little-endian numbers, component then x fastest."""
    root = ET.fromstring(twins.file.content)
    assert root.attrib == {
        "type": "ImageData", "version": "1.0", "byte_order": "LittleEndian", "header_type": "UInt64",
    }  # fmt: skip
    image = root.find("ImageData")
    assert image.get("WholeExtent") == "0 79 0 79 0 0"
    assert image.get("Spacing") == "0.134 0.134 0.134"
    fields = {}
    for array in image.iter("DataArray"):
        raw = base64.b64decode(array.text.strip())
        dtype = {"Float64": "<f8", "Int64": "<i8"}[array.get("type")]
        assert np.frombuffer(raw[:8], "<u8")[0] == len(raw) - 8
        fields[array.get("Name")] = np.frombuffer(raw[8:], dtype)
    points = fields["polarization"].reshape(80, 80, 3)  # y, x, component
    assert np.array_equal(points.transpose(2, 1, 0), twins.polarization[..., 0])
    assert fields["size"] == pytest.approx(np.linalg.norm(points, axis=2).ravel())
    inside = fields["variant"] >= 0
    assert inside.mean() == pytest.approx(twins.variant_fraction.sum())


def relaxed(kind, shape, spacing, axis):
    """Energy in J/m² of one of two walls of the demo in a periodic box by the phase field, and of one dimension.

    Held are the mean strain with which the domains are free of stress, their own and what the walls add across
    themselves, and the mean field with which they are free of field; else walls a few nanometres apart act on them.
    """
    wall = walls.wall(CHAIN, CHAIN_GRADIENT, 260.0, kind, 7.0)
    asked = walls.relax(wall, 801)
    period = spacing * 1e-9 * (shape[0] if axis == "x" else shape[0] / np.sqrt(2))
    q = elastic.electrostriction(CHAIN)
    own = voigt.products(wall.sides) @ q
    free = voigt.products(asked.polarization) @ q - np.where(asked.position[:, None] > 0, own[1], own[0])
    added = 2 * free.sum(0) * (asked.position[1] - asked.position[0]) / period
    strain = own.mean(0) + elastic.relaxation(elastic.stiffness(CHAIN), wall.axes[0]) @ added
    normal, length = wall.axes[0], 2 * (asked.position[1] - asked.position[0]) / period
    charge = ((asked.polarization - wall.sides[0]) @ normal).sum() * length
    of = evolution.medium(CHAIN, CHAIN_GRADIENT, 260.0, 7.0, -charge * wall.dielectric * normal, strain)
    made = evolution.Evolution(of, shape, spacing, 3)
    x = np.indices(shape)[0] if axis == "x" else np.indices(shape).sum(0)
    side = np.sin(2 * np.pi * x / shape[0]) > 0
    made.start(np.where(side, wall.sides[1][:, None, None], wall.sides[0][:, None, None]))
    run = pattern.descend(made, 0.35, 4e4, 1500, 0.0, 1500)
    lifted = (made.polarization.mean((1, 2)) - wall.sides[0]) @ normal  # its energy is not in a box at given field
    density = run.terms[-1][:4].sum() + 0.5 * wall.dielectric * lifted**2
    return (density - wall.bulk) * period / 2, asked.energy


@pytest.mark.parametrize(
    ("kind", "shape", "spacing", "axis"), [("180", (80, 4), 0.0625, "x"), ("90", (48, 48), 0.25, "xy")]
)
def test_a_wall_in_the_phase_field_is_the_wall_of_one_dimension(kind, shape, spacing, axis):
    # two different discretisations, Fourier and differences, 5 to 8 points a wall
    found, asked = relaxed(kind, shape, spacing, axis)
    assert found == pytest.approx(asked, rel=1e-3)


def test_a_stress_free_box_ends_as_a_single_domain():
    made = phasefield(*BATIO3, 298.0, 7.35, "free", cells=20, spacing=0.26, steps=1200)
    assert made.variant_fraction.max() == 1
    assert made.wall_density == 0
    assert made.mean_polarization == pytest.approx(0.26523, rel=1e-3)
    assert made.energy[-1] * 1e6 == pytest.approx(energy.state(BATIO3[0], 298.0, "tetragonal").energy, rel=1e-4)
    assert np.sort(made.mean_strain[:3]) == pytest.approx([-3.18e-3, -3.18e-3, 7.77e-3], rel=0.02)


def test_a_field_chooses_the_variant_and_its_energy_is_counted():
    made = phasefield(*BATIO3, 298.0, 7.35, "free", field_y=-30.0, cells=16, spacing=0.26, steps=400)
    assert made.variant_fraction[made.variants.split(", ").index("[0-10]")] == 1
    assert made.field_energy[-1] == pytest.approx(-30 * abs(made.net_polarization[1]), rel=1e-9)
    assert made.mean_polarization > 0.2653  # longer than without field


def test_equal_seeds_give_equal_patterns_and_others_do_not():
    one, two, other = (
        phasefield(*BATIO3, 298.0, cells=8, spacing=0.26, steps=150, boundary="free", seed=s) for s in (1, 1, 2)
    )
    assert np.array_equal(one.polarization, two.polarization)
    assert one.picture == two.picture
    assert not np.array_equal(one.polarization, other.polarization)


def test_three_dimensions_under_a_field_end_at_the_closed_form():
    made = phasefield(
        CHAIN, CHAIN_GRADIENT, 260.0, boundary="free", components="three", field_z=-60.0, dimensions="3",
        cells=10, spacing=0.134, steps=300, noise=0.1,
    )  # fmt: skip
    assert made.polarization.shape == (3, 10, 10, 10)
    assert made.variants == "[100], [010], [001], [00-1], [0-10], [-100]"
    assert made.variant_fraction == pytest.approx([0, 0, 0, 1, 0, 0])
    f = polynomial.bounded(CHAIN, 260.0)
    balance = [6 * f.alpha111, 0, 4 * f.alpha11, 0, 2 * f.alpha1, -60e6]  # ∂f/∂P = E
    longest = max(np.roots(balance).real)
    assert made.net_polarization == pytest.approx([0, 0, -longest], abs=1e-4)


def test_a_phase_that_the_box_prefers_is_named():
    # 298 K: the orthorhombic phase, metastable, has nearly the mean strain of twins, and no walls to pay in a small box
    made = phasefield(*BATIO3, 298.0, 7.35, cells=32, spacing=0.26, steps=500)
    assert made.phase == "tetragonal"
    assert made.variants == "[100], [010], [0-10], [-100], [110], [1-10], [-110], [-1-10]"
    assert made.variant_fraction[4:].sum() > 0.9


def test_variants_of_each_phase_and_what_lies_between_them():
    for temperature, phase, counts in ((298.0, "tetragonal", (4, 6)), (208.0, "orthorhombic", (4, 12))):
        state = pattern.minima(BATIO3[0], temperature, 2)[0]
        assert state.phase == phase
        assert tuple(len(pattern.variants(state, n)[0]) for n in (2, 3)) == counts
    state = pattern.minima(BATIO3[0], 118.0, 3)[0]
    assert (state.phase, len(pattern.variants(state, 3)[0])) == ("rhombohedral", 8)
    names, directions = pattern.variants(pattern.minima(CHAIN, 260.0, 2)[0], 2)
    p = np.zeros((3, 40, 10, 1))
    p[0, :20], p[0, 20:] = 0.26, -0.26  # two walls, of 10 cells each, in 400 cells
    p[0, [0, 20]] = 0.1
    found = pattern.composition(p, directions, 0.26523, 0.5)
    assert dict(zip(names, found.fractions, strict=True)) == {"[100]": 0.475, "[010]": 0, "[0-10]": 0, "[-100]": 0.475}
    assert found.wall_density == pytest.approx(2 / (40 * 0.5) * np.pi / 4)


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"spacing": 0.3}, ValueError, r"narrowest wall.*0\.663 nm wide.*Write spacing='0\.265 nm'"),
        ({"temperature": 420.0}, ValueError, "no ferroelectric minimum in the plane at 420 K; minima there: cubic"),
        ({"temperature": 500.0}, ValueError, "no lower bound at 500 K"),
        ({"dimensions": "3"}, ValueError, "Write components='three'"),
        ({"field_z": 1.0}, ValueError, "Write components='three'"),
        ({"steps": 5, "noise": 1e-3}, ArithmeticError, "has not grown yet: write steps=20"),
        ({"temperature": 385.0, "boundary": "free", "noise": 0.02}, ArithmeticError, "write noise='0.2. C/m"),
        ({"timestep": 0.5}, ArithmeticError, r"raised the energy by .* write timestep='0\.0\d+ ps'"),
    ],
)
def test_bad_input_is_refused_with_what_to_type_instead(changed, error, message):
    usual = {"temperature": 298.0, "cells": 16, "spacing": 0.26, "steps": 60}
    with pytest.raises(error, match=message):
        phasefield(*BATIO3, **{**usual, **changed})


def test_the_suggested_time_step_is_taken():
    with pytest.raises(ArithmeticError) as refused:
        phasefield(*BATIO3, 298.0, cells=16, spacing=0.26, steps=300, timestep=0.5)
    suggested = float(str(refused.value).partition("timestep='")[2].partition(" ps")[0])
    made = phasefield(*BATIO3, 298.0, cells=16, spacing=0.26, steps=300, timestep=suggested)
    assert (np.diff(made.energy) <= 1e-12 * np.abs(made.energy[1:])).all()
    assert made.time[-1] == pytest.approx(300 * suggested)


def test_a_step_that_raises_the_energy_is_taken_back_and_halved(monkeypatch):
    # a bound far below the true one: steps must be refused, and the energy must fall all the same
    monkeypatch.setattr(evolution.Medium, "curvature", lambda *_: 5e7)
    made = phasefield(CHAIN, CHAIN_GRADIENT, 260.0, cells=20, spacing=0.13, steps=200, record_every=1, noise=0.2)
    assert made.steps_taken_back > 0
    assert len(made.time) == 201
    assert (np.diff(made.energy) <= 1e-12 * np.abs(made.energy[1:])).all()


@pytest.mark.science
@pytest.mark.timeout(600)
def test_the_demo_ends_in_four_variants(record_property):
    record_property("asked", "4 variants above 5 %, mean |P| 0.33 C/m² (first trial, 256², 2,000 steps)")
    made = phasefield(CHAIN, CHAIN_GRADIENT, 260.0)
    parts = ", ".join(f"{part:.0%}" for part in made.variant_fraction)
    record_property("reached", f"{made.variants_above} variants ({parts}), mean |P| {made.mean_polarization:.3f} C/m²")
    assert made.variants_above == 4
    assert made.mean_polarization == pytest.approx(0.33, rel=0.03)
    assert (np.diff(made.energy) <= 0).all()


@pytest.mark.science
@pytest.mark.timeout(900)
def test_three_components_in_three_dimensions_form_domains(record_property):
    record_property("asked", "64³ of three components: two variants or more above 5 %, an energy that never rises")
    made = phasefield(
        *BATIO3, 298.0, components="three", dimensions="3", cells=64, spacing=0.25, steps=500, noise=0.1, record_every=1
    )
    record_property("reached", f"{made.variants_above} variants, mean |P| {made.mean_polarization:.3f} C/m²")
    assert made.variants_above >= 2
    assert (np.diff(made.energy) <= 0).all()


@pytest.mark.science
def test_the_spontaneous_state_survives_other_coefficients(record_property):
    """A metastable ferroelectric above T0 needs more noise than its barrier, and then holds."""
    record_property("asked", "300 K, 21 K above T0: Ps 0.323 C/m² (first trial) in a free box")
    made = phasefield(CHAIN, CHAIN_GRADIENT, 300.0, boundary="free", cells=32, noise=0.32, steps=3000)
    record_property("reached", f"mean |P| {made.mean_polarization:.3f} C/m²")
    assert made.mean_polarization == pytest.approx(0.323, rel=0.02)
