"""The embedded Dask cluster, in real processes: lazy, private, silent, and standing up to deaths."""

from __future__ import annotations

import json
import os
import pickle
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import psutil
import pytest
from commands import until
from dask.system import CPU_COUNT

from bridge.run import cluster
from bridge.run.cluster import Cluster, connect
from bridge.run.clusters import address as by_address
from bridge.run.clusters.errors import ClusterError, SchedulerLost, StageTimedOut, WorkerDied


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """An embedded cluster of a driver in a batch job that wants 7 threads."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCALEBRIDGE_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("OMP_NUM_THREADS", "7")
        with connect() as connected:
            yield connected


def script(path: Path, source: str) -> subprocess.Popen[str]:
    """A driver, in a session of its own, writing to our pipes."""
    path.write_text(source)
    environment = os.environ | {"SCALEBRIDGE_HOME": str(path.parent / "home")}
    return subprocess.Popen(
        [sys.executable, str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
    )


def note(path: str) -> int:
    """Leave a line for every call, with the process that made it."""
    with open(path, "a") as file:
        file.write(f"{os.getpid()}\n")
    return os.getpid()


def calls(path: Path) -> list[int]:
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def test_nothing_starts_before_it_is_needed() -> None:
    with connect() as idle:
        assert not idle.started
    check = "import sys, bridge.run.cluster as c; c.connect(); print({'dask', 'distributed'} & sys.modules.keys())"
    assert subprocess.run([sys.executable, "-c", check], capture_output=True, text=True).stdout == "set()\n"


def test_results_come_back(local: Cluster) -> None:
    assert local.wait(local.submit(sum, [1, 2, 3], key="sum")) == 6


def test_workers_are_sized_to_the_machine(local: Cluster) -> None:
    known = local.client().scheduler_info(n_workers=-1)["workers"].values()
    assert 1 <= len(known) == CPU_COUNT <= len(os.sched_getaffinity(0))
    assert {worker["nthreads"] for worker in known} == {1}
    assert sum(worker["memory_limit"] for worker in known) <= psutil.virtual_memory().total
    offered = [(worker["resources"], worker["memory_limit"]) for worker in known]
    assert offered == [({"closure": 1, "cpus": 1, "memory": limit}, limit) for _, limit in offered]
    assert local.wait(local.submit(abs, -1, key="with-resource", resources={"closure": 1})) == 1


def test_workers_have_one_thread_and_keep_their_files_in_the_home(local: Cluster) -> None:
    seen = local.wait(local.submit(lambda _: dict(os.environ), None, key="environment"))
    home = os.environ["SCALEBRIDGE_HOME"]
    assert (seen["OMP_NUM_THREADS"], seen["OPENBLAS_NUM_THREADS"], seen["OMP_WAIT_POLICY"]) == ("1", "1", "PASSIVE")
    assert seen["NUMBA_CACHE_DIR"] == os.environ["NUMBA_CACHE_DIR"]  # where one is set, kernels are shared with it
    folders = local.client().run(lambda dask_worker: dask_worker.local_directory).values()
    assert all(folder.startswith(f"{home}/dask/") for folder in folders)
    assert "distributed.worker" in Path(home, "dask.log").read_text()
    assert os.environ["OMP_NUM_THREADS"] == "7"  # the driver's own environment is left alone
    assert os.environ.get("OMP_WAIT_POLICY") is None


def test_only_holders_of_the_certificate_may_speak_on_loopback(local: Cluster) -> None:
    address = local.client().scheduler_info()["address"]
    assert address.startswith("tls://127.0.0.1:")
    processes = [psutil.Process(), *psutil.Process().children(recursive=True)]
    listening = [c.laddr for p in processes for c in p.net_connections() if c.status == psutil.CONN_LISTEN]
    assert {at.ip for at in listening} == {"127.0.0.1"}
    stranger = ssl.create_default_context()
    stranger.check_hostname, stranger.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])), timeout=60) as plain,
        stranger.wrap_socket(plain) as encrypted,  # TLS 1.3 refuses after the client's last word
        pytest.raises(OSError, match=r"(?i)certificate|reset"),
    ):
        encrypted.recv(1)


def test_there_is_no_dashboard(local: Cluster) -> None:
    port = local.client().scheduler_info()["services"]["dashboard"]  # Dask's name for plain HTTP of any kind
    for page in ("/", "/status", "/info/main/workers.html", "/metrics", "/json/counts.json", "/health"):
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", page)
        assert connection.getresponse().status == 404
        connection.close()


def test_the_task_of_a_killed_worker_completes(local: Cluster, tmp_path: Path) -> None:
    def slow(path: str) -> int:
        pid = note(path)
        if len(calls(Path(path))) == 1:
            time.sleep(60)  # until it is killed
        return pid

    future = local.submit(slow, str(tmp_path / "calls"), key="killed")
    until(lambda: calls(tmp_path / "calls"))
    os.kill(calls(tmp_path / "calls")[0], signal.SIGKILL)
    first, second = local.wait(future), calls(tmp_path / "calls")
    assert second[0] != second[1] == first


def test_an_error_is_returned_again_until_a_retry_is_asked_for(local: Cluster, tmp_path: Path) -> None:
    def fails_twice(path: str) -> int:
        note(path)
        if len(calls(Path(path))) < 3:
            raise ArithmeticError(f"call {len(calls(Path(path)))}")
        return len(calls(Path(path)))

    order = str(tmp_path / "calls")
    first = local.submit(fails_twice, order, key="fails")
    with pytest.raises(ArithmeticError, match="call 1"):
        local.wait(first)
    with pytest.raises(ArithmeticError, match="call 1"):
        local.wait(local.submit(fails_twice, order, key="fails"))
    with pytest.raises(ArithmeticError, match="call 2"):
        local.wait(local.submit(fails_twice, order, key="fails", retry=True))
    assert local.wait(local.submit(fails_twice, order, key="fails", retry=True)) == 3
    assert local.wait(local.submit(fails_twice, order, key="fails", retry=True)) == 3


def test_a_timeout_of_the_model_is_its_own_error(local: Cluster) -> None:
    def times_out(_: object) -> None:
        raise TimeoutError("the license server")

    with pytest.raises(TimeoutError, match="the license server"):
        local.wait(local.submit(times_out, None, key="timeout"))


def test_equal_keys_from_two_threads_are_one_call(local: Cluster, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    gate.touch()

    def slow(path: str) -> int:
        while os.path.exists(Path(path).with_name("gate")):
            time.sleep(0.01)
        return note(path)

    results: list[int] = []
    asked = threading.Barrier(4, action=gate.unlink)

    def ask() -> None:
        future = local.submit(slow, str(tmp_path / "calls"), key="shared", retry=True)
        asked.wait(60)
        results.append(local.wait(future))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    assert len(calls(tmp_path / "calls")) == 1


def test_a_restarted_worker_is_a_new_process(local: Cluster, tmp_path: Path) -> None:
    def waits(gate: str) -> None:
        while os.path.exists(gate):
            time.sleep(0.01)

    until(lambda: len(local.workers()) == CPU_COUNT)  # the second may still be on its way
    before = local.client().run(os.getpid)
    address = next(iter(before))
    (tmp_path / "gate").touch()
    busy = local.submit(waits, str(tmp_path / "gate"), key="elsewhere")
    until(lambda: local.running_on(busy))
    local.restart_worker(address)
    (tmp_path / "gate").unlink()
    assert local.wait(busy) is None
    after = local.client().run(os.getpid)
    assert len(after) == len(before)
    assert before[address] not in after.values()
    assert (os.environ["OMP_NUM_THREADS"], os.environ.get("OMP_WAIT_POLICY")) == ("7", None)  # the driver's, as before
    local.restart_worker(address)  # is gone: two threads may have met the same stale worker
    assert local.client().run(os.getpid) == after


def test_a_worker_that_goes_just_before_it_is_restarted_is_no_error(
    local: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = "tls://127.0.0.1:1"
    monkeypatch.setattr(local, "workers", lambda: [gone])  # as another thread saw it, which then restarted it
    local.restart_worker(gone)


DRIVER = """
import json, os, re, sys, time
from bridge.run.cluster import connect

def hold(_):
    re.match("(a+)+$", "a" * 40 + "b")  # for hours, in C, with the interpreter's lock held

cluster = connect()
pids = [*cluster.client().run(os.getpid).values()]
future = cluster.submit(hold, None, key="hold")
while not cluster.running_on(future):
    time.sleep(0.01)
time.sleep(0.5)
print(json.dumps(pids), flush=True)
cluster.wait(future)
"""


def test_a_killed_driver_leaves_no_worker_not_even_one_busy_in_c(tmp_path: Path) -> None:
    driver = script(tmp_path / "driver.py", DRIVER)
    assert driver.stdout is not None
    pids = json.loads(driver.stdout.readline())
    workers = [psutil.Process(pid) for pid in pids]
    driver.kill()
    _, alive = psutil.wait_procs(workers, timeout=60)
    for worker in alive:
        worker.kill()
    assert alive == []
    driver.communicate(timeout=60)  # nobody is left who holds our pipes


UNGUARDED = """
import os, signal
from bridge.run.cluster import connect

print("once")

class Answer:
    def __init__(self, value): self.value = value

def die_once(path):
    if not os.path.exists(path):
        open(path, "w").close()
        os.kill(os.getpid(), signal.SIGKILL)
    return Answer(42)

with connect() as cluster:
    print(cluster.wait(cluster.submit(die_once, os.environ["SCALEBRIDGE_HOME"] + "/died", key="k")).value)
"""


def test_a_script_without_a_main_guard_runs_once_and_in_silence(tmp_path: Path) -> None:
    driver = script(tmp_path / "driver.py", UNGUARDED)
    assert driver.communicate(timeout=200) == ("once\n42\n", "")


def test_an_unknown_name_lists_what_is_known() -> None:
    with pytest.raises(ClusterError, match=r"no cluster is called 'locale'\. Did you mean 'local'\?.*tls://"):
        connect("locale")


def test_tls_without_certificates_says_where_they_go() -> None:
    with pytest.raises(ClusterError, match=r"needs certificates.*ca-file"):
        connect("tls://127.0.0.1:8786").client()


@pytest.mark.parametrize("seconds", [0.5, pytest.param(None, marks=pytest.mark.science)])
def test_an_address_where_nobody_answers_is_named(seconds: float | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if seconds is not None:
        monkeypatch.setattr(by_address, "CONNECT", seconds)
    with pytest.raises(ClusterError, match=r"no Dask scheduler answers at tcp://127.0.0.1:9 within .*Check"):
        connect("tcp://127.0.0.1:9").client()


def test_errors_come_home_from_workers() -> None:
    for kind in (ClusterError, WorkerDied, SchedulerLost, StageTimedOut):
        again = pickle.loads(pickle.dumps(kind("what to do")))
        assert (type(again), str(again)) == (kind, "what to do")


@pytest.mark.science
def test_work_that_kills_every_worker_is_given_up(local: Cluster) -> None:
    def die(_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(WorkerDied, match=r"deadly: 4 workers died.*memory.*dask\.log"):
        local.wait(local.submit(die, None, key="deadly"))
    assert local.wait(local.submit(abs, -1, key="afterwards")) == 1


@pytest.mark.science
def test_waiting_ends_when_the_cluster_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCALEBRIDGE_HOME", str(tmp_path))
    short = connect()
    future = short.submit(time.sleep, 100, key="long")
    until(lambda: short.running_on(future))
    threading.Timer(0.5, short.close).start()
    with pytest.raises(SchedulerLost, match="long: lost the Dask scheduler"):
        short.wait(future)
    short.close()
    assert psutil.wait_procs(psutil.Process().children(), timeout=0)  # reap
    with pytest.raises(SchedulerLost, match="closed"):
        short.client()


@pytest.fixture
def foreign(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A scheduler and a worker that somebody else started."""
    file = tmp_path / "scheduler.json"
    options = {"cwd": tmp_path, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "text": True}
    python = [sys.executable, "-m"]
    scheduler = subprocess.Popen(
        [*python, "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
         "--dashboard-address", "127.0.0.1:0", "--scheduler-file", str(file)], **options
    )  # fmt: skip
    worker = subprocess.Popen(
        [*python, "distributed.cli.dask_worker", "--host", "127.0.0.1", "--no-dashboard", "--nthreads", "1",
         "--scheduler-file", str(file)], **options
    )  # fmt: skip
    try:
        until(file.exists)
        yield json.loads(file.read_text())["address"], scheduler
    finally:
        for process in (worker, scheduler):
            process.terminate()
            process.wait(timeout=20)


@pytest.mark.science
def test_a_running_scheduler_is_used_and_its_loss_noticed(foreign: tuple[str, subprocess.Popen[str]]) -> None:
    address, scheduler = foreign
    with connect(address) as theirs:
        assert theirs.wait(theirs.submit(abs, -1, key="abs")) == 1
        with pytest.raises(ClusterError, match=r"no worker of tcp://.* has closure=1: start them with --resources"):
            theirs.submit(abs, -1, key="closure", resources={"closure": 1})
        future = theirs.submit(time.sleep, 100, key="long")
        threading.Timer(1.0, scheduler.kill).start()
        start = time.monotonic()
        with pytest.raises(SchedulerLost, match=f"long: lost the Dask scheduler of cluster '{address}'"):
            theirs.wait(future)
        assert time.monotonic() - start < 10


def test_a_cluster_whose_workers_are_all_gone_is_an_error_and_no_wait(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SCALEBRIDGE_HOME", str(tmp_path))
    monkeypatch.setattr(cluster, "DESERTED", 1.0)
    with connect() as connected:
        connected.client()
        local = connected._running().dask
        local.scale(0)
        until(lambda: not local.scheduler.workers)
        with pytest.raises(WorkerDied, match=r"no worker of the embedded cluster is left.*dask\.log"):
            connected.wait(connected.submit(abs, -1, key="nobody"))
