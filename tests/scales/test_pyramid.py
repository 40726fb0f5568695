"""Pyramids of fields, against every block looked at by itself, and against energies by scale."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.errors import ContractError
from bridge.scales import pyramid as module
from bridge.scales.by_scale import energy_by_scale
from bridge.scales.pyramid import Level, kept_as, pyramid


@st.composite
def fields(draw: st.DrawFn, gaps: bool = True) -> tuple[np.ndarray, tuple[int, ...]]:
    """A field of any shape, with gaps or without, and the axes that are halved."""
    shape = tuple(draw(st.lists(st.integers(1, 11), min_size=1, max_size=3)))
    axes = tuple(draw(st.sets(st.integers(0, len(shape) - 1))))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    field = random.normal(draw(st.sampled_from([0.0, 300.0])), 1, shape)
    if gaps:
        bad = random.random(shape) < draw(st.sampled_from([0.0, 0.2, 0.9, 1.0]))
        field[bad] = random.choice([np.nan, np.inf, -np.inf], bad.sum())
    return field, axes


def blocks(field: np.ndarray, axes: tuple[int, ...], level: int) -> Any:
    """Every block of a level: where it stands, and the points in it."""
    widths = [2**level if axis in axes else 1 for axis in range(field.ndim)]
    counts = [-(-n // width) for n, width in zip(field.shape, widths, strict=True)]
    for index in itertools.product(*map(range, counts)):
        yield index, field[tuple(slice(i * w, (i + 1) * w) for i, w in zip(index, widths, strict=True))]


@given(fields())
@settings(max_examples=120)
def test_every_block_holds_mean_extremes_and_gaps_of_its_finite_points(given: Any) -> None:
    field, axes = given
    made = pyramid(field, axes)
    assert made.missing == (~np.isfinite(field)).sum()
    for number, level in enumerate(made.levels[1:], start=1):
        count = 0
        for index, block in blocks(field, axes, number):
            count += 1
            there = block[np.isfinite(block)]
            if there.size:
                assert level.mean[index] == pytest.approx(there.mean(), rel=1e-12, abs=1e-12)
                assert (level.lowest[index], level.highest[index]) == (there.min(), there.max())
            else:
                assert np.isnan([level.mean[index], level.lowest[index], level.highest[index]]).all()
            assert (0 if level.missing is None else level.missing[index]) == block.size - there.size
        assert count == level.mean.size
    assert all(made.levels[-1].mean.shape[axis] == 1 for axis in axes)


@given(fields())
@settings(max_examples=120)
def test_energies_are_those_by_scale(given: Any) -> None:
    field, axes = given
    there = np.isfinite(field)
    made = pyramid(field, axes).energy
    if not there.any():
        assert (made.energy == 0).all()
        assert made.count == 0
        return
    theirs = energy_by_scale(field, where=there, axes=axes or None)
    if axes:
        assert made.length.tolist() == theirs.length.tolist()
        assert made.energy == pytest.approx(theirs.energy, rel=1e-11, abs=1e-13 * theirs.total)
    assert made.total == pytest.approx(theirs.total, rel=1e-13)
    assert made.count == theirs.count


def test_small_details_on_a_large_mean_are_not_lost_in_rounding() -> None:
    field = 1e6 + 1e-4 * np.random.default_rng(0).normal(size=(128, 96))
    mine, theirs = pyramid(field, (0, 1)).energy.energy, energy_by_scale(field).energy
    assert mine == pytest.approx(theirs, rel=1e-4)  # differences of squares would be wrong by their own size here


@pytest.mark.parametrize("slab", [1, 7, 64, 1000])
def test_slabs_change_nothing_but_rounding(slab: int, monkeypatch: pytest.MonkeyPatch) -> None:
    field = np.random.default_rng(1).normal(size=(13, 22, 9))
    field[3, 5:9] = np.nan
    whole = pyramid(field, (0, 2))
    monkeypatch.setattr(module, "_SLAB", slab)
    parts = pyramid(field, (0, 2))
    for one, other in zip(whole.levels, parts.levels, strict=True):
        for name in ("mean", "lowest", "highest", "missing"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert parts.energy.energy == pytest.approx(whole.energy.energy, rel=1e-13)


@pytest.mark.parametrize(
    ("dtype", "kept"),
    [("float16", "float32"), ("float32", "float32"), ("float64", "float64"), ("bool", "float32"), ("int8", "float32"),
     ("uint16", "float32"), ("int32", "float64"), ("int64", "float64"), ("complex64", "float32"),
     ("complex128", "float64")],
)  # fmt: skip
def test_every_type_is_kept_where_its_values_are_exact(dtype: str, kept: str) -> None:
    random = np.random.default_rng(2)
    field = (random.normal(size=(37, 40)) * (1 + 1j if dtype.startswith("complex") else 30)).astype(dtype)
    level = pyramid(field, (0, 1)).levels[1]
    assert kept_as(dtype) == level.mean.dtype == level.lowest.dtype == level.highest.dtype == kept
    real = np.abs(field) if field.dtype.kind == "c" else field
    for index, block in blocks(real, (0, 1), 1):
        assert (level.lowest[index], level.highest[index]) == (block.min(), block.max())
        assert level.mean[index] == pytest.approx(block.mean(dtype=np.float64), rel=1e-6, abs=1e-6)


def test_a_mean_of_single_precision_is_rounded_once() -> None:
    field = np.random.default_rng(3).normal(1000, 1, (512, 512)).astype(np.float32)
    coarsest = pyramid(field, (0, 1)).levels[-1].mean[0, 0]
    assert coarsest == np.float32(field.mean(dtype=np.float64))


def test_the_largest_numbers_have_means_and_infinite_energy() -> None:
    field = np.array([[1.5e308, -1.5e308], [1.7e308, 1.7e308]])
    made = pyramid(field, (0, 1))
    assert made.levels[1].mean[0, 0] == pytest.approx(0.85e308)
    assert np.isinf(made.energy.energy).all()


def test_complex_fields_are_looked_at_by_their_modulus() -> None:
    field = np.exp(1j * np.linspace(0, 6, 64)).reshape(8, 8)
    assert pyramid(field, (0, 1)).levels[3].mean[0, 0] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("values", "axes", "said"),
    [
        (np.array(["a"]), (0,), "made of numbers"),
        (np.zeros((3, 3)), (0, 2), "different ones from 0 to 1"),
        (np.zeros((3, 3)), (1, 1), "different ones from 0 to 1"),
        (np.zeros((0, 3)), (1,), "no point"),
    ],
)
def test_what_has_no_pyramid_is_refused(values: np.ndarray, axes: tuple[int, ...], said: str) -> None:
    with pytest.raises(ContractError, match=said):
        pyramid(values, axes)


def test_the_first_level_is_the_field_itself() -> None:
    field = np.ones((4, 4))
    assert all(getattr(pyramid(field, (0, 1)).levels[0], name) is field for name in ("mean", "lowest", "highest"))
    assert isinstance(pyramid(field, ()).levels[0], Level)


@pytest.mark.science
def test_a_large_field_is_halved_in_the_time_of_some_passes_over_it(record_property: Callable[..., None]) -> None:
    record_property("asked", "2048 x 2048: all levels within 40 passes of a copy and a sum over the field, or 1 s")
    field = np.random.default_rng(4).normal(size=(2048, 2048))
    start = time.process_time()
    _ = [field.copy().sum() for _ in range(3)]
    passes = (time.process_time() - start) / 3
    start = time.process_time()
    pyramid(field, (0, 1))
    took = time.process_time() - start
    record_property("reached", f"{took / passes:.0f} passes, {took:.2f} CPU-s")
    assert took < max(40 * passes, 1.0)
