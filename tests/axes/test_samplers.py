"""Samplers: strata, balance, and the same points for ever."""

from __future__ import annotations

import re

import numpy as np
import pytest

from bridge import Normal, Uniform
from bridge.axes.points import product
from bridge.axes.samplers import SAMPLERS, check_samples, from_unit_cube, sampled, unit_cube
from bridge.errors import BridgeError, ContractError

NAMES = ["a", "b", "c"]

#: Four samples with seed 7, as scipy 1.17.1 and numpy 2.4.6 drew them on 2026-11-21. They are part of the format:
#: a sweep that is asked for again finds its results only if it asks at the same points.
PINNED = {
    "sobol": [
        [0.6504268515855074, 0.9173101615160704, 0.10045647248625755],
        [0.1471061259508133, 0.25034659542143345, 0.6244625495746732],
        [0.4642063342034817, 0.6283815763890743, 0.35680509079247713],
        [0.9608894269913435, 0.03955060988664627, 0.8642092309892178],
    ],
    "latin": [
        [0.550535203289161, 0.986726529185899, 0.6021622206425259],
        [0.7827937141624411, 0.31766508328093845, 0.45770972799899345],
        [0.4779268980553646, 0.06724343912166084, 0.9848198345719372],
        [0.17267309355591354, 0.6153376806072841, 0.036735590768642024],
    ],
    "random": [
        [0.6172647474519394, 0.5581043863286617, 0.8234659182675702],
        [0.412276645385638, 0.7458131903132532, 0.9346328250474824],
        [0.29306602159179695, 0.32890006982294384, 0.2034370207077576],
        [0.24935553037806413, 0.8936413007971986, 0.919868339512637],
    ],
}


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_seed_gives_the_same_samples_for_ever(sampler: str) -> None:
    assert unit_cube(sampler, 4, NAMES, 7).tolist() == PINNED[sampler]
    assert unit_cube(sampler, 4, NAMES, 8).tolist() != PINNED[sampler]


def test_a_latin_hypercube_has_one_sample_in_every_slice_of_every_axis() -> None:
    cube = unit_cube("latin", 101, NAMES, 3)
    for column in cube.T:
        assert sorted((column * 101).astype(int)) == list(range(101))


def test_the_sobol_sequence_is_balanced_in_every_elementary_box() -> None:
    """A (0, m, 2)-net: every box of 2^-j by 2^-(m-j) holds one of 2^m points (Niederreiter 1992, Def. 4.1)."""
    m = 7
    cube = unit_cube("sobol", 2**m, ["a", "b"], 5)
    for j in range(m + 1):
        boxes = set(zip((cube[:, 0] * 2**j).astype(int), (cube[:, 1] * 2 ** (m - j)).astype(int), strict=True))
        assert len(boxes) == 2**m


@pytest.mark.parametrize("sampler", ["sobol", "random"])
def test_more_samples_begin_with_the_fewer(sampler: str) -> None:
    assert np.array_equal(unit_cube(sampler, 64, NAMES, 1)[:16], unit_cube(sampler, 16, NAMES, 1))


def test_independent_samples_have_the_moments_of_even_chances() -> None:
    cube = unit_cube("random", 100_000, NAMES, 0)
    np.testing.assert_allclose(cube.mean(axis=0), 0.5, atol=5 / np.sqrt(12 * 100_000))  # five standard errors
    np.testing.assert_allclose(np.corrcoef(cube.T) - np.eye(3), 0, atol=5 / np.sqrt(100_000))


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_order_of_the_axes_changes_no_sample(sampler: str) -> None:
    a, b = Normal("900 K", "10 K"), Uniform("1 MPa", "2 MPa")
    one = product([sampled({"a": a, "b": b}, 16, sampler, 2)])
    other = product([sampled({"b": b, "a": a}, 16, sampler, 2)])
    assert [one.at(i) for i in range(16)] == [{"a": p["a"], "b": p["b"]} for p in map(other.at, range(16))]


def test_samples_are_quantiles_of_the_cube() -> None:
    points = from_unit_cube([[0.5, 0.0], [0.5, 1.0], [0.975, 0.25]], {"a": Normal("0 K", "1 K"), "b": Uniform(2, 4)})
    a, b = points.columns["a"], points.columns["b"]
    assert points.dims == {"sample": 3}
    assert a.values.tolist() == [0.0, pytest.approx(1.959964, abs=1e-6)]  # equal numbers are one value
    assert points.places("a").tolist() == [0, 0, 1]
    np.testing.assert_allclose(b.values, [2, 4, 2.5], rtol=1e-15)
    assert (a.unit, b.unit) == ("K", "")


def test_the_faces_of_the_cube_are_finite_values() -> None:
    points = from_unit_cube([[0.0], [1.0]], {"a": Normal("0 K", "1 K")})
    np.testing.assert_allclose(points.columns["a"].values, [-8.2, 8.2], atol=0.1)


def test_what_was_drawn_is_recorded() -> None:
    group = sampled({"a": Normal("900 K", "10 K")}, 4, "lhs", 3)
    assert group.columns[0].origin == {
        "distribution": "900 K ± 10 K",
        "mean": 900.0,
        "sd": 10.0,
        "sampler": "latin",
        "samples": 4,
        "seed": 3,
    }


@pytest.mark.parametrize(
    ("sampler", "samples", "seed", "said"),
    [
        ("sobol", 1000, 0, "Write --samples 512 or --samples 1024, or --sampler latin."),
        ("sobol", 3, 0, "Write --samples 2 or --samples 4"),
        ("latin", 0, 0, "samples=0: draw one sample at least"),
        ("random", -1, 0, "samples=-1: draw one sample at least"),
        ("random", True, 0, "samples=True: draw one sample at least"),
        ("random", 4, -1, "seed=-1: a seed is a whole number from nought"),
        ("sobl", 4, 0, "no sampler is named 'sobl'. Did you mean 'sobol'?"),
    ],
)
def test_a_number_of_samples_that_cannot_be(sampler: str, samples: int, seed: int, said: str) -> None:
    with pytest.raises(BridgeError, match=re.escape(said)):
        check_samples(sampler, samples, seed)


def test_a_design_that_does_not_fit_its_distributions() -> None:
    some = {"a": Normal(0, 1), "b": Normal(0, 1)}
    with pytest.raises(ContractError, match=r"samples of shape \(4, 3\) do not fit 2 distributions"):
        from_unit_cube(np.zeros((4, 3)), some)
    with pytest.raises(ContractError, match="outside the unit cube"):
        from_unit_cube([[0.5, 1.5]], some)
    with pytest.raises(ContractError, match="outside the unit cube"):
        from_unit_cube([[0.5, np.nan]], some)
    with pytest.raises(ContractError, match="gives values out of the range"):
        from_unit_cube([[0.5, 0.999]], {"a": Normal(0, 1), "b": Normal("0 K", "1e308 K")})
