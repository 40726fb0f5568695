"""What becomes of runs is seen the next time the index is asked; what did not change is not read for that."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from small_store import begun, many_runs, record, write_record

from bridge.store.index.catalogue import Catalogue
from bridge.store.index.conditions import Conditions
from bridge.store.index.database import connect
from bridge.store.index.lookup import find_runs, look_through, page_after, running
from bridge.store.runlog import RunLog
from bridge.store.spaces import disk
from bridge.store.store import Store


def tick(root: Path) -> None:
    """Wait until a change of the folder of runs gets another time than its last one."""
    last, probe = os.stat(root / "runs").st_ctime_ns, root.parent / "probe"
    while True:
        probe.touch()
        if os.stat(probe).st_ctime_ns > last:
            return
        time.sleep(0.001)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SCALEBRIDGE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_a_folder_of_runs_that_has_not_changed_is_not_listed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "_SETTLED", 0)
    store, listed = many_runs(tmp_path / "store", 5), []
    assert len(find_runs(store)) == 5
    honest = store.space.children
    monkeypatch.setattr(store.space, "children", lambda folder: listed.append(folder) or honest(folder))
    assert len(find_runs(store)) == 5
    assert listed == []
    tick(tmp_path / "store")
    name = write_record(tmp_path / "store", record(5))
    assert (find_runs(store)[0], listed) == (name, ["runs"])
    tick(tmp_path / "store")
    shutil.rmtree(tmp_path / "store" / "runs" / name)
    assert (len(find_runs(store)), listed) == (5, ["runs"] * 2)


def test_a_folder_whose_time_was_set_back_is_looked_at_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As tar and rsync set it."""
    monkeypatch.setattr(disk, "_SETTLED", 0)
    store = many_runs(tmp_path / "store", 5)
    assert len(find_runs(store)) == 5
    tick(tmp_path / "store")
    before = os.stat(tmp_path / "store" / "runs").st_mtime_ns
    write_record(tmp_path / "store", record(5))
    os.utime(tmp_path / "store" / "runs", ns=(before, before))
    assert len(find_runs(store)) == 6


def test_a_run_whose_record_comes_after_its_folder_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "_SETTLED", 0)
    store = many_runs(tmp_path / "store", 5)
    (tmp_path / "store" / "runs" / record(5)["id"]).mkdir()
    for _ in range(2):
        assert len(find_runs(store)) == 5
    write_record(tmp_path / "store", record(5))
    assert len(find_runs(store)) == 6
    (tmp_path / "store" / "runs" / record(2)["id"] / "run.json").unlink()
    assert len(find_runs(store)) == 6  # nobody removes records of completed runs by themselves


def test_what_has_only_just_changed_is_looked_at_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert disk._SETTLED >= 2 * 10**9  # there are file systems that count in steps of two seconds
    monkeypatch.setattr(disk, "_SETTLED", 600 * 10**9)
    store = many_runs(tmp_path / "store", 5)
    assert store.space.stamp("runs") == ""  # it may change again within a tick of the clock
    assert store.space.stamp("nowhere") == ""


def test_a_resumed_run_is_seen_though_no_folder_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = many_runs(tmp_path / "store", 2)
    log = begun(store)
    log.end("failed")
    monkeypatch.setattr(disk, "_SETTLED", 0)
    assert find_runs(store, state="failed")[0] == log.id
    assert store.space.stamp("runs")
    again = RunLog.again(store, log.id, {})
    assert find_runs(store, state="running") == [log.id]
    again.end("completed")
    assert find_runs(store, state="completed")[0] == log.id


# Two at once


def test_a_run_that_another_enters_after_it_was_removed_is_forgotten_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One read its record before it was removed, and enters it once another has listed what is left."""
    monkeypatch.setattr(disk, "_SETTLED", 0)
    store = many_runs(tmp_path / "store", 5)
    gone = write_record(tmp_path / "store", record(5))
    late: list[str] = []
    read, keep = Catalogue._read, Catalogue._keep_stamp

    def removed(self: Catalogue, name: str) -> Any:
        found = read(self, name)
        if name == gone and not late:
            late.append(name)
            tick(tmp_path / "store")
            shutil.rmtree(tmp_path / "store" / "runs" / name)
            tick(tmp_path / "store")
            assert len(find_runs(store)) == 5
        return found

    monkeypatch.setattr(Catalogue, "_read", removed)
    find_runs(store)
    assert len(find_runs(store)) == 5

    def entered(self: Catalogue, *given: Any) -> None:
        if late:
            late.clear()
            with contextlib.closing(connect(store.identity)) as connection:
                Catalogue(store.space, connection)._enter({gone: ("", record(5))})
        keep(self, *given)

    monkeypatch.setattr(Catalogue, "_keep_stamp", entered)
    write_record(tmp_path / "store", record(6))
    tick(tmp_path / "store")
    find_runs(store)
    assert not late
    assert gone not in find_runs(store)


def test_two_who_make_an_index_at_once_forget_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, asked, read = many_runs(tmp_path / "store", 5), list[str](), list[str]()
    is_at, reading = Catalogue._is_at, Catalogue._read

    def beside(self: Catalogue, spot: str) -> bool:
        found = is_at(self, spot)
        asked.append(spot)
        if len(asked) == 1:
            assert len(find_runs(store)) == 5
        return found

    monkeypatch.setattr(Catalogue, "_is_at", beside)
    monkeypatch.setattr(Catalogue, "_read", lambda self, name: read.append(name) or reading(self, name))
    assert len(find_runs(store)) == len(read) == 5


# What has changed


def test_the_sign_of_a_store_changes_with_every_change_and_with_nothing_else(tmp_path: Path) -> None:
    store = many_runs(tmp_path / "store", 3)
    write_record(tmp_path / "store", record(3))
    (tmp_path / "store" / "runs" / record(3)["id"] / "run.json").write_bytes(b"{")  # read again each time
    signs = [running(store)[0]]

    def changed() -> bool:
        signs.append(running(store)[0])
        return signs[-1] != signs[-2] and signs[-1] == page_after(store, Conditions()).sign == running(store)[0]

    assert signs[0] == running(store)[0] == page_after(store, Conditions()).sign
    log = begun(store)
    assert changed()
    assert [line.id for line in running(store)[1]] == [log.id]
    log.event("a", "running")
    assert not changed()  # how far it is, is told otherwise
    log.note(tags=["new"])
    assert changed()
    log.end("failed")
    assert changed()
    endless = record(9)
    for fact in ("state", "ended", "events"):
        del endless[fact]
    write_record(tmp_path / "store", endless)
    assert changed()
    held = store.space.claim(f"runs/{endless['id']}/lock")
    with held:
        assert changed()
    assert changed()
    shutil.rmtree(tmp_path / "store" / "runs" / record(1)["id"])
    assert changed()


def went_on(root: Path, run: str) -> None:
    """Resume a run that had failed, and complete it."""
    log = RunLog.again(Store(root), run, {})
    log.event("a", "computed", key="00" * 32)
    log.end("completed")


def states(root: Path) -> list[str]:
    return [line.state for line in page_after(Store(root), Conditions()).lines]


def test_a_copy_of_a_store_has_records_of_its_own(tmp_path: Path) -> None:
    """Copies have one identity, and so one index."""
    log = begun(Store(tmp_path / "store"))
    log.end("failed")
    shutil.copytree(tmp_path / "store", tmp_path / "copy")
    went_on(tmp_path / "store", log.id)
    for _ in range(2):
        assert states(tmp_path / "store") == ["completed"]
        assert states(tmp_path / "copy") == ["failed"]
    shutil.rmtree(tmp_path / "store")
    shutil.copytree(tmp_path / "copy", tmp_path / "store")  # a backup is put back
    assert states(tmp_path / "store") == ["failed"]


def test_records_that_were_put_back_one_by_one_are_seen_by_who_looks_through_the_store(tmp_path: Path) -> None:
    log = begun(Store(tmp_path / "store"))
    log.end("failed")
    shutil.copytree(tmp_path / "store", tmp_path / "backup")
    went_on(tmp_path / "store", log.id)
    assert states(tmp_path / "store") == ["completed"]
    for name in ("run.json", "events.jsonl"):
        if (tmp_path / "backup" / "runs" / log.id / name).exists():
            shutil.copy2(tmp_path / "backup" / "runs" / log.id / name, tmp_path / "store" / "runs" / log.id / name)
        else:
            (tmp_path / "store" / "runs" / log.id / name).unlink()
    look_through(Store(tmp_path / "store"))
    assert states(tmp_path / "store") == ["failed"]
