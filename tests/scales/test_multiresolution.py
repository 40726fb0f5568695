"""Fields taken apart scale by scale, put together again, and thinned with an exact error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.errors import ContractError, ValueRefused
from bridge.scales.blocks import block_mean
from bridge.scales.by_scale import compare_by_scale, energy_by_scale
from bridge.scales.multiresolution import decompose
from bridge.units import Q

SHAPES = {"a line": (1024,), "a plane": (64, 64), "a box": (16, 16, 16), "a long plane": (256, 32)}
ORTHOGONAL = ("haar", "db2", "db8", "sym9", "coif2")


def _field(shape: tuple[int, ...], seed: int = 0) -> Any:
    rng = np.random.default_rng(seed)
    return np.cumsum(rng.normal(size=shape), axis=0) + 2.0


# Apart and back


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("wavelet", [*ORTHOGONAL, "bior2.2"])
def test_a_field_taken_apart_is_put_together_again(wavelet: str, shape: tuple[int, ...]) -> None:
    """To 1e-14 of its largest value (theorem); rounding alone, of filters with up to 18 coefficients."""
    field = _field(shape)
    assert np.abs(decompose(field, wavelet).field() - field).max() <= 1e-14 * np.abs(field).max()


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("wavelet", ORTHOGONAL)
def test_the_parts_of_all_scales_sum_to_the_field_and_are_at_right_angles(wavelet: str, shape: tuple[int, ...]) -> None:
    field = _field(shape)
    apart = decompose(field, wavelet, levels=3)
    parts = np.stack([apart.part(level).ravel() for level in range(1, 5)])
    assert np.allclose(parts.sum(axis=0), field.ravel(), rtol=0, atol=1e-12)
    gram = parts @ parts.T
    assert np.abs(gram - np.diag(np.diag(gram))).max() <= 1e-12 * gram.max()


def test_the_haar_approximation_is_the_block_mean_and_a_detail_half_the_difference() -> None:
    apart = decompose(np.array([1.0, 3.0, 10.0, 20.0]))
    assert apart.approximation.tolist() == [8.5]
    assert apart.details[0].tolist() == [[-1.0, -5.0]]
    assert apart.details[1].tolist() == [[-6.5]]
    wide = _field((32, 32))
    assert np.allclose(decompose(wide, levels=2).approximation, block_mean(4).restrict(wide), atol=1e-14)


def test_units_and_lengths_go_along() -> None:
    apart = decompose(Q(_field((16, 16)), "K"), "db2", levels=2, spacing="500 nm")
    assert apart.field().units == Q("1 K").units
    assert apart.lengths.m_as("um").tolist() == pytest.approx([0.5, 1.0, 2.0])


def test_axes_that_are_not_named_are_left_as_they_are() -> None:
    field = _field((3, 16, 16))
    apart = decompose(field, axes=(1, 2))
    assert apart.approximation.shape == (3, 1, 1)
    assert np.allclose(apart.approximation[:, 0, 0], field.mean(axis=(1, 2)))
    assert np.allclose(apart.field(), field, rtol=0, atol=1e-13)


# Energy, error and correlation by scale


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("wavelet", ORTHOGONAL)
def test_energies_of_all_scales_sum_to_that_of_the_field(wavelet: str, shape: tuple[int, ...]) -> None:
    """Parseval: to 1e-14 (theorem; 1.3e-15 measured), with Haar to 1e-15."""
    found = energy_by_scale(_field(shape), wavelet)
    assert found.energy.sum() == pytest.approx(found.total, rel=1e-15 if wavelet == "haar" else 1e-14, abs=0)


@pytest.mark.parametrize("seed", range(8))
def test_errors_of_all_scales_sum_to_the_total_to_the_last_digits(seed: int) -> None:
    """1e-15 relative (theorem), on whole fields and on observations with gaps, of any shape."""
    rng = np.random.default_rng(seed)
    for shape in ((512,), (64, 64), (16, 8, 16), (1000,), (37, 50), (5, 9, 11)):
        model, observed = rng.normal(3, 1, shape), rng.normal(3, 1, shape)
        whole = compare_by_scale(model, observed)
        assert whole.error.sum() == pytest.approx(((model - observed) ** 2).sum(), rel=1e-15, abs=0)
        observed[rng.random(shape) < 0.3] = np.nan
        there = compare_by_scale(model, observed, where=np.isfinite(observed))
        assert there.error.sum() == pytest.approx(np.nansum((model - observed) ** 2), rel=1e-15, abs=0)
        assert there.count == np.isfinite(observed).sum()


def test_energies_by_blocks_and_by_haar_coefficients_are_the_same() -> None:
    field = _field((64, 32))
    apart = decompose(field, levels=4)
    by_coefficients = [apart.points(j) * (apart.details[j - 1] ** 2).sum() for j in range(1, 5)]
    found = energy_by_scale(field, levels=4)
    assert np.allclose(found.energy[:-1], by_coefficients, rtol=1e-13)
    assert np.allclose(found.share.sum(), 1.0)


def test_a_wave_lies_at_its_own_length() -> None:
    """Square waves of 8 cells a period change between averages over 4 cells, and nowhere else."""
    wave = Q(np.where(np.arange(64) // 4 % 2, 1.0, -1.0), "Pa")
    found = energy_by_scale(wave, spacing="0.5 mm")
    assert found.energy.m_as("Pa^2").tolist() == [0, 0, 64, 0, 0, 0, 0]
    assert found.length.m_as("mm").tolist() == [0.5, 1, 2, 4, 8, 16, 32]


def test_a_model_that_misses_the_small_scales_is_right_at_the_large_ones() -> None:
    observed = Q(_field((64, 64), seed=3), "degC").to("K")
    smooth = block_mean(8).lift(block_mean(8).restrict(observed))
    found = compare_by_scale(smooth, observed, spacing="1 km")
    assert np.allclose(found.relative[:3], 1.0)
    assert np.all(found.relative[3:] < 1e-12)
    assert np.isnan(found.correlation[:3]).all(), "a field without anything at a scale has no correlation there"
    assert np.allclose(found.correlation[3:], 1.0)
    assert found.root_mean_square.units == Q("1 K").units
    assert found.error.sum().m_as("K^2") == pytest.approx(((smooth - observed).m_as("K") ** 2).sum(), rel=1e-14)


def test_units_of_the_second_field_are_those_of_the_first() -> None:
    field = _field((32,))
    found = compare_by_scale(Q(field, "m"), Q(100 * field, "cm"))
    assert found.total.m_as("m^2") == pytest.approx(0.0, abs=1e-24)


def test_gaps_are_left_out_exactly() -> None:
    """Points that are not there have no say: whatever stands in them, the numbers are the same."""
    model, observed = _field((20, 30)), _field((20, 30), seed=1)
    there = np.random.default_rng(2).random((20, 30)) < 0.6
    first = compare_by_scale(model, np.where(there, observed, np.nan), where=there)
    second = compare_by_scale(np.where(there, model, 1e6), np.where(there, observed, -7.0), where=there)
    assert np.array_equal(first.error, second.error)
    assert np.array_equal(first.correlation, second.correlation)


# Level of detail


@pytest.mark.parametrize("wavelet", ORTHOGONAL)
def test_the_squared_error_is_the_sum_of_the_squares_left_out(wavelet: str) -> None:
    field = _field((64, 64))
    for kept in (decompose(field, wavelet).keep_largest(200), decompose(field, wavelet).keep_coarser(4)):
        true = ((kept.field() - field) ** 2).sum()
        assert kept.squared_error == pytest.approx(true, rel=1e-12)


@given(
    values=st.lists(st.integers(-128, 127), min_size=64, max_size=64),
    count=st.integers(0, 64),
    shape=st.sampled_from([(64,), (8, 8), (4, 4, 4)]),
)
@settings(max_examples=40)
def test_of_whole_numbers_the_error_is_exact_to_the_last_bit(
    values: list[int], count: int, shape: tuple[int, ...]
) -> None:
    """Means and differences of bytes over blocks of 64 are exact in floating point, and so is their error."""
    field = np.reshape(values, shape).astype(float)
    kept = decompose(field).keep_largest(count)
    assert kept.squared_error == ((kept.field() - field) ** 2).sum()
    assert kept.coefficients == count


def test_no_other_choice_of_as_many_coefficients_errs_less() -> None:
    field = _field((16,))
    apart = decompose(field)
    best = apart.keep_largest(5).squared_error
    rng = np.random.default_rng(0)
    for _ in range(200):
        chosen = np.zeros(16, bool)
        chosen[rng.choice(16, 5, replace=False)] = True
        other = apart._kept(chosen[:1], [chosen[8:][None], chosen[4:8][None], chosen[2:4][None], chosen[1:2][None]])
        assert other.squared_error >= best * (1 - 1e-12)


@pytest.mark.parametrize("error", ["1 K", "200 mK", "0.05 K", "0 K"])
def test_within_a_tolerance_as_few_coefficients_are_kept_as_can_be(error: str) -> None:
    apart = decompose(Q(_field((32, 32)), "K"), "db2")
    kept = apart.keep_within(error)
    assert kept.error <= Q(error)
    if kept.coefficients and error != "0 K":
        assert apart.keep_largest(kept.coefficients - 1).error > Q(error)
    assert kept.error.m_as("K") == pytest.approx(
        np.sqrt(np.mean((kept.field() - apart.field()).m_as("K") ** 2)), abs=1e-13
    )


def test_keeping_what_is_coarser_leaves_out_whole_scales() -> None:
    apart = decompose(_field((64,)), spacing="1 um")
    kept = apart.keep_coarser("4 um")
    assert [bool(np.any(d)) for d in kept.multiresolution.details] == [False, False, True, True, True, True]
    assert kept.coefficients == 16
    assert np.allclose(kept.field(), np.repeat(block_mean(4).restrict(_field((64,))), 4), atol=1e-13)


# Refusals


def _gap() -> Any:
    field = np.ones((8, 8))
    field[2, 3] = np.nan
    return field


@pytest.mark.parametrize(
    ("ask", "error", "said"),
    [
        (lambda: decompose(_gap()), ValueRefused, r"field\[2, 3\] is nan, and 1 of 64 are not finite. Fill them in"),
        (lambda: energy_by_scale(_gap()), ValueRefused, r"where=np.isfinite\(observed\)"),
        (lambda: compare_by_scale(np.ones((8, 8)), _gap()), ValueRefused, r"the second field: value\[2, 3\]"),
        (
            lambda: compare_by_scale(_gap(), _gap(), "db2", where=np.isfinite(_gap())),
            ContractError,
            "'db2' needs the whole field, and where leaves gaps. Write wavelet='haar'",
        ),
        (lambda: energy_by_scale(np.ones(4), where=[1, 0, 1, 1]), ContractError, "where is an array of bool"),
        (lambda: energy_by_scale(np.ones(4), where=np.zeros(4, bool)), ContractError, "where leaves no point"),
        (lambda: decompose(np.ones((9, 8))), ContractError, "a size is odd"),
        (lambda: decompose(np.ones(8), levels=4), ContractError, "takes 16 points of axis 0 to one, and there are 8"),
        (lambda: energy_by_scale(np.ones(8), levels=4), ContractError, "after 3 halvings one block is left"),
        (lambda: energy_by_scale(np.ones(8), "bior2.2"), ContractError, "its energies do not add up. Write 'haar'"),
        (lambda: decompose(np.ones(8), "bior2.2").keep_largest(2), ContractError, "is not orthogonal"),
        (lambda: energy_by_scale(Q(np.ones(8), "degC")), ContractError, "where degree_Celsius has its zero"),
        (lambda: decompose(Q(np.ones(8), "degC")), ContractError, "where degree_Celsius has its zero"),
        (lambda: compare_by_scale(np.ones(8), np.ones(4)), ContractError, r"block_mean\(factor\).restrict\(field\)"),
        (lambda: compare_by_scale(Q(np.ones(8), "K"), np.ones(8)), ContractError, "one is in kelvin, the other a bare"),
        (lambda: compare_by_scale(Q(np.ones(8), "K"), Q(np.ones(8), "m")), ContractError, "does not convert"),
        (lambda: energy_by_scale(np.ones(8), spacing=0), ContractError, "cells have a side above nought"),
        (lambda: energy_by_scale(np.ones(8), spacing=(1, 2)), ContractError, "spacing is one number for all axes"),
        (lambda: decompose(np.ones(8)).keep_largest(9), ContractError, "has 8 coefficients, got count=9"),
        (lambda: decompose(Q(np.ones(8), "K")).keep_within(0.1), ContractError, "one is in kelvin, the other a bare"),
        (lambda: decompose(np.ones(8), spacing="1 m").keep_coarser(2.0), ContractError, "length and spacing"),
        (lambda: decompose(np.ones(8)).part(5), ContractError, "levels go up to 3, 4 is the approximation"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_to_type(
    ask: Callable[[], Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        ask()
