"""The store: committing and reading, against the same bytes written plainly."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from blake3 import blake3
from numpy.typing import NDArray

from bridge.ports import record_of
from bridge.store.fields import pays
from bridge.store.store import Store
from bridge.units import Conversion
from tests.bench.measure import Row, compare, seconds


@dataclass(frozen=True)
class Pair:
    """Two scalars."""

    one: Annotated[float, "m"]
    other: Annotated[float, "s"]


@dataclass(frozen=True)
class Field:
    """A field of 1 GB."""

    field: Annotated[NDArray[np.float32], "K", ("x", "y")]


def rows() -> Iterator[Row]:
    """Scalars, a large field, and one conversion."""
    with tempfile.TemporaryDirectory(dir=os.environ["SCALEBRIDGE_HOME"]) as folder:
        yield from _scalars(Path(folder))
        yield from _field(Path(folder))
    conversion = Conversion("eV", "J")
    conversion.number(1.0)
    yield Row("converting one number, exactly", f"{seconds(lambda: conversion.number(1.25), 1000) * 1e6:.2g} us")


def _scalars(folder: Path) -> Iterator[Row]:
    store, record, count = Store(folder / "scalars"), record_of(Pair), 200
    cpu = time.process_time()
    for i in range(count):
        store.commit(f"{i:064x}", record, {"one": 1.0 * i, "other": 2.0}, {"model": "bench"})
    ours = (time.process_time() - cpu) / count

    def plain(path: Path) -> None:
        with open(path, "w") as file:
            json.dump({"one": 1.0, "other": 2.0}, file)
            file.flush()
            os.fsync(file.fileno())

    cpu = time.process_time()
    for i in range(count):
        plain(folder / f"{i}.json")
    theirs = (time.process_time() - cpu) / count
    yield compare("committing two scalars, CPU", ours, "a JSON file with fsync", theirs)
    lookup = seconds(lambda: store.has(f"{5:064x}"), 200)
    yield compare(
        "looking up and opening an artifact", seconds(lambda: store.open(f"{5:064x}"), 200), "looking up", lookup
    )


def _field(folder: Path) -> Iterator[Row]:
    """A field of 1 GB: noise, which packing cannot make smaller, and a smooth one."""
    side = 16384
    noise = np.random.default_rng(0).normal(300, 10, (side, side)).astype("float32")
    plain = seconds(lambda: _save(folder / "field.npy", noise), 3)
    load = seconds(lambda: _digest(np.load(folder / "field.npy")), 3)
    store, record, keys = Store(folder / "fields"), record_of(Field), iter(range(100))

    def committed(field: np.ndarray, compress: bool | None) -> tuple[str, float, int]:
        times = []
        for _ in range(3):
            shutil.rmtree(folder / "fields" / "artifacts", ignore_errors=True)
            key = f"{next(keys):064x}"
            times.append(seconds(lambda key=key: store.commit(key, record, {"field": field}, {}, compress), 1))
        return key, sorted(times)[1], store.open(key).bytes

    key, took, _ = committed(noise, False)
    what = "a field of 1 GB, compression off"
    yield compare(f"committing {what}", took, "numpy.save, fsync and digest", plain, "s")
    read = seconds(lambda: store.open(key).value(("field",)), 3)
    yield compare(f"reading {what}, digests checked", read, "numpy.load and digest", load, "s")
    yield compare(
        "trying whether packing it pays (for noise it does not)", seconds(lambda: pays(noise)), "commit", took
    )
    x = np.linspace(0, 20, side, dtype="float32")
    smooth = np.round(300 + 10 * np.sin(x)[:, None] * np.cos(x), 2).astype("float32")
    _, bare, size = committed(smooth, False)
    key, packed, small = committed(smooth, True)
    yield compare(
        f"committing a smooth field of 1 GB, zstd, {size / small:.1f} times smaller", packed, "off", bare, "s"
    )
    yield compare(
        "reading the packed field", seconds(lambda: store.open(key).value(("field",)), 3), "compression off", read, "s"
    )


def _save(path: Path, field: np.ndarray) -> None:
    with open(path, "wb") as file:
        np.save(file, field)
        file.flush()
        os.fsync(file.fileno())
    _digest(field)


def _digest(field: np.ndarray) -> None:
    blake3(field.data.cast("B"), max_threads=blake3.AUTO).hexdigest()
