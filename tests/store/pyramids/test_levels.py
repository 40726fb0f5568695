"""Levels of stored fields: the numbers of the mathematics, from the store as from memory, with names and places."""

from __future__ import annotations

import math
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from stored_fields import KEY, a_map, opened, put, put_array, whole

from bridge.errors import ContractError
from bridge.scales.pyramid import kept_as, pyramid
from bridge.store.pyramids import axes, opening
from bridge.store.pyramids.axes import halved_axes, is_field, tile_of
from bridge.store.pyramids.opening import levels_made, levels_of
from bridge.store.spaces.space import Damaged, StoreUnusable
from bridge.store.store import Store


def test_every_number_of_every_level_is_that_of_the_pyramid(anywhere: Store) -> None:
    thing = a_map()
    put(anywhere, thing)
    levels, made = opened(anywhere), pyramid(thing.field, (0, 1))
    again = levels_of(Store(anywhere.space), KEY, ("field",))  # by somebody who comes later
    memory = levels_made(anywhere, KEY, ("field",))
    assert (levels.stored, again.stored, memory.stored) == (True, True, False)
    assert [one.shape for one in levels.levels] == [(100, 150), (50, 75), (25, 38), (13, 19), (7, 10), (4, 5)]
    for found in (levels, again, memory):
        assert (found.levels, found.energy) == (memory.levels, memory.energy)
        for number, _ in enumerate(found.levels):
            level = made.levels[number]
            missing = np.isnan(thing.field) if number == 0 else level.missing
            wanted = {"mean": level.mean, "minimum": level.lowest, "maximum": level.highest, "missing": missing}
            for what, values in wanted.items():
                np.testing.assert_array_equal(whole(found, number, what), values)


def test_a_level_tells_its_range_and_its_gaps(store: Store) -> None:
    thing = a_map()
    put(store, thing)
    levels = opened(store)
    for number, facts in enumerate(levels.levels):
        mean = whole(levels, number)
        assert (facts.minimum, facts.maximum) == (np.nanmin(mean), np.nanmax(mean))
        assert facts.missing == 21 * 31
        assert facts.empty == np.isnan(mean).sum()
    assert levels.levels[1].empty > 0


@pytest.mark.parametrize(
    ("shape", "dims", "dtype"),
    [
        ((70, 33), ("x", "y"), "float32"),
        ((40, 3, 70), ("t", "component", "x"), "float64"),
        ((45, 33, 40), ("x", "y", "z"), "float16"),
        ((5, 64, 70, 3), ("frame", "x", "y", "xyz"), "complex64"),
        ((4, 33, 34, 35), ("sample", "x", "y", "z"), "int16"),
        ((32, 2, 33, 34), ("a", "b", "c", "d"), "bool"),
        ((1, 200), ("x", "y"), "uint64"),
        ((2, 3), ("x", "y"), "float64"),
        ((2, 2, 2, 2, 40, 40), tuple("abcdef"), "float64"),
    ],
)
def test_fields_of_any_shape_and_type_come_back_part_by_part(
    store: Store, shape: tuple[int, ...], dims: tuple[str, ...], dtype: str
) -> None:
    random = np.random.default_rng(5)
    field = (random.normal(size=shape) * (1 + 2j if dtype.startswith("c") else 9)).astype(dtype)
    put_array(store, field, dims)
    levels = opened(store)
    real = np.abs(field) if field.dtype.kind == "c" else field
    made = pyramid(field, levels.halved)
    assert (levels.dims, levels.shape, levels.dtype) == (dims, shape, dtype)
    for number, facts in enumerate(levels.levels):
        for _ in range(6):
            index: list[Any] = []
            for n in facts.shape:
                begin, end = sorted(random.choice(n + 1, 2, replace=False).tolist())
                index.append(begin if random.random() < 0.3 and begin < n else slice(begin, end))
            found = levels.region(number, "maximum", tuple(index))
            wanted = (real if number == 0 else made.levels[number].highest)[tuple(index)]
            np.testing.assert_array_equal(found, wanted)
            assert found.dtype == (real.dtype if number == 0 else kept_as(dtype))


def test_energies_are_told_with_their_lengths(store: Store) -> None:
    put(store, a_map())
    field = a_map().field
    lengths, energies = zip(*opened(store).energy, strict=True)
    assert lengths == (1, 2, 4, 8, 16, 32, 64, 128, 256)
    assert sum(energies) == pytest.approx(np.nansum(field**2), rel=1e-12)


def test_coordinates_beside_a_field_say_where_its_points_are(store: Store) -> None:
    x, y = np.linspace(-2, 2, 80), np.geomspace(1, 9, 64)
    put_array(store, np.ones((3, 64, 80)), ("t", "y", "x"), x=(x, "um"), y=(y, "m"), t=(np.array([9, 5, 1]), "s"))
    for levels in (opened(store), levels_made(store, KEY, ("field",))):
        found = levels.coordinates
        assert (found["x"].first, found["x"].step, found["x"].unit) == (-2, pytest.approx(4 / 79), "um")
        assert (found["y"].first, found["y"].step) == (1, None)
        assert (found["t"].first, found["t"].step, found["t"].unit) == (9, -4, "s")
        np.testing.assert_array_equal(found["y"].values(), y)


@pytest.mark.parametrize(
    ("dims", "shape", "halved"),
    [
        (("x", "y"), (4096, 4096), (0, 1)),
        (("x", "y", "z"), (512, 512, 512), (0, 1, 2)),
        (("time", "x", "y"), (1000, 512, 512), (1, 2)),
        (("x", "y", "component"), (512, 512, 3), (0, 1)),
        (("samples", "x", "y", "z"), (500, 64, 64, 64), (1, 2, 3)),
        (("a", "b", "c", "d"), (64, 64, 64, 64), (1, 2, 3)),
        (("x", "t"), (4096, 1000), (0, 1)),  # a picture has two axes
        (("walker", "xyz"), (100000, 3), (0,)),
        (("x", "y"), (4096, 16), (0,)),
        (("x", "y"), (20, 31), ()),
    ],
)
def test_what_is_no_space_is_not_halved(dims: tuple[str, ...], shape: tuple[int, ...], halved: Any) -> None:
    assert halved_axes(dims, shape) == halved


@pytest.mark.parametrize(
    ("shape", "halved", "tile"),
    [
        ((4096, 4096), (0, 1), (512, 512)),
        ((1000, 513), (0, 1), (500, 257)),
        ((512, 512, 512), (0, 1, 2), (64, 64, 64)),
        ((20, 64, 64), (1, 2), (20, 64, 64)),
        ((100000, 3), (0,), (100000, 2)),
        ((1000, 4096, 4096), (1, 2), (1, 512, 512)),
    ],
)
def test_tiles_are_of_two_megabytes_and_hardly_padded(
    shape: Any, halved: Any, tile: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(axes, "TILE", 2**18)
    assert tile_of(shape, halved) == tile


# What is refused


@pytest.mark.parametrize(
    ("level", "what", "index", "said"),
    [
        (9, "mean", (0, 0), "levels 0 to 5, got 9"),
        (-1, "mean", (0, 0), "levels 0 to 5"),
        (True, "mean", (0, 0), "levels 0 to 5"),
        (0, "maxmum", (0, 0), "maximum"),
        (0, "mean", (0,), "2 axes, got an index of 1"),
        (0, "mean", (100, 0), "0 to 99, got 100"),
        (0, "mean", (-1, 0), "0 to 99"),
        (0, "mean", (slice(0, 101), 0), "0 to 99"),
        (0, "mean", (slice(5, 5), 0), "0 to 99"),
        (0, "mean", (slice(0, 50, 2), 0), "0 to 99"),
        (0, "mean", (slice(0, 2.0), 0), "0 to 99"),
        (1, "mean", (0, 75), "0 to 74"),
    ],
)
def test_what_is_outside_is_refused(store: Store, level: Any, what: str, index: Any, said: str) -> None:
    put(store, a_map())
    with pytest.raises(ContractError, match=said):
        levels_made(store, KEY, ("field",)).region(level, what, index)


def test_only_fields_have_levels(store: Store) -> None:
    put(store, a_map())
    with pytest.raises(ContractError, match=r"x is array \(150\)\. A field is"):
        levels_of(store, KEY, ("x",))
    for path in [(), ("none",), ("field", "none"), ("x", "field")]:
        with pytest.raises(ContractError, match=r"has no output .*; it has"):
            levels_of(store, KEY, path)
    with pytest.raises(Damaged, match="there is no artifact"):
        levels_of(store, "cd" + "0" * 62, ("field",))
    assert not is_field({"kind": "float"})
    assert not is_field({"kind": "array", "dtype": "float64", "shape": [0, 3], "dims": ["x", "y"]})


def test_small_fields_are_not_kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "SMALL", 100 * 150)
    put(store, a_map())
    assert not opened(store).stored
    assert not list(store.space.walk("pyramids"))


def test_a_store_that_takes_nothing_says_so_and_its_fields_can_be_seen_all_the_same(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, a_map())

    def refused(*_: Any, **__: Any) -> Any:
        raise StoreUnusable("cannot write to the store. The file system is read-only.")

    monkeypatch.setattr(store.space, "claim", refused)
    with pytest.raises(StoreUnusable, match="read-only"):
        levels_of(store, KEY, ("field",))
    assert whole(levels_made(store, KEY, ("field",)), 5).shape == (4, 5)


def test_a_full_disk_is_told_of_and_the_field_is_seen_from_memory(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    put(store, a_map())
    store.prepare()

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "rename", full)
    said: list[str] = []
    levels = levels_of(store, KEY, ("field",), said.append)
    with pytest.raises(StoreUnusable, match=r"The disk is full\. Make room"):
        levels.settle()
    assert "is not kept: cannot write to the store" in said[0]
    assert not levels.stored
    np.testing.assert_array_equal(whole(levels, 0), a_map().field)
    assert not list((Path(store.address) / "tmp").iterdir())


# Stores above one another


def test_a_field_of_a_shared_store_has_its_pyramid_in_ones_own(tmp_path: Path) -> None:
    shared = Store(tmp_path / "shared")
    put(shared, a_map())
    before = dict(shared.space.walk(""))
    mine = Store(tmp_path / "mine", shared.address)
    assert opened(mine).stored
    assert dict(shared.space.walk("")) == before
    assert list(mine.space.walk("pyramids"))


def test_a_pyramid_in_the_shared_store_is_used(tmp_path: Path) -> None:
    shared = Store(tmp_path / "shared")
    put(shared, a_map())
    opened(shared)
    mine = Store(tmp_path / "mine", shared.address)
    assert levels_of(mine, KEY, ("field",)).stored
    assert not list(mine.space.walk(""))


def test_memory_is_bounded_by_twice_the_field(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(axes, "TILE", 2**18)
    field = np.random.default_rng(0).normal(size=(1500, 2000))
    put_array(store, field, ("x", "y"))
    opened(store)
    for child in store.space.children("pyramids"):
        store.space.remove_tree(f"pyramids/{child}".rstrip("/"))
    tracemalloc.start()
    try:
        levels = opened(store)
        assert tracemalloc.get_traced_memory()[1] < 3 * field.nbytes
        tracemalloc.reset_peak()
        kept = tracemalloc.get_traced_memory()[0]
        levels.region(0, "mean", (slice(100, 612), slice(700, 1212)))
        assert tracemalloc.get_traced_memory()[1] - kept < 10 * 8 * 512**2  # the tile, and tiles it is cut from
        assert kept < field.nbytes / 20  # nothing of the field is held once it is stored
    finally:
        tracemalloc.stop()
    assert math.prod(levels.levels[-1].shape) < 100
