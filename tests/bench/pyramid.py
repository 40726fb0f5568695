"""Pyramids of fields: made, opened for the first time, and a tile or a slice read by whoever comes next."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import zarr
from numpy.typing import NDArray

from bridge.ports import record_of
from bridge.scales.pyramid import pyramid
from bridge.store.pyramids.kept import folder_of, key_of
from bridge.store.pyramids.opening import levels_of
from bridge.store.store import Store
from tests.bench.measure import Row, compare, seconds

FLAT, DEEP = "aa" + "0" * 62, "bb" + "0" * 62
PATH = ("field",)


@dataclass(frozen=True)
class Flat:
    """A field of 4096²."""

    field: Annotated[NDArray[np.float64], "K", ("y", "x")]


@dataclass(frozen=True)
class Deep:
    """A field of 512³."""

    field: Annotated[NDArray[np.float32], "K", ("z", "y", "x")]


def rows() -> Iterator[Row]:
    """A field of 4096² and one of 512³, as a page opens them."""
    with tempfile.TemporaryDirectory(dir=os.environ["SCALEBRIDGE_HOME"]) as folder:
        yield from _flat(Path(folder) / "flat")
        yield from _deep(Path(folder) / "deep")


def _flat(folder: Path) -> Iterator[Row]:
    field = np.random.default_rng(0).normal(300, 10, (4096, 4096))
    _put(Store(folder), FLAT, Flat(field))
    yield from _made(field)
    del field
    read = seconds(lambda: Store(folder).open(FLAT).value(PATH), 3)

    def look() -> Any:
        shutil.rmtree(folder / "pyramids", ignore_errors=True)
        levels = levels_of(Store(folder), FLAT, PATH)
        levels.region(len(levels.levels) - 1, "mean", (slice(None), slice(None)))
        return levels

    first = []

    def looked() -> None:
        first.append(seconds(look, 1))
        levels_of(Store(folder), FLAT, PATH).settle()  # waits for what is being written

    kept = seconds(looked, 5)
    yield compare("opening a field of 4096² for the first time", sorted(first)[2], "reading it", read)
    yield compare("until its pyramid is in the store", kept, "reading it", read)
    again = seconds(lambda: _region(folder, FLAT, 6, (slice(0, 64), slice(0, 64))), 20)
    yield Row("opening it again, coarse", f"{again * 1e3:.3g} ms")
    for what, at in (
        ("a tile of 512² of it, cold, at full resolution", 1024),
        ("the same across four of its tiles", 1000),
    ):
        part = (slice(at, at + 512), slice(at, at + 512))
        tile = seconds(lambda part=part: _region(folder, FLAT, 0, part), 20)
        yield compare(what, tile, "by zarr", _by_zarr(folder, FLAT, part))


def _made(field: np.ndarray) -> Iterator[Row]:
    took, passes = seconds(lambda: pyramid(field, (0, 1))), seconds(lambda: (field.min(), field.max(), field.mean()))
    yield compare("the pyramid of a field of 4096², all levels", took, "its minimum, maximum and mean", passes)
    holed, scattered = field.copy(), field.copy()
    holed[500:1500, 700:2000] = np.nan
    yield compare("the same with a hole", seconds(lambda: pyramid(holed, (0, 1)), 3), "without", took)
    scattered[5:4000:7, 100:2000:5] = np.nan
    yield compare("the same with gaps all over it", seconds(lambda: pyramid(scattered, (0, 1)), 3), "without", took)


def _deep(folder: Path) -> Iterator[Row]:
    field = np.random.default_rng(1).normal(300, 10, (512, 512, 512)).astype(np.float32)
    _put(Store(folder), DEEP, Deep(field))
    del field
    first = seconds(lambda: _region(folder, DEEP, 3, (0, slice(None), slice(None))), 1)
    levels_of(Store(folder), DEEP, PATH).settle()
    yield Row("opening a field of 512³ in single precision for the first time", f"{first:.3g} s")
    for axis, name in enumerate("zyx"):
        part: list[Any] = [slice(128, 384)] * 3
        part[axis] = 200
        took = seconds(lambda part=part: _region(folder, DEEP, 0, tuple(part)), 10)
        plain = _by_zarr(folder, DEEP, tuple(part))
        yield compare(f"a slice of 256² across {name} of it, cold, at full resolution", took, "by zarr", plain)


def _put(store: Store, key: str, thing: Any) -> None:
    record = record_of(type(thing))
    store.commit(key, record, record.leave(thing, "bench"), {"model": "bench"})


def _region(folder: Path, key: str, level: int, part: tuple[Any, ...]) -> np.ndarray:
    return levels_of(Store(folder), key, PATH).region(level, "mean", part)


def _by_zarr(folder: Path, key: str, part: tuple[Any, ...]) -> float:
    place = folder / folder_of(key_of(key, PATH))
    return seconds(lambda: zarr.open_group(place, mode="r")["0"][part], 10)
