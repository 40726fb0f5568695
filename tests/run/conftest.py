"""One home with one Prefect server, and one Dask cluster, for all tests of running."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for `commands`, which importlib mode does not find
from commands import Start

HERE = Path(__file__).parent
CHAINS = HERE / "chains.py"
COMMAND = str(Path(sys.executable).with_name("scalebridge"))


@pytest.fixture(scope="session")
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Environment of a user with a warm Prefect server; it ends with the tests."""
    home = tmp_path_factory.mktemp("home")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SCALEBRIDGE_", "PREFECT_"))}
    environment = kept | {"SCALEBRIDGE_HOME": str(home), "HOME": str(home), "NOTES": str(home / "notes")}
    environment |= {"PYTHONPATH": str(home / "plugins"), "PYTHONDONTWRITEBYTECODE": "1"}
    (home / "plugins").mkdir()
    (home / "notes").touch()
    start = "from bridge.run import server; server.ensure(wait=False)"
    subprocess.run([sys.executable, "-c", start], env=environment, check=True, timeout=120)
    yield environment
    subprocess.run([sys.executable, "-m", "bridge.run.server", "stop"], env=environment, check=False, timeout=60)


@pytest.fixture
def tag() -> str:
    """What makes the stages of a test its own."""
    return uuid.uuid4().hex[:8]


@pytest.fixture
def gate(surroundings: dict[str, str], tag: str) -> Iterator[Path]:
    """What holds models of a test: a run is in its middle until this is gone, however slow the machine."""
    path = Path(f"{surroundings['NOTES']}.{tag}")
    path.touch()
    yield path
    path.unlink(missing_ok=True)


class Driver:
    """This process as one that runs flows, on workers that stay."""

    def __init__(self, notes: Path, address: str) -> None:
        self.notes, self.address = notes, address

    def flow(self, name: str) -> Any:
        from bridge.run.flowfile import load_flow

        return load_flow(f"{CHAINS}:{name}")

    def run(self, name: str, **parameters: Any) -> Any:
        """Launch one of the flows; the stored run, whatever became of it."""
        from bridge.run.launch import launch_with

        return launch_with(self.flow(name), parameters, cluster=self.address)

    def calls(self, tag: str) -> list[str]:
        """What the models of a test noted, in order: name and what happened."""
        lines = [line.split() for line in self.notes.read_text().splitlines()]
        return [" ".join(words[1:-2]) for words in lines if words[0] == tag]

    def spans(self, tag: str, name: str) -> list[tuple[float, float]]:
        """Start and end of every call of a model; one that was cut off has no end, and is left out."""
        lines = [line.split() for line in self.notes.read_text().splitlines()]
        mine = [(words[2], words[3], float(words[4])) for words in lines if words[:2] == [tag, name]]
        ends = {pid: at for what, pid, at in mine if what == "end"}
        return [(at, ends[pid]) for what, pid, at in mine if what == "start" and pid in ends]

    def whole(self) -> None:
        """Wait for both workers: one that was killed, or restarted, is on its way."""
        from distributed import Client

        with Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)

    def begun(self, tag: str) -> list[str]:
        """Names of the models that were called, in order."""
        return [call.removesuffix(" start") for call in self.calls(tag) if call.endswith(" start")]


@pytest.fixture(scope="session")
def workers(surroundings: dict[str, str]) -> Iterator[str]:
    """A Dask cluster of two processes at an address, as on another machine."""
    from distributed import LocalCluster

    from bridge.run.clusters.started import keep_nannies

    sys.path.append(surroundings["PYTHONPATH"])  # a worker has the path of the process that starts it again
    with pytest.MonkeyPatch.context() as patch:
        for name, value in surroundings.items():
            patch.setenv(name, value)
        cluster = LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
            silence_logs=50,
        )
    keep_nannies(cluster)  # a worker that takes more than 15 s to come back on a busy machine would be lost for good
    yield cluster.scheduler_address
    cluster.close(timeout=60)
    sys.path.remove(surroundings["PYTHONPATH"])


@pytest.fixture(scope="module")
def driver(surroundings: dict[str, str], workers: str) -> Iterator[Driver]:
    """The driver; environment and settings are as before when its module ends."""
    before = dict(os.environ)
    os.environ.update(surroundings)
    for name in [name for name in os.environ if name.startswith("PREFECT")]:
        del os.environ[name]
    from bridge.run.server import configure, ensure

    with ensure() as server:
        configure(server, console="CRITICAL")
        yield Driver(Path(surroundings["NOTES"]), workers)
        from prefect.logging.handlers import APILogWorker

        APILogWorker.drain_all(timeout=60)  # else it tries, and complains, when its server is gone
    os.environ.clear()
    os.environ.update(before)
    from prefect.context import refresh_global_settings_context

    refresh_global_settings_context()


@pytest.fixture
def start(surroundings: dict[str, str]) -> Iterator[Start]:
    """Start a command in a process of its own; what is left of it and its children ends with the test."""
    started: list[subprocess.Popen[str]] = []
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # pytest runs in the background
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def begin(*words: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [COMMAND, *words], env=surroundings, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            it = psutil.Process(process.pid)
            for one in [*it.children(recursive=True), it]:
                with contextlib.suppress(psutil.NoSuchProcess):  # it has just ended
                    one.kill()
        process.wait(60)
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
