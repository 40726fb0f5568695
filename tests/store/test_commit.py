"""A commit is all or nothing, whoever dies and whoever comes second."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from bridge.errors import BridgeError
from bridge.store.spaces.disk import Disk
from bridge.store.spaces.locks import is_locked, locked
from bridge.store.spaces.space import StoreUnusable
from bridge.store.store import Store

PROCESSES = Path(__file__).with_name("processes.py")
PLAN = "cd" + "0" * 62
HOLD = """
import sys, time
from bridge.store.store import Store
with Store(sys.argv[1]).claim("k"):
    print("held", flush=True)
    time.sleep(60)
"""


def program(which: str, folder: Path) -> str:
    done = subprocess.run([sys.executable, str(PROCESSES), which, str(folder)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_writer_killed_at_any_step_leaves_the_whole_or_nothing(tmp_path: Path) -> None:
    before, after = map(int, program("kill", tmp_path).split())
    assert before > 15  # steps until the artifact is there
    assert after >= 3  # and from then on: the folder's entry, the alias


def test_of_two_writers_of_one_key_one_wins_and_the_other_leaves_no_bytes(tmp_path: Path) -> None:
    assert program("race", tmp_path) == "one winner\n"


def test_a_failed_commit_leaves_nothing(store: Store, put: Any, everything: Any, monkeypatch: Any) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "rename", full)
    with pytest.raises(StoreUnusable, match=r"The disk is full\. Make room"):
        put(store, everything)
    assert not list((Path(store.address) / "tmp").iterdir())
    assert not list(Path(store.address).rglob("zarr.json"))


def test_a_committed_artifact_is_never_written_again(store: Store, put: Any, everything: Any) -> None:
    artifact, values = put(store, everything)
    before = {p: (p.stat().st_mtime_ns, p.stat().st_ino) for p in Path(artifact.where).rglob("*")}
    from bridge.ports import record_of

    assert store.commit(artifact.key, record_of(type(everything)), values, {}) is False
    assert {p: (p.stat().st_mtime_ns, p.stat().st_ino) for p in Path(artifact.where).rglob("*")} == before


def test_an_alias_leads_nowhere_once_its_artifact_is_gone(store: Store, put: Any, everything: Any) -> None:
    artifact, _ = put(store, everything)
    store.alias(PLAN, artifact.key)
    assert store.planned(PLAN) == artifact.key
    (Path(artifact.where) / "zarr.json").unlink()
    assert store.planned(PLAN) is None


def test_a_cut_off_alias_is_no_alias(store: Store) -> None:
    store.alias(PLAN, "ef" + "0" * 62)
    path = next(Path(store.address).rglob(f"{PLAN}.json"))
    path.write_bytes(path.read_bytes()[:5])
    assert store.planned(PLAN) is None


def test_readers_of_a_replaced_file_see_the_old_or_the_new(tmp_path: Path) -> None:
    disk, path, seen, over = Disk(tmp_path), tmp_path / "file", set(), threading.Event()
    disk.put("file", b"a" * 5000)

    def read() -> None:
        while not over.is_set():
            seen.add(path.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for i in range(100):
        disk.put("file", (b"b" if i % 2 else b"a") * 5000)
    over.set()
    reader.join()
    assert seen <= {b"a" * 5000, b"b" * 5000}
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_killed_holder_of_a_claim_frees_it(store: Store) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLD, store.address], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert is_locked(Path(store.address) / "claims" / "k")
        with (
            pytest.raises(BridgeError, match="held by another process"),
            locked(Path(store.address) / "claims" / "k", patience=0.1),
        ):
            pass
        said: list[str] = []
        waits, taken = threading.Event(), threading.Event()

        def waiting() -> None:
            said.append("waiting")
            waits.set()

        def take() -> None:
            with store.claim("k", waiting=waiting):
                taken.set()

        waiter = threading.Thread(target=take)
        waiter.start()
        assert waits.wait(60)
        assert not taken.wait(0.3)
        holder.send_signal(signal.SIGKILL)
        assert taken.wait(60)
        waiter.join()
        assert said == ["waiting"]
        assert not (Path(store.address) / "claims" / "k").exists()  # nothing is left behind
    finally:
        holder.kill()
        holder.communicate()


def test_a_claim_excludes_threads_as_well(store: Store) -> None:
    inside, most = 0, 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(20):
            with store.claim("k"):
                inside += 1
                most = max(most, inside)
                time.sleep(0.001)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
