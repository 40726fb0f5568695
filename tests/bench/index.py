"""The index of a store of 10,000 runs and as many artifacts, and reading a store again bit by bit."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from blake3 import blake3

from bridge.ports import record_of
from bridge.store.index.artifacts import artifacts_of
from bridge.store.index.lookup import find_runs
from bridge.store.store import Store
from bridge.store.upkeep.usage import usage
from bridge.store.upkeep.verify import verify
from tests.bench.measure import Row, compare, process, seconds
from tests.bench.store import Field

sys.path.insert(0, str(Path(__file__).parents[1] / "store"))
from small_store import RECORD, Result, key_of, many_runs

COMMAND = str(Path(sys.executable).with_name("scalebridge"))
MANY = 10_000
QUESTIONS = (
    (),
    ("--flow", "creep", "--state", "failed"),
    ("-p", "temperature=800 K .. 1 kK", "-p", "element=Cu"),
    ("--since", "2026-02-01", "--until", "2026-02-07"),
)


def rows() -> Iterator[Row]:
    """CPU time of whole processes that list; of this one for what follows."""
    with tempfile.TemporaryDirectory(dir=os.environ["SCALEBRIDGE_HOME"]) as folder:
        yield from _runs(many_runs(Path(folder) / "runs", MANY))
        yield from _artifacts(Store(Path(folder) / "artifacts"))
        yield from _verification(Store(Path(folder) / "large"))


def cpu_of(work: Callable[[], Any]) -> float:
    """CPU seconds of one call in this process, its threads included."""
    before = time.process_time()
    work()
    return time.process_time() - before


def _runs(store: Store) -> Iterator[Row]:
    first = cpu_of(lambda: find_runs(store, limit=50))
    yield Row(f"making the index of {MANY} runs, CPU a run", f"{first / MANY * 1e6:.0f} us")
    find_runs(store, where={"temperature": "800 K .. 1 kK"})  # kK is a unit never seen: pint is asked once
    _, bare = process(sys.executable, "-c", "pass")
    before = os.environ.get("SCALEBRIDGE_STORE")
    os.environ["SCALEBRIDGE_STORE"] = store.address
    try:
        for words in QUESTIONS:
            _, cpu = process(COMMAND, "runs", *words)
            asked = " ".join(("runs", *words))
            yield compare(f"`scalebridge {asked}` of {MANY} runs, CPU of the process", cpu, "`python -c pass`", bare)
    finally:
        os.environ.pop("SCALEBRIDGE_STORE")
        if before is not None:
            os.environ["SCALEBRIDGE_STORE"] = before


def _artifacts(store: Store) -> Iterator[Row]:
    """The same artifact under 10,000 keys, as far as an index can tell."""
    values = RECORD.leave(Result(1.0, np.arange(4.0)), "stage")
    first = key_of(0)
    store.commit(first, RECORD, values, {"model": "toy.model", "run": "20260101-000000-000000"})
    source = Path(store.space.where(f"artifacts/{first[:2]}/{first}"))
    for number in range(1, MANY):
        key = key_of(number)
        (Path(store.address) / "artifacts" / key[:2]).mkdir(exist_ok=True)
        shutil.copytree(source, Path(store.address) / "artifacts" / key[:2] / key)
    making = cpu_of(lambda: artifacts_of(store, "toy.model"))
    yield Row(f"entering {MANY} artifacts by model, CPU an artifact", f"{making / MANY * 1e6:.0f} us")
    again = seconds(lambda: artifacts_of(store, "toy.model"))
    yield Row(f"artifacts of a model among {MANY}, from then on", f"{again * 1e3:.0f} ms")
    yield Row(f"`du` of {MANY} artifacts, CPU", f"{cpu_of(lambda: usage(store.space)):.2f} s")


def _verification(store: Store) -> Iterator[Row]:
    record = record_of(Field)
    array = np.random.default_rng(0).random((8192, 16384), np.float32)
    store.commit(key_of("large"), record, {"field": array}, {"model": "bench"}, compress=False)
    ours = seconds(lambda: verify(store), 3)

    def plainly() -> None:
        for path in Path(store.address).rglob("*"):
            if path.is_file():
                blake3(path.read_bytes(), max_threads=blake3.AUTO).hexdigest()

    size = array.nbytes / 1e9
    yield compare(f"verifying {size:.2f} GB", ours, "reading and BLAKE3 of the files", seconds(plainly, 3))
