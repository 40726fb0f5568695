"""The store: committing and reading, against the same bytes written plainly."""

from __future__ import annotations

import json
import os
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
    """A field of 256 MB."""

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
    field = np.random.default_rng(0).normal(300, 10, (8192, 8192)).astype("float32")
    store, record = Store(folder / "fields"), record_of(Field)
    keys = iter(range(100))
    last: list[str] = []

    def commit() -> None:
        last[:] = [f"{next(keys):064x}"]
        store.commit(last[0], record, {"field": field}, {})

    def plain() -> None:
        with open(folder / "field.npy", "wb") as file:
            np.save(file, field)
            file.flush()
            os.fsync(file.fileno())
        blake3(field.data.cast("B"), max_threads=blake3.AUTO).hexdigest()

    yield compare(
        "committing a noisy field of 256 MB (zstd)",
        seconds(commit, 3),
        "numpy.save, fsync and digest",
        seconds(plain, 3),
        "s",
    )

    def load() -> None:
        blake3(np.load(folder / "field.npy").data.cast("B"), max_threads=blake3.AUTO).hexdigest()

    read = seconds(lambda: store.open(last[0]).value(("field",)), 3)
    yield compare("reading it back, digests checked", read, "numpy.load and digest", seconds(load, 3), "s")
