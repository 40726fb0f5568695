"""A store that is full, read-only, or taken away: refused before anything is computed where that can be known.

Where it cannot, the error says which store and what to do, nothing is half visible, and the run can be gone on with.
"""

from __future__ import annotations

import errno
import itertools
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.run import current, session
from bridge.run.provenance import provenance
from bridge.store.runs import Run, runs
from bridge.store.spaces.disk import Disk
from bridge.store.spaces.space import StoreUnusable
from bridge.store.store import IDENTITY, Store
from bridge.store.upkeep.verify import verify

pytest.register_assert_rewrite("every_write")

import every_write  # noqa: E402
from every_write import of_models  # noqa: E402

FULL = r"cannot write to the store {}\. The disk is full\. Make room \(scalebridge gc\), then run again"
READ_ONLY = r"cannot write to the store {}\. The file system is read-only\. Set SCALEBRIDGE_STORE to a place"
GONE = r"the store {} (is gone: it was removed or unmounted|was removed or replaced meanwhile)\. Bring it back, then"
ROOM = 2 * 2**20


class Runner:
    """Runs the flow over one store and knows what was called."""

    def __init__(self, folder: Path, store: Path) -> None:
        self.folder, self.store = folder, store
        self.notes = folder / "notes"
        self.when: dict[str, Callable[[], None]] = {}  # what happens to the store while a model runs

    def run(self, resume: str | None = None, shared: Path | None = None) -> Run:
        make = (lambda: Store(Disk(self.store), shared=shared)) if shared else (lambda: Store(Disk(self.store)))
        return Run(Store(self.store, shared=shared), every_write.run(lambda: Disk(self.store), resume, store=make))

    def called(self) -> list[str]:
        return self.notes.read_text().split() if self.notes.exists() else []

    def refused(self, text: str) -> str:
        with pytest.raises(StoreUnusable, match=text.format(self.store)) as caught:
            self.run()
        return str(caught.value)

    def whole(self) -> dict[str, Any]:
        """What is visible, all of it whole."""
        return every_write.contents(Store(self.store))

    def left(self) -> list[str]:
        """States of the runs that have a record."""
        return [run.state for run in runs(self.store)]

    def resumed(self, undisturbed: dict[str, Any]) -> None:
        """Go on, or begin where no record was; nothing that was visible runs again."""
        before, called = self.whole(), self.called()
        records = runs(self.store)
        run = self.run(resume=records[0].id if records else None)
        assert run.state == "completed"
        assert every_write.comparable(self.whole()) == every_write.comparable(undisturbed)
        assert sorted(self.called()[len(called) :] + of_models(before)) == sorted(of_models(undisturbed))
        assert not verify(Store(self.store)).damaged


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runner]:
    monkeypatch.setattr(session, "_task", session._task)  # both are replaced by a run, and come back with the test
    monkeypatch.setattr(session, "Store", session.Store)
    monkeypatch.setenv("NOTES", str(tmp_path / "notes"))
    made = Runner(tmp_path, tmp_path / "store")
    note = every_write.note

    def noted(what: str) -> None:
        note(what)
        made.when.pop(what, lambda: None)()

    monkeypatch.setattr(every_write, "note", noted)
    token = current._here.set(None)
    yield made
    current._here.reset(token)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a run has that nothing befell."""
    folder = tmp_path_factory.mktemp("undisturbed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "_task", session._task)
        patch.setattr(session, "Store", session.Store)
        patch.setenv("NOTES", str(folder / "notes"))
        every_write.run(lambda: Disk(folder / "store"))
    return every_write.contents(Store(folder / "store"))


# By errors of the operating system, anywhere


class Trouble:
    """From the n-th change of a file on, or at that one alone, the operating system refuses."""

    def __init__(self, at: int, number: int, lasting: bool) -> None:
        self.at, self.number, self.lasting = at, number, lasting
        self.count, self._lock = itertools.count(1), threading.Lock()
        self.met = False

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def called(*args: Any, **kwargs: Any) -> Any:
            with self._lock:
                here = next(self.count)
            if here == self.at or (self.lasting and here > self.at):
                self.met = True
                raise OSError(self.number, os.strerror(self.number))
            return function(*args, **kwargs)

        return called


def troubled(runner: Runner, trouble: Trouble) -> str | None:
    """Run into trouble; what was said, None if it did not come to it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("fsync", "rename", "replace", "link", "write", "mkdir", "statvfs"):
            patch.setattr(os, name, trouble(getattr(os, name)))
        try:
            runner.run()
        except StoreUnusable as reason:
            return str(reason)
    return None


CURES = {
    errno.ENOSPC: "The disk is full. Make room (scalebridge gc), then run again",
    errno.EDQUOT: "The quota is used up. Make room (scalebridge gc), then run again",
    errno.EROFS: "The file system is read-only. Set SCALEBRIDGE_STORE to a place that can be written",
    errno.EACCES: "Permission is denied. Set SCALEBRIDGE_STORE to a place that can be written",
    errno.EIO: "cannot write",
}


def refused_at_every(stride: int, runner: Runner, undisturbed: dict[str, Any], number: int, lasting: bool) -> int:
    """Be refused at every so manieth step of those that one run takes; how often that was."""
    provenance(every_write.growth, {}, session.check_with(every_write.growth, {}), "local")
    for count, at in enumerate(range(1 + number % stride, 400, stride)):
        runner.store = runner.folder / f"store-{at}"
        trouble = Trouble(at, number, lasting)
        said = troubled(runner, trouble)
        if not trouble.met:
            assert at > 60
            return count
        assert said is None or (str(runner.store) in said and CURES[number] in said), said
        assert said is not None or not lasting
        if runner.store.exists():
            assert runner.left() in ([], ["failed"], ["interrupted"], ["completed"])
            if runner.left() != ["completed"]:
                runner.resumed(undisturbed)
    raise AssertionError("a run takes fewer steps")


@pytest.mark.parametrize("lasting", [True, False])
@pytest.mark.parametrize("number", CURES, ids=errno.errorcode.get)
def test_a_refusal_at_some_step_is_told_and_gone_on_from(
    runner: Runner, undisturbed: dict[str, Any], number: int, lasting: bool
) -> None:
    assert refused_at_every(17, runner, undisturbed, number, lasting) >= 4


@pytest.mark.science  # a minute
@pytest.mark.parametrize("lasting", [True, False])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO], ids=errno.errorcode.get)
def test_a_refusal_at_any_step_is_told_and_gone_on_from(
    runner: Runner, undisturbed: dict[str, Any], number: int, lasting: bool, record_property: Any
) -> None:
    record_property("asked", "told with the store's name and what to do; all that is visible whole; resumed, equal")
    count = refused_at_every(1, runner, undisturbed, number, lasting)
    record_property("reached", f"as asked at each of {count} steps")


# On real file systems


@pytest.fixture
def mounted(runner: Runner) -> Iterator[Path]:
    """The store is a file system of 2 MB of its own, where one may be mounted."""
    runner.store.mkdir()
    done = command("mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", runner.store)
    if done.returncode:
        pytest.skip(f"no file system may be mounted here: {done.stderr.strip()}")
    yield runner.store
    while os.path.ismount(runner.folder / "store"):
        assert command("umount", "-l", runner.folder / "store").returncode == 0


def command(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(list(map(str, words)), capture_output=True, text=True)


def read_only(folder: Path) -> None:
    """Mount a folder over itself: unlike the file system, what is mounted has no open files that forbid it."""
    assert command("mount", "--bind", folder, folder).returncode == 0
    assert command("mount", "-o", "remount,bind,ro", folder).returncode == 0


def unmount(folder: Path) -> None:
    assert command("umount", "-l", folder).returncode == 0


def fill(folder: Path, leave: int) -> Path:
    """Leave so many bytes of a file system free."""
    ballast = folder / "ballast"
    room = os.statvfs(folder)
    ballast.write_bytes(bytes(max(0, room.f_bavail * room.f_frsize - leave)))
    return ballast


def test_a_disk_with_no_room_is_refused_before_anything_is_computed(
    runner: Runner, mounted: Path, undisturbed: dict[str, Any]
) -> None:
    ballast = fill(runner.store, 2**19)
    runner.refused(FULL)
    ballast.unlink()
    assert (runner.called(), runner.left(), runner.whole()) == ([], [], {})
    runner.resumed(undisturbed)


@pytest.mark.parametrize("leave", [0, 8192, 16384, 24576])
def test_a_disk_that_fills_up_while_a_stage_runs_is_told(
    runner: Runner, mounted: Path, undisturbed: dict[str, Any], leave: int
) -> None:
    """So full that not even the record's end can be written; or with room for that, and not for the field."""
    ballast: list[Path] = []
    runner.when["write"] = lambda: ballast.append(fill(runner.store, leave))
    runner.refused(FULL)
    ballast[0].unlink()
    done = sorted(of_models(runner.whole()))
    assert done in (["grow", "grow"], ["grow", "grow", "write"], ["grow", "grow", "judge", "write"])
    assert runner.left() in (["failed"], ["interrupted"])
    assert not any((runner.store / "tmp").iterdir())  # the half that was written made room again
    runner.resumed(undisturbed)


def test_a_read_only_store_is_refused_before_anything_is_computed(
    runner: Runner, mounted: Path, undisturbed: dict[str, Any]
) -> None:
    read_only(mounted)
    runner.refused(READ_ONLY)
    unmount(mounted)
    assert (runner.called(), runner.left(), list(runner.store.iterdir())) == ([], [], [])
    runner.resumed(undisturbed)


def test_a_store_that_becomes_read_only_is_told(runner: Runner, mounted: Path, undisturbed: dict[str, Any]) -> None:
    runner.when["write"] = lambda: read_only(mounted)
    runner.refused(READ_ONLY)
    assert of_models(runner.whole()) == ["grow", "grow"]
    assert runner.left() == ["interrupted"]  # its end could not be written
    unmount(mounted)
    runner.resumed(undisturbed)


def test_all_is_found_in_a_shared_store_that_is_read_only(
    runner: Runner, mounted: Path, undisturbed: dict[str, Any]
) -> None:
    runner.run()
    read_only(mounted)
    runner.store = runner.folder / "own"
    called = runner.called()
    run = runner.run(shared=mounted)
    assert {facts["state"] for facts in run.stages.values()} == {"found"}
    assert runner.called() == called
    assert run["death.judge"].verdict == "whole"
    assert not list((runner.store).glob("artifacts/*/*"))  # nothing is copied


# Taken away


def test_a_store_removed_under_a_running_flow_is_told_and_not_begun_anew(
    runner: Runner, undisturbed: dict[str, Any]
) -> None:
    away = runner.folder / "away"
    runner.when["write"] = lambda: runner.store.rename(away) and None
    runner.refused(GONE)
    assert not runner.store.exists()
    away.rename(runner.store)
    assert of_models(runner.whole()) == ["grow", "grow"]
    assert runner.left() == ["interrupted"]
    runner.resumed(undisturbed)


@pytest.mark.parametrize("when", ["write", "judge"])
def test_a_store_unmounted_under_a_running_flow_leaves_its_mount_point_empty(
    runner: Runner, mounted: Path, undisturbed: dict[str, Any], when: str
) -> None:
    elsewhere = runner.folder / "elsewhere"
    elsewhere.mkdir()
    assert command("mount", "--bind", mounted, elsewhere).returncode == 0  # to have it once it is gone
    try:
        runner.when[when] = lambda: unmount(mounted)
        runner.refused(GONE)
        assert list(mounted.iterdir()) == []
        assert command("mount", "--bind", elsewhere, mounted).returncode == 0
    finally:
        unmount(elsewhere)
    assert "grow" in of_models(runner.whole())
    assert runner.left() == ["interrupted"]
    runner.resumed(undisturbed)


def test_a_store_replaced_by_another_is_not_written_to(runner: Runner) -> None:
    """Its folders are all there, and it says that it is another."""
    away = runner.folder / "away"

    def replace() -> None:
        runner.store.rename(away)
        Store(runner.store).prepare()

    runner.when["write"] = replace
    runner.refused(GONE)
    assert [p.name for p in runner.store.iterdir()] == [IDENTITY]
