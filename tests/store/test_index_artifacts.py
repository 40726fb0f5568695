"""Artifacts are found by their model as the store has them, whoever else looks at the same time."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path
from typing import Any

import pytest
from small_store import folder_of, key_of, make

from bridge.store.index import database
from bridge.store.index.artifacts import artifacts_of
from bridge.store.spaces.space import Space
from bridge.store.store import Store


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SCALEBRIDGE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_artifacts_are_found_by_their_model_as_they_come_and_go(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    keys = [key_of("model", i) for i in range(6)]
    for i, key in enumerate(keys):
        make(store, key, f"run {i}", model=f"model.{i % 2}")
    assert artifacts_of(store, "model.0") == keys[::2]
    assert artifacts_of(store, "model.1") == keys[1::2]
    shutil.rmtree(store.space.where(folder_of(keys[0])))
    make(store, key_of("later"), "run 9", model="model.0")
    assert artifacts_of(store, "model.0") == [keys[2], keys[4], key_of("later")]
    assert artifacts_of(store, "no.model") == []


def test_an_artifact_that_another_enters_meanwhile_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It came after one had listed the store, and before one looked at the index."""
    store, late, seen = Store(tmp_path / "store"), key_of("late"), list[list[str]]()
    make(store, key_of("first"), "run 0", model="m")
    assert artifacts_of(store, "m") == [key_of("first")]
    honest = Space.abreast

    def listed(self: Space, work: Any, what: Any) -> Any:
        found = list(honest(self, work, what))
        if not seen:
            seen.append([])
            make(store, late, "run 1", model="m")
            seen.append(artifacts_of(store, "m"))
        return found

    monkeypatch.setattr(Space, "abreast", listed)
    artifacts_of(store, "m")
    with contextlib.closing(database.connect(store.identity)) as index:
        assert {key for (key,) in index.execute("SELECT key FROM run_artifact")} == {key_of("first"), late}
    assert seen[1] == [key_of("first"), late]


def test_an_artifact_that_cannot_be_read_is_of_no_model(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    for i in range(2):
        make(store, key_of(i), f"run {i}", model="m")
    path = Path(store.space.where(folder_of(key_of(0)))) / "zarr.json"
    path.write_bytes(path.read_bytes().replace(b'"m"', b'"n"'))
    assert artifacts_of(store, "m") == [key_of(1)]
    assert artifacts_of(store, "n") == []
