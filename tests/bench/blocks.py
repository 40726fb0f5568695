"""Blocks: committing and finding many small results, against the same numbers in one plain Zarr array."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import xarray  # noqa: F401 - its import is not what is measured
import zarr

from bridge.ports import record_of
from bridge.store.rows.dataset import to_xarray
from bridge.store.rows.lookup import Rows
from bridge.store.rows.writer import BlockWriter
from bridge.store.store import Store
from tests.bench.measure import Row

COUNT = 10_000


@dataclass(frozen=True)
class Pair:
    """Two scalars."""

    one: Annotated[float, "m"]
    other: Annotated[float, "s"]


def rows() -> Iterator[Row]:
    """Ten thousand artifacts of two scalars: committed, found again, read as one Dataset."""
    with tempfile.TemporaryDirectory(dir=os.environ["SCALEBRIDGE_HOME"]) as folder:
        store = Store(Path(folder) / "store")
        identity = store.prepare()
        _committed(store, 0, 100)  # what is imported for the first block
        plain = _plain(Path(folder))

        cpu = time.process_time()
        keys = _committed(store, 100, COUNT)
        reached = time.process_time() - cpu
        before = sum(1 for _ in store.space.walk("blocks"))
        yield Row(
            f"committing {COUNT} artifacts of two scalars, a row each, CPU",
            f"{reached:.2g} s, {before / 2:.0f} objects",
            f"the same numbers as one Zarr array: {plain * 1e3:.2g} ms",
            f"{reached / plain:.0f}",
        )
        cpu = time.process_time()
        with BlockWriter(store.space, record_of(Pair), {}) as into:
            _add(into, 20_000, 1)
            cpu = time.process_time()
            _add(into, 20_001, COUNT)
            apart = time.process_time() - cpu
            with into.together():
                cpu = time.process_time()
                _add(into, 40_000, 5000)
                together = time.process_time() - cpu
        yield Row("appending a row to a journal, CPU", f"{apart / COUNT * 1e6:.3g} us")
        yield Row("appending rows that were computed together, CPU", f"{together / 5000 * 1e6:.3g} us a row")

        lookup = Rows(store.space, lambda: identity)
        cpu = time.process_time()
        lookup.find(keys[:1])
        yield Row(
            "entering new blocks into the index, CPU",
            f"{(time.process_time() - cpu) / (2 * COUNT + 5101) * 1e6:.3g} us a row",
        )
        cpu = time.process_time()
        assert len(lookup.find(keys[:1000])) == 1000
        found = time.process_time() - cpu
        cpu = time.process_time()
        assert not lookup.find(hashlib.sha256(b"%d" % -i).hexdigest() for i in range(1, 1001))
        missed = time.process_time() - cpu
        yield Row(
            "looking up 1000 keys, CPU a key", f"{found * 1e3:.3g} us", "keys that nobody has", f"{missed * 1e3:.3g} us"
        )

        start = time.perf_counter()
        dataset = to_xarray(lookup, keys)
        took = time.perf_counter() - start
        assert np.array_equal(dataset["one"], np.arange(100, 100 + COUNT) * 0.5)
        yield Row(f"reading {COUNT} artifacts back as one Dataset", f"{took:.2g} s")
        yield from _many(store, keys)


def _many(store: Store, keys: list[str]) -> Iterator[Row]:
    """What a sweep asks of a store before it computes anything, CPU a key."""
    new = [hashlib.sha256(b"new %d" % i).hexdigest() for i in range(COUNT)]
    asked = _each(lambda: store.has_many(new)), _each(lambda: store.planned_many(new))
    yield Row("asking which keys are there: none, CPU a key", *_us(asked[0], "where plans led to", asked[1]))
    known = _each(lambda: store.has_many(keys)), _each(lambda: store.values_many(keys, ("one",)))
    yield Row("asking which rows are there: all, CPU a key", *_us(known[0], "and one output of each", known[1]))
    cpu = time.process_time()
    with store.hold(new[:2500]):
        first = time.process_time() - cpu
        cpu = time.process_time()
        with store.hold(new[2500:5000]) as held:
            second = time.process_time() - cpu
            assert len(held) == 2500
    text = "2,500 more, while these are held"
    yield Row("holding 2,500 keys, CPU a key", *_us(first / 2500, text, second / 2500))


def _each(ask: Callable[[], object]) -> float:
    """CPU seconds a key, the best of three times."""
    took = []
    for _ in range(3):
        cpu = time.process_time()
        ask()
        took.append((time.process_time() - cpu) / COUNT)
    return min(took)


def _us(mine: float, of: str, other: float) -> tuple[str, str, str]:
    return f"{mine * 1e6:.3g} us", of, f"{other * 1e6:.3g} us"


def _committed(store: Store, first: int, count: int) -> list[str]:
    about = {"model": "bench.pair", "inputs": {"temperature": {"unit": "K"}, "rate": {"unit": "1/s", "from": "a.b"}}}
    with BlockWriter(store.space, record_of(Pair), about) as into:
        return _add(into, first, count)


def _add(into: BlockWriter, first: int, count: int) -> list[str]:
    """Rows with all that a sweep says of a point."""
    keys = [hashlib.sha256(b"%d" % i).hexdigest() for i in range(first, first + count)]
    for i, key in enumerate(keys, first):
        facts = {
            "inputs.temperature.literal": 300.0 + i,
            "inputs.temperature.value": key,
            "inputs.rate.value": key,
            "inputs.rate.artifact": key,
            "cost.seconds": 1e-6 * i,
            "cost.cpu_seconds": 1e-6 * i,
        }
        into.add(key, {"one": 0.5 * i, "other": -1.0}, facts, plan=key)
    return keys


def _plain(folder: Path) -> float:
    numbers = np.random.default_rng(0).random((COUNT, 2))
    zarr.save_array(folder / "first.zarr", numbers)
    cpu = time.process_time()
    zarr.save_array(folder / "plain.zarr", numbers)
    return time.process_time() - cpu
