"""Strains of a virus, as courses of an epidemic take them."""

import numpy as np
import pytest
from bridge_epidemic.ports import names
from bridge_epidemic.transmission.generation import stages
from bridge_epidemic.transmission.strains import strains, two_strains

from bridge import BridgeError, Q
from bridge.testing import check_model


def test_a_variant_is_so_many_times_as_transmissible_and_nothing_else():
    found = two_strains(transmissibility_ratio=1.5)
    assert names(found.strains.strains) == ["D614G", "BA.1"]
    np.testing.assert_allclose(found.strains.reproduction_number, [2.87, 2.87 * 1.5], rtol=1e-15)
    for name in ("latent_period", "infectious_period", "seeds", "seed_day", "imported"):
        assert np.ptp(getattr(found.strains, name)) == 0
        assert getattr(found.strains, name).shape == (2,)


def test_the_default_has_the_generation_time_of_british_households():
    """5.9 and 4.8 d, W. S. Hart et al., eLife 11, e70767 (2022); periods are written to two decimals."""
    found = two_strains()
    np.testing.assert_allclose(found.generation_time, 5.9, rtol=1e-12)
    np.testing.assert_allclose(found.generation_time_spread, 4.8, rtol=5e-4)
    matched = stages(5.9, 4.8)
    assert (matched.latent_period, matched.infectious_period) == pytest.approx((1.27, 4.63), abs=5e-3)


def test_texts_give_one_number_or_one_for_each():
    found = check_model(
        two_strains, names=" Delta ,  BA.1", reproduction_number=5.0, latent_period="2 d, 36 h",
        infectious_period="3 d", seeds="10, 20", seed_day="0 d, 4 week", imported="7 1/week",
    )  # fmt: skip
    assert names(found["strains"]["strains"]) == ["Delta", "BA.1"]
    np.testing.assert_allclose(found["strains"]["latent_period"], [2.0, 1.5])
    np.testing.assert_allclose(found["strains"]["seed_day"], [0.0, 28.0])
    np.testing.assert_allclose(found["strains"]["imported"], [1.0, 1.0])
    np.testing.assert_allclose(found["generation_time"], [5.0, 4.5])


def test_any_number_of_strains():
    found = check_model(
        strains, names="a, b, c", reproduction_number=np.array([1.0, 2.0, 3.0]), latent_period="0 d", latent_stages=0,
        infectious_period=Q([2.0, 3.0, 4.0], "d"), infectious_stages=3,
    )  # fmt: skip
    assert found["strains"]["infectious_stages"] == 3
    np.testing.assert_allclose(found["generation_time"], np.array([2.0, 3.0, 4.0]) * 4 / 6)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"names": "BA.1"}, "takes two names with a comma between, got 'BA.1'"),
        ({"names": "a, b, c"}, "epidemic.strains for another number"),
        ({"names": "a, a"}, "'a' is written 2 times"),
        ({"names": " , "}, "no strain is named"),
        ({"names": "a\nb, c"}, "line break"),
        ({"latent_period": np.zeros(1)}, "latent_stages is 1, and a latent period is 0 d"),
        ({"latent_stages": 0}, "latent_stages is 0, and a latent period is 1.27 d"),
        ({"seeds": np.array([1.0, 2.0, 3.0])}, "seeds has 3 numbers for 2 strains"),
        ({"seeds": np.array([0.5])}, "0.5 people"),
    ],
)
def test_what_is_no_pair_of_strains_is_refused(given, words):
    with pytest.raises(ValueError, match=words):
        two_strains(**given)


def test_ranges_are_refused_by_the_contract():
    for given in ({"transmissibility_ratio": -1.0}, {"seed_day": "-1 d"}, {"reproduction_number": "3 1/d"}):
        with pytest.raises(BridgeError, match=next(iter(given))):
            check_model(two_strains, **given)
