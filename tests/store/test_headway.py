"""How far a run is, read off its log while it is written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from s3_server import moto, new_bucket, settings, use
from small_store import begun

from bridge.store.index import headway
from bridge.store.index.conditions import Conditions
from bridge.store.index.headway import Following, Headway, headway_of
from bridge.store.index.lines import Line
from bridge.store.index.lookup import page_of
from bridge.store.runlog import RunLog
from bridge.store.store import Store

STAGES = [{"name": name, "model": f"toy.{name}", "scale": "continuum"} for name in ("fine", "middle", "coarse")]
SWEEP = {"points": 4, "axes": [], "executions": {"fine": 2, "coarse": 4}, "found": {"fine": 1, "coarse": 0}}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCALEBRIDGE_HOME", str(tmp_path / "home"))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def line_of(store: Store, log: RunLog) -> Line:
    (line,) = (line for line in page_of(store, Conditions(), None).lines if line.id == log.id)
    return line


def told(store: Store, log: RunLog) -> None:
    """What becomes of a chain of three, and what is seen of it after each step."""
    following = Following(store.space, line_of(store, log))
    assert following.look() == Headway("stages", 3, cpu_seconds=0.0)
    log.event("fine", "running", attempt=1)
    assert following.look() == Headway("stages", 3, running=1, cpu_seconds=0.0)
    log.event("fine", "warned", warning="careful")
    log.event("fine", "computed", key="a", seconds=2.5, cpu_seconds=2.0)
    log.event("middle", "found", key="b")
    log.event("coarse", "running", attempt=1)
    assert following.look() == Headway("stages", 3, done=2, running=1, cpu_seconds=2.0)
    assert following.stages == {"fine": ("computed", 2.5), "middle": ("found", None), "coarse": ("running", None)}
    log.event("coarse", "failed", error="no")
    assert following.look() == headway_of(store.space, line_of(store, log)) == Headway(
        "stages", 3, done=2, failed=1, cpu_seconds=2.0
    )  # fmt: skip


def test_stages_are_counted_as_they_start_end_and_fail(store: Store) -> None:
    log = begun(store, stages=STAGES)
    told(store, log)
    log.end("failed")


def test_in_a_bucket_they_are_counted_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with moto() as endpoint:
        use(monkeypatch, settings(endpoint, tmp_path))
        store = Store(f"s3://{new_bucket(endpoint)}/some")
        log = begun(store, stages=STAGES)
        told(store, log)
        log.end("failed")


def test_executions_of_a_sweep_are_counted_with_those_that_were_there_before(store: Store) -> None:
    log = begun(store, stages=STAGES, sweep=SWEEP)
    following = Following(store.space, line_of(store, log))
    assert following.look() == Headway("executions", 6, done=1)
    log.event("fine", "block", executions=1, computed=1, found=0, failed=0, seconds=0.1)
    log.event("coarse", "block", executions=3, computed=1, found=1, failed=1, seconds=0.1, error="no")
    assert following.look() == Headway("executions", 6, done=4, failed=1)
    log.end("cancelled")
    again = RunLog.again(store, log.id, {"sweep": SWEEP | {"found": {"fine": 2, "coarse": 2}}})
    assert headway_of(store.space, line_of(store, again)) == Headway("executions", 6, done=4)
    again.end("completed")


def test_a_line_that_is_being_written_is_read_when_it_is_whole(store: Store) -> None:
    log = begun(store, stages=STAGES)
    log.event("fine", "running")
    log.event("fine", "computed", key="a")
    path = Path(store.address) / "runs" / log.id / "events.jsonl"
    whole = path.read_bytes()
    cut = whole[:-20]
    path.write_bytes(cut)
    following = Following(store.space, line_of(store, log))
    assert following.look().done == 0
    path.write_bytes(whole)
    assert following.look().done == 1
    log.end("completed")


def test_only_what_is_new_is_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    log, read = begun(store, stages=STAGES), []
    log.event("fine", "running")
    following = Following(store.space, line_of(store, log))
    honest = store.space.read_from
    monkeypatch.setattr(store.space, "read_from", lambda name, start: read.append(start) or honest(name, start))
    following.look()
    following.look()
    size = os.stat(Path(store.address) / "runs" / log.id / "events.jsonl").st_size
    log.event("fine", "computed", key="a")
    assert following.look().done == 1
    assert read == [0, size]
    log.end("completed")


def test_a_log_that_is_too_long_or_shorter_than_it_was_does_no_harm(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = begun(store, stages=STAGES)
    log.event("fine", "computed", key="a", cpu_seconds=1e308, seconds="long")
    log.event("a stage that nobody planned", "computed", key="a", cpu_seconds=-1)
    line = line_of(store, log)
    following = Following(store.space, line)
    assert following.look() == Headway("stages", 3, done=2, cpu_seconds=0.0)
    (Path(store.address) / "runs" / log.id / "events.jsonl").write_bytes(b"")
    assert following.look().done == 0
    (Path(store.address) / "runs" / log.id / "events.jsonl").write_bytes(b"[" * 5000 + b"\n")
    assert following.look().done == 0
    monkeypatch.setattr(headway, "LONGEST", 100)
    assert headway_of(store.space, line) is None
    log.end("completed")
