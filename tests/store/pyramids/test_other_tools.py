"""Pyramids open in other tools: in zarr, with the same numbers, and as images of OME-NGFF 0.5."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from ome_zarr_models.v05 import Image
from stored_fields import a_map, folder, opened, put, put_array, whole

from bridge.store.pyramids.kept import Document
from bridge.store.pyramids.levels import WHATS
from bridge.store.store import Store


def group_of(store: Store) -> zarr.Group:
    return zarr.open_group(Path(store.address) / folder(), mode="r")


def test_zarr_reads_the_numbers_that_we_read(store: Store) -> None:
    put(store, a_map())
    levels, group = opened(store), group_of(store)
    assert sorted(group.array_keys()) == ["0", "1", "2", "3", "4", "5"]
    assert sorted(group.group_keys()) == ["maximum", "minimum", "missing"]
    for what in WHATS:
        for number in range(1, 6):
            array = group[str(number) if what == "mean" else f"{what}/{number}"]
            assert array.metadata.dimension_names == ("y", "x")
            assert array.attrs.get("units") == (None if what == "missing" else "K")
            np.testing.assert_array_equal(array[:], whole(levels, number, what))
    np.testing.assert_array_equal(group["0"][:], a_map().field)


@pytest.mark.parametrize("compressible", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "int16", "complex128", "bool"])
def test_zarr_reads_packed_tiles_and_plain_ones_of_every_type(store: Store, dtype: str, compressible: bool) -> None:
    field = np.random.default_rng(0).integers(-99, 99, (3, 65, 70)) * (not compressible)
    put_array(store, field.astype(dtype), ("component", "x", "y"))
    levels, group = opened(store), group_of(store)
    for number in range(len(levels.levels)):
        np.testing.assert_array_equal(group[str(number)][:], whole(levels, number))


CASES: list[tuple[tuple[int, ...], tuple[str, ...], list[tuple[str, str | None]]]] = [
    ((64, 70), ("y", "x"), [("y", "space"), ("x", "space")]),
    ((40, 41, 42), ("x", "y", "z"), [("x", "space"), ("y", "space"), ("z", "space")]),
    ((9, 64, 70), ("t", "y", "x"), [("t", "time"), ("y", "space"), ("x", "space")]),
    ((64, 70, 3), ("y", "x", "xyz"), [("xyz", None), ("y", "space"), ("x", "space")]),
    (
        (2, 64, 9, 70),
        ("species", "y", "time", "x"),
        [("time", "time"), ("species", None), ("y", "space"), ("x", "space")],
    ),
    ((500, 3), ("walker", "xyz"), [("walker", "space"), ("xyz", "space")]),
    ((40, 70), ("t", "x"), [("t", "space"), ("x", "space")]),
]


@pytest.mark.parametrize(("shape", "dims", "axes"), CASES)
def test_the_validator_of_the_format_takes_it(store: Store, shape: Any, dims: Any, axes: Any) -> None:
    put_array(store, np.random.default_rng(1).random(shape), dims)
    levels = opened(store)
    image = Image.from_zarr(group_of(store))  # reads every array that is named, and compares axes and names
    multiscales = image.ome_attributes.multiscales
    assert [one.name for one in multiscales] == ["field mean", "field minimum", "field maximum"]
    for one in multiscales:
        assert [(axis.name, axis.type) for axis in one.axes] == axes
        paths = [data.path for data in one.datasets]
        assert (paths[0], len(paths)) == ("0", len(levels.levels))


def test_points_are_where_the_coordinates_say(store: Store) -> None:
    x = np.linspace(0.5, 7.4, 70)
    put_array(
        store, np.random.default_rng(1).random((3, 64, 70)), ("t", "y", "x"), x=(x, "um"), t=(np.arange(3.0), "s")
    )
    opened(store)
    multiscale = Image.from_zarr(group_of(store)).ome_attributes.multiscales[1]
    assert [axis.unit for axis in multiscale.axes] == ["second", None, "micrometer"]
    for level, data in enumerate(multiscale.datasets):
        scale, shift = data.coordinateTransformations
        assert scale.scale == pytest.approx([1, 2**level, 0.1 * 2**level])
        assert shift.translation == pytest.approx([0, (2**level - 1) / 2, 0.5 + (2**level - 1) / 2 * 0.1])
        middle = x[: 2**level].mean()  # of the first block
        assert shift.translation[2] == pytest.approx(middle)


def test_axes_that_the_format_has_no_words_for_are_left_to_zarr(store: Store) -> None:
    put_array(store, np.random.default_rng(1).random((2, 3, 64, 70)), ("species", "xyz", "y", "x"))
    opened(store)
    group = group_of(store)
    assert "ome" not in group.attrs
    assert group["0"].shape == (2, 3, 64, 70)


def test_what_others_read_is_sealed_as_well(store: Store) -> None:
    put(store, a_map())
    opened(store)
    path = Path(store.address) / folder() / "zarr.json"
    document = json.loads(path.read_bytes())
    scale = document["attributes"]["ome"]["multiscales"][0]["datasets"][0]["coordinateTransformations"][0]["scale"]
    scale[0] = 2.0
    path.write_bytes(json.dumps(document, ensure_ascii=False).encode())
    with pytest.raises(Exception, match="was changed after it was committed"):
        Document(store.space, folder())
