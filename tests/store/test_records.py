"""Records of runs survive their drivers, and are found by any part of their name."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import pytest

from bridge.errors import BridgeError, UnknownName
from bridge.store import runlog
from bridge.store.runlog import RunLog
from bridge.store.runs import run_of, runs
from bridge.store.store import Store

ABOUT = {"flow": "f", "parameters": {"x": "1 m"}, "stages": [{"name": "a", "model": "m"}], "edges": []}
DRIVER = f"""
import os, signal, sys
from bridge.store.runlog import RunLog
from bridge.store.store import Store
log = RunLog(Store(sys.argv[1]), {ABOUT!r})
log.event("a", "running", attempt=1)
print(log.id, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "store"


def test_the_run_of_a_killed_driver_is_interrupted(root: Path) -> None:
    driver = subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert driver.stdout is not None
    name = driver.stdout.readline().strip()
    assert run_of(name, root).state == "running"
    driver.kill()
    driver.communicate()
    run = run_of(name, root)
    assert (run.state, run.seconds, run.stages["a"]["state"]) == ("interrupted", None, "running")


def test_runs_that_one_process_begins_at_once_are_told_apart_and_sorted_as_they_began(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    ticks = itertools.count()

    class Slow(datetime):
        """A clock that is asked twenty times within a millisecond."""

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return at + timedelta(microseconds=50 * next(ticks))

    monkeypatch.setattr(runlog, "datetime", Slow)
    names = [runlog._fresh() for _ in range(20)]
    assert names == sorted(names)
    assert len({name[:19] for name in names}) == 20


def test_an_ended_run_keeps_its_state_and_leaves_no_lock(root: Path) -> None:
    log = RunLog(Store(root), ABOUT)
    log.event("a", "failed", error="first", traceback="t")
    log.event("a", "computed", key="k")
    log.end("completed")
    run = run_of("last", root)
    assert run.state == "completed"
    assert run.stages["a"] == {"name": "a", "model": "m", "state": "computed", "key": "k"}  # no error of the past
    assert sorted(path.name for path in (root / run.folder).iterdir()) == ["events.jsonl", "run.json"]


def test_events_are_numbered_and_a_line_that_was_cut_off_is_left_out(root: Path) -> None:
    log = RunLog(Store(root), ABOUT)
    for _ in range(3):
        log.event("a", "running")
    path = root / "runs" / log.id / "events.jsonl"
    path.write_bytes(path.read_bytes()[:-10])
    assert [event["seq"] for event in run_of(log.id, root).events] == [1, 2]
    log.end("failed")


def test_listeners_hear_what_is_written(root: Path) -> None:
    heard: list[dict[str, Any]] = []
    log = RunLog(Store(root), ABOUT, heard.append)
    log.event("a", "failed", error="\udcff is no text")
    log.end("failed")
    assert run_of(log.id, root).events == heard


def test_a_run_is_found_by_either_end_of_its_name(root: Path) -> None:
    logs = [RunLog(Store(root), ABOUT) for _ in range(3)]
    for log in logs:
        log.end("completed")
        assert run_of(log.id[-6:], root).id == log.id
    assert [run.id for run in runs(root)] == sorted((log.id for log in logs), reverse=True)
    assert len(runs(root, limit=2)) == 2
    with pytest.raises(UnknownName, match="fits 3 runs"):
        run_of("2", root)
    with pytest.raises(UnknownName, match=r"no run is named '\.\./x'"):
        run_of("../x", root)
    with pytest.raises(UnknownName, match="Did you mean 'last'"):
        run_of("lst", root)
    with pytest.raises(UnknownName, match="has no stage 'b'"):
        run_of("last", root)["b"]
    with pytest.raises(BridgeError, match="has no outputs: it is waiting"):
        run_of("last", root)["a"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b"\xff\xfe"])
def test_a_record_that_cannot_be_read_is_a_damaged_run_among_the_others(tmp_path: Path, content: bytes) -> None:
    for name in ("20260101-000000-000aaa", "20260102-000000-000bbb"):
        (tmp_path / "runs" / name).mkdir(parents=True)
    good = {"id": "20260101-000000-000aaa", "flow": "f", "parameters": {}, "stages": [], "edges": [], "started": "now"}
    (tmp_path / "runs" / "20260101-000000-000aaa" / "run.json").write_text(json.dumps(good | {"state": "completed"}))
    (tmp_path / "runs" / "20260102-000000-000bbb" / "run.json").write_bytes(content)
    assert [run.state for run in runs(tmp_path)] == ["damaged", "completed"]
