"""What workers must have is asked before they are given work; what they lack is named, with what to do."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commands import Start, until

from bridge.run.cluster import connect
from bridge.run.clusters import checks, coming
from bridge.run.clusters.checks import faults
from bridge.run.clusters.errors import ClusterError
from bridge.run.clusters.needs import SAME, Needs, installed
from bridge.store.store import Store

SEEN = {"python": platform.python_version(), "bridge": "", "versions": {}, "models": {}, "store": "", "executable": "p"}


def test_a_worker_like_this_process_has_no_faults() -> None:
    needed = Needs({"a.b": ("bridge-a", "1.0")}, {"numpy": "2.0"})
    assert faults(SEEN | {"versions": {"numpy": "2.0"}, "models": {"a.b": ("bridge-a", "1.0")}}, needed) == []


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        ({"python": "3.10.1"}, "it has Python 3.10.1, this process "),
        (
            {"bridge": "No module named 'bridge'"},
            "it has no scalebridge (No module named 'bridge'). Install it where p",
        ),
        ({"versions": {"numpy": "1.9"}}, "it has numpy 1.9, this process 2.0. Install numpy==2.0 there."),
        ({"versions": {"numpy": None}}, "it has no numpy, this process 2.0."),
        ({"models": {"a.b": None}}, "it misses the plugin bridge-a 1.0, which brings a.b. Install it there."),
        ({"models": {"a.b": ("bridge-a", "0.9")}}, "it has a.b of bridge-a 0.9, this process of bridge-a 1.0. Install"),
    ],
)
def test_each_fault_says_what_to_install(seen: dict[str, Any], said: str) -> None:
    needed = Needs({"a.b": ("bridge-a", "1.0")}, {"numpy": "2.0"})
    like = {"versions": {"numpy": "2.0"}, "models": {"a.b": ("bridge-a", "1.0")}}
    (fault,) = faults(SEEN | like | seen, needed)
    assert fault.startswith(said)


def test_workers_that_lack_something_are_given_no_work(
    workers: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "ANSWER", 100.0)  # on a busy machine it takes a while to import what answers
    lost = Store(tmp_path / "lost")
    lost.prepare()
    shutil.rmtree(tmp_path / "lost")
    for needed, said in (
        (Needs({"absent.model": ("scalebridge-absent", "1.0")}), r"misses the plugin scalebridge-absent 1\.0"),
        (Needs(versions={"scalebridge": "99"}), r"has scalebridge .*, this process 99\. Install scalebridge==99"),
        (Needs(store=lost), rf"does not reach the store {tmp_path}/lost .*SCALEBRIDGE_STORE"),
    ):
        with connect(workers) as cluster:
            cluster.expect(needed)
            with pytest.raises(ClusterError, match=rf"worker tcp://.* of cluster {workers} will not do: it {said}"):
                cluster.submit(abs, -1, key="never")
            with pytest.raises(ClusterError, match="will not do"):  # and nobody waits to hear it again
                cluster.ready()
            assert set(cluster.client().processing().values()) == {()}


def test_workers_like_this_process_are_given_work(workers: str, tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    store.prepare()
    said: list[str] = []
    with connect(workers) as cluster:
        cluster.expect(Needs(versions={name: installed(name) for name in SAME}, store=store))
        cluster.ready(said.append)
        assert cluster.wait(cluster.submit(abs, -1, key="after the checks")) == 1
    assert said == []
    assert not [path for path in (tmp_path / "store").iterdir() if path.name != "scalebridge.json"]


@pytest.fixture
def lonely(tmp_path: Path) -> Iterator[str]:
    """A scheduler without workers."""
    file = tmp_path / "scheduler.json"
    scheduler = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0",
         "--no-dashboard", "--dashboard-address", "127.0.0.1:0", "--scheduler-file", str(file)],
        cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until(file.exists)
        yield json.loads(file.read_text())["address"]
    finally:
        scheduler.terminate()
        scheduler.wait(timeout=60)


def test_a_scheduler_without_workers_is_an_error_and_no_wait(lonely: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(coming.PATIENCE, "scheduler", 2.0)
    said: list[str] = []
    expected = rf"no worker of cluster {lonely} has come within 2.0 s.*dask worker"
    with connect(lonely) as cluster, pytest.raises(ClusterError, match=expected):
        cluster.ready(said.append)
    assert said == [f"waiting for workers of {lonely}"]


def test_a_wait_for_workers_can_be_ended(lonely: str) -> None:
    def enough() -> None:
        raise InterruptedError("enough")

    with connect(lonely) as cluster, pytest.raises(InterruptedError):
        cluster.ready(check=enough)


# The doctor


def test_the_doctor_finds_the_embedded_cluster_well(start: Start, surroundings: dict[str, str]) -> None:
    done = start("doctor", "--json")
    out, errors = done.communicate(timeout=250)
    assert done.returncode == 0, out + errors
    told = json.loads(out)
    assert told["well"] is True
    assert [one["what"] for one in told["findings"]] == [
        "Prefect server", "store", "scheduler", "TLS", "worker", "threads", "nanny", "store, from the worker",
        "round trip",
    ]  # fmt: skip
    assert told["versions"]["scalebridge-creep"]["worker"] == installed("scalebridge-creep")
    assert told["versions"]["distributed"] == {"driver": installed("distributed"), "worker": installed("distributed")}
    store = Path(surroundings["SCALEBRIDGE_HOME"], "store")
    assert [path.name for path in store.iterdir() if path.is_file()] == ["scalebridge.json"]


def test_two_doctors_may_look_at_one_store_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from bridge.run import doctor
    from bridge.store.spaces import disk

    monkeypatch.setenv("SCALEBRIDGE_STORE", str(tmp_path))
    found = doctor.Examination("", [], {})
    write, writes = disk.sync_file, 0

    def meanwhile(*given: Any) -> None:
        nonlocal writes
        writes += 1
        if writes in (1, 2):  # the second doctor's writes are not counted
            monkeypatch.setattr(disk, "sync_file", write)
            doctor._store(found)
            monkeypatch.setattr(disk, "sync_file", meanwhile)
        write(*given)

    monkeypatch.setattr(disk, "sync_file", meanwhile)
    doctor._store(found)
    assert writes >= 2
    assert [(one.what, one.good) for one in found.findings] == [("store", True)] * 3, found.findings


def test_a_doctor_that_was_killed_leaves_no_damage(tmp_path: Path) -> None:
    from bridge.run.doctor import _note
    from bridge.store.upkeep.reclaim import reclaim
    from bridge.store.upkeep.verify import verify

    store = Store(tmp_path)
    store.prepare()
    with _note(store) as note:
        store.space.put(note, b"note")
        report = verify(store)
        assert report.incomplete == [(note, 4)]
        assert not report.damaged
        reclaim(store)
        assert store.space.size(note) is None


def test_the_doctor_names_what_is_wrong_and_fails(start: Start, workers: str, surroundings: dict[str, str]) -> None:
    both = [
        start("doctor", "--cluster", "tcp://127.0.0.1:9"),
        start("doctor", "--cluster", workers),
        start("doctor", "--cluster", "locale"),
        start("doctor", "--wait", "long"),
    ]
    told = [" ".join(done.communicate(timeout=250)) for done in both]
    assert [done.returncode for done in both] == [1, 1, 1, 1]
    assert "✗  cluster         no Dask scheduler answers at tcp://127.0.0.1:9 within 10 s" in told[0]
    assert "✗  TLS                     none: tcp://" in told[1]
    assert "1 of 9 are wrong:\n  TLS: Start the scheduler with --protocol tls" in told[1]
    assert "no cluster is called 'locale'. Did you mean 'local'?" in told[2]
    assert "Write --wait '10 min'" in told[3]


def test_the_doctor_says_when_the_store_cannot_be_written(tmp_path: Path) -> None:
    from bridge.run.doctor import examine

    (tmp_path / "file").write_text("no folder")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCALEBRIDGE_STORE", str(tmp_path / "file" / "store"))
        patch.setenv("SCALEBRIDGE_HOME", str(tmp_path / "home"))
        patch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
        patch.delenv("PREFECT_HOME", raising=False)
        found = examine("tcp://127.0.0.1:9")
    wrong = {one.what: one.seen for one in found.findings if not one.good}
    assert set(wrong) == {"Prefect server", "store", "cluster"}
    assert "PREFECT_API_URL=http://127.0.0.1:9/api does not answer" in wrong["Prefect server"]
    assert os.environ.get("SCALEBRIDGE_STORE") != str(tmp_path / "file" / "store")
