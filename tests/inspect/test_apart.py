"""Two fields, and two curves, of one port side by side: how far apart they are, where, and at which scales."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bridge.errors import ContractError
from bridge.inspect.explain import by_scale
from bridge.inspect.explain.by_scale import aligned, apart, plane_of
from bridge.inspect.explain.by_scale_text import lengths, percent, sentence
from bridge.inspect.explain.curves import curve, difference, in_units_of
from bridge.ports import record_of
from bridge.scales.by_scale import Comparison, compare_by_scale
from bridge.store.pyramids.levels import FieldLevels
from bridge.store.pyramids.opening import levels_of
from bridge.store.store import Store
from bridge.units import Q


def opened(tmp_path: Path, values: NDArray[Any], unit: str = "K", dims: tuple[str, ...] | None = None) -> FieldLevels:
    """A field without coordinates, as it is opened from a store."""
    names = dims or tuple("uvw"[: values.ndim])
    kind = dataclass(frozen=True)(
        type("Field", (), {"__annotations__": {"field": Annotated[NDArray[values.dtype.type], unit, names]}})
    )
    store = Store(tmp_path / "store")
    store.prepare()
    key = f"{abs(hash((values.tobytes(), unit, names))):064x}"
    store.commit(key, record_of(kind), {"field": values}, {"model": "m", "run": "r", "stage": "s", "inputs": {}})
    return levels_of(store, key, ("field",))


@pytest.fixture
def draw() -> np.random.Generator:
    return np.random.default_rng(7)


# Fields


def test_differences_are_those_of_numpy(tmp_path: Path, draw: np.random.Generator) -> None:
    a, b = draw.normal(size=(2, 40, 56))
    found = apart(opened(tmp_path, a), opened(tmp_path, b))
    gap = b - a
    assert (found.low, found.high) == (gap.min(), gap.max())
    assert found.mean == pytest.approx(gap.mean())
    assert found.rms == pytest.approx(np.sqrt((gap**2).mean()))
    assert found.relative == pytest.approx(np.sqrt((gap**2).sum() / (a**2).sum()))
    row, column = np.unravel_index(np.abs(gap).argmax(), gap.shape)
    assert found.where == (f"u {row}", f"v {column}")


@pytest.mark.parametrize("shape", [(64, 64), (37, 90), (33, 40, 36)])
def test_scales_are_those_of_compare_by_scale(
    tmp_path: Path, draw: np.random.Generator, shape: tuple[int, ...]
) -> None:
    a = draw.normal(size=shape)
    b = a + 0.1 * draw.normal(size=shape)
    a[draw.random(shape) < 0.1] = np.nan
    found = apart(opened(tmp_path, a), opened(tmp_path, b)).scales
    wanted = compare_by_scale(np.where(np.isnan(a), 0, b), np.where(np.isnan(a), 0, a), where=np.isfinite(a))
    assert found is not None
    assert found.count == np.isfinite(a).sum()
    for mine, its in ((found.error.magnitude, wanted.error), (found.energy.magnitude, wanted.energy)):
        np.testing.assert_allclose(mine, its, rtol=1e-9)
    np.testing.assert_allclose(found.correlation, wanted.correlation, atol=1e-9)


def test_another_unit_makes_no_difference(tmp_path: Path, draw: np.random.Generator) -> None:
    a = 300 + draw.normal(size=(40, 40))
    found = apart(opened(tmp_path, a, "K"), opened(tmp_path, a - 273.15, "degC"))
    assert found.unit == "K"
    assert found.rms < 1e-12
    back = apart(opened(tmp_path, a - 273.15, "degC"), opened(tmp_path, a + 2, "K"))
    assert back.unit == "degC"
    assert back.mean == pytest.approx(2)
    assert back.scales is not None
    assert back.scales.energy.units == back.scales.error.units


def test_the_finer_field_is_compared_by_its_blocks(tmp_path: Path, draw: np.random.Generator) -> None:
    coarse = draw.normal(size=(40, 48))
    fine = np.kron(coarse, np.ones((4, 4))) + np.tile([[1.0, -1.0], [-1.0, 1.0]], (80, 96))
    for a, b, word in ((coarse, fine, "B is finer"), (fine, coarse, "A is finer")):
        found = apart(opened(tmp_path, a), opened(tmp_path, b))
        assert found.rms < 1e-12
        assert word in found.remarks[0]
        assert "blocks of 4" in found.remarks[0]


@pytest.mark.parametrize(
    ("a", "b", "said"),
    [
        (((40, 40), "K", ("u", "v")), ((40, 41), "K", ("u", "v")), "40×40 in A and 40×41 in B"),
        (((40, 40), "K", ("u", "v")), ((80, 40), "K", ("u", "v")), "40×40 in A and 80×40 in B"),
        (((40, 40), "K", ("u", "v")), ((40, 40), "m", ("u", "v")), "in K in A and in m in B"),
        (((40, 40), "K", ("u", "v")), ((40, 40), "K", ("v", "u")), "over u, v in A and over v, u in B"),
    ],
)
def test_what_cannot_be_compared_says_why(tmp_path: Path, a: Any, b: Any, said: str) -> None:
    fields = [opened(tmp_path, np.zeros(shape) + i, unit, dims) for i, (shape, unit, dims) in enumerate((a, b))]
    with pytest.raises(ContractError, match=said):
        aligned(*fields)


def test_fields_without_a_common_point_are_refused(tmp_path: Path) -> None:
    a, b = np.full((40, 40), np.nan), np.zeros((40, 40))
    with pytest.raises(ContractError, match="no point"):
        apart(opened(tmp_path, a), opened(tmp_path, b))


def test_large_fields_are_compared_by_means_and_it_is_said(
    tmp_path: Path, draw: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    a = draw.normal(size=(256, 256))
    monkeypatch.setattr(by_scale, "LARGEST", 64 * 64)
    found = apart(opened(tmp_path, a), opened(tmp_path, a + 1))
    assert found.points == 64 * 64
    assert found.mean == pytest.approx(1)
    assert "blocks of 4" in found.remarks[0]
    assert found.scales is not None
    assert lengths(found.scales)[0] == "4 cells"


def test_a_field_that_is_no_space_is_not_told_by_scale(tmp_path: Path) -> None:
    found = apart(opened(tmp_path, np.zeros((8, 6))), opened(tmp_path, np.ones((8, 6))))
    assert found.scales is None
    assert "no dimension" in found.remarks[0].lower()


def test_numbers_whose_squares_have_no_room_are_not_told_by_scale(tmp_path: Path, draw: np.random.Generator) -> None:
    a = 1e300 * draw.normal(size=(40, 40))
    found = apart(opened(tmp_path, a), opened(tmp_path, -a))
    assert found.scales is None
    assert found.relative == pytest.approx(2)
    assert math.isfinite(found.rms)


def test_a_plane_is_the_same_part_of_both_fields(tmp_path: Path, draw: np.random.Generator) -> None:
    a = draw.normal(size=(5, 40, 48))
    one, other = opened(tmp_path, a), opened(tmp_path, a + 1)
    found = plane_of(one, other, (1, 2), {0: 3})
    np.testing.assert_array_equal(found.a, a[3])
    np.testing.assert_allclose(found.difference, 1)
    assert found.held == ((0, "u", 3, 5),)
    np.testing.assert_array_equal(plane_of(one, other, (2, 1), {0: 3}).a, a[3].T)
    with pytest.raises(ContractError, match="0 to 4"):
        plane_of(one, other, (1, 2), {0: 5})


def test_planes_of_fields_of_two_sizes_show_the_same_slice(tmp_path: Path, draw: np.random.Generator) -> None:
    coarse = draw.normal(size=(32, 32, 32))
    fine = np.kron(coarse, np.ones((2, 2, 2)))
    found = plane_of(opened(tmp_path, coarse), opened(tmp_path, fine), (1, 2), {0: 41})
    np.testing.assert_array_equal(found.a, coarse[20])
    np.testing.assert_allclose(found.b, coarse[20])
    assert found.held == ((0, "u", 41, 64),)


# In words


def waves(tmp_path: Path, small: float, large: float) -> str:
    """Two fields whose scales below and above eight cells differ by so much of themselves."""
    draw = np.random.default_rng(3)
    rough = draw.normal(size=(64, 64))
    rough -= np.kron(rough.reshape(8, 8, 8, 8).mean((1, 3)), np.ones((8, 8)))
    smooth = np.kron(draw.normal(size=(8, 8)), np.ones((8, 8)))
    other = rough + smooth + small * np.roll(rough, 8, 0) + large * np.roll(smooth, 8, 0)
    found = apart(opened(tmp_path, rough + smooth), opened(tmp_path, other))
    assert found.scales is not None
    return sentence(found.scales)


def test_small_scales_that_disagree_are_told_from_large_ones_that_agree(tmp_path: Path) -> None:
    assert waves(tmp_path, 1.5, 0.02).startswith(
        "From 8 cells on the two agree to 2 %; finer than that they differ by 1.5 times A"
    )
    assert "differ by 50 %" in waves(tmp_path, 0.5, 0.02)


def test_large_scales_that_disagree_are_told_from_small_ones_that_agree(tmp_path: Path) -> None:
    assert waves(tmp_path, 0.01, 0.5).startswith(
        "Finer than 8 cells the two agree to 1 %; from there on they differ by 5"
    )


def test_scales_that_agree_alike_are_not_told_apart(tmp_path: Path) -> None:
    assert waves(tmp_path, 0.1, 0.1).startswith("Small scales and large agree alike: they differ by 10 %")


def test_equal_fields_and_rounding_are_told_as_such(tmp_path: Path) -> None:
    assert waves(tmp_path, 0.0, 0.0) == "The two are equal at every scale."
    assert waves(tmp_path, 1e-14, 1e-14) == "The two are apart by rounding alone, at every scale."


def by_levels(a: list[float], error: list[float], b: list[float] | None = None) -> str:
    """The sentence of two fields with these energies at 1, 2, 4… µm, the last those of the means."""
    length = Q(2.0 ** np.arange(len(a)), "um")
    nothing = np.full(len(a), np.nan)
    return sentence(Comparison(length, np.asarray(b or a), np.asarray(a), np.asarray(error), nothing, sum(error), 64))


def test_scales_that_hold_next_to_nothing_do_not_say_where_agreement_ends() -> None:
    fine = by_levels([7e6, 1e5, 1e6, 2e7, 64, 1e11], [3e6, 1e4, 700, 17, 28, 0.8])
    assert fine == (
        "From 4 µm on the two agree to 0.6 %; finer than that they differ by 65 %. "
        "Nearly all of the squared difference is finer than 4 µm."
    )


def test_what_only_b_has_at_a_scale_counts() -> None:
    assert by_levels([1.0, 1e4, 1e4, 1e6], [2e3, 1.0, 1.0, 1.0], [2e3, 1e4, 1e4, 1e6]).startswith(
        "From 2 µm on the two agree to 1 %; finer than that they differ by 45 times A."
    )


def test_means_do_not_hide_that_large_scales_differ() -> None:
    said = by_levels([1e4, 1e4, 1e4, 1e4, 1e9], [100.0, 100.0, 4e3, 4e3, 1e6])
    assert said.startswith("Finer than 4 µm the two agree to 10 %; from there on they differ by 63 %.")
    assert said.endswith(
        "Hardly any of the squared difference is finer than 4 µm. 99 % of it is in the means over 16 µm."
    )


def test_fields_that_do_not_vary_are_told_by_their_means() -> None:
    assert by_levels([0.0, 0.0, 100.0], [0.0, 0.0, 1.0]) == "Neither varies: their means differ by 10 % of A."


def test_parts_are_written_in_per_cent_or_as_a_factor() -> None:
    parts = {
        0.0: "0 %",
        0.0213: "2.1 %",
        0.12: "12 %",
        1.5: "150 %",
        40.0: "40 times",
        2.93e-6: "0.00029 %",
        0.996: "100 %",
        2e-9: "under 0.00001 %",
    }
    assert {part: percent(part) for part in parts} == parts


# Curves


@dataclass(frozen=True)
class Series:
    time: Annotated[NDArray[np.float64], "s", ("time",)]
    height: Annotated[NDArray[np.float64], "m", ("time",)]
    height_error: Annotated[NDArray[np.float64], "cm", ("time",)]
    plain: Annotated[NDArray[np.float64], "m", ("n",)]


@dataclass(frozen=True)
class Other:
    time: Annotated[NDArray[np.float64], "ms", ("time",)]
    height: Annotated[NDArray[np.float64], "cm", ("time",)]
    plain: Annotated[NDArray[np.float64], "m", ("n",)]


def stored(tmp_path: Path, value: Any) -> Any:
    store = Store(tmp_path / "store")
    store.prepare()
    key = f"{abs(hash(repr(value))):064x}"
    store.commit(key, record_of(type(value)), vars(value), {"model": "m", "run": "r", "stage": "s", "inputs": {}})
    return store.open(key)


def test_curves_are_compared_in_the_units_of_the_first(tmp_path: Path) -> None:
    t = np.linspace(0, 1, 50)
    one = curve(stored(tmp_path, Series(t, t**2, 0 * t, t)), ("height",))
    other = in_units_of(one, curve(stored(tmp_path, Other(1000 * t, 100 * t**2 + 1, t)), ("height",)))
    gap, said = difference(one, other)
    np.testing.assert_allclose(gap, 0.01)
    assert (said, other.unit, other.along_unit) == ("", "m", "s")


def test_curves_over_other_places_are_compared_between_their_neighbours_where_both_are(tmp_path: Path) -> None:
    t = np.linspace(0, 1, 11)
    one = curve(stored(tmp_path, Series(t, 3 * t, 0 * t, t)), ("height",))
    later = curve(stored(tmp_path, Series(t / 2 + 0.25, 3 * (t / 2 + 0.25) + 1, 0 * t, t)), ("height",))
    gap, said = difference(one, in_units_of(one, later))
    inside = (t >= 0.25) & (t <= 0.75)
    np.testing.assert_allclose(gap[inside], 1)
    assert np.isnan(gap[~inside]).all()
    assert "at 5 of 11" in said


def test_curves_without_coordinates_and_of_other_lengths_have_no_difference(tmp_path: Path) -> None:
    t = np.linspace(0, 1, 30)
    one = curve(stored(tmp_path, Series(t, t, t, t)), ("plain",))
    other = curve(stored(tmp_path, Series(t, t, t, t[:20])), ("plain",))
    gap, said = difference(one, other)
    assert np.isnan(gap).all()
    assert "30 numbers, B 20" in said


def test_what_is_no_curve_is_refused(tmp_path: Path) -> None:
    t = np.linspace(0, 1, 30)
    one, other = Series(t, t, t, t), Other(t, t, t)
    with pytest.raises(ContractError, match="no row of numbers"):
        curve(stored(tmp_path, one), ("nothing",))
    with pytest.raises(ContractError, match="in m in A and in ms in B"):
        in_units_of(curve(stored(tmp_path, one), ("height",)), curve(stored(tmp_path, other), ("time",)))
