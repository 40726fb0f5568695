"""Runs of small chains in this process, as crates and as what was taken from them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "store"))  # for `small_store` and `s3_server`
sys.path.insert(0, str(Path(__file__).parents[1] / "inspect"))  # for `small_runs`: importlib mode finds none of them
sys.path.insert(0, str(Path(__file__).parent))
from crate_runs import body_of
from small_runs import Bench

from bridge.inspect.crate.writing import write_crate
from bridge.store.runs import Run
from bridge.store.store import Store


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A state folder of one's own for every test."""
    monkeypatch.setenv("SCALEBRIDGE_HOME", str(tmp_path / "home"))


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """Models in a package of the test's own, and a store of their results."""
    monkeypatch.syspath_prepend(tmp_path)
    yield Bench(tmp_path)
    for name in [name for name in sys.modules if name.split(".")[0] == "toys"]:
        del sys.modules[name]


@pytest.fixture
def ran(bench: Bench) -> Run:
    """A run of it."""
    return bench.run(body_of(bench), x="1.5 m")


@pytest.fixture
def crate(ran: Run, tmp_path: Path) -> Path:
    """Its crate, as a folder."""
    return write_crate(ran, tmp_path / "crate").path


@pytest.fixture
def other(tmp_path: Path) -> Store:
    """A store that has nothing yet."""
    return Store(tmp_path / "other")
