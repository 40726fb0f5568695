"""The deformation map against the models it extends."""

import struct

import numpy as np
import pytest
from bridge_creep.map import KJ_PER_MOL, deformation_map
from bridge_creep.rates import coble, nabarro_herring
from scipy.constants import R

FORMATION, MIGRATION, VOLUME = 1.224, 0.79, 11.57


def diffusivity(temperature):
    return 1.0e-5 * np.exp(-(FORMATION + MIGRATION) * KJ_PER_MOL * 1e3 / (R * temperature))


def rates(temperature, grain_size, stress=1.0):
    lattice = nabarro_herring(diffusivity(temperature), stress, temperature, grain_size, VOLUME)
    return lattice.strain_rate, coble(stress, temperature, grain_size, VOLUME).strain_rate


def mapped(temperature=900.0, grain_size=50.0, **settings):
    return deformation_map(
        *rates(temperature, grain_size), FORMATION, MIGRATION, 1.0, temperature, grain_size, **settings
    )


@pytest.fixture(scope="module")
def here():
    return mapped(resolution=31, material="copper")


def test_the_map_is_what_the_models_give_everywhere(here):
    expected = np.array([[rates(t, d) for t in here.temperature] for d in here.grain_size])
    assert here.strain_rate == pytest.approx(expected.sum(axis=2), rel=1e-9)
    assert here.boundary_share == pytest.approx(expected[..., 1] / expected.sum(axis=2), rel=1e-9)


def test_the_map_does_not_depend_on_where_its_rates_were_computed(here):
    elsewhere = mapped(temperature=1200.0, grain_size=1.0, resolution=31)
    assert elsewhere.strain_rate == pytest.approx(here.strain_rate, rel=1e-9)


def test_both_mechanisms_share_alike_at_the_crossover(here):
    boundary = [coble(1.0, t, 1.0, VOLUME).boundary_diffusivity for t in here.temperature]
    assert here.crossover == pytest.approx(np.pi * np.array(boundary) / diffusivity(here.temperature) * 1e6, rel=1e-9)
    fine = here.grain_size[:, None] < here.crossover
    assert np.array_equal(here.boundary_share > 0.5, fine)
    assert fine.any()
    assert not fine.all()


def test_hotter_and_finer_creeps_faster(here):
    assert (np.diff(here.strain_rate, axis=1) > 0).all()
    assert (np.diff(here.strain_rate, axis=0) < 0).all()


def test_the_rate_at_the_chains_own_point_is_the_sum_of_its_two(here):
    assert here.total_strain_rate == pytest.approx(sum(rates(900.0, 50.0)))


def test_the_picture_is_the_same_bytes_for_the_same_numbers(here):
    again = mapped(resolution=31, material="copper")
    assert again.picture == here.picture
    assert struct.unpack(">II", here.picture.content[16:24]) == (1080, 810)


@pytest.mark.parametrize("place", [(300.0, 0.01), (1250.0, 900.0)])
def test_a_point_off_the_map_or_in_its_corner_draws(place):
    assert mapped(*place, resolution=5).picture.media_type == "image/png"


def test_a_map_from_hot_to_cold_is_refused():
    with pytest.raises(ValueError, match="Write coldest below hottest"):
        mapped(coldest=1000.0, hottest=900.0)
