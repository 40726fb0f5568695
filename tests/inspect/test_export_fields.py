"""Fields as VTK images: the file is read as its specification has it, and the numbers are those that were stored."""

from __future__ import annotations

import base64
from dataclasses import dataclass, make_dataclass
from pathlib import Path
from typing import Annotated, Any
from xml.etree import ElementTree

import numpy as np
import pytest
from numpy.typing import NDArray

from bridge.inspect.export.export import export
from bridge.ports import record_of
from bridge.store.runlog import RunLog
from bridge.store.runs import run_of
from bridge.store.store import Store

Real = NDArray[np.float64]
NUMPY = {"Float64": "<f8", "Float32": "<f4", "Int32": "<i4", "UInt64": "<u8", "UInt8": "<u1"}


def images(root: Path, **ports: tuple[Any, Any]) -> dict[str, Image]:
    """The images of a run with one stage that gave these ports, each with its annotation and value."""
    kind = make_dataclass("Kind", [(name, annotation) for name, (annotation, _) in ports.items()])
    record, store, key = record_of(kind), Store(root / "store"), "0" * 64
    listed = [{"name": "a & <b>", "model": "test.model", "scale": "continuum"}]
    log = RunLog(store, {"flow": "toy", "parameters": {}, "stages": listed, "edges": []})
    values = record.leave(kind(**{name: value for name, (_, value) in ports.items()}), "s")
    store.commit(key, record, values, {"model": "test.model"})
    log.event("a & <b>", "computed", key=key)
    log.end("completed")
    found = map(image, export(run_of(log.id, root / "store"), "vti", root / "out"))
    return {one.name: one for one in found}


@dataclass(frozen=True)
class Image:
    extent: list[int]
    origin: list[float]
    spacing: list[float]
    name: str
    unit: str
    values: np.ndarray
    words: dict[str, str]


def image(path: Path) -> Image:
    """Read a .vti as its specification has it; values by [z, y, x] and component."""
    root = ElementTree.parse(path).getroot()
    assert (root.get("type"), root.get("byte_order"), root.get("header_type")) == (
        "ImageData",
        "LittleEndian",
        "UInt64",
    )
    grid, array = root[0], root.find(".//PointData/DataArray")
    assert array is not None
    information = array.find("InformationKey")
    assert information is not None
    content = base64.b64decode((array.text or "").strip())
    assert int.from_bytes(content[:8], "little") == len(content) - 8
    extent = [int(n) for n in grid.get("WholeExtent", "").split()]
    nx, ny, nz = (high + 1 for high in extent[1::2])
    components = int(array.get("NumberOfComponents", "1"))
    values = np.frombuffer(content[8:], NUMPY[array.get("type", "")])
    words = {
        str(one.get("Name")): bytes(map(int, (one.text or "").split())).rstrip(b"\0").decode()
        for one in root.findall(".//FieldData/Array")
    }
    return Image(
        extent,
        [float(x) for x in grid.get("Origin", "").split()],
        [float(x) for x in grid.get("Spacing", "").split()],
        str(array.get("Name")),
        str(information.text),
        values.reshape(nz, ny, nx, components) if components > 1 else values.reshape(nz, ny, nx),
        words,
    )


def test_fields_are_images_with_their_values_units_and_places(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    field, cube = random.random((5, 4)), np.arange(24, dtype=np.int32).reshape(2, 3, 4)
    found = images(
        tmp_path,
        x=(Annotated[Real, "um", ("x",)], np.linspace(1, 3, 5)),
        field=(Annotated[Real, "K", ("x", "y")], field),
        cube=(Annotated[NDArray[np.int32], "1", ("a", "b", "c")], cube),
    )
    assert set(found) == {"field", "cube"}
    seen = found["field"]
    assert np.array_equal(seen.values[0].T, field)  # the first dimension is VTK's x
    assert (seen.unit, seen.extent) == ("K", [0, 4, 0, 3, 0, 0])
    assert (seen.origin, seen.spacing) == ([1.0, 0.0, 0.0], [0.5, 1.0, 1.0])
    assert (seen.words["stage"], seen.words["model"]) == ("a & <b>", "test.model")
    assert seen.words["note"] == "x is in um; y counts points: no output of that name says where they are"
    assert np.array_equal(found["cube"].values.transpose(), cube)


@pytest.mark.parametrize(
    ("type_", "as_"), [("float32", "<f4"), ("float16", "<f4"), ("uint64", "<u8"), ("int32", "<i4"), ("bool_", "<u1")]
)
def test_numbers_keep_their_type_or_are_widened(tmp_path: Path, type_: str, as_: str) -> None:
    scalar = getattr(np, type_)
    values = np.array([[0, 1], [1, 0], [1, 1]]).astype(scalar)
    found = images(tmp_path, f=(Annotated[NDArray[scalar], "1", ("x", "y")], values))["f"]
    assert found.values.dtype == np.dtype(as_)
    assert np.array_equal(found.values[0].T, values)


def test_vectors_are_vectors_wherever_their_components_stand(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    p, q = random.random((3, 2, 4, 5)), random.random((5, 2, 3))
    found = images(
        tmp_path,
        p=(Annotated[Real, "C/m^2", ("component=3", "x", "y", "z")], p),
        q=(Annotated[Real, "1", ("z", "x", "xyz")], q),
        r=(Annotated[Real, "1", ("walker", "xyz")], random.random((6, 3))),  # a list of vectors is no field
    )
    assert set(found) == {"p", "q"}
    assert np.array_equal(found["p"].values.transpose(3, 2, 1, 0), p)
    assert np.array_equal(found["q"].values[:, 0], q)  # z is z and x is x, with one point along y
    assert found["q"].extent == [0, 1, 0, 0, 0, 4]


def test_coordinates_that_run_down_or_unevenly_or_in_other_units_say_so(tmp_path: Path) -> None:
    values = np.random.default_rng(3).random((3, 2, 3))
    found = images(
        tmp_path,
        a=(Annotated[Real, "mm", ("a",)], np.array([3.0, 2, 1])),
        b=(Annotated[Real, "um", ("b",)], np.array([5.0, 7])),
        c=(Annotated[Real, "s", ("c",)], np.array([1.0, 2, 4])),
        f=(Annotated[Real, "K", ("a", "b", "c")], values),
    )["f"]
    assert np.array_equal(found.values.transpose(2, 1, 0), values[::-1])
    assert found.origin == [1.0, 0.005, 0.0]
    assert found.spacing == pytest.approx([1.0, 0.002, 1.0], rel=1e-12)
    assert found.words["note"] == "a is in mm; b is in mm; c counts points: they are not evenly spaced, from 1 to 4 s"
