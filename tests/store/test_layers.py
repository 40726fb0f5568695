"""A store of one's own over a shared one: found in either, written to the first."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from bridge.errors import ContractError
from bridge.run.resuming import resumable
from bridge.store.runlog import RunLog
from bridge.store.runs import run_of, runs
from bridge.store.spaces.space import Damaged, StoreUnusable
from bridge.store.store import Store

ABOUT = {"flow": "f", "parameters": {}, "stages": [{"name": "a", "model": "m"}], "edges": []}
HERE, THERE, PLAN = "ab" + "0" * 62, "cd" + "0" * 62, "ef" + "0" * 62


@pytest.fixture
def shared(tmp_path: Path) -> Store:
    return Store(tmp_path / "shared")


@pytest.fixture
def mine(tmp_path: Path, shared: Store) -> Store:
    return Store(tmp_path / "mine", shared.address)


def files(store: Store) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in Path(store.address).rglob("*")}


def test_artifacts_are_found_in_either_and_written_to_the_first(
    mine: Store, shared: Store, everything: Any, put: Any
) -> None:
    put(shared, everything, THERE)
    shared.alias(PLAN, THERE)
    before = files(shared)
    assert mine.planned(PLAN) == THERE
    assert mine.open(THERE).value(("count",)) == everything.count
    put(mine, everything, HERE)
    mine.alias("12" + "0" * 62, THERE)
    assert mine.has(HERE)
    assert not shared.has(HERE)
    assert mine.planned("12" + "0" * 62) == THERE
    assert [artifact.key for artifact in mine.artifacts()] == [HERE]
    assert files(shared) == before


def test_runs_of_both_are_listed_and_only_ones_own_can_be_gone_on_with(
    mine: Store, shared: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SCALEBRIDGE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SCALEBRIDGE_STORE", mine.address)
    monkeypatch.setenv("SCALEBRIDGE_SHARED", shared.address)
    names = []
    for store in (shared, mine):
        log = RunLog(store, ABOUT)
        log.event("a", "computed", key=HERE)
        log.end("failed")
        names.append(log.id)
    assert {run.id for run in runs()} == set(names)
    theirs, own = (run_of(name) for name in names)
    assert (theirs.state, len(theirs.events)) == ("failed", 1)
    resumable(own)
    with pytest.raises(ContractError, match="is in the shared store"):
        resumable(theirs)


def test_a_store_that_was_removed_is_not_made_anew_by_those_who_use_it(mine: Store, everything: Any, put: Any) -> None:
    put(mine, everything, HERE)
    shutil.rmtree(mine.address)
    with pytest.raises(StoreUnusable, match=r"is gone: it was removed or unmounted\. Bring it back, then resume"):
        put(mine, everything, HERE)
    with pytest.raises(StoreUnusable, match="is gone"):
        mine.alias(PLAN, HERE)
    assert not Path(mine.address).exists()


def test_another_store_at_the_same_place_is_refused(mine: Store) -> None:
    mine.prepare()
    shutil.rmtree(mine.address)
    Store(mine.address).prepare()
    with pytest.raises(StoreUnusable, match="was removed or replaced meanwhile"):
        mine.prepare()


def test_a_store_of_a_newer_schema_says_to_upgrade(mine: Store) -> None:
    from bridge.store.sealed import sealed

    Path(mine.address).mkdir()
    (Path(mine.address) / "scalebridge.json").write_bytes(sealed({"schema": 99, "id": "x"}))
    with pytest.raises(StoreUnusable, match="has schema 99, this scalebridge reads 2: upgrade"):
        mine.prepare()
    (Path(mine.address) / "scalebridge.json").write_bytes(b"{}")
    with pytest.raises(Damaged):
        mine.prepare()
