"""Dask on several hosts: a scheduler on one, a worker on each of two others, and a user beside the scheduler."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from certificates import Certificates, certificates
from hosts import Hosts
from users import FAR, User, until

PYTHON = sys.executable
PORT = 8786
#: Seconds until a silent connection counts as broken: Dask's own are 30, and it takes no fewer than 11.
SILENCE = 12
SURROUNDINGS = {
    "DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP": f"{SILENCE}s",
    "DASK_DISTRIBUTED__SCHEDULER__HTTP__ROUTES": "[]",
    "DASK_DISTRIBUTED__WORKER__HTTP__ROUTES": "[]",
}


@dataclass
class Far:
    """All of it, and what a test does to it."""

    hosts: Hosts
    user: User
    tls: Certificates
    logs: Path

    @property
    def address(self) -> str:
        return f"tls://{self.hosts['front'].address}:{PORT}"

    def scheduler(self) -> None:
        words = ["distributed.cli.dask_scheduler", "--port", str(PORT)]
        self._dask("front", *words)

    def worker(self, name: str) -> None:
        words = ["--nthreads", "1", "--resources", "closure=1", "--local-directory", str(self.logs / name)]
        words += ["--preload", "bridge.run.worker_process"]
        self._dask(name, "distributed.cli.dask_worker", self.address, *words)

    def registered(self, name: str, times: int = 1) -> None:
        """Wait until the worker of a host has been taken on."""
        log = self.logs / f"{name}.log"
        until(lambda: log.exists() and log.read_text().count("Registered to") >= times, 300, f"{name}'s registration")

    @property
    def enter(self) -> tuple[str, ...]:
        """Words before a command of the user's that make it run beside the scheduler."""
        return tuple(self.hosts["front"].enter())

    def run(self, **parameters: float) -> subprocess.Popen[str]:
        """Begin the flow on these hosts."""
        words = [word for name, value in parameters.items() for word in ("-p", f"{name}={value}")]
        return self.user.begin("run", f"{FAR}:fork", *words, "--cluster", "far", "--json", enter=self.enter)

    def both_busy(self) -> dict[str, str]:
        """Wait until each of two hosts is in a stage; the stages by host."""
        until(lambda: self.user.calls()["b"] and self.user.calls()["c"], 400, "work on both hosts")
        placed = {host: name for name, what, host, _ in self.user.notes() if (name, what) != ("a", "end")}
        assert sorted(placed) == ["one", "two"], self.user.notes()
        return placed

    def _dask(self, name: str, module: str, *words: str) -> None:
        host = self.hosts[name]
        common = ["--host", host.address, "--protocol", "tls", *self.tls.options(), "--no-dashboard"]
        command = [PYTHON, "-m", module, *words, *common, "--dashboard-address", "127.0.0.1:0"]
        host.start(command, self.user.environment, self.logs / f"{name}.log")


@contextmanager
def distant(hosts: Hosts, user: User, folder: Path) -> Iterator[Far]:
    """Start it all, with an empty store in the hosts' common folder; only Prefect's server outlives it."""
    who = user.over(hosts.shared / folder.name, seen=hosts.disk / folder.name)
    made = Far(hosts, who, certificates(folder / "tls"), folder)
    describe(made, "far", made.tls, made.address)
    try:
        made.scheduler()
        for name in ("one", "two"):
            made.worker(name)
        for name in ("one", "two"):
            made.registered(name)
        yield made
    finally:
        for name in ("one", "two"):
            hosts.heal(name)
            hosts[name].end()
        who.end()
        _end(hosts["front"].started)


def describe(far: Far, name: str, tls: Certificates, address: str) -> str:
    """A cluster file for the user; its name."""
    files = "\n".join(f'{what} = "{getattr(tls, what)}"' for what in ("ca", "cert", "key"))
    return far.user.cluster(name, f'kind = "scheduler"\naddress = "{address}"\n[tls]\n{files}\n')


def _end(started: list[subprocess.Popen[bytes]]) -> None:
    """End the scheduler; Prefect's server, on the same host, stays."""
    for outside in started:
        if outside.poll() is not None:
            continue
        for process in [*psutil.Process(outside.pid).children(recursive=True), psutil.Process(outside.pid)]:
            process.kill()
        outside.wait()
    started.clear()
