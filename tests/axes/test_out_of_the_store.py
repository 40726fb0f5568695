"""Distributions of values that a run left behind."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import pytest
from numpy.typing import NDArray

from bridge.axes.read import read_axes
from bridge.errors import BridgeError
from bridge.ports import record_of
from bridge.run.sweeps.empirical import fetcher
from bridge.store.runlog import RunLog
from bridge.store.store import Store


@dataclass(frozen=True)
class Inner:
    barrier: Annotated[float, "eV"]
    barriers: Annotated[NDArray[np.float64], "eV", ("site",)]


@dataclass(frozen=True)
class Result:
    energy: Annotated[NDArray[np.float64], "K", ("draw", "site")]
    counts: Annotated[NDArray[np.int64], "1", ("draw",)]
    name: str
    inner: Inner


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A store with one run of one stage."""
    store, record = Store(tmp_path / "store"), record_of(Result)
    about = {"flow": "f", "parameters": {}, "stages": [{"name": "md.walk"}, {"name": "md.walk.2"}], "edges": []}
    log = RunLog(store, about)
    energy = np.array([[1.0, 2.0], [2.0, 4.0]])
    values = record.leave(Result(energy, np.array([3, 4]), "Cu", Inner(1.0, np.array([0.5, 0.7]))), "md.walk")
    store.commit("ab" + "0" * 62, record, values, {"model": "m", "run": log.id, "stage": "md.walk", "inputs": {}})
    log.event("md.walk", "computed", key="ab" + "0" * 62)
    log.end("completed")
    return tmp_path / "store"


def test_samples_are_drawn_from_the_values_of_an_artifact(root: Path) -> None:
    points, _ = read_axes({"t": "empirical(last.md.walk.energy)"}, samples=4, sampler="latin", fetch=fetcher(root))
    column = points.columns["t"]
    assert (column.unit, sorted(column.values)) == ("K", [1.0, 2.0, 4.0])
    assert sorted(points.at(i)["t"] for i in range(4)) == ["1.0 K", "2.0 K", "2.0 K", "4.0 K"]
    assert (column.origin["distribution"], column.origin["mean"]) == ("empirical(last.md.walk.energy)", 2.25)


def test_values_of_a_record_and_pure_numbers(root: Path) -> None:
    values, unit = fetcher(root)("last.md.walk.inner.barriers")
    assert (values.tolist(), unit) == ([0.5, 0.7], "eV")
    values, unit = fetcher(root)("last.md.walk.counts")
    assert (values.tolist(), unit) == ([3.0, 4.0], "")


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("last", "'last' names no output. Write empirical(RUN.stage.port)"),
        ("lost.md.walk.energy", "no run is named 'lost'"),
        ("last.md.wolk.energy", "has no stage 'md.wolk'. Did you mean 'md.walk'"),
        ("last.md.walk.enrgy", "has no port 'enrgy'. Did you mean 'energy'?"),
        ("last.md.walk.2.energy", "has no outputs: it is waiting"),
        ("last.md.walk.name", "has no numbers"),
        ("last.md.walk.inner", "is a record of barrier, barriers: name one of its fields"),
        ("last.md.walk.energy.mean", "goes deeper than the output does"),
        ("last.md.walk.inner.barrier", "needs two different finite values at least, got 1"),
    ],
)
def test_what_is_not_there_to_draw_from(root: Path, where: str, said: str) -> None:
    with pytest.raises(BridgeError, match=re.escape(said)):
        read_axes({"t": f"empirical({where})"}, samples=4, fetch=fetcher(root))
